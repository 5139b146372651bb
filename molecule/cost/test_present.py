# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3

UPSTREAM = json.loads(Path(os.environ["SANDBOX_DIRECTORY"], "upstream.json").read_text(encoding="utf-8"))


def test_budget():
    account = boto3.client("sts").get_caller_identity()["Account"]
    budgets = boto3.client("budgets")
    (budget,) = budgets.describe_budgets(AccountId=account)["Budgets"]
    assert budget["BudgetName"] == "molecule-monthly"
    assert (float(budget["BudgetLimit"]["Amount"]), budget["BudgetLimit"]["Unit"]) == (1200, "USD")
    assert (budget["BudgetType"], budget["TimeUnit"]) == ("COST", "MONTHLY")
    assert budget["CostFilters"] == {"TagKeyValue": ["user:Environment$molecule"]}
    name = {"AccountId": account, "BudgetName": "molecule-monthly"}
    notifications = budgets.describe_notifications_for_budget(**name)["Notifications"]
    assert {(each["NotificationType"], each["Threshold"]) for each in notifications} == {
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    }
    for each in notifications:
        each.pop("NotificationState", None)
        told = budgets.describe_subscribers_for_notification(Notification=each, **name)["Subscribers"]
        assert {one["Address"] for one in told} == {
            "ops-team@example.com",
            "finance@example.com",
            UPSTREAM["topic_arn"],
        }
    arn = f"arn:aws:budgets::{account}:budget/molecule-monthly"
    tags = {tag["Key"]: tag["Value"] for tag in budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]}
    assert (tags["Environment"], tags["Layer"]) == ("molecule", "cost")
