# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

NAME = "production-db-subnet-group"


@pytest.fixture
def rds(sandbox_aws):
    return boto3.client("rds")


@pytest.fixture
def subnets(sandbox_aws):
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("abc")
    ]


@pytest.fixture
def run(run_module, subnets):
    base = {"name": NAME, "description": "Of production", "subnets": subnets[:2], "tags": {"Environment": "production"}}
    return lambda check=False, **more: run_module("rds_subnet_group", check=check, **{**base, **more})


def group(rds):
    (found,) = rds.describe_db_subnet_groups(DBSubnetGroupName=NAME)["DBSubnetGroups"]
    return found


def tags(rds):
    return {
        tag["Key"]: tag["Value"]
        for tag in rds.list_tags_for_resource(ResourceName=group(rds)["DBSubnetGroupArn"])["TagList"]
    }


def test_create_and_rerun(rds, run, subnets, writes):
    assert run(check=True)["changes"] == [{"type": "AWS::RDS::DBSubnetGroup", "name": NAME, "action": "create"}]
    assert writes == []
    assert run()["changed"]
    assert {subnet["SubnetIdentifier"] for subnet in group(rds)["Subnets"]} == set(subnets[:2])
    assert tags(rds) == {"Environment": "production"}
    writes.clear()
    assert not run()["changed"]
    assert not run(subnets=subnets[1::-1])["changed"]
    assert writes == []


def test_update(rds, run, subnets, writes):
    run()
    writes.clear()
    result = run(subnets=subnets, description="Of the shop", tags={"Owner": "platform"})
    assert result["changes"][0]["action"] == "update"
    assert sorted(writes) == ["AddTagsToResource", "ModifyDBSubnetGroup", "RemoveTagsFromResource"]
    assert len(group(rds)["Subnets"]) == 3
    assert group(rds)["DBSubnetGroupDescription"] == "Of the shop"
    assert tags(rds) == {"Owner": "platform"}


def test_tags_alone(run, writes):
    run()
    writes.clear()
    assert run(tags={"Owner": "platform"}, purge_tags=False)["subnet_group"]["tags"] == {
        "Environment": "production",
        "Owner": "platform",
    }
    assert writes == ["AddTagsToResource"]


def test_absent(rds, run):
    run()
    assert run(state="absent")["changes"][0]["action"] == "delete"
    assert rds.describe_db_subnet_groups()["DBSubnetGroups"] == []
    assert not run(state="absent")["changed"]


def test_a_refusal_is_named(run):
    with pytest.raises(ModuleFailed, match="Failed to create the subnet group"):
        run(subnets=["subnet-0123456789abcdef0"])
