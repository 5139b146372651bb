# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import botocore.client
import pytest
from module_failed import ModuleFailed

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALL = {
    "account_id": ACCOUNT,
    "s3_block_public_access": True,
    "ebs_encryption_by_default": True,
    "ebs_default_kms_key_id": KEY,
    "snapshot_block_public_access": "block-all-sharing",
    "instance_metadata_defaults": {"http_tokens": "required", "http_put_response_hop_limit": 2},
}


@pytest.fixture
def lacking(monkeypatch, aws):
    """What moto lacks of EC2, in the shapes of botocore's service model: a new account's settings, which calls change."""
    state = {"key": "alias/aws/ebs", "snapshots": "unblocked", "metadata": {}}
    real = botocore.client.BaseClient._make_api_call

    def call(client, operation, arguments):
        if operation == "GetEbsDefaultKmsKeyId":
            return {"KmsKeyId": state["key"]}
        if operation == "ModifyEbsDefaultKmsKeyId":
            state["key"] = arguments["KmsKeyId"]
            return {"KmsKeyId": state["key"]}
        if operation == "GetSnapshotBlockPublicAccessState":
            return {"State": state["snapshots"], "ManagedBy": "account"}
        if operation == "EnableSnapshotBlockPublicAccess":
            state["snapshots"] = arguments["State"]
            return {"State": state["snapshots"]}
        if operation == "DisableSnapshotBlockPublicAccess":
            state["snapshots"] = "unblocked"
            return {"State": state["snapshots"]}
        if operation == "GetInstanceMetadataDefaults":
            return {"AccountLevel": state["metadata"]} if state["metadata"] else {}
        if operation == "ModifyInstanceMetadataDefaults":
            state["metadata"] |= arguments
            return {"Return": True}
        return real(client, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return state


def block() -> dict:
    return boto3.client("s3control").get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]


def test_all_of_a_new_account(lacking, run_module):
    result = run_module("account_defaults", **ALL)
    (change,) = result["changes"]
    assert (change["action"], change["name"]) == ("update", f"{ACCOUNT} in us-east-1")
    assert set(block().values()) == {True}
    assert boto3.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert lacking == {
        "key": KEY,
        "snapshots": "block-all-sharing",
        "metadata": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    }
    assert not run_module("account_defaults", **ALL)["changed"]


def test_check_mode_writes_nothing(lacking, run_module):
    result = run_module("account_defaults", check=True, **ALL)
    assert result["defaults"]["snapshot_block_public_access"] == "block-all-sharing"
    assert result["changed"]
    assert lacking == {"key": "alias/aws/ebs", "snapshots": "unblocked", "metadata": {}}
    with pytest.raises(boto3.client("s3control").exceptions.ClientError, match="NoSuchPublicAccessBlock"):
        block()


def test_what_is_omitted_is_left_alone(lacking, run_module):
    run_module("account_defaults", **ALL)
    result = run_module("account_defaults", account_id=ACCOUNT, instance_metadata_defaults={"http_tokens": "optional"})
    assert result["defaults"] == {"instance_metadata_defaults": {"http_tokens": "optional"}}
    assert lacking["metadata"] == {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2}
    assert lacking["snapshots"] == "block-all-sharing"
    assert set(block().values()) == {True}


def test_one_setting_of_the_block_that_somebody_took_away(lacking, run_module):
    run_module("account_defaults", **ALL)
    weaker = {**block(), "RestrictPublicBuckets": False}
    boto3.client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=weaker)
    result = run_module("account_defaults", **ALL)
    assert "restrict_public_buckets" in result["diff"][0]["before"]
    assert block()["RestrictPublicBuckets"] is True


def test_all_of_it_can_be_undone(lacking, run_module):
    run_module("account_defaults", **ALL)
    undone = {
        "account_id": ACCOUNT,
        "s3_block_public_access": False,
        "ebs_encryption_by_default": False,
        "snapshot_block_public_access": "unblocked",
        "instance_metadata_defaults": {"http_tokens": "no-preference", "http_put_response_hop_limit": -1},
    }
    assert run_module("account_defaults", **undone)["changed"]
    assert set(block().values()) == {False}
    assert not boto3.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert lacking["snapshots"] == "unblocked"
    assert not run_module("account_defaults", **undone)["changed"]


def test_aws_error_is_reported(lacking, run_module):
    with pytest.raises(ModuleFailed, match="Failed to read the account's public access block"):
        run_module("account_defaults", account_id="210987654321", s3_block_public_access=True)
