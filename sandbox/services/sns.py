"""SNS: e-mail subscriptions wait for their confirmation (IDM-14); moto confirms them at once."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around

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
