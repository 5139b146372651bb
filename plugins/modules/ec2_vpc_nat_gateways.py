#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_nat_gateways
short_description: Manage NAT gateways and their addresses
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, tags and deletes public NAT gateways, each with an elastic IP of its own. They are made side by side and waited for together.
  - A NAT gateway is known by its subnet, so that a second run never makes another one (IDM-2). An address that an
    interrupted run left without a gateway is used again.
attributes:
  check_mode:
    support: full
    description: Predicts the gateways without making them; VPC and subnets may be stand-ins.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  nat_gateways:
    description: The NAT gateways that exist after the run; others are left alone. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: The tag C(Name) of the gateway and of its address.
        type: str
        required: true
      subnet_id:
        description: The public subnet that it is in.
        type: str
        required: true
  nat_gateway_ids:
    description: With O(state=absent), the gateways to delete.
    type: list
    elements: str
    default: []
  allocation_ids:
    description: With O(state=absent), the addresses to release, when the gateways are gone.
    type: list
    elements: str
    default: []
  tags:
    description: Tags of all the gateways and addresses.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  wait:
    description: Whether to wait until the gateways are available. Their removal always waits.
    type: bool
    default: true
  wait_timeout:
    description: How long the gateways may take to be available, or to be gone, in seconds.
    type: int
    default: 600
  state:
    description: Whether the NAT gateways exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have a NAT gateway in each zone
  realtime.aws.ec2_vpc_nat_gateways:
    vpc_id: vpc-0a1b2c3d4e5f60718
    nat_gateways:
      - {name: production-nat-us-east-1a, subnet_id: subnet-0a1b2c3d4e5f60718}
      - {name: production-nat-us-east-1b, subnet_id: subnet-0b1c2d3e4f5a60718}
    tags: {Environment: production}

- name: Remove one, and its address
  realtime.aws.ec2_vpc_nat_gateways:
    vpc_id: vpc-0a1b2c3d4e5f60718
    nat_gateway_ids: [nat-0a1b2c3d4e5f60718]
    allocation_ids: [eipalloc-0a1b2c3d4e5f60718]
    state: absent
"""

RETURN = r"""
nat_gateways:
  description: Id, allocation and public address by subnet, of those that exist.
  returned: success
  type: dict
  sample: {"subnet-0a1b2c3d4e5f60718": {"id": "nat-0a1b2c3d4e5f60718", "allocation_id": "eipalloc-0a1b2c3d", "public_ip": "203.0.113.7"}}
changes:
  description: What changes, one entry a gateway and one an address.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::NatGateway", "name": "production-nat-us-east-1a", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import create_or_find
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    LINGERING,
    in_vpc,
    side_by_side,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

NAT = "AWS::EC2::NatGateway"
ADDRESS = "AWS::EC2::EIP"
ALIVE = ("pending", "available")
SETTLING = ["InvalidAllocationID.NotFound", "InvalidSubnetID.NotFound"]  # what was made a moment ago
# AWS says AuthFailure of an address that a gateway on its way out still holds.
HELD = ["InvalidIPAddress.InUse", "AuthFailure"]


def normalize_nat(nat: dict[str, Any]) -> dict[str, Any]:
    address = next((each for each in nat["NatGatewayAddresses"] if each.get("AllocationId")), {})
    return {
        "id": nat["NatGatewayId"],
        "subnet_id": nat["SubnetId"],
        "state": nat["State"],
        "allocation_id": address.get("AllocationId"),
        "public_ip": address.get("PublicIp"),
        "tags": tags_of(nat),
    }


def normalize_address(address: dict[str, Any]) -> dict[str, Any]:
    return {
        "allocation_id": address["AllocationId"],
        "public_ip": address["PublicIp"],
        "loose": "AssociationId" not in address,
        "tags": tags_of(address),
    }


def living_nats(client: Any, vpc_id: str) -> list[dict[str, Any]]:
    found = in_vpc(client, "describe_nat_gateways", "NatGateways", vpc_id, argument="Filter")
    return [normalize_nat(nat) for nat in found if nat["State"] in ALIVE]


@named("read the addresses")
def read_addresses(client: Any) -> dict[str, dict[str, Any]]:
    found = [normalize_address(each) for each in client.describe_addresses()["Addresses"] if each.get("AllocationId")]
    return {address["allocation_id"]: address for address in found}


def find_address(
    nat: dict[str, Any] | None, addresses: dict[str, dict[str, Any]], tags: dict[str, str]
) -> dict[str, Any] | None:
    """Return the gateway's address, or a loose one with these very tags."""
    if nat:
        return addresses.get(nat["allocation_id"])
    loose = [each for each in addresses.values() if each["loose"] and tags.items() <= each["tags"].items()]
    return loose[0] if loose else None


def make_plans(client: Any, params: dict[str, Any]) -> list[tuple[Plan, Plan]]:
    """Return the plans for each gateway and its address."""
    nats = {nat["subnet_id"]: nat for nat in living_nats(client, params["vpc_id"])}
    addresses = read_addresses(client)
    plans = []
    for options in params["nat_gateways"]:
        tags = {**params["tags"], "Name": options["name"]}
        nat = nats.get(options["subnet_id"])
        address = find_address(nat, addresses, tags)
        wanted = {"subnet_id": options["subnet_id"], "tags": wanted_tags(nat, tags, params)}
        wanted_address = {"tags": wanted_tags(address, tags, params)}
        if nat and not address:
            wanted_address = None  # a gateway without an address of ours is somebody else's idea; it gets no second one
        plans.append((Plan(NAT, options["name"], nat, wanted), Plan(ADDRESS, options["name"], address, wanted_address)))
    return plans


