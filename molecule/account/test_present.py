# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
ec2 = boto3.client("ec2")


def test_no_bucket_can_be_public():
    port = Path(os.environ["SANDBOX_DIRECTORY"], "port").read_text(encoding="utf-8").strip()
    by_proxy = Config(proxies={"http": f"http://127.0.0.1:{port}"})
    s3control = boto3.client("s3control", endpoint_url="http://s3-control.sandbox", config=by_proxy)
    block = s3control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )


def test_volumes_are_encrypted_and_snapshots_private():
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"].endswith("key/1234abcd-12ab-34cd-56ef-1234567890ab")
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"


def test_instances_demand_session_tokens():
    found = ec2.get_instance_metadata_defaults()["AccountLevel"]
    assert (found["HttpTokens"], found["HttpPutResponseHopLimit"]) == ("required", 2)
