# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose the sweep says that is which can be left over: by tags, and never another environment's."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.live import (
    database,
    dns,
    encryption,
    messaging,
    network,
    security,
    storage,
)
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

OURS = {"Project": "realtime", "Environment": "production"}
OTHERS = {**OURS, "Environment": "production-eu"}


@pytest.fixture
def stack(sandbox_aws):
    def client(service, retry_decorator=None, region="us-east-1"):
        return boto3.client(service, region_name=region)

    stack = Stack(SimpleNamespace(region="us-east-1", client=client), "realtime", "production", "example.com")
    stack.account = "123456789012"
    return stack


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tagged(kind, **tags):
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(tags)}]}


def make_bucket(name, tags, region=None):
    s3 = boto3.client("s3", region_name=region or "us-east-1")
    place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    s3.create_bucket(Bucket=name, **place)
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(tags)})


def test_buckets(stack):
    make_bucket("production-old", OURS)
    make_bucket("production-logs-123456789012-us-east-1", OURS)
    make_bucket("production-eu-old", OTHERS)  # the name begins as ours do
    make_bucket("production-untagged", None)
    make_bucket("production-frankfurt", OURS, "eu-central-1")  # the same environment in another region
    make_bucket("reports", OURS)  # not a name that the collection gives
    found = storage.read(stack)
    assert found["other_buckets"] == ["production-old"]
    assert found["buckets"] == ["production-logs-123456789012-us-east-1"]


def test_buckets_that_are_adopted(stack):
    adopted = {**OURS, "Adopted": "true"}
    for name, tags in {
        "company-assets": adopted,
        "production-company": adopted,  # the name begins as ours do
        "company-reports": {**OTHERS, "Adopted": "true"},
        "company-old": OURS,
    }.items():
        make_bucket(name, tags)
    found = storage.read(stack)
    assert found["adopted_buckets"] == ["company-assets", "production-company"]
    assert found["other_buckets"] == []


def test_queues_with_messages(stack):
    sqs = boto3.client("sqs", region_name="us-east-1")
    for name, tags in {"production-a": OURS, "production-b": OURS, "production-eu-c": OTHERS}.items():
        sqs.create_queue(QueueName=name, tags=tags)
    for name in ("production-b", "production-eu-c"):
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody="x")
    found = messaging.read(stack)
    assert found["queues"] == [{"name": "production-a"}, {"name": "production-b"}]
    assert found["queues_with_messages"] == ["production-b"]


def test_a_message_that_somebody_reads_is_there_too(stack):
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="production-a", tags=OURS)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url)
    assert messaging.read(stack)["queues_with_messages"] == ["production-a"]


def test_security_groups_without_a_layer_are_the_layer_security_s(stack):
    ec2 = boto3.client("ec2", region_name="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = {"a": OURS, "b": {**OURS, "Layer": "security"}, "c": {**OURS, "Layer": "network"}, "d": OTHERS}
    ids = {
        name: ec2.create_security_group(
            GroupName=name, Description=name, VpcId=vpc, **tagged("security-group", **tags)
        )["GroupId"]
        for name, tags in made.items()
    }
    assert security.read(stack)["security_groups"] == {"a": ids["a"], "b": ids["b"]}


def test_network(stack):
    ec2 = boto3.client("ec2", region_name="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc", **OURS))["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ours = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.1.0/24", **tagged("subnet", **OURS, Name="production-public-a")
    )["Subnet"]["SubnetId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", **tagged("subnet", **OTHERS))
    used = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", **OURS, Name="renamed"))["AllocationId"]
    loose = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", **OURS, Name="loose"))["AllocationId"]
    busy = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", **OURS))  # in use, but not by a gateway
    card = ec2.create_network_interface(SubnetId=ours)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=busy["AllocationId"], NetworkInterfaceId=card)
    ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", **OTHERS))
    nat = ec2.create_nat_gateway(SubnetId=ours, AllocationId=used, **tagged("natgateway", **OURS, Name="nat"))
    owned = network.read(stack)["owned"]
    assert owned["subnets"] == {ours: {"name": "production-public-a", "purpose": "10.0.1.0/24"}}
    assert owned["nat_gateways"] == {nat["NatGateway"]["NatGatewayId"]: {"name": "nat", "purpose": ours}}
    assert owned["addresses"] == {
        used: {"name": "renamed", "purpose": ours},  # whatever it is called: the gateway needs it
        loose: {"name": "loose", "purpose": "loose"},
    }


def test_databases(stack):
    rds = boto3.client("rds", region_name="us-east-1")
    for name in ("production-db-mysql8-4", "production-db-mysql8-0", "production-db-mysql5-7"):
        rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily="mysql8.4", Description="x", Tags=pairs(OURS)
        )
    make = {"Engine": "mysql", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    make |= {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret"}
    upgrading = {"DBParameterGroupName": "production-db-mysql8-0"}
    rds.create_db_instance(DBInstanceIdentifier="production-db", Tags=pairs(OURS), **make, **upgrading)
    rds.create_db_instance(DBInstanceIdentifier="production-restored", Tags=pairs(OURS), **make)
    rds.create_db_instance(DBInstanceIdentifier="production-eu-db", Tags=pairs(OTHERS), **make)
    found = database.read(stack)
    assert sorted(found["instances"]) == ["production-db", "production-restored"]
    assert "production-db-mysql8-0" in found["used_parameter_groups"]
    assert "production-db-mysql5-7" not in found["used_parameter_groups"]
    assert stack.foreign == []  # a name that the roles don't use is no clash


def test_certificates(stack):
    acm = boto3.client("acm", region_name="us-east-1")
    arns = {}
    for label, algorithm, tags in (
        ("old", "RSA_2048", OURS),
        ("new", "EC_prime256v1", OURS),
        ("b", "RSA_2048", OTHERS),
    ):
        made = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS", KeyAlgorithm=algorithm)
        arns[label] = made["CertificateArn"]
        acm.add_tags_to_certificate(CertificateArn=arns[label], Tags=pairs(tags))
    found = dns.read(stack)
    assert set(found["certificates"]["us-east-1"]) == {arns["new"], arns["old"]}
    assert found["owned_certificates"] == {
        arns["new"]: {"name": "example.com (us-east-1, EC_prime256v1)", "purpose": "EC_prime256v1"},
        arns["old"]: {"name": "example.com (us-east-1, RSA_2048)", "purpose": "RSA_2048"},
    }


def test_a_key_is_ours_before_it_has_its_alias(stack):
    kms = boto3.client("kms")

    def make(name, tags):
        listed = [{"TagKey": key, "TagValue": value} for key, value in {**tags, "Name": name}.items()]
        return kms.create_key(Tags=listed)["KeyMetadata"]["Arn"]

    ours = make("production-data", OURS)
    make("production-logs", OTHERS)
    make("another", OURS)
    doomed = make("production-messaging", OURS)
    kms.schedule_key_deletion(KeyId=doomed.rpartition("/")[2])
    assert encryption.read(stack)["keys"] == {"data": {"arn": ours, "state": "Enabled"}}
    kms.create_alias(AliasName="alias/production-data", TargetKeyId=ours)
    assert encryption.read(stack)["keys"] == {"data": {"arn": ours, "state": "Enabled"}}
    assert stack.foreign == []
