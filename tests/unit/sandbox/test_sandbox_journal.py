"""The request log: names, writes, masked secrets."""

from __future__ import annotations

import pytest
from sandbox_helpers import Aws, refused, trust

from sandbox.control import Sandbox
from sandbox.journal import MASK, is_write


def test_operations_have_aws_names(sandbox: Sandbox, aws: Aws) -> None:
    """Query, JSON and REST services alike."""
    aws("ec2").describe_vpcs()
    aws("logs").create_log_group(logGroupName="x")
    aws("s3").create_bucket(Bucket="b-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws("s3").put_object(Bucket="b-1", Key="a/b c", Body=b"12345")
    aws("route53").list_hosted_zones()
    aws("lambda").list_functions()
    aws("cloudfront", "us-east-1").list_distributions()
    aws("cloudwatch").describe_alarms()
    aws("backup").list_backup_vaults()
    calls = [(entry["service"], entry["operation"], entry["write"]) for entry in sandbox.requests()]
    assert calls == [
        ("ec2", "DescribeVpcs", False),
        ("logs", "CreateLogGroup", True),
        ("s3", "CreateBucket", True),
        ("s3", "PutObject", True),
        ("route53", "ListHostedZones", False),
        ("lambda", "ListFunctions", False),
        ("cloudfront", "ListDistributions", False),
        ("cloudwatch", "DescribeAlarms", False),
        ("backup", "ListBackupVaults", False),
    ]
    put = sandbox.requests()[3]
    assert (put["params"]["Key"], put["params"]["Body"]) == ("a/b c", "<5 bytes>")
    assert (put["region"], put["account"], put["status"], put["error"]) == ("eu-west-1", "123456789012", 200, None)


def test_errors_are_logged(sandbox: Sandbox, aws: Aws) -> None:
    refused("ResourceNotFoundException", aws("secretsmanager").describe_secret, SecretId="none")
    assert sandbox.requests()[0]["error"] == "ResourceNotFoundException"


def test_secrets_are_masked(sandbox: Sandbox, aws: Aws) -> None:
    aws("secretsmanager").create_secret(Name="s", SecretString="hunter2")
    aws("ssm").put_parameter(Name="/p", Value="hunter2", Type="SecureString")
    assert "hunter2" not in (sandbox.dir / "requests.jsonl").read_text()
    assert sandbox.requests()[0]["params"]["SecretString"] == MASK


def test_what_the_sandbox_lacks_fails_at_once(sandbox: Sandbox, aws: Aws) -> None:
    assert "backup" in refused("NotImplemented", aws("backup").describe_region_settings)
    assert sandbox.requests()[0]["status"] == 501


def test_reset_forgets(sandbox: Sandbox, aws: Aws) -> None:
    aws("sns").create_topic(Name="t")
    url = sandbox.url
    sandbox.reset()
    assert (sandbox.requests(), sandbox.url) == ([], url)
    assert aws("sns").list_topics()["Topics"] == []


def test_reset_detaches_aws_s_policies(sandbox: Sandbox, aws: Aws) -> None:
    """They are the same before and after, but not what was done to them."""
    iam, managed = aws("iam"), "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    before = iam.get_policy(PolicyArn=managed)["Policy"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="r", PolicyArn=managed)
    assert iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"] == 1
    sandbox.reset()
    assert iam.get_policy(PolicyArn=managed)["Policy"] == before
    assert before["AttachmentCount"] == 0


@pytest.mark.parametrize(
    ("service", "operation", "write"),
    [
        ("secretsmanager", "GetRandomPassword", False),
        ("logs", "StartQuery", False),
        ("sts", "AssumeRole", False),
        ("cloudtrail", "LookupEvents", False),
        ("autoscaling", "StartInstanceRefresh", True),
        ("ec2", "AuthorizeSecurityGroupIngress", True),
    ],
)
def test_is_write(service: str, operation: str, write: bool) -> None:
    assert is_write(service, operation) is write
