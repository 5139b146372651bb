# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import botocore.client
import botocore.exceptions
import pytest
from module_failed import ModuleFailed

S3, SSM = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.ssm"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def options(ec2, vpc):
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="endpoints", Description="x", VpcId=vpc)["GroupId"]
    gateway = {"name": "s3", "service": S3, "route_table_ids": [table], "policy": POLICY}
    interface = {"name": "ssm", "service": SSM, "vpc_endpoint_type": "Interface"}
    interface |= {"subnet_ids": [subnet], "security_group_ids": [group]}
    return {"vpc_id": vpc, "vpc_endpoints": [gateway, interface], "tags": {"a": "b"}}


def endpoints(ec2, vpc):
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
    return {each["ServiceName"]: each for each in found if each["State"] != "deleted"}


def test_create(ec2, vpc, options, run_module):
    result = run_module("ec2_vpc_endpoints", **options)
    assert [each["name"] for each in result["changes"]] == ["s3", "ssm"]
    found = endpoints(ec2, vpc)
    assert found[S3]["RouteTableIds"] == options["vpc_endpoints"][0]["route_table_ids"]
    assert found[SSM]["SubnetIds"] == options["vpc_endpoints"][1]["subnet_ids"]
    assert found[SSM]["PrivateDnsEnabled"]


def test_second_run_writes_nothing(options, run_module, writes):
    run_module("ec2_vpc_endpoints", **options)
    writes.clear()
    assert not run_module("ec2_vpc_endpoints", **options)["changed"]
    assert writes == []


def test_update_in_place(ec2, vpc, options, run_module):  # IDM-11
    before = run_module("ec2_vpc_endpoints", **options)["vpc_endpoint_ids"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    options["vpc_endpoints"][0] |= {"route_table_ids": [table], "policy": {**POLICY, "Id": "new"}}
    result = run_module("ec2_vpc_endpoints", **options)
    assert [(each["name"], each["action"]) for each in result["changes"]] == [("s3", "update")]
    assert result["vpc_endpoint_ids"] == before
    assert endpoints(ec2, vpc)[S3]["RouteTableIds"] == [table]
    assert not run_module("ec2_vpc_endpoints", **options)["changed"]


def test_check_mode_with_stand_ins(ec2, run_module, writes):
    wanted = [{"name": "s3", "service": S3, "route_table_ids": ["rtb-00000000c893a4320"]}]
    result = run_module("ec2_vpc_endpoints", check=True, vpc_id="vpc-00000000c893a4320", vpc_endpoints=wanted)
    assert [each["action"] for each in result["changes"]] == ["create"]
    assert writes == []


def test_delete_and_delete_again(ec2, vpc, options, run_module, writes):
    ids = run_module("ec2_vpc_endpoints", **options)["vpc_endpoint_ids"]
    doomed = {"vpc_id": vpc, "vpc_endpoint_ids": [ids[S3]], "state": "absent"}
    writes.clear()
    assert run_module("ec2_vpc_endpoints", check=True, **doomed)["changed"]
    assert writes == []
    assert run_module("ec2_vpc_endpoints", **doomed)["changed"]
    assert list(endpoints(ec2, vpc)) == [SSM]
    assert not run_module("ec2_vpc_endpoints", **doomed)["changed"]


def test_refusal_is_one_line(options, run_module, monkeypatch):
    original = botocore.client.BaseClient._make_api_call

    def refuse(self, operation, kwargs):
        if operation == "CreateVpcEndpoint":
            raise botocore.exceptions.ClientError(
                {"Error": {"Code": "InvalidServiceName", "Message": "no such service"}}, operation
            )
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    with pytest.raises(ModuleFailed, match="Failed to create endpoint s3"):
        run_module("ec2_vpc_endpoints", **options)


def test_waits_for_the_private_names_of_an_endpoint_that_goes(ec2, vpc, options, run_module, monkeypatch):
    original, refused = botocore.client.BaseClient._make_api_call, []

    def call(self, operation, kwargs):
        if operation == "CreateVpcEndpoint" and kwargs["ServiceName"] == SSM and not refused:
            refused.append(operation)
            message = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for ssm"
            error = {"Error": {"Code": "InvalidParameter", "Message": message}}
            raise botocore.exceptions.ClientError(error, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    run_module("ec2_vpc_endpoints", **options)
    assert refused
    assert set(endpoints(ec2, vpc)) == {S3, SSM}
