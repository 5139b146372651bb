# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest

WEB, API = "production-web-servers", "production-api-servers"


@pytest.fixture
def elb(aws):
    return boto3.client("elbv2")


@pytest.fixture
def vpc(aws):
    return boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def groups(vpc):
    web = {"name": WEB, "vpc_id": vpc, "port": 80, "health_check_path": "/health", "healthy_threshold_count": 2}
    return [web, {"name": API, "vpc_id": vpc, "port": 8080, "health_check_path": "/api/health"}]


def attributes(elb, arn):
    found = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def test_create(elb, run_module, groups):
    groups[0]["deregistration_delay_timeout"] = 30
    result = run_module("elb_target_groups", target_groups=groups, tags={"Environment": "production"})
    assert [change["name"] for change in result["changes"]] == [WEB, API]
    found = {each["TargetGroupName"]: each for each in elb.describe_target_groups()["TargetGroups"]}
    assert (found[WEB]["HealthCheckPath"], found[WEB]["HealthyThresholdCount"]) == ("/health", 2)
    assert (found[API]["Port"], found[API]["HealthyThresholdCount"]) == (8080, 5)
    assert attributes(elb, found[WEB]["TargetGroupArn"])["deregistration_delay.timeout_seconds"] == "30"
    assert result["target_groups"][API]["arn"] == found[API]["TargetGroupArn"]


def test_second_run_writes_nothing(run_module, groups, writes):
    run_module("elb_target_groups", target_groups=groups, tags={"Environment": "production"})
    writes.clear()
    assert not run_module("elb_target_groups", target_groups=groups, tags={"Environment": "production"})["changed"]
    assert writes == []


def test_targets_stay(elb, run_module, groups):  # IDM-1
    arn = run_module("elb_target_groups", target_groups=groups)["target_groups"][WEB]["arn"]
    instance = boto3.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0][
        "InstanceId"
    ]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": instance}])
    groups[0]["health_check_interval"] = 10
    run_module("elb_target_groups", target_groups=groups)
    health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [each["Target"]["Id"] for each in health] == [instance]


def test_update_only_what_differs(elb, run_module, groups, writes):
    run_module("elb_target_groups", target_groups=groups, tags={"Environment": "production"})
    groups[1] |= {"health_check_path": "/v2", "stickiness_enabled": True}
    writes.clear()
    result = run_module("elb_target_groups", target_groups=groups, tags={"Environment": "production"})
    assert [(change["name"], change["action"]) for change in result["changes"]] == [(API, "update")]
    assert writes == ["ModifyTargetGroup", "ModifyTargetGroupAttributes"]
    assert "/v2" in result["diff"][0]["after"]


def test_port_cannot_change(run_module, groups, writes):
    run_module("elb_target_groups", target_groups=groups)
    groups[0]["port"] = 81
    writes.clear()
    with pytest.raises(Exception, match="has port 80, and AWS can't change that to port 81.*The name is taken"):
        run_module("elb_target_groups", target_groups=groups)
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(run_module, groups, writes, state):
    if state == "absent":
        run_module("elb_target_groups", target_groups=groups)
    writes.clear()
    assert len(run_module("elb_target_groups", check=True, target_groups=groups, state=state)["changes"]) == 2
    assert writes == []


def test_delete_and_delete_again(elb, run_module, groups):
    run_module("elb_target_groups", target_groups=groups)
    names = [{"name": WEB}, {"name": API}]
    assert run_module("elb_target_groups", target_groups=names, state="absent")["changed"]
    assert elb.describe_target_groups()["TargetGroups"] == []
    assert not run_module("elb_target_groups", target_groups=names, state="absent")["changed"]


def test_aws_error_is_reported(run_module, groups):
    groups[0]["name"] = "ends-with-a-hyphen-"
    with pytest.raises(Exception, match="Failed to create the target group"):
        run_module("elb_target_groups", target_groups=groups)


def test_port_is_needed(aws, run_module):
    with pytest.raises(Exception, match="needs vpc_id and port"):
        run_module("elb_target_groups", target_groups=[{"name": WEB}])
