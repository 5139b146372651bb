# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the layers monitoring and cost refuse, one row a case."""

from __future__ import annotations

from typing import Any

import pytest
from test_refusals import faults

ARN = "arn:aws:sns:us-east-1:123456789012:production-"
WIRED = {
    "monitoring": {
        "monitoring_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000",
        "monitoring_topic_arns": {
            name: ARN + name for name in ("application-alerts", "high-cpu-alert", "error-alert", "db-alert")
        },
        "monitoring_autoscaling_group_name": "production-asg",
        "monitoring_load_balancer_arn_suffix": "app/production-alb/0000000012345678",
        "monitoring_target_group_arn_suffixes": {"web": "targetgroup/production-web-servers/0000000012345678"},
        "monitoring_database_identifier": "production-db",
        "monitoring_replica_identifier": "",
        "monitoring_queue_urls": {"order-dlq": "https://sqs/123456789012/production-order-dlq"},
        "monitoring_alert_processor_arn": "arn:aws:lambda:us-east-1:123456789012:function:production-alert-processor",
        "monitoring_distribution_id": "E00000000123456789",
    },
    "cost": {"cost_topic_arn": ARN + "application-alerts"},
}
ALARM = {
    "of": "database",
    "topic": "db-alert",
    "namespace": "AWS/RDS",
    "metric_name": "CPUUtilization",
    "statistic": "Average",
    "period": 300,
    "evaluation_periods": 2,
    "comparison": "GreaterThanThreshold",
    "threshold": 75,
}
QUERY = {"id": "a", "expression": "b / c"}


def refused(role: str, **changed: Any) -> list[str]:
    return faults(role, **{**WIRED[role], **changed})


def alarm(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ALARM, **changed}.items() if value is not None}


@pytest.mark.parametrize("role", ["monitoring", "cost"])
def test_stand_ins_and_the_production_inventory_are_accepted(role):
    assert refused(role) == []


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"of": "dead_letter_queues"},
        {"of": "target_groups.web"},
        {"of": "replica"},
        {"of": None, "dimensions": {"QueueName": "mine"}},
        {"statistic": None, "extended_statistic": "p99.9"},
        {"period": 86400, "evaluation_periods": 7},
        {"period": 10, "datapoints_to_alarm": 2},
        {"metrics": [QUERY], "metric_name": None, "namespace": None, "period": None, "statistic": None},
    ],
    ids=str,
)
def test_accepted_alarm(changed):
    assert refused("monitoring", monitoring_alarms={"Mine": alarm(**changed)}) == []


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"topic": "pager"}, "monitoring_alarms.Mine.topic is 'pager'; allowed: one of the topics that exist: applic"),
        ({"of": "databases"}, "monitoring_alarms.Mine.of is 'databases'; allowed: one of autoscaling_group, load_ba"),
        ({"of": "target_groups.api"}, "monitoring_alarms.Mine.of is 'target_groups.api'; allowed"),
        ({"of": None}, "monitoring_alarms.Mine.of is None; allowed"),
        ({"dimensions": {"a": "b"}}, "monitoring_alarms.Mine.of is 'database'; allowed"),
        ({"period": 45}, "monitoring_alarms.Mine.period is 45; allowed: 10, 20, 30 or a multiple of 60"),
        ({"period": 0}, "monitoring_alarms.Mine.period is 0; allowed"),
        ({"period": None}, "monitoring_alarms.Mine.period is None; allowed"),
        ({"evaluation_periods": 0}, "monitoring_alarms.Mine.evaluation_periods is 0; allowed"),
        ({"evaluation_periods": 289}, "monitoring_alarms.Mine.evaluation_periods is 289; allowed"),
        ({"period": 3600, "evaluation_periods": 169}, "monitoring_alarms.Mine.evaluation_periods is 169; allowed"),
        ({"datapoints_to_alarm": 3}, "monitoring_alarms.Mine.datapoints_to_alarm is 3; allowed: 1 to evaluation"),
        ({"statistic": None}, "monitoring_alarms.Mine.statistic is None; allowed"),
        ({"extended_statistic": "p95"}, "monitoring_alarms.Mine.extended_statistic is 'p95'; allowed: either"),
        ({"statistic": None, "extended_statistic": "95"}, "monitoring_alarms.Mine.extended_statistic is '95'; allow"),
        ({"metric_name": None}, "monitoring_alarms.Mine.metric_name is None; allowed"),
        ({"metrics": [QUERY]}, "monitoring_alarms.Mine.metric_name is 'CPUUtilization'; allowed"),
        ({"description": "x" * 1025}, "monitoring_alarms.Mine.description is 'xxx"),
        ({"comparison": "GreaterThan"}, "monitoring_alarms.Mine is {"),
        ({"treshold": 1}, "monitoring_alarms.Mine is {"),
        ({"threshold": "high"}, "monitoring_alarms.Mine is {"),
        ({"threshold": None}, "monitoring_alarms.Mine is {"),
    ],
    ids=str,
)
def test_refused_alarm(changed, start):
    found = refused("monitoring", monitoring_alarms={"Mine": alarm(**changed)})
    assert any(text.startswith(start) for text in found), found


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"monitoring_alarms": {"High\nCPU": ALARM}}, "monitoring_alarms is 'High"),
        ({"monitoring_alarms": {"Mine": "high"}}, "monitoring_alarms.Mine is 'high'; allowed: a mapping"),
        ({"monitoring_alarms": ["Mine"]}, "monitoring_alarms is ['Mine']"),
        ({"monitoring_log_groups": {"/web": {"retention_days": 30}}}, "monitoring_log_groups is '/web'; allowed"),
        ({"monitoring_log_groups": {"web": {"retention_days": 31}}}, "monitoring_log_groups.web is {"),
        ({"monitoring_log_groups": {"web": {"retention": 30}}}, "monitoring_log_groups.web is {"),
        ({"monitoring_kms_key_arn": "alias/logs"}, "monitoring_kms_key_arn is 'alias/logs'; allowed"),
        ({"monitoring_topic_arns": {}}, "monitoring_standard_alarms is True; allowed: false, unless"),
        ({"monitoring_dashboard_widgets": ["text"]}, "monitoring_dashboard_widgets is ['text']"),
        (
            {"monitoring_alarm": {}},
            "monitoring_alarm is not a variable of the role monitoring; did you mean monitoring_",
        ),
    ],
    ids=str,
)
def test_refused_input_of_monitoring(changed, start):
    found = refused("monitoring", **changed)
    assert any(text.startswith(start) for text in found), found


