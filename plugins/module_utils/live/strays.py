# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the collection has made for the environment, of kinds of which each has a fixed name, and knows no longer.

An earlier version had it, or somebody copied it with its tags. An application may well have functions and secrets with the
environment's tags: so the tag ManagedBy has to say, too, that they are the collection's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import is_adopted, missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.live.encryption import read_aliases
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, Tags, pages

MANAGED = "realtime.aws"
# Names without prefix; whether one of these is wanted, its layer decides.
KNOWN = {
    "event_rules": {"db-snapshot-exporter"},
    "functions": {"alert-processor", "db-snapshot-exporter"},
    "roles": {
        "alert-processor",
        "db-backup-role",
        "db-export-role",
        "db-exporter-role",
        "db-monitoring-role",
        "deploy",
        "vpc-flow-logs-role",
        "web-server-role",
    },
    "secrets": {"database", "origin-verify"},
    "keys": {"data", "messaging", "logs"},
}
# Where in an ARN the name begins.
STARTS = {"functions": ":function:", "secrets": ":secret:", "keys": ":key/"}


def only_ours(stack: Stack, found: dict[str, Tags]) -> dict[str, Tags]:
    return {
        name: tags
        for name, tags in found.items()
        if stack.owns(tags) and tags.get("ManagedBy") == MANAGED and not is_adopted(tags)
    }


def read_tagged(stack: Stack) -> dict[str, dict[str, Tags]]:
    """Return the tags by kind and name (of a key, its id). What was deleted a moment ago may be among it."""
    tags = stack.tagged()
    by_kind = {
        kind: {arn.split(start, 1)[1]: tags[arn] for arn in tags if start in arn} for kind, start in STARTS.items()
    }
    secrets = {name.rpartition("-")[0]: tags for name, tags in by_kind["secrets"].items()}  # AWS adds six characters
    return {**by_kind, "secrets": secrets}


def read_roles(stack: Stack) -> dict[str, Tags]:
    """Return the tags of the roles that are not known and begin with our prefix, by name; lists of roles have no tags."""
    iam = stack.client("iam")
    names = [role["RoleName"] for role in pages(iam, "list_roles", "Roles")]
    unknown = [name for name in names if is_unknown(stack, "roles", name)]
    read = missing_is_none("read the role", "NoSuchEntity")(iam.get_role)
    found = stack.each(lambda name: read(RoleName=name), unknown)
    return {
        name: boto3_tag_list_to_ansible_dict(each["Role"].get("Tags") or [])
        for name, each in zip(unknown, found)
        if each
    }


def read_rules(stack: Stack) -> dict[str, Tags]:
    """Return the tags of the event rules that are not known and begin with our prefix, by name."""
    events = stack.client("events")
    rules = pages(events, "list_rules", "Rules", NamePrefix=stack.name(""))
    arns = {rule["Name"]: rule["Arn"] for rule in rules if is_unknown(stack, "event_rules", rule["Name"])}
    read = missing_is_none("read the tags of the rule", "ResourceNotFoundException")(events.list_tags_for_resource)
    found = stack.each(lambda arn: read(ResourceARN=arn), arns.values())
    return {name: boto3_tag_list_to_ansible_dict(each["Tags"]) for name, each in zip(arns, found) if each}


def is_unknown(stack: Stack, kind: str, name: str) -> bool:
    prefix = f"{stack.environment}/" if kind == "secrets" else stack.name("")
    return name.startswith(prefix) and name.removeprefix(prefix) not in KNOWN[kind]


def exists(stack: Stack, kind: str, name: str) -> bool:
    """Return whether it is still there."""
    checks: dict[str, Callable[[], Any]] = {
        "functions": lambda: stack.client("lambda").get_function(FunctionName=name),
        "secrets": lambda: stack.client("secretsmanager").describe_secret(SecretId=name),
        "keys": lambda: stack.client("kms").describe_key(KeyId=name),
    }
    found = missing_is_none(f"read {name}", "ResourceNotFoundException", "NotFoundException")(checks[kind])()
    return bool(found) and "DeletedDate" not in found and "DeletionDate" not in found.get("KeyMetadata", {})


def unknown_keys(stack: Stack, keys: dict[str, Tags]) -> dict[str, Tags]:
    """Return the keys that none of our aliases leads to; one that has lost its alias is taken back by its name."""
    targets = read_aliases(stack)
    known = {stack.name(name) for name in KNOWN["keys"]}
    used = {targets[name] for name in known if name in targets}
    lost = known - targets.keys()
    return {key: tags for key, tags in keys.items() if key not in used and tags.get("Name") not in lost}


def read(stack: Stack) -> dict[str, dict[str, dict[str, str]]]:
    """Return by kind, and name or id: the name to show, and as purpose the layer that it was made for."""
    listed = stack.together(
        {
            "tagged": lambda: read_tagged(stack),
            "event_rules": lambda: read_rules(stack),
            "roles": lambda: read_roles(stack),
        }
    )
    tagged = {kind: only_ours(stack, its) for kind, its in listed.pop("tagged").items()}
    keys = unknown_keys(stack, tagged.pop("keys"))
    unknown = {kind: {name: its[name] for name in its if is_unknown(stack, kind, name)} for kind, its in tagged.items()}
    there = {
        kind: {name: its[name] for name in its if exists(stack, kind, name)}
        for kind, its in {**unknown, "keys": keys}.items()
    }
    others = {kind: only_ours(stack, its) for kind, its in listed.items()}
    return {
        kind: {name: {"name": name, "purpose": tags.get("Layer", "")} for name, tags in its.items()}
        for kind, its in {**others, **there}.items()
    }
