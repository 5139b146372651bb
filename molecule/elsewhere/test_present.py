# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variations as boto3 sees them."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import boto3
from company import LOGS

OURS = [{"Name": "tag:Environment", "Values": ["elsewhere"]}]


def client(service: str, region: str = "eu-west-1") -> Any:
    return boto3.client(service, region_name=region)


def test_two_zones_in_a_small_vpc():
    subnets = client("ec2").describe_subnets(Filters=OURS)["Subnets"]
    assert len(subnets) == 6
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {f"eu-west-1{letter}" for letter in "ab"}
    assert all(ip_network(s["CidrBlock"]).subnet_of(ip_network("10.9.16.0/20")) for s in subnets)
    assert len(client("ec2").describe_nat_gateways(Filter=OURS)["NatGateways"]) == 1


def test_postgres_without_replica():
    (database,) = client("rds").describe_db_instances()["DBInstances"]
    assert (database["Engine"], database["MultiAZ"]) == ("postgres", False)
    group = database["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    (found,) = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert {rule["FromPort"] for rule in found["IpPermissions"]} == {5432}


def test_no_cdn_and_no_api():
    assert client("cloudfront").list_distributions()["DistributionList"].get("Items", []) == []
    route53 = client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    aliases = {record["Name"]: record["AliasTarget"] for record in records if "AliasTarget" in record}
    assert {"elsewhere.example.org.", "www.elsewhere.example.org."} <= set(aliases)
    assert "api.elsewhere.example.org." not in aliases
    assert {target["HostedZoneId"] for target in aliases.values()} == {"Z32O12XQLNTSW2"}
    groups = client("elbv2").describe_target_groups()["TargetGroups"]
    assert [group["TargetGroupName"] for group in groups] == ["elsewhere-web-servers"]


def test_the_load_balancer_logs_to_the_company_s_bucket():
    elbv2 = client("elbv2")
    (balancer,) = elbv2.describe_load_balancers(Names=["elsewhere-alb"])["LoadBalancers"]
    found = elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    assert {"Key": "access_logs.s3.bucket", "Value": LOGS} in found
    tags = {tag["Key"]: tag["Value"] for tag in client("s3").get_bucket_tagging(Bucket=LOGS)["TagSet"]}
    assert (tags["Team"], tags["Environment"], tags["Adopted"]) == ("web", "elsewhere", "true")
    sids = {each["Sid"] for each in json.loads(client("s3").get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"]}
    assert {"Auditors", "LoadBalancerLogs"} <= sids


def test_nothing_in_another_region_but_the_certificate():
    assert client("ec2", "us-east-1").describe_vpcs(Filters=OURS)["Vpcs"] == []


def test_every_role_has_the_boundary():
    iam = client("iam")
    names = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("elsewhere-")]
    boundaries = {
        iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] for name in names
    }
    assert len(names) >= 3
    assert boundaries == {"arn:aws:iam::123456789012:policy/boundary"}
