# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.live.shared import role_arn
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

# The addresses from which CloudFront talks to origins, as AWS keeps them.
CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"


def read_groups(stack: Stack) -> dict[str, str]:
    """Return the ids of the layer's security groups, by name."""
    groups = stack.security_groups()
    layers = {each["GroupId"]: boto3_tag_list_to_ansible_dict(each["Tags"]).get("Layer", "security") for each in groups}
    return {group["GroupName"]: group["GroupId"] for group in groups if layers[group["GroupId"]] == "security"}


def read_prefix_list(stack: Stack) -> str | None:
    filters = [{"Name": "prefix-list-name", "Values": [CLOUDFRONT]}]
    found = pages(stack.client("ec2"), "describe_managed_prefix_lists", "PrefixLists", Filters=filters)
    return found[0]["PrefixListId"] if found else None


def read_profile(stack: Stack) -> str | None:
    """Return the ARN of the instances' profile, if it exists and is ours."""
    name = stack.name("web-server-role")
    try:
        profile = stack.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
    return profile["Arn"] if stack.claim("AWS::IAM::InstanceProfile", name, profile.get("Tags")) else None


def read(stack: Stack) -> dict[str, Any]:
    """Return ids and ARNs of what the layer has."""
    return stack.together(
        {
            "security_groups": lambda: read_groups(stack),
            "cloudfront_prefix_list_id": lambda: read_prefix_list(stack),
            "instance_role_arn": lambda: role_arn(stack, stack.name("web-server-role")),
            "instance_profile_arn": lambda: read_profile(stack),
        }
    )
