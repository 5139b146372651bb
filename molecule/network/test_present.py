import ipaddress

import boto3
import pytest

ec2 = boto3.client("ec2")
OURS = [{"Name": "tag:Environment", "Values": ["molecule"]}, {"Name": "tag:Layer", "Values": ["network"]}]
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def vpc():
    (found,) = ec2.describe_vpcs(Filters=OURS)["Vpcs"]
    return found


def in_vpc():
    return [{"Name": "vpc-id", "Values": [vpc()["VpcId"]]}]


def tags(resource):
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def subnets(tier):
    found = ec2.describe_subnets(Filters=in_vpc())["Subnets"]
    return {each["AvailabilityZone"]: each for each in found if tags(each)["Tier"] == tier}


def table(subnet):
    filters = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    (found,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    return found


def default_route(subnet):
    return next((each for each in table(subnet)["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0"), {})


def nats():
    found = ec2.describe_nat_gateways(Filter=in_vpc())["NatGateways"]
    return {each["SubnetId"]: each for each in found if each["State"] == "available"}


def test_vpc():
    assert vpc()["CidrBlock"] == "10.20.0.0/20"
    assert tags(vpc()) == {
        "Name": "molecule-vpc",
        "Project": "realtime",
        "Environment": "molecule",
        "Layer": "network",
        "ManagedBy": "realtime.aws",
        "Owner": "platform",
    }
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = ec2.describe_vpc_attribute(VpcId=vpc()["VpcId"], Attribute=attribute)
        assert answer[attribute[0].upper() + attribute[1:]]["Value"]


@pytest.mark.parametrize(("tier", "public"), [("public", True), ("private", False), ("database", False)])
def test_each_tier_has_a_subnet_in_each_zone(tier, public):
    assert sorted(subnets(tier)) == ZONES
    for number, zone in enumerate(ZONES, start=1):
        subnet = subnets(tier)[zone]
        assert ipaddress.ip_network(subnet["CidrBlock"]).subnet_of(ipaddress.ip_network("10.20.0.0/20"))
        assert tags(subnet)["Name"] == f"molecule-{tier}-subnet-{number}"
        assert subnet["MapPublicIpOnLaunch"] is public


def test_each_zone_has_a_nat_gateway_with_an_address_of_its_own():  # IDM-2
    assert sorted(nats()) == sorted(each["SubnetId"] for each in subnets("public").values())
    addresses = ec2.describe_addresses(Filters=OURS)["Addresses"]
    used = {nat["NatGatewayAddresses"][0]["AllocationId"] for nat in nats().values()}
    assert used == {each["AllocationId"] for each in addresses} and len(used) == 3


def test_routes():  # SRC-1
    for zone in ZONES:
        assert default_route(subnets("public")[zone])["GatewayId"].startswith("igw-")
        nat = nats()[subnets("public")[zone]["SubnetId"]]["NatGatewayId"]
        assert default_route(subnets("private")[zone])["NatGatewayId"] == nat
        assert default_route(subnets("database")[zone]) == {}


def test_endpoints():
    found = {each["ServiceName"]: each for each in ec2.describe_vpc_endpoints(Filters=in_vpc())["VpcEndpoints"]}
    assert sorted(found) == [f"com.amazonaws.us-east-1.{name}" for name in ("ecr.api", "s3", "ssm")]
    assert len(found["com.amazonaws.us-east-1.s3"]["RouteTableIds"]) == 4  # three private ones and the databases'
    interface = found["com.amazonaws.us-east-1.ssm"]
    assert sorted(interface["SubnetIds"]) == sorted(each["SubnetId"] for each in subnets("private").values())
    assert [each["GroupName"] for each in interface["Groups"]] == ["molecule-endpoints-security-group"]


def test_security_groups():  # IDM-15
    groups = {each["GroupName"]: each for each in ec2.describe_security_groups(Filters=in_vpc())["SecurityGroups"]}
    assert sorted(groups) == ["default", "molecule-endpoints-security-group"]
    assert groups["default"]["IpPermissions"] == groups["default"]["IpPermissionsEgress"] == []
    (rule,) = groups["molecule-endpoints-security-group"]["IpPermissions"]
    assert (rule["FromPort"], rule["IpRanges"][0]["CidrIp"]) == (443, "10.20.0.0/20")


def test_flow_log():
    (flow_log,) = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc()["VpcId"]]}])["FlowLogs"]
    assert (flow_log["TrafficType"], flow_log["LogGroupName"]) == ("ALL", "/molecule/vpc/flow-logs")
    (group,) = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/molecule/vpc/flow-logs")["logGroups"]
    assert group["retentionInDays"] == 30 and group["kmsKeyId"]
    role = boto3.client("iam").get_role(RoleName=flow_log["DeliverLogsPermissionArn"].split("/")[-1])["Role"]
    condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": "123456789012"}
