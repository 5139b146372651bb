"""Secrets Manager: the name of a deleted secret is taken while it can be restored, and for some seconds after; rotation functions.

moto runs a rotation function in a container, which there is none of here: it is only looked up.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import missing_principals
from sandbox.services.kms import unusable

NAME_TAKEN = 10

_free_at: dict[Any, dict[str, float]] = store(dict)
"""when the name of a secret that was deleted for good can be used again"""


@around("secretsmanager", "DeleteSecret")
def delete_secret(call: Call, forward: Forward) -> Answer:
    """Without recovery it is gone soon, not at once."""
    answer = forward()
    if call.params.get("ForceDeleteWithoutRecovery"):
        _free_at[call.scope][answer["Name"]] = CLOCK.now() + NAME_TAKEN
    return None


@around("secretsmanager", "CreateSecret")
def refuse_name(call: Call, forward: Forward) -> Answer:
    """TDN-8, TDN-10."""
    name = call.params["Name"]
    secret = next((each for each in call.backend().secrets.values() if each.name == name), None)
    if CLOCK.now() < _free_at[call.scope].get(name, 0.0) or (secret is not None and secret.is_deleted()):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        raise AwsError("InvalidRequestException", message, status=400)
    forward()
    return None


@around("secretsmanager", "RotateSecret")
def rotate_secret(call: Call, forward: Forward) -> Answer:
    """By a function that is there and lets Secrets Manager in."""
    params, backend = call.params, call.backend()
    call.ask("DescribeSecret", {"SecretId": params["SecretId"]})
    secret = backend.secrets[params["SecretId"]]
    arn = params.get("RotationLambdaARN") or secret.rotation_lambda_arn
    known = {each.function_arn: each for each in call.backend("lambda").list_functions()}
    if arn not in known:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified Lambda function.")
    if "secretsmanager.amazonaws.com" not in str(known[arn].policy.statements):
        message = (
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access "
            "to the principal secretsmanager.amazonaws.com."
        )
        raise AwsError("AccessDeniedException", message)
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = arn
    secret.auto_rotate_after_days = params.get("RotationRules", {}).get("AutomaticallyAfterDays", 0)
    return {"ARN": secret.arn, "Name": secret.name}


@around("secretsmanager", "GetSecretValue")
def read_current(call: Call, forward: Forward) -> Answer:
    """The version that has the label, also when it came there by UpdateSecretVersionStage."""
    return forward(call.params if "VersionId" in call.params else {"VersionStage": "AWSCURRENT"} | call.params)


@around("secretsmanager", "PutSecretValue")
def move_labels(call: Call, forward: Forward) -> Answer:
    """A label that comes to the new version leaves the one that had it."""
    answer = forward()
    versions = call.backend().secrets[call.params["SecretId"]].versions
    for identifier, version in versions.items():
        if identifier != answer["VersionId"]:
            version["version_stages"] = [
                each for each in version["version_stages"] if each not in answer["VersionStages"]
            ]
    return None


@around("secretsmanager", "PutSecretValue", "UpdateSecret", "RotateSecret")
def refuse_deleted(call: Call, forward: Forward) -> Answer:
    """TDN-8: a secret that waits for its deletion is restored first. Registered last, so it is asked first."""
    identifier = call.params["SecretId"]
    for secret in call.backend().secrets.values():
        if identifier in (secret.name, secret.arn) and secret.is_deleted():
            message = "You can't perform this operation on the secret because it was marked for deletion."
            raise AwsError("InvalidRequestException", message, status=400)
    forward()
    return None


@around("secretsmanager", "CreateSecret", "UpdateSecret")
def refuse_key(call: Call, forward: Forward) -> Answer:
    """A value is encrypted at once, with a key that is there and enabled; it is text or bytes."""
    key = call.params.get("KmsKeyId")
    if key and unusable(call, key):
        message = (
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
            "Check that the KMS key is available, enabled, and not in an invalid state."
        )
        raise AwsError("EncryptionFailure", message, status=400)
    if "SecretString" in call.params and "SecretBinary" in call.params:
        message = "You can't specify both a binary secret value and a string secret value in the same secret."
        raise AwsError("InvalidParameterException", message, status=400)
    forward()
    return None


@around("secretsmanager", "PutResourcePolicy")
def refuse_policy(call: Call, forward: Forward) -> Answer:
    """JSON that names who exists."""
    try:
        unknown = any(missing_principals(call, call.params["ResourcePolicy"]))
    except ValueError:
        unknown = True
    if unknown:
        message = "This resource policy contains a syntax error or an unsupported principal."
        raise AwsError("MalformedPolicyDocumentException", message, status=400)
    forward()
    return None
