# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.autoscaling_policies import normalize

LABEL = "app/production-alb/50dc6c495c0c9188/targetgroup/production-web-servers/73e2d6bc24d8a067"
CPU = {
    "name": "cpu-target-tracking",
    "target_tracking_config": {
        "target_value": 70,
        "predefined_metric_spec": {"predefined_metric_type": "ASGAverageCPUUtilization"},
    },
}
REQUESTS = {
    "name": "request-count-tracking",
    "target_tracking_config": {
        "target_value": 1000,
        "predefined_metric_spec": {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": LABEL},
    },
}
QUEUE = {
    "name": "queue-depth",
    "estimated_instance_warmup": 60,
    "target_tracking_config": {
        "target_value": 0.5,
        "disable_scale_in": True,
        "customized_metric_spec": {
            "metric_name": "Backlog",
            "namespace": "Shop",
            "dimensions": {"Queue": "orders", "Environment": "production"},
            "statistic": "Average",
        },
    },
}
STEPS = {
    "name": "steps",
    "policy_type": "StepScaling",
    "adjustment_type": "ChangeInCapacity",
    "step_adjustments": [
        {"lower_bound": 0, "upper_bound": 100, "scaling_adjustment": 1},
        {"lower_bound": 100, "scaling_adjustment": 3},
    ],
}
GROUP = "production-asg"


@pytest.fixture
def autoscaling(aws):
    client, ec2 = boto3.client("autoscaling"), boto3.client("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-12c6146b"})
    template = {"LaunchTemplateName": "web", "Version": "1"}
    for name in (GROUP, "staging-asg"):
        client.create_auto_scaling_group(
            AutoScalingGroupName=name, LaunchTemplate=template, MinSize=0, MaxSize=0, AvailabilityZones=["us-east-1a"]
        )
    return client


def policies(autoscaling, group=GROUP):
    found = autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    return {policy["PolicyName"]: policy for policy in found}


def test_create(autoscaling, run_module):
    result = run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU, REQUESTS])
    assert [change["name"] for change in result["changes"]] == [f"{GROUP}/{each['name']}" for each in (CPU, REQUESTS)]
    found = policies(autoscaling)
    assert found["cpu-target-tracking"]["TargetTrackingConfiguration"]["TargetValue"] == 70
    metric = found["request-count-tracking"]["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
    assert metric == {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": LABEL}


def test_zero_is_a_bound(autoscaling, run_module):  # IDM-5
    run_module("autoscaling_policies", asg_name=GROUP, policies=[STEPS])
    steps = policies(autoscaling)["steps"]["StepAdjustments"]
    assert steps[0]["MetricIntervalLowerBound"] == 0
    assert "MetricIntervalUpperBound" not in steps[1]


@pytest.mark.parametrize("policy", [CPU, REQUESTS, QUEUE, STEPS], ids=lambda policy: policy["name"])
def test_second_run_writes_nothing(autoscaling, run_module, writes, policy):
    run_module("autoscaling_policies", asg_name=GROUP, policies=[policy])
    writes.clear()
    assert not run_module("autoscaling_policies", asg_name=GROUP, policies=[policy])["changed"]
    assert writes == []


def test_update_one(autoscaling, run_module, writes):
    run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU, REQUESTS])
    config = {**CPU["target_tracking_config"], "target_value": 50}
    writes.clear()
    result = run_module(
        "autoscaling_policies", asg_name=GROUP, policies=[{**CPU, "target_tracking_config": config}, REQUESTS]
    )
    assert [change["action"] for change in result["changes"]] == ["update"]
    assert writes == ["PutScalingPolicy"]
    assert "50" in result["diff"][0]["after"]


def test_only_this_group_is_purged(autoscaling, run_module):  # IDM-5
    put = {"PolicyType": "SimpleScaling", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}
    autoscaling.put_scaling_policy(AutoScalingGroupName=GROUP, PolicyName="old", **put)
    autoscaling.put_scaling_policy(AutoScalingGroupName="staging-asg", PolicyName="theirs", **put)
    assert len(run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU])["changes"]) == 1
    result = run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU], purge_policies=True)
    assert [(change["name"], change["action"]) for change in result["changes"]] == [(f"{GROUP}/old", "delete")]
    assert list(policies(autoscaling)) == ["cpu-target-tracking"]
    assert list(policies(autoscaling, "staging-asg")) == ["theirs"]


def test_check_mode_predicts_and_writes_nothing(autoscaling, run_module, writes):
    assert run_module("autoscaling_policies", check=True, asg_name="not-yet", policies=[CPU])["changed"]
    run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU])
    writes.clear()
    absent = {"asg_name": GROUP, "policies": [{"name": CPU["name"]}], "state": "absent"}
    assert run_module("autoscaling_policies", check=True, **absent)["changed"]
    assert writes == []


def test_delete_and_delete_again(autoscaling, run_module):
    run_module("autoscaling_policies", asg_name=GROUP, policies=[CPU])
    absent = {"asg_name": GROUP, "policies": [{"name": CPU["name"]}], "state": "absent"}
    assert run_module("autoscaling_policies", **absent)["changed"]
    assert policies(autoscaling) == {}
    assert not run_module("autoscaling_policies", **absent)["changed"]


@pytest.mark.parametrize(
    ("policy", "lacking"),
    [
        ({"name": "x"}, "needs target_tracking_config"),
        ({"name": "x", "target_tracking_config": {"target_value": 1}}, "needs either predefined_metric_spec or"),
        ({"name": "x", "policy_type": "StepScaling"}, "needs adjustment_type and step_adjustments"),
    ],
)
def test_incomplete_policies_are_refused(autoscaling, run_module, policy, lacking):
    with pytest.raises(Exception, match=lacking):
        run_module("autoscaling_policies", asg_name=GROUP, policies=[policy])


def test_aws_error_is_reported(autoscaling, run_module):
    with pytest.raises(Exception, match="Failed to write a scaling policy"):
        run_module("autoscaling_policies", asg_name=GROUP, policies=[{**CPU, "name": ""}])


def test_defaults_of_aws_are_no_change():
    theirs = {
        "PolicyType": "TargetTrackingScaling",
        "PolicyARN": "arn:aws:autoscaling:...",
        "Alarms": [{"AlarmName": "TargetTracking-production-asg-AlarmHigh"}],
        "StepAdjustments": [],
        "Enabled": True,
        "TargetTrackingConfiguration": {"TargetValue": 70.0},
    }
    expected = {"TargetValue": 70.0, "DisableScaleIn": False}
    assert normalize(theirs) == {"PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": expected}
