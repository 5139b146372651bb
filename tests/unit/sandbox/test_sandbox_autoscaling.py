"""Auto Scaling extensions and refusals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sandbox_helpers import IMAGE, Aws, Network, refused


@pytest.fixture
def group(aws: Aws, network: Network) -> Any:
    """A function that makes a group of instances from version 2 of a template."""
    ec2, autoscaling = aws("ec2"), aws("autoscaling")
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", "UserData": "aGVsbG8="}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=data)

    def make(name: str = "web", size: int = 0, **params: Any) -> None:
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=4,
            DesiredCapacity=size,
            VPCZoneIdentifier=",".join(network.subnets),
            LaunchTemplate={"LaunchTemplateName": "web", "Version": "2"},
            **params,
        )

    return make


def described(aws: Aws) -> dict[str, Any]:
    return aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]


def test_metrics_collection(aws: Aws, group: Any) -> None:
    group()
    autoscaling = aws("autoscaling")
    autoscaling.enable_metrics_collection(AutoScalingGroupName="web", Granularity="1Minute")
    assert len(described(aws)["EnabledMetrics"]) == 13
    autoscaling.disable_metrics_collection(AutoScalingGroupName="web", Metrics=["GroupMinSize"])
    assert len(described(aws)["EnabledMetrics"]) == 12
    autoscaling.disable_metrics_collection(AutoScalingGroupName="web")
    assert described(aws)["EnabledMetrics"] == []
    refused("ValidationError", autoscaling.disable_metrics_collection, AutoScalingGroupName="none")


def test_policies_belong_to_their_group(aws: Aws, group: Any) -> None:
    autoscaling = aws("autoscaling")
    for name, change in (("one", 1), ("two", 2)):
        group(name)
        autoscaling.put_scaling_policy(
            AutoScalingGroupName=name, PolicyName="up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=change
        )
    autoscaling.put_scaling_policy(  # an update stays one policy
        AutoScalingGroupName="one", PolicyName="up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=3
    )
    policies = autoscaling.describe_policies()["ScalingPolicies"]
    assert {(p["AutoScalingGroupName"], p["ScalingAdjustment"]) for p in policies} == {("one", 3), ("two", 2)}
    autoscaling.delete_policy(AutoScalingGroupName="one", PolicyName="up")
    (left,) = autoscaling.describe_policies()["ScalingPolicies"]
    assert left["AutoScalingGroupName"] == "two"
    refused("ValidationError", autoscaling.delete_policy, AutoScalingGroupName="one", PolicyName="up")
    autoscaling.delete_policy(PolicyName=left["PolicyARN"])
    assert autoscaling.describe_policies()["ScalingPolicies"] == []


def test_instances_are_spread_and_know_their_version(aws: Aws, group: Any) -> None:
    group(size=4)
    instances = described(aws)["Instances"]
    assert Counter(i["AvailabilityZone"] for i in instances) == {"eu-west-1a": 2, "eu-west-1b": 2}
    assert {i["LaunchTemplate"]["Version"] for i in instances} == {"2"}


def test_targets_follow_instances(aws: Aws, group: Any, network: Network) -> None:
    elbv2, autoscaling = aws("elbv2"), aws("autoscaling")
    created = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)
    target_group = created["TargetGroups"][0]["TargetGroupArn"]
    group(size=3, TargetGroupARNs=[target_group])

    def targets() -> int:
        return len(elbv2.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"])

    assert targets() == 3
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", DesiredCapacity=1)
    assert targets() == 1
    refused("ResourceInUse", autoscaling.delete_auto_scaling_group, AutoScalingGroupName="web")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert targets() == 0


def test_settings_are_returned(aws: Aws, group: Any) -> None:
    maintenance = {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120}
    group(DefaultInstanceWarmup=100, MaxInstanceLifetime=864000, InstanceMaintenancePolicy=maintenance)
    change = {"DefaultInstanceWarmup": 50, "TerminationPolicies": ["OldestInstance"], "CapacityRebalance": True}
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", **change)
    found = described(aws)
    assert (found["TerminationPolicies"], found["CapacityRebalance"]) == (["OldestInstance"], True)
    assert (found["DefaultInstanceWarmup"], found["MaxInstanceLifetime"]) == (50, 864000)
    assert found["InstanceMaintenancePolicy"] == maintenance


def test_notifications(aws: Aws, group: Any) -> None:
    group()
    autoscaling, topic = aws("autoscaling"), aws("sns").create_topic(Name="t")["TopicArn"]
    kind = "autoscaling:EC2_INSTANCE_LAUNCH"
    autoscaling.put_notification_configuration(AutoScalingGroupName="web", TopicARN=topic, NotificationTypes=[kind])
    expected = {"AutoScalingGroupName": "web", "TopicARN": topic, "NotificationType": kind}
    assert autoscaling.describe_notification_configurations()["NotificationConfigurations"] == [expected]
    autoscaling.delete_notification_configuration(AutoScalingGroupName="web", TopicARN=topic)
    assert autoscaling.describe_notification_configurations()["NotificationConfigurations"] == []
