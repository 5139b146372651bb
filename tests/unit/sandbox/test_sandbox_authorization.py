"""Calls with a role's credentials are judged by the role's policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sandbox_helpers import REGION, Aws, assumed, key_for, refused

from sandbox.control import Sandbox

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def allow(
    action: str | list[str], resource: str | list[str] = "*", effect: str = "Allow", **condition: Any
) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def acting(sandbox: Sandbox, aws: Aws) -> Callable[..., Aws]:
    """`acting(allow("s3:*"))("s3")`: a client with the credentials of a role that has that policy."""

    def act(*statements: dict[str, Any], **role: str) -> Aws:
        iam = aws("iam")
        arn = iam.create_role(RoleName="actor", AssumeRolePolicyDocument=TRUST, **role)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName="actor", PolicyName="p", PolicyDocument=document(*statements))
        return assumed(aws, arn, sandbox.url)

    return act


def test_what_is_not_allowed_is_refused(acting: Callable[..., Aws]) -> None:
    client = acting(allow("ec2:DescribeVpcs"), allow("ec2:CreateVpc", StringEquals={"aws:PrincipalTag/a": "b"}))
    client("ec2").describe_vpcs()
    assert client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/actor/test")
    refused("UnauthorizedOperation", client("ec2").create_vpc, CidrBlock="10.0.0.0/16")
    refused("AccessDenied", client("rds").delete_db_instance, DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    text = refused("AccessDeniedException", client("secretsmanager").get_secret_value, SecretId="staging/database")
    assert "not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:" in text
    refused("AccessDenied", client("s3").list_buckets)


def test_the_sandbox_s_own_key_may_do_everything(aws: Aws) -> None:
    aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")


def test_only_what_the_resource_says(acting: Callable[..., Aws], aws: Aws) -> None:
    for name in ("mine", "theirs"):
        aws("ecr").create_repository(repositoryName=name)
    ssm = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/mine/*"
    client = acting(
        allow("ecr:ListImages", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/mine"), allow("ssm:PutParameter", ssm)
    )
    client("ecr").list_images(repositoryName="mine")
    refused("AccessDeniedException", client("ecr").list_images, repositoryName="theirs")
    refused("AccessDeniedException", client("ecr").describe_repositories)
    client("ssm").put_parameter(Name="/mine/a", Value="1", Type="String")
    refused("AccessDeniedException", client("ssm").put_parameter, Name="/theirs/a", Value="1", Type="String")


def test_objects_and_prefixes(acting: Callable[..., Aws], aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    client = acting(
        allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::bucket/static/*"),
        allow("s3:ListBucket", "arn:aws:s3:::bucket", StringLike={"s3:prefix": "static/*"}),
    )("s3")
    client.put_object(Bucket="bucket", Key="static/a", Body=b"1")
    refused("AccessDenied", client.put_object, Bucket="bucket", Key="a", Body=b"1")
    client.list_objects_v2(Bucket="bucket", Prefix="static/")
    refused("AccessDenied", client.list_objects_v2, Bucket="bucket")
    some = {"Objects": [{"Key": "static/a"}, {"Key": "a"}]}
    refused("AccessDenied", client.delete_objects, Bucket="bucket", Delete=some)
    client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "static/a"}]})


def test_a_deny_and_a_boundary_win(acting: Callable[..., Aws], aws: Aws) -> None:
    policy = aws("iam").create_policy(PolicyName="b", PolicyDocument=document(allow("ec2:Describe*")))["Policy"]["Arn"]
    client = acting(allow("*"), allow("ec2:DescribeSubnets", effect="Deny"), PermissionsBoundary=policy)("ec2")
    client.describe_vpcs()
    refused("UnauthorizedOperation", client.describe_subnets)
    refused("UnauthorizedOperation", client.create_vpc, CidrBlock="10.0.0.0/16")


def test_managed_policies_count(acting: Callable[..., Aws], aws: Aws) -> None:
    client = acting()
    refused("UnauthorizedOperation", client("ec2").describe_vpcs)
    aws("iam").attach_role_policy(RoleName="actor", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    client("ec2").describe_vpcs()


SHOWN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
WEB_ACL = {"Name": "w", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": SHOWN}
TO_LOG = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:PutResourcePolicy",
    "wafv2:PutLoggingConfiguration",
)


@pytest.mark.parametrize("missing", [*TO_LOG, None])
def test_waf_s_logs_are_delivered_as_the_caller(acting: Callable[..., Aws], aws: Aws, missing: str | None) -> None:
    arn = aws("wafv2").create_web_acl(**WEB_ACL)["Summary"]["ARN"]
    aws("logs").create_log_group(logGroupName="aws-waf-logs-w")
    destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-w"
    put = acting(allow([each for each in TO_LOG if each != missing]))("wafv2").put_logging_configuration
    logging = {"ResourceArn": arn, "LogDestinationConfigs": [destination]}
    if missing:
        text = refused("AccessDeniedException", put, LoggingConfiguration=logging)
        assert missing in text
    else:
        put(LoggingConfiguration=logging)


@pytest.mark.parametrize("missing", ["wafv2:AssociateWebACL", "elasticloadbalancing:CreateWebACLAssociation"])
def test_a_web_acl_s_association_concerns_both_sides(
    acting: Callable[..., Aws], aws: Aws, network: Any, missing: str
) -> None:
    acl = aws("wafv2").create_web_acl(**WEB_ACL)["Summary"]["ARN"]
    made = aws("elbv2").create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    rights = [("wafv2:AssociateWebACL", acl), ("elasticloadbalancing:CreateWebACLAssociation", made)]
    rights += [("elasticloadbalancing:SetWebACL", made)]
    client = acting(*(allow(action, resource) for action, resource in rights if action != missing))("wafv2")
    pair = {"WebACLArn": acl, "ResourceArn": made}
    assert missing in refused("AccessDeniedException", client.associate_web_acl, **pair)


@pytest.mark.parametrize("missing", ["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", None])
def test_a_refresh_needs_what_launching_its_template_needs(
    acting: Callable[..., Aws], aws: Aws, network: Any, missing: str | None
) -> None:
    iam, ec2 = aws("iam"), aws("ec2")
    role = iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    data = {
        "ImageId": ec2.describe_images()["Images"][0]["ImageId"],
        "InstanceType": "t3.micro",
        "IamInstanceProfile": {"Name": "web"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    }
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/{template['LaunchTemplateId']}"
    rights = {
        "ec2:RunInstances": allow("ec2:RunInstances", ArnEquals={"ec2:LaunchTemplate": arn}),
        "ec2:CreateTags": allow("ec2:CreateTags", StringEquals={"ec2:CreateAction": "RunInstances"}),
        "iam:PassRole": allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
    }
    client = acting(allow("autoscaling:StartInstanceRefresh"), *(v for k, v in rights.items() if k != missing))
    wanted = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"}
    call = {"AutoScalingGroupName": "g", "DesiredConfiguration": {"LaunchTemplate": wanted}}
    with pytest.raises(client("autoscaling").exceptions.ClientError) as caught:
        client("autoscaling").start_instance_refresh(**call)
    error = caught.value.response["Error"]
    if missing:
        assert error["Code"] == "AccessDenied"
        assert f"You are not authorized to use launch template: it needs {missing}" in error["Message"]
    else:  # what is wrong then is that there is no such group
        assert error["Code"] != "AccessDenied"


@pytest.mark.parametrize("missing", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_messages_need_the_key_of_topic_and_queue(acting: Callable[..., Aws], aws: Aws, missing: str) -> None:
    key = key_for(aws, "sns.amazonaws.com")
    topic = aws("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    queue = aws("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    own = aws("sqs").create_queue(QueueName="own", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    via = {"kms:ViaService": [f"{service}.{REGION}.amazonaws.com" for service in ("sns", "sqs")]}
    uses = [allow(each, key, StringEquals=via) for each in ("kms:GenerateDataKey", "kms:Decrypt") if each != missing]
    client = acting(allow(["sns:Publish", "sqs:SendMessage", "sqs:ReceiveMessage"]), *uses)
    sns, sqs = client("sns"), client("sqs")
    assert missing in refused("AccessDenied", sns.publish, TopicArn=topic, Message="m")
    assert missing in refused("AccessDeniedException", sqs.send_message, QueueUrl=queue, MessageBody="m")
    sqs.send_message(QueueUrl=own, MessageBody="m")
    if missing == "kms:Decrypt":
        refused("AccessDeniedException", sqs.receive_message, QueueUrl=queue)
    else:  # whoever reads encrypts nothing
        sqs.receive_message(QueueUrl=queue)


def test_a_bucket_made_with_tags_takes_the_right_to_tag(acting: Callable[..., Aws]) -> None:
    s3, here = acting(allow("s3:CreateBucket"))("s3"), {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration=here)
    tagged = {**here, "Tags": [{"Key": "Layer", "Value": "storage"}]}
    text = refused("AccessDenied", s3.create_bucket, Bucket="tagged", CreateBucketConfiguration=tagged)
    assert "s3:TagResource" in text
