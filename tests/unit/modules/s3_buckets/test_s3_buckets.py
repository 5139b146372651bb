# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

import boto3
import botocore.client
import pytest
from ansible_collections.realtime.aws.plugins.modules import s3_buckets
from botocore.exceptions import ClientError
from module_failed import ModuleFailed

NAME = "production-backups-123456789012-us-east-1"
LOGS = "production-logs-123456789012-us-east-1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
BUCKET: dict[str, Any] = {
    "name": NAME,
    "object_ownership": "BucketOwnerEnforced",
    "public_access": {},
    "tags": {"Project": "realtime"},
    "encryption": "aws:kms",
    "encryption_key_id": KEY,
    "versioning": True,
    "policy": TLS_ONLY,
    "lifecycle_rules": [
        {
            "rule_id": "archive",
            "transitions": [
                {"transition_days": 30, "storage_class": "STANDARD_IA"},
                {"transition_days": 90, "storage_class": "GLACIER"},
            ],
            "noncurrent_version_expiration_days": 30,
            "abort_incomplete_multipart_upload_days": 7,
        }
    ],
}


@pytest.fixture
def s3(aws):
    return boto3.client("s3")


def test_create(s3, run_module):
    result = run_module("s3_buckets", buckets=[BUCKET])
    assert result["changes"] == [{"type": "AWS::S3::Bucket", "name": NAME, "action": "create"}]
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values())
    rule = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["BucketKeyEnabled"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == TLS_ONLY
    assert s3.get_bucket_tagging(Bucket=NAME)["TagSet"] == [{"Key": "Project", "Value": "realtime"}]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    assert [move["Days"] for move in rules[0]["Transitions"]] == [30, 90]
    assert "Expiration" not in rules[0]


def test_second_run_writes_nothing(s3, run_module, writes):
    run_module("s3_buckets", buckets=[BUCKET])
    policy = json.loads(json.dumps(TLS_ONLY))
    policy["Statement"][0]["Action"] = "s3:*"  # the same policy, written another way
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(policy, indent=2))
    writes.clear()
    assert not run_module("s3_buckets", buckets=[BUCKET])["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "call"),
    [
        ({"versioning": False}, "PutBucketVersioning"),
        ({"public_access": {"block_public_acls": False}}, "PutPublicAccessBlock"),
        ({"encryption": "AES256"}, "PutBucketEncryption"),
        ({"bucket_key_enabled": False}, "PutBucketEncryption"),
        ({"object_ownership": "BucketOwnerPreferred"}, "PutBucketOwnershipControls"),
        ({"tags": {"Project": "other"}}, "PutBucketTagging"),
        ({"policy": {**TLS_ONLY, "Statement": [{**TLS_ONLY["Statement"][0], "Action": "s3:Put*"}]}}, "PutBucketPolicy"),
        ({"lifecycle_rules": []}, "DeleteBucketLifecycle"),
    ],
)
def test_update_writes_what_differs(s3, run_module, writes, change, call):
    run_module("s3_buckets", buckets=[BUCKET])
    writes.clear()
    result = run_module("s3_buckets", buckets=[{**BUCKET, **change}])
    assert result["changes"][0]["action"] == "update"
    assert writes == [call]
    assert not run_module("s3_buckets", buckets=[{**BUCKET, **change}])["changed"]


def test_what_is_omitted_is_left_alone(s3, run_module, writes):
    run_module("s3_buckets", buckets=[BUCKET])
    writes.clear()
    assert not run_module("s3_buckets", buckets=[{"name": NAME}])["changed"]
    assert writes == []


