# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the inventory wants to adopt, as AWS has it; whether that may be done is for the layers to say."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.live.storage import read_tags as read_bucket_tags
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages


def owner(stack: Stack, tags: dict[str, str]) -> str:
    """Return which other environment something belongs to, as <Project>/<Environment>; empty when it is none's or ours."""
    if stack.owns(tags) or not {"Project", "Environment"} <= tags.keys():
        return ""
    return f"{tags['Project']}/{tags['Environment']}"


def read_vpc(stack: Stack, vpc_id: str) -> dict[str, Any] | None:
    """Return the VPC's ranges, and the subnets and security groups in it that are not ours."""
    ec2 = stack.client("ec2")
    try:
        vpc = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    except is_boto3_error_code(["InvalidVpcID.NotFound", "InvalidVpcID.Malformed"]):
        return None
    inside = [{"Name": "vpc-id", "Values": [vpc_id]}]
    subnets = pages(ec2, "describe_subnets", "Subnets", Filters=inside)
    groups = pages(ec2, "describe_security_groups", "SecurityGroups", Filters=inside)
    ranges = [
        each["CidrBlock"] for each in vpc["CidrBlockAssociationSet"] if each["CidrBlockState"]["State"] == "associated"
    ]
    return {
        "owner": owner(stack, boto3_tag_list_to_ansible_dict(vpc.get("Tags") or [])),
        "cidrs": ranges,
        "other_subnets": sorted(each["CidrBlock"] for each in subnets if not stack.owns(each.get("Tags"))),
        "other_groups": sorted(each["GroupName"] for each in groups if not stack.owns(each.get("Tags"))),
    }


def read_key(stack: Stack, name: str) -> dict[str, Any] | None:
    """Return the key that an id, an ARN or an alias names."""
    kms = stack.client("kms")
    try:
        key = kms.describe_key(KeyId=name)["KeyMetadata"]
    except is_boto3_error_code(
        ["NotFoundException", "InvalidArnException", "ValidationException", "AccessDeniedException"]
    ):
        return None
    tags = [] if key["KeyManager"] == "AWS" else kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    return {
        "arn": key["Arn"],
        "owner": owner(stack, {tag["TagKey"]: tag["TagValue"] for tag in tags}),
        "usable": (key["KeyManager"], key["KeyState"], key["KeySpec"]) == ("CUSTOMER", "Enabled", "SYMMETRIC_DEFAULT"),
    }


def read_encryption(stack: Stack, bucket: str) -> str:
    """Return the algorithm that encrypts objects by default; S3's own keys, where nobody said anything."""
    try:
        found = stack.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except is_boto3_error_code("ServerSideEncryptionConfigurationNotFoundError"):
        return "AES256"
    return found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]


def read_bucket(stack: Stack, name: str) -> dict[str, Any] | None:
    """Return the bucket, if it is the account's."""
    s3 = stack.client("s3")
    try:
        region = s3.head_bucket(Bucket=name, ExpectedBucketOwner=stack.account)["BucketRegion"]
    except is_boto3_error_code(["404", "403", "NoSuchBucket", "AccessDenied"]):
        return None
    return {
        "owner": owner(stack, boto3_tag_list_to_ansible_dict(read_bucket_tags(stack, name) or [])),
        "region": region,
        "encryption": read_encryption(stack, name),
    }


def read(stack: Stack, vpc_id: str, keys: list[str], buckets: list[str]) -> dict[str, Any]:
    """Return what there is to adopt, by kind and name; None for what does not exist."""
    return {
        "vpcs": {name: read_vpc(stack, name) for name in [vpc_id] if name},
        "keys": dict(zip(keys, stack.each(lambda name: read_key(stack, name), keys))),
        "buckets": dict(zip(buckets, stack.each(lambda name: read_bucket(stack, name), buckets))),
    }
