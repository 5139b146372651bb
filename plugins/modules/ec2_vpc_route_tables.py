#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_route_tables
short_description: Manage route tables of a VPC
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes route tables, several at once.
  - A table is known by its tag C(Name), and, when nobody has that name any more, by the subnets that use it.
  - Routes to CIDRs that are not listed are removed; the local route, propagated routes and those of gateway endpoints stay.
attributes:
  check_mode:
    support: full
    description: Predicts the tables without writing them; VPC, subnets and gateways may be stand-ins.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  route_tables:
    description: The route tables that exist after the run; others are left alone. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      subnet_ids:
        description: Subnets that use this table, taken from another table if need be. Others that use it go on doing so.
        type: list
        elements: str
        default: []
      routes:
        description: Targets by destination CIDR; a target is the id of an internet or NAT gateway.
        type: dict
        default: {}
  route_table_ids:
    description: With O(state=absent), the tables to delete.
    type: list
    elements: str
    default: []
  lookup_tags:
    description: The tags by which a table is known, beside its name; a part of O(tags). A table of the same name without them is left alone.
    type: dict
    default: {}
  tags:
    description: Tags of all the tables.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the route tables exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Route public subnets to the internet, and private ones through a NAT gateway
  realtime.aws.ec2_vpc_route_tables:
    vpc_id: vpc-0a1b2c3d4e5f60718
    route_tables:
      - name: production-public
        subnet_ids: [subnet-0a1b2c3d4e5f60718]
        routes: {0.0.0.0/0: igw-0a1b2c3d4e5f60718}
      - name: production-private
        subnet_ids: [subnet-0b1c2d3e4f5a60718]
        routes: {0.0.0.0/0: nat-0a1b2c3d4e5f60718}

- name: Have a table for subnets that talk to nobody outside
  realtime.aws.ec2_vpc_route_tables:
    vpc_id: vpc-0a1b2c3d4e5f60718
    route_tables:
      - name: production-database
        subnet_ids: [subnet-0c1d2e3f4a5b60718]

- name: Remove a table
  realtime.aws.ec2_vpc_route_tables:
    vpc_id: vpc-0a1b2c3d4e5f60718
    route_table_ids: [rtb-0a1b2c3d4e5f60718]
    state: absent
"""

RETURN = r"""
route_table_ids:
  description: The tables' ids by name, of those that exist.
  returned: success
  type: dict
  sample: {"production-public": "rtb-0a1b2c3d4e5f60718"}
changes:
  description: What changes, one entry a table.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::RouteTable", "name": "production-public", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    when_removed,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    delete_when_free,
    in_vpc,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::EC2::RouteTable"
DISRUPTS = {"routes": when_removed("connections over a target that goes are cut")}
# What was made a moment ago.
SETTLING = [
    "InvalidVpcID.NotFound",
    "InvalidRouteTableID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidGatewayID.NotFound",
    "InvalidNatGatewayID.NotFound",
]
TARGETS = ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId")


def normalize_table(table: dict[str, Any]) -> dict[str, Any]:
    routes = {
        route["DestinationCidrBlock"]: next((route[key] for key in TARGETS if route.get(key)), "")
        for route in table["Routes"]
        if "DestinationCidrBlock" in route and route.get("Origin", "CreateRoute") == "CreateRoute"
    }
    used = {each["SubnetId"]: each["RouteTableAssociationId"] for each in table["Associations"] if each.get("SubnetId")}
    return {
        "id": table["RouteTableId"],
        "routes": routes,
        "subnet_ids": sorted(used),
        "associations": used,
        "tags": tags_of(table),
    }


