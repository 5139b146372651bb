from __future__ import annotations

import json
import os
from pathlib import Path

import boto3
import pytest

UPSTREAM = json.loads(Path(os.environ["SANDBOX_DIRECTORY"], "upstream.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def instances():
    return {db["DBInstanceIdentifier"]: db for db in boto3.client("rds").describe_db_instances()["DBInstances"]}


@pytest.fixture(scope="module")
def secret():
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId="molecule/database")["SecretString"])


def test_there_are_a_primary_and_a_replica(instances):
    assert set(instances) == {"molecule-db", "molecule-db-read-replica"}


def test_primary(instances, secret):
    primary = instances["molecule-db"]
    assert (primary["Engine"], primary["EngineVersion"].rsplit(".", 1)[0]) == ("mysql", "8.4")  # SRC-14
    assert primary["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert (primary["DBInstanceClass"], primary["MultiAZ"]) == ("db.r7g.large", True)
    assert (primary["AllocatedStorage"], primary["StorageType"]) == (100, "gp3")
    assert (primary["StorageEncrypted"], primary["KmsKeyId"]) == (True, UPSTREAM["kms_key_arn"])
    assert primary["PubliclyAccessible"] is False
    assert (primary["BackupRetentionPeriod"], primary["PreferredBackupWindow"]) == (7, "03:00-04:00")
    assert primary["PreferredMaintenanceWindow"] == "sun:04:30-sun:05:30"
    assert primary["DeletionProtection"] is primary["CopyTagsToSnapshot"] is primary["AutoMinorVersionUpgrade"] is True
    assert (primary["MasterUsername"], primary["DBName"]) == (secret["username"], secret["dbname"])
    assert {tag["Key"]: tag["Value"] for tag in primary["TagList"]}["Layer"] == "database"


def test_replica(instances):
    replica = instances["molecule-db-read-replica"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "molecule-db"
    assert (replica["MultiAZ"], replica["PubliclyAccessible"], replica["DeletionProtection"]) == (False, False, False)
    assert replica["AutoMinorVersionUpgrade"] is True


@pytest.mark.parametrize("name", ["molecule-db", "molecule-db-read-replica"])
def test_both_are_watched_and_speak_tls(instances, name):
    instance = instances[name]
    assert instance["PerformanceInsightsEnabled"] is True
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
    assert instance["PerformanceInsightsKMSKeyId"] == UPSTREAM["kms_key_arn"]
    assert instance["MonitoringInterval"] == 60
    assert instance["MonitoringRoleArn"].endswith(":role/molecule-db-monitoring-role")
    assert sorted(instance["EnabledCloudwatchLogsExports"]) == ["error", "slowquery"]
    assert [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]] == [
        UPSTREAM["security_group_ids"]["database"]
    ]
    (group,) = [group["DBParameterGroupName"] for group in instance["DBParameterGroups"]]
    own = boto3.client("rds").describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"]
    assert {p["ParameterName"]: p["ParameterValue"] for p in own}["require_secure_transport"] == "1"


def test_subnet_group(instances):
    group = instances["molecule-db"]["DBSubnetGroup"]
    assert group["DBSubnetGroupName"] == "molecule-db-subnet-group"
    assert {s["SubnetIdentifier"] for s in group["Subnets"]} == set(UPSTREAM["database_subnet_ids"].values())


def test_src_15_the_secret_is_strong_and_encrypted(secret):
    assert len(secret["password"]) == 40
    assert not set(secret["password"]) & set("/@\"' ")
    described = boto3.client("secretsmanager").describe_secret(SecretId="molecule/database")
    assert described["KmsKeyId"] == UPSTREAM["kms_key_arn"]


def test_the_secret_is_ready_for_rotation(instances, secret):
    """What AWS's rotation functions for one user ask for."""
    primary = instances["molecule-db"]
    assert (secret["engine"], secret["dbInstanceIdentifier"]) == ("mysql", "molecule-db")
    assert {"Address": secret["host"], "Port": secret["port"]}.items() <= primary["Endpoint"].items()


def test_the_secret_is_rotated_by_a_function():
    described = boto3.client("secretsmanager").describe_secret(SecretId="molecule/database")
    assert (described["RotationEnabled"], described["RotationLambdaARN"]) == (True, UPSTREAM["rotation_function_arn"])
    assert described["RotationRules"]["AutomaticallyAfterDays"] == 30


def test_log_groups_are_kept_a_month_and_encrypted():
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/instance/molecule-db")["logGroups"]
    assert len(groups) == 4
    assert {(group["retentionInDays"], group["kmsKeyId"]) for group in groups} == {(30, UPSTREAM["kms_key_arn"])}


def test_src_18_the_primary_is_backed_up(instances):
    backup = boto3.client("backup")
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    (rule,) = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    assert (rule["TargetBackupVaultName"], rule["Lifecycle"]["DeleteAfterDays"]) == ("molecule-database", 35)
    vault = backup.describe_backup_vault(BackupVaultName="molecule-database")
    assert vault["EncryptionKeyArn"] == UPSTREAM["kms_key_arn"]
    (found,) = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    selection = backup.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=found["SelectionId"])
    assert selection["BackupSelection"]["Resources"] == [instances["molecule-db"]["DBInstanceArn"]]


def test_src_18_snapshots_are_exported_to_the_bucket_of_backups(instances):
    name = "molecule-db-snapshot-exporter"
    events, functions = boto3.client("events"), boto3.client("lambda")
    function = functions.get_function_configuration(FunctionName=name)
    assert function["Environment"]["Variables"] == {
        "DATABASE": "molecule-db",
        "BUCKET": UPSTREAM["buckets"]["backups"],
        "PREFIX": "database",
        "ROLE_ARN": "arn:aws:iam::123456789012:role/molecule-db-export-role",
        "KMS_KEY_ARN": UPSTREAM["kms_key_arn"],
    }
    rule = events.describe_rule(Name=name)
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(0 9 ? * SUN *)", "ENABLED")
    assert [t["Arn"] for t in events.list_targets_by_rule(Rule=name)["Targets"]] == [function["FunctionArn"]]
    (statement,) = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": rule["Arn"]}}


def test_the_roles_trust_one_service_each():
    iam = boto3.client("iam")
    trusted = {
        name: iam.get_role(RoleName=f"molecule-db-{name}-role")["Role"]["AssumeRolePolicyDocument"]["Statement"]
        for name in ("monitoring", "backup", "export", "exporter")
    }
    assert [s["Principal"] for s in trusted["monitoring"]] == [{"Service": "monitoring.rds.amazonaws.com"}]
    assert [s["Principal"] for s in trusted["backup"]] == [{"Service": "backup.amazonaws.com"}]
    assert [s["Principal"] for s in trusted["export"]] == [{"Service": "export.rds.amazonaws.com"}]
    assert [s["Principal"] for s in trusted["exporter"]] == [{"Service": "lambda.amazonaws.com"}]
