# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest

NAME = "production-alb"


@pytest.fixture
def below(aws):
    """What the load balancer needs: two subnets in two zones, and a bucket."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("abc")
    ]
    group = ec2.create_security_group(GroupName="alb", Description="alb", VpcId=vpc)["GroupId"]
    policy = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::127311923021:root"}, "Action": "s3:PutObject", "Resource": "*"}]}'
    boto3.client("s3").create_bucket(Bucket="production-logs")
    boto3.client("s3").put_bucket_policy(Bucket="production-logs", Policy=policy)
    return {"subnets": subnets[:2], "security_groups": [group]}, subnets[2]


@pytest.fixture
def options(below):
    logs = {"access_logs_enabled": True, "access_logs_s3_bucket": "production-logs", "access_logs_s3_prefix": "alb"}
    return {"name": NAME, **below[0], **logs, "tags": {"Environment": "production"}}


@pytest.fixture
def elb(aws):
    return boto3.client("elbv2")


def attributes(elb, arn):
    found = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def test_create(elb, run_module, options):
    result = run_module("elb_load_balancer", **options, deletion_protection=True, idle_timeout=30)
    assert [change["action"] for change in result["changes"]] == ["create"]
    balancer = elb.describe_load_balancers(Names=[NAME])["LoadBalancers"][0]
    assert result["load_balancer"]["arn"] == balancer["LoadBalancerArn"]
    assert (balancer["Scheme"], balancer["State"]["Code"]) == ("internet-facing", "active")
    found = attributes(elb, balancer["LoadBalancerArn"])
    assert found["deletion_protection.enabled"] == "true"
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["access_logs.s3.bucket"] == "production-logs"
    assert found["idle_timeout.timeout_seconds"] == "30"


def test_second_run_writes_nothing(run_module, options, writes):
    run_module("elb_load_balancer", **options)
    writes.clear()
    result = run_module("elb_load_balancer", **{**options, "subnets": options["subnets"][::-1]})
    assert not result["changed"]
    assert writes == []


def test_update(elb, run_module, below, options):
    made = run_module("elb_load_balancer", **options)["load_balancer"]
    changed = {**options, "subnets": [*options["subnets"], below[1]], "idle_timeout": 120, "tags": {"Owner": "x"}}
    result = run_module("elb_load_balancer", **changed)
    assert result["changes"][0]["action"] == "update"
    assert '"120"' in result["diff"][0]["after"]
    assert attributes(elb, made["arn"])["idle_timeout.timeout_seconds"] == "120"
    assert len(elb.describe_load_balancers(Names=[NAME])["LoadBalancers"][0]["AvailabilityZones"]) == 3
    tags = elb.describe_tags(ResourceArns=[made["arn"]])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "Owner", "Value": "x"}]


def test_switching_logs_off_leaves_the_bucket_name(elb, run_module, options):
    made = run_module("elb_load_balancer", **options)["load_balancer"]
    run_module("elb_load_balancer", **{**options, "access_logs_enabled": False})
    found = attributes(elb, made["arn"])
    assert (found["access_logs.s3.enabled"], found["access_logs.s3.bucket"]) == ("false", "production-logs")


def test_scheme_cannot_change(run_module, options):
    run_module("elb_load_balancer", **options)
    with pytest.raises(Exception, match="AWS can't change that"):
        run_module("elb_load_balancer", **options, scheme="internal")


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(run_module, options, writes, state):
    if state == "absent":
        run_module("elb_load_balancer", **options)
    writes.clear()
    result = run_module("elb_load_balancer", check=True, **options, state=state)
    assert result["changed"]
    assert writes == []


def test_check_mode_takes_stand_ins(aws, run_module):
    stand_ins = {"subnets": ["subnet-000000001", "subnet-000000002"], "security_groups": ["sg-000000001"]}
    result = run_module("elb_load_balancer", check=True, name=NAME, **stand_ins)
    assert result["load_balancer"]["subnets"] == stand_ins["subnets"]


def test_protected_is_deleted_by_force_only(elb, run_module, options):  # TDN-1
    run_module("elb_load_balancer", **options, deletion_protection=True)
    with pytest.raises(Exception, match="deletion protection"):
        run_module("elb_load_balancer", name=NAME, state="absent")
    assert run_module("elb_load_balancer", name=NAME, state="absent", force=True)["changed"]
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    assert not run_module("elb_load_balancer", name=NAME, state="absent", force=True)["changed"]


def test_logging_stops_before_the_deletion(run_module, options, writes):
    run_module("elb_load_balancer", **options)
    writes.clear()
    run_module("elb_load_balancer", name=NAME, state="absent")
    assert writes == ["ModifyLoadBalancerAttributes", "DeleteLoadBalancer"]


def test_aws_error_is_reported(run_module, options):
    with pytest.raises(Exception, match="Failed to create the load balancer"):
        run_module(
            "elb_load_balancer", **{**options, "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]}
        )


def test_logs_need_a_bucket(aws, run_module, options):
    del options["access_logs_s3_bucket"]
    with pytest.raises(Exception, match="access_logs_s3_bucket"):
        run_module("elb_load_balancer", **options)
