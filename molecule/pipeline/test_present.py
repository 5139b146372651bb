# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

UPSTREAM = json.loads(Path(os.environ["SANDBOX_DIRECTORY"], "upstream.json").read_text(encoding="utf-8"))
ECR, IAM = boto3.client("ecr"), boto3.client("iam")
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def test_the_repository():
    (found,) = ECR.describe_repositories(repositoryNames=["molecule-app"])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": UPSTREAM["kms_key_arn"]}
    listed = ECR.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    assert (tags["Environment"], tags["Layer"], tags["Owner"]) == ("molecule", "pipeline", "platform")


def test_only_images_without_a_tag_expire():
    text = ECR.get_lifecycle_policy(repositoryName="molecule-app")["lifecyclePolicyText"]
    (rule,) = json.loads(text)["rules"]
    assert (rule["selection"]["tagStatus"], rule["selection"]["countNumber"]) == ("untagged", 14)


def test_the_identity_provider_is_the_project_s():
    found = IAM.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    assert tags == {"Project": "realtime", "ManagedBy": "realtime.aws", "Layer": "pipeline"}


def test_only_that_repository_s_environment_gets_in():
    role = IAM.get_role(RoleName="molecule-deploy")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:octo-org/shop:environment:live",
        }
    }
    assert role["MaxSessionDuration"] == 14400


def test_its_policies_are_its_own():
    assert sorted(IAM.list_role_policies(RoleName="molecule-deploy")["PolicyNames"]) == ["look", "release"]
    assert IAM.list_attached_role_policies(RoleName="molecule-deploy")["AttachedPolicies"] == []


@pytest.fixture(scope="module")
def deployer() -> Callable[[str], Any]:
    """Return what makes clients with the role's credentials: the sandbox judges their calls by its policies."""
    arn = IAM.get_role(RoleName="molecule-deploy")["Role"]["Arn"]
    session = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return lambda service: boto3.client(
        service,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


@pytest.mark.parametrize(
    ("service", "operation", "params", "action"),
    [
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "molecule-db"}, "rds:DeleteDBInstance"),
        ("rds", "modify_db_instance", {"DBInstanceIdentifier": "molecule-db"}, "rds:ModifyDBInstance"),
        ("secretsmanager", "get_secret_value", {"SecretId": "staging/database"}, "secretsmanager:GetSecretValue"),
        ("secretsmanager", "get_secret_value", {"SecretId": "molecule/database"}, "secretsmanager:GetSecretValue"),
        ("ssm", "get_parameter", {"Name": "/realtime.aws/realtime/staging/lock"}, "ssm:GetParameter"),
        (
            "sts",
            "assume_role",
            {"RoleArn": "arn:aws:iam::123456789012:role/admin", "RoleSessionName": "test"},
            "sts:AssumeRole",
        ),
    ],
)
def test_a_release_is_refused(deployer, service, operation, params, action):
    with pytest.raises(ClientError, match=f"not authorized to perform: {action} on resource: "):
        getattr(deployer(service), operation)(**params)
