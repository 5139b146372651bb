#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc
short_description: Manage a VPC and its internet gateway
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a VPC, its DNS settings and its internet gateway. The options have the names of M(amazon.aws.ec2_vpc_net).
  - The VPC is known by its id. So one that was renamed is renamed back, where M(amazon.aws.ec2_vpc_net) would make a second one.
attributes:
  check_mode:
    support: full
    description: Predicts the VPC without writing it.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  vpc_id:
    description: Id of the VPC. When it is omitted, or stands for one that does not exist yet, O(state=present) makes a VPC.
    type: str
  adopt:
    description:
      - Whether O(vpc_id) was there before, and is to be used as it is. It gets O(tags) beside those that it has, and C(Adopted=true);
        so does an internet gateway of somebody else that it has. O(cidr_block), O(dns_support), O(dns_hostnames) and O(name) don't matter then.
      - What has the tag C(Adopted=true) is not deleted by O(state=absent); it loses the tag and O(tags).
    type: bool
    default: false
  cidr_block:
    description: The VPC's IPv4 range. AWS can't change it. Required when O(state=present).
    type: str
  dns_support:
    description: Whether names are resolved in the VPC.
    type: bool
    default: true
  dns_hostnames:
    description: Whether instances with public addresses get public names; private DNS names of endpoints need it, too.
    type: bool
    default: true
  internet_gateway:
    description: Whether the VPC has an internet gateway.
    type: bool
    default: true
  tags:
    description: Tags of the VPC and of the gateway.
    type: dict
    default: {}
  name:
    description: The tag C(Name) of the VPC; that of the gateway is this with C(-igw) behind.
    type: str
    required: true
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the VPC exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a VPC
  realtime.aws.ec2_vpc:
    name: production-vpc
    cidr_block: 10.0.0.0/16
    tags: {Environment: production}

- name: Bring a VPC back to what it should be
  realtime.aws.ec2_vpc:
    vpc_id: vpc-0a1b2c3d4e5f60718
    name: production-vpc
    cidr_block: 10.0.0.0/16
    tags: {Environment: production}

- name: Use a VPC that somebody else made
  realtime.aws.ec2_vpc:
    vpc_id: vpc-0a1b2c3d4e5f60718
    adopt: true
    name: production-vpc
    cidr_block: 10.0.0.0/16
    tags: {Environment: production}

- name: Remove a VPC; what is in it has to be gone, network interfaces may linger for ten minutes
  realtime.aws.ec2_vpc:
    vpc_id: vpc-0a1b2c3d4e5f60718
    name: production-vpc
    state: absent
"""

RETURN = r"""
vpc:
  description: The VPC, C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"vpc_id": "vpc-0a1b2c3d4e5f60718", "cidr_block": "10.0.0.0/16", "dns_support": true, "dns_hostnames": true, "tags": {}}
changes:
  description: What changes, one entry for the VPC and one for the gateway.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::VPC", "name": "production-vpc", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import create_or_find, written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    ADOPTION,
    RELEASE,
    RETRY,
    Plan,
    adopting_tags,
    await_listed,
    desired_tags,
    is_adopted,
    missing_is_none,
    named,
    released_tags,
    report,
    retry_on,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    delete_when_free,
    tag_filters,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

VPC = "AWS::EC2::VPC"
GATEWAY = "AWS::EC2::InternetGateway"
SETTLING = ["InvalidVpcID.NotFound", "InvalidInternetGatewayID.NotFound"]  # what was made a moment ago
ATTRIBUTES = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}


@missing_is_none("read the VPC", "InvalidVpcID.NotFound")
def get_vpc(client: Any, vpc_id: str) -> dict[str, Any]:
    vpc = client.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    found = {"vpc_id": vpc_id, "cidr_block": vpc["CidrBlock"], "tags": tags_of(vpc)}
    for option, attribute in ATTRIBUTES.items():
        name = attribute[0].lower() + attribute[1:]
        found[option] = client.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)[attribute]["Value"]
    return found


