#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kms_keys
short_description: Manage KMS keys that are known by their alias
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and schedules the deletion of symmetric KMS keys, several at once. The options of a key have the
    names of M(amazon.aws.kms_key).
  - A key is known by its alias. With O(recover_by_tags), a key that has lost its alias, also one that waits for its
    deletion, is taken back instead of making another one, so what was encrypted with it stays readable. With O(state=absent) it is deleted.
  - Policies are compared as parsed values, not as text.
attributes:
  check_mode:
    support: full
    description: Predicts the keys without writing them.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  keys:
    description: The keys.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description: The key's alias, without C(alias/). Only O(state=absent) does without, with O(keys[].key_id).
        type: str
      key_id:
        description: Id of a key to delete that need not have an alias.
        type: str
      adopt:
        description:
          - Id, ARN or alias (with C(alias/)) of a key that was there before, and is to have O(keys[].alias) as well. It gets O(keys[].tags)
            beside those that it has, C(Adopted=true), and the statements of O(keys[].policy) whose C(Sid) its policy has not. Its
            description and rotation stay.
          - A key with the tag C(Adopted=true) is not deleted by O(state=absent); it loses the alias, the tag and O(keys[].tags).
        type: str
      description:
        description: What the key is for.
        type: str
      policy:
        description: The key's policy. Without one, a new key gets that of KMS, which leaves access to IAM.
        type: dict
      enable_key_rotation:
        description: Whether KMS renews the key's material by itself.
        type: bool
      rotation_period:
        description: How often, in days.
        type: int
        default: 365
      tags:
        description: The key's tags.
        type: dict
      purge_tags:
        description: Whether other tags are removed.
        type: bool
        default: true
  recover_by_tags:
    description: Tag keys. A key without the alias in which all of these have the values of the wanted tags is taken back.
    type: list
    elements: str
    default: []
  pending_window:
    description: For how many days a deleted key can be brought back, 7 to 30.
    type: int
    default: 30
  state:
    description: Whether the keys exist. With V(absent), the aliases go at once, and the keys after O(pending_window).
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have two keys
  realtime.aws.kms_keys:
    keys:
      - alias: production-data
        description: Volumes, databases and backups of production
        enable_key_rotation: true
        tags: {Name: production-data, Environment: production}
      - alias: production-logs
        policy: "{{ lookup('ansible.builtin.template', 'logs_key_policy.json.j2') | from_json }}"

- name: Delete a key in a week
  realtime.aws.kms_keys:
    keys:
      - alias: production-data
    pending_window: 7
    state: absent

- name: Delete a key that no alias leads to
  realtime.aws.kms_keys:
    keys:
      - key_id: 1234abcd-12ab-34cd-56ef-1234567890ab
    state: absent

- name: Deploy again right after a teardown, with the same key
  realtime.aws.kms_keys:
    keys:
      - alias: production-data
        tags: {Name: production-data, Environment: production}
    recover_by_tags: [Name, Environment]
