# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import is_adopted
from ansible_collections.realtime.aws.plugins.module_utils.live.shared import has_log_group, role_arn
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages


def owned(stack: Stack, operation: str, key: str, argument: str = "Filters", **filters: Any) -> list[dict[str, Any]]:
    found = pages(stack.client("ec2"), operation, key, **{argument: stack.filters(**filters)})
    return [each for each in found if stack.owns(each.get("Tags"))]


def name_tag(resource: dict[str, Any]) -> str:
    return boto3_tag_list_to_ansible_dict(resource.get("Tags") or []).get("Name", "")


def read_addresses(stack: Stack) -> list[dict[str, Any]]:
    return stack.client("ec2").describe_addresses(Filters=stack.filters())["Addresses"]


def read_log_group(stack: Stack) -> str | None:
    """Return the name of the flow logs' group, if it exists and is ours."""
    name = f"/{stack.environment}/vpc/flow-logs"
    return name if has_log_group(stack, name) else None


def table_key(stack: Stack, table: dict[str, Any], tiers: dict[str, str]) -> str:
    """Return what the route table is for: its name without prefix, or, when it was renamed, the tier of its subnets."""
    name = stack.short(name_tag(table))
    if name.split("-")[0] in ("public", "private", "database"):
        return name
    subnets = [each.get("SubnetId") for each in table["Associations"]]
    return next((tiers[subnet] for subnet in subnets if subnet in tiers), name)


def read(stack: Stack) -> dict[str, Any]:
    """Return the ids of what the layer has, by what they are known by."""
    found = stack.together(
        {
            "vpcs": lambda: owned(stack, "describe_vpcs", "Vpcs"),
            "subnets": lambda: owned(stack, "describe_subnets", "Subnets"),
            "gateways": lambda: owned(stack, "describe_internet_gateways", "InternetGateways"),
            "nats": lambda: owned(
                stack, "describe_nat_gateways", "NatGateways", argument="Filter", state=["pending", "available"]
            ),
            "addresses": lambda: read_addresses(stack),
            "tables": lambda: owned(stack, "describe_route_tables", "RouteTables"),
            "endpoints": lambda: owned(stack, "describe_vpc_endpoints", "VpcEndpoints"),
            "groups": stack.security_groups,
            "flow_logs": lambda: owned(stack, "describe_flow_logs", "FlowLogs"),
            "log_group": lambda: read_log_group(stack),
            "role": lambda: role_arn(stack, stack.name("vpc-flow-logs-role")),
        }
    )
    vpc = min(found["vpcs"], key=lambda each: each["VpcId"], default={"VpcId": None, "CidrBlock": None})
    zones = {each["SubnetId"]: each["AvailabilityZone"] for each in found["subnets"]}
    tiers = {each["SubnetId"]: route_tier(stack, each) for each in found["subnets"]}
    addresses = {each["AllocationId"]: each["PublicIp"] for each in found["addresses"]}
    return {
        "vpc_id": vpc["VpcId"],
        "vpc_adopted": is_adopted(boto3_tag_list_to_ansible_dict(vpc.get("Tags") or [])),
        "cidr": vpc["CidrBlock"],
        "internet_gateway_id": min((each["InternetGatewayId"] for each in found["gateways"]), default=None),
        "subnets": {each["CidrBlock"]: each["SubnetId"] for each in found["subnets"]},
        "subnet_zones": {each["CidrBlock"]: each["AvailabilityZone"] for each in found["subnets"]},
        "nat_gateways": {each["SubnetId"]: each["NatGatewayId"] for each in found["nats"]},
        "nat_public_ips": {
            each["SubnetId"]: addresses.get((each["NatGatewayAddresses"] or [{}])[0].get("AllocationId"))
            for each in found["nats"]
        },
        "nat_pending": any(each["State"] == "pending" for each in found["nats"]),
        "nat_zones": sorted(zones[each["SubnetId"]] for each in found["nats"] if each["SubnetId"] in zones),
        "allocation_ids": sorted(addresses),
        "route_tables": {table_key(stack, each, tiers): each["RouteTableId"] for each in found["tables"]},
        "route_table_ids": sorted(each["RouteTableId"] for each in found["tables"]),
        "vpc_endpoint_ids": sorted(
            each["VpcEndpointId"] for each in found["endpoints"] if each["State"].lower() not in ("deleting", "deleted")
        ),
        "security_groups": {
            each["GroupName"]: each["GroupId"] for each in found["groups"] if layer_tag(each) == "network"
        },
        "flow_log_group_names": sorted(each["LogGroupName"] for each in found["flow_logs"] if each.get("LogGroupName")),
        "log_group": found["log_group"],
        "flow_log_role_arn": found["role"],
        "owned": read_owned(stack, found, tiers),
    }


def read_owned(stack: Stack, found: dict[str, Any], tiers: dict[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    """Return name and purpose by id, of each kind that there are several of: by the purpose it is wanted or not.

    That of an address is the subnet of the NAT gateway that uses it, or its name while nothing does.
    """
    vpc = min((each["VpcId"] for each in found["vpcs"]), default="")
    uses = {each.get("AllocationId"): nat["SubnetId"] for nat in found["nats"] for each in nat["NatGatewayAddresses"]}
    ours = {key: [each for each in found[key] if each["VpcId"] == vpc] for key in ("subnets", "nats", "tables")}
    endpoints = [each for each in found["endpoints"] if each["State"].lower() not in ("deleting", "deleted")]
    groups = [each for each in found["groups"] if layer_tag(each) == "network"]
    addresses = [each for each in found["addresses"] if each["AllocationId"] in uses or "AssociationId" not in each]

    def entries(resources: list[dict[str, Any]], key: str, purpose: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
        return {each[key]: {"name": name_tag(each) or each[key], "purpose": purpose(each)} for each in resources}

    return {
        "subnets": entries(ours["subnets"], "SubnetId", lambda each: each["CidrBlock"]),
        "nat_gateways": entries(ours["nats"], "NatGatewayId", lambda each: each["SubnetId"]),
        "addresses": entries(addresses, "AllocationId", lambda each: uses.get(each["AllocationId"]) or name_tag(each)),
        "route_tables": entries(ours["tables"], "RouteTableId", lambda each: table_key(stack, each, tiers)),
        "endpoints": entries(endpoints, "VpcEndpointId", lambda each: each["ServiceName"]),
        "security_groups": entries(groups, "GroupId", lambda each: each["GroupName"]),
    }


def layer_tag(resource: dict[str, Any]) -> str:
    return boto3_tag_list_to_ansible_dict(resource.get("Tags") or []).get("Layer", "")


def route_tier(stack: Stack, subnet: dict[str, Any]) -> str:
    """Return the key of the route table that a subnet is to use, as its name says."""
    tier = stack.short(name_tag(subnet)).split("-")[0]
    return f"private-{subnet['AvailabilityZone']}" if tier == "private" else tier
