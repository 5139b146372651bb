# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

PENDING = "vpc-00000000c893a4320"
A = {"cidr": "10.0.1.0/24", "az": "us-east-1a", "map_public": True, "tags": {"Name": "public-a"}}
B = {"cidr": "10.0.2.0/24", "az": "us-east-1b", "tags": {"Name": "private-b"}}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def subnets(ec2, vpc):
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    return {each["CidrBlock"]: each for each in found}


def test_create(ec2, vpc, run_module):
    result = run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B], tags={"Environment": "production"})
    assert [each["name"] for each in result["changes"]] == ["public-a", "private-b"]
    found = subnets(ec2, vpc)
    assert result["subnet_ids"] == {cidr: each["SubnetId"] for cidr, each in found.items()}
    assert (found["10.0.1.0/24"]["MapPublicIpOnLaunch"], found["10.0.2.0/24"]["MapPublicIpOnLaunch"]) == (True, False)
    assert {"Key": "Environment", "Value": "production"} in found["10.0.2.0/24"]["Tags"]


def test_order_is_no_change_and_writes_nothing(ec2, vpc, run_module, writes):  # SRC-2
    run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B])
    writes.clear()
    assert not run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[B, A])["changed"]
    assert writes == []


def test_drift_is_mended(ec2, vpc, run_module):
    ids = run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B])["subnet_ids"]
    ec2.modify_subnet_attribute(SubnetId=ids["10.0.1.0/24"], MapPublicIpOnLaunch={"Value": False})
    ec2.create_tags(Resources=[ids["10.0.2.0/24"]], Tags=[{"Key": "Name", "Value": "renamed"}])
    result = run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B])
    assert [each["action"] for each in result["changes"]] == ["update", "update"]
    assert result["subnet_ids"] == ids
    assert not run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B])["changed"]


def test_another_zone_is_refused(vpc, run_module):
    run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A])
    with pytest.raises(ModuleFailed, match="can't move it to us-east-1c"):
        run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[{**A, "az": "us-east-1c"}])


def test_check_mode_with_a_stand_in(ec2, run_module, writes):
    result = run_module("ec2_vpc_subnets", check=True, vpc_id=PENDING, subnets=[A, B])
    assert [each["action"] for each in result["changes"]] == ["create", "create"]
    assert writes == []


def test_delete_and_delete_again(ec2, vpc, run_module, writes):
    ids = run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[A, B])["subnet_ids"]
    doomed = {"vpc_id": vpc, "subnet_ids": [ids["10.0.1.0/24"]], "state": "absent"}
    writes.clear()
    assert run_module("ec2_vpc_subnets", check=True, **doomed)["changed"]
    assert writes == []
    assert run_module("ec2_vpc_subnets", **doomed)["changes"][0]["name"] == "public-a"
    assert list(subnets(ec2, vpc)) == ["10.0.2.0/24"]
    assert not run_module("ec2_vpc_subnets", **doomed)["changed"]


def test_refusal_is_one_line(vpc, run_module):
    with pytest.raises(ModuleFailed, match="Failed to create subnet public-a"):
        run_module("ec2_vpc_subnets", vpc_id=vpc, subnets=[{**A, "cidr": "192.168.0.0/24"}])
