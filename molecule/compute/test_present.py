import base64

import boto3
import pytest

GROUP = "molecule-asg"
autoscaling, ec2 = boto3.client("autoscaling"), boto3.client("ec2")


@pytest.fixture(scope="module")
def group():
    return autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"][0]


@pytest.fixture(scope="module")
def data(group):
    template = group["LaunchTemplate"]
    assert template["Version"] == "1"  # SRC-12: a number
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
    assert len(versions["LaunchTemplateVersions"]) == 1
    return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def test_group(group):
    assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]) == (2, 4, 10)
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == ("ELB", 300)
    assert group["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120}
    assert len(group["VPCZoneIdentifier"].split(",")) == 2
    assert len(group["TargetGroupARNs"]) == 2
    assert len(group["EnabledMetrics"]) == 13  # SRC-20
    assert all(tag["PropagateAtLaunch"] for tag in group["Tags"])


def test_launch_template(data):
    assert data["InstanceType"] == "t3.medium"
    assert "KeyName" not in data  # SRC-3
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    volume = data["BlockDeviceMappings"][0]["Ebs"]
    assert (volume["VolumeType"], volume["VolumeSize"], volume["Encrypted"]) == ("gp3", 20, True)
    assert {each["ResourceType"] for each in data["TagSpecifications"]} == {"instance", "volume", "network-interface"}


def test_boot_answers_on_every_attached_port(data):  # SRC-13
    script = base64.b64decode(data["UserData"]).decode()
    assert "for port in [80, 8080]:" in script
    assert "molecule-db" in script


def test_policies():
    found = autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    tracking = {policy["PolicyName"]: policy["TargetTrackingConfiguration"] for policy in found}
    assert tracking["cpu-target-tracking"]["TargetValue"] == 70
    assert tracking["request-count-tracking"]["TargetValue"] == 1000
    label = tracking["request-count-tracking"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label.startswith("app/upstream-alb/")
    assert "/targetgroup/upstream-web/" in label


def test_targets_are_registered(group):
    health = boto3.client("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupARNs"][0])
    assert len(health["TargetHealthDescriptions"]) == 4