"""

RETURN = r"""
keys:
  description: What each alias has, C(none) for a key that is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"production-data": {"arn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "enable_key_rotation": true}}
changes:
  description: What changes, one entry a key.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::KMS::Key", "name": "production-data", "action": "create"}]
"""

import functools
import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import create_or_find, written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    ADOPTION,
    RELEASE,
    RETRY,
    Plan,
    adopting_tags,
    desired_tags,
    is_adopted,
    missing_is_none,
    named,
    released_tags,
    report,
    retry_on,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::KMS::Key"
ENABLED = "Enabled"
PENDING = "PendingDeletion"


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return ansible_dict_to_boto3_tag_list(tags, tag_name_key_name="TagKey", tag_value_key_name="TagValue")


def adopted_key(options: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a key of somebody else's: what it has, and what the environment needs besides."""
    current = before["policy"].get("Statement", [])
    current = current if isinstance(current, list) else [current]
    known = {statement.get("Sid") for statement in current}
    added = [each for each in (options["policy"] or {}).get("Statement", []) if each.get("Sid") not in known]
    policy = {**before["policy"], "Statement": [*current, *added]} if added else before["policy"]
    tags = adopting_tags(before["tags"], options["tags"] or {})
    return {"policy": policy, "tags": tags, "alias": options["alias"]}


def desired_key(options: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that the options ask for, in the shape in which they are read."""
    wanted = {key: options[key] for key in ("description", "policy", "tags") if options[key] is not None}
    if options["enable_key_rotation"] is not None:
        period = options["rotation_period"] if options["enable_key_rotation"] else None
        wanted |= {"enable_key_rotation": options["enable_key_rotation"], "rotation_period": period}
    if "tags" in wanted:
        wanted["tags"] = desired_tags(before.get("tags"), wanted["tags"], options["purge_tags"])
    if "policy" in wanted and before.get("policy") and not compare_policies(before["policy"], wanted["policy"]):
        wanted["policy"] = before["policy"]  # the same policy, written another way
    return {**wanted, "alias": options["alias"], "key_state": ENABLED}


@named("list the aliases")
def list_aliases(client: Any) -> dict[str, str]:
    """Return the ids of keys by alias."""
    pages = client.get_paginator("list_aliases").paginate()
    aliases = [alias for page in pages for alias in page["Aliases"]]
    return {
        alias["AliasName"].removeprefix("alias/"): alias["TargetKeyId"] for alias in aliases if "TargetKeyId" in alias
    }


@named("read the tags of the key")
def read_tags(client: Any, key_id: str) -> dict[str, str]:
    pages = client.get_paginator("list_resource_tags").paginate(KeyId=key_id)
    tags = [tag for page in pages for tag in page["Tags"]]
    return boto3_tag_list_to_ansible_dict(tags, tag_name_key_name="TagKey", tag_value_key_name="TagValue")


@missing_is_none("read the key", "NotFoundException")
def read_key(client: Any, key_id: str, alias: str | None) -> dict[str, Any]:
    key = client.describe_key(KeyId=key_id)["KeyMetadata"]
    key_id = key["KeyId"]  # no other call takes an alias
    rotation = {} if key["KeyState"] == PENDING else client.get_key_rotation_status(KeyId=key_id)
    return {
        "arn": key["Arn"],
        "key_id": key["KeyId"],
        "alias": alias,
        "key_state": key["KeyState"],
        "description": key.get("Description", ""),
        "policy": json.loads(client.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]),
        "enable_key_rotation": rotation.get("KeyRotationEnabled", False),
        "rotation_period": rotation.get("RotationPeriodInDays", 365) if rotation.get("KeyRotationEnabled") else None,
        "tags": read_tags(client, key_id),
    }


@missing_is_none("look at the key", "AccessDeniedException", "NotFoundException")
def mine(client: Any, key_id: str, wanted: dict[str, str]) -> dict[str, Any]:
    """Return the key if it is a customer's, and has these tags; {} if not, None if it is not for us to read."""
    key = client.describe_key(KeyId=key_id)["KeyMetadata"]
    if key["KeyManager"] != "CUSTOMER":
        return {}
    tags = client.list_resource_tags(KeyId=key_id)["Tags"]
    return key if wanted.items() <= {tag["TagKey"]: tag["TagValue"] for tag in tags}.items() else {}


def unaliased(client: Any, aliased: set[str], wanted: dict[str, str]) -> list[dict[str, Any]]:
    """Return the customer's keys that no alias names and that have the tags wanted."""
    ids = [key["KeyId"] for page in client.get_paginator("list_keys").paginate() for key in page["Keys"]]
    return [key for key in (mine(client, key_id, wanted) for key_id in ids if key_id not in aliased) if key]


@named("look for keys without their alias")
def lost_key(
    client: Any, aliased: set[str], tags: dict[str, str] | None, recover_by: list[str], but: tuple[str, ...] = ()
) -> str | None:
    """Return the id of the newest key that no alias names and that has the tags to know it by, in none of the states `but`."""
    wanted = {key: value for key, value in (tags or {}).items() if key in recover_by}
    if not recover_by or len(wanted) < len(recover_by):
        return None
    found = [key for key in unaliased(client, aliased, wanted) if key["KeyState"] not in but]
    return max(found, key=lambda key: key["CreationDate"])["KeyId"] if found else None


@named("create the key")
def create_key(client: Any, desired: dict[str, Any]) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"Description": desired.get("description", "")}
    if "policy" in desired:
        kwargs["Policy"] = json.dumps(desired["policy"])
    if desired.get("tags"):
        kwargs["Tags"] = tag_list(desired["tags"])
    # A principal that was made seconds ago is not known everywhere yet (CON-5).
    refusal = ["MalformedPolicyDocumentException"]

    def create() -> dict[str, Any]:
        return retry_on(refusal, lambda: client.create_key(**kwargs), timeout=60)["KeyMetadata"]

    def find() -> dict[str, Any] | None:
        """Return the newest key that no alias names, and that is described and tagged alike."""
        known = set(list_aliases(client).values())
        found = [key for key in unaliased(client, known, desired.get("tags") or {}) if key["KeyState"] == "Enabled"]
        same = [key for key in found if key["Description"] == kwargs["Description"]]
        return max(same, key=lambda key: key["CreationDate"]) if same else None

    return create_or_find(create, find)


@named("update the key")
def update_key(client: Any, key_id: str, before: dict[str, Any], changes: dict[str, Any]) -> None:
    if "key_state" in changes:
        if before["key_state"] == PENDING:
            client.cancel_key_deletion(KeyId=key_id)
        client.enable_key(KeyId=key_id)
    if "description" in changes:
        client.update_key_description(KeyId=key_id, Description=changes["description"])
    if "policy" in changes:
        policy = json.dumps(changes["policy"])
        put = functools.partial(client.put_key_policy, KeyId=key_id, PolicyName="default", Policy=policy)
        retry_on(["MalformedPolicyDocumentException"], put, timeout=60)
    if "tags" in changes:
        to_set, to_remove = tag_changes(before["tags"], changes["tags"])
        if to_remove:
            client.untag_resource(KeyId=key_id, TagKeys=to_remove)
        if to_set:
            client.tag_resource(KeyId=key_id, Tags=tag_list(to_set))


@named("set the key's rotation")
def write_rotation(client: Any, key_id: str, desired: dict[str, Any]) -> None:
    if desired["enable_key_rotation"]:
        client.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=desired["rotation_period"])
    else:
        client.disable_key_rotation(KeyId=key_id)


