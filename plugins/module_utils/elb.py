# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags and attributes, which load balancers, target groups, listeners and rules have alike."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import named, tag_changes

TAGS_AT_ONCE = 20  # the most that DescribeTags takes


@named("read the tags")
def read_tags(client: Any, arns: list[str]) -> dict[str, dict[str, str]]:
    """Return the tags of each ARN."""
    found = {}
    for start in range(0, len(arns), TAGS_AT_ONCE):
        for entry in client.describe_tags(ResourceArns=arns[start : start + TAGS_AT_ONCE])["TagDescriptions"]:
            found[entry["ResourceArn"]] = boto3_tag_list_to_ansible_dict(entry["Tags"])
    return found


@named("write the tags")
def write_tags(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_remove:
        client.remove_tags(ResourceArns=[arn], TagKeys=to_remove)
    if to_set:
        client.add_tags(ResourceArns=[arn], Tags=ansible_dict_to_boto3_tag_list(to_set))


def attributes_to_dict(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in attributes}


def changed_attributes(current: dict[str, str], wanted: dict[str, str]) -> list[dict[str, str]]:
    """Return the attributes to send, in AWS's form: those that differ."""
    return [{"Key": key, "Value": value} for key, value in sorted(wanted.items()) if current.get(key) != value]


def attribute_value(value: Any) -> str:
    """Return an option's value as AWS writes it in an attribute."""
    return str(value).lower() if isinstance(value, bool) else str(value)
