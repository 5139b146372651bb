"""IAM: service-linked roles as AWS names them, and their deletion (moto knows few names and no deletion); audiences of
identity providers; what AWS refuses of roles."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

from moto.backends import get_backend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import is_service, statements

NAMES = {
    "autoscaling": "AutoScaling",
    "backup": "Backup",
    "ecs": "ECS",
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "events": "CloudWatchEvents",
    "logger.cloudfront": "CloudFrontLogger",
    "ops.apigateway": "APIGateway",
    "rds": "RDS",
    "replication.ecr": "ECRReplication",
    "spot": "EC2Spot",
    "ssm": "AmazonSSM",
    "wafv2": "WAFV2Logging",
}
# Services whose roles take a custom suffix.
SUFFIXED = {"autoscaling"}

# Whose role a service needs as long as it has any of these.
USED_BY = {
    "autoscaling.amazonaws.com": ("autoscaling", "autoscaling_groups"),
    "elasticloadbalancing.amazonaws.com": ("elbv2", "load_balancers"),
    "rds.amazonaws.com": ("rds", "databases"),
}

GITHUB = "token.actions.githubusercontent.com"
INLINE_LIMIT, ATTACHED_LIMIT = 10_240, 10

_deletions: dict[str, str] = store()


@around("iam", "CreateServiceLinkedRole")
def create_service_linked_role(call: Call, forward: Forward) -> Answer:
    """`AWSServiceRoleFor<Service>`, once; a second one of the name is InvalidInput."""
    principal, suffix = call.params["AWSServiceName"], call.params.get("CustomSuffix")
    service = principal.removesuffix(".amazonaws.com")
    if suffix and service not in SUFFIXED:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {principal}", status=400)
    if not is_service(principal):
        raise AwsError(
            "InvalidInput",
            f"Service role name for {principal} could not be found: no such service principal",
            status=400,
        )
    if service not in NAMES:
        return forward()
    name = f"AWSServiceRoleFor{NAMES[service]}" + (f"_{suffix}" if suffix else "")
    backend = call.backend()
    if any(role.name == name for role in backend.roles.values()):
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise AwsError("InvalidInput", message, status=400)
    answer = forward()
    role = next(role for role in backend.roles.values() if role.name == answer["Role"]["RoleName"])
    role.name = name
    return {"Role": call.ask("GetRole", {"RoleName": name})["Role"]}


@around("iam", "DeleteServiceLinkedRole")
def delete_service_linked_role(call: Call, forward: Forward) -> Answer:
    """Gone at once, unless the service needs it; the task says so."""
    name, backend = call.params["RoleName"], call.backend()
    found = [key for key, role in backend.roles.items() if role.name == name]
    if not found:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", status=404)
    role = backend.roles[found[0]]
    task = f"task{role.path}{name}/{uuid4()}"
    _deletions[task] = "FAILED" if _is_in_use(call, role.path.split("/")[2]) else "SUCCEEDED"
    if _deletions[task] == "SUCCEEDED":
        del backend.roles[found[0]]
    return {"DeletionTaskId": task}


def _is_in_use(call: Call, service: str) -> bool:
    """Whether an account has, in any region, what the role is for."""
    name, things = USED_BY.get(service, ("", ""))
    return bool(name) and any(getattr(backend, things) for backend in get_backend(name)[call.account].values())


@around("iam", "GetServiceLinkedRoleDeletionStatus")
def deletion_status(call: Call, forward: Forward) -> Answer:
    """How it ended."""
    status = _deletions.get(call.params["DeletionTaskId"])
    if status is None:
        raise AwsError("NoSuchEntity", "The deletion task cannot be found.", status=404)
    reason = {"Reason": "A service-linked role is required for resources that exist."} if status == "FAILED" else {}
    return {"Status": status, **reason}


def _provider(call: Call) -> Any:
    arn = call.params["OpenIDConnectProviderArn"]
    if arn not in call.backend().open_id_providers:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", status=404)
    return call.backend().open_id_providers[arn]


@around("iam", "AddClientIDToOpenIDConnectProvider")
def add_client_id(call: Call, forward: Forward) -> Answer:
    """One that is there already is no error."""
    provider = _provider(call)
    if call.params["ClientID"] not in provider.client_id_list:
        provider.client_id_list.append(call.params["ClientID"])
    return {}


@around("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id(call: Call, forward: Forward) -> Answer:
    """Nor is one that is not."""
    provider = _provider(call)
    provider.client_id_list = [each for each in provider.client_id_list if each != call.params["ClientID"]]
    return {}


@around("iam", "CreateRole", "UpdateAssumeRolePolicy")
def require_a_subject(call: Call, forward: Forward) -> Answer:
    """Everybody's workflows get tokens of GitHub's issuer, so a role must say which ones it is for."""
    document = json.loads(call.params.get("AssumeRolePolicyDocument") or call.params["PolicyDocument"])
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        if isinstance(principal, dict) and GITHUB in str(principal.get("Federated", "")):
            conditions = [key for operator in statement.get("Condition", {}).values() for key in operator]
            if f"{GITHUB}:sub" not in conditions:
                raise AwsError("MalformedPolicyDocument", f"Missing required condition: {GITHUB}:sub", status=400)
    return forward()


@around("iam", "CreateRole", "UpdateAssumeRolePolicy")
def require_a_principal(call: Call, forward: Forward) -> Answer:
    """A trust policy says whom it trusts."""
    document = call.params.get("AssumeRolePolicyDocument") or call.params["PolicyDocument"]
    if not all(statement.get("Principal") for statement in statements(document)):
        raise AwsError("MalformedPolicyDocument", "Missing required field Principal cannot be empty!", status=400)
    return forward()


@around("iam", "CreatePolicy", "CreatePolicyVersion", "PutRolePolicy", "CreateRole", "UpdateAssumeRolePolicy")
def check_statement_ids(call: Call, forward: Forward) -> Answer:
    """IAM's are plainer than those of topics and queues."""
    document = call.params.get("PolicyDocument") or call.params["AssumeRolePolicyDocument"]
    if any(not re.fullmatch("[0-9A-Za-z]*", statement.get("Sid", "")) for statement in statements(document)):
        message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
        raise AwsError("MalformedPolicyDocument", message, status=400)
    return forward()


