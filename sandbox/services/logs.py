"""CloudWatch Logs: a group's key after its creation, and its class, which moto lacks; a key that does not let it in."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import unknown_services
from sandbox.services.kms import may_use

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


@around("logs", "CreateLogGroup", "AssociateKmsKey")
def refuse_key(call: Call, forward: Forward) -> Answer:
    """The key's policy must let CloudWatch Logs encrypt this group."""
    key, name = call.params.get("kmsKeyId"), call.params.get("logGroupName")
    if key and name:
        arn = f"arn:{call.partition}:logs:{call.region}:{call.account}:log-group:{name}"
        context = {"kms:EncryptionContext:aws:logs:arn": arn, "aws:SourceArn": arn}
        service = f"logs.{call.region}.amazonaws.com"
        if not may_use(call, key, service, ("kms:GenerateDataKey", "kms:Decrypt"), context):
            message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
            raise AwsError("AccessDeniedException", message, status=400)
    forward()
    return None


RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


@around("logs", "PutRetentionPolicy")
def refuse_retention(call: Call, forward: Forward) -> Answer:
    """Not any number of days."""
    if call.params["retentionInDays"] not in RETENTIONS:
        raise AwsError("InvalidParameterException", "Invalid retention value", status=400)
    forward()
    return None


@around("logs", "PutResourcePolicy")
def refuse_policy(call: Call, forward: Forward) -> Answer:
    """JSON, whose services there are."""
    try:
        unknown = any(unknown_services(call.params["policyDocument"]))
    except (KeyError, ValueError):
        unknown = True
    if unknown:
        raise AwsError("InvalidParameterException", "Resource policy is invalid.", status=400)
    forward()
    return None


@around("logs", "PutMetricFilter")
def refuse_namespace(call: Call, forward: Forward) -> Answer:
    """AWS's own are AWS's."""
    for each in call.params["metricTransformations"]:
        if each["metricNamespace"].startswith("AWS/"):
            message = "Invalid metric transformation: metric namespaces starting with AWS/ are reserved for AWS."
            raise AwsError("InvalidParameterException", message, status=400)
    forward()
    return None