def test_logging_is_turned_on_and_off(s3, run_module):
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOGS}/*",
    }
    logs = {"name": LOGS, "policy": {"Version": "2012-10-17", "Statement": [delivery]}}
    data = {"name": NAME, "logging": {"target_bucket": LOGS, "target_prefix": "s3/"}}
    run_module("s3_buckets", buckets=[logs, data])
    assert s3.get_bucket_logging(Bucket=NAME)["LoggingEnabled"]["TargetBucket"] == LOGS
    assert run_module("s3_buckets", buckets=[{"name": NAME, "logging": {"target_bucket": ""}}])["changed"]
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=NAME)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(s3, run_module, writes, state):
    if state == "absent":
        run_module("s3_buckets", buckets=[BUCKET])
    writes.clear()
    result = run_module("s3_buckets", check=True, buckets=[BUCKET], state=state)
    assert result["changed"]
    assert (result["buckets"][NAME] is None) == (state == "absent")
    assert writes == []


def test_a_bucket_with_data_stays_without_force(s3, run_module):
    run_module("s3_buckets", buckets=[{**BUCKET, "policy": None}])
    s3.put_object(Bucket=NAME, Key="dump", Body=b"data")
    with pytest.raises(Exception, match="Failed to delete the bucket"):
        run_module("s3_buckets", buckets=[{"name": NAME}], state="absent")
    assert s3.get_object(Bucket=NAME, Key="dump")["Body"].read() == b"data"


def test_force_removes_versions_markers_and_uploads(s3, run_module):
    run_module("s3_buckets", buckets=[{**BUCKET, "policy": None}])
    for dummy in range(2):
        s3.put_object(Bucket=NAME, Key="dump", Body=b"data")
    s3.delete_object(Bucket=NAME, Key="dump")
    s3.create_multipart_upload(Bucket=NAME, Key="half")
    assert run_module("s3_buckets", buckets=[{"name": NAME}], state="absent", force=True)["changed"]
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=NAME)
    assert not run_module("s3_buckets", buckets=[{"name": NAME}], state="absent", force=True)["changed"]


def test_other_regions_are_named_at_creation(aws, run_module):
    run_module("s3_buckets", region="eu-west-1", buckets=[{"name": NAME, "tags": {"Project": "realtime"}}])
    location = boto3.client("s3", region_name="eu-west-1").get_bucket_location(Bucket=NAME)["LocationConstraint"]
    assert location == "eu-west-1"


def test_waits_until_the_name_of_a_deleted_bucket_is_free(s3, run_module, monkeypatch):
    original, refused = botocore.client.BaseClient._make_api_call, []

    def call(self, operation, kwargs):
        if operation == "CreateBucket" and not refused:
            refused.append(operation)
            message = "A conflicting conditional operation is currently in progress against this resource."
            raise ClientError({"Error": {"Code": "OperationAborted", "Message": message}}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert run_module("s3_buckets", buckets=[BUCKET])["changed"]
    assert refused
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"


@pytest.mark.parametrize("code", ["403", "BucketAlreadyExists"])
def test_somebody_elses_bucket_is_refused(s3, run_module, monkeypatch, code):
    original = s3_buckets.AnsibleAWSModule.client

    def client(self, *args, **kwargs):
        made = original(self, *args, **kwargs)
        operation = "head_bucket" if code == "403" else "create_bucket"

        def refuse(**_):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

        monkeypatch.setattr(made.client, operation, refuse)
        return made

    monkeypatch.setattr(s3_buckets.AnsibleAWSModule, "client", client)
    with pytest.raises(Exception, match=f"Bucket {NAME} belongs to somebody else"):
        run_module("s3_buckets", buckets=[BUCKET])


def test_kms_needs_a_key(aws, run_module):
    with pytest.raises(Exception, match="encryption_key_id"):
        run_module("s3_buckets", buckets=[{"name": NAME, "encryption": "aws:kms"}])


def test_rules_are_compared_in_one_form():
    rule = {"ID": "a", "Status": "Enabled", "Expiration": {"Days": 1}}
    forms = [{**rule, "Prefix": ""}, {**rule, "Filter": {}}, {**rule, "Filter": {"Prefix": ""}}]
    assert len({json.dumps(s3_buckets.normalize_rules([form]), sort_keys=True) for form in forms}) == 1
    assert s3_buckets.normalize_rules([{**rule, "Prefix": "logs/"}])[0]["Filter"] == {"Prefix": "logs/"}


THEIR_POLICY = {
    "Version": "2012-10-17",
    "Id": "theirs",
    "Statement": [
        {
            "Sid": "Theirs",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{NAME}/*",
        }
    ],
}
DELIVERY = {
    "Sid": "LoadBalancerLogs",
    "Effect": "Allow",
    "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    "Action": "s3:PutObject",
    "Resource": f"arn:aws:s3:::{NAME}/AWSLogs/123456789012/*",
}
ADOPT = {
    **BUCKET,
    "adopt": True,
    "tags": {"Environment": "production"},
    "policy": {"Version": "2012-10-17", "Statement": [DELIVERY]},
}


@pytest.fixture
def theirs(s3):
    s3.create_bucket(Bucket=NAME)
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "Owner", "Value": "finance"}]})
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(THEIR_POLICY))
    s3.put_object(Bucket=NAME, Key="books", Body=b"1")


def tags_of(s3):
    return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]}


def test_an_adopted_bucket_keeps_what_it_has_and_is_given_back(s3, theirs, run_module, writes):
    preview = run_module("s3_buckets", check=True, buckets=[ADOPT])
    writes.clear()
    assert run_module("s3_buckets", buckets=[ADOPT])["changes"] == preview["changes"]
    assert preview["changes"][0]["action"] == "update"
    assert preview["changes"][0]["note"].startswith("adopted")
    assert sorted(writes) == ["PutBucketPolicy", "PutBucketTagging"]  # neither encryption nor lifecycle
    assert tags_of(s3) == {"Owner": "finance", "Environment": "production", "Adopted": "true"}
    policy = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["Theirs", "LoadBalancerLogs"]
    assert not run_module("s3_buckets", buckets=[ADOPT])["changed"]

    forgotten = {key: value for key, value in ADOPT.items() if key != "adopt"}  # the tag decides
    gone = run_module("s3_buckets", buckets=[forgotten], state="absent", force=True)
    assert gone["changes"][0]["note"].startswith("given back")
    assert tags_of(s3) == {"Owner": "finance"}
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == THEIR_POLICY
    assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] == 1
    assert not run_module("s3_buckets", buckets=[ADOPT], state="absent", force=True)["changed"]


def test_a_statement_of_an_adopted_bucket_is_put_right(s3, theirs, run_module):
    run_module("s3_buckets", buckets=[ADOPT])
    wider = {**DELIVERY, "Resource": f"arn:aws:s3:::{NAME}/*"}
    wider = {**THEIR_POLICY, "Statement": [*THEIR_POLICY["Statement"], wider]}
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(wider))
    assert set(run_module("s3_buckets", buckets=[ADOPT])["buckets"][NAME]) == {"tags", "policy"}
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"][1] == DELIVERY


def test_what_had_nothing_is_given_back_with_nothing(s3, run_module):
    s3.create_bucket(Bucket=NAME)
    run_module("s3_buckets", buckets=[ADOPT])
    run_module("s3_buckets", buckets=[ADOPT], state="absent")
    for read in (s3.get_bucket_tagging, s3.get_bucket_policy):
        with pytest.raises(ClientError, match="NoSuch"):
            read(Bucket=NAME)


def test_a_bucket_to_adopt_has_to_exist(s3, run_module):
    with pytest.raises(ModuleFailed, match=f"no bucket {NAME} to adopt"):
        run_module("s3_buckets", buckets=[ADOPT])
