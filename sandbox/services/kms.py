"""KMS: the rotation period, which moto drops; key policies, which it does not read.

A policy that names a role or user who does not exist is refused (CON-5), and so is one that locks everybody out; a key
that is about to be deleted does nothing.
"""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import allows, missing_principals, statements, unknown_services

_periods: dict[str, int] = store()


@around("kms", "EnableKeyRotation")
def enable_rotation(call: Call, forward: Forward) -> Answer:
    """Remember the period."""
    forward()
    _periods[call.params["KeyId"].split("/")[-1]] = call.params.get("RotationPeriodInDays", 365)
    return None


@around("kms", "GetKeyRotationStatus")
def rotation_status(call: Call, forward: Forward) -> Answer:
    """Return it."""
    answer = forward()
    key = call.params["KeyId"].split("/")[-1]
    if answer["KeyRotationEnabled"]:
        answer |= {"KeyId": key, "RotationPeriodInDays": _periods.get(key, 365)}
    return answer


@around("kms", "CreateKey", "PutKeyPolicy")
def refuse_policy(call: Call, forward: Forward) -> Answer:
    """ORD-1: who is named exists; somebody may change the policy again."""
    policy = call.params.get("Policy")
    if policy is not None:
        _check_form(policy)
        if any(missing_principals(call, policy)) or any(unknown_services(policy)):
            message = "Policy contains a statement with one or more invalid principals."
            raise AwsError("MalformedPolicyDocumentException", message, status=400)
        root = ("AWS", f"arn:{call.partition}:iam::{call.account}:root")
        if not call.params.get("BypassPolicyLockoutSafetyCheck") and not allows(policy, root, "kms:PutKeyPolicy", "*"):
            message = "The new key policy will not allow you to update the key policy in the future."
            raise AwsError("MalformedPolicyDocumentException", message, status=400)
    forward()
    return None


def _check_form(policy: str) -> None:
    """JSON, whose statements say what they are about."""
    try:
        whole = all("Resource" in each or "NotResource" in each for each in statements(policy))
    except ValueError:
        raise AwsError("MalformedPolicyDocumentException", "Policy contains invalid JSON.", status=400) from None
    if not whole:
        message = "Policy contains a statement with no resource."
        raise AwsError("MalformedPolicyDocumentException", message, status=400)


# What the key itself must do, and what must not change any more once it is about to be deleted.
CRYPTOGRAPHIC = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant")
CHANGES = ("CreateAlias", "DisableKey", "EnableKey", "EnableKeyRotation", "ScheduleKeyDeletion", "TagResource")
CHANGES += ("UpdateKeyDescription",)


@around("kms", *CRYPTOGRAPHIC, *CHANGES)
def refuse_state(call: Call, forward: Forward) -> Answer:
    """TDN-8: a key on its way out does nothing; a disabled one encrypts nothing."""
    given = call.params.get("KeyId") or call.params.get("TargetKeyId") or call.params.get("DestinationKeyId")
    key = find_key(call, given) if given else None
    if key is not None and key.key_state == "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.", status=400)
    if key is not None and key.key_state == "Disabled" and call.operation in CRYPTOGRAPHIC:
        raise AwsError("DisabledException", f"{key.arn} is disabled.", status=400)
    forward()
    return None


def find_key(call: Call, key: str, region: str | None = None) -> Any:
    """The customer's key of this id, ARN or alias; `None` for another's, AWS's own among them."""
    backend = call.backend("kms", region)
    if "alias/" in key:
        name = key[key.index("alias/") :]
        return next((each for each in backend.keys.values() if name in each.aliases), None)
    return backend.keys.get(key.split("/")[-1])


def unusable(call: Call, key: str) -> bool:
    """Whether a key is missing, disabled or about to be deleted."""
    if "alias/aws/" in key:
        return False
    found = find_key(call, key)
    return found is None or found.key_state != "Enabled"


def demand_usable(call: Call, key: str, prefix: str) -> None:
    """Refuse to encrypt a message with a key that is missing or not enabled, by the service's codes: they begin with prefix."""
    if "alias/aws/" in key:
        return
    found = find_key(call, key)
    if found is None:
        raise AwsError(f"{prefix}NotFound", f"Key '{key}' does not exist", status=400)
    if found.key_state != "Enabled":
        raise AwsError(f"{prefix}Disabled", f"{found.arn} is disabled.", status=400)


def may_use(
    call: Call, key: str, service: str, actions: tuple[str, ...], context: dict[str, str], region: str = ""
) -> bool:
    """Whether a service may use a key, by its policy. AWS's keys (`alias/aws/...`) let no other service in."""
    found = find_key(call, key, region or call.region)
    if found is None or found.key_state != "Enabled":
        return False
    context = {"aws:SourceAccount": call.account} | context
    return all(allows(found.policy, ("Service", service), action, found.arn, context) for action in actions)


@around("kms", "ScheduleKeyDeletion")
def refuse_haste(call: Call, forward: Forward) -> Answer:
    """A key waits a week at least, a month at most."""
    days = call.params.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:
        bound = "greater than or equal to 7" if days < 7 else "less than or equal to 30"
        message = (
            f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )
        raise AwsError("ValidationException", message, status=400)
    forward()
    return None


@around("kms", "CreateAlias")
def refuse_reserved_alias(call: Call, forward: Forward) -> Answer:
    """alias/aws/ is AWS's own."""
    if call.params["AliasName"].startswith("alias/aws/"):
        raise AwsError("NotAuthorizedException", "", status=400)
    forward()
    return None
