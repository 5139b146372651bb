# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

KEYS = ("data", "messaging", "logs")


def read_key(stack: Stack, alias: dict[str, str]) -> dict[str, Any] | None:
    """Return an alias's key, if it is ours."""
    kms, key_id = stack.client("kms"), alias["TargetKeyId"]
    tags = kms.list_resource_tags(KeyId=key_id)["Tags"]
    name = alias["AliasName"].removeprefix("alias/")
    if not stack.claim("AWS::KMS::Key", name, {tag["TagKey"]: tag["TagValue"] for tag in tags}):
        return None
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    return {"arn": key["Arn"], "state": key["KeyState"]}


def read(stack: Stack) -> dict[str, Any]:
    """Return ARN and state of the environment's keys, by name without prefix. One that waits for deletion is among them."""
    names = {f"alias/{stack.name(key)}": key for key in KEYS}
    aliases = [
        alias
        for alias in pages(stack.client("kms"), "list_aliases", "Aliases")
        if alias["AliasName"] in names and "TargetKeyId" in alias
    ]
    found = stack.each(lambda alias: read_key(stack, alias), aliases)
    return {"keys": {names[alias["AliasName"]]: key for alias, key in zip(aliases, found) if key}}
