import boto3
import pytest

ec2 = boto3.client("ec2")
OURS = [{"Name": "tag:Environment", "Values": ["molecule"]}]


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ("describe_vpcs", "Vpcs"),
        ("describe_subnets", "Subnets"),
        ("describe_internet_gateways", "InternetGateways"),
        ("describe_addresses", "Addresses"),
        ("describe_route_tables", "RouteTables"),
        ("describe_vpc_endpoints", "VpcEndpoints"),
        ("describe_security_groups", "SecurityGroups"),
        ("describe_flow_logs", "FlowLogs"),
    ],
)
def test_nothing_is_left(operation, key):
    found = getattr(ec2, operation)(Filters=OURS)[key]
    assert [each for each in found if each.get("State") != "deleted"] == []


def test_no_nat_gateway_is_left():
    states = [each["State"] for each in ec2.describe_nat_gateways(Filter=OURS)["NatGateways"]]
    assert set(states) <= {"deleted"}


def test_no_log_group_and_role_are_left():
    assert boto3.client("logs").describe_log_groups(logGroupNamePrefix="/molecule/")["logGroups"] == []
    roles = boto3.client("iam").list_roles()["Roles"]
    assert not [role["RoleName"] for role in roles if role["RoleName"].startswith("molecule-")]


def test_the_other_vpc_is_untouched():  # TDN-9: what prepare made, and the account's default
    assert len(ec2.describe_vpcs()["Vpcs"]) == 2