def wanted_tags(found: dict[str, Any] | None, tags: dict[str, str], params: dict[str, Any]) -> dict[str, str]:
    return desired_tags((found or {}).get("tags"), tags, params["purge_tags"])


@named("allocate an address")
def allocate(client: Any, tags: dict[str, str]) -> str:
    def create() -> str:
        return client.allocate_address(Domain="vpc", **tagged("elastic-ip", tags))["AllocationId"]

    def find() -> str | None:
        found = find_address(None, read_addresses(client), tags)
        return found["allocation_id"] if found else None

    return create_or_find(create, find)


@named("create the NAT gateway")
def create_nat(client: Any, subnet_id: str, allocation_id: str, tags: dict[str, str]) -> str:
    def create() -> str:
        made = client.create_nat_gateway(
            SubnetId=subnet_id,
            AllocationId=allocation_id,
            **tagged("natgateway", tags),
        )
        return made["NatGateway"]["NatGatewayId"]

    return retry_on(SETTLING, create, timeout=60)


def apply(client: Any, nat: Plan, address: Plan) -> str:
    """Do what the plans say, without waiting; return the gateway's id."""
    allocation_id = ""
    if address.action == "create":
        allocation_id = allocate(client, address.desired["tags"])
    elif address.before:
        allocation_id = address.before["allocation_id"]
        write_tags(client, allocation_id, address.before["tags"], address.desired["tags"])
    if nat.action == "create":
        return create_nat(client, nat.desired["subnet_id"], allocation_id, nat.desired["tags"])
    write_tags(client, nat.before["id"], nat.before["tags"], nat.desired["tags"])
    return nat.before["id"]


@named("read the NAT gateways")
def describe_nats(client: Any, ids: list[str]) -> list[dict[str, Any]]:
    try:
        return client.describe_nat_gateways(NatGatewayIds=ids)["NatGateways"]
    except is_boto3_error_code("NatGatewayNotFound"):
        return []


def wait_available(client: Any, ids: list[str], timeout: int) -> None:
    def available() -> bool:
        found = describe_nats(client, ids)
        for nat in found:
            if nat["State"] not in ALIVE:
                reason = nat.get("FailureMessage", "somebody deletes it")
                raise AnsibleAWSError(message=f"NAT gateway {nat['NatGatewayId']} is {nat['State']}: {reason}")
        return len(found) == len(ids) and all(nat["State"] == "available" for nat in found)

    wait_until("the NAT gateways to be available", available, timeout, typical="2 to 3 min")


@missing_is_none("delete the NAT gateway", "NatGatewayNotFound")
def delete_nat(client: Any, nat_id: str) -> None:
    client.delete_nat_gateway(NatGatewayId=nat_id)


@missing_is_none("release the address", "InvalidAllocationID.NotFound")
def release(client: Any, allocation_id: str) -> None:
    retry_on(HELD, lambda: client.release_address(AllocationId=allocation_id), timeout=LINGERING)


def removal_plans(client: Any, params: dict[str, Any]) -> tuple[list[Plan], list[Plan]]:
    nats = [nat for nat in living_nats(client, params["vpc_id"]) if nat["id"] in params["nat_gateway_ids"]]
    addresses = [each for key, each in read_addresses(client).items() if key in params["allocation_ids"]]
    return (
        [Plan(NAT, nat["tags"].get("Name", nat["id"]), nat, None) for nat in nats],
        [Plan(ADDRESS, each["tags"].get("Name", each["allocation_id"]), each, None) for each in addresses],
    )


def remove(client: Any, nats: list[Plan], addresses: list[Plan], timeout: int) -> None:
    ids = [nat.before["id"] for nat in nats]
    side_by_side(lambda nat_id: delete_nat(client, nat_id), ids)

    def gone() -> bool:
        return all(nat["State"] == "deleted" for nat in describe_nats(client, ids))

    if ids:
        wait_until("the NAT gateways to be gone", gone, timeout, typical="1 to 2 min")
    side_by_side(lambda address: release(client, address.before["allocation_id"]), addresses)


def main():
    nat_gateway = {"name": {"type": "str", "required": True}, "subnet_id": {"type": "str", "required": True}}
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "nat_gateways": {"type": "list", "elements": "dict", "options": nat_gateway},
            "nat_gateway_ids": {"type": "list", "elements": "str", "default": []},
            "allocation_ids": {"type": "list", "elements": "str", "default": []},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 600},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["nat_gateways"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        if params["state"] == "absent":
            nats, addresses = removal_plans(client, params)
            if not module.check_mode:
                remove(client, nats, addresses, params["wait_timeout"])
            module.exit_json(nat_gateways={}, **report(*nats, *addresses))
        pairs = make_plans(client, params)
        plans = [plan for pair in pairs for plan in pair]
        found = {nat.before["subnet_id"]: nat.before for nat, _address in pairs if nat.before}
        if not module.check_mode:
            ids = side_by_side(lambda pair: apply(client, *pair), pairs)
            made = [nat_id for nat_id, (nat, _address) in zip(ids, pairs) if nat.action == "create"]
            await_listed(
                made,
                lambda: in_vpc(client, "describe_nat_gateways", "NatGateways", params["vpc_id"], argument="Filter"),
            )
            started = any(nat.action == "create" or nat.before["state"] == "pending" for nat, _address in pairs)
            if params["wait"] and started:
                wait_available(client, ids, params["wait_timeout"])
            if started:
                found = {nat["subnet_id"]: nat for nat in living_nats(client, params["vpc_id"])}
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    wanted = [options["subnet_id"] for options in params["nat_gateways"]]
    shown = {
        subnet: {key: found[subnet][key] for key in ("id", "allocation_id", "public_ip")}
        for subnet in wanted
        if subnet in found
    }
    module.exit_json(nat_gateways=shown, **report(*plans))


if __name__ == "__main__":
    main()
