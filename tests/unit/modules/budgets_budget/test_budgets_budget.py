# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import budgets_budget as module
from module_failed import ModuleFailed

NAME = "production-monthly"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
PARAMS = {
    "name": NAME,
    "limit_amount": 1500,
    "cost_filters": {"TagKeyValue": ["user:Environment$production"]},
    "notifications": [
        {"type": "FORECASTED", "threshold": 100, "emails": ["b@example.com", "a@example.com"], "topic_arn": TOPIC},
        {"threshold": 80, "emails": ["a@example.com"]},
    ],
    "tags": {"Environment": "production"},
}
WHICH = {"AccountId": "123456789012", "BudgetName": NAME}


@pytest.fixture
def budgets(sandbox_aws):
    return boto3.client("budgets")


@pytest.mark.parametrize(
    ("given", "plain"),
    [("1500.0", "1500"), (1500, "1500"), ("0.50", "0.5"), (1200.25, "1200.25"), ("1E+3", "1000"), ("100", "100")],
)
def test_amount(given, plain):
    assert module.amount(given) == plain


def told(budgets):
    found = {}
    for each in budgets.describe_notifications_for_budget(**WHICH)["Notifications"]:
        each.pop("NotificationState", None)
        subscribers = budgets.describe_subscribers_for_notification(Notification=each, **WHICH)["Subscribers"]
        found[each["NotificationType"], each["Threshold"]] = {one["Address"] for one in subscribers}
    return found


def tags(budgets):
    arn = f"arn:aws:budgets::123456789012:budget/{NAME}"
    return {tag["Key"]: tag["Value"] for tag in budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]}


def test_create(budgets, run_module):
    result = run_module("budgets_budget", **PARAMS)
    assert result["changes"] == [{"type": "AWS::Budgets::Budget", "name": NAME, "action": "create"}]
    budget = budgets.describe_budget(**WHICH)["Budget"]
    assert (float(budget["BudgetLimit"]["Amount"]), budget["TimeUnit"]) == (1500, "MONTHLY")
    assert budget["CostFilters"] == PARAMS["cost_filters"]
    assert told(budgets) == {
        ("FORECASTED", 100): {"a@example.com", "b@example.com", TOPIC},
        ("ACTUAL", 80): {"a@example.com"},
    }
    assert tags(budgets) == {"Environment": "production"}


def test_second_run_writes_nothing_whatever_the_order(budgets, run_module, writes):
    run_module("budgets_budget", **PARAMS)
    writes.clear()
    again = {**PARAMS, "limit_amount": 1500.0, "notifications": PARAMS["notifications"][::-1]}
    assert not run_module("budgets_budget", **again)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"limit_amount": 2000}, ["UpdateBudget"]),
        ({"cost_filters": {}}, ["UpdateBudget"]),
        ({"time_unit": "ANNUALLY"}, ["UpdateBudget"]),
        ({"notifications": PARAMS["notifications"][:1]}, ["DeleteNotification"]),
        ({"tags": {"Environment": "production", "Owner": "ops"}}, ["TagResource"]),
        ({"tags": {}}, ["UntagResource"]),
        ({"tags": None}, []),
        ({"tags": {"Owner": "ops"}, "purge_tags": False}, ["TagResource"]),
    ],
    ids=str,
)
def test_update_writes_only_what_differs(budgets, run_module, writes, changed, expected):
    run_module("budgets_budget", **PARAMS)
    writes.clear()
    wanted = {**PARAMS, **changed}
    assert run_module("budgets_budget", check=True, **wanted)["changed"] is bool(expected)
    assert writes == []
    assert run_module("budgets_budget", **wanted)["changed"] is bool(expected)
    assert writes == expected
    assert not run_module("budgets_budget", **wanted)["changed"]


def test_update_the_limit(budgets, run_module):
    run_module("budgets_budget", **PARAMS)
    result = run_module("budgets_budget", **{**PARAMS, "limit_amount": 2000})
    assert float(budgets.describe_budget(**WHICH)["Budget"]["BudgetLimit"]["Amount"]) == 2000
    assert told(budgets).keys() == {("FORECASTED", 100), ("ACTUAL", 80)}
    assert ("1500" in result["diff"][0]["before"], "2000" in result["diff"][0]["after"]) == (True, True)


def test_other_subscribers(budgets, run_module):
    run_module("budgets_budget", **PARAMS)
    notifications = [PARAMS["notifications"][0], {"threshold": 80, "emails": ["c@example.com"]}]
    run_module("budgets_budget", **{**PARAMS, "notifications": notifications})
    assert told(budgets)["ACTUAL", 80] == {"c@example.com"}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(budgets, run_module, writes, state):
    if state == "absent":
        run_module("budgets_budget", **PARAMS)
    writes.clear()
    result = run_module("budgets_budget", check=True, **PARAMS, state=state)
    assert result["changed"]
    assert (result["budget"] is None) is (state == "absent")
    assert writes == []


def test_delete_and_delete_again(budgets, run_module, writes):
    run_module("budgets_budget", **PARAMS)
    assert run_module("budgets_budget", name=NAME, state="absent")["changed"]
    assert budgets.describe_budgets(AccountId="123456789012").get("Budgets", []) == []
    writes.clear()
    assert not run_module("budgets_budget", name=NAME, state="absent")["changed"]
    assert writes == []


@pytest.mark.parametrize(
    "changed",
    [{"notifications": [{"threshold": 80}]}, {"time_unit": "WEEKLY"}, {"limit_amount": "much"}],
    ids=str,
)
def test_bad_input(sandbox_aws, run_module, changed):
    with pytest.raises(ModuleFailed):
        run_module("budgets_budget", **{**PARAMS, **changed})


def test_a_budget_needs_a_limit(sandbox_aws, run_module):
    with pytest.raises(ModuleFailed, match="limit_amount"):
        run_module("budgets_budget", name=NAME)


def test_an_error_of_aws_is_named(budgets, run_module, monkeypatch):
    def refuse(self, budget):
        raise module.AnsibleAWSError(message="Failed to create the budget: no")

    monkeypatch.setattr(module.Budgets, "create", refuse)
    with pytest.raises(ModuleFailed, match="Failed to create the budget"):
        run_module("budgets_budget", **PARAMS)
