# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3

ec2 = boto3.client("ec2")


def test_the_account_is_as_new():
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_snapshot_block_public_access_state()["State"] == "unblocked"
    assert ec2.get_instance_metadata_defaults().get("AccountLevel", {}) == {}
