#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: budgets_budget
short_description: Manage an AWS budget and its alerts
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a cost budget with the notifications about it.
  - Budgets belong to the account, not to a region. Credits and refunds, taxes and support count as AWS has them by default.
attributes:
  check_mode:
    support: full
    description: Predicts the budget without writing it.
  diff_mode:
    support: full
    description: Shows the attributes that change, before and after.
options:
  name:
    description: Name of the budget, unique in the account; 1 to 100 characters without colon and backslash.
    type: str
    required: true
  limit_amount:
    description: How much may be spent in a period. Required when O(state=present).
    type: float
  limit_unit:
    description: The currency of O(limit_amount).
    type: str
    default: USD
  time_unit:
    description: The period. AWS starts it with the calendar.
    type: str
    choices: [DAILY, MONTHLY, QUARTERLY, ANNUALLY]
    default: MONTHLY
  cost_filters:
    description:
      - What counts, as lists of values by kind, such as C(TagKeyValue), C(Service), C(Region) or C(LinkedAccount); everything when empty.
      - A tag is written C(user:<key>$<value>). It counts from the day on which it is activated as a cost allocation tag.
    type: dict
    default: {}
  notifications:
    description: When to tell whom.
    type: list
    elements: dict
    default: []
    suboptions:
      type:
        description: Whether what was spent is compared, or what AWS expects to be spent by the end of the period.
        type: str
        choices: [ACTUAL, FORECASTED]
        default: ACTUAL
      comparison:
        description: How it is compared with the threshold.
        type: str
        choices: [GREATER_THAN, LESS_THAN, EQUAL_TO]
        default: GREATER_THAN
      threshold:
        description: The threshold.
        type: float
        required: true
      threshold_type:
        description: What the threshold is counted in.
        type: str
        choices: [PERCENTAGE, ABSOLUTE_VALUE]
        default: PERCENTAGE
      emails:
        description: Up to ten addresses.
        type: list
        elements: str
        default: []
      topic_arn:
        description: An SNS topic. Its policy, and that of its KMS key, have to let C(budgets.amazonaws.com) in.
        type: str
  tags:
    description: Tags of the budget; left alone when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the budget exists.
    type: str
    choices: [present, absent]
    default: present
  account_id:
    description: The account, as far as it is known already; it saves the module from asking STS.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Tell the operators when the month will cost more than planned
  realtime.aws.budgets_budget:
    name: account-monthly
    limit_amount: 1500
    notifications:
      - type: FORECASTED
        threshold: 100
        emails: [ops-team@example.com]

- name: Watch what carries a tag, in two steps
  realtime.aws.budgets_budget:
    name: production-monthly
    limit_amount: 1500
    cost_filters:
      TagKeyValue: ["user:Environment$production"]
    notifications:
      - threshold: 80
        topic_arn: arn:aws:sns:us-east-1:123456789012:production-application-alerts
      - threshold: 1400
        threshold_type: ABSOLUTE_VALUE
        emails: [ops-team@example.com, finance@example.com]
    tags:
      Environment: production

- name: Remove the budget
  realtime.aws.budgets_budget:
    name: production-monthly
    state: absent
"""

RETURN = r"""
budget:
  description: The budget, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"limit": {"Amount": "1500", "Unit": "USD"}, "time_unit": "MONTHLY", "cost_filters": {}}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Budgets::Budget", "name": "production-monthly", "action": "create"}]
