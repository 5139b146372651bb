# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.converge import missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, Tags, pages

KEYS = ("data", "messaging", "logs")


def read_aliases(stack: Stack) -> dict[str, str]:
    """Return by alias, without alias/, the ids of the keys that have one."""
    found = stack.once("aliases", lambda: pages(stack.client("kms"), "list_aliases", "Aliases"))
    return {each["AliasName"].removeprefix("alias/"): each["TargetKeyId"] for each in found if "TargetKeyId" in each}


def read_key(stack: Stack, key_id: str) -> dict[str, Any]:
    """Return a key as KMS describes it, with its tags as a dict."""
    kms = stack.client("kms")
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]

    def tags() -> Tags:
        return {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key_id)["Tags"]}

    return {**key, "Tags": stack.tags(key["Arn"], tags)}


def nameless_keys(stack: Stack, aliased: set[str], names: set[str]) -> dict[str, dict[str, Any]]:
    """Return our keys, by these names, that a run made and was killed before it gave them their alias."""

    @missing_is_none("look at the key", "AccessDeniedException", "NotFoundException")
    def ours(key_id: str) -> dict[str, Any] | None:
        key = read_key(stack, key_id)
        return key if stack.owns(key["Tags"]) and key["KeyState"] != "PendingDeletion" else None

    listed = [key["KeyId"] for key in pages(stack.client("kms"), "list_keys", "Keys")]
    found = stack.each(ours, [key_id for key_id in listed if key_id not in aliased])
    return {key["Tags"]["Name"]: key for key in found if key and key["Tags"].get("Name") in names}


def read(stack: Stack) -> dict[str, Any]:
    """Return ARN and state of the environment's keys, by name without prefix. One that waits for deletion is among them."""
    names = {stack.name(key): key for key in KEYS}
    aliases = read_aliases(stack)
    known = [name for name in names if name in aliases]
    found = dict(zip(known, stack.each(lambda name: read_key(stack, aliases[name]), known)))
    found = {name: key for name, key in found.items() if stack.claim("AWS::KMS::Key", name, key["Tags"])}
    if missing := names.keys() - aliases.keys():
        found |= nameless_keys(stack, set(aliases.values()), missing)
    return {"keys": {names[name]: {"arn": key["Arn"], "state": key["KeyState"]} for name, key in found.items()}}