@named("read the internet gateway")
def get_gateway(client: Any, vpc_id: str, tags: dict[str, str]) -> dict[str, Any] | None:
    """Return the gateway of the VPC, or one with these tags that an interrupted run left unattached."""
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    for filters in (attached, tag_filters(tags)):
        for gateway in client.describe_internet_gateways(Filters=filters)["InternetGateways"] if filters else []:
            vpcs = [attachment["VpcId"] for attachment in gateway["Attachments"]]
            if vpcs in ([], [vpc_id]):
                return {"id": gateway["InternetGatewayId"], "vpc_id": "".join(vpcs) or None, "tags": tags_of(gateway)}
    return None


@named("create the VPC")
def create_vpc(client: Any, desired: dict[str, Any]) -> str:
    cidr_block, tags = desired["cidr_block"], desired["tags"]

    def create() -> str:
        return client.create_vpc(CidrBlock=cidr_block, **tagged("vpc", tags))["Vpc"]["VpcId"]

    def find() -> str | None:
        filters = [{"Name": "cidr-block-association.cidr-block", "Values": [cidr_block]}, *tag_filters(tags)]
        found = client.describe_vpcs(Filters=filters)["Vpcs"]
        return found[0]["VpcId"] if found and tags else None

    vpc = create_or_find(create, find)
    client.get_waiter("vpc_available").wait(VpcIds=[vpc], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    await_listed([vpc], lambda: client.describe_vpcs(Filters=tag_filters(tags))["Vpcs"])
    return vpc


@named("set the DNS of the VPC")
def write_attributes(client: Any, vpc_id: str, changes: dict[str, Any]) -> None:
    for option, attribute in ATTRIBUTES.items():  # one a call, says AWS; support comes first
        if option in changes:
            argument = {attribute: {"Value": changes[option]}}
            retry_on(
                SETTLING, lambda argument=argument: client.modify_vpc_attribute(VpcId=vpc_id, **argument), timeout=30
            )


def apply_vpc(client: Any, plan: Plan) -> str | None:
    """Do what the plan says; return the VPC's id."""
    if plan.action == "delete":
        vpc_id = plan.before["vpc_id"]
        delete_when_free(f"VPC {vpc_id}", "InvalidVpcID.NotFound", lambda: client.delete_vpc(VpcId=vpc_id))
        return None
    if plan.action == "create":
        vpc_id = create_vpc(client, plan.desired)
        made = {"dns_support": True, "dns_hostnames": False}  # AWS's defaults
        write_attributes(client, vpc_id, {key: plan.desired[key] for key in made if plan.desired[key] != made[key]})
        return vpc_id
    if plan.action == "update":
        vpc_id = plan.before["vpc_id"]
        write_attributes(client, vpc_id, plan.changes)
        write_tags(client, vpc_id, plan.before["tags"], plan.desired["tags"])
    return plan.before and plan.before["vpc_id"]


@written_once("attach the internet gateway", "Resource.AlreadyAssociated")
def attach(client: Any, gateway: str, vpc_id: str) -> None:
    retry_on(SETTLING, lambda: client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id), timeout=30)


@named("create the internet gateway")
def create_gateway(client: Any, vpc_id: str, tags: dict[str, str]) -> str:
    def create() -> str:
        made = client.create_internet_gateway(**tagged("internet-gateway", tags))
        return made["InternetGateway"]["InternetGatewayId"]

    def find() -> str | None:
        found = get_gateway(client, vpc_id, tags)
        return found["id"] if found else None

    return create_or_find(create, find)


def apply_gateway(client: Any, plan: Plan, vpc_id: str | None) -> None:
    if plan.action == "delete":
        gateway, vpc = plan.before["id"], plan.before["vpc_id"]
        if vpc:  # AWS refuses while public addresses are mapped in the VPC, those of deleted NAT gateways too
            delete_when_free(
                f"the attachment of {gateway}",
                "Gateway.NotAttached",
                lambda: client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc),
            )
        delete_when_free(
            f"internet gateway {gateway}",
            "InvalidInternetGatewayID.NotFound",
            lambda: client.delete_internet_gateway(InternetGatewayId=gateway),
        )
    elif plan.action == "create":
        tags = plan.desired["tags"]
        gateway = create_gateway(client, vpc_id, tags)
        attach(client, gateway, vpc_id)
        await_listed(
            [gateway], lambda: client.describe_internet_gateways(Filters=tag_filters(tags))["InternetGateways"]
        )
    elif plan.action == "update":
        write_tags(client, plan.before["id"], plan.before["tags"], plan.desired["tags"])
        if "vpc_id" in plan.changes:
            attach(client, plan.before["id"], vpc_id)


