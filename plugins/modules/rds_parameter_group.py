#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_parameter_group
short_description: Manage an RDS parameter group
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a parameter group. A parameter that was set and is no longer in O(params) goes back to
    the engine's default.
  - Dynamic parameters take effect at once, static ones when the instance is rebooted.
  - Options have the names of M(amazon.aws.rds_instance_param_group), which sets no parameter in check mode's prediction.
attributes:
  check_mode:
    support: full
    description: Predicts the group without writing it.
  diff_mode:
    support: full
    description: Shows the parameters and tags before and after.
options:
  name:
    description: Name of the group; 1 to 255 lower-case letters, digits and hyphens.
    type: str
    required: true
  engine:
    description: Family of the group, such as V(mysql8.4) or V(postgres17). It can't be changed. Required when O(state=present).
    type: str
  description:
    description: What it is for. It can't be changed. Required when O(state=present).
    type: str
  params:
    description: Parameters and their values, spelt as AWS stores them (C(1) and C(0) for on and off).
    type: dict
    default: {}
  tags:
    description: Tags of the group; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the group exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Demand TLS of all clients
  realtime.aws.rds_parameter_group:
    name: production-db-mysql8-4
    engine: mysql8.4
    description: Parameters of production-db
    params:
      require_secure_transport: 1

- name: Set everything back to the defaults of the engine
  realtime.aws.rds_parameter_group:
    name: production-db-postgres17
    engine: postgres17
    description: Parameters of production-db

- name: Remove the group
  realtime.aws.rds_parameter_group:
    name: production-db-mysql8-4
    state: absent
"""

RETURN = r"""
parameter_group:
  description: The group, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  contains:
    engine:
      description: Its family.
      type: str
      sample: mysql8.4
    params:
      description: The parameters that differ from the engine's defaults.
      type: dict
      sample: {"require_secure_transport": "1"}
    tags:
      description: Its tags.
      type: dict
      sample: {"Environment": "production"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::RDS::DBParameterGroup", "name": "production-db-mysql8-4", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Effect,
    Plan,
    desired_tags,
    first,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::RDS::DBParameterGroup"
AT_ONCE = 20  # parameters in one request, by AWS's limit


def parameter_value(value: Any) -> str:
    """Return the value as AWS stores it."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def desired_group(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the group as it is wanted."""
    return {
        "engine": params["engine"],
        "params": {key: parameter_value(value) for key, value in params["params"].items()},
        "tags": desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"]),
    }


@missing_is_none("read the parameter group", "DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
def describe_group(client: Any, name: str) -> dict[str, Any]:
    return first(client.describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"])


@named("read the parameters")
def read_group(client: Any, group: dict[str, Any]) -> dict[str, Any]:
    own = pages(
        client,
        "describe_db_parameters",
        "Parameters",
        DBParameterGroupName=group["DBParameterGroupName"],
        Source="user",
    )
    tags = client.list_tags_for_resource(ResourceName=group["DBParameterGroupArn"])["TagList"]
    return {
        "engine": group["DBParameterGroupFamily"],
        "params": {entry["ParameterName"]: entry["ParameterValue"] for entry in own if "ParameterValue" in entry},
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


@written_once("create the parameter group", "DBParameterGroupAlreadyExists")
def create_group(client: Any, name: str, description: str, wanted: dict[str, Any]) -> str:
    answer = client.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=wanted["engine"],
        Description=description,
        Tags=ansible_dict_to_boto3_tag_list(wanted["tags"]),
    )
    return answer["DBParameterGroup"]["DBParameterGroupArn"]


@named("read which parameters are dynamic")
def dynamic_parameters(client: Any, name: str) -> set[str]:
    every = pages(client, "describe_db_parameters", "Parameters", DBParameterGroupName=name)
    return {entry["ParameterName"] for entry in every if entry.get("ApplyType") == "dynamic"}


@named("set parameters")
def set_parameters(client: Any, name: str, to_set: dict[str, str], dynamic: set[str]) -> None:
    entries = [{**applied(key, dynamic), "ParameterValue": value} for key, value in sorted(to_set.items())]
    for start in range(0, len(entries), AT_ONCE):
        client.modify_db_parameter_group(DBParameterGroupName=name, Parameters=entries[start : start + AT_ONCE])


@named("reset parameters")
def reset_parameters(client: Any, name: str, to_reset: list[str], dynamic: set[str]) -> None:
    entries = [applied(key, dynamic) for key in to_reset]
    for start in range(0, len(entries), AT_ONCE):
        client.reset_db_parameter_group(
            DBParameterGroupName=name, ResetAllParameters=False, Parameters=entries[start : start + AT_ONCE]
        )


def reboot_effect(dynamic: set[str]) -> Effect:
    """Say which of the parameters that change are static."""

    def effect(old: dict[str, str], new: dict[str, str]) -> str:
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        static = ", ".join(sorted(changed - dynamic))
        return f"{static} waits until the instances are rebooted" if static else ""

    return effect


def applied(key: str, dynamic: set[str]) -> dict[str, str]:
    return {"ParameterName": key, "ApplyMethod": "immediate" if key in dynamic else "pending-reboot"}


@named("tag the parameter group")
def tag_group(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.add_tags_to_resource(ResourceName=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=to_remove)


@missing_is_none("delete the parameter group", "DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
def delete_group(client: Any, name: str) -> None:
    client.delete_db_parameter_group(DBParameterGroupName=name)


def apply(client: Any, plan: Plan, description: str, arn: str | None) -> None:
    if plan.action == "delete":
        delete_group(client, plan.name)
        return
    before = plan.before or {"params": {}, "tags": plan.desired["tags"]}
    if plan.action == "create":
        made = create_group(client, plan.name, description, plan.desired)
        arn = made or describe_group(client, plan.name)["DBParameterGroupArn"]
    # A parameter is set and reset by the same rules as a tag is.
    to_set, to_reset = tag_changes(before["params"], plan.desired["params"])
    if to_set or to_reset:
        dynamic = dynamic_parameters(client, plan.name)
        set_parameters(client, plan.name, to_set, dynamic)
        reset_parameters(client, plan.name, to_reset, dynamic)
    tag_group(client, arn, before["tags"], plan.desired["tags"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "engine": {"type": "str"},
            "description": {"type": "str"},
            "params": {"type": "dict", "default": {}},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["engine", "description"])],
        supports_check_mode=True,
    )
    params, name = module.params, module.params["name"]
    client = module.client("rds", retry_decorator=RETRY)
    try:
        group = describe_group(client, name)
        before = read_group(client, group) if group else None
        desired = desired_group(before, params) if params["state"] == "present" else None
        plan = Plan(KIND, name, before, desired)
        if plan.action == "update" and "params" in plan.changes:
            plan.disrupts = {"params": reboot_effect(dynamic_parameters(client, name))}
        if plan.action == "update" and "engine" in plan.changes:
            family = before["engine"]
            module.fail_json(msg=f"{name} is of the family {family} and can't be changed to {params['engine']} by AWS")
        if plan.changed and not module.check_mode:
            apply(client, plan, params["description"], group["DBParameterGroupArn"] if group else None)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(parameter_group=plan.after, **report(plan))


if __name__ == "__main__":
    main()
