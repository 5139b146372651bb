# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import ADOPTED, is_adopted, missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

SUFFIXES = ("static-assets", "backups", "logs")


def read_tags(stack: Stack, name: str) -> list[dict[str, str]] | None:
    """Return the bucket's tags; None when it does not exist, [] when it is somebody else's and not for us to read."""
    try:
        return stack.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    except is_boto3_error_code("NoSuchBucket"):
        return None
    except is_boto3_error_code(["NoSuchTagSet", "AccessDenied"]):
        return []


def read_others(stack: Stack, names: list[str]) -> list[str]:
    """Return the names of other buckets that we made. The region counts: the same environment may be in two of them."""
    s3 = stack.client("s3")
    found = [bucket["Name"] for bucket in pages(s3, "list_buckets", "Buckets", Prefix=stack.name(""))]
    found = [name for name in found if name.startswith(stack.name("")) and name not in names]

    def is_ours(name: str) -> bool:
        # us-east-1 says nothing, and eu-west-1 was once called EU.
        said = missing_is_none("read the bucket's region", "NoSuchBucket", "AccessDenied")(s3.get_bucket_location)(
            Bucket=name
        )
        place = said and {None: "us-east-1", "EU": "eu-west-1"}.get(
            said["LocationConstraint"], said["LocationConstraint"]
        )
        tags = boto3_tag_list_to_ansible_dict(read_tags(stack, name) or []) if place == stack.region else {}
        return stack.owns(tags) and not is_adopted(tags)

    return [name for name, ours in zip(found, stack.each(is_ours, found)) if ours]


def read_adopted(stack: Stack) -> list[str]:
    """Return the names of the buckets that the environment has adopted, whatever their names: their tags say so."""
    wanted = {"Project": stack.project, "Environment": stack.environment, **ADOPTED}
    found = [arn for arn, tags in stack.tagged().items() if ":s3:::" in arn and wanted.items() <= tags.items()]
    names = sorted(arn.rpartition(":")[2] for arn in found)
    tags = stack.each(lambda name: boto3_tag_list_to_ansible_dict(read_tags(stack, name) or []), names)
    return [name for name, each in zip(names, tags) if wanted.items() <= each.items()]  # the list may be old


def read(stack: Stack) -> dict[str, Any]:
    """Return the names of the layer's buckets that exist and are ours."""
    names = [stack.name(f"{suffix}-{stack.account}-{stack.region}") for suffix in SUFFIXES]
    tags = dict(zip(names, stack.each(lambda name: read_tags(stack, name), names)))
    return {
        "buckets": [
            name for name in names if tags[name] is not None and stack.claim("AWS::S3::Bucket", name, tags[name])
        ],
        "other_buckets": read_others(stack, names),
        "adopted_buckets": read_adopted(stack),
    }
