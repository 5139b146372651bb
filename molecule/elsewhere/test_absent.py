# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""A teardown that was told nothing keeps the data buckets and a final snapshot."""

from __future__ import annotations

from typing import Any

import boto3

OURS = [{"Name": "tag:Environment", "Values": ["elsewhere"]}]


def client(service: str) -> Any:
    return boto3.client(service, region_name="eu-west-1")


def test_the_vpc_and_all_in_it_are_gone():
    assert client("ec2").describe_vpcs(Filters=OURS)["Vpcs"] == []
    assert client("rds").describe_db_instances()["DBInstances"] == []
    assert client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert client("route53").list_hosted_zones()["HostedZones"] == []


def test_data_is_kept():
    names = {bucket["Name"].split("-")[1] for bucket in client("s3").list_buckets()["Buckets"]}
    assert names == {"static", "backups", "logs"}
    snapshots = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["elsewhere-db"]
