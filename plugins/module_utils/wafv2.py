# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the sweep and the module for web ACLs read; botocore has no paginators for WAF."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import named
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

GLOBAL_REGION = "us-east-1"  # where web ACLs of distributions live


@named("list the web ACLs")
def find_web_acl(client: Any, name: str, scope: str) -> dict[str, Any] | None:
    """Return what WAF lists of the web ACL: ARN, Id and so on."""
    marker: dict[str, str] = {}
    while True:
        page = client.list_web_acls(Scope=scope, Limit=100, **marker)
        for summary in page.get("WebACLs", []):
            if summary["Name"] == name:
                return summary
        if not page.get("NextMarker"):
            return None
        marker = {"NextMarker": page["NextMarker"]}


@named("read the web ACL's tags")
def read_tags(client: Any, arn: str) -> dict[str, str]:
    """Return the tags; there are 50 at most, so one page holds them."""
    found = client.list_tags_for_resource(ResourceARN=arn, Limit=100)["TagInfoForResource"]
    return boto3_tag_list_to_ansible_dict(found.get("TagList", []))


def find_our_web_acl(stack: Stack, client: Any, name: str, scope: str) -> str | None:
    """Return the ARN of the web ACL of that name, if it is the environment's."""
    found = find_web_acl(client, name, scope)
    ours = found and stack.claim("AWS::WAFv2::WebACL", name, read_tags(client, found["ARN"]))
    return found["ARN"] if ours else None
