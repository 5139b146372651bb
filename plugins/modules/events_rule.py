#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: events_rule
short_description: Manage an EventBridge rule and its targets
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a rule of the default event bus, with the targets that it invokes.
  - Options have the names of M(amazon.aws.cloudwatchevent_rule) where they exist. Patterns are compared as JSON values.
attributes:
  check_mode:
    support: full
    description: Predicts the rule without writing it.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  name:
    description: Name of the rule; 1 to 64 letters, digits, dots, hyphens and underscores.
    type: str
    required: true
  schedule_expression:
    description: When the rule runs, C(cron(…)) or C(rate(…)), in UTC.
    type: str
  event_pattern:
    description: Which events the rule matches.
    type: dict
  description:
    description: What the rule is for.
    type: str
    default: ""
  enabled:
    description: Whether the rule invokes its targets.
    type: bool
    default: true
  targets:
    description: What the rule invokes, all of it; other targets are removed. A function has to permit it.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Name of the target within the rule.
        type: str
        required: true
      arn:
        description: ARN of the function, queue or topic.
        type: str
        required: true
      input:
        description: What the target gets instead of the event, as JSON.
        type: str
  tags:
    description: Tags of the rule; left alone when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the rule exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Invoke a function each Sunday
  realtime.aws.events_rule:
    name: production-weekly
    schedule_expression: cron(0 8 ? * SUN *)
    targets:
      - id: exporter
        arn: arn:aws:lambda:us-east-1:123456789012:function:production-exporter

- name: Tell a topic when an instance of the group could not be launched
  realtime.aws.events_rule:
    name: production-launch-failures
    event_pattern:
      source: [aws.autoscaling]
      detail-type: [EC2 Instance Launch Unsuccessful]
      detail: {AutoScalingGroupName: [production-asg]}
    targets:
      - {id: topic, arn: "arn:aws:sns:us-east-1:123456789012:production-application-alerts"}
    tags: {Environment: production}

- name: Remove a rule
  realtime.aws.events_rule:
    name: production-weekly
    state: absent
"""

RETURN = r"""
rule:
  description: The rule, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample:
    schedule_expression: cron(0 8 ? * SUN *)
    enabled: true
    targets: [{"id": "exporter", "arn": "arn:aws:lambda:us-east-1:123456789012:function:production-exporter"}]
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Events::Rule", "name": "production-weekly", "action": "create"}]
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
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

KIND = "AWS::Events::Rule"
ABSENT = "ResourceNotFoundException"
MEMBERS = {"id": "Id", "arn": "Arn", "input": "Input"}


def normalize_rule(rule: dict[str, Any], targets: list[dict[str, Any]], tags: list[dict[str, str]]) -> dict[str, Any]:
    """Return AWS's answers as this module compares them."""
    return {
        "arn": rule["Arn"],
        "schedule_expression": rule.get("ScheduleExpression") or None,
        "event_pattern": json.loads(rule["EventPattern"]) if rule.get("EventPattern") else None,
        "description": rule.get("Description") or "",
        "enabled": rule["State"] != "DISABLED",
        "targets": by_id([{name: target.get(member) for name, member in MEMBERS.items()} for target in targets]),
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


def by_id(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the targets in order, without what is not set."""
    set_only = [{key: value for key, value in target.items() if value is not None} for target in targets]
    return sorted(set_only, key=lambda target: target["id"])


def desired_rule(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a rule is read."""
    wanted = {key: params[key] for key in ("schedule_expression", "event_pattern", "description", "enabled")}
    wanted["targets"] = by_id(params["targets"])
    if params["tags"] is not None:
        wanted["tags"] = desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"])
    return wanted


def build_rule(name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with which the rule is written."""
    request = {"Name": name, "Description": wanted["description"]}
    request["State"] = "ENABLED" if wanted["enabled"] else "DISABLED"
    if wanted["schedule_expression"]:
        request["ScheduleExpression"] = wanted["schedule_expression"]
    if wanted["event_pattern"]:
        request["EventPattern"] = json.dumps(wanted["event_pattern"])
    return request


@missing_is_none("read the rule", ABSENT)
def get_rule(client: Any, name: str) -> dict[str, Any]:
    rule = client.describe_rule(Name=name)
    targets = client.list_targets_by_rule(Rule=name)["Targets"]  # a rule has five at most
    return normalize_rule(rule, targets, client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"])


@named("write the rule")
def put_rule(client: Any, name: str, wanted: dict[str, Any], tags: dict[str, str]) -> None:
    extra = {"Tags": ansible_dict_to_boto3_tag_list(tags)} if tags else {}
    client.put_rule(**build_rule(name, wanted), **extra)


@named("write the rule's targets")
def put_targets(client: Any, name: str, targets: list[dict[str, Any]]) -> None:
    request = [{MEMBERS[key]: value for key, value in target.items()} for target in targets]
    refuse_failed(client.put_targets(Rule=name, Targets=request))


@named("remove targets of the rule")
def remove_targets(client: Any, name: str, ids: list[str]) -> None:
    refuse_failed(client.remove_targets(Rule=name, Ids=ids))


def refuse_failed(answer: dict[str, Any]) -> None:
    """Raise for entries that AWS refused within an answer that says success."""
    if answer.get("FailedEntryCount"):
        reasons = "; ".join(f"{entry['TargetId']}: {entry['ErrorMessage']}" for entry in answer["FailedEntries"])
        raise AnsibleAWSError(message=f"AWS refused {reasons}")


@named("write the rule's tags")
def write_tags(client: Any, arn: str, before: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(before, wanted)
    if to_set:
        client.tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceARN=arn, TagKeys=to_remove)


@missing_is_none("delete the rule", ABSENT)
def delete_rule(client: Any, name: str) -> None:
    client.delete_rule(Name=name)


def apply(client: Any, plan: Plan) -> None:
    old = {target["id"]: target for target in (plan.before or {}).get("targets", [])}
    new = {target["id"]: target for target in (plan.desired or {}).get("targets", [])}
    gone = sorted(set(old) - set(new))
    if gone:  # AWS deletes no rule that has targets
        remove_targets(client, plan.name, gone)
    if plan.action == "delete":
        delete_rule(client, plan.name)
        return
    if plan.action == "create":
        put_rule(client, plan.name, plan.desired, plan.desired.get("tags", {}))
    elif set(plan.changes) - {"targets", "tags"}:
        put_rule(client, plan.name, plan.desired, {})  # tags are ignored on one that exists
    if changed := [target for name, target in new.items() if old.get(name) != target]:
        put_targets(client, plan.name, changed)
    if plan.action == "update" and "tags" in plan.changes:
        write_tags(client, plan.before["arn"], plan.before["tags"], plan.desired["tags"])


def argument_spec() -> dict[str, Any]:
    target = {
        "id": {"type": "str", "required": True},
        "arn": {"type": "str", "required": True},
        "input": {"type": "str"},
    }
    return {
        "name": {"type": "str", "required": True},
        "schedule_expression": {"type": "str"},
        "event_pattern": {"type": "dict"},
        "description": {"type": "str", "default": ""},
        "enabled": {"type": "bool", "default": True},
        "targets": {"type": "list", "elements": "dict", "default": [], "options": target},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["schedule_expression", "event_pattern"], True)],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("events", retry_decorator=RETRY)
    try:
        before = get_rule(client, params["name"])
        desired = desired_rule(params, before) if params["state"] == "present" else None
        plan = Plan(KIND, params["name"], before, desired)
        if plan.changed and not module.check_mode:
            apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(rule=plan.after, **report(plan))


if __name__ == "__main__":
    main()
