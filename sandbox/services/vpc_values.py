"""VPC: sizes of subnets, ports of rules, services of endpoints and targets of routes that EC2 does not take."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around

SUBNET_LENGTHS = range(16, 29)
PORTS = range(65536)
PROTOCOLS = {"-1", "icmp", "icmpv6", "tcp", "udp", *map(str, range(256))}
WITH_PORTS = {"tcp", "6", "udp", "17"}
ENDS = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
TARGETS = {
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
}


@around("ec2", "CreateSubnet")
def refuse_size(call: Call, forward: Forward) -> Answer:
    """A subnet has 16 to 65536 addresses; moto looks only whether they are the VPC's."""
    block = call.params.get("CidrBlock", "")
    if _length(block) not in {*SUBNET_LENGTHS, None}:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    forward()
    return None


def _length(block: str) -> int | None:
    try:
        return ip_network(block, strict=False).prefixlen
    except ValueError:
        return None


@around("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def refuse_rules(call: Call, forward: Forward) -> Answer:
    """Protocols that there are, ports in order, and somebody at the other end."""
    for permission in call.params.get("IpPermissions") or []:
        for fault in _rule_faults(permission):
            raise AwsError("InvalidParameterValue", fault)
        if not any(permission.get(end) for end in ENDS):
            raise AwsError("MissingParameter", "Source or destination must be specified")
    forward()
    return None


def _rule_faults(permission: dict[str, Any]) -> Iterator[str]:
    protocol, first, last = permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort")
    if protocol not in PROTOCOLS:
        yield f"Invalid value '{protocol}' for IP protocol. Unknown protocol."
    elif protocol in WITH_PORTS:
        if first is None or last is None:
            yield "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        elif first not in PORTS:
            yield f"TCP/UDP (from) port ({first}) out of range"
        elif last not in PORTS:
            yield f"TCP/UDP (to) port ({last}) out of range"
        elif first > last:
            yield f"Invalid TCP/UDP port range ({first} -> {last})"


@around("ec2", "CreateVpcEndpoint")
def refuse_service(call: Call, forward: Forward) -> Answer:
    """A service that the region has, by the kind of endpoint that it has."""
    name, kind = call.params["ServiceName"], call.params.get("VpcEndpointType", "Gateway")
    found = call.ask("DescribeVpcEndpointServices", {"ServiceNames": [name]})["ServiceDetails"]
    kinds = sorted({each["ServiceType"] for service in found for each in service["ServiceType"]})
    if kind not in kinds:
        message = f"Endpoint type ({kind}) does not match available service types ([{', '.join(kinds)}])."
        raise AwsError("InvalidParameter", message)
    forward()
    return None


@around("ec2", "CreateRoute", "ReplaceRoute")
def refuse_target(call: Call, forward: Forward) -> Answer:
    """One target, which is there; what is the VPC's own stays in it."""
    params, backend = call.params, call.backend()
    targets = TARGETS & params.keys()
    if len(targets) != 1:
        raise AwsError("InvalidParameterCombination", f"Exactly one of {', '.join(sorted(TARGETS))} must be given")
    nat = params.get("NatGatewayId")
    if nat and (nat not in backend.nat_gateways or backend.nat_gateways[nat].state == "deleted"):
        raise AwsError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    table = backend.route_tables.get(params["RouteTableId"])
    block = params.get("DestinationCidrBlock")
    vpc = backend.vpcs.get(table.vpc_id) if table is not None else None
    if block and vpc is not None and "GatewayId" in targets:
        destination, own = ip_network(block, strict=False), ip_network(vpc.cidr_block)
        if destination.version == own.version and destination.subnet_of(own):  # type: ignore[arg-type]
            message = (
                f"The destination CIDR block {block} is equal to or more specific than one of this VPC's CIDR blocks. "
                "This route can target only an interface or an instance."
            )
            raise AwsError("InvalidParameterValue", message)
    forward()
    return None
