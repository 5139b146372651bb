import json

import boto3
import pytest

kms = boto3.client("kms")


def policy(name):
    return json.loads(kms.get_key_policy(KeyId=key_id(name), PolicyName="default")["Policy"])["Statement"]


def key_id(name):
    return kms.describe_key(KeyId=f"alias/molecule-{name}")["KeyMetadata"]["KeyId"]


@pytest.mark.parametrize("name", ["data", "messaging"])
def test_each_key_rotates_and_is_tagged(name):
    assert kms.get_key_rotation_status(KeyId=key_id(name))["KeyRotationEnabled"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key_id(name))["Tags"]}
    assert tags == {
        "Project": "realtime",
        "Environment": "molecule",
        "Layer": "encryption",
        "ManagedBy": "realtime.aws",
        "Owner": "platform",
        "Name": f"molecule-{name}",
    }


def test_the_adopted_key_has_tags_and_alias_beside_what_it_had():
    about = kms.describe_key(KeyId="alias/molecule-logs")["KeyMetadata"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=about["KeyId"])["Tags"]}
    assert (tags["Environment"], tags["Adopted"], "Name" in tags) == ("molecule", "true", False)
    assert not about["Description"].endswith("of molecule")
    assert len(policy("logs")) >= 2  # its own statement, and that for the log groups


def test_auto_scaling_may_grant_for_aws_resources_only():
    role = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    grants = [each for each in policy("data") if each["Action"] == "kms:CreateGrant"]
    assert [each["Principal"] for each in grants] == [{"AWS": role}]
    assert grants[0]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_alarms_reach_encrypted_topics():
    services = [each["Principal"].get("Service", []) for each in policy("messaging")]
    assert {"cloudwatch.amazonaws.com", "sns.amazonaws.com"} <= {name for names in services for name in names}


def test_logs_are_for_log_groups_of_this_account():
    statement = next(each for each in policy("logs") if each.get("Sid") == "LogGroups")
    assert statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    context = statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == "arn:aws:logs:us-east-1:123456789012:log-group:*"


@pytest.mark.parametrize("service", ["autoscaling", "elasticloadbalancing", "rds"])
def test_service_linked_roles(service):
    roles = boto3.client("iam").list_roles(PathPrefix=f"/aws-service-role/{service}.amazonaws.com/")["Roles"]
    assert len(roles) == 1
