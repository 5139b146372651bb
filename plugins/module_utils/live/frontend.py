# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cloudfront import (
    find_origin_access_control,
    list_distributions,
)
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack
from ansible_collections.realtime.aws.plugins.module_utils.wafv2 import GLOBAL_REGION, find_our_web_acl


def read_distributions(stack: Stack) -> dict[str, Any]:
    """Return our distribution, and the others that answer to the site's names."""
    client = stack.client("cloudfront")
    site = {stack.domain, f"www.{stack.domain}"}

    def is_ours(summary: dict[str, Any]) -> bool:
        return stack.owns(client.list_tags_for_resource(Resource=summary["ARN"])["Tags"].get("Items", []))

    found = [
        summary
        for summary in list_distributions(client)
        if summary["Comment"] == f"{stack.environment} {stack.domain}"
        or site & set(summary["Aliases"].get("Items", []))
    ]
    ours = [is_ours(summary) for summary in found]
    own = next((summary for summary, mine in zip(found, ours) if mine), None)
    keys = {"id": "Id", "arn": "ARN", "domain_name": "DomainName", "status": "Status", "enabled": "Enabled"}
    return {
        "distribution": {name: own[key] for name, key in keys.items()} if own else None,
        "rival_distribution_ids": [summary["Id"] for summary, mine in zip(found, ours) if not mine],
    }


def read_origin_access_control(stack: Stack) -> str | None:
    """Return the id of the control for our bucket of static assets; CloudFront gives it no tags."""
    name = stack.name(f"static-assets-{stack.account}-{stack.region}")
    found = find_origin_access_control(stack.client("cloudfront"), name)
    return found["Id"] if found else None


def read_web_acl(stack: Stack) -> str | None:
    """Return the ARN of our web ACL; other partitions have none for distributions."""
    if stack.partition != "aws":
        return None
    return find_our_web_acl(stack, stack.client("wafv2", GLOBAL_REGION), stack.name("cdn"), "CLOUDFRONT")


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer frontend has."""
    found = stack.together(
        {
            "distributions": lambda: read_distributions(stack),
            "origin_access_control_id": lambda: read_origin_access_control(stack),
            "web_acl_arn": lambda: read_web_acl(stack),
        }
    )
    return {**found.pop("distributions"), **found}
