# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import re

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import rds_instance
from botocore.exceptions import ClientError
from module_failed import ModuleFailed

NAME, REPLICA = "production-db", "production-db-read-replica"
PASSWORD = "correct-horse-battery"
WANTED = {
    "db_instance_identifier": NAME,
    "engine": "mysql",
    "engine_version": "8.4",
    "db_instance_class": "db.r7g.large",
    "allocated_storage": 100,
    "storage_type": "gp3",
    "multi_az": True,
    "master_username": "dbadmin",
    "master_user_secret": "production/database",
    "backup_retention_period": 7,
    "preferred_backup_window": "03:00-04:00",
    "preferred_maintenance_window": "Sun:04:30-Sun:05:30",
    "enable_cloudwatch_logs_exports": ["slowquery", "error"],
    "deletion_protection": True,
    "tags": {"Environment": "production"},
}


@pytest.fixture
def rds(aws):
    value = json.dumps({"username": "dbadmin", "password": PASSWORD})
    boto3.client("secretsmanager").create_secret(Name="production/database", SecretString=value)
    return boto3.client("rds")


@pytest.fixture
def run(run_module):
    return lambda check=False, **more: run_module("rds_instance", check=check, **{**WANTED, **more})


@pytest.fixture
def replicate(run_module):
    def run(check=False, **more):
        base = {
            "db_instance_identifier": REPLICA,
            "source_db_instance_identifier": NAME,
            "db_instance_class": "db.r7g.large",
            "multi_az": False,
            "deletion_protection": False,
            "tags": {"Environment": "production"},
        }
        return run_module("rds_instance", check=check, **{**base, **more})

    return run


@pytest.fixture
def state(rds, monkeypatch):
    """Let DescribeDBInstances answer these members in turn, laid over what there is; the last one for good."""

    def answer(*overlays):
        left = list(overlays)
        original = rds_instance.describe_instance

        def describe(client, name):
            overlay = left.pop(0) if len(left) > 1 else left[0]
            found = original(client, name)
            return {**found, **overlay} if found else found

        monkeypatch.setattr(rds_instance, "describe_instance", describe)
        monkeypatch.setattr("time.sleep", lambda seconds: None)

    return answer


def live(rds, name=NAME):
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def test_create(rds, run):
    result = run()
    assert result["changes"] == [{"type": "AWS::RDS::DBInstance", "name": NAME, "action": "create"}]
    assert PASSWORD not in json.dumps(result)
    made = live(rds)
    assert (made["Engine"], made["AllocatedStorage"], made["MultiAZ"]) == ("mysql", 100, True)
    assert (made["MasterUsername"], made["DeletionProtection"]) == ("dbadmin", True)
    assert result["instance"]["endpoint"] == {"address": made["Endpoint"]["Address"], "port": 3306}


def test_second_run_writes_nothing(rds, run, writes):
    run()
    writes.clear()
    assert not run()["changed"]
    assert writes == []


def test_update(rds, run, writes):
    run()
    writes.clear()
    result = run(
        db_instance_class="db.r7g.xlarge",
        enable_cloudwatch_logs_exports=["error", "general"],
        tags={"Owner": "platform"},
        apply_immediately=True,
    )
    assert writes == ["ModifyDBInstance", "AddTagsToResource", "RemoveTagsFromResource"]
    assert "db.r7g.xlarge" in result["diff"][0]["after"]
    assert "AllocatedStorage" not in result["diff"][0]["after"]
    made = live(rds)
    assert made["DBInstanceClass"] == "db.r7g.xlarge"
    assert sorted(made["EnabledCloudwatchLogsExports"]) == ["error", "general"]
    assert made["TagList"] == [{"Key": "Owner", "Value": "platform"}]


def test_check_mode_on_an_empty_account_takes_stand_ins(rds, run, writes):
    result = run(
        check=True,
        kms_key_id="arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-0123456789ab",
        vpc_security_group_ids=["sg-00000000123456789"],
    )
    assert result["changes"][0]["action"] == "create"
    assert result["instance"] is None
    assert writes == []


def test_check_mode_predicts_update_and_delete(rds, run, writes):
    run()
    writes.clear()
    assert run(check=True, multi_az=False)["changed"]
    assert run(check=True, state="absent", deletion_protection=False)["changes"][0]["action"] == "delete"
    assert writes == []


