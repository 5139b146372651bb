"""Budgets: update, subscribers and tags, which moto lacks."""

from __future__ import annotations

import re
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

HIGHEST_THRESHOLD, ADDRESSES = 15_000_000_000_000, 10
ENDPOINTS = {"EMAIL": r"[^@\s]+@[^@\s]+\.[^@\s]+", "SNS": r"arn:[^:]+:sns:[^:]+:\d{12}:.+"}

_tags: dict[str, dict[str, str]] = store(dict)


def _budget(call: Call, name: str) -> Any:
    try:
        return call.backend().budgets[call.params["AccountId"]][name]
    except KeyError:
        message = f"Unable to get budget: {name} - the budget doesn't exist."
        raise AwsError("NotFoundException", message, status=400) from None


def _notification(call: Call, key: str = "Notification") -> Any:
    wanted = {k: v for k, v in call.params[key].items() if k != "NotificationState"}
    for each in _budget(call, call.params["BudgetName"]).notifications:
        if {k: v for k, v in each.details.items() if k != "NotificationState"} == wanted:
            return each
    raise AwsError("NotFoundException", "Unable to find the notification.", status=400)


def _arn(call: Call, name: str) -> str:
    return f"arn:{call.partition}:budgets::{call.account}:budget/{name}"


@around("budgets", "CreateBudget")
def create_budget(call: Call, forward: Forward) -> Answer:
    """With tags."""
    forward()
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("ResourceTags", [])}
    _tags[_arn(call, call.params["Budget"]["BudgetName"])] = tags
    return None


@around("budgets", "DeleteBudget")
def delete_budget(call: Call, forward: Forward) -> Answer:
    """With its tags."""
    forward()
    _tags.pop(_arn(call, call.params["BudgetName"]), None)
    return None


@around("budgets", "UpdateBudget")
def update_budget(call: Call, forward: Forward) -> Answer:
    """The new budget replaces the old one; notifications stay."""
    new = dict(call.params["NewBudget"])
    budget = _budget(call, new["BudgetName"])
    fresh = type(budget)(new, [])
    fresh.notifications = budget.notifications
    call.backend().budgets[call.params["AccountId"]][new["BudgetName"]] = fresh
    return {}


@around("budgets", "DescribeSubscribersForNotification")
def describe_subscribers(call: Call, forward: Forward) -> Answer:
    """Who hears of it."""
    return {"Subscribers": list(_notification(call).subscribers)}


@around("budgets", "CreateSubscriber")
def create_subscriber(call: Call, forward: Forward) -> Answer:
    """One more."""
    notification = _notification(call)
    if call.params["Subscriber"] in notification.subscribers:
        raise AwsError("DuplicateRecordException", "The subscriber already exists.", status=400)
    notification.subscribers.append(call.params["Subscriber"])
    return {}


@around("budgets", "UpdateSubscriber")
def update_subscriber(call: Call, forward: Forward) -> Answer:
    """Another address."""
    subscribers = _notification(call).subscribers
    subscribers[_position(subscribers, call.params["OldSubscriber"])] = call.params["NewSubscriber"]
    return {}


@around("budgets", "DeleteSubscriber")
def delete_subscriber(call: Call, forward: Forward) -> Answer:
    """One less."""
    subscribers = _notification(call).subscribers
    del subscribers[_position(subscribers, call.params["Subscriber"])]
    return {}


def _position(subscribers: list[dict[str, str]], wanted: dict[str, str]) -> int:
    if wanted not in subscribers:
        raise AwsError("NotFoundException", "Unable to find the subscriber.", status=400)
    return subscribers.index(wanted)


@around("budgets", "UpdateNotification")
def update_notification(call: Call, forward: Forward) -> Answer:
    """Another threshold, the same subscribers."""
    _notification(call, "OldNotification").details = dict(call.params["NewNotification"])
    return {}


@around("budgets", "ListTagsForResource")
def list_tags(call: Call, forward: Forward) -> Answer:
    """A budget's tags."""
    tags = _tags[call.params["ResourceARN"]]
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@around("budgets", "TagResource")
def tag(call: Call, forward: Forward) -> Answer:
    """Add or change."""
    _tags[call.params["ResourceARN"]] |= {each["Key"]: each["Value"] for each in call.params["ResourceTags"]}
    return {}


@around("budgets", "UntagResource")
def untag(call: Call, forward: Forward) -> Answer:
    """Remove."""
    for key in call.params["ResourceTagKeys"]:
        _tags[call.params["ResourceARN"]].pop(key, None)
    return {}


@around("budgets", "CreateBudget", "CreateNotification", "CreateSubscriber", "UpdateNotification", "UpdateSubscriber")
def refuse_notifications(call: Call, forward: Forward) -> Answer:
    """A threshold, each of its own, and subscribers that can be reached: one topic, ten addresses at most."""
    params = call.params
    given = params.get("NotificationsWithSubscribers") or [params]
    seen: list[dict[str, Any]] = []
    if call.operation == "CreateNotification":
        seen = [_plain(each.details) for each in _budget(call, params["BudgetName"]).notifications]
    for each in given:
        notification = each.get("NewNotification") or each.get("Notification") or {}
        subscribers = each.get("Subscribers") or [each.get("NewSubscriber") or each.get("Subscriber") or {}]
        kinds = [subscriber.get("SubscriptionType") for subscriber in subscribers]
        if not 0 < notification.get("Threshold", 1) <= HIGHEST_THRESHOLD:
            raise AwsError("InvalidParameterException", "The threshold must be greater than 0", status=400)
        if kinds.count("SNS") > 1 or kinds.count("EMAIL") > ADDRESSES:
            message = f"A notification has at most one SNS topic and {ADDRESSES} addresses"
            raise AwsError("InvalidParameterException", message, status=400)
        for subscriber in subscribers:
            address = subscriber.get("Address")
            pattern = ENDPOINTS.get(subscriber.get("SubscriptionType", ""))
            if pattern and not re.fullmatch(pattern, address or ""):
                message = f"Invalid {subscriber['SubscriptionType']} address: {address}"
                raise AwsError("InvalidParameterException", message, status=400)
        if call.operation.startswith("Create") and "Subscriber" not in params and _plain(notification) in seen:
            message = "Error creating notification - the notification already exists."
            raise AwsError("DuplicateRecordException", message, status=400)
        seen.append(_plain(notification))
    return forward()


def _plain(notification: dict[str, Any]) -> dict[str, Any]:
    return {"ThresholdType": "PERCENTAGE"} | {k: v for k, v in notification.items() if k != "NotificationState"}
