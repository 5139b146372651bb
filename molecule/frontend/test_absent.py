import boto3
import pytest
from botocore.exceptions import ClientError


def test_no_distribution_and_no_access_control_is_left():
    cloudfront = boto3.client("cloudfront")
    assert cloudfront.list_distributions()["DistributionList"].get("Items", []) == []
    assert cloudfront.list_origin_access_controls()["OriginAccessControlList"].get("Items", []) == []


def test_no_web_acl_is_left():
    assert boto3.client("wafv2", "us-east-1").list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []


def test_the_adopted_zone_has_only_the_records_it_had():
    route53 = boto3.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    found = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    assert {record["Type"] for record in found} <= {"NS", "SOA", "CNAME"}


def test_the_bucket_has_no_policy():
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        boto3.client("s3").get_bucket_policy(Bucket="upstream-static-123456789012-us-east-1")
