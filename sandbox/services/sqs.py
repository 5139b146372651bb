"""SQS: redrive-allow policies, and policies that outlive a change of another attribute; moto drops both.

The name of a deleted queue is taken for another minute (CON-4), and attributes have limits.
"""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.models import Queue

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.policy import missing_principals

NAME_TAKEN = 60
LIMITS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}

_free_at: dict[Any, dict[str, float]] = store(dict)
"""when the name of a deleted queue can be used again"""

Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
Queue.redrive_allow_policy = None  # type: ignore[attr-defined]


@mend(Queue, "_set_attributes")
def set_attributes(original: Any, queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    """What is not named stays."""
    original(queue, {"Policy": getattr(queue, "policy", None), **attributes}, now)


@around("sqs", "DeleteQueue")
def delete_queue(call: Call, forward: Forward) -> Answer:
    """Its name is free a minute later."""
    forward()
    _free_at[call.scope][call.params["QueueUrl"].split("/")[-1]] = CLOCK.now() + NAME_TAKEN
    return None


@around("sqs", "CreateQueue")
def refuse_recent_name(call: Call, forward: Forward) -> Answer:
    """CON-4, TDN-10: not within a minute of the deletion."""
    if CLOCK.now() < _free_at[call.scope].get(call.params["QueueName"], 0.0):
        message = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        raise AwsError("QueueDeletedRecently", message, status=400)
    forward()
    return None


@around("sqs", "CreateQueue", "SetQueueAttributes")
def refuse_values(call: Call, forward: Forward) -> Answer:
    """Attributes within their limits; a policy that names who exists."""
    attributes = call.params.get("Attributes", {})
    for name, (least, most) in LIMITS.items():
        if name in attributes and not (attributes[name].isdigit() and least <= int(attributes[name]) <= most):
            raise AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.", status=400)
    try:
        unknown = any(missing_principals(call, attributes.get("Policy")))
    except ValueError:
        unknown = True
    if unknown:
        raise AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.", status=400)
    forward()
    return None


@around("sqs", "CreateQueue", "SetQueueAttributes")
def refuse_dead_letters(call: Call, forward: Forward) -> Answer:
    """ORD-5: the queue of dead letters is there, and takes them."""
    text = call.params.get("Attributes", {}).get("RedrivePolicy")
    if text:
        policy = json.loads(text)
        source = call.params.get("QueueName") or call.params["QueueUrl"].split("/")[-1]
        if reason := _why_no_dead_letters(call, policy, source):
            message = f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}."
            raise AwsError("InvalidParameterValue", message, status=400)
    forward()
    return None


def _why_no_dead_letters(call: Call, policy: dict[str, Any], source: str) -> str | None:
    count = str(policy.get("maxReceiveCount", ""))
    if not count.isdigit() or not 1 <= int(count) <= 1000:
        return "Invalid value for maxReceiveCount"
    target = call.backend().queues.get(policy["deadLetterTargetArn"].split(":")[-1])
    if target is None:
        return "Dead letter target does not exist"
    allowed = json.loads(target.redrive_allow_policy or "{}")
    arn = policy["deadLetterTargetArn"].rpartition(":")[0] + f":{source}"
    denied = allowed.get("redrivePermission") == "denyAll" or (
        allowed.get("redrivePermission") == "byQueue" and arn not in allowed.get("sourceQueueArns", [])
    )
    return "Dead letter target does not allow this source queue" if denied else None
