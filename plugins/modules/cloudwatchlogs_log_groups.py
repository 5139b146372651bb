#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatchlogs_log_groups
short_description: Manage CloudWatch Logs log groups
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes log groups, with their retention, key and tags. An attribute that is omitted is left alone.
  - Options have the names of M(amazon.aws.cloudwatchlogs_log_group), which writes in check mode, sets the key only when it
    creates a group, and deletes a group whose retention is not valid.
attributes:
  check_mode:
    support: full
    description: Predicts the log groups without writing them.
  diff_mode:
    support: full
    description: Shows the attributes that change, before and after.
options:
  log_groups:
    description: The log groups.
    type: list
    elements: dict
    required: true
    suboptions:
      log_group_name:
        description: Name of the log group.
        type: str
        required: true
      retention:
        description: Days after which events are deleted; V(0) means never.
        type: int
        choices: [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
      kms_key_id:
        description: ARN of the KMS key that encrypts the events; its policy has to name the service C(logs).
        type: str
      tags:
        description: Tags of the log group.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(log_groups[].tags) are removed.
        type: bool
        default: true
  state:
    description: Whether the log groups exist. With V(absent) their events are lost.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep the logs of a function for a month
  realtime.aws.cloudwatchlogs_log_groups:
    log_groups:
      - log_group_name: /aws/lambda/production-alert-processor
        retention: 30

- name: Encrypt two log groups, whatever their retention is
  realtime.aws.cloudwatchlogs_log_groups:
    log_groups:
      - log_group_name: /production/app
        kms_key_id: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
      - log_group_name: /production/system
        kms_key_id: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab

- name: Remove a log group
  realtime.aws.cloudwatchlogs_log_groups:
    log_groups:
      - log_group_name: /production/app
    state: absent
"""

RETURN = r"""
log_groups:
  description: The managed attributes by log group, C(none) for one that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"/production/app": {"retention": 30, "tags": {"Environment": "production"}}}
changes:
  description: What changes, one entry a log group.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Logs::LogGroup", "name": "/production/app", "action": "create"}]
"""

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::Logs::LogGroup"
WORKERS = 8
RETENTIONS = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
RETENTIONS += [1096, 1827, 2192, 2557, 2922, 3288, 3653]
# 0 means for ever.
DISRUPTS = {"retention": lambda old, new: "older events are deleted" if new and (not old or new < old) else ""}
ABSENT = "ResourceNotFoundException"


def desired_group(options: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a log group is read."""
    wanted = {key: options[key] for key in ("retention", "kms_key_id") if options[key] is not None}
    if options["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), options["tags"], options["purge_tags"])
    return wanted


@named("find the log groups")
def find_groups(client: Any, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return by name the log groups that there are, as AWS describes them: in one call, when they are of one folder."""
    folder = os.path.commonprefix(list(names))
    if len(names) > 1 and folder.count("/") > 1:
        pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=folder)
    else:  # in order: an exact match is first
        pages = (client.describe_log_groups(logGroupNamePrefix=name, limit=1) for name in names)
    return {group["logGroupName"]: group for page in pages for group in page["logGroups"]}


@missing_is_none("read the log group", ABSENT)
def read_group(client: Any, group: dict[str, Any] | None) -> dict[str, Any] | None:
    if group is None:
        return None
    arn = group["arn"].removesuffix(":*")  # the form that the tagging calls take
    return {
        "arn": arn,
        "retention": group.get("retentionInDays", 0),
        "kms_key_id": group.get("kmsKeyId", ""),
        "tags": client.list_tags_for_resource(resourceArn=arn)["tags"],
    }


@written_once("create the log group", "ResourceAlreadyExistsException")
def create_group(client: Any, plan: Plan) -> None:
    wanted = plan.desired
    extra = {"kmsKeyId": wanted["kms_key_id"]} if wanted.get("kms_key_id") else {}
    if wanted.get("tags"):  # AWS refuses an empty map
        extra["tags"] = wanted["tags"]
    client.create_log_group(logGroupName=plan.name, **extra)


@named("set the retention")
def put_retention(client: Any, name: str, days: int) -> None:
    if days:
        client.put_retention_policy(logGroupName=name, retentionInDays=days)
    else:
        client.delete_retention_policy(logGroupName=name)


@named("set the key of the log group")
def put_key(client: Any, name: str, key: str) -> None:
    if key:
        client.associate_kms_key(logGroupName=name, kmsKeyId=key)
    else:
        client.disassociate_kms_key(logGroupName=name)


@named("change the log group's tags")
def write_tags(client: Any, arn: str, before: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(before, wanted)
    if to_set:
        client.tag_resource(resourceArn=arn, tags=to_set)
    if to_remove:
        client.untag_resource(resourceArn=arn, tagKeys=to_remove)


@missing_is_none("delete the log group", ABSENT)
def delete_group(client: Any, name: str) -> None:
    client.delete_log_group(logGroupName=name)


def update_group(client: Any, plan: Plan) -> None:
    changes = plan.changes
    if "retention" in changes:
        put_retention(client, plan.name, changes["retention"])
    if "kms_key_id" in changes:
        put_key(client, plan.name, changes["kms_key_id"])
    if "tags" in changes:
        write_tags(client, plan.before["arn"], plan.before["tags"], changes["tags"])


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_group(client, plan.name)
    elif plan.action == "create":
        create_group(client, plan)
        if plan.desired.get("retention"):
            put_retention(client, plan.name, plan.desired["retention"])
    elif plan.changed:
        update_group(client, plan)


def argument_spec() -> dict[str, Any]:
    group = {
        "log_group_name": {"type": "str", "required": True},
        "retention": {"type": "int", "choices": RETENTIONS},
        "kms_key_id": {"type": "str", "no_log": False},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
    }
    return {
        "log_groups": {"type": "list", "elements": "dict", "required": True, "options": group},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    present = module.params["state"] == "present"
    groups = {group["log_group_name"]: group for group in module.params["log_groups"]}
    client = module.client("logs", retry_decorator=RETRY)
    try:
        there = find_groups(client, groups)
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            found = dict(zip(groups, pool.map(lambda name: read_group(client, there.get(name)), groups)))
        plans = [
            Plan(KIND, name, before, desired_group(groups[name], before or {}) if present else None, disrupts=DISRUPTS)
            for name, before in found.items()
        ]
        if not module.check_mode:
            for plan in plans:
                apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(log_groups={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
