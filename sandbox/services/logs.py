"""CloudWatch Logs: a group's key after its creation, and its class, which moto lacks."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

_classes: dict[Any, dict[str, str]] = store(dict)


def _group(call: Call) -> Any:
    name = call.params.get("logGroupName") or call.params["resourceIdentifier"].split(":log-group:")[-1].split(":")[0]
    try:
        return call.backend().groups[name]
    except KeyError:
        message = "The specified log group does not exist."
        raise AwsError("ResourceNotFoundException", message, status=400) from None


@around("logs", "AssociateKmsKey")
def associate_key(call: Call, forward: Forward) -> Answer:
    """Encrypt from now on."""
    _group(call).kms_key_id = call.params["kmsKeyId"]
    return {}


@around("logs", "DisassociateKmsKey")
def disassociate_key(call: Call, forward: Forward) -> Answer:
    """Back to the service's key."""
    _group(call).kms_key_id = None
    return {}


@around("logs", "CreateLogGroup")
def create_group(call: Call, forward: Forward) -> Answer:
    """Remember the class."""
    forward()
    _classes[call.scope][call.params["logGroupName"]] = call.params.get("logGroupClass", "STANDARD")
    return None


@around("logs", "DescribeLogGroups")
def describe_groups(call: Call, forward: Forward) -> Answer:
    """With their class."""
    answer = forward()
    for group in answer["logGroups"]:
        group["logGroupClass"] = _classes[call.scope].get(group["logGroupName"], "STANDARD")
    return answer
