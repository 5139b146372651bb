"""Too early: the first call of each operation that names something new is refused, and the first list leaves it out."""

from __future__ import annotations

import pytest
from sandbox_helpers import REGION, Aws, Network, refused, trust

from sandbox.control import Sandbox
from sandbox.early import KINDS
from sandbox.wire import operation_model


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.service} {kind.operation}")
def test_kinds_are_those_of_the_models(kind) -> None:
    """What makes a thing says how it is known, and a list shows it."""
    model = operation_model(kind.service, kind.operation)
    members, known = model.output_shape.members if model.output_shape else {}, kind.path.split(".")[0]
    assert known in {**model.input_shape.members, **members}
    service = model.service_model
    outputs = [service.operation_model(name).output_shape for name in service.operation_names]
    assert any(kind.listed.split(".")[0] in output.members for output in outputs if output)


def test_new_queue_is_unknown_once(sandbox: Sandbox, aws: Aws) -> None:
    sqs = aws("sqs")
    sandbox.faults(early=True)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    code = "AWS.SimpleQueueService.NonExistentQueue"
    refused(code, sqs.set_queue_attributes, QueueUrl=url, Attributes={"DelaySeconds": "1"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    refused(code, sqs.tag_queue, QueueUrl=url, Tags={"a": "b"})
    assert sqs.list_queues()["QueueUrls"] == []
    assert sqs.list_queues()["QueueUrls"] == [url]


def test_new_role_is_unknown_once_to_iam(sandbox: Sandbox, aws: Aws) -> None:
    iam = aws("iam")
    sandbox.faults(early=True)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    refused("NoSuchEntity", iam.tag_role, RoleName="r", Tags=[{"Key": "a", "Value": "b"}])
    iam.tag_role(RoleName="r", Tags=[{"Key": "a", "Value": "b"}])
    assert "r" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]
    assert "r" in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def test_new_subnet_is_unknown_once_and_not_listed(sandbox: Sandbox, aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    sandbox.faults(early=True)
    subnet = ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    refused(
        "InvalidSubnetID.NotFound", ec2.modify_subnet_attribute, SubnetId=subnet, MapPublicIpOnLaunch={"Value": True}
    )
    in_vpc = {"Filters": [{"Name": "vpc-id", "Values": [network.vpc]}]}
    listed = [[each["SubnetId"] for each in ec2.describe_subnets(**in_vpc)["Subnets"]] for _again in range(2)]
    assert subnet not in listed[0] and subnet in listed[1]
    assert set(network.subnets) <= set(listed[0]), "what is old is there"


def test_new_launch_template_is_refused_once_by_its_name(sandbox: Sandbox, aws: Aws) -> None:
    ec2 = aws("ec2")
    sandbox.faults(early=True)
    ec2.create_launch_template(LaunchTemplateName="new", LaunchTemplateData={"InstanceType": "t3.medium"})
    code = "InvalidLaunchTemplateName.NotFoundException"
    refused(code, ec2.describe_launch_templates, LaunchTemplateNames=["new"])
    assert ec2.describe_launch_templates(LaunchTemplateNames=["new"])["LaunchTemplates"]


@pytest.mark.parametrize("service", ["sqs", "logs", "secretsmanager", "kms", "s3"])
def test_tagging_api_hears_late_of_what_is_new(sandbox: Sandbox, aws: Aws, service: str) -> None:
    tags, client = {"Project": "shop"}, aws(service)
    listed = [{"Key": "Project", "Value": "shop"}]
    place = {"LocationConstraint": REGION, "Tags": listed}
    make = {
        "sqs": lambda: client.create_queue(QueueName="shop", tags=tags),
        "logs": lambda: client.create_log_group(logGroupName="/shop/web", tags=tags),
        "secretsmanager": lambda: client.create_secret(Name="shop/database", SecretString="x", Tags=listed),
        "kms": lambda: client.create_key(Tags=[{"TagKey": "Project", "TagValue": "shop"}]),
        "s3": lambda: client.create_bucket(Bucket="shop-data", CreateBucketConfiguration=place),
    }[service]
    aws("sns").create_topic(Name="old", Tags=listed)
    sandbox.faults(early=True)
    make()
    ask = {"TagFilters": [{"Key": "Project", "Values": ["shop"]}]}
    found = [aws("resourcegroupstaggingapi").get_resources(**ask)["ResourceTagMappingList"] for _again in range(2)]
    assert [len(each) for each in found] == [1, 2]


def test_health_comes_with_the_end_of_the_day(sandbox: Sandbox, aws: Aws) -> None:
    sandbox.faults(early=True)
    aws("sqs").create_queue(QueueName="q")
    sandbox.faults()
    assert aws("sqs").list_queues()["QueueUrls"]
