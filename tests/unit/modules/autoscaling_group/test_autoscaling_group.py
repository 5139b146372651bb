# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import autoscaling_group

NAME = "production-asg"


@pytest.fixture
def autoscaling(aws):
    return boto3.client("autoscaling")


@pytest.fixture
def below(aws):
    """Two subnets, two target groups and a launch template with two versions."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    groups = [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
        for name in ("web", "api")
    ]
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.medium"}
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=data)
    return {"subnets": subnets, "groups": groups, "template": template["LaunchTemplateId"]}


@pytest.fixture
def options(below):
    return {
        "name": NAME,
        "launch_template": {"launch_template_id": below["template"], "version": 1},
        "min_size": 2,
        "max_size": 10,
        "desired_capacity": 4,
        "vpc_zone_identifier": below["subnets"],
        "target_group_arns": below["groups"][:1],
        "health_check_type": "ELB",
        "metrics_collection": True,
        "tags": {"Environment": "production"},
    }


def group(autoscaling):
    return autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]


def test_create(autoscaling, run_module, options, below):
    result = run_module("autoscaling_group", **options)
    assert [change["action"] for change in result["changes"]] == ["create"]
    found = group(autoscaling)
    assert (found["MinSize"], found["DesiredCapacity"], found["MaxSize"]) == (2, 4, 10)
    assert found["LaunchTemplate"]["Version"] == "1"  # SRC-12
    assert found["TargetGroupARNs"] == below["groups"][:1]
    assert (found["HealthCheckType"], found["HealthCheckGracePeriod"]) == ("ELB", 300)
    assert len(found["EnabledMetrics"]) == 13
    assert found["Tags"][0]["PropagateAtLaunch"]


def test_second_run_writes_nothing(run_module, options, writes):
    run_module("autoscaling_group", **options)
    writes.clear()
    options["vpc_zone_identifier"] = options["vpc_zone_identifier"][::-1]
    assert not run_module("autoscaling_group", **options)["changed"]
    assert writes == []


def test_the_capacity_that_autoscaling_chose_stays(autoscaling, run_module, options, writes):  # IDM-4
    run_module("autoscaling_group", **options)
    autoscaling.set_desired_capacity(AutoScalingGroupName=NAME, DesiredCapacity=7)
    writes.clear()
    assert not run_module("autoscaling_group", **options)["changed"]
    assert not run_module("autoscaling_group", **{**options, "desired_capacity": 3})["changed"]
    assert writes == []
    run_module("autoscaling_group", **{**options, "max_size": 12})
    assert group(autoscaling)["DesiredCapacity"] == 7


@pytest.mark.parametrize(("sizes", "capacity"), [({"min_size": 6}, 6), ({"max_size": 3}, 3)])
def test_capacity_moves_when_it_must(autoscaling, run_module, options, sizes, capacity):  # IDM-4
    run_module("autoscaling_group", **options)
    run_module("autoscaling_group", **{**options, **sizes})
    assert group(autoscaling)["DesiredCapacity"] == capacity


def test_zero_is_a_capacity(autoscaling, run_module, options):
    run_module("autoscaling_group", **{**options, "min_size": 0, "desired_capacity": 0})
    assert group(autoscaling)["DesiredCapacity"] == 0


def test_new_template_version_says_what_it_does_not_do(autoscaling, run_module, options):
    run_module("autoscaling_group", **options)
    options["launch_template"]["version"] = 2
    result = run_module("autoscaling_group", **options)
    assert "until they are replaced" in result["changes"][0]["interruption"]
    assert group(autoscaling)["LaunchTemplate"]["Version"] == "2"


def test_target_groups_are_attached_and_detached(autoscaling, run_module, options, below):
    run_module("autoscaling_group", **options)
    run_module("autoscaling_group", **{**options, "target_group_arns": below["groups"][1:]})
    assert group(autoscaling)["TargetGroupARNs"] == below["groups"][1:]
    del options["target_group_arns"]
    assert not run_module("autoscaling_group", **options)["changed"]


def test_a_deleted_target_group_is_detached_before_anything_else(autoscaling, run_module, options, below, writes):
    run_module("autoscaling_group", **{**options, "target_group_arns": below["groups"]})
    boto3.client("elbv2").delete_target_group(TargetGroupArn=below["groups"][1])
    writes.clear()
    run_module("autoscaling_group", **{**options, "max_size": 12})
    assert writes == ["DetachLoadBalancerTargetGroups", "UpdateAutoScalingGroup"]
    assert group(autoscaling)["TargetGroupARNs"] == below["groups"][:1]


def test_tags_are_replaced_and_propagate(autoscaling, run_module, options):
    run_module("autoscaling_group", **options)
    kept = {
        "ResourceId": NAME,
        "ResourceType": "auto-scaling-group",
        "Key": "Owner",
        "Value": "y",
        "PropagateAtLaunch": False,
    }
    autoscaling.create_or_update_tags(Tags=[kept])
    run_module("autoscaling_group", **{**options, "tags": {"Owner": "y"}})
    assert [(tag["Key"], tag["Value"], tag["PropagateAtLaunch"]) for tag in group(autoscaling)["Tags"]] == [
        ("Owner", "y", True)
    ]


def test_profile_that_is_not_known_yet_is_tried_again(autoscaling, run_module, options, monkeypatch):  # CON-1
    import botocore.client
    import botocore.exceptions

    original, tries = botocore.client.BaseClient._make_api_call, []

    def refuse_twice(self, operation, kwargs):
        if operation == "CreateAutoScalingGroup" and len(tries) < 2:
            tries.append(operation)
            error = {"Code": "ValidationError", "Message": "... Invalid IAM Instance Profile name"}
            raise botocore.exceptions.ClientError({"Error": error}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse_twice)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    run_module("autoscaling_group", **options)
    assert len(tries) == 2
    assert group(autoscaling)["DesiredCapacity"] == 4


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(run_module, options, writes, state):
    if state == "absent":
        run_module("autoscaling_group", **options)
    writes.clear()
    result = run_module("autoscaling_group", check=True, **options, state=state)
    assert result["changed"]
    assert writes == []


def test_check_mode_takes_stand_ins(aws, run_module):
    template = {"launch_template_id": "lt-00000000123456789", "version": 1}
    sizes = {"min_size": 1, "max_size": 2}
    subnets = ["subnet-00000000123456789"]
    result = run_module(
        "autoscaling_group", check=True, name=NAME, launch_template=template, vpc_zone_identifier=subnets, **sizes
    )
    assert result["auto_scaling_group"]["desired_capacity"] == 1


def test_delete_lets_instances_go_first(autoscaling, run_module, options, writes):
    run_module("autoscaling_group", **options)
    writes.clear()
    assert run_module("autoscaling_group", name=NAME, state="absent")["changed"]
    assert writes == ["UpdateAutoScalingGroup", "DeleteAutoScalingGroup"]
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert not run_module("autoscaling_group", name=NAME, state="absent")["changed"]


def test_absent_without_waiting_only_begins(autoscaling, run_module, options, writes):
    run_module("autoscaling_group", **options)
    writes.clear()
    assert run_module("autoscaling_group", name=NAME, state="absent", wait_for_instances=False)["changed"]
    assert writes == ["UpdateAutoScalingGroup"]
    assert [group(autoscaling)[size] for size in ("MinSize", "MaxSize", "DesiredCapacity")] == [0, 0, 0]
    assert not run_module("autoscaling_group", name=NAME, state="absent", wait_for_instances=False)["changed"]
    writes.clear()
    assert run_module("autoscaling_group", name=NAME, state="absent")["changed"]
    assert writes == ["DeleteAutoScalingGroup"]


def test_timeout_says_why(autoscaling, run_module, options, monkeypatch):
    failed = {"StatusCode": "Failed", "StatusMessage": "InsufficientInstanceCapacity"}
    monkeypatch.setattr(autoscaling_group, "in_service", lambda group: False)
    monkeypatch.setattr(autoscaling_group, "last_failure", lambda client, name: f": {failed['StatusMessage']}")
    with pytest.raises(Exception, match="Timed out after 0 s waiting for the instances.*InsufficientInstanceCapacity"):
        run_module("autoscaling_group", **options, wait_timeout=0)


def test_aws_error_is_reported(run_module, options):
    options["launch_template"]["launch_template_id"] = "lt-0123456789abcdef0"
    with pytest.raises(Exception, match="Failed to create the Auto Scaling group"):
        run_module("autoscaling_group", **options)


def test_sizes_are_needed(aws, run_module):
    with pytest.raises(Exception, match="state is present but all of the following are missing"):
        run_module("autoscaling_group", name=NAME)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_group_that_aws_is_deleting_counts_as_gone(autoscaling, run_module, options, monkeypatch, state):
    run_module("autoscaling_group", **options)
    looks = []

    def find(client, name):
        """As AWS shows a group that a run before deleted: twice more, and then no longer."""
        looks.append(name)
        found = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        if len(looks) == 3:
            client.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
            found = []
        return {**found[0], **({"Status": "Delete in progress"} if len(looks) < 3 else {})} if found else None

    monkeypatch.setattr(autoscaling_group, "find", find)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    result = run_module("autoscaling_group", **options, state=state)
    assert result["changed"] == (state == "present")
    assert len(autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]) == (state == "present")
