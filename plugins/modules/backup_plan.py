#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_plan
short_description: Manage a plan of AWS Backup and what it backs up
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a backup plan with its rules and its selections.
  - Options have the names of M(amazon.aws.backup_plan) and M(amazon.aws.backup_selection), which take the defaults that AWS
    adds to a rule for a change.
attributes:
  check_mode:
    support: full
    description: Predicts the plan without writing it.
  diff_mode:
    support: full
    description: Shows rules, selections and tags before and after.
options:
  backup_plan_name:
    description: Name of the plan; 1 to 50 letters, digits, hyphens, underscores and dots.
    type: str
    required: true
  rules:
    description: When backups are made, where they go and how long they are kept.
    type: list
    elements: dict
    default: []
    suboptions:
      rule_name:
        description: Name of the rule.
        type: str
        required: true
      target_backup_vault_name:
        description: Name of the vault.
        type: str
        required: true
      schedule_expression:
        description: When backups start, as a C(cron) expression in UTC.
        type: str
        required: true
      start_window_minutes:
        description: Within how many minutes a backup has to start; at least 60.
        type: int
        default: 480
      completion_window_minutes:
        description: Within how many minutes a backup has to be complete.
        type: int
        default: 10080
      delete_after_days:
        description: After how many days a backup is deleted.
        type: int
        required: true
  selections:
    description: What is backed up.
    type: list
    elements: dict
    default: []
    suboptions:
      selection_name:
        description: Name of the selection.
        type: str
        required: true
      iam_role_arn:
        description: ARN of the role that AWS Backup works with.
        type: str
        required: true
      resources:
        description: ARNs of the resources; C(*) may stand for a part.
        type: list
        elements: str
        required: true
  tags:
    description: Tags of the plan; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the plan exists. The backups it made stay in any case.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Back up a database every day and keep it for five weeks
  realtime.aws.backup_plan:
    backup_plan_name: production-database
    rules:
      - rule_name: daily
        target_backup_vault_name: production-database
        schedule_expression: cron(0 7 * * ? *)
        start_window_minutes: 60
        completion_window_minutes: 360
        delete_after_days: 35
    selections:
      - selection_name: database
        iam_role_arn: arn:aws:iam::123456789012:role/production-backup-role
        resources: [arn:aws:rds:us-east-1:123456789012:db:production-db]

- name: Suspend it by selecting nothing
  realtime.aws.backup_plan:
    backup_plan_name: production-database
    rules:
      - rule_name: daily
        target_backup_vault_name: production-database
        schedule_expression: cron(0 7 * * ? *)
        delete_after_days: 35

- name: Remove it
  realtime.aws.backup_plan:
    backup_plan_name: production-database
    state: absent
"""

RETURN = r"""
backup_plan_id:
  description: Id of the plan, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: str
  sample: 1b5c7d9e-0f21-4a43-8b65-c7d9e0f21a43
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Backup::BackupPlan", "name": "production-database", "action": "create"}]
"""

from collections.abc import Callable
from typing import Any

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::Backup::BackupPlan"
RULE = {
    "rule_name": "RuleName",
    "target_backup_vault_name": "TargetBackupVaultName",
    "schedule_expression": "ScheduleExpression",
    "start_window_minutes": "StartWindowMinutes",
    "completion_window_minutes": "CompletionWindowMinutes",
}


def normalize_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule that AWS answered by our options' names."""
    days = (rule.get("Lifecycle") or {}).get("DeleteAfterDays")
    return {**{option: rule.get(name) for option, name in RULE.items()}, "delete_after_days": days}


def build_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as AWS wants it."""
    return {
        **{name: rule[option] for option, name in RULE.items()},
        "Lifecycle": {"DeleteAfterDays": rule["delete_after_days"]},
    }


def by_name(selections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return selections as role and resources by name, for order is no matter."""
    return {
        each["selection_name"]: {"iam_role_arn": each["iam_role_arn"], "resources": sorted(each["resources"])}
        for each in selections
    }


def desired_plan(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the plan as it is wanted."""
    return {
        "rules": sorted(params["rules"], key=lambda rule: rule["rule_name"]),
        "selections": by_name(params["selections"]),
        "tags": desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"]),
    }


@named("list the backup plans")
def list_plans(client: Any) -> list[dict[str, Any]]:
    return pages(client, "list_backup_plans", "BackupPlansList")


@named("list the backup selections")
def list_selections(client: Any, plan_id: str) -> list[dict[str, Any]]:
    return pages(client, "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan_id)


@named("read the backup plan")
def read_plan(client: Any, name: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return where the plan is (id, ARN, ids of the selections) and what it is."""
    listed = list_plans(client)
    place = next(
        ({"id": p["BackupPlanId"], "arn": p["BackupPlanArn"]} for p in listed if p["BackupPlanName"] == name), None
    )
    if place is None:
        return None, None
    body = client.get_backup_plan(BackupPlanId=place["id"])["BackupPlan"]
    tags = client.list_tags(ResourceArn=place["arn"]).get("Tags") or {}
    selections = list_selections(client, place["id"])
    place["selections"] = {each["SelectionName"]: each["SelectionId"] for each in selections}
    found = [read_selection(client, place["id"], each["SelectionId"]) for each in selections]
    rules = sorted((normalize_rule(rule) for rule in body["Rules"]), key=lambda rule: rule["rule_name"])
    return place, {"rules": rules, "selections": by_name(found), "tags": tags}


@named("read the backup selection")
def read_selection(client: Any, plan_id: str, selection_id: str) -> dict[str, Any]:
    body = client.get_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)["BackupSelection"]
    return {
        "selection_name": body["SelectionName"],
        "iam_role_arn": body["IamRoleArn"],
        "resources": body.get("Resources") or [],
    }


