# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnets(ec2, vpc):
    return [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]


@pytest.fixture
def gateways(ec2, vpc):
    ids = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _n in range(2)]
    for each in ids:
        ec2.attach_internet_gateway(InternetGatewayId=each, VpcId=vpc)
    return ids


@pytest.fixture
def options(vpc, subnets, gateways):
    public = {"name": "public", "subnet_ids": [subnets[0]], "routes": {"0.0.0.0/0": gateways[0]}}
    return {
        "vpc_id": vpc,
        "route_tables": [public, {"name": "database", "subnet_ids": [subnets[1]]}],
        "tags": {"a": "b"},
    }


def table(ec2, subnet):
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    return ec2.describe_route_tables(Filters=filters)["RouteTables"][0]


def target(found):
    return next(
        (route.get("GatewayId") for route in found["Routes"] if route["DestinationCidrBlock"] == "0.0.0.0/0"), None
    )


def test_create(ec2, options, subnets, gateways, run_module):
    result = run_module("ec2_vpc_route_tables", **options)
    assert [each["name"] for each in result["changes"]] == ["public", "database"]
    assert target(table(ec2, subnets[0])) == gateways[0]
    assert target(table(ec2, subnets[1])) is None


def test_second_run_writes_nothing(options, run_module, writes):
    run_module("ec2_vpc_route_tables", **options)
    writes.clear()
    assert not run_module("ec2_vpc_route_tables", **options)["changed"]
    assert writes == []


@pytest.mark.parametrize("drift", ["replace", "delete", "add", "associate", "rename", "dissociate"])
def test_drift_is_mended_without_another_table(ec2, options, subnets, gateways, run_module, drift):
    ids = run_module("ec2_vpc_route_tables", **options)["route_table_ids"]
    route = {"RouteTableId": ids["public"], "DestinationCidrBlock": "0.0.0.0/0"}
    association = table(ec2, subnets[1])["Associations"][0]["RouteTableAssociationId"]
    {
        "replace": lambda: ec2.replace_route(**route, GatewayId=gateways[1]),
        "delete": lambda: ec2.delete_route(**route),
        "add": lambda: ec2.create_route(**{**route, "DestinationCidrBlock": "10.9.0.0/16"}, GatewayId=gateways[0]),
        "associate": lambda: ec2.replace_route_table_association(AssociationId=association, RouteTableId=ids["public"]),
        "rename": lambda: ec2.create_tags(Resources=[ids["public"]], Tags=[{"Key": "Name", "Value": "x"}]),
        "dissociate": lambda: ec2.disassociate_route_table(AssociationId=association),
    }[drift]()
    result = run_module("ec2_vpc_route_tables", **options)
    assert [each["action"] for each in result["changes"]] == ["update"]
    assert result["route_table_ids"] == ids
    assert (target(table(ec2, subnets[0])), target(table(ec2, subnets[1]))) == (gateways[0], None)
    assert not run_module("ec2_vpc_route_tables", **options)["changed"]


def test_check_mode_with_stand_ins(ec2, run_module, writes):
    routes = {"0.0.0.0/0": "igw-00000000c893a4320"}
    wanted = [{"name": "public", "subnet_ids": ["subnet-00000000c893a4320"], "routes": routes}]
    result = run_module("ec2_vpc_route_tables", check=True, vpc_id="vpc-00000000c893a4320", route_tables=wanted)
    assert [each["action"] for each in result["changes"]] == ["create"]
    assert writes == []


def test_delete_and_delete_again(ec2, vpc, options, run_module, writes):
    ids = run_module("ec2_vpc_route_tables", **options)["route_table_ids"]
    doomed = {"vpc_id": vpc, "route_table_ids": list(ids.values()), "state": "absent"}
    writes.clear()
    assert len(run_module("ec2_vpc_route_tables", check=True, **doomed)["changes"]) == 2
    assert writes == []
    assert run_module("ec2_vpc_route_tables", **doomed)["changed"]
    left = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    assert [each["Associations"][0]["Main"] for each in left] == [True]
    assert not run_module("ec2_vpc_route_tables", **doomed)["changed"]


def test_refusal_is_one_line(options, run_module):
    options["route_tables"][0]["routes"] = {"10.0.0.0/99": options["route_tables"][0]["routes"]["0.0.0.0/0"]}
    with pytest.raises(ModuleFailed, match="Failed to write the route"):
        run_module("ec2_vpc_route_tables", **options)


def test_a_table_of_somebody_else_is_left_alone(ec2, vpc, options, subnets, run_module):
    theirs = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_tags(Resources=[theirs], Tags=[{"Key": "Name", "Value": "public"}])
    ec2.associate_route_table(RouteTableId=theirs, SubnetId=subnets[0])
    known = {**options, "lookup_tags": {"a": "b"}}
    made = run_module("ec2_vpc_route_tables", **known)
    assert [change["action"] for change in made["changes"]] == ["create", "create"]
    assert table(ec2, subnets[0])["RouteTableId"] == made["route_table_ids"]["public"] != theirs
    (left,) = ec2.describe_route_tables(RouteTableIds=[theirs])["RouteTables"]
    assert [route["GatewayId"] for route in left["Routes"]] == ["local"]
    assert not run_module("ec2_vpc_route_tables", **known)["changed"]
