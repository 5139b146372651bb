# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import io
import json
import zipfile
from functools import partial

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.converge import retry_on
from module_failed import ModuleFailed

MODULE, GENERATED, NAME = "secretsmanager_secret_rotation", "secretsmanager_generated_secret", "test/database"
HOST = "test-db.cabcdefghijk.us-east-1.rds.amazonaws.com"
TARGET = {"host": HOST, "port": 3306, "db_instance_identifier": "test-db"}
SECRET = {
    "name": NAME,
    "generate_secret_string": {
        "secret_string_template": {"engine": "mysql", "username": "dbadmin", "dbname": "app"},
        "generate_string_key": "password",
    },
    "tags": {"Environment": "test"},
}


@pytest.fixture
def secrets(sandbox_aws, run_module):
    """A client, and a secret as the role makes it."""
    run_module(GENERATED, **SECRET)
    return boto3.client("secretsmanager")


@pytest.fixture
def function():
    """Return make(): the ARN of a function that Secrets Manager may call."""

    def make(let_in=True):
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = boto3.client("iam").create_role(RoleName="rotate", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("rotate.py", "def handler(*_): ...")
        client = boto3.client("lambda")
        about = {"Runtime": "python3.13", "Handler": "rotate.handler", "Code": {"ZipFile": code.getvalue()}}
        create = partial(client.create_function, FunctionName="rotate", Role=role, **about)
        made = retry_on(["InvalidParameterValueException"], create, 10)  # CON-2
        if let_in:
            client.add_permission(
                FunctionName="rotate",
                StatementId="s",
                Action="lambda:InvokeFunction",
                Principal="secretsmanager.amazonaws.com",
            )
        return made["FunctionArn"]

    return make


def value(secrets):
    return json.loads(secrets.get_secret_value(SecretId=NAME)["SecretString"])


def rotate_by_hand(secrets):
    """Do what AWS's rotation functions do: a new version that differs in the password."""
    token = "11111111-1111-4111-8111-111111111111"
    rotated = json.dumps({**value(secrets), "password": "rotated-by-aws"})
    secrets.put_secret_value(
        SecretId=NAME, SecretString=rotated, ClientRequestToken=token, VersionStages=["AWSPENDING"]
    )
    return token


def finish(secrets, token):
    versions = secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    secrets.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
    )
    secrets.update_secret_version_stage(SecretId=NAME, VersionStage="AWSPENDING", RemoveFromVersionId=token)


def test_the_value_has_what_aws_s_rotation_functions_ask_for(secrets, run_module):
    password = value(secrets)["password"]
    result = run_module(MODULE, name=NAME, target=TARGET)
    assert value(secrets) == {
        "engine": "mysql",
        "username": "dbadmin",
        "dbname": "app",
        "password": password,
        "host": HOST,
        "port": 3306,
        "dbInstanceIdentifier": "test-db",
    }
    assert [(each["type"], each["action"]) for each in result["changes"]] == [
        ("AWS::SecretsManager::SecretTargetAttachment", "create")
    ]
    assert password not in json.dumps(result)


def test_a_rotated_value_is_nobody_s_business(secrets, run_module, writes):
    """Neither module reads it, shows a difference, or puts the old one back."""
    run_module(MODULE, name=NAME, target=TARGET)
    finish(secrets, rotate_by_hand(secrets))
    writes.clear()
    assert not run_module(MODULE, name=NAME, target=TARGET)["changed"]
    assert not run_module(GENERATED, **SECRET)["changed"]
    assert writes == []
    assert value(secrets)["password"] == "rotated-by-aws"


def test_another_endpoint_is_told_and_keeps_the_password(secrets, run_module):
    run_module(MODULE, name=NAME, target=TARGET)
    finish(secrets, rotate_by_hand(secrets))
    assert run_module(MODULE, name=NAME, target={**TARGET, "port": 3307})["changed"]
    assert (value(secrets)["port"], value(secrets)["password"]) == (3307, "rotated-by-aws")
    assert not run_module(MODULE, name=NAME, target={**TARGET, "port": 3307})["changed"]


def test_nothing_is_written_in_the_middle_of_a_rotation(secrets, run_module, writes):
    rotate_by_hand(secrets)
    writes.clear()
    with pytest.raises(ModuleFailed, match="being rotated"):
        run_module(MODULE, name=NAME, target=TARGET)
    assert writes == []


def test_rotation_comes_changes_and_goes(secrets, run_module, writes, function):
    arn = function()
    options = {"name": NAME, "target": TARGET, "rotation_lambda_arn": arn}
    run_module(MODULE, **options)
    found = secrets.describe_secret(SecretId=NAME)
    assert (found["RotationEnabled"], found["RotationLambdaARN"]) == (True, arn)
    assert found["RotationRules"]["AutomaticallyAfterDays"] == 30
    writes.clear()
    assert not run_module(MODULE, **options)["changed"]
    assert run_module(MODULE, check=True, **options, automatically_after_days=7)["changed"]
    assert writes == []
    run_module(MODULE, **options, automatically_after_days=7)
    assert secrets.describe_secret(SecretId=NAME)["RotationRules"]["AutomaticallyAfterDays"] == 7
    result = run_module(MODULE, name=NAME, target=TARGET)
    assert [each["type"] for each in result["changes"]] == ["AWS::SecretsManager::RotationSchedule"]
    assert not secrets.describe_secret(SecretId=NAME)["RotationEnabled"]
    assert not run_module(MODULE, name=NAME, target=TARGET)["changed"]


@pytest.mark.parametrize("let_in", [True, False], ids=["no function", "not let in"])
def test_function_is_there_and_lets_secrets_manager_in(secrets, run_module, function, let_in):
    arn = function(let_in) + ("x" if let_in else "")
    with pytest.raises(ModuleFailed, match="Failed to rotate the secret by a function"):
        run_module(MODULE, name=NAME, target=TARGET, rotation_lambda_arn=arn)


def test_check_mode_needs_no_secret(sandbox_aws, run_module, writes):
    assert run_module(MODULE, check=True, name=NAME, target=TARGET)["changed"]
    with pytest.raises(ModuleFailed, match=f"no secret {NAME}"):
        run_module(MODULE, name=NAME, target=TARGET)
    assert writes == []


def test_bad_days_are_refused(secrets, run_module):
    with pytest.raises(ModuleFailed, match="1 to 1000"):
        run_module(MODULE, name=NAME, target=TARGET, automatically_after_days=0)