def test_names_of_others_are_refused():
    live = {"monitoring": {"foreign_log_groups": ["/production/web"], "foreign_alarms": ["production-HighErrorRate"]}}
    found = refused("monitoring", stack_live=live)
    assert [text.split(" is ")[0] for text in found] == ["monitoring_log_groups", "monitoring_alarms"]
    assert refused("monitoring", stack_live=live, monitoring_state="absent") == []


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"cost_monthly_budget": 0}, "cost_monthly_budget is 0.0; allowed: more than 0"),
        ({"cost_monthly_budget": -5}, "cost_monthly_budget is -5.0; allowed"),
        ({"cost_currency": "usd"}, "cost_currency is 'usd'; allowed"),
        ({"cost_scope": "region"}, "cost_scope is 'region'"),
        ({"cost_notifications": [{"type": "ACTUAL", "threshold": 0}]}, "cost_notifications is [{"),
        ({"cost_notifications": [{"type": "ACTUAL", "threshold": 1001}]}, "cost_notifications is [{"),
        ({"cost_notifications": [{"type": "PAST", "threshold": 10}]}, "cost_notifications is [{"),
        ({"cost_notifications": [{"type": "ACTUAL", "treshold": 10}]}, "cost_notifications is [{"),
        ({"cost_notifications": [{"type": "ACTUAL", "threshold": 10}] * 2}, "cost_notifications is [{"),
        ({"cost_emails": ["ops-team"]}, "cost_emails is ['ops-team']; allowed: e-mail addresses"),
        ({"cost_emails": ["a@example.com", "a@example.com"]}, "cost_emails is ['a@"),
        ({"cost_emails": [f"{n}@example.com" for n in range(11)]}, "cost_emails is ['0@"),
        ({"cost_emails": [], "cost_topic_arn": ""}, "cost_emails is []; allowed: an address or more"),
        ({"cost_topic_arn": "application-alerts"}, "cost_topic_arn is 'application-alerts'; allowed"),
        (
            {"cost_monthly_buget": 5},
            "cost_monthly_buget is not a variable of the role cost; did you mean cost_monthly_bu",
        ),
    ],
    ids=lambda case: str(case)[:60],
)
def test_refused_input_of_cost(changed, start):
    found = refused("cost", **changed)
    assert any(text.startswith(start) for text in found), found
