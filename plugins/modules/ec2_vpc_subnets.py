#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_subnets
short_description: Manage subnets of a VPC
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes subnets, several at once. The options of a subnet have the names of M(amazon.aws.ec2_vpc_subnet).
  - A subnet is known by its CIDR, which nobody can change. Subnets of the VPC that are not listed are left alone.
attributes:
  check_mode:
    support: full
    description: Predicts the subnets without writing them; the VPC may be a stand-in.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  subnets:
    description: The subnets that exist after the run; others are left alone. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      cidr:
        description: The subnet's IPv4 range.
        type: str
        required: true
      az:
        description: Its availability zone. AWS can't change it.
        type: str
        required: true
      map_public:
        description: Whether instances get a public address when they are launched in it.
        type: bool
        default: false
      tags:
        description: Tags of this subnet, beside O(tags).
        type: dict
        default: {}
  subnet_ids:
    description: With O(state=absent), the subnets to delete.
    type: list
    elements: str
    default: []
  tags:
    description: Tags of all the subnets.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the subnets exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have two public subnets
  realtime.aws.ec2_vpc_subnets:
    vpc_id: vpc-0a1b2c3d4e5f60718
    subnets:
      - {cidr: 10.0.1.0/24, az: us-east-1a, map_public: true, tags: {Name: public-a}}
      - {cidr: 10.0.2.0/24, az: us-east-1b, map_public: true, tags: {Name: public-b}}
    tags: {Environment: production}

- name: Remove one of them
  realtime.aws.ec2_vpc_subnets:
    vpc_id: vpc-0a1b2c3d4e5f60718
    subnet_ids: [subnet-0a1b2c3d4e5f60718]
    state: absent
"""

RETURN = r"""
subnet_ids:
  description: The wanted subnets' ids by CIDR, of those that exist.
  returned: success
  type: dict
  sample: {"10.0.1.0/24": "subnet-0a1b2c3d4e5f60718"}
changes:
  description: What changes, one entry a subnet.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::Subnet", "name": "public-a", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    named,
    report,
    retry_on,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    delete_when_free,
    in_vpc,
    side_by_side,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::EC2::Subnet"
SETTLING = ["InvalidVpcID.NotFound", "InvalidSubnetID.NotFound"]  # what was made a moment ago


def normalize_subnet(subnet: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": subnet["SubnetId"],
        "cidr": subnet["CidrBlock"],
        "az": subnet["AvailabilityZone"],
        "map_public": subnet["MapPublicIpOnLaunch"],
        "tags": tags_of(subnet),
    }


def make_plan(options: dict[str, Any], before: dict[str, Any] | None, params: dict[str, Any]) -> Plan:
    tags = {**params["tags"], **options["tags"]}
    name = tags.get("Name", options["cidr"])
    if before and before["az"] != options["az"]:
        message = f"{before['id']} ({options['cidr']}) is in {before['az']}, and AWS can't move it to {options['az']}"
        raise AnsibleAWSError(message=message)
    current = before["tags"] if before else {}
    desired = {key: options[key] for key in ("cidr", "az", "map_public")}
    return Plan(KIND, name, before, {**desired, "tags": desired_tags(current, tags, params["purge_tags"])})


@named("find the subnet")
def find_subnet(client: Any, vpc_id: str, cidr: str) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "cidr-block", "Values": [cidr]}]
    return client.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]


def create_subnet(client: Any, vpc_id: str, plan: Plan) -> str:
    desired = plan.desired

    @written_once(f"create subnet {plan.name}", "InvalidSubnet.Conflict")
    def create() -> str:
        kwargs = {"VpcId": vpc_id, "CidrBlock": desired["cidr"], "AvailabilityZone": desired["az"]}
        made = retry_on(
            SETTLING, lambda: client.create_subnet(**kwargs, **tagged("subnet", desired["tags"])), timeout=30
        )
        return made["Subnet"]["SubnetId"]

    return create() or find_subnet(client, vpc_id, desired["cidr"])


@named("set whether the subnet gives public addresses")
def write_map_public(client: Any, subnet_id: str, value: bool) -> None:
    kwargs = {"SubnetId": subnet_id, "MapPublicIpOnLaunch": {"Value": value}}
    retry_on(SETTLING, lambda: client.modify_subnet_attribute(**kwargs), timeout=30)


def apply(client: Any, vpc_id: str, plan: Plan) -> str:
    """Do what the plan says; return the subnet's id."""
    if plan.action == "create":
        subnet_id = create_subnet(client, vpc_id, plan)
        if plan.desired["map_public"]:
            write_map_public(client, subnet_id, True)
        return subnet_id
    write_tags(client, plan.before["id"], plan.before["tags"], plan.desired["tags"])
    if "map_public" in plan.changes:
        write_map_public(client, plan.before["id"], plan.desired["map_public"])
    return plan.before["id"]


def delete_subnet(client: Any, plan: Plan) -> None:
    subnet = plan.before["id"]
    delete_when_free(f"subnet {subnet}", "InvalidSubnetID.NotFound", lambda: client.delete_subnet(SubnetId=subnet))


def main():
    subnet = {
        "cidr": {"type": "str", "required": True},
        "az": {"type": "str", "required": True},
        "map_public": {"type": "bool", "default": False},
        "tags": {"type": "dict", "default": {}},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "subnets": {"type": "list", "elements": "dict", "options": subnet},
            "subnet_ids": {"type": "list", "elements": "str", "default": []},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["subnets"])],
        supports_check_mode=True,
    )
    params, vpc_id = module.params, module.params["vpc_id"]
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        found = [normalize_subnet(each) for each in in_vpc(client, "describe_subnets", "Subnets", vpc_id)]
        if params["state"] == "absent":
            doomed = [each for each in found if each["id"] in params["subnet_ids"]]
            plans = [Plan(KIND, each["tags"].get("Name", each["cidr"]), each, None) for each in doomed]
            if not module.check_mode:
                side_by_side(lambda plan: delete_subnet(client, plan), plans)
            module.exit_json(subnet_ids={}, **report(*plans))

        by_cidr = {each["cidr"]: each for each in found}
        plans = [make_plan(options, by_cidr.get(options["cidr"]), params) for options in params["subnets"]]
        ids = [plan.before and plan.before["id"] for plan in plans]
        if not module.check_mode:
            ids = side_by_side(lambda plan: apply(client, vpc_id, plan), plans)
            made = [subnet_id for plan, subnet_id in zip(plans, ids) if plan.action == "create"]
            await_listed(made, lambda: in_vpc(client, "describe_subnets", "Subnets", vpc_id))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    known = {plan.desired["cidr"]: subnet_id for plan, subnet_id in zip(plans, ids) if subnet_id}
    module.exit_json(subnet_ids=known, **report(*plans))


if __name__ == "__main__":
    main()
