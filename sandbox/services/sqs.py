"""SQS: redrive-allow policies, and policies that outlive a change of another attribute; moto drops both.

The name of a deleted queue is taken for another minute (CON-4), and attributes have limits.
"""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.models import Queue

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.policy import listed, missing_principals, statements, unknown_services
from sandbox.services.kms import demand_usable

NAME_TAKEN = 60
ACTIONS, SOURCES = 7, 10
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
        policy = attributes.get("Policy")
        unknown = any(missing_principals(call, policy)) or any(unknown_services(policy))
        fault = _policy_fault(policy)
    except ValueError:
        unknown, fault = True, None
    if unknown:
        raise AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.", status=400)
    if fault:
        raise AwsError(*fault, status=400)
    if attributes.get("SqsManagedSseEnabled") == "true" and attributes.get("KmsMasterKeyId"):
        message = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
        raise AwsError("InvalidAttributeName", message, status=400)
    forward()
    return None


def _policy_fault(policy: str | None) -> tuple[str, str] | None:
    """Seven of SQS's own actions a statement."""
    for statement in statements(policy):
        actions = listed(statement.get("Action"))
        for action in actions:
            if action != "*" and not action.lower().startswith("sqs:"):
                message = f"Value {action} for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions."
                return "InvalidParameterValue", message
        if len(actions) > ACTIONS:
            return "OverLimit", f"{len(actions)} Actions were found, maximum allowed is {ACTIONS}."
    return None


@around("sqs", "CreateQueue", "SetQueueAttributes")
def refuse_redrive_allow(call: Call, forward: Forward) -> Answer:
    """Everybody, nobody, or ten queues."""
    text = call.params.get("Attributes", {}).get("RedriveAllowPolicy")
    if text:
        policy = _parsed(text)
        permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
        if permission not in ("allowAll", "byQueue", "denyAll") or (sources is not None) != (permission == "byQueue"):
            _refuse("RedriveAllowPolicy", text, "redrivePermission and sourceQueueArns do not fit")
        if len(sources or []) > SOURCES:
            _refuse("RedriveAllowPolicy", text, f"Maximum number of sourceQueueArns is {SOURCES}")
    forward()
    return None


def _parsed(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {}


def _refuse(name: str, text: str, reason: str) -> None:
    message = f"Value {text} for parameter {name} is invalid. Reason: {reason}."
    raise AwsError("InvalidParameterValue", message, status=400)


@around("sqs", "SendMessage", "SendMessageBatch")
def refuse_key(call: Call, forward: Forward) -> Answer:
    """A queue takes any key; what is sent is encrypted with it."""
    queue = call.backend().queues.get(call.params["QueueUrl"].split("/")[-1])
    key = queue.kms_master_key_id if queue is not None else None
    if key:
        demand_usable(call, key, "Kms")
    return forward()


@around("sqs", "CreateQueue", "SetQueueAttributes")
def refuse_dead_letters(call: Call, forward: Forward) -> Answer:
    """ORD-5: the queue of dead letters is there, and takes them."""
    text = call.params.get("Attributes", {}).get("RedrivePolicy")
    if text:
        policy = _parsed(text)
        source = call.params.get("QueueName") or call.params["QueueUrl"].split("/")[-1]
        if reason := _why_no_dead_letters(call, policy, source):
            _refuse("RedrivePolicy", text, reason)
    forward()
    return None


def _why_no_dead_letters(call: Call, policy: dict[str, Any], source: str) -> str | None:
    count = str(policy.get("maxReceiveCount", ""))
    if not count.isdigit() or not 1 <= int(count) <= 1000:
        return "Invalid value for maxReceiveCount"
    target = call.backend().queues.get(policy.get("deadLetterTargetArn", "").split(":")[-1])
    if target is None:
        return "Dead letter target does not exist"
    allowed = json.loads(target.redrive_allow_policy or "{}")
    arn = policy["deadLetterTargetArn"].rpartition(":")[0] + f":{source}"
    denied = allowed.get("redrivePermission") == "denyAll" or (
        allowed.get("redrivePermission") == "byQueue" and arn not in allowed.get("sourceQueueArns", [])
    )
    return "Dead letter target does not allow this source queue" if denied else None
