#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_endpoints
short_description: Manage VPC endpoints
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes VPC endpoints, several at once. The options of an endpoint have the names of M(amazon.aws.ec2_vpc_endpoint).
  - An endpoint is known by its service, of which a VPC has one. Its policy, subnets, groups and route tables are updated in place (IDM-11).
attributes:
  check_mode:
    support: full
    description: Predicts the endpoints without writing them; VPC, subnets, groups and route tables may be stand-ins.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  vpc_endpoints:
    description: The endpoints that exist after the run; others are left alone. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      service:
        description: Name of the service, such as V(com.amazonaws.us-east-1.s3).
        type: str
        required: true
      vpc_endpoint_type:
        description: A gateway costs nothing and stands in route tables; an interface costs by the hour and stands in subnets.
        type: str
        choices: [Gateway, Interface]
        default: Gateway
      route_table_ids:
        description: The route tables of a gateway endpoint.
        type: list
        elements: str
        default: []
      subnet_ids:
        description: The subnets of an interface endpoint, one a zone.
        type: list
        elements: str
        default: []
      security_group_ids:
        description: The security groups of an interface endpoint.
        type: list
        elements: str
        default: []
      private_dns_enabled:
        description: Whether the service's own name leads to an interface endpoint.
        type: bool
        default: true
      policy:
        description: What the endpoint lets through; not managed when omitted, and AWS's default is everything.
        type: dict
      name:
        description: The tag C(Name).
        type: str
        required: true
  vpc_endpoint_ids:
    description: With O(state=absent), the endpoints to delete. With O(only_ids), those that are known beforehand.
    type: list
    elements: str
    default: []
  only_ids:
    description: Whether endpoints of the VPC that O(vpc_endpoint_ids) does not name are somebody else's and left alone.
    type: bool
    default: false
  tags:
    description: Tags of all the endpoints.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the endpoints exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Reach S3 without a NAT gateway
  realtime.aws.ec2_vpc_endpoints:
    vpc_id: vpc-0a1b2c3d4e5f60718
    vpc_endpoints:
      - name: production-s3
        service: com.amazonaws.us-east-1.s3
        route_table_ids: [rtb-0a1b2c3d4e5f60718, rtb-0b1c2d3e4f5a60718]

- name: Reach Systems Manager by an interface
  realtime.aws.ec2_vpc_endpoints:
    vpc_id: vpc-0a1b2c3d4e5f60718
    vpc_endpoints:
      - name: production-ssm
        service: com.amazonaws.us-east-1.ssm
        vpc_endpoint_type: Interface
        subnet_ids: [subnet-0a1b2c3d4e5f60718]
        security_group_ids: [sg-0a1b2c3d4e5f60718]

- name: Remove an endpoint
  realtime.aws.ec2_vpc_endpoints:
    vpc_id: vpc-0a1b2c3d4e5f60718
    vpc_endpoint_ids: [vpce-0a1b2c3d4e5f60718]
    state: absent
"""

RETURN = r"""
vpc_endpoint_ids:
  description: The endpoints' ids by service, of those that exist.
  returned: success
  type: dict
  sample: {"com.amazonaws.us-east-1.s3": "vpce-0a1b2c3d4e5f60718"}
changes:
  description: What changes, one entry an endpoint.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::VPCEndpoint", "name": "production-s3", "action": "create"}]
