# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

TAGS = {"Environment": "production"}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def options(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
    wanted = [{"name": f"nat-{n}", "subnet_id": subnet} for n, subnet in enumerate(subnets)]
    return {"vpc_id": vpc, "nat_gateways": wanted, "tags": TAGS}


def nats(ec2):
    return [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] == "available"]


def test_create(ec2, options, run_module):
    result = run_module("ec2_vpc_nat_gateways", **options)
    assert [each["type"] for each in result["changes"]] == ["AWS::EC2::NatGateway", "AWS::EC2::EIP"] * 2
    assert {each["SubnetId"] for each in nats(ec2)} == {each["subnet_id"] for each in options["nat_gateways"]}
    names = [{tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in ec2.describe_addresses()["Addresses"]]
    assert sorted(each["Name"] for each in names) == ["nat-0", "nat-1"]


def test_second_run_makes_no_other_one(ec2, options, run_module, writes):  # IDM-2
    run_module("ec2_vpc_nat_gateways", **options)
    writes.clear()
    assert not run_module("ec2_vpc_nat_gateways", **{**options, "nat_gateways": options["nat_gateways"][::-1]})[
        "changed"
    ]
    assert writes == []


def test_an_added_one_leaves_the_others_alone(ec2, options, run_module):  # SRC-2
    first = {**options, "nat_gateways": options["nat_gateways"][1:]}
    before = run_module("ec2_vpc_nat_gateways", **first)["nat_gateways"]
    after = run_module("ec2_vpc_nat_gateways", **options)["nat_gateways"]
    assert before.items() <= after.items() and len(after) == 2


def test_an_address_that_was_left_over_is_used(ec2, options, run_module):
    run_module("ec2_vpc_nat_gateways", **options)
    nat = next(each for each in nats(ec2) if each["SubnetId"] == options["nat_gateways"][0]["subnet_id"])
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    address = nat["NatGatewayAddresses"][0]["AllocationId"]
    for each in ec2.describe_addresses(AllocationIds=[address])["Addresses"]:
        if each.get("AssociationId"):
            ec2.disassociate_address(AssociationId=each["AssociationId"])
    result = run_module("ec2_vpc_nat_gateways", **options)
    assert [each["type"] for each in result["changes"]] == ["AWS::EC2::NatGateway"]
    assert len(ec2.describe_addresses()["Addresses"]) == 2


def test_drift_is_mended(ec2, options, run_module):
    made = run_module("ec2_vpc_nat_gateways", **options)["nat_gateways"]
    ids = [each[key] for each in made.values() for key in ("id", "allocation_id")]
    ec2.create_tags(Resources=ids, Tags=[{"Key": "Name", "Value": "renamed"}])
    assert {each["action"] for each in run_module("ec2_vpc_nat_gateways", **options)["changes"]} == {"update"}
    assert not run_module("ec2_vpc_nat_gateways", **options)["changed"]


def test_check_mode_with_stand_ins(ec2, run_module, writes):
    wanted = [{"name": "nat", "subnet_id": "subnet-00000000c893a4320"}]
    result = run_module("ec2_vpc_nat_gateways", check=True, vpc_id="vpc-00000000c893a4320", nat_gateways=wanted)
    assert [each["action"] for each in result["changes"]] == ["create", "create"]
    assert writes == []


def test_delete_and_delete_again(ec2, options, run_module, writes):
    made = run_module("ec2_vpc_nat_gateways", **options)["nat_gateways"].values()
    doomed = {
        "vpc_id": options["vpc_id"],
        "nat_gateway_ids": [each["id"] for each in made],
        "allocation_ids": [each["allocation_id"] for each in made],
        "state": "absent",
    }
    writes.clear()
    assert len(run_module("ec2_vpc_nat_gateways", check=True, **doomed)["changes"]) == 4
    assert writes == []
    assert run_module("ec2_vpc_nat_gateways", **doomed)["changed"]
    assert nats(ec2) == [] and ec2.describe_addresses()["Addresses"] == []
    assert not run_module("ec2_vpc_nat_gateways", **doomed)["changed"]


def test_refusal_is_one_line(ec2, options, run_module, monkeypatch):
    import botocore.client
    from botocore.exceptions import ClientError

    original = botocore.client.BaseClient._make_api_call

    def refuse(self, operation, kwargs):
        if operation == "AllocateAddress":
            raise ClientError({"Error": {"Code": "AddressLimitExceeded", "Message": "no more"}}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    with pytest.raises(ModuleFailed, match="Failed to allocate an address"):
        run_module("ec2_vpc_nat_gateways", **options)
