import json

import boto3
import pytest

S3 = boto3.client("s3")
NAMES = {
    name: f"molecule-{suffix}-123456789012-us-east-1"
    for name, suffix in {"static": "static-assets", "backups": "backups", "logs": "logs"}.items()
}


def statements(name):
    return {item["Sid"]: item for item in json.loads(S3.get_bucket_policy(Bucket=NAMES[name])["Policy"])["Statement"]}


def moves(name, key):
    rule = S3.get_bucket_lifecycle_configuration(Bucket=NAMES[name])["Rules"][0]
    unit = "Days" if key == "Transitions" else "NoncurrentDays"
    return {move["StorageClass"]: move[unit] for move in rule.get(key, [])}


@pytest.mark.parametrize("name", NAMES)
def test_private_versioned_tagged(name):
    bucket = NAMES[name]
    assert all(S3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert S3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    tags = {tag["Key"]: tag["Value"] for tag in S3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    assert tags == {
        "Project": "realtime",
        "Environment": "molecule",
        "Layer": "storage",
        "ManagedBy": "realtime.aws",
        "Owner": "platform",
    }


@pytest.mark.parametrize(("name", "algorithm"), [("static", "AES256"), ("backups", "aws:kms"), ("logs", "AES256")])
def test_encryption(name, algorithm):
    rule = S3.get_bucket_encryption(Bucket=NAMES[name])["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == algorithm
    if algorithm == "aws:kms":
        assert rule["BucketKeyEnabled"]


def test_src_17_served_objects_never_go_to_an_archive_class():
    assert moves("static", "Transitions") == {"STANDARD_IA": 30}
    assert moves("static", "NoncurrentVersionTransitions") == {"STANDARD_IA": 30, "GLACIER": 90}


@pytest.mark.parametrize("name", ["backups", "logs"])
def test_backups_and_logs_are_archived(name):
    assert moves(name, "Transitions") == {"STANDARD_IA": 30, "GLACIER": 90}


@pytest.mark.parametrize("name", ["backups", "logs"])
def test_tls_only(name):
    statement = statements(name)["TlsOnly"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_ord_2_the_load_balancer_may_write_its_logs():
    statement = statements("logs")["LoadBalancerLogs"]
    assert statement["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert f"arn:aws:s3:::{NAMES['logs']}/AWSLogs/123456789012/*" in statement["Resource"]


def test_requests_are_logged():
    assert "LoggingEnabled" not in S3.get_bucket_logging(Bucket=NAMES["logs"])
    for name in ("static", "backups"):
        target = S3.get_bucket_logging(Bucket=NAMES[name])["LoggingEnabled"]
        assert (target["TargetBucket"], target["TargetPrefix"]) == (NAMES["logs"], f"s3/{name}/")


def test_the_cdn_can_write_its_logs():
    ownership = S3.get_bucket_ownership_controls(Bucket=NAMES["logs"])["OwnershipControls"]["Rules"][0]
    assert ownership["ObjectOwnership"] == "BucketOwnerPreferred"
