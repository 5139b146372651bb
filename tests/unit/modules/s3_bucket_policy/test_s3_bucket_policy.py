# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from module_failed import ModuleFailed

MODULE, NAME = "s3_bucket_policy", "static"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::static"]}],
}


@pytest.fixture
def s3(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket=NAME)
    return client


def test_create_and_update(s3, run_module):
    assert run_module(MODULE, name=NAME, policy=POLICY)["changes"][0]["action"] == "create"
    other = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": "s3:GetObject"}]}
    result = run_module(MODULE, name=NAME, policy=other)
    assert result["changes"] == [{"type": "AWS::S3::BucketPolicy", "name": NAME, "action": "update"}]
    assert "s3:GetObject" in result["diff"][0]["after"]
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == other


def test_the_same_policy_in_another_spelling_is_no_change(s3, run_module, writes):
    run_module(MODULE, name=NAME, policy=POLICY)
    writes.clear()
    statement = {**POLICY["Statement"][0], "Resource": "arn:aws:s3:::static", "Action": ["s3:*"]}
    assert not run_module(MODULE, name=NAME, policy={**POLICY, "Statement": [statement]})["changed"]
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(s3, run_module, writes, state):
    if state == "absent":
        run_module(MODULE, name=NAME, policy=POLICY)
    writes.clear()
    assert run_module(MODULE, check=True, name=NAME, policy=POLICY, state=state)["changed"]
    assert writes == []


def test_a_bucket_that_does_not_exist(aws, run_module):
    assert run_module(MODULE, check=True, name="none", policy=POLICY)["changed"]
    assert not run_module(MODULE, name="none", state="absent")["changed"]
    with pytest.raises(ModuleFailed, match="Failed to write the bucket policy"):
        run_module(MODULE, name="none", policy=POLICY)


def test_delete_and_delete_again(s3, run_module):
    run_module(MODULE, name=NAME, policy=POLICY)
    assert run_module(MODULE, name=NAME, state="absent")["changed"]
    assert not run_module(MODULE, name=NAME, state="absent")["changed"]


THEIRS = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::static/*"]}
CDN = {"Sid": "CdnReads", **THEIRS, "Principal": {"Service": "cloudfront.amazonaws.com"}}
OURS = {"Version": "2012-10-17", "Statement": [CDN]}


def test_statements_of_others_stay(s3, run_module):
    with_theirs = {"Version": "2012-10-17", "Statement": THEIRS}  # a single statement needs no list
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(with_theirs))
    shared = {"name": NAME, "policy": OURS, "purge_statements": False}
    assert not run_module(MODULE, state="absent", **shared)["changed"]
    assert run_module(MODULE, **shared)["policy"]["Statement"] == [THEIRS, CDN]
    assert not run_module(MODULE, **shared)["changed"]

    moved = {**OURS, "Statement": [{**CDN, "Resource": ["arn:aws:s3:::static/new/*"]}]}
    assert run_module(MODULE, **{**shared, "policy": moved})["policy"]["Statement"] == [THEIRS, *moved["Statement"]]

    assert run_module(MODULE, state="absent", **shared)["changes"][0]["action"] == "update"
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"] == [THEIRS]


def test_a_policy_of_our_statements_alone_goes_as_a_whole(s3, run_module):
    shared = {"name": NAME, "policy": OURS, "purge_statements": False}
    run_module(MODULE, **shared)
    assert run_module(MODULE, state="absent", **shared)["changes"][0]["action"] == "delete"
    assert not run_module(MODULE, state="absent", **shared)["changed"]
