"""IAM: news that spread slowly.

A new role or instance profile is unknown to other services for seconds (CON-1, CON-2): here whoever asks first is too
early, whatever the clock says, so that no run passes because it was slow.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.policy import allows, missing_principals, statements, unknown_services

SPREADING = 10


@around("iam", "CreateRole", "CreateInstanceProfile")
def begin_spreading(call: Call, forward: Forward) -> Answer:
    """Nobody knows it yet."""
    forward()
    backend = call.backend()
    if call.operation == "CreateRole":
        created = backend.get_role(call.params["RoleName"])
    else:
        created = backend.get_instance_profile(call.params["InstanceProfileName"])
    created.sandbox_known_at = CLOCK.now() + SPREADING
    return None


def has_spread(thing: Any) -> bool:
    """Whether a service knows a role or profile: not the first time, and not in its first seconds."""
    asked_before, thing.sandbox_asked = vars(thing).get("sandbox_asked", False), True
    return asked_before and CLOCK.now() >= vars(thing).get("sandbox_known_at", 0.0)


def can_be_assumed(call: Call, arn: str, service: str) -> bool:
    """Whether a service can take a role: it exists, trusts the service, and IAM's news has come round."""
    role = next((role for role in call.backend("iam").roles.values() if role.arn == arn), None)
    context = {"aws:SourceAccount": call.account}
    if role is None or not _trusts(role, service, context):
        return False
    return has_spread(role)


def _trusts(role: Any, service: str, context: dict[str, str]) -> bool:
    """Conditions on the calling resource's ARN are taken for met: it often does not exist yet."""
    trusted = statements(role.assume_role_policy_document)
    for statement in trusted:
        for keys in statement.get("Condition", {}).values():
            for key in [key for key in keys if key.lower() == "aws:sourcearn"]:
                del keys[key]
    return allows({"Statement": trusted}, ("Service", service), "sts:AssumeRole", "*", context)


@around("iam", "CreateRole", "UpdateAssumeRolePolicy")
def refuse_unknown_principals(call: Call, forward: Forward) -> Answer:
    """A trust policy names who exists."""
    document = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument")
    for arn in missing_principals(call, document):
        raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"', status=400)
    for name in unknown_services(document):
        raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "SERVICE":"{name}"', status=400)
    forward()
    return None


def role_allows(call: Call, arn: str, action: str, resource: str) -> bool:
    """Whether a role's own policies let it do something, conditions aside."""
    role = next((role for role in call.backend("iam").roles.values() if role.arn == arn), None)
    if role is None:
        return False
    documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    everything = [
        statement | {"Principal": "*", "Condition": {}} for each in documents for statement in statements(each)
    ]
    return allows({"Statement": everything}, ("AWS", arn), action, resource)
