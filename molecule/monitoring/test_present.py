# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3
import pytest

UPSTREAM = json.loads(Path(os.environ["SANDBOX_DIRECTORY"], "upstream.json").read_text(encoding="utf-8"))
BALANCER = {"LoadBalancer": UPSTREAM["load_balancer_arn_suffix"]}
GROUPS = UPSTREAM["target_group_arn_suffixes"]


@pytest.fixture(scope="module")
def alarms():
    found = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def dimensions(alarm):
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def test_src_19_an_alarm_for_each_thing_there_is(alarms):
    assert {name: dimensions(alarm) for name, alarm in alarms.items()} == {
        "molecule-LoadBalancerErrors": BALANCER,
        "molecule-UnhealthyServers-web": {**BALANCER, "TargetGroup": GROUPS["web"]},
        "molecule-UnhealthyServers-api": {**BALANCER, "TargetGroup": GROUPS["api"]},
        "molecule-SlowResponses": BALANCER,
        "molecule-DatabaseLowStorage": {"DBInstanceIdentifier": "molecule-db"},
        "molecule-DeadLetters-inventory-dlq": {"QueueName": "molecule-inventory-dlq"},
        "molecule-AlertProcessorErrors": {"FunctionName": "molecule-alert-processor"},
        "molecule-ErrorShare": {},
        "molecule-BusyWeb": {**BALANCER, "TargetGroup": GROUPS["web"]},
    }


def test_actions(alarms):
    topic = [UPSTREAM["topic_arn"]]
    assert all(alarm["AlarmActions"] == topic for alarm in alarms.values())
    assert [name for name, alarm in alarms.items() if alarm["OKActions"] != topic] == ["molecule-BusyWeb"]


def test_percentile(alarms):
    slow = alarms["molecule-SlowResponses"]
    assert (slow["ExtendedStatistic"], slow["TreatMissingData"]) == ("p95", "notBreaching")
    assert "Statistic" not in slow


def test_metric_math(alarms):
    metrics = {each["Id"]: each for each in alarms["molecule-ErrorShare"]["Metrics"]}
    assert metrics["share"]["Expression"] == "100 * errors / requests"
    assert [name for name, each in metrics.items() if each["ReturnData"]] == ["share"]
    assert dimensions(metrics["errors"]["MetricStat"]["Metric"]) == BALANCER


def test_tags(alarms):
    cloudwatch = boto3.client("cloudwatch")
    arns = [alarm["AlarmArn"] for alarm in alarms.values()]
    arns.append(cloudwatch.get_dashboard(DashboardName="molecule")["DashboardArn"])
    for arn in arns:
        tags = {tag["Key"]: tag["Value"] for tag in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]}
        assert tags == {
            "Project": "realtime",
            "Environment": "molecule",
            "Layer": "monitoring",
            "ManagedBy": "realtime.aws",
            "Owner": "platform",
        }


def test_log_groups():
    logs = boto3.client("logs")
    found = {group["logGroupName"]: group for group in logs.describe_log_groups()["logGroups"]}
    assert {name: group.get("retentionInDays") for name, group in found.items()} == {
        "/molecule/web": 30,
        "/molecule/system": None,
    }
    for group in found.values():
        assert group["kmsKeyId"] == UPSTREAM["kms_key_arn"]
        arn = group["arn"].removesuffix(":*")
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"]["Environment"] == "molecule"


def test_src_20_the_dashboard_shows_latency_as_percentiles():
    body = json.loads(boto3.client("cloudwatch").get_dashboard(DashboardName="molecule")["DashboardBody"])
    widgets = {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}
    assert set(widgets) == {"ALB Metrics", "Auto Scaling Metrics", "RDS Metrics", "Queues", "CDN Metrics"}
    alb = widgets["ALB Metrics"]
    shown = {(line[1], line[4]["stat"] if len(line) > 4 else alb["stat"]) for line in alb["metrics"]}
    assert shown == {
        ("RequestCount", "Sum"),
        ("HTTPCode_Target_2XX_Count", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("TargetResponseTime", "p50"),
        ("TargetResponseTime", "p95"),
        ("TargetResponseTime", "p99"),
    }
    assert {line[3] for line in alb["metrics"]} == set(BALANCER.values())
    assert {line[3] for line in widgets["Queues"]["metrics"]} == {"molecule-inventory-queue", "molecule-inventory-dlq"}
    assert widgets["CDN Metrics"]["region"] == "us-east-1"
