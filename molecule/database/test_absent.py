import re

import boto3
import pytest


@pytest.mark.parametrize(
    ("service", "operation", "key"),
    [
        ("rds", "describe_db_instances", "DBInstances"),
        ("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
        ("rds", "describe_db_parameter_groups", "DBParameterGroups"),
        ("secretsmanager", "list_secrets", "SecretList"),
        ("logs", "describe_log_groups", "logGroups"),
        ("backup", "list_backup_plans", "BackupPlansList"),
        ("backup", "list_backup_vaults", "BackupVaultList"),
        ("lambda", "list_functions", "Functions"),
        ("events", "list_rules", "Rules"),
    ],
)
def test_nothing_is_left(service, operation, key):
    assert [item for item in getattr(boto3.client(service), operation)()[key] if "molecule" in str(item)] == []


def test_no_role_and_no_policy_is_left():
    iam = boto3.client("iam")
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    names += [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    assert [name for name in names if name.startswith("molecule")] == []


def test_the_final_snapshot_is_kept():
    (snapshot,) = boto3.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert re.fullmatch(r"molecule-db-final-\d{14}", snapshot["DBSnapshotIdentifier"])


def test_the_secret_can_be_restored():
    assert boto3.client("secretsmanager").describe_secret(SecretId="molecule/database")["DeletedDate"]
