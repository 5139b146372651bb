# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The company's buckets, which the environment adopts and has to give back as they were: python company.py makes them."""

from __future__ import annotations

import json
from typing import Any

import boto3

REGION = "eu-west-1"
ASSETS, LOGS = (f"elsewhere-company-{what}-123456789012-{REGION}" for what in ("assets", "logs"))
TAGS = [{"Key": "Team", "Value": "web"}]


def policy(bucket: str) -> dict[str, Any]:
    """Return a policy that lets the company's auditors read."""
    statement = {
        "Sid": "Auditors",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def make() -> None:
    s3 = boto3.client("s3", region_name=REGION)
    for bucket in (ASSETS, LOGS):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": TAGS})
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy(bucket)))
        s3.put_object(Bucket=bucket, Key="2025.csv", Body=b"1")


def is_as_it_was(bucket: str) -> bool:
    """Return whether a bucket is as the company made it, but for the access logs that were delivered to it."""
    s3 = boto3.client("s3", region_name=REGION)
    return (
        s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == TAGS
        and json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy(bucket)
        and [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"] if not each["Key"].startswith("s3/")]
        == ["2025.csv"]
    )


if __name__ == "__main__":
    make()
