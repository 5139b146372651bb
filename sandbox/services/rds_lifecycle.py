"""RDS: an instance takes a quarter of an hour to come and minutes to change or to go; moto's is there at once.

While it is being created it has no endpoint (CON-7), takes no change and no snapshot, and is no source of a replica.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, pass_through
from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.vpc import linger

CREATING, BACKING_UP, REPLICATING = 600, 180, 600
MODIFYING = 120
DELETING = 240
INTERFACE_LINGERS = 60

# Changes that AWS makes without a status of their own.
QUIET = {"AllowMajorVersionUpgrade", "ApplyImmediately", "CopyTagsToSnapshot", "DBInstanceIdentifier"}
QUIET |= {"DeletionProtection", "BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow"}


def _status(database: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to a call that gave the instance another status."""
    answer["DBInstance"]["DBInstanceStatus"] = database.status
    return _without_endpoint(answer)


def _without_endpoint(answer: dict[str, Any]) -> dict[str, Any]:
    for instance in [answer["DBInstance"]] if "DBInstance" in answer else answer["DBInstances"]:
        if instance["DBInstanceStatus"] == "creating":
            instance.pop("Endpoint", None)
    return answer


@around("rds", "DescribeDBInstances")
def describe(call: Call, forward: Forward) -> Answer:
    """CON-7."""
    return _without_endpoint(forward())


@around("rds", "CreateDBInstance")
def instance_comes(call: Call, forward: Forward) -> Answer:
    """Creating, then taking its first backup, then available."""
    answer = forward()
    database = call.backend().databases[call.params["DBInstanceIdentifier"]]
    backup = [(CREATING, "backing-up")] if database.backup_retention_period else []
    pass_through(database, "status", "creating", *backup, (BACKING_UP if backup else CREATING, "available"))
    return _status(database, answer)


@around("rds", "CreateDBInstanceReadReplica")
def replica_comes(call: Call, forward: Forward) -> Answer:
    """From an available source only."""
    databases = call.backend().databases
    source = databases.get(call.params["SourceDBInstanceIdentifier"].split(":")[-1])
    if source is not None and source.status != "available":
        message = (
            f"DB instance {source.db_instance_identifier} is not in the available state. Its status is {source.status}."
        )
        raise AwsError("InvalidDBInstanceState", message)
    answer = forward()
    replica = databases[call.params["DBInstanceIdentifier"]]
    pass_through(replica, "status", "creating", (REPLICATING, "available"))
    return _status(replica, answer)


@around("rds", "ModifyDBInstance", "PromoteReadReplica", "RebootDBInstance")
def instance_changes(call: Call, forward: Forward) -> Answer:
    """Modifying for a while; not while it is being created or deleted."""
    database = call.backend().databases.get(call.params["DBInstanceIdentifier"])
    if database is not None and database.status in ("creating", "deleting", "modifying"):
        message = f"Database instance is not in available state. Its status is {database.status}."
        raise AwsError("InvalidDBInstanceState", message)
    answer = forward()
    if call.params.keys() - QUIET and database is not None:
        pass_through(database, "status", "modifying", (MODIFYING, "available"))
    return answer


@around("rds", "DeleteDBInstance")
def instance_goes(call: Call, forward: Forward) -> Answer:
    """Deleting for a while, with its groups and its name; replicas are promoted (TDN-3)."""
    databases, name = call.backend().databases, call.params["DBInstanceIdentifier"]
    database = databases.get(name)
    if database is not None:
        _check_deletion(call, database)
    answer = forward()
    assert database is not None
    for replica in [databases[each] for each in database.replicas if each in databases]:
        replica.is_replica, replica.source_db_instance_identifier = False, None
    database.replicas = []
    databases[name] = database
    pass_through(database, "status", "deleting")
    CLOCK.after(DELETING, lambda: _gone(call, database))
    return _status(database, answer)


def _check_deletion(call: Call, database: Any) -> None:
    name, snapshot = database.db_instance_identifier, call.params.get("FinalDBSnapshotIdentifier")
    if database.status == "deleting":
        raise AwsError("InvalidDBInstanceState", f"Instance {name} is already being deleted.")
    if snapshot and database.is_replica:
        message = "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance"
        raise AwsError("InvalidParameterCombination", message)
    if snapshot and database.status in ("creating", "modifying", "backing-up"):
        message = (
            f"Cannot create a snapshot because the database instance {name} is not currently in the available state."
        )
        raise AwsError("InvalidDBInstanceState", message)


def _gone(call: Call, database: Any) -> None:
    """Its interface stays a moment longer."""
    del call.backend().databases[database.db_instance_identifier]
    group = getattr(database, "db_subnet_group", None)
    subnets = [subnet.id for subnet in group._subnets] if group else []
    linger(call, INTERFACE_LINGERS, subnets, database.vpc_security_group_ids or [])
