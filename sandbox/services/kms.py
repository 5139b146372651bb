"""KMS: the rotation period, which moto drops."""

from __future__ import annotations

from sandbox.hooks import Answer, Call, Forward, around, store

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