@named("create the backup plan")
def create_plan(client: Any, name: str, rules: list[dict[str, Any]], tags: dict[str, str]) -> dict[str, Any]:
    body = {"BackupPlanName": name, "Rules": [build_rule(rule) for rule in rules]}
    answer = client.create_backup_plan(BackupPlan=body, BackupPlanTags=tags)
    return {"id": answer["BackupPlanId"], "arn": answer["BackupPlanArn"], "selections": {}}


@named("update the backup plan")
def update_plan(client: Any, plan_id: str, name: str, rules: list[dict[str, Any]]) -> None:
    body = {"BackupPlanName": name, "Rules": [build_rule(rule) for rule in rules]}
    client.update_backup_plan(BackupPlanId=plan_id, BackupPlan=body)


@named("tag the backup plan")
def tag_plan(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=to_set)
    if to_remove:
        client.untag_resource(ResourceArn=arn, TagKeyList=to_remove)


@named("select what is backed up")
def create_selection(client: Any, plan_id: str, name: str, selection: dict[str, Any]) -> bool:
    """Return whether the endpoint knows selections; one that does not answers with a bare HTTP status, no AWS error."""
    body = {"SelectionName": name, "IamRoleArn": selection["iam_role_arn"], "Resources": selection["resources"]}
    try:
        # CON-1: a role that was made a moment ago cannot be assumed at once.
        retry_on(
            ["InvalidParameterValueException"],
            lambda: client.create_backup_selection(BackupPlanId=plan_id, BackupSelection=body),
            120,
            "cannot be assumed",
        )
    except ClientError as error:
        if error.response["Error"]["Code"].isdigit():
            return False
        raise
    return True


@missing_is_none("remove a selection of the backup plan", "ResourceNotFoundException")
def delete_selection(client: Any, plan_id: str, selection_id: str) -> None:
    client.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)


@missing_is_none("delete the backup plan", "ResourceNotFoundException")
def delete_plan(client: Any, plan_id: str) -> None:
    client.delete_backup_plan(BackupPlanId=plan_id)


def apply(client: Any, plan: Plan, place: dict[str, Any] | None, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """Carry the plan out and return where it is."""
    wanted = plan.desired or {"selections": {}}
    before = plan.before or {"selections": {}}
    if plan.action == "create":
        place = create_plan(client, plan.name, wanted["rules"], wanted["tags"])
        await_listed([place["id"]], lambda: list_plans(client))
    elif plan.action == "update":
        if "rules" in plan.changes:
            update_plan(client, place["id"], plan.name, wanted["rules"])
        tag_plan(client, place["arn"], before["tags"], wanted["tags"])
    for name, selection_id in (place or {"selections": {}})["selections"].items():
        if before["selections"][name] != wanted["selections"].get(name):
            delete_selection(client, place["id"], selection_id)
    missing = {name: each for name, each in wanted["selections"].items() if before["selections"].get(name) != each}
    made = [name for name, each in missing.items() if create_selection(client, place["id"], name, each)]
    await_listed(made, lambda: list_selections(client, place["id"]))
    if len(made) < len(missing):
        warn(f"{plan.name} backs up nothing: this endpoint has no backup selections")
    if plan.action == "delete":
        delete_plan(client, place["id"])
        place = None
    return place


def main():
    text, number = {"type": "str", "required": True}, {"type": "int"}
    rule = {
        **dict.fromkeys(("rule_name", "target_backup_vault_name", "schedule_expression"), text),
        "start_window_minutes": {**number, "default": 480},
        "completion_window_minutes": {**number, "default": 10080},
        "delete_after_days": {**number, "required": True},
    }
    selection = {
        **dict.fromkeys(("selection_name", "iam_role_arn"), text),
        "resources": {"type": "list", "elements": "str", "required": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "backup_plan_name": text,
            "rules": {"type": "list", "elements": "dict", "default": [], "options": rule},
            "selections": {"type": "list", "elements": "dict", "default": [], "options": selection},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params, name = module.params, module.params["backup_plan_name"]
    client = module.client("backup", retry_decorator=RETRY)
    try:
        place, before = read_plan(client, name)
        plan = Plan(KIND, name, before, desired_plan(before, params) if params["state"] == "present" else None)
        if plan.changed and not module.check_mode:
            place = apply(client, plan, place, module.warn)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(backup_plan_id=place["id"] if place else None, **report(plan))


if __name__ == "__main__":
    main()