@around("iam", "CreateRole", "PutRolePermissionsBoundary")
def require_the_boundary(call: Call, forward: Forward) -> Answer:
    """A boundary is a policy that there is."""
    boundary = call.params.get("PermissionsBoundary")
    if boundary and boundary not in call.backend().managed_policies:
        message = f"Scope ARN: {boundary} does not exist or is not attachable."
        raise AwsError("NoSuchEntity", message, status=404)
    return forward()


@around("iam", "CreateRole", "UpdateRole")
def check_session_duration(call: Call, forward: Forward) -> Answer:
    """One to twelve hours."""
    duration = call.params.get("MaxSessionDuration", 3600)
    if not 3600 <= duration <= 43200:
        message = f"Value '{duration}' at 'maxSessionDuration' failed to satisfy constraint: 3600 to 43200"
        raise AwsError("ValidationError", message, status=400)
    return forward()


@around("iam", "AttachRolePolicy")
def limit_attached_policies(call: Call, forward: Forward) -> Answer:
    """Ten a role."""
    role = next((role for role in call.backend().roles.values() if role.name == call.params["RoleName"]), None)
    attached = set(role.managed_policies) if role else set()
    if len(attached | {call.params["PolicyArn"]}) > ATTACHED_LIMIT:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {ATTACHED_LIMIT}", status=409)
    return forward()


@around("iam", "CreateOpenIDConnectProvider")
def refuse_issuer(call: Call, forward: Forward) -> Answer:
    """Its discovery document is read by https."""
    if not re.fullmatch(r"https://[^/?#]+\.[^/?#]+(/[^?#]*)?", call.params["Url"]):
        raise AwsError("InvalidInput", "Invalid Open ID Connect Provider URL", status=400)
    return forward()


@around("iam", "PutRolePolicy")
def limit_inline_policies(call: Call, forward: Forward) -> Answer:
    """All inline policies of a role together have 10,240 characters; whitespace does not count."""
    name, policy = call.params["RoleName"], call.params["PolicyName"]
    role = next((role for role in call.backend().roles.values() if role.name == name), None)
    if role:
        documents = {**role.policies, policy: call.params["PolicyDocument"]}
        if sum(len("".join(document.split())) for document in documents.values()) > INLINE_LIMIT:
            message = f"Maximum policy size of {INLINE_LIMIT} bytes exceeded for role {name}"
            raise AwsError("LimitExceeded", message, status=409)
    return forward()


@around("iam", "RemoveRoleFromInstanceProfile")
def refuse_role_that_is_not_in(call: Call, forward: Forward) -> Answer:
    """moto fails on it."""
    profile = call.backend().get_instance_profile(call.params["InstanceProfileName"])
    role = call.params["RoleName"]
    if role not in [each.name for each in profile.roles]:
        text = f"Role {role} in instance profile {profile.name} cannot be found."
        raise AwsError("NoSuchEntity", text, status=404)
    forward()
    return None


@around("iam", "DeletePolicy")
def refuse_attached_policy(call: Call, forward: Forward) -> Answer:
    """Only what nobody has."""
    policy = call.backend().managed_policies.get(call.params["PolicyArn"])
    if policy is not None and policy.attachment_count:
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", status=409)
    forward()
    return None


@around("iam", "CreatePolicy", "CreatePolicyVersion", "PutRolePolicy")
def refuse_principal(call: Call, forward: Forward) -> Answer:
    """An identity's policy is about itself."""
    if any({"NotPrincipal", "Principal"} & each.keys() for each in statements(call.params["PolicyDocument"])):
        message = "Policy document should not specify a principal."
        raise AwsError("MalformedPolicyDocument", message, status=400)
    return forward()


@around("iam", "CreateRole", "UpdateAssumeRolePolicy")
def refuse_trust(call: Call, forward: Forward) -> Answer:
    """moto looks at the form of a trust policy only when it changes."""
    document = call.params.get("AssumeRolePolicyDocument") or call.params["PolicyDocument"]
    IAMTrustPolicyDocumentValidator(document).validate()
    return forward()


@around("iam", "CreatePolicy", "CreatePolicyVersion", "PutRolePolicy", "CreateRole", "UpdateAssumeRolePolicy")
def refuse_text(call: Call, forward: Forward) -> Answer:
    """A document is JSON."""
    try:
        json.loads(call.params.get("PolicyDocument") or call.params["AssumeRolePolicyDocument"])
    except ValueError:
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json", status=400) from None
    return forward()
