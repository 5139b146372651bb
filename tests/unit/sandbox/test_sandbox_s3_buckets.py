"""S3 extensions that a bucket's creation and policy need."""

from __future__ import annotations

import json

from sandbox_helpers import Aws

NAME = "production-logs-123456789012-us-east-1"
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": f"arn:aws:s3:::{NAME}/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_tags_of_a_new_bucket(aws: Aws) -> None:
    s3 = aws("s3", "us-east-1")
    tags = [{"Key": "Project", "Value": "realtime"}]
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket=NAME)["TagSet"] == tags


def test_a_tls_only_policy_lets_calls_through(aws: Aws) -> None:
    s3 = aws("s3", "us-east-1")
    s3.create_bucket(Bucket=NAME)
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": [TLS_ONLY]}))
    s3.put_object(Bucket=NAME, Key="a", Body=b"a")
    assert "Errors" not in s3.delete_objects(Bucket=NAME, Delete={"Objects": [{"Key": "a"}]})
    kept = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])
    assert kept["Statement"] == [TLS_ONLY]
