# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.realtime.aws.plugins.modules.cloudwatch_alarms import build_params, normalize_alarm

METRIC = {"Namespace": "AWS/SQS", "MetricName": "m", "Dimensions": [{"Name": "b", "Value": "2"}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}]},
            {"Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]},
        ),
        ({"AlarmActions": ["x", "y"]}, {"AlarmActions": ["y", "x"]}),
        ({"OKActions": []}, {}),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 3}, {"EvaluationPeriods": 3}),
        ({"TreatMissingData": "missing"}, {}),
        ({"EvaluateLowSampleCountPercentile": "evaluate"}, {}),
        ({"ActionsEnabled": True}, {}),
        ({"AlarmDescription": ""}, {}),
        ({"Threshold": 80}, {"Threshold": 80.0}),
        (
            {"Metrics": [{"Id": "b", "Expression": "a * 2"}, {"Id": "a", "ReturnData": False}]},
            {"Metrics": [{"Id": "a", "ReturnData": False}, {"Id": "b", "Expression": "a * 2", "ReturnData": True}]},
        ),
        (
            {"Metrics": [{"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum", "Unit": None}}]},
            {"Metrics": [{"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}, "Label": None}]},
        ),
    ],
)
def test_idm_6_equal_alarms_are_equal(one, other):
    assert normalize_alarm(one) == normalize_alarm(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Threshold": 80}, {"Threshold": 81}),
        ({"Dimensions": [{"Name": "a", "Value": "1"}]}, {"Dimensions": [{"Name": "a", "Value": "2"}]}),
        ({"TreatMissingData": "notBreaching"}, {}),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, {"EvaluationPeriods": 3}),
        ({"Metrics": [{"Id": "a", "Expression": "b"}]}, {"Metrics": [{"Id": "a", "Expression": "c"}]}),
        ({"ActionsEnabled": False}, {}),
    ],
)
def test_different_alarms_differ(one, other):
    assert normalize_alarm(one) != normalize_alarm(other)


def test_what_is_empty_is_not_sent():
    params = build_params("one", normalize_alarm({"MetricName": "m", "Statistic": "Sum", "Threshold": 0.0}), {})
    assert params["Threshold"] == 0.0
    assert not params.keys() & {"Metrics", "Dimensions", "Unit", "Tags", "OKActions", "AlarmDescription"}
    assert "EvaluateLowSampleCountPercentile" not in params  # AWS refuses it without a percentile


def test_a_percentile_may_say_how_few_values_count():
    alarm = normalize_alarm({"ExtendedStatistic": "p95", "EvaluateLowSampleCountPercentile": "ignore"})
    assert build_params("one", alarm, {"a": "1"})["EvaluateLowSampleCountPercentile"] == "ignore"
    assert build_params("one", alarm, {"a": "1"})["Tags"] == [{"Key": "a", "Value": "1"}]
