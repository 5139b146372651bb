"""VPC: what takes its time to come and to go, and what holds on to what.

- NAT gateways and interface endpoints are pending for minutes, and deleting for a while; moto's come and go at once.
- An interface outlives its owner (TDN-7): the subnet and the groups of a load balancer or database that is gone cannot
  be deleted for a while yet.
- AWS refuses to delete or detach what is in use; moto mostly obeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.clock import CLOCK, pass_through
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.services.iam_news import can_be_assumed

NAT_PENDING, NAT_DELETING = 150, 60
ENDPOINT_PENDING, ENDPOINT_DELETING = 90, 60


@dataclass(frozen=True)
class Interface:
    """A network interface whose owner is gone."""

    subnets: frozenset[str]
    groups: frozenset[str]


_lingering: dict[Any, list[Interface]] = store(list)


def linger(call: Call, seconds: float, subnets: Iterable[str], groups: Iterable[str]) -> None:
    """Leave interfaces in these subnets, with these security groups, for so many seconds."""
    interface, left = Interface(frozenset(subnets), frozenset(groups)), _lingering[call.scope]
    left.append(interface)
    CLOCK.after(seconds, lambda: left.remove(interface))


def has_internet_gateway(call: Call, vpc: str) -> bool:
    return any(gateway.vpc and gateway.vpc.id == vpc for gateway in call.backend("ec2").internet_gateways.values())


@around("ec2", "CreateRoute", "ReplaceRoute")
def refuse_foreign_gateway(call: Call, forward: Forward) -> Answer:
    """A route leads to the internet gateway of its own VPC."""
    table = call.backend().route_tables.get(call.params["RouteTableId"])
    gateway = call.backend().internet_gateways.get(call.params.get("GatewayId", ""))
    if table is not None and gateway is not None and (gateway.vpc is None or gateway.vpc.id != table.vpc_id):
        message = f"route table {table.id} and network gateway {gateway.id} belong to different networks"
        raise AwsError("InvalidParameterValue", message)
    forward()
    return None


@around("ec2", "AttachInternetGateway")
def refuse_second_gateway(call: Call, forward: Forward) -> Answer:
    """A VPC has one."""
    vpc, gateways = call.params["VpcId"], call.backend().internet_gateways
    if any(
        each.vpc and each.vpc.id == vpc for key, each in gateways.items() if key != call.params["InternetGatewayId"]
    ):
        raise AwsError("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")
    forward()
    return None


@around("ec2", "AssociateRouteTable")
def refuse_association(call: Call, forward: Forward) -> Answer:
    """A subnet has one route table, of its own VPC."""
    tables, subnet = call.backend().route_tables, _subnet(call.backend(), call.params.get("SubnetId", ""))
    table = tables.get(call.params["RouteTableId"])
    if table is not None and subnet is not None:
        if subnet.vpc_id != table.vpc_id:
            message = f"route table {table.id} and subnet {subnet.id} belong to different networks"
            raise AwsError("InvalidParameterValue", message)
        if any(subnet.id in other._associations.values() for other in tables.values() if other is not table):
            message = f"the specified association for route table {table.id} conflicts with an existing association"
            raise AwsError("Resource.AlreadyAssociated", message)
    forward()
    return None


def _subnet(backend: Any, identifier: str) -> Any:
    return next((zone[identifier] for zone in backend.subnets.values() if identifier in zone), None)


@around("ec2", "DeleteRouteTable")
def refuse_main_table(call: Call, forward: Forward) -> Answer:
    """A VPC's first one goes with it."""
    table = call.backend().route_tables.get(call.params["RouteTableId"])
    if table is not None and table.main_association_id:
        message = f"The routeTable '{table.id}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    forward()
    return None


