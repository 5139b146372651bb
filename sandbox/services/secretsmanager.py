"""Secrets Manager: the name of a deleted secret is taken while it can be restored, and for some seconds after."""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

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


@around("secretsmanager", "PutSecretValue", "UpdateSecret", "RotateSecret")
def refuse_deleted(call: Call, forward: Forward) -> Answer:
    """TDN-8: a secret that waits for its deletion is restored first."""
    identifier = call.params["SecretId"]
    for secret in call.backend().secrets.values():
        if identifier in (secret.name, secret.arn) and secret.is_deleted():
            message = "You can't perform this operation on the secret because it was marked for deletion."
            raise AwsError("InvalidRequestException", message, status=400)
    forward()
    return None
