"""RDS: the catalogue, storage settings, windows, replicas, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_helpers import Aws, Network, refused, trust

DATABASE = {
    "DBInstanceIdentifier": "db",
    "Engine": "mysql",
    "EngineVersion": "8.4",
    "DBInstanceClass": "db.r7g.large",
    "MasterUsername": "admin",
    "MasterUserPassword": "abcdefgh12",
    "AllocatedStorage": 100,
    "StorageType": "gp3",
    "BackupRetentionPeriod": 7,
    "MultiAZ": True,
    "DBSubnetGroupName": "subnets",
    "DBParameterGroupName": "parameters",
    "PreferredBackupWindow": "03:00-04:00",
    "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "EnablePerformanceInsights": True,
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
    "EnableCloudwatchLogsExports": ["error", "slowquery"],
    "DeletionProtection": True,
}


@pytest.fixture
def rds(aws: Aws, network: Network) -> Any:
    """A client; the groups exist."""
    client = aws("rds")
    client.create_db_subnet_group(DBSubnetGroupName="subnets", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    client.create_db_parameter_group(
        DBParameterGroupName="parameters", DBParameterGroupFamily="mysql8.4", Description="d"
    )
    trusted = trust("monitoring.rds.amazonaws.com")
    aws("iam").create_role(RoleName="monitoring", AssumeRolePolicyDocument=trusted)
    # CON-1: the role is too new for the first that asks
    assert "ENHANCED_MONITORING" in refused("InvalidParameterValue", client.create_db_instance, **DATABASE)
    return client


def test_instance_is_returned_whole(rds: Any) -> None:
    """With windows that touch, and a major version resolved to its newest minor."""
    rds.create_db_instance(**DATABASE)
    (found,) = rds.describe_db_instances()["DBInstances"]
    assert (found["Iops"], found["StorageThroughput"]) == (3000, 125)
    assert found["EngineVersion"].startswith("8.4.")
    assert found["EngineLifecycleSupport"] == DATABASE["EngineLifecycleSupport"]
    assert found["PerformanceInsightsEnabled"] is True
    assert found["MonitoringInterval"] == 60
    assert found["EnabledCloudwatchLogsExports"] == ["error", "slowquery"]
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "parameters"
    rds.modify_db_instance(DBInstanceIdentifier="db", MonitoringInterval=30, EnablePerformanceInsights=False)
    (found,) = rds.describe_db_instances()["DBInstances"]
    assert (found["MonitoringInterval"], found["PerformanceInsightsEnabled"]) == (30, False)


def test_overlapping_windows(rds: Any) -> None:
    overlapping = DATABASE | {"PreferredMaintenanceWindow": "sun:03:30-sun:05:00"}
    refused("InvalidParameterValue", rds.create_db_instance, **overlapping)


def test_replica_has_its_own_settings(rds: Any) -> None:
    rds.create_db_instance(**DATABASE)
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="db", DBInstanceClass="db.r7g.xlarge"
    )
    primary, replica = sorted(rds.describe_db_instances()["DBInstances"], key=lambda each: each["DBInstanceIdentifier"])
    assert (replica["MultiAZ"], replica["DeletionProtection"], replica["BackupRetentionPeriod"]) == (False, False, 0)
    assert replica["DBInstanceClass"] == "db.r7g.xlarge"
    assert replica["DbiResourceId"] != primary["DbiResourceId"]
    assert (primary["MultiAZ"], primary["DeletionProtection"], primary["BackupRetentionPeriod"]) == (True, True, 7)


def test_replica_needs_backups(rds: Any) -> None:
    rds.create_db_instance(**DATABASE | {"BackupRetentionPeriod": 0})
    refused(
        "InvalidDBInstanceState",
        rds.create_db_instance_read_replica,
        DBInstanceIdentifier="replica",
        SourceDBInstanceIdentifier="db",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"EngineVersion": "8.0.35"}, "InvalidParameterCombination"),
        ({"DBInstanceClass": "db.zz.large"}, "InvalidParameterValue"),
        ({"Iops": 6000}, "InvalidParameterCombination"),
        ({"EngineVersion": "8.0.44"}, "InvalidParameterCombination"),  # of another family than its parameter group
        ({"AllocatedStorage": 10}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with a space"}, "InvalidParameterValue"),
        ({"MonitoringRoleArn": "arn:aws:iam::123456789012:role/none"}, "InvalidParameterValue"),
        ({"StorageEncrypted": True, "KmsKeyId": "none"}, "KMSKeyNotAccessibleFault"),
    ],
)
def test_refused_instances(rds: Any, change: dict[str, Any], code: str) -> None:
    refused(code, rds.create_db_instance, **DATABASE | change)


def test_groups_in_use_protection_and_final_snapshot(rds: Any) -> None:
    rds.create_db_instance(**DATABASE)
    refused("InvalidDBSubnetGroupStateFault", rds.delete_db_subnet_group, DBSubnetGroupName="subnets")
    refused("InvalidDBParameterGroupState", rds.delete_db_parameter_group, DBParameterGroupName="parameters")
    refused("InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    rds.modify_db_instance(DBInstanceIdentifier="db", DeletionProtection=False)
    message = refused("InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="db")
    assert "FinalDBSnapshotIdentifier" in message
    rds.delete_db_instance(DBInstanceIdentifier="db", FinalDBSnapshotIdentifier="final")
    assert [each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]] == ["final"]
    rds.delete_db_subnet_group(DBSubnetGroupName="subnets")
    rds.delete_db_parameter_group(DBParameterGroupName="parameters")
    refused("DBParameterGroupNotFound", rds.describe_db_parameter_groups, DBParameterGroupName="parameters")


def test_one_zone_subnet_group(aws: Aws, network: Network) -> None:
    refused(
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        aws("rds").create_db_subnet_group,
        DBSubnetGroupName="one",
        DBSubnetGroupDescription="d",
        SubnetIds=network.subnets[:1],
    )


def test_catalogue(aws: Aws) -> None:
    rds = aws("rds")
    versions = rds.describe_db_engine_versions(Engine="mysql")["DBEngineVersions"]
    assert {"8.0.40", "8.4.6"} <= {each["EngineVersion"] for each in versions}
    (default,) = rds.describe_db_engine_versions(Engine="postgres", DefaultOnly=True)["DBEngineVersions"]
    assert default["DBParameterGroupFamily"] == "postgres17"
    choice = {"Engine": "mysql", "EngineVersion": "8.4.6", "DBInstanceClass": "db.r7g.large"}
    (option,) = rds.describe_orderable_db_instance_options(**choice)["OrderableDBInstanceOptions"]
    assert option["MultiAZCapable"]
    none = rds.describe_orderable_db_instance_options(Engine="mysql", DBInstanceClass="db.zz.large")
    assert none["OrderableDBInstanceOptions"] == []
    assert rds.describe_certificates()["Certificates"]
    assert rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []


def test_parameters_are_reset_by_name(rds: Any) -> None:
    parameters = [
        {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
        for name in ("max_connections", "wait_timeout")
    ]
    rds.modify_db_parameter_group(DBParameterGroupName="parameters", Parameters=parameters)
    rds.reset_db_parameter_group(
        DBParameterGroupName="parameters",
        Parameters=[{"ParameterName": "wait_timeout", "ApplyMethod": "pending-reboot"}],
    )
    own = rds.describe_db_parameters(DBParameterGroupName="parameters", Source="user")["Parameters"]
    assert [parameter["ParameterName"] for parameter in own] == ["max_connections"]
