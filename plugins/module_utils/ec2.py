# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules for parts of a VPC share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import named, retry_on, tag_changes
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

WORKERS = 8
LINGERING = 600  # TDN-7: how long interfaces may hold on to what they were in, in seconds


def tags_of(resource: dict[str, Any]) -> dict[str, str]:
    return boto3_tag_list_to_ansible_dict(resource.get("Tags") or [])


def tagged(resource_type: str, tags: dict[str, str]) -> dict[str, Any]:
    """Return the argument that creates a resource with its tags: it is never there without them."""
    if not tags:
        return {}
    return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": ansible_dict_to_boto3_tag_list(tags)}]}


def tag_filters(tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


@named("tag the resource")
def write_tags(client: Any, resource_id: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_remove:
        client.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in to_remove])
    if to_set:
        client.create_tags(Resources=[resource_id], Tags=ansible_dict_to_boto3_tag_list(to_set))


def in_vpc(client: Any, operation: str, key: str, vpc_id: str, argument: str = "Filters") -> list[dict[str, Any]]:
    """Return what a VPC has of a kind; nothing of a VPC that does not exist yet."""
    if is_pending(vpc_id):
        return []

    @named(f"read the {key} of {vpc_id}")
    def read() -> list[dict[str, Any]]:
        pages = client.get_paginator(operation).paginate(**{argument: [{"Name": "vpc-id", "Values": [vpc_id]}]})
        return [item for page in pages for item in page[key]]

    return read()


def real(ids: Iterable[str]) -> list[str]:
    """Return the ids without stand-ins, which AWS would refuse."""
    return [each for each in ids if not is_pending(each)]


def side_by_side(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(function, items))


def delete_when_free(what: str, missing: str, delete: Callable[[], Any]) -> None:
    """Delete something that an interface may still hold on to for minutes after its owner is gone (TDN-7)."""

    @named(f"delete {what}")
    def call() -> None:
        try:
            retry_on(["DependencyViolation"], delete, timeout=LINGERING)
        except is_boto3_error_code(missing):
            pass  # an earlier attempt got through, its answer did not

    call()
