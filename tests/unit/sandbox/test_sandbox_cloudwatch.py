"""CloudWatch in the sandbox."""

from __future__ import annotations

import json

from sandbox_helpers import Aws, refused

BODY = json.dumps({"widgets": []})


def tags(cloudwatch, arn):
    return {tag["Key"]: tag["Value"] for tag in cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]}


def test_tags_of_a_dashboard(aws: Aws):
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_dashboard(DashboardName="one", DashboardBody=BODY, Tags=[{"Key": "a", "Value": "1"}])
    arn = cloudwatch.get_dashboard(DashboardName="one")["DashboardArn"]
    cloudwatch.put_dashboard(DashboardName="one", DashboardBody=BODY, Tags=[{"Key": "a", "Value": "ignored"}])
    assert tags(cloudwatch, arn) == {"a": "1"}
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert tags(cloudwatch, arn) == {"b": "2"}
    cloudwatch.delete_dashboards(DashboardNames=["one"])
    refused("ResourceNotFoundException", cloudwatch.list_tags_for_resource, ResourceARN=arn)


def test_tags_of_an_alarm_are_moto_s(aws: Aws):
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="one",
        Namespace="a",
        MetricName="b",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["one"])["MetricAlarms"]
    cloudwatch.tag_resource(ResourceARN=alarm["AlarmArn"], Tags=[{"Key": "a", "Value": "1"}])
    assert tags(cloudwatch, alarm["AlarmArn"]) == {"a": "1"}
