# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

VPC = {"name": "production-vpc", "cidr_block": "10.0.0.0/16", "tags": {"Environment": "production"}}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


def vpcs(ec2):
    return ec2.describe_vpcs(Filters=[{"Name": "tag:Environment", "Values": ["production"]}])["Vpcs"]


def test_create(ec2, run_module):
    result = run_module("ec2_vpc", **VPC)
    assert [each["name"] for each in result["changes"]] == ["production-vpc", "production-vpc-igw"]
    assert [each["VpcId"] for each in vpcs(ec2)] == [result["vpc"]["vpc_id"]]
    hostnames = ec2.describe_vpc_attribute(VpcId=result["vpc"]["vpc_id"], Attribute="enableDnsHostnames")
    assert hostnames["EnableDnsHostnames"]["Value"]


def test_second_run_writes_nothing(ec2, run_module, writes):
    vpc_id = run_module("ec2_vpc", **VPC)["vpc"]["vpc_id"]
    writes.clear()
    assert not run_module("ec2_vpc", **VPC, vpc_id=vpc_id)["changed"]
    assert writes == []


def test_drift_is_mended_and_makes_no_second_vpc(ec2, run_module):
    vpc_id = run_module("ec2_vpc", **VPC)["vpc"]["vpc_id"]
    ec2.create_tags(Resources=[vpc_id], Tags=[{"Key": "Name", "Value": "renamed"}])
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": False})
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc_id)
    result = run_module("ec2_vpc", **VPC, vpc_id=vpc_id)
    assert [each["action"] for each in result["changes"]] == ["update", "update"]
    assert "renamed" in result["diff"][0]["before"]
    assert len(vpcs(ec2)) == len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert not run_module("ec2_vpc", **VPC, vpc_id=vpc_id)["changed"]


def test_another_cidr_is_refused(ec2, run_module):
    vpc_id = run_module("ec2_vpc", **VPC)["vpc"]["vpc_id"]
    with pytest.raises(ModuleFailed, match="can't change it to 10.1.0.0/16"):
        run_module("ec2_vpc", **{**VPC, "cidr_block": "10.1.0.0/16"}, vpc_id=vpc_id)


@pytest.mark.parametrize("vpc_id", [None, "vpc-00000000c893a4320"])
def test_check_mode_on_an_empty_account(ec2, run_module, writes, vpc_id):
    assert len(run_module("ec2_vpc", check=True, **VPC, vpc_id=vpc_id)["changes"]) == 2
    assert writes == []


def test_delete_and_delete_again(ec2, run_module, writes):
    vpc_id = run_module("ec2_vpc", **VPC)["vpc"]["vpc_id"]
    writes.clear()
    assert run_module("ec2_vpc", check=True, name="x", vpc_id=vpc_id, state="absent")["changed"]
    assert writes == []
    assert run_module("ec2_vpc", name="x", vpc_id=vpc_id, state="absent")["changed"]
    assert vpcs(ec2) == [] and ec2.describe_internet_gateways()["InternetGateways"] == []
    assert not run_module("ec2_vpc", name="x", vpc_id=vpc_id, state="absent")["changed"]


@pytest.fixture
def theirs(ec2):
    """Somebody else's VPC with a gateway."""
    vpc_id = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    ec2.create_tags(Resources=[vpc_id, gateway], Tags=[{"Key": "Name", "Value": "shared"}])
    return vpc_id, gateway


def tags_of(ec2, resource):
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_adopt_only_adds_tags(ec2, run_module, writes, theirs):
    adopt = {**VPC, "vpc_id": theirs[0], "adopt": True}
    writes.clear()
    preview = run_module("ec2_vpc", check=True, **adopt)
    assert writes == []
    result = run_module("ec2_vpc", **adopt)
    assert preview["changes"] == result["changes"]
    assert {(each["action"], each["note"].split(":")[0]) for each in result["changes"]} == {("update", "adopted")}
    assert set(writes) == {"CreateTags"}
    for resource in theirs:
        assert tags_of(ec2, resource) == {"Name": "shared", "Environment": "production", "Adopted": "true"}
    assert not run_module("ec2_vpc", **adopt)["changed"]


def test_what_was_adopted_is_given_back_as_it_was(ec2, run_module, theirs):
    run_module("ec2_vpc", **VPC, vpc_id=theirs[0], adopt=True)
    gone = {**VPC, "vpc_id": theirs[0], "state": "absent"}  # the inventory may have forgotten that it was adopted
    assert [each["action"] for each in run_module("ec2_vpc", **gone)["changes"]] == ["update", "update"]
    for resource in theirs:
        assert tags_of(ec2, resource) == {"Name": "shared"}


def test_a_gateway_made_for_an_adopted_vpc_goes_with_the_environment(ec2, run_module):
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = run_module("ec2_vpc", **VPC, vpc_id=vpc_id, adopt=True)
    assert [each["action"] for each in made["changes"]] == ["update", "create"]
    assert not run_module("ec2_vpc", **VPC, vpc_id=vpc_id, adopt=True)["changed"]
    gone = run_module("ec2_vpc", **VPC, vpc_id=vpc_id, state="absent")
    assert [each["action"] for each in gone["changes"]] == ["update", "delete"]
    assert ec2.describe_internet_gateways()["InternetGateways"] == []
    assert vpc_id in [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]


def test_a_vpc_to_adopt_has_to_exist(ec2, run_module):
    with pytest.raises(ModuleFailed, match="no VPC vpc-0a1b2c3d4e5f60718 to adopt"):
        run_module("ec2_vpc", **VPC, vpc_id="vpc-0a1b2c3d4e5f60718", adopt=True)
