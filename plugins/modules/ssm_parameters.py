#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_parameters
short_description: Manage parameters of SSM Parameter Store
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes parameters of type String in the standard tier, any number of them in one task.
  - Values are shown by C(--diff); they are no place for secrets.
attributes:
  check_mode:
    support: full
    description: Predicts the parameters without writing them.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  parameters:
    description: The parameters. What is omitted from one is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Full name, such as V(/production/releases/7).
        type: str
        required: true
      value:
        description: The value, 1 to 4096 bytes. Required when O(state=present).
        type: str
      description:
        description: What it is for, when it is made; up to 1024 characters.
        type: str
      tags:
        description: Tags of the parameter.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(parameters[].tags) are removed.
        type: bool
        default: true
  state:
    description: Whether the parameters exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Note what runs
  realtime.aws.ssm_parameters:
    parameters:
      - name: /production/running
        value: "{{ {'version': 8, 'since': '2026-11-24T10:00:00Z'} | to_json }}"
        tags: {Environment: production}

- name: Keep two settings, and their other tags
  realtime.aws.ssm_parameters:
    parameters:
      - {name: /production/limits/orders, value: "100", tags: {Owner: platform}, purge_tags: false}
      - {name: /production/limits/users, value: "1000"}

- name: Remove both
  realtime.aws.ssm_parameters:
    parameters: [{name: /production/limits/orders}, {name: /production/limits/users}]
    state: absent
"""

RETURN = r"""
parameters:
  description: Value and tags by name; C(none) for a parameter that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"/production/limits/orders": {"value": "100", "tags": {"Owner": "platform"}}}
changes:
  description: What changes, one entry a parameter.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::SSM::Parameter", "name": "/production/limits/orders", "action": "create"}]
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
    Plan,
    desired_tags,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::SSM::Parameter"
VALUE_LIMIT = 4096  # bytes, in the standard tier
BATCH = 10  # names that one call takes


def value_fault(parameter: dict[str, Any]) -> str | None:
    """Say what AWS would refuse."""
    size = len((parameter["value"] or "").encode())
    if 1 <= size <= VALUE_LIMIT:
        return None
    return f"The value of {parameter['name']} has {size} bytes; allowed: 1 to {VALUE_LIMIT}"


def batches(names: list[str]) -> list[list[str]]:
    return [names[start : start + BATCH] for start in range(0, len(names), BATCH)]


def desired_parameter(options: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a parameter is read."""
    tags = desired_tags((before or {}).get("tags"), options["tags"], options["purge_tags"])
    return {"value": options["value"], "tags": tags}


@named("read the parameters")
def get_values(client: Any, names: list[str]) -> dict[str, str]:
    found = [each for batch in batches(names) for each in client.get_parameters(Names=batch)["Parameters"]]
    return {parameter["Name"]: parameter["Value"] for parameter in found}


@named("read a parameter's tags")
def get_tags(client: Any, name: str) -> dict[str, str]:
    answer = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return boto3_tag_list_to_ansible_dict(answer["TagList"])


@written_once("create the parameter", "ParameterAlreadyExists")
def create(client: Any, options: dict[str, Any], desired: dict[str, Any]) -> None:
    client.put_parameter(
        Name=options["name"],
        Value=desired["value"],
        Type="String",
        Tags=ansible_dict_to_boto3_tag_list(desired["tags"]),
        **({"Description": options["description"]} if options["description"] else {}),
    )


@named("change the parameter")
def update(client: Any, plan: Plan) -> None:
    if "value" in plan.changes:
        client.put_parameter(Name=plan.name, Value=plan.desired["value"], Overwrite=True)
    about = {"ResourceType": "Parameter", "ResourceId": plan.name}
    to_set, to_remove = tag_changes(plan.before["tags"], plan.desired["tags"])
    if to_set:
        client.add_tags_to_resource(**about, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.remove_tags_from_resource(**about, TagKeys=to_remove)


@named("delete the parameters")
def delete(client: Any, names: list[str]) -> None:
    for batch in batches(names):
        client.delete_parameters(Names=batch)


def apply(client: Any, options: dict[str, dict[str, Any]], plans: list[Plan]) -> None:
    for plan in plans:
        if plan.action == "create":
            create(client, options[plan.name], plan.desired)
        elif plan.action == "update":
            update(client, plan)
    delete(client, [plan.name for plan in plans if plan.action == "delete"])


def main():
    parameter = {
        "name": {"type": "str", "required": True},
        "value": {"type": "str"},
        "description": {"type": "str"},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "parameters": {"type": "list", "elements": "dict", "required": True, "options": parameter},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    present = module.params["state"] == "present"
    options = {each["name"]: each for each in module.params["parameters"]}
    if present and (faults := list(filter(None, map(value_fault, options.values())))):
        module.fail_json(msg="\n".join(faults))
    client = module.client("ssm", retry_decorator=RETRY)
    try:
        values = get_values(client, list(options))
        found = {name: {"value": value, "tags": get_tags(client, name)} for name, value in values.items()}
        plans = [
            Plan(KIND, name, found.get(name), desired_parameter(options[name], found.get(name)) if present else None)
            for name in options
        ]
        if not module.check_mode:
            apply(client, options, plans)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(parameters={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