"""

import json
import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    named,
    report,
    retry_on,
    when_removed,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    LINGERING,
    in_vpc,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::EC2::VPCEndpoint"
DISRUPTS = {"subnet_ids": when_removed("connections to its addresses in the subnets that go are cut")}
GONE = ("deleting", "deleted", "failed", "rejected", "expired")
SETTLING = [
    "InvalidVpcId.NotFound",
    "InvalidRouteTableId.NotFound",
    "InvalidSubnetId.NotFound",
    "InvalidSecurityGroupId.NotFound",
]
# Options that are lists, with the names of AWS's arguments.
LISTS = {
    "Gateway": {"route_table_ids": "RouteTableIds"},
    "Interface": {"subnet_ids": "SubnetIds", "security_group_ids": "SecurityGroupIds"},
}


def normalize_endpoint(endpoint: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": endpoint["VpcEndpointId"],
        "service": endpoint["ServiceName"],
        "vpc_endpoint_type": endpoint["VpcEndpointType"],
        "route_table_ids": sorted(endpoint.get("RouteTableIds") or []),
        "subnet_ids": sorted(endpoint.get("SubnetIds") or []),
        "security_group_ids": sorted(group["GroupId"] for group in endpoint.get("Groups") or []),
        "private_dns_enabled": endpoint.get("PrivateDnsEnabled", False),
        "policy": json.loads(endpoint["PolicyDocument"]) if endpoint.get("PolicyDocument") else None,
        "tags": tags_of(endpoint),
    }


def desired_endpoint(options: dict[str, Any], before: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    tags = {**params["tags"], "Name": options["name"]}
    desired = {
        "vpc_endpoint_type": options["vpc_endpoint_type"],
        "tags": desired_tags(before.get("tags"), tags, params["purge_tags"]),
        **{key: sorted(options[key]) for key in LISTS[options["vpc_endpoint_type"]]},
    }
    if options["vpc_endpoint_type"] == "Interface":
        desired["private_dns_enabled"] = options["private_dns_enabled"]
    if options["policy"] is not None:
        current = before.get("policy")
        same = current and not compare_policies(current, options["policy"])
        desired["policy"] = current if same else options["policy"]
    return desired


def create_endpoint(client: Any, vpc_id: str, service: str, plan: Plan) -> str:
    desired = plan.desired
    kwargs = {argument: desired[key] for key, argument in LISTS[desired["vpc_endpoint_type"]].items()}
    if "private_dns_enabled" in desired:
        kwargs["PrivateDnsEnabled"] = desired["private_dns_enabled"]
    if "policy" in desired:
        kwargs["PolicyDocument"] = json.dumps(desired["policy"])

    def attempt() -> dict[str, Any]:
        return client.create_vpc_endpoint(
            VpcId=vpc_id,
            ServiceName=service,
            VpcEndpointType=desired["vpc_endpoint_type"],
            ClientToken=str(uuid.uuid4()),  # of this call and its retries
            **tagged("vpc-endpoint", desired["tags"]),
            **kwargs,
        )

    @named(f"create endpoint {plan.name}")
    def create() -> str:
        made = retry_on(
            ["InvalidParameter"],  # an endpoint that is being deleted holds on to the private names of its service
            lambda: retry_on(SETTLING, attempt, timeout=60),
            timeout=LINGERING,
            message="conflicting DNS domain",
        )
        return made["VpcEndpoint"]["VpcEndpointId"]

    return create()


@named("update the endpoint")
def update_endpoint(client: Any, plan: Plan) -> None:
    before, kwargs = plan.before, {}
    for key, argument in LISTS[plan.desired["vpc_endpoint_type"]].items():
        add, remove = set(plan.desired[key]) - set(before[key]), set(before[key]) - set(plan.desired[key])
        kwargs |= {f"Add{argument}": sorted(add)} if add else {}
        kwargs |= {f"Remove{argument}": sorted(remove)} if remove else {}
    if "private_dns_enabled" in plan.changes:
        kwargs["PrivateDnsEnabled"] = plan.desired["private_dns_enabled"]
    if "policy" in plan.changes:
        kwargs["PolicyDocument"] = json.dumps(plan.desired["policy"])
    if kwargs:
        client.modify_vpc_endpoint(VpcEndpointId=before["id"], **kwargs)


@named("delete the endpoints")
def delete_endpoints(client: Any, ids: list[str]) -> None:
    for each in client.delete_vpc_endpoints(VpcEndpointIds=ids).get("Unsuccessful") or []:
        if each["Error"]["Code"] != "InvalidVpcEndpoint.NotFound":
            raise AnsibleAWSError(message=f"{each['ResourceId']} stays: {each['Error']['Message']}")


def apply(client: Any, vpc_id: str, service: str, plan: Plan) -> str:
    """Do what the plan says; return the endpoint's id."""
    if plan.action == "create":
        return create_endpoint(client, vpc_id, service, plan)
    if plan.action == "update":
        write_tags(client, plan.before["id"], plan.before["tags"], plan.desired["tags"])
        update_endpoint(client, plan)
    return plan.before["id"]


def main():
    endpoint = {
        "name": {"type": "str", "required": True},
        "service": {"type": "str", "required": True},
        "vpc_endpoint_type": {"type": "str", "choices": ["Gateway", "Interface"], "default": "Gateway"},
        "route_table_ids": {"type": "list", "elements": "str", "default": []},
        "subnet_ids": {"type": "list", "elements": "str", "default": []},
        "security_group_ids": {"type": "list", "elements": "str", "default": []},
        "private_dns_enabled": {"type": "bool", "default": True},
        "policy": {"type": "dict"},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "vpc_endpoints": {"type": "list", "elements": "dict", "options": endpoint},
            "vpc_endpoint_ids": {"type": "list", "elements": "str", "default": []},
            "only_ids": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["vpc_endpoints"])],
        supports_check_mode=True,
    )
    params, vpc_id = module.params, module.params["vpc_id"]
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        alive = [
            normalize_endpoint(each)
            for each in in_vpc(client, "describe_vpc_endpoints", "VpcEndpoints", vpc_id)
            if each["State"].lower() not in GONE
            and (not params["only_ids"] or each["VpcEndpointId"] in params["vpc_endpoint_ids"])
        ]
        if params["state"] == "absent":
            doomed = [each for each in alive if each["id"] in params["vpc_endpoint_ids"]]
            plans = [Plan(KIND, each["tags"].get("Name", each["id"]), each, None) for each in doomed]
            if doomed and not module.check_mode:
                delete_endpoints(client, [each["id"] for each in doomed])
            module.exit_json(vpc_endpoint_ids={}, **report(*plans))

        found = {each["service"]: each for each in alive}
        plans = {}
        for options in params["vpc_endpoints"]:
            before = found.get(options["service"])
            desired = desired_endpoint(options, before or {}, params)
            plans[options["service"]] = Plan(KIND, options["name"], before, desired, disrupts=DISRUPTS)
        ids = {service: plan.before["id"] for service, plan in plans.items() if plan.before}
        for service, plan in [] if module.check_mode else plans.items():
            ids[service] = apply(client, vpc_id, service, plan)
        if not module.check_mode:
            made = [ids[service] for service, plan in plans.items() if plan.action == "create"]
            await_listed(made, lambda: in_vpc(client, "describe_vpc_endpoints", "VpcEndpoints", vpc_id))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(vpc_endpoint_ids=ids, **report(*plans.values()))


if __name__ == "__main__":
    main()
