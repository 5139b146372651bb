# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the sweep finds of the layers monitoring and cost, and whose it says it is."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.live import cost, monitoring
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

OURS = {"Project": "realtime", "Environment": "production", "Layer": "monitoring"}
STAGING = {**OURS, "Environment": "production-eu"}


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture
def stack(sandbox_aws):
    def client(service, retry_decorator=None, region="us-east-1"):
        return boto3.client(service, region_name=region)

    stack = Stack(SimpleNamespace(region="us-east-1", client=client), "realtime", "production", "example.com")
    stack.account = "123456789012"
    return stack


def put_alarm(name, tags):
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=pairs(tags),
    )


def test_nothing(stack):
    assert monitoring.read(stack) == {
        "log_groups": {},
        "alarms": {},
        "dashboard_name": None,
        "foreign_log_groups": [],
        "foreign_alarms": [],
    }
    assert cost.read(stack) == {"budget_name": None}
    assert stack.foreign == []


def test_tdn_9_alarms_and_log_groups_are_judged_by_tags(stack):
    logs = boto3.client("logs")
    put_alarm("production-One", OURS)
    put_alarm("production-eu-One", STAGING)
    put_alarm("production-Mine", {"Owner": "me"})
    put_alarm("elsewhere", OURS)
    logs.create_log_group(logGroupName="/production/web", tags=OURS)
    logs.put_retention_policy(logGroupName="/production/web", retentionInDays=30)
    logs.create_log_group(logGroupName="/production/flow", tags={**OURS, "Layer": "network"})
    logs.create_log_group(logGroupName="/production/mine")
    found = monitoring.read(stack)
    assert found["alarms"] == {"production-One": "CPUUtilization"}
    assert found["foreign_alarms"] == ["production-Mine", "production-eu-One"]
    assert found["log_groups"] == {"/production/web": 30}
    assert found["foreign_log_groups"] == ["/production/mine"]
    assert stack.foreign == []  # it is no reason to refuse an environment that does not use these names


def test_what_the_tagging_api_does_not_know_yet(stack, monkeypatch):
    put_alarm("production-One", OURS)
    monkeypatch.setattr(stack, "tagged", dict)
    assert monitoring.read(stack)["alarms"] == {"production-One": "CPUUtilization"}


@pytest.mark.parametrize(("tags", "name"), [(OURS, "production"), (STAGING, None), ({}, None)], ids=str)
def test_dashboard(stack, tags, name):
    boto3.client("cloudwatch").put_dashboard(
        DashboardName="production", DashboardBody='{"widgets":[]}', Tags=pairs(tags)
    )
    assert monitoring.read(stack)["dashboard_name"] == name
    assert [each["name"] for each in stack.foreign] == ([] if name else ["production"])


@pytest.mark.parametrize(("tags", "name"), [(OURS, "production-monthly"), ({}, None)], ids=str)
def test_budget(stack, tags, name):
    budget = {
        "BudgetName": "production-monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "1", "Unit": "USD"},
    }
    boto3.client("budgets").create_budget(AccountId="123456789012", Budget=budget, ResourceTags=pairs(tags))
    assert cost.read(stack) == {"budget_name": name}
    assert [each["name"] for each in stack.foreign] == ([] if name else ["production-monthly"])