def match(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> dict[str, dict[str, Any] | None]:
    """Return the table of each wanted one by name: that of the name, or else an unclaimed one that its subnets use."""
    by_name = {table["tags"].get("Name"): table for table in found}
    matched = {options["name"]: by_name.get(options["name"]) for options in wanted}
    claimed = {table["id"] for table in matched.values() if table}
    for options in wanted:
        using = [
            table
            for table in found
            if table["id"] not in claimed and set(table["subnet_ids"]) & set(options["subnet_ids"])
        ]
        if matched[options["name"]] is None and using:
            matched[options["name"]] = using[0]
            claimed.add(using[0]["id"])
    return matched


def make_plan(options: dict[str, Any], before: dict[str, Any] | None, params: dict[str, Any]) -> Plan:
    current = before or {"subnet_ids": [], "tags": {}}
    tags = {**params["tags"], "Name": options["name"]}
    desired = {
        "routes": options["routes"],
        "subnet_ids": sorted({*current["subnet_ids"], *options["subnet_ids"]}),
        "tags": desired_tags(current["tags"], tags, params["purge_tags"]),
    }
    return Plan(KIND, options["name"], before, desired, disrupts=DISRUPTS)


@named("create the route table")
def create_table(client: Any, vpc_id: str, tags: dict[str, str]) -> str:
    made = retry_on(
        SETTLING, lambda: client.create_route_table(VpcId=vpc_id, **tagged("route-table", tags)), timeout=30
    )
    return made["RouteTable"]["RouteTableId"]


@written_once("write the route", "RouteAlreadyExists")
def write_route(client: Any, table_id: str, cidr: str, target: str, exists: bool) -> None:
    write = client.replace_route if exists else client.create_route
    kind = "NatGatewayId" if target.startswith("nat-") else "GatewayId"
    kwargs = {"RouteTableId": table_id, "DestinationCidrBlock": cidr, kind: target}
    retry_on(SETTLING, lambda: write(**kwargs), timeout=60)


@missing_is_none("delete the route", "InvalidRoute.NotFound")
def delete_route(client: Any, table_id: str, cidr: str) -> None:
    client.delete_route(RouteTableId=table_id, DestinationCidrBlock=cidr)


@written_once("let the subnet use the route table", "Resource.AlreadyAssociated", "InvalidAssociationID.NotFound")
def associate(client: Any, table_id: str, subnet_id: str, association: str | None) -> None:
    """Take the subnet over in one step when it uses another table: it is never without a route."""

    def call() -> None:
        if association:
            client.replace_route_table_association(AssociationId=association, RouteTableId=table_id)
        else:
            client.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)

    retry_on(SETTLING, call, timeout=30)


def apply(client: Any, vpc_id: str, plan: Plan, associations: dict[str, str]) -> str:
    """Do what the plan says; return the table's id. Routes come before the subnets that need them."""
    before = plan.before or {"routes": {}, "subnet_ids": [], "tags": plan.desired["tags"]}
    table_id = plan.before["id"] if plan.before else create_table(client, vpc_id, plan.desired["tags"])
    write_tags(client, table_id, before["tags"], plan.desired["tags"])
    for cidr, target in plan.desired["routes"].items():
        if before["routes"].get(cidr) != target:
            write_route(client, table_id, cidr, target, exists=cidr in before["routes"])
    for cidr in set(before["routes"]) - set(plan.desired["routes"]):
        delete_route(client, table_id, cidr)
    for subnet_id in plan.desired["subnet_ids"]:
        if subnet_id not in before["subnet_ids"]:
            associate(client, table_id, subnet_id, associations.get(subnet_id))
    return table_id


@missing_is_none("release the subnet", "InvalidAssociationID.NotFound")
def disassociate(client: Any, association: str) -> None:
    client.disassociate_route_table(AssociationId=association)


def remove(client: Any, plan: Plan) -> None:
    for association in plan.before["associations"].values():
        disassociate(client, association)
    table_id = plan.before["id"]
    delete_when_free(
        f"route table {table_id}",
        "InvalidRouteTableID.NotFound",
        lambda: client.delete_route_table(RouteTableId=table_id),
    )


def main():
    route_table = {
        "name": {"type": "str", "required": True},
        "subnet_ids": {"type": "list", "elements": "str", "default": []},
        "routes": {"type": "dict", "default": {}},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "route_tables": {"type": "list", "elements": "dict", "options": route_table},
            "route_table_ids": {"type": "list", "elements": "str", "default": []},
            "lookup_tags": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["route_tables"])],
        supports_check_mode=True,
    )
    params, vpc_id = module.params, module.params["vpc_id"]
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        found = [normalize_table(table) for table in in_vpc(client, "describe_route_tables", "RouteTables", vpc_id)]
        if params["state"] == "absent":
            doomed = [table for table in found if table["id"] in params["route_table_ids"]]
            plans = [Plan(KIND, table["tags"].get("Name", table["id"]), table, None) for table in doomed]
            for plan in [] if module.check_mode else plans:
                remove(client, plan)
            module.exit_json(route_table_ids={}, **report(*plans))

        ours = [table for table in found if params["lookup_tags"].items() <= table["tags"].items()]
        matched = match(params["route_tables"], ours)
        plans = [make_plan(options, matched[options["name"]], params) for options in params["route_tables"]]
        ids = {plan.name: plan.before["id"] for plan in plans if plan.before}
        associations = {subnet: key for table in found for subnet, key in table["associations"].items()}
        for plan in [] if module.check_mode else plans:
            ids[plan.name] = apply(client, vpc_id, plan, associations)
        if not module.check_mode:
            made = [ids[plan.name] for plan in plans if plan.action == "create"]
            await_listed(made, lambda: in_vpc(client, "describe_route_tables", "RouteTables", vpc_id))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(route_table_ids=ids, **report(*plans))


if __name__ == "__main__":
    main()
