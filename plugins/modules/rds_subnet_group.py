#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_subnet_group
short_description: Manage an RDS subnet group
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes the group of subnets that databases live in.
  - Options have the names of M(amazon.aws.rds_subnet_group), which tells nothing of what changes.
attributes:
  check_mode:
    support: full
    description: Predicts the group without writing it.
  diff_mode:
    support: full
    description: Shows subnets, description and tags before and after.
options:
  name:
    description: Name of the group; 1 to 255 lower-case letters, digits, hyphens, underscores and dots.
    type: str
    required: true
  description:
    description: What it is for. Required when O(state=present).
    type: str
  subnets:
    description: IDs of its subnets, in two availability zones or more. Required when O(state=present).
    type: list
    elements: str
  tags:
    description: Tags of the group; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the group exists. One that a database is in can't be removed.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep databases in two zones
  realtime.aws.rds_subnet_group:
    name: production-db-subnet-group
    description: Database subnets of production
    subnets: [subnet-0a1b2c3d4e5f60718, subnet-0b1c2d3e4f5061728]

- name: Do the same, and leave tags of others alone
  realtime.aws.rds_subnet_group:
    name: production-db-subnet-group
    description: Database subnets of production
    subnets: [subnet-0a1b2c3d4e5f60718, subnet-0b1c2d3e4f5061728]
    tags: {Environment: production}
    purge_tags: false

- name: Remove the group
  realtime.aws.rds_subnet_group:
    name: production-db-subnet-group
    state: absent
"""

RETURN = r"""
subnet_group:
  description: The group, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  contains:
    description:
      description: What it is for.
      type: str
      sample: Database subnets of production
    subnets:
      description: IDs of its subnets, in order.
      type: list
      elements: str
      sample: [subnet-0a1b2c3d4e5f60718, subnet-0b1c2d3e4f5061728]
    tags:
      description: Its tags.
      type: dict
      sample: {"Environment": "production"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::RDS::DBSubnetGroup", "name": "production-db-subnet-group", "action": "create"}]
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
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::RDS::DBSubnetGroup"
ABSENT = ("DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound")


def desired_group(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the group as it is wanted."""
    return {
        "description": params["description"],
        "subnets": sorted(params["subnets"]),
        "tags": desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"]),
    }


@missing_is_none("read the subnet group", *ABSENT)
def get_group(client: Any, name: str) -> dict[str, Any] | None:
    (group,) = client.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"]
    tags = client.list_tags_for_resource(ResourceName=group["DBSubnetGroupArn"])["TagList"]
    return {
        "arn": group["DBSubnetGroupArn"],
        "description": group["DBSubnetGroupDescription"],
        "subnets": sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"]),
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


@written_once("create the subnet group", "DBSubnetGroupAlreadyExists")
def create_group(client: Any, name: str, wanted: dict[str, Any]) -> None:
    client.create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=wanted["description"],
        SubnetIds=wanted["subnets"],
        Tags=ansible_dict_to_boto3_tag_list(wanted["tags"]),
    )


@named("change the subnet group")
def update_group(client: Any, plan: Plan) -> None:
    if plan.changes.keys() - {"tags"}:
        client.modify_db_subnet_group(
            DBSubnetGroupName=plan.name,
            DBSubnetGroupDescription=plan.desired["description"],
            SubnetIds=plan.desired["subnets"],
        )
    to_set, to_remove = tag_changes(plan.before["tags"], plan.desired["tags"])
    arn = plan.before["arn"]
    if to_set:
        client.add_tags_to_resource(ResourceName=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=to_remove)


@missing_is_none("delete the subnet group", *ABSENT)
def delete_group(client: Any, name: str) -> None:
    client.delete_db_subnet_group(DBSubnetGroupName=name)


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_group(client, plan.name)
    elif plan.action == "create":
        create_group(client, plan.name, plan.desired)
    elif plan.changed:
        update_group(client, plan)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "subnets": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["description", "subnets"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("rds", retry_decorator=RETRY)
    try:
        before = get_group(client, params["name"])
        plan = Plan(
            KIND, params["name"], before, desired_group(before, params) if params["state"] == "present" else None
        )
        if not module.check_mode:
            apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(subnet_group=plan.after, **report(plan))


if __name__ == "__main__":
    main()
