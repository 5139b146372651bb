"""Calls that look good, and that AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_helpers import IMAGE, Aws, Network, refused

NOWHERE = "subnet-0123456789abcdef0"


@pytest.fixture
def other(aws: Aws) -> dict[str, str]:
    """Another VPC, with a subnet, a security group and a target group."""
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = elbv2.create_target_group(Name="other", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    return {
        "vpc": vpc,
        "subnet": ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"],
        "security_group": ec2.create_security_group(GroupName="o", Description="d", VpcId=vpc)["GroupId"],
        "target_group": group["TargetGroupArn"],
    }


# Networks


def test_vpc_has_one_internet_gateway(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    second = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    text = refused("InvalidParameterValue", ec2.attach_internet_gateway, InternetGatewayId=second, VpcId=network.vpc)
    assert text == f"Network {network.vpc} already has an internet gateway attached"


def test_subnet_has_one_route_table_of_its_vpc(aws: Aws, network: Network, other: dict[str, str]) -> None:
    ec2 = aws("ec2")
    one, two = (ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    ec2.associate_route_table(RouteTableId=one, SubnetId=network.subnets[0])
    refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=two, SubnetId=network.subnets[0])
    refused("InvalidParameterValue", ec2.associate_route_table, RouteTableId=two, SubnetId=other["subnet"])


def test_main_route_table_goes_with_its_vpc(aws: Aws, other: dict[str, str]) -> None:
    ec2 = aws("ec2")
    (main,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [other["vpc"]]}])["RouteTables"]
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=main["RouteTableId"])
    ec2.delete_subnet(SubnetId=other["subnet"])
    ec2.delete_security_group(GroupId=other["security_group"])
    ec2.delete_vpc(VpcId=other["vpc"])


def test_public_nat_gateway_has_an_address(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    refused("MissingParameter", ec2.create_nat_gateway, SubnetId=network.subnets[0])
    ec2.create_nat_gateway(SubnetId=network.subnets[0], ConnectivityType="private")


def test_private_names_need_the_vpc_s_own(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    endpoint = {"VpcId": network.vpc, "VpcEndpointType": "Interface", "SubnetIds": network.subnets}
    endpoint["ServiceName"] = "com.amazonaws.eu-west-1.ssm"
    refused("InvalidParameter", ec2.create_vpc_endpoint, **endpoint)
    ec2.create_vpc_endpoint(**endpoint, PrivateDnsEnabled=False)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**endpoint)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ({"UserIdGroupPairs": "security_group"}, "InvalidGroup.NotFound"),
        ({"PrefixListIds": "pl-0123456789abcdef0"}, "InvalidPrefixListID.NotFound"),
    ],
    ids=["group of another VPC", "prefix list"],
)
def test_rules_name_what_the_vpc_knows(
    aws: Aws, network: Network, other: dict[str, str], end: dict[str, str], code: str
) -> None:
    ((kind, name),) = end.items()
    named = {"GroupId": other[name]} if kind == "UserIdGroupPairs" else {"PrefixListId": name}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, kind: [named]}
    for way in ("ingress", "egress"):
        authorize = getattr(aws("ec2"), f"authorize_security_group_{way}")
        refused(code, authorize, GroupId=network.security_group, IpPermissions=[permission])


def test_instance_has_groups_of_its_vpc(aws: Aws, network: Network, other: dict[str, str]) -> None:
    run = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": network.subnets[0]}
    refused("InvalidParameter", aws("ec2").run_instances, **run, SecurityGroupIds=[other["security_group"]])


# Load balancers


@pytest.fixture
def listener(aws: Aws, network: Network) -> dict[str, Any]:
    """A load balancer with a listener, and its target group."""
    elbv2 = aws("elbv2")
    balancer = elbv2.create_load_balancer(Name="alb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)["TargetGroups"][0]
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
    made = elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    arn = made["Listeners"][0]["ListenerArn"]
    return {"balancer": balancer, "group": group["TargetGroupArn"], "forward": forward, "arn": arn}


def test_load_balancer_is_in_subnets_that_there_are(aws: Aws, network: Network) -> None:
    subnets = [network.subnets[0], NOWHERE]
    refused("SubnetNotFound", aws("elbv2").create_load_balancer, Name="alb", Subnets=subnets)


@pytest.mark.parametrize(
    ("key", "value"),
    [("idle_timeout.timeout_seconds", "4001"), ("access_logs.s3.enabled", "true")],
    ids=["idle timeout", "logs without a bucket"],
)
def test_limits_of_load_balancer_attributes(aws: Aws, listener: dict[str, Any], key: str, value: str) -> None:
    change = aws("elbv2").modify_load_balancer_attributes
    wanted = [{"Key": key, "Value": value}]
    refused("ValidationError", change, LoadBalancerArn=listener["balancer"], Attributes=wanted)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "10"),
        ("stickiness.seconds", "10"),
    ],
)
def test_limits_of_target_group_attributes(aws: Aws, listener: dict[str, Any], key: str, value: str) -> None:
    change = aws("elbv2").modify_target_group_attributes
    wanted = [{"Key": key, "Value": value}]
    refused("ValidationError", change, TargetGroupArn=listener["group"], Attributes=wanted)


def test_slow_start_takes_turns(aws: Aws, listener: dict[str, Any]) -> None:
    change, arn = aws("elbv2").modify_target_group_attributes, listener["group"]
    slow = {"Key": "slow_start.duration_seconds", "Value": "60"}
    least = {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"}
    refused("InvalidConfigurationRequest", change, TargetGroupArn=arn, Attributes=[slow, least])
    change(TargetGroupArn=arn, Attributes=[slow])
    refused("InvalidConfigurationRequest", change, TargetGroupArn=arn, Attributes=[least])


def test_targets_are_in_the_group_s_vpc(
    aws: Aws, network: Network, listener: dict[str, Any], other: dict[str, str]
) -> None:
    run = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": other["subnet"]}
    instance = aws("ec2").run_instances(**run)["Instances"][0]["InstanceId"]
    elbv2 = aws("elbv2")
    targets = [{"Id": instance}]
    refused("InvalidTarget", elbv2.register_targets, TargetGroupArn=listener["group"], Targets=targets)
    elbv2.register_targets(TargetGroupArn=other["target_group"], Targets=targets)
    forward = [{"Type": "forward", "TargetGroupArn": other["target_group"]}]
    made = {"LoadBalancerArn": listener["balancer"], "Protocol": "HTTP", "Port": 81, "DefaultActions": forward}
    refused("InvalidConfigurationRequest", elbv2.create_listener, **made)


def test_redirect_leads_elsewhere(aws: Aws, listener: dict[str, Any]) -> None:
    elbv2, made = aws("elbv2"), {"LoadBalancerArn": listener["balancer"], "Protocol": "HTTP", "Port": 81}
    same = [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]
    refused("InvalidLoadBalancerAction", elbv2.create_listener, **made, DefaultActions=same)
    https = [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}}]
    elbv2.create_listener(**made, DefaultActions=https)


def test_rules_of_a_listener(aws: Aws, listener: dict[str, Any]) -> None:
    elbv2, arn = aws("elbv2"), listener["arn"]
    rule = {"ListenerArn": arn, "Priority": 1, "Actions": [listener["forward"]]}
    refused("ValidationError", elbv2.create_rule, **rule, Conditions=[])
    made = elbv2.create_rule(**rule, Conditions=[{"Field": "host-header", "Values": ["a.example.com"]}])["Rules"][0]
    (default,) = [each for each in elbv2.describe_rules(ListenerArn=arn)["Rules"] if each["IsDefault"]]
    refused("OperationNotPermitted", elbv2.delete_rule, RuleArn=default["RuleArn"])
    elbv2.delete_rule(RuleArn=made["RuleArn"])