"""

from decimal import Decimal
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::Budgets::Budget"
ABSENT = "NotFoundException"


def amount(value: Any) -> str:
    """Return an amount as plain digits: AWS gives 1500 back as 1500.0."""
    digits = format(Decimal(str(value)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def desired_budget(params: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a budget is read."""
    wanted = {
        "limit": {"Amount": amount(params["limit_amount"]), "Unit": params["limit_unit"]},
        "time_unit": params["time_unit"],
        "cost_filters": normalize_filters(params["cost_filters"]),
        "notifications": _in_order([desired_notification(each) for each in params["notifications"]]),
    }
    if params["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), params["tags"], params["purge_tags"])
    return wanted


def desired_notification(options: dict[str, Any]) -> dict[str, Any]:
    subscribers = [{"SubscriptionType": "EMAIL", "Address": email} for email in options["emails"]]
    if options["topic_arn"]:
        subscribers.append({"SubscriptionType": "SNS", "Address": options["topic_arn"]})
    notification = {
        "NotificationType": options["type"],
        "ComparisonOperator": options["comparison"],
        "Threshold": options["threshold"],
        "ThresholdType": options["threshold_type"],
    }
    return normalize_notification(notification, subscribers)


def normalize_notification(notification: dict[str, Any], subscribers: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "NotificationType": notification["NotificationType"],
        "ComparisonOperator": notification["ComparisonOperator"],
        "Threshold": float(notification["Threshold"]),
        "ThresholdType": notification.get("ThresholdType", "PERCENTAGE"),
        "Subscribers": sorted(subscribers, key=lambda each: (each["SubscriptionType"], each["Address"])),
    }


def normalize_filters(filters: dict[str, Any]) -> dict[str, list[str]]:
    return {kind: sorted(values) for kind, values in filters.items() if values}


def _in_order(notifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(notifications, key=lambda each: [str(value) for value in without_subscribers(each).values()])


def without_subscribers(notification: dict[str, Any]) -> dict[str, Any]:
    """Return what AWS knows the notification by."""
    return {key: value for key, value in notification.items() if key != "Subscribers"}


def budget_params(name: str, budget: dict[str, Any]) -> dict[str, Any]:
    return {
        "BudgetName": name,
        "BudgetType": "COST",
        "BudgetLimit": budget["limit"],
        "TimeUnit": budget["time_unit"],
        "CostFilters": budget["cost_filters"],
    }


class Budgets:
    """The calls about one budget of one account."""

    def __init__(self, client: Any, account: str, partition: str, name: str) -> None:
        self.client = client
        self.arn = f"arn:{partition}:budgets::{account}:budget/{name}"
        self.account = {"AccountId": account}
        self.budget = {"AccountId": account, "BudgetName": name}

    @missing_is_none("read the budget", ABSENT)
    def get(self) -> dict[str, Any]:
        found = self.client.describe_budget(**self.budget)["Budget"]
        limit = found.get("BudgetLimit", {"Amount": "0", "Unit": ""})  # none on a budget with planned limits
        return {
            "limit": {"Amount": amount(limit["Amount"]), "Unit": limit["Unit"]},
            "time_unit": found["TimeUnit"],
            "cost_filters": normalize_filters(found.get("CostFilters") or {}),
            "notifications": _in_order(self.get_notifications()),
            "tags": self.get_tags(),
        }

    def get_notifications(self) -> list[dict[str, Any]]:
        found = pages(self.client, "describe_notifications_for_budget", "Notifications", **self.budget)
        return [normalize_notification(each, self.get_subscribers(each)) for each in found]

    def get_subscribers(self, notification: dict[str, Any]) -> list[dict[str, str]]:
        which = {key: value for key, value in notification.items() if key != "NotificationState"}
        return pages(
            self.client,
            "describe_subscribers_for_notification",
            "Subscribers",
            Notification=which,
            **self.budget,
        )

    def get_tags(self) -> dict[str, str]:
        return boto3_tag_list_to_ansible_dict(self.client.list_tags_for_resource(ResourceARN=self.arn)["ResourceTags"])

    @written_once("create the budget", "DuplicateRecordException")
    def create(self, budget: dict[str, Any]) -> None:
        self.client.create_budget(
            Budget=budget_params(self.budget["BudgetName"], budget),
            NotificationsWithSubscribers=[
                {"Notification": without_subscribers(each), "Subscribers": each["Subscribers"]}
                for each in budget["notifications"]
            ],
            ResourceTags=ansible_dict_to_boto3_tag_list(budget.get("tags", {})),
            **self.account,
        )

    @named("update the budget")
    def update(self, budget: dict[str, Any]) -> None:
        self.client.update_budget(NewBudget=budget_params(self.budget["BudgetName"], budget), **self.account)

    def write_notifications(self, before: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
        """A notification with other subscribers is made anew: with its last subscriber AWS would delete it anyway."""
        for each in before:
            if each not in wanted:
                self.delete_notification(each)
        for each in wanted:
            if each not in before:
                self.create_notification(each)

    @missing_is_none("delete a notification of the budget", ABSENT)
    def delete_notification(self, notification: dict[str, Any]) -> None:
        self.client.delete_notification(Notification=without_subscribers(notification), **self.budget)

    @written_once("create a notification of the budget", "DuplicateRecordException")
    def create_notification(self, notification: dict[str, Any]) -> None:
        self.client.create_notification(
            Notification=without_subscribers(notification), Subscribers=notification["Subscribers"], **self.budget
        )

    @named("change the budget's tags")
    def write_tags(self, before: dict[str, str], wanted: dict[str, str]) -> None:
        to_set, to_remove = tag_changes(before, wanted)
        if to_set:
            self.client.tag_resource(ResourceARN=self.arn, ResourceTags=ansible_dict_to_boto3_tag_list(to_set))
        if to_remove:
            self.client.untag_resource(ResourceARN=self.arn, ResourceTagKeys=to_remove)

    @missing_is_none("delete the budget", ABSENT)
    def delete(self) -> None:
        self.client.delete_budget(**self.budget)


def apply(budgets: Budgets, plan: Plan) -> None:
    if plan.action == "delete":
        budgets.delete()
    elif plan.action == "create":
        budgets.create(plan.desired)
    else:
        changes = plan.changes
        if changes.keys() & {"limit", "time_unit", "cost_filters"}:
            budgets.update(plan.desired)
        if "notifications" in changes:
            budgets.write_notifications(plan.before["notifications"], plan.desired["notifications"])
        if "tags" in changes:
            budgets.write_tags(plan.before["tags"], plan.desired["tags"])


def argument_spec() -> dict[str, Any]:
    notification = {
        "type": {"type": "str", "choices": ["ACTUAL", "FORECASTED"], "default": "ACTUAL"},
        "comparison": {"type": "str", "choices": ["GREATER_THAN", "LESS_THAN", "EQUAL_TO"], "default": "GREATER_THAN"},
        "threshold": {"type": "float", "required": True},
        "threshold_type": {"type": "str", "choices": ["PERCENTAGE", "ABSOLUTE_VALUE"], "default": "PERCENTAGE"},
        "emails": {"type": "list", "elements": "str", "default": []},
        "topic_arn": {"type": "str"},
    }
    return {
        "name": {"type": "str", "required": True},
        "limit_amount": {"type": "float"},
        "limit_unit": {"type": "str", "default": "USD"},
        "time_unit": {"type": "str", "choices": ["DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"], "default": "MONTHLY"},
        "cost_filters": {"type": "dict", "default": {}},
        "notifications": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": notification,
            "required_one_of": [("emails", "topic_arn")],
        },
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "account_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["limit_amount"])],
        supports_check_mode=True,
    )
    name, present = module.params["name"], module.params["state"] == "present"
    try:
        budgets = Budgets(module.client("budgets", retry_decorator=RETRY), *module.account(), name)
        before = budgets.get()
        plan = Plan(KIND, name, before, desired_budget(module.params, before or {}) if present else None)
        if not module.check_mode:
            apply(budgets, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(budget=plan.after, **report(plan))


if __name__ == "__main__":
    main()
