# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""A teardown that was told nothing keeps the data buckets and a final snapshot, and gives back what was there before."""

from __future__ import annotations

from typing import Any

import boto3
from company import ASSETS, LOGS, is_as_it_was

OURS = [{"Name": "tag:Environment", "Values": ["elsewhere"]}]


def client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1")


def test_the_vpc_and_all_in_it_are_gone():
    assert client("ec2").describe_vpcs(Filters=OURS)["Vpcs"] == []
    assert client("rds").describe_db_instances()["DBInstances"] == []
    assert client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert client("route53").list_hosted_zones()["HostedZones"] == []


def test_data_is_kept():
    names = {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
    assert {name.split("-")[1] for name in names - {ASSETS, LOGS}} == {"static", "backups"}
    snapshots = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["elsewhere-db"]


def test_the_company_s_buckets_are_as_they_were():
    assert is_as_it_was(ASSETS)
    assert is_as_it_was(LOGS)
