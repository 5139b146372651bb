# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from module_failed import ModuleFailed

ROOT = {
    "Sid": "Root",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "kms:*",
    "Resource": "*",
}
POLICY = {"Version": "2012-10-17", "Statement": [ROOT]}
TAGS = {"Name": "production-data", "Environment": "production"}
KEY = {"alias": "production-data", "description": "Data", "policy": POLICY, "enable_key_rotation": True, "tags": TAGS}
RECOVER = {"keys": [KEY], "recover_by_tags": ["Name", "Environment"]}


@pytest.fixture
def kms(aws):
    return boto3.client("kms")


def key(kms):
    return kms.describe_key(KeyId="alias/production-data")["KeyMetadata"]


def test_create(kms, run_module):
    result = run_module("kms_keys", keys=[KEY])
    assert result["changes"] == [{"type": "AWS::KMS::Key", "name": "production-data", "action": "create"}]
    assert result["keys"]["production-data"]["arn"] == key(kms)["Arn"]
    assert kms.get_key_rotation_status(KeyId=key(kms)["KeyId"])["KeyRotationEnabled"]
    assert kms.list_resource_tags(KeyId=key(kms)["KeyId"])["Tags"][0]["TagValue"] == "production-data"


def test_second_run_writes_nothing(kms, run_module, writes):
    run_module("kms_keys", keys=[KEY])
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**ROOT, "Action": ["kms:*"]}]}, indent=4)
    kms.put_key_policy(KeyId=key(kms)["KeyId"], PolicyName="default", Policy=text)
    writes.clear()
    assert not run_module("kms_keys", **RECOVER)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("drift", "shown"),
    [
        (lambda kms, id_: kms.disable_key_rotation(KeyId=id_), "enable_key_rotation"),
        (lambda kms, id_: kms.disable_key(KeyId=id_), "key_state"),
        (lambda kms, id_: kms.update_key_description(KeyId=id_, Description="x"), "description"),
        (lambda kms, id_: kms.tag_resource(KeyId=id_, Tags=[{"TagKey": "a", "TagValue": "b"}]), "tags"),
        (
            lambda kms, id_: kms.put_key_policy(
                KeyId=id_, PolicyName="default", Policy=json.dumps({**POLICY, "Id": "x"})
            ),
            "policy",
        ),
    ],
)
def test_drift_is_shown_and_mended(kms, run_module, drift, shown):
    run_module("kms_keys", keys=[KEY])
    drift(kms, key(kms)["KeyId"])
    result = run_module("kms_keys", keys=[KEY])
    assert result["changes"][0]["action"] == "update"
    assert shown in result["diff"][0]["before"]
    assert not run_module("kms_keys", keys=[KEY])["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(kms, run_module, writes, state):
    if state == "absent":
        run_module("kms_keys", keys=[KEY])
    writes.clear()
    assert run_module("kms_keys", check=True, keys=[KEY], state=state)["changed"]
    assert writes == []


def test_delete_and_delete_again(kms, run_module):
    arn = run_module("kms_keys", keys=[KEY])["keys"]["production-data"]["arn"]
    assert "7 days" in run_module("kms_keys", keys=[KEY], state="absent", pending_window=7)["changes"][0]["note"]
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not run_module("kms_keys", keys=[KEY], state="absent")["changed"]


def test_deploying_again_takes_the_key_back(kms, run_module):  # TDN-10
    arn = run_module("kms_keys", keys=[KEY])["keys"]["production-data"]["arn"]
    run_module("kms_keys", keys=[KEY], state="absent")
    assert run_module("kms_keys", **RECOVER)["keys"]["production-data"]["arn"] == arn
    assert key(kms)["KeyState"] == "Enabled"
    assert not run_module("kms_keys", **RECOVER)["changed"]


def test_a_key_of_others_is_not_taken(kms, run_module):
    other = kms.create_key(Tags=[{"TagKey": "Name", "TagValue": "production-data"}])["KeyMetadata"]["Arn"]
    assert run_module("kms_keys", **RECOVER)["keys"]["production-data"]["arn"] != other


def test_a_removal_that_was_interrupted_is_finished(kms, run_module):
    run_module("kms_keys", keys=[KEY])
    kms.schedule_key_deletion(KeyId=key(kms)["KeyId"])
    assert run_module("kms_keys", keys=[KEY], state="absent")["changed"]
    assert "alias/production-data" not in [each["AliasName"] for each in kms.list_aliases()["Aliases"]]


def test_refusal_is_one_line(kms, run_module):
    with pytest.raises(ModuleFailed) as failure:
        run_module("kms_keys", keys=[{**KEY, "rotation_period": 1}])
    assert "Failed to" in failure.value.args[0]["msg"]


STATEMENT = {"Sid": "Publishers", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
OWN = {"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}


@pytest.fixture
def theirs(kms):
    """Somebody else's key."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OWN]})
    tags = [{"TagKey": "Owner", "TagValue": "security"}]
    key_id = kms.create_key(Description="company", Policy=policy, Tags=tags)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/company", TargetKeyId=key_id)
    return key_id


def aliases_of(kms, key_id):
    return {each["AliasName"] for each in kms.list_aliases(KeyId=key_id)["Aliases"]}


def tags_of(kms, key_id):
    return {each["TagKey"]: each["TagValue"] for each in kms.list_resource_tags(KeyId=key_id)["Tags"]}


def test_an_adopted_key_keeps_what_it_has_and_is_given_back(kms, run_module, writes, theirs):
    key = {
        "alias": "production-data",
        "adopt": "alias/company",
        "policy": {"Version": "2012-10-17", "Statement": [STATEMENT]},
        "tags": {"Environment": "production", "Name": "production-data"},
        "enable_key_rotation": True,
    }
    writes.clear()
    preview = run_module("kms_keys", check=True, keys=[key])
    assert writes == []
    assert run_module("kms_keys", keys=[key])["changes"] == preview["changes"]
    assert preview["changes"][0]["note"].startswith("adopted")
    assert aliases_of(kms, theirs) == {"alias/company", "alias/production-data"}
    assert tags_of(kms, theirs) == {"Owner": "security", "Environment": "production", "Adopted": "true"}
    policy = json.loads(kms.get_key_policy(KeyId=theirs, PolicyName="default")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["Own", "Publishers"]
    assert kms.describe_key(KeyId=theirs)["KeyMetadata"]["Description"] == "company"
    assert not run_module("kms_keys", keys=[key])["changed"]

    forgotten = {name: value for name, value in key.items() if name != "adopt"}
    assert run_module("kms_keys", keys=[forgotten], state="absent")["changes"][0]["action"] == "update"
    assert aliases_of(kms, theirs) == {"alias/company"}
    assert tags_of(kms, theirs) == {"Owner": "security"}
    assert kms.describe_key(KeyId=theirs)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_key_to_adopt_has_to_exist(kms, run_module):
    with pytest.raises(ModuleFailed, match="no key alias/nothing to adopt"):
        run_module("kms_keys", keys=[{"alias": "production-data", "adopt": "alias/nothing"}])


def test_a_key_without_its_alias_is_found_to_be_deleted_once(kms, run_module):
    """Of a run that was killed between the two calls."""
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    key_id = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    assert run_module("kms_keys", **RECOVER, state="absent")["changed"]
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not run_module("kms_keys", **RECOVER, state="absent")["changed"]
