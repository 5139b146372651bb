# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from module_failed import ModuleFailed

MODULE = "secretsmanager_generated_secret"
NAME = "production/database"
RULES = {
    "secret_string_template": {"username": "dbadmin", "dbname": "app"},
    "generate_string_key": "password",
    "password_length": 40,
    "exclude_characters": "/@\"' \\",
}
TAGS = {"Environment": "production"}


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


def value(client, name=NAME):
    return client.get_secret_value(SecretId=name)["SecretString"]


def make(run_module, **more):
    return run_module(MODULE, **{"name": NAME, "generate_secret_string": RULES, "tags": TAGS, **more})


def test_create_makes_a_json_value_and_never_shows_it(client, run_module):
    result = make(run_module, description="Master user", kms_key_id="alias/data")
    made = json.loads(value(client))
    assert (made["username"], made["dbname"], len(made["password"])) == ("dbadmin", "app", 40)
    assert not set(made["password"]) & set(RULES["exclude_characters"])
    assert made["password"] not in json.dumps(result)
    assert {"name", "arn", "version_id"} <= set(result)
    described = client.describe_secret(SecretId=NAME)
    assert (result["arn"], list(described["VersionIdsToStages"])) == (described["ARN"], [result["version_id"]])
    assert (described["Description"], described["KmsKeyId"]) == ("Master user", "alias/data")
    assert described["Tags"] == [{"Key": "Environment", "Value": "production"}]


def test_without_a_template_the_value_is_plain(client, run_module):
    run_module(MODULE, name="token", generate_secret_string={"exclude_punctuation": True})
    assert len(value(client, "token")) == 32
    assert value(client, "token").isalnum()


def test_second_run_writes_nothing_whatever_the_rules_are_now(client, run_module, writes):
    first = make(run_module, kms_key_id="arn:aws:kms:us-east-1:123456789012:key/abc")
    writes.clear()
    rules = {**RULES, "password_length": 20, "secret_string_template": {"username": "other"}}
    again = make(run_module, generate_secret_string=rules, kms_key_id="abc")
    assert not again["changed"]
    assert again["version_id"] == first["version_id"]
    assert writes == []


def test_update_of_metadata_keeps_the_value(client, run_module, writes):
    make(run_module)
    before = value(client)
    writes.clear()
    result = make(run_module, description="new", tags={"Owner": "platform"}, kms_key_id="alias/other")
    assert result["changes"] == [{"type": "AWS::SecretsManager::Secret", "name": NAME, "action": "update"}]
    assert "Owner" in result["diff"][0]["after"]
    assert writes == ["UpdateSecret", "TagResource", "UntagResource"]
    assert value(client) == before


def test_a_secret_scheduled_for_deletion_is_restored(client, run_module):
    make(run_module)
    before = value(client)
    client.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    result = make(run_module)
    assert "restored" in result["changes"][0]["note"]
    assert value(client) == before
    assert not make(run_module)["changed"]


def test_a_secret_without_a_value_is_completed(client, run_module):
    client.create_secret(Name=NAME)
    result = make(run_module)
    assert "gets one" in result["changes"][0]["note"]
    assert json.loads(value(client))["username"] == "dbadmin"
    assert not make(run_module)["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(client, run_module, writes, state):
    if state == "absent":
        make(run_module)
    writes.clear()
    result = make(run_module, check=True, state=state)
    assert result["changed"]
    assert result["arn"] is None
    assert writes == []


def test_delete_with_a_recovery_window_and_delete_again(client, run_module, writes):
    make(run_module)
    assert make(run_module, state="absent", recovery_window_in_days=7)["changed"]
    assert client.describe_secret(SecretId=NAME)["DeletedDate"]
    writes.clear()
    assert not make(run_module, state="absent", recovery_window_in_days=7)["changed"]
    assert writes == []


def test_delete_for_good_also_when_scheduled(client, run_module):
    make(run_module)
    make(run_module, state="absent")
    assert make(run_module, state="absent", recovery_window_in_days=0)["changed"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.describe_secret(SecretId=NAME)
    assert not make(run_module, state="absent", recovery_window_in_days=0)["changed"]
    assert make(run_module)["changed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recovery_window_in_days": 3}, "allowed: 7 to 30"),
        ({"generate_secret_string": {"secret_string_template": {"username": "a"}}}, "generate_string_key"),
        ({"generate_secret_string": {"password_length": 9999}}, "Failed to generate the secret's value"),
    ],
)
def test_bad_input_is_refused(client, run_module, writes, options, message):
    with pytest.raises(ModuleFailed, match=message):
        make(run_module, **options)
    assert "CreateSecret" not in writes
