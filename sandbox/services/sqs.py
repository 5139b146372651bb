"""SQS: redrive-allow policies, and policies that outlive a change of another attribute; moto drops both.

The name of a deleted queue is taken for another minute (CON-4), and attributes have limits.
"""

from __future__ import annotations

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
    if any(missing_principals(call, attributes.get("Policy"))):
        raise AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.", status=400)
    forward()
    return None
