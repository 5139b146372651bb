# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import cloudwatch_alarms as module
from module_failed import ModuleFailed

TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
CPU = {
    "name": "production-HighCPUUtilization",
    "namespace": "AWS/EC2",
    "metric_name": "CPUUtilization",
    "dimensions": {"AutoScalingGroupName": "production-asg"},
    "statistic": "Average",
    "period": 300,
    "evaluation_periods": 2,
    "comparison": "GreaterThanThreshold",
    "threshold": 80,
    "alarm_actions": [TOPIC],
    "tags": {"Environment": "production"},
}
SLOW = {
    **{key: value for key, value in CPU.items() if key != "statistic"},
    "name": "production-Slow",
    "dimensions": {"TargetGroup": "targetgroup/a/1", "LoadBalancer": "app/a/1"},
    "extended_statistic": "p95",
    "treat_missing_data": "notBreaching",
}
REQUESTS = {"namespace": "AWS/ApplicationELB", "metric_name": "RequestCount"}
SHARE = {
    "name": "production-ErrorShare",
    "comparison": "GreaterThanThreshold",
    "threshold": 5,
    "evaluation_periods": 3,
    "datapoints_to_alarm": 2,
    "metrics": [
        {"id": "share", "expression": "100 * errors / 2", "label": "Share"},
        {
            "id": "errors",
            "return_data": False,
            "metric_stat": {
                "metric": {**REQUESTS, "dimensions": [{"name": "LoadBalancer", "value": "app/a/1"}]},
                "period": 300,
                "stat": "Sum",
            },
        },
    ],
}
ALL = [CPU, SLOW, SHARE]


@pytest.fixture
def cloudwatch(aws):
    return boto3.client("cloudwatch")


def alarms(cloudwatch):
    return {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}


def tags(cloudwatch, name):
    arn = alarms(cloudwatch)[name]["AlarmArn"]
    return {tag["Key"]: tag["Value"] for tag in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]}


def test_create(cloudwatch, run_module):
    result = run_module("cloudwatch_alarms", alarms=ALL)
    assert [change["action"] for change in result["changes"]] == ["create"] * 3
    found = alarms(cloudwatch)
    cpu = found["production-HighCPUUtilization"]
    assert (cpu["Threshold"], cpu["Period"], cpu["EvaluationPeriods"], cpu["Statistic"]) == (80, 300, 2, "Average")
    assert cpu["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": "production-asg"}]
    assert cpu["AlarmActions"] == [TOPIC]
    assert found["production-Slow"]["ExtendedStatistic"] == "p95"
    assert {each["Id"] for each in found["production-ErrorShare"]["Metrics"]} == {"share", "errors"}
    assert tags(cloudwatch, CPU["name"]) == {"Environment": "production"}


def test_idm_6_second_run_writes_nothing(cloudwatch, run_module, writes):
    run_module("cloudwatch_alarms", alarms=ALL)
    writes.clear()
    again = [SHARE, CPU, {**SLOW, "dimensions": dict(reversed(SLOW["dimensions"].items()))}]
    assert not run_module("cloudwatch_alarms", alarms=again)["changed"]
    assert writes == []


def test_only_what_differs_is_written(cloudwatch, run_module, writes):
    run_module("cloudwatch_alarms", alarms=ALL)
    writes.clear()
    result = run_module("cloudwatch_alarms", alarms=[{**CPU, "threshold": 70}, SLOW, SHARE])
    assert writes == ["PutMetricAlarm"]
    assert [(change["name"], change["action"]) for change in result["changes"]] == [(CPU["name"], "update")]
    assert ("80" in result["diff"][0]["before"], "70" in result["diff"][0]["after"]) == (True, True)
    assert alarms(cloudwatch)[CPU["name"]]["Threshold"] == 70
    assert tags(cloudwatch, CPU["name"]) == {"Environment": "production"}