def test_delete_takes_a_final_snapshot_and_deleting_again_is_nothing(rds, run, writes):
    run()
    result = run(state="absent", deletion_protection=False)
    assert re.fullmatch(r"production-db-final-\d{14}", result["final_db_snapshot_identifier"])
    (snapshot,) = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == result["final_db_snapshot_identifier"]
    with pytest.raises(ClientError, match="DBInstanceNotFound"):
        live(rds)
    writes.clear()
    assert not run(state="absent", deletion_protection=False)["changed"]
    assert writes == []


def test_delete_without_a_snapshot_only_when_told(rds, run):
    run(deletion_protection=False)
    run(state="absent", deletion_protection=False, skip_final_snapshot=True)
    assert rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"] == []


def test_a_protected_instance_is_not_deleted_by_accident(rds, run):
    run()
    with pytest.raises(ModuleFailed, match="say deletion_protection: false"):
        run(state="absent", deletion_protection=None)
    assert live(rds)


# IDM-9


def test_a_minor_upgrade_and_grown_storage_are_no_drift(rds, run, writes):
    run()
    rds.modify_db_instance(
        DBInstanceIdentifier=NAME, EngineVersion="8.4.7", AllocatedStorage=160, ApplyImmediately=True
    )
    writes.clear()
    assert not run(engine_version="8.4")["changed"]
    assert not run(engine_version="8.4.6")["changed"]
    assert writes == []


def test_storage_that_may_grow_no_more(rds, run, writes):
    run(max_allocated_storage=500)
    (change,) = run(check=True, max_allocated_storage=0)["diff"]
    assert json.loads(change["before"]) == {"max_allocated_storage": 500}
    assert run(max_allocated_storage=0)["changed"]
    assert "MaxAllocatedStorage" not in live(rds)
    writes.clear()
    assert not run(max_allocated_storage=0)["changed"]
    assert writes == []


def test_a_new_instance_is_not_told_that_its_storage_may_not_grow(rds, run):
    run(max_allocated_storage=0)
    assert "MaxAllocatedStorage" not in live(rds)


@pytest.mark.parametrize(
    ("engine", "current", "wanted", "reached"),
    [
        ("mysql", "8.4.6", "8.4", True),
        ("mysql", "8.4.6", "8.4.6", True),
        ("mysql", "8.4.7", "8.4.6", True),
        ("mysql", "8.4.10", "8.4.9", True),
        ("mysql", "8.4.6", "8.4.7", False),
        ("mysql", "8.4.6", "9.0", False),
        ("mysql", "8.4.6", "8.0", False),
        ("postgres", "17.5", "17", True),
        ("postgres", "17.6", "17.5", True),
        ("postgres", "16.9", "17", False),
        ("mariadb", "11.4.5", "11.4", True),
        ("mariadb", "10.11.13", "11.4", False),
    ],
)
def test_versions(engine, current, wanted, reached):
    assert rds_instance.has_version(engine, current, wanted) is reached


def test_pending_values_are_named_and_not_sent_again(rds, run, state, writes):
    run()
    state({"PendingModifiedValues": {"DBInstanceClass": "db.r7g.xlarge"}})
    writes.clear()
    result = run(db_instance_class="db.r7g.xlarge")
    assert not result["changed"]
    assert "db.r7g.xlarge" in str(result["warnings"])
    assert writes == []


def test_growing_and_performance_go_in_one_request():
    before = {"allocated_storage": 100, "storage_type": "gp3", "iops": 3000, "storage_throughput": 125}
    plan = rds_instance.Plan("kind", NAME, before, {"allocated_storage": 500, "storage_type": "gp3", "iops": 12000})
    assert rds_instance.build_modification(plan) == {"AllocatedStorage": 500, "StorageType": "gp3", "Iops": 12000}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"engine": "postgres"}, "engine of production-db is 'mysql' and can't be changed"),
        ({"master_username": "other"}, "master_username of production-db"),
        ({"storage_encrypted": True}, "storage_encrypted of production-db"),
    ],
)
def test_what_aws_cannot_change_is_refused(rds, run, writes, change, message):
    run()
    writes.clear()
    with pytest.raises(ModuleFailed, match=message):
        run(**change)
    assert writes == []


