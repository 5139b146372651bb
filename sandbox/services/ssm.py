"""Systems Manager: sizes, names and keys of parameters; moto takes any."""

from __future__ import annotations

import re

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.kms import unusable

SIZES = {"Advanced": 8192, "Standard": 4096}
NAME = re.compile(r"[A-Za-z0-9_./-]+")


@around("ssm", "PutParameter")
def refuse_parameter(call: Call, forward: Forward) -> Answer:
    """4 KB in the standard tier."""
    params, tier = call.params, call.params.get("Tier", "Standard")
    if not NAME.fullmatch(params["Name"]):
        message = "Parameter name: can't be prefixed with or contain other characters than a-zA-Z0-9_.-/"
        raise AwsError("ValidationException", message, status=400)
    if len(params["Value"].encode()) > SIZES.get(tier, SIZES["Advanced"]):
        message = f"{tier} tier parameters support a maximum parameter value of {SIZES[tier]} characters."
        raise AwsError("ValidationException", message, status=400)
    if params.get("KeyId") and unusable(call, params["KeyId"]):
        raise AwsError("InvalidKeyId", f"Invalid keyId {params['KeyId']}", status=400)
    forward()
    return None