def adoption_plan(kind: str, name: str, found: dict[str, Any], params: dict[str, Any]) -> Plan:
    """Return the plan for something of somebody else's: only its tags say that it is used."""
    if params["state"] == "absent":
        return Plan(kind, name, found, {"tags": released_tags(found["tags"], params["tags"])}, note=RELEASE)
    return Plan(kind, name, found, {"tags": adopting_tags(found["tags"], params["tags"])}, note=ADOPTION)


def plan_vpc(found: dict[str, Any] | None, adopted: bool, params: dict[str, Any]) -> Plan:
    name = params["name"]
    if adopted:
        return adoption_plan(VPC, name, found, params)
    if params["state"] == "absent":
        return Plan(VPC, name, found, None)
    if found and found["cidr_block"] != params["cidr_block"]:
        message = f"{found['vpc_id']} has {found['cidr_block']}, and AWS can't change it to {params['cidr_block']}"
        raise AnsibleAWSError(message=message)
    desired = {key: params[key] for key in ("cidr_block", *ATTRIBUTES)}
    tags = {**params["tags"], "Name": name}
    desired["tags"] = desired_tags((found or {}).get("tags"), tags, params["purge_tags"])
    return Plan(VPC, name, found, desired)


def plan_gateway(found: dict[str, Any] | None, vpc_id: str | None, adopted: bool, params: dict[str, Any]) -> Plan:
    name = f"{params['name']}-igw"
    tags = {**params["tags"], "Name": name}
    if (
        adopted and found and not tags.items() <= found["tags"].items()
    ):  # an adopted VPC's own; one that we made has our name
        return adoption_plan(GATEWAY, name, found, params)
    if params["state"] == "absent" or not params["internet_gateway"]:
        return Plan(GATEWAY, name, found, None)
    wanted = {"vpc_id": vpc_id, "tags": desired_tags((found or {}).get("tags"), tags, params["purge_tags"])}
    return Plan(GATEWAY, name, found, wanted)


def make_plans(client: Any, params: dict[str, Any]) -> tuple[Plan, Plan]:
    """Return the plans for the VPC and for its gateway."""
    vpc_id = None if is_pending(params["vpc_id"]) else params["vpc_id"]
    vpc = get_vpc(client, vpc_id) if vpc_id else None
    if params["adopt"] and vpc is None:
        raise AnsibleAWSError(message=f"There is no VPC {vpc_id} to adopt")
    adopted = vpc is not None and (params["adopt"] or is_adopted(vpc["tags"]))
    loose = {**params["tags"], "Name": f"{params['name']}-igw"}
    gateway = get_gateway(client, vpc_id, loose) if vpc_id else None
    return plan_vpc(vpc, adopted, params), plan_gateway(gateway, vpc_id, adopted, params)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str"},
            "adopt": {"type": "bool", "default": False},
            "name": {"type": "str", "required": True},
            "cidr_block": {"type": "str"},
            "dns_support": {"type": "bool", "default": True},
            "dns_hostnames": {"type": "bool", "default": True},
            "internet_gateway": {"type": "bool", "default": True},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["cidr_block"]), ("adopt", True, ["vpc_id"])],
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        vpc, gateway = make_plans(client, module.params)
        after = vpc.after
        if not module.check_mode:
            if module.params["state"] == "absent":
                apply_gateway(client, gateway, None)
            vpc_id = apply_vpc(client, vpc)
            if module.params["state"] == "present":
                apply_gateway(client, gateway, vpc_id)
                after = {**vpc.after, "vpc_id": vpc_id}
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(vpc=after, **report(vpc, gateway))


if __name__ == "__main__":
    main()
