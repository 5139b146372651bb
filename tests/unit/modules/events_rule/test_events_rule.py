# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.modules import events_rule

NAME = "production-weekly"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:production-exporter"
OTHER = FUNCTION.replace("exporter", "other")
OPTIONS = {
    "name": NAME,
    "schedule_expression": "cron(0 8 ? * SUN *)",
    "description": "Export a snapshot",
    "targets": [{"id": "exporter", "arn": FUNCTION}],
    "tags": {"Environment": "production"},
}


@pytest.fixture
def events(aws):
    return boto3.client("events")


def test_create(events, run_module):
    result = run_module("events_rule", **OPTIONS)
    assert result["changes"] == [{"type": "AWS::Events::Rule", "name": NAME, "action": "create"}]
    rule = events.describe_rule(Name=NAME)
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 8 ? * SUN *)", "ENABLED")
    assert events.list_targets_by_rule(Rule=NAME)["Targets"] == [{"Id": "exporter", "Arn": FUNCTION}]
    assert events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"] == [
        {"Key": "Environment", "Value": "production"}
    ]


def test_second_run_writes_nothing(events, run_module, writes):
    run_module("events_rule", **OPTIONS)
    writes.clear()
    assert not run_module("events_rule", **OPTIONS)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"schedule_expression": "rate(1 day)"}, ["PutRule"]),
        ({"enabled": False}, ["PutRule"]),
        ({"targets": [{"id": "exporter", "arn": OTHER}]}, ["PutTargets"]),
        ({"targets": [{"id": "other", "arn": OTHER}]}, ["RemoveTargets", "PutTargets"]),
        ({"tags": {"Environment": "staging"}}, ["TagResource"]),
        ({"tags": {}}, ["UntagResource"]),
    ],
)
def test_only_what_changes_is_written(events, run_module, writes, change, written):
    run_module("events_rule", **OPTIONS)
    writes.clear()
    result = run_module("events_rule", **{**OPTIONS, **change})
    assert [entry["action"] for entry in result["changes"]] == ["update"]
    assert writes == written
    assert not run_module("events_rule", **{**OPTIONS, **change})["changed"]


def test_a_pattern_in_another_order_is_no_change(events, run_module):
    pattern = {"source": ["aws.rds"], "detail-type": ["RDS DB Snapshot Event"]}
    run_module("events_rule", name=NAME, event_pattern=pattern)
    assert not run_module("events_rule", name=NAME, event_pattern=dict(reversed(pattern.items())))["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(events, run_module, writes, state):
    if state == "absent":
        run_module("events_rule", **OPTIONS)
    writes.clear()
    assert run_module("events_rule", check=True, **OPTIONS, state=state)["changed"]
    assert writes == []


def test_absent_takes_the_targets_first(events, run_module, writes):
    run_module("events_rule", **OPTIONS)
    writes.clear()
    assert run_module("events_rule", name=NAME, state="absent")["changed"]
    assert writes == ["RemoveTargets", "DeleteRule"]
    assert not run_module("events_rule", name=NAME, state="absent")["changed"]


def test_what_aws_refuses_in_a_success_is_an_error():
    failed = {"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "exporter", "ErrorMessage": "no such function"}]}
    with pytest.raises(AnsibleAWSError, match="exporter: no such function"):
        events_rule.refuse_failed(failed)


def test_a_rule_needs_a_reason_to_run(events, run_module):
    with pytest.raises(Exception, match="schedule_expression, event_pattern"):
        run_module("events_rule", name=NAME)