def test_what_was_changed_by_hand_is_put_back(cloudwatch, run_module):
    run_module("cloudwatch_alarms", alarms=[CPU])
    cloudwatch.disable_alarm_actions(AlarmNames=[CPU["name"]])
    assert run_module("cloudwatch_alarms", alarms=[CPU])["changed"]
    assert alarms(cloudwatch)[CPU["name"]]["ActionsEnabled"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"tags": {"Environment": "staging"}}, ["TagResource"]),
        ({"tags": {}}, ["UntagResource"]),
        ({"tags": {"Owner": "ops"}}, ["TagResource", "UntagResource"]),
        ({"tags": {"Owner": "ops"}, "purge_tags": False}, ["TagResource"]),
        ({"tags": None}, []),
    ],
    ids=str,
)
def test_tags(cloudwatch, run_module, writes, changed, expected):
    run_module("cloudwatch_alarms", alarms=[CPU])
    writes.clear()
    assert run_module("cloudwatch_alarms", alarms=[{**CPU, **changed}])["changed"] is bool(expected)
    assert writes == expected
    assert not run_module("cloudwatch_alarms", alarms=[{**CPU, **changed}])["changed"]


def test_tags_that_the_tagging_api_does_not_know_yet(cloudwatch, run_module, writes, monkeypatch):
    run_module("cloudwatch_alarms", alarms=[CPU])
    monkeypatch.setattr(module, "get_tags", lambda tagging, arns: {})
    writes.clear()
    assert not run_module("cloudwatch_alarms", alarms=[CPU])["changed"]
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(cloudwatch, run_module, writes, state):
    if state == "absent":
        run_module("cloudwatch_alarms", alarms=ALL)
    writes.clear()
    result = run_module("cloudwatch_alarms", check=True, alarms=ALL, state=state)
    assert len(result["changes"]) == 3
    predicted = result["alarms"][CPU["name"]]
    assert predicted is None if state == "absent" else predicted["Threshold"] == 80
    assert writes == []


def test_delete_together_and_delete_again(cloudwatch, run_module, writes):
    run_module("cloudwatch_alarms", alarms=[*ALL, {**CPU, "name": "kept"}])
    writes.clear()
    names = [{"name": alarm["name"]} for alarm in ALL]
    assert run_module("cloudwatch_alarms", alarms=[*names, {"name": "never-there"}], state="absent")["changed"]
    assert writes == ["DeleteAlarms"]
    assert list(alarms(cloudwatch)) == ["kept"]
    assert not run_module("cloudwatch_alarms", alarms=names, state="absent")["changed"]
    assert writes == ["DeleteAlarms"]


def test_no_alarms_is_nothing_to_do(cloudwatch, run_module, writes):
    assert not run_module("cloudwatch_alarms", alarms=[])["changed"]
    assert not run_module("cloudwatch_alarms", alarms=[], state="absent")["changed"]
    assert writes == []


def test_more_than_aws_takes_at_once(cloudwatch, run_module, writes):
    many = [{**CPU, "name": f"alarm-{n}", "tags": None} for n in range(101)]
    run_module("cloudwatch_alarms", alarms=many)
    writes.clear()
    run_module("cloudwatch_alarms", alarms=[{"name": alarm["name"]} for alarm in many], state="absent")
    assert writes == ["DeleteAlarms"] * 2
    assert alarms(cloudwatch) == {}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"threshold": None}, "has no threshold"),
        ({"period": None}, "has no period"),
        ({"statistic": None}, "either statistic or extended_statistic"),
        ({"extended_statistic": "p95"}, "either statistic or extended_statistic"),
        ({"metrics": [{"id": "a", "expression": "b"}]}, "metrics go without"),
        ({"comparison": "GreaterThan"}, "comparison"),
        ({"treat_missing_data": "ok"}, "treat_missing_data"),
    ],
    ids=str,
)
def test_bad_input_writes_nothing(cloudwatch, run_module, writes, changed, message):
    bad = {key: value for key, value in {**CPU, **changed}.items() if value is not None}
    with pytest.raises(ModuleFailed, match=message):
        run_module("cloudwatch_alarms", alarms=[SLOW, bad])
    assert writes == []


def test_a_name_twice_and_two_results(cloudwatch, run_module):
    with pytest.raises(ModuleFailed, match="is there twice"):
        run_module("cloudwatch_alarms", alarms=[CPU, CPU])
    metrics = [{"id": "a", "expression": "b"}, {"id": "b", "expression": "1"}]
    with pytest.raises(ModuleFailed, match="exactly one of metrics"):
        run_module("cloudwatch_alarms", alarms=[{**SHARE, "metrics": metrics}])


def test_an_error_of_aws_is_named(cloudwatch, run_module):
    with pytest.raises(ModuleFailed, match="Failed to write the alarm"):
        run_module("cloudwatch_alarms", alarms=[{**SLOW, "extended_statistic": "95"}])