@written_once("write the alias", "AlreadyExistsException")
def write_alias(client: Any, key_id: str, alias: str) -> None:
    client.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key_id)


@written_once("schedule the deletion of the key", "KMSInvalidStateException")
def schedule_deletion(client: Any, key_id: str, window: int) -> None:
    client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=window)


@missing_is_none("delete the alias", "NotFoundException")
def delete_alias(client: Any, alias: str) -> None:
    client.delete_alias(AliasName=f"alias/{alias}")


def delete_key(client: Any, plan: Plan, window: int) -> None:
    """Schedule the deletion first: an alias that is left over leads the next run to the key."""
    if plan.before["key_state"] != PENDING:
        schedule_deletion(client, plan.before["key_id"], window)
    if plan.before["alias"]:
        delete_alias(client, plan.name)


def apply(client: Any, plan: Plan, window: int) -> dict[str, str] | None:
    """Do what the plan says; return the key's ARN and id."""
    if plan.action == "delete":
        delete_key(client, plan, window)
        return None
    if plan.action == "create":
        created = create_key(client, plan.desired)
        key = {"arn": created["Arn"], "key_id": created["KeyId"]}
    else:
        key = {name: plan.before[name] for name in ("arn", "key_id")}
        update_key(client, key["key_id"], plan.before, plan.changes)
    if {"enable_key_rotation", "rotation_period"} & set(plan.changes):
        write_rotation(client, key["key_id"], plan.desired)
    if "alias" in plan.changes and plan.desired["alias"]:
        write_alias(client, key["key_id"], plan.name)
    elif "alias" in plan.changes:
        delete_alias(client, plan.name)
    return key


def make_plan(client: Any, options: dict[str, Any], aliases: dict[str, str], params: dict[str, Any]) -> Plan:
    key_id, present, note = options["key_id"], params["state"] == "present", None
    alias = options["alias"] or next((name for name, target in aliases.items() if target == key_id), key_id)
    key_id = key_id or aliases.get(alias)
    before = read_key(client, key_id, alias if alias in aliases else None) if key_id else None
    if before is None and present and options["adopt"]:
        before = read_key(client, options["adopt"], None)
        if before is None:
            raise AnsibleAWSError(message=f"There is no key {options['adopt']} to adopt")
    if before and (options["adopt"] or is_adopted(before["tags"])):
        if present:
            return Plan(KIND, alias, before, adopted_key(options, before), ADOPTION)
        tags = released_tags(before["tags"], options["tags"] or {})
        return Plan(KIND, alias, before, {"alias": None, "tags": tags}, RELEASE)
    if before is None and present:
        lost = lost_key(client, set(aliases.values()), options["tags"], params["recover_by_tags"])
        before = read_key(client, lost, None) if lost else None
        note = "the key of old is taken back" if before else None
    if before is None and not present:  # of a run that was killed before it named its key
        lost = lost_key(client, set(aliases.values()), options["tags"], params["recover_by_tags"], (PENDING,))
        before = read_key(client, lost, None) if lost else None
    if not present:
        note = f"for good in {params['pending_window']} days, and what it encrypted with it"
        return Plan(KIND, alias, before, None, note)
    return Plan(KIND, alias, before, desired_key(options, before or {}), note)


def main():
    key = {
        "alias": {"type": "str"},
        "key_id": {"type": "str"},
        "adopt": {"type": "str"},
        "description": {"type": "str"},
        "policy": {"type": "dict"},
        "enable_key_rotation": {"type": "bool"},
        "rotation_period": {"type": "int", "default": 365},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "keys": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": key,
                "required_one_of": [("alias", "key_id")],
                "mutually_exclusive": [("alias", "key_id")],
                "no_log": False,
            },
            "recover_by_tags": {"type": "list", "elements": "str", "default": []},
            "pending_window": {"type": "int", "default": 30},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if params["state"] == "present" and any(options["key_id"] for options in params["keys"]):
        module.fail_json(msg="key_id names a key to delete; keys that are to exist are known by their alias")
    client = module.client("kms", retry_decorator=RETRY)
    try:
        aliases = list_aliases(client)
        plans = [make_plan(client, options, aliases, params) for options in params["keys"]]
        keys = {plan.name: plan.after for plan in plans}
        for plan in plans:
            if plan.changed and not module.check_mode:
                key = apply(client, plan, params["pending_window"])
                keys[plan.name] = {**plan.after, **key} if plan.after else None
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(keys=keys, **report(*plans))


if __name__ == "__main__":
    main()