@around("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def refuse_foreign_ends(call: Call, forward: Forward) -> Answer:
    """Rules name groups of their own VPC, and prefix lists that there are."""
    backend = call.backend()
    group = backend.get_security_group_from_id(call.params.get("GroupId"))
    for permission in call.params.get("IpPermissions") or []:
        for pair in permission.get("UserIdGroupPairs") or []:
            other = backend.get_security_group_from_id(pair.get("GroupId"))
            if group is not None and other is not None and group.vpc_id != other.vpc_id:
                message = "You have specified two resources that belong to different networks."
                raise AwsError("InvalidGroup.NotFound", message)
        for prefix_list in (each["PrefixListId"] for each in permission.get("PrefixListIds") or []):
            if prefix_list not in backend.managed_prefix_lists:
                raise AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{prefix_list}' does not exist")
    forward()
    return None


@around("ec2", "RunInstances")
def refuse_foreign_groups(call: Call, forward: Forward) -> Answer:
    """An instance's groups are those of its subnet's VPC."""
    subnet = _subnet(call.backend(), call.params.get("SubnetId", ""))
    for identifier in call.params.get("SecurityGroupIds") or []:
        group = call.backend().get_security_group_from_id(identifier)
        if subnet is not None and group is not None and group.vpc_id != subnet.vpc_id:
            message = f"Security group {group.id} and subnet {subnet.id} belong to different networks."
            raise AwsError("InvalidParameter", message)
    forward()
    return None


@around("ec2", "ModifyVpcAttribute")
def refuse_several_attributes(call: Call, forward: Forward) -> Answer:
    """One attribute a call."""
    if len(call.params.keys() - {"VpcId"}) > 1:
        raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
    forward()
    return None


# NAT gateways and endpoints


@around("ec2", "CreateNatGateway")
def nat_gateway_comes(call: Call, forward: Forward) -> Answer:
    """Pending at first; a public one has an address, and fails in a VPC that has no internet gateway."""
    if call.params.get("ConnectivityType") != "private" and not call.params.get("AllocationId"):
        raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
    answer = forward()
    gateway = call.backend().nat_gateways[answer["NatGateway"]["NatGatewayId"]]
    stranded = gateway.connectivity_type != "private" and not has_internet_gateway(call, gateway.vpc_id)
    pass_through(gateway, "state", "pending", (NAT_PENDING, "failed" if stranded else "available"))
    answer["NatGateway"]["State"] = "pending"
    return answer


@around("ec2", "DeleteNatGateway")
def nat_gateway_goes(call: Call, forward: Forward) -> Answer:
    """Deleting at first; it keeps its address until it is deleted."""
    gateway = call.backend().nat_gateways.get(call.params["NatGatewayId"])
    if gateway is None or gateway.state == "deleted":
        message = f"NAT gateway {call.params['NatGatewayId']} was not found"
        raise AwsError("NatGatewayNotFound", message)
    forward()
    pass_through(gateway, "state", "deleting", (NAT_DELETING, "deleted"))
    CLOCK.after(NAT_DELETING, lambda: _let_go(call, gateway))
    return None


def _let_go(call: Call, gateway: Any) -> None:
    """Its address is free again, its interface gone."""
    backend = call.backend()
    backend.enis.pop(gateway._eni.id, None)
    for address in backend.addresses:
        if address.eni is gateway._eni:
            address.eni = address.association_id = None


@around("ec2", "CreateVpcEndpoint")
def endpoint_comes(call: Call, forward: Forward) -> Answer:
    """An interface endpoint is pending at first, a gateway endpoint is only routes; a private name is given once."""
    params, service = call.params, call.params["ServiceName"]
    if params.get("VpcEndpointType") == "Interface" and params.get("PrivateDnsEnabled", True):
        vpc = call.backend().vpcs.get(params["VpcId"])
        if vpc is not None and not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            message = (
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"for {vpc.id}"
            )
            raise AwsError("InvalidParameter", message)
        for other in _live_endpoints(call.backend()):
            if (other.vpc_id, other.service_name) == (params["VpcId"], service) and other.private_dns_enabled:
                domain = f"{service.split('.')[-1]}.{call.region}.amazonaws.com"
                message = (
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain "
                    f"for {domain} in the VPC {params['VpcId']}"
                )
                raise AwsError("InvalidParameter", message)
    for table in params.get("RouteTableIds") or []:
        if any(
            other.service_name == service and table in other.route_table_ids
            for other in _live_endpoints(call.backend())
        ):
            message = f"route table {table} already has a route with destination-prefix-list-id of {service}"
            raise AwsError("RouteAlreadyExists", message)
    answer = forward({"VpcEndpointType": "Gateway", **params})
    endpoint = call.backend().vpc_end_points[answer["VpcEndpoint"]["VpcEndpointId"]]
    if endpoint.vpc_endpoint_type == "Interface":
        pass_through(endpoint, "state", "pending", (ENDPOINT_PENDING, "available"))
        answer["VpcEndpoint"]["State"] = "pending"
    return answer


@around("ec2", "ModifyVpcEndpoint")
def endpoint_routes(call: Call, forward: Forward) -> Answer:
    """A gateway endpoint has a route in each of its tables, also in those that come later."""
    backend = call.backend()
    endpoint = backend.vpc_end_points.get(call.params["VpcEndpointId"])
    before = set(endpoint.route_table_ids or []) if endpoint is not None else set()
    forward()
    if endpoint is not None and endpoint.destination_prefix_list_id:
        prefix_list, after = endpoint.destination_prefix_list_id, set(endpoint.route_table_ids)
        for table in after - before:
            backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
        for table in before - after:
            backend.delete_route(table, prefix_list)
    return None


@around("ec2", "DeleteVpcEndpoints")
def endpoints_go(call: Call, forward: Forward) -> Answer:
    """An interface endpoint is deleting at first; the answer, no error, says which there are not."""
    live = {each.id: each for each in _live_endpoints(call.backend())}
    asked = call.params["VpcEndpointIds"]
    if found := [live[each] for each in asked if each in live]:
        forward({**call.params, "VpcEndpointIds": [each.id for each in found]})
    for endpoint in found:
        if endpoint.vpc_endpoint_type == "Interface":
            pass_through(endpoint, "state", "deleting", (ENDPOINT_DELETING, "deleted"))
    code, text = "InvalidVpcEndpoint.NotFound", "The Vpc Endpoint Id '{}' does not exist"
    errors = {each: {"Code": code, "Message": text.format(each)} for each in asked if each not in live}
    return {"Unsuccessful": [{"ResourceId": each, "Error": error} for each, error in errors.items()]}


@around("ec2", "DescribeVpcEndpoints")
def forget_deleted_endpoints(call: Call, forward: Forward) -> Answer:
    """AWS does not list what is deleted; moto does for ever."""
    answer = forward()
    answer["VpcEndpoints"] = [each for each in answer["VpcEndpoints"] if each["State"] != "deleted"]
    return answer


@around("ec2", "CreateFlowLogs")
def refuse_role(call: Call, forward: Forward) -> Answer:
    """The role must trust flow logs, and have been there for some seconds (CON-1); the answer, no error, says so."""
    role = call.params.get("DeliverLogsPermissionArn")
    if role and not can_be_assumed(call, role, "vpc-flow-logs.amazonaws.com"):
        error = {"Code": "400", "Message": f"Access denied: unable to assume the given IAM role {role}"}
        return {
            "FlowLogIds": [],
            "Unsuccessful": [{"ResourceId": each, "Error": error} for each in call.params["ResourceIds"]],
        }
    forward()
    return None


# Quotas

VPCS, ADDRESSES = 5, 5


@around("ec2", "CreateVpc")
def refuse_another_vpc(call: Call, forward: Forward) -> Answer:
    """Five a region, the default one among them."""
    if len(call.backend().vpcs) >= VPCS:
        raise AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    forward()
    return None


@around("ec2", "AllocateAddress")
def refuse_another_address(call: Call, forward: Forward) -> Answer:
    """Five a region."""
    if len(call.backend().addresses) >= ADDRESSES:
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    forward()
    return None


# Refusals


def _live_instances(backend: Any) -> Iterator[Any]:
    for reservation in backend.reservations.values():
        yield from (i for i in reservation.instances if i.state != "terminated")


def _live_nat_gateways(backend: Any) -> Iterator[Any]:
    yield from (nat for nat in backend.nat_gateways.values() if nat.state != "deleted")


def _live_endpoints(backend: Any) -> Iterator[Any]:
    yield from (endpoint for endpoint in backend.vpc_end_points.values() if endpoint.state != "deleted")


def _database_subnets(call: Call) -> Iterator[set[str]]:
    for database in call.backend("rds").databases.values():
        if group := getattr(database, "db_subnet_group", None):
            yield {subnet.id for subnet in group._subnets}


@around("ec2", "DeleteSubnet")
def refuse_subnet_in_use(call: Call, forward: Forward) -> Answer:
    """Anything with an interface in a subnet keeps it."""
    subnet, backend = call.params["SubnetId"], call.backend()
    if (
        any(instance.subnet_id == subnet for instance in _live_instances(backend))
        or any(nat.subnet_id == subnet for nat in _live_nat_gateways(backend))
        or any(subnet in (endpoint.subnet_ids or []) for endpoint in _live_endpoints(backend))
        or any(subnet in {s.id for s in lb.subnets} for lb in call.backend("elbv2").load_balancers.values())
        or any(subnet in subnets for subnets in _database_subnets(call))
        or any(subnet in interface.subnets for interface in _lingering[call.scope])
    ):
        message = f"The subnet '{subnet}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    forward()
    return None


@around("ec2", "DeleteSecurityGroup")
def refuse_security_group_in_use(call: Call, forward: Forward) -> Answer:
    """An interface with the group, or a rule of another group that names it."""
    backend = call.backend()
    group = backend.get_security_group_by_name_or_id(call.params.get("GroupId") or call.params.get("GroupName"))
    if group and group.name == "default":
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise AwsError("CannotDelete", message)
    if group and _users_of(call, group.id):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    forward()
    return None


def _users_of(call: Call, group: str) -> bool:
    backend = call.backend()
    others = [other for groups in backend.groups.values() for other in groups.values() if other.id != group]
    return (
        any(group in {g.id for g in instance.security_groups} for instance in _live_instances(backend))
        or any(group in lb.security_groups for lb in call.backend("elbv2").load_balancers.values())
        or any(group in (db.vpc_security_group_ids or []) for db in call.backend("rds").databases.values())
        or any(group in (endpoint.security_group_ids or []) for endpoint in _live_endpoints(backend))
        or any(group in interface.groups for interface in _lingering[call.scope])
        or any(
            group == (rule.source_group or {}).get("GroupId")
            for other in others
            for rule in [*other.ingress_rules, *other.egress_rules]
        )
    )


@around("ec2", "DetachInternetGateway")
def refuse_detaching_in_use(call: Call, forward: Forward) -> Answer:
    """Public addresses in the VPC need their gateway."""
    vpc, backend = call.params["VpcId"], call.backend()
    in_vpc = {subnet.id for zones in backend.subnets.values() for subnet in zones.values() if subnet.vpc_id == vpc}
    if (
        any(nat.subnet_id in in_vpc and nat.connectivity_type != "private" for nat in _live_nat_gateways(backend))
        or any(i.subnet_id in in_vpc and i.public_ip for i in _live_instances(backend))
        or any(
            lb.vpc_id == vpc and lb.scheme == "internet-facing" for lb in call.backend("elbv2").load_balancers.values()
        )
    ):
        message = (
            f"Network {vpc} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        raise AwsError("DependencyViolation", message)
    forward()
    return None


@around("ec2", "ReleaseAddress")
def refuse_address_in_use(call: Call, forward: Forward) -> Answer:
    """A NAT gateway's address stays until the gateway is gone."""
    allocation = call.params.get("AllocationId")
    for nat in _live_nat_gateways(call.backend()):
        for address in nat.address_set:
            if allocation and address.get("AllocationId", address.get("allocationId")) == allocation:
                raise AwsError("InvalidIPAddress.InUse", f"Address {address.get('PublicIp', '')} is in use.")
    forward()
    return None


@around("ec2", "DeleteVpc")
def refuse_vpc_in_use(call: Call, forward: Forward) -> Answer:
    """Anything in it that is not its own by birth."""
    vpc, backend = call.params["VpcId"], call.backend()
    subnets = [subnet for zones in backend.subnets.values() for subnet in zones.values()]
    if (
        any(subnet.vpc_id == vpc for subnet in subnets)
        or any(group.name != "default" for group in backend.groups.get(vpc, {}).values())
        or any(endpoint.vpc_id == vpc for endpoint in _live_endpoints(backend))
        or any(gateway.vpc and gateway.vpc.id == vpc for gateway in backend.internet_gateways.values())
    ):
        raise AwsError("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    forward()
    return None