def test_what_creation_needs_is_named(rds, run, writes):
    with pytest.raises(ModuleFailed, match="to create it, give allocated_storage, master_user_secret"):
        run(allocated_storage=None, master_user_secret=None)
    assert writes == []


# Time


def test_an_instance_that_is_being_created_is_left_alone_without_wait(rds, run, state, writes):
    run()
    state({"DBInstanceStatus": "creating", "Endpoint": None})
    writes.clear()
    result = run(wait=False, multi_az=False)
    assert not result["changed"]
    assert result["instance"]["endpoint"] is None  # CON-7
    assert writes == []


def test_a_later_run_joins_the_waiting_and_then_compares(rds, run, state):
    run()
    state({"DBInstanceStatus": "creating"}, {"DBInstanceStatus": "backing-up"}, {})
    assert run(multi_az=False)["changes"][0]["action"] == "update"
    assert live(rds)["MultiAZ"] is False


def test_waiting_ends(rds, run, state, monkeypatch):
    run()
    state({"DBInstanceStatus": "creating"})
    with pytest.raises(ModuleFailed, match="Timed out after 0 s waiting for production-db to be available"):
        run(wait_timeout=0)


def test_a_failed_instance_ends_with_its_events(rds, run, state):
    run()
    state({"DBInstanceStatus": "incompatible-network"})
    with pytest.raises(ModuleFailed, match="production-db is incompatible-network.*DB instance created"):
        run()


def test_an_instance_on_its_way_out_is_awaited_and_made_anew(rds, run, monkeypatch):
    run(deletion_protection=False)
    original, seen = rds_instance.describe_instance, []

    def describe(client, name):
        seen.append(name)
        if len(seen) == 2:
            rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
        found = original(client, name)
        return {**found, "DBInstanceStatus": "deleting"} if len(seen) < 2 else found

    monkeypatch.setattr(rds_instance, "describe_instance", describe)
    assert run()["changes"][0]["action"] == "create"
    assert live(rds)


def test_a_monitoring_role_that_is_not_believed_yet_is_tried_again(rds, run, monkeypatch):
    import botocore.client

    original, tries = botocore.client.BaseClient._make_api_call, []

    def refuse_once(self, operation, kwargs):
        if operation == "CreateDBInstance" and not tries:
            tries.append(operation)
            error = {"Code": "InvalidParameterValue", "Message": "... required permissions for: ENHANCED_MONITORING"}
            raise ClientError({"Error": error}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse_once)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert run(monitoring_interval=60, monitoring_role_arn="arn:aws:iam::123456789012:role/m")["changed"]
    assert tries


# Replicas


def test_replica(rds, run, replicate, writes):
    run()
    writes.clear()
    assert replicate()["changes"] == [{"type": "AWS::RDS::DBInstance", "name": REPLICA, "action": "create"}]
    assert writes == ["CreateDBInstanceReadReplica"]
    assert live(rds, REPLICA)["ReadReplicaSourceDBInstanceIdentifier"] == NAME


def test_a_replica_goes_without_a_snapshot(rds, run, replicate):
    run()
    replicate()
    result = replicate(state="absent")
    assert "final_db_snapshot_identifier" not in result
    assert [db["DBInstanceIdentifier"] for db in rds.describe_db_instances()["DBInstances"]] == [NAME]


def test_api_error(rds, run):
    with pytest.raises(ModuleFailed, match="Failed to create the database instance.*overlap"):
        run(preferred_maintenance_window="sun:03:30-sun:04:30")


def test_a_minor_upgrade_by_the_inventory(rds, run):
    run(engine_version="8.4.6")
    preview = run(check=True, engine_version="8.4.7", apply_immediately=True)
    (change,) = preview["changes"]
    assert (change["action"], "note" in change) == ("update", False)
    assert change["interruption"].startswith("engine_version: the database is down for some minutes")
    assert run(engine_version="8.4.7", apply_immediately=True)["changes"] == preview["changes"]
    assert rds.describe_db_instances()["DBInstances"][0]["EngineVersion"] == "8.4.7"
    assert not run(engine_version="8.4.7")["changed"]
