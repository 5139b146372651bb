"""SNS: e-mail subscriptions wait for their confirmation (IDM-14), and messages reach only who lets them in.

moto confirms at once and delivers always. AWS drops a message, without a word, that the policy of the queue or function
does not let in, or that the queue's key does not let it encrypt.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.backends import get_backend
from moto.sns.models import Subscription

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend
from sandbox.policy import allows, listed, missing_principals, statements, unknown_services
from sandbox.services.kms import demand_usable

CONFIRMED_BY_HAND = {"email", "email-json", "http", "https"}


def _pending(subscription: dict[str, Any]) -> bool:
    return subscription.get("Protocol") in CONFIRMED_BY_HAND


@around("sns", "Subscribe")
def subscribe(call: Call, forward: Forward) -> Answer:
    """`pending confirmation` instead of an ARN, unless the ARN is asked for."""
    answer = forward()
    if _pending(call.params) and not call.params.get("ReturnSubscriptionArn"):
        answer["SubscriptionArn"] = "pending confirmation"
    return answer


@around("sns", "ListSubscriptions", "ListSubscriptionsByTopic")
def list_subscriptions(call: Call, forward: Forward) -> Answer:
    """A pending subscription has no ARN."""
    answer = forward()
    for subscription in answer["Subscriptions"]:
        if _pending(subscription):
            subscription["SubscriptionArn"] = "PendingConfirmation"
    return answer


@around("sns", "GetSubscriptionAttributes")
def get_attributes(call: Call, forward: Forward) -> Answer:
    """Pending is true."""
    _check(call)
    answer = forward()
    if _pending(answer["Attributes"]):
        answer["Attributes"] |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
    return answer


@around("sns", "SetSubscriptionAttributes", "Unsubscribe")
def refuse_pending(call: Call, forward: Forward) -> Answer:
    """`PendingConfirmation` is no ARN."""
    _check(call)
    forward()
    return None


def _check(call: Call) -> None:
    if not call.params["SubscriptionArn"].startswith("arn:"):
        message = "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
        raise AwsError("InvalidParameter", message, status=400)


@mend(Subscription, "publish")
def deliver(original: Any, subscription: Any, *args: Any, **kwargs: Any) -> None:
    """To whom it may."""
    if subscription.protocol not in POLICIES or POLICIES[subscription.protocol](subscription):
        original(subscription, *args, **kwargs)


def _queue_lets_in(subscription: Any) -> bool:
    region, name = subscription.endpoint.split(":")[3], subscription.endpoint.split(":")[-1]
    queue = get_backend("sqs")[subscription.account_id][region].queues.get(name)
    if queue is None:
        return False
    context = {"aws:SourceArn": subscription.topic.arn, "aws:SourceAccount": subscription.account_id}
    if not allows(queue.policy, SNS, "sqs:SendMessage", subscription.endpoint, context):
        return False
    key = queue.kms_master_key_id
    if not key:
        return True
    keys = get_backend("kms")[subscription.account_id][region].keys
    found = next((each for each in keys.values() if key in (each.id, each.arn, *each.aliases)), None)
    return found is not None and all(
        allows(found.policy, SNS, action, found.arn, context) for action in ("kms:GenerateDataKey", "kms:Decrypt")
    )


def _function_lets_in(subscription: Any) -> bool:
    parts = subscription.endpoint.split(":")
    functions = get_backend("lambda")[subscription.account_id][parts[3]]
    function = functions.get_function(parts[6]) if _exists(functions, parts[6]) else None
    context = {"aws:SourceArn": subscription.topic.arn, "aws:SourceAccount": subscription.account_id}
    return function is not None and allows(
        {"Statement": function.policy.statements}, SNS, "lambda:InvokeFunction", function.function_arn, context
    )


def _exists(functions: Any, name: str) -> bool:
    return any(function.function_name == name for function in functions.list_functions())


SNS = ("Service", "sns.amazonaws.com")
TOPIC_ACTIONS = {
    f"sns:{name}".lower()
    for name in (
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "Receive",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    )
}
POLICIES = {"sqs": _queue_lets_in, "lambda": _function_lets_in}


@around("sns", "CreateTopic", "SetTopicAttributes")
def refuse_unknown_principals(call: Call, forward: Forward) -> Answer:
    """A policy names who exists, and what a topic knows."""
    policy = call.params.get("Attributes", {}).get("Policy")
    if call.params.get("AttributeName") == "Policy":
        policy = call.params.get("AttributeValue")
    try:
        actions = [action for each in statements(policy) for action in listed(each.get("Action"))]
    except ValueError:
        raise AwsError("InvalidParameter", "Invalid parameter: Policy Error: null", status=400) from None
    if any(action.lower() not in TOPIC_ACTIONS for action in actions):
        message = "Invalid parameter: Policy statement action out of service scope!"
        raise AwsError("InvalidParameter", message, status=400)
    if any(missing_principals(call, policy)) or any(unknown_services(policy)):
        raise AwsError("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound", status=400)
    forward()
    return None


@around("sns", "CreateTopic")
def refuse_other_topic(call: Call, forward: Forward) -> Answer:
    """The same topic again is the one that is there; another one of its name is not."""
    topic = call.backend().topics.get(f"arn:{call.partition}:sns:{call.region}:{call.account}:{call.params['Name']}")
    tags = {each["Key"]: each["Value"] for each in call.params.get("Tags") or []}
    if topic is not None and tags and tags != topic._tags:
        message = "Invalid parameter: Tags Reason: Topic already exists with different tags"
        raise AwsError("InvalidParameter", message, status=400)
    forward()
    return None


# What an endpoint looks like, by protocol, and the answer to another.
ENDPOINTS = {
    "application": (r"arn:.*", "Application endpoint arn invalid"),
    "email": (r"[^@\s]+@[^@\s]+", "Email address"),
    "email-json": (r"[^@\s]+@[^@\s]+", "Email address"),
    "firehose": (r"arn:.*", "Invalid Firehose endpoint"),
    "http": (r"http://.*", "Endpoint must match the specified protocol"),
    "https": (r"https://.*", "Endpoint must match the specified protocol"),
    "lambda": (r"arn:[^:]+:lambda:[^:]+:\d{12}:function:.+", "Lambda endpoint ARN"),
    "sms": (r"\+?[0-9-]{7,16}", "Invalid SMS endpoint"),
    "sqs": (r"arn:[^:]+:sqs:[^:]+:\d{12}:.+", "SQS endpoint ARN"),
}


@around("sns", "Subscribe")
def refuse_address(call: Call, forward: Forward) -> Answer:
    """Each protocol has its kind of endpoint."""
    protocol, endpoint = call.params["Protocol"], call.params.get("Endpoint", "")
    pattern, fault = ENDPOINTS.get(protocol, (r"(?!)", f"Does not support this protocol string: {protocol}"))
    if not re.fullmatch(pattern, endpoint):
        raise AwsError("InvalidParameter", f"Invalid parameter: {fault}", status=400)
    return forward()


TOPIC_ATTRIBUTES = {
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
}
FEEDBACK = re.compile("(Application|Firehose|HTTP|Lambda|SQS)(Success|Failure)Feedback(RoleArn|SampleRate)")
VALUES = {"SignatureVersion": ("1", "2"), "TracingConfig": ("Active", "PassThrough")}
RAW = {"firehose", "http", "https", "sqs"}
SCOPES = ("MessageAttributes", "MessageBody")


@around("sns", "CreateTopic", "SetTopicAttributes")
def refuse_attributes(call: Call, forward: Forward) -> Answer:
    """Those that a topic has."""
    given = call.params.get("Attributes") or {}
    if "AttributeName" in call.params:
        given = {call.params["AttributeName"]: call.params.get("AttributeValue", "")}
    for name, value in given.items():
        if name not in TOPIC_ATTRIBUTES and not FEEDBACK.fullmatch(name):
            raise AwsError("InvalidParameter", "Invalid parameter: AttributeName", status=400)
        if name in VALUES and value not in VALUES[name]:
            raise AwsError("InvalidParameter", f"Invalid parameter: {name}", status=400)
    forward()
    return None


@around("sns", "Subscribe")
def refuse_settings(call: Call, forward: Forward) -> Answer:
    """Filters that are JSON, raw delivery to those who take it."""
    given, protocol = call.params.get("Attributes") or {}, call.params["Protocol"]
    fault = None
    if given.get("RawMessageDelivery") == "true" and protocol not in RAW:
        fault = f"Attributes Reason: Delivery protocol [{protocol}] does not support raw message delivery."
    elif given.get("FilterPolicyScope", SCOPES[0]) not in SCOPES:
        fault = "Attributes Reason: FilterPolicyScope: Invalid value"
    else:
        try:
            json.loads(given.get("FilterPolicy", "{}"))
        except ValueError:
            fault = "Attributes Reason: FilterPolicy: failed to parse JSON."
    if fault:
        raise AwsError("InvalidParameter", f"Invalid parameter: {fault}", status=400)
    return forward()


@around("sns", "Publish", "PublishBatch")
def refuse_key(call: Call, forward: Forward) -> Answer:
    """A topic takes any key; what is published is encrypted with it."""
    topic = call.backend().topics.get(call.params.get("TopicArn", ""))
    key = topic.kms_master_key_id if topic is not None else None
    if key:
        demand_usable(call, key, "KMS")
    return forward()
