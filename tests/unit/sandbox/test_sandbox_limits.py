"""What AWS refuses by the look of a call alone: the model's constraints, and limits that the models do not show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_helpers import IMAGE, OAC, Aws, Network, key_for, refused, trust

EMPTY = {"Version": "2012-10-17", "Statement": []}
ROLE = {"RoleName": "r", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com")}
ALARM = {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
# Service, call, its parameters, the code that AWS answers.
BY_THE_MODEL: list[tuple[str, str, dict[str, Any], str]] = [
    ("iam", "create_role", {**ROLE, "RoleName": "r" * 65}, "ValidationError"),
    ("iam", "create_role", {**ROLE, "RoleName": "r/r"}, "ValidationError"),
    ("iam", "create_role", {**ROLE, "Description": "the role\u2019s"}, "ValidationError"),
    (
        "autoscaling",
        "create_auto_scaling_group",
        {"AutoScalingGroupName": "g" * 256, "MinSize": 0, "MaxSize": 0},
        "ValidationError",
    ),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "AlarmName": "a" * 256}, "ValidationError"),
    ("cloudwatch", "put_metric_alarm", {**ALARM, "ComparisonOperator": "Above"}, "ValidationError"),
    ("kms", "create_key", {"KeyUsage": "ANYTHING"}, "ValidationException"),
    ("logs", "create_log_group", {"logGroupName": "a group"}, "InvalidParameterException"),
    ("ecr", "create_repository", {"repositoryName": "Shop"}, "InvalidParameterException"),
    ("lambda", "get_function", {"FunctionName": "a function"}, "ValidationException"),
    ("wafv2", "list_web_acls", {"Scope": "GLOBAL"}, "ValidationException"),
    ("backup", "create_backup_vault", {"BackupVaultName": "a vault"}, "ValidationException"),
    ("events", "put_rule", {"Name": "r" * 65, "ScheduleExpression": "rate(1 day)"}, "ValidationException"),
    ("ssm", "put_parameter", {"Name": "p", "Value": "1", "Type": "Text"}, "ValidationException"),
    ("route53", "create_hosted_zone", {"Name": "example.com", "CallerReference": "r" * 129}, "InvalidInput"),
    ("s3", "put_bucket_versioning", {"Bucket": "b", "VersioningConfiguration": {"Status": "On"}}, "MalformedXML"),
    ("elbv2", "describe_listeners", {"PageSize": 401}, "ValidationError"),
    (
        "ec2",
        "create_launch_template",
        {"LaunchTemplateName": "web", "VersionDescription": "d" * 256, "LaunchTemplateData": {"ImageId": IMAGE}},
        "InvalidParameterValue",
    ),
]
LIMITS: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "ec2",
        "create_launch_template",
        {"LaunchTemplateName": "a b", "LaunchTemplateData": {"ImageId": IMAGE}},
        "InvalidLaunchTemplateName.MalformedException",
    ),
    (
        "rds",
        "create_db_instance",
        {"DBInstanceIdentifier": "a--b", "DBInstanceClass": "db.r7g.large", "Engine": "mysql"},
        "InvalidParameterValue",
    ),
    (
        "rds",
        "create_db_instance",
        {"DBInstanceIdentifier": "a-", "DBInstanceClass": "db.r7g.large", "Engine": "mysql"},
        "InvalidParameterValue",
    ),
    (
        "rds",
        "create_db_instance",
        {
            "DBInstanceIdentifier": "a",
            "DBInstanceClass": "db.r7g.large",
            "Engine": "mysql",
            "MasterUsername": "rdsadmin",
        },
        "InvalidParameterValue",
    ),
    (
        "rds",
        "create_db_instance",
        {"DBInstanceIdentifier": "a", "DBInstanceClass": "db.r7g.large", "Engine": "mysql", "DBName": "1st"},
        "InvalidParameterValue",
    ),
    (
        "rds",
        "delete_db_instance",
        {"DBInstanceIdentifier": "a", "FinalDBSnapshotIdentifier": "a--final"},
        "InvalidParameterValue",
    ),
    (
        "rds",
        "create_db_parameter_group",
        {"DBParameterGroupName": "a.b", "DBParameterGroupFamily": "mysql8.4", "Description": "d"},
        "InvalidParameterValue",
    ),
    (
        "rds",
        "create_db_subnet_group",
        {"DBSubnetGroupName": "default", "DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-1"]},
        "InvalidParameterValue",
    ),
    (
        "autoscaling",
        "create_auto_scaling_group",
        {"AutoScalingGroupName": "a:b", "MinSize": 0, "MaxSize": 0},
        "ValidationError",
    ),
    ("sns", "create_topic", {"Name": "t", "Attributes": {"DisplayName": "d" * 101}}, "InvalidParameter"),
    ("sqs", "create_queue", {"QueueName": "q" * 81}, "InvalidParameterValue"),
    (
        "sqs",
        "create_queue",
        {"QueueName": "q", "Attributes": {"Policy": json.dumps({**EMPTY, "Id": "i" * 8192})}},
        "InvalidAttributeValue",
    ),
    (
        "cloudfront",
        "create_origin_access_control",
        {"OriginAccessControlConfig": {**OAC, "Name": "o" * 65}},
        "InvalidArgument",
    ),
    (
        "cloudfront",
        "create_origin_access_control",
        {"OriginAccessControlConfig": {**OAC, "Description": "o" * 257}},
        "InvalidArgument",
    ),
    ("cloudwatch", "put_dashboard", {"DashboardName": "a board", "DashboardBody": "{}"}, "InvalidParameterInput"),
    ("logs", "create_log_group", {"logGroupName": "aws/mine"}, "InvalidParameterException"),
    (
        "backup",
        "create_backup_plan",
        {"BackupPlan": {"BackupPlanName": "a plan", "Rules": []}},
        "InvalidParameterValueException",
    ),
    ("secretsmanager", "create_secret", {"Name": "a secret"}, "ValidationException"),
    ("acm", "request_certificate", {"DomainName": f"{'a' * 60}.example.com"}, "ValidationException"),
    (
        "iam",
        "create_policy",
        {"PolicyName": "p", "PolicyDocument": json.dumps({**EMPTY, "Id": "i" * 6144})},
        "LimitExceeded",
    ),
    (
        "iam",
        "create_role",
        {**ROLE, "AssumeRolePolicyDocument": json.dumps({**EMPTY, "Id": "i" * 2048})},
        "LimitExceeded",
    ),
    ("kms", "create_key", {"Policy": json.dumps({**EMPTY, "Id": "i" * 32768})}, "LimitExceededException"),
    ("s3", "put_bucket_policy", {"Bucket": "b", "Policy": json.dumps({**EMPTY, "Id": "i" * 20480})}, "PolicyTooLarge"),
    (
        "sns",
        "create_topic",
        {"Name": "t", "Attributes": {"Policy": json.dumps({**EMPTY, "Id": "i" * 30720})}},
        "InvalidParameter",
    ),
]


@pytest.mark.parametrize(("service", "call", "params", "code"), BY_THE_MODEL)
def test_what_the_model_demands(aws: Aws, service: str, call: str, params: dict[str, Any], code: str) -> None:
    assert "validation error detected" in refused(code, getattr(aws(service, "us-east-1"), call), **params)


@pytest.mark.parametrize(("service", "call", "params", "code"), LIMITS)
def test_limits_of_names_and_policies(aws: Aws, service: str, call: str, params: dict[str, Any], code: str) -> None:
    assert "validation error detected" not in refused(code, getattr(aws(service, "us-east-1"), call), **params)


def test_texts_of_security_groups(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    create = {"VpcId": network.vpc, "GroupName": "a", "Description": "a"}
    for wrong in (
        {"GroupName": "sg-a"},
        {"GroupName": "a?"},
        {"Description": "the group\u2019s"},
        {"Description": "a" * 256},
    ):
        refused("InvalidParameterValue", ec2.create_security_group, **create | wrong)
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    rule["IpRanges"] = [{"CidrIp": "10.0.0.0/8", "Description": "what\u2019s in"}]
    allow = ec2.authorize_security_group_ingress
    refused("InvalidParameterValue", allow, GroupId=network.security_group, IpPermissions=[rule])


def test_prefix_list_counts_as_its_entries(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    named = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]}]
    cloudfront = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"][0]["PrefixListId"]
    allow = {"GroupId": network.security_group}
    for port in (443, 80):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": [{"PrefixListId": cloudfront}]}
        if port == 443:
            ec2.authorize_security_group_ingress(**allow, IpPermissions=[rule])
        else:
            code = "RulesPerSecurityGroupLimitExceeded"
            refused(code, ec2.authorize_security_group_ingress, **allow, IpPermissions=[rule])
    ranges = [{"CidrIp": f"10.0.{i}.0/24"} for i in range(6)]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": ranges}
    refused("RulesPerSecurityGroupLimitExceeded", ec2.authorize_security_group_ingress, **allow, IpPermissions=[rule])
    ec2.authorize_security_group_ingress(**allow, IpPermissions=[{**rule, "IpRanges": ranges[1:]}])


@pytest.mark.parametrize(
    ("tags", "code"),
    [({"aws:name": "a"}, "TagException"), ({f"t{i}": "" for i in range(51)}, "TagException")],
)
def test_tags_of_keys(aws: Aws, tags: dict[str, str], code: str) -> None:
    kms = aws("kms")
    pairs = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    refused(code, kms.tag_resource, KeyId=key_for(aws), Tags=pairs)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"aws:name": "a"}, "InvalidParameterValue"),
        ({"k" * 129: "a"}, "InvalidParameterValue"),
        ({"k": "a" * 257}, "InvalidParameterValue"),
        ({f"t{i}": "" for i in range(51)}, "TagLimitExceeded"),
    ],
)
def test_tags_of_resources(aws: Aws, network: Network, tags: dict[str, str], code: str) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    refused(code, aws("ec2").create_tags, Resources=[network.vpc], Tags=pairs)


def test_tags_in_a_map(aws: Aws) -> None:
    refused("InvalidParameterValue", aws("sqs").create_queue, QueueName="q", tags={"aws:name": "a"})
