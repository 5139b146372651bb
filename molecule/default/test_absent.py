# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a teardown leaves: nothing but what AWS itself retains (keys pending deletion, the final snapshot)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

OURS = [{"Name": "tag:Environment", "Values": ["production"]}]
# AWS's own, and what by_aws.py made in AWS's name: a teardown leaves it alone (TDN-9).
THEIRS = (
    "default",
    "/aws/service/",
    "TargetTracking-",
    "RDSOSMetrics",
    "AutoScalingManagedRule",
    "aws-waf-logs-by-hand",
)


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ("describe_vpcs", "Vpcs"),
        ("describe_subnets", "Subnets"),
        ("describe_internet_gateways", "InternetGateways"),
        ("describe_addresses", "Addresses"),
        ("describe_route_tables", "RouteTables"),
        ("describe_security_groups", "SecurityGroups"),
        ("describe_vpc_endpoints", "VpcEndpoints"),
        ("describe_flow_logs", "FlowLogs"),
        ("describe_launch_templates", "LaunchTemplates"),
    ],
)
def test_nothing_in_ec2(operation, key):
    found = getattr(client("ec2"), operation)(Filters=OURS)[key]
    assert [item for item in found if item.get("State") != "deleted"] == []  # AWS lists deleted endpoints for a while


def test_no_nat_gateway_and_no_running_instance():
    ec2 = client("ec2")
    assert [g for g in ec2.describe_nat_gateways()["NatGateways"] if g["State"] not in ("deleted", "deleting")] == []
    states = {i["State"]["Name"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]}
    assert states <= {"terminated", "shutting-down"}


@pytest.mark.parametrize(
    ("service", "operation", "key"),
    [
        ("elbv2", "describe_load_balancers", "LoadBalancers"),
        ("elbv2", "describe_target_groups", "TargetGroups"),
        ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
        ("autoscaling", "describe_policies", "ScalingPolicies"),
        ("rds", "describe_db_instances", "DBInstances"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("cloudwatch", "list_dashboards", "DashboardEntries"),
        ("sns", "list_topics", "Topics"),
        ("sns", "list_subscriptions", "Subscriptions"),
        ("lambda", "list_functions", "Functions"),
        ("logs", "describe_log_groups", "logGroups"),
        ("route53", "list_hosted_zones", "HostedZones"),
        ("iam", "list_instance_profiles", "InstanceProfiles"),
        ("s3", "list_buckets", "Buckets"),
        ("backup", "list_backup_plans", "BackupPlansList"),
        ("events", "list_rules", "Rules"),
        ("ssm", "describe_parameters", "Parameters"),
    ],
)
def test_nothing_in(service, operation, key):
    found = getattr(client(service), operation)().get(key, [])
    assert [item for item in found if not any(name in str(item)[:60] for name in THEIRS)] == []


def test_no_certificate_of_ours():
    acm = client("acm")
    for found in acm.list_certificates()["CertificateSummaryList"]:
        of_it = acm.list_tags_for_certificate(CertificateArn=found["CertificateArn"])["Tags"]
        assert {"Key": "Environment", "Value": "production"} not in of_it


def test_no_queue_and_no_distribution():
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("cloudfront").list_distributions()["DistributionList"].get("Items", []) == []
    for scope in ("CLOUDFRONT", "REGIONAL"):
        assert client("wafv2").list_web_acls(Scope=scope)["WebACLs"] == []


def test_only_service_linked_roles_are_left():
    roles = client("iam").list_roles()["Roles"]
    not_ours = ("/aws-service-role/", "/act-as/")  # and those that the runs act as
    assert [role["RoleName"] for role in roles if not role["Path"].startswith(not_ours)] == []


def test_only_the_key_of_what_is_kept_is_left():
    kms, kept = client("kms"), []
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["KeyState"] != "PendingDeletion":
            kept.append(key["KeyId"])
    aliases = [a["AliasName"] for key in kept for a in kms.list_aliases(KeyId=key)["Aliases"]]
    assert aliases == ["alias/production-data"]


def test_the_final_snapshot_is_kept():
    snapshots = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [s["DBInstanceIdentifier"] for s in snapshots] == ["production-db"]


def test_the_slow_three_are_begun_before_anything_else():
    """TDN-2: the distribution is disabled, the group emptied and the replica deleted side by side."""
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in log]
    start = max(number for number, entry in enumerate(entries) if entry.get("mark") == "absent")
    writes = [entry["operation"] for entry in entries[start + 1 :] if entry["write"]]
    assert {"UpdateDistribution", "UpdateAutoScalingGroup", "DeleteDBInstance"} <= set(writes[:6])
    assert "DeleteAlarms" not in writes[:6]
