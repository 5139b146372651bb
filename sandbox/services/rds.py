"""RDS: versions, storage settings, windows, replicas, refusals.

- DescribePendingMaintenanceActions: moto has none (and no catalogue: see `rds_catalogue`, `rds_parameters`).
- gp3 instances come back without `Iops` and `StorageThroughput`: a rerun of `rds_instance` dies of KeyError.
- Adjoining backup and maintenance windows (03:00-04:00, sun:04:00-sun:05:00) are refused as overlapping.
- A replica is a shallow copy of its primary: it inherits MultiAZ, deletion protection, backup retention.
- Groups in use, one-zone subnet groups, unknown versions and classes, small gp3 with IOPS: AWS refuses.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from moto.rds import utils
from moto.rds.models import RDSBackend

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.services.iam_news import can_be_assumed
from sandbox.services.kms import unusable
from sandbox.services.rds_catalogue import CERTIFICATES, CLASSES, DEFAULT_MAJOR, VERSIONS, resolve

LONGEST_RETENTION = 35  # days
GP3_THRESHOLD = 400  # GiB; below it IOPS and throughput are fixed
SMALLEST = 20  # GiB
GP3_SMALL, GP3_LARGE = (3000, 125), (12000, 500)
GP3_IOPS, GP3_THROUGHPUT, THROUGHPUT_RATIO = range(12000, 64001), range(500, 4001), 0.25  # from the threshold on
IOPS_RATIO = {"gp3": 500, "io1": 50, "io2": 1000}  # a GiB
STORAGE = {"gp2": (20, 65536), "gp3": (20, 65536), "io1": (100, 65536), "io2": (100, 65536), "standard": (5, 3072)}
PORTS = range(1150, 65536)
LICENSES = {"mysql": "general-public-license", "postgres": "postgresql-license"}
GROWTH = 10  # percent of the storage, at least
INSIGHTS_DAYS = {7, 731, *(31 * months for months in range(1, 24))}
LOGS = {
    "mysql": {"audit", "error", "general", "iam-db-auth-error", "slowquery"},
    "postgres": {"iam-db-auth-error", "postgresql", "upgrade"},
}
RESERVED_USERS = {
    "mysql": {"mysql", "mysql.sys", "rdsadmin", "rdsrepladmin", "root"},
    "postgres": {"admin", "postgresql", "public", "rds_superuser", "rdsadmin", "user"},
}

# What moto drops, kept per instance and returned.
KEPT = {
    "EngineLifecycleSupport": "EngineLifecycleSupport",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
    "MonitoringInterval": "MonitoringInterval",
    "MonitoringRoleArn": "MonitoringRoleArn",
    "DatabaseInsightsMode": "DatabaseInsightsMode",
    "DedicatedLogVolume": "DedicatedLogVolume",
    "NetworkType": "NetworkType",
    "Iops": "Iops",
    "StorageThroughput": "StorageThroughput",
}
KEPT_DEFAULTS = {
    "EngineLifecycleSupport": "open-source-rds-extended-support",
    "PerformanceInsightsEnabled": False,
    "MonitoringInterval": 0,
    "DatabaseInsightsMode": "standard",
    "DedicatedLogVolume": False,
    "NetworkType": "IPV4",
}

_kept: dict[Any, dict[str, dict[str, Any]]] = store(dict)


@mend(utils, "get_overlap_between_two_date_ranges")
def overlap(original: Any, start_1: datetime, end_1: datetime, start_2: datetime, end_2: datetime) -> int:
    """Windows that only touch do not overlap (moto tests for >= 0)."""
    seconds = int(original(start_1, end_1, start_2, end_2))
    return seconds if seconds > 0 else -1


# Instances


@around(
    "rds",
    "CreateDBInstance",
    "CreateDBInstanceReadReplica",
    "DeleteDBInstance",
    "DescribeDBInstances",
    "ModifyDBInstance",
    "PromoteReadReplica",
    "RebootDBInstance",
    "RestoreDBInstanceFromDBSnapshot",
    "StartDBInstance",
    "StopDBInstance",
)
def whole_instances(call: Call, forward: Forward) -> Answer:
    """Every member AWS returns."""
    answer = forward()
    for instance in [answer["DBInstance"]] if "DBInstance" in answer else answer["DBInstances"]:
        kept = _kept[call.scope].get(instance["DBInstanceIdentifier"], {})
        instance |= KEPT_DEFAULTS | kept
        if instance["PerformanceInsightsEnabled"]:
            instance.setdefault("PerformanceInsightsRetentionPeriod", 7)
        if instance.get("StorageType") == "gp3":
            iops, throughput = _gp3_baseline(instance.get("Engine", ""), instance.get("AllocatedStorage", 0))
            instance["Iops"] = kept.get("Iops") or iops
            instance["StorageThroughput"] = kept.get("StorageThroughput") or throughput
        if instance.get("KmsKeyId") == "default_kms_key_id":
            key = uuid5(NAMESPACE_URL, f"{call.account}/{call.region}/aws/rds")
            instance["KmsKeyId"] = f"arn:{call.partition}:kms:{call.region}:{call.account}:key/{key}"
    return answer


def _gp3_baseline(engine: str, size: int) -> tuple[int, int]:
    return GP3_LARGE if engine in VERSIONS and size >= GP3_THRESHOLD else GP3_SMALL


def _keep(call: Call, base: dict[str, Any]) -> None:
    given = {name: call.params[parameter] for parameter, name in KEPT.items() if parameter in call.params}
    _kept[call.scope][call.params["DBInstanceIdentifier"]] = base | given


@around("rds", "CreateDBInstance")
def create_instance(call: Call, forward: Forward) -> Answer:
    """An existing version and class; a major version means its newest minor."""
    params = dict(call.params)
    engine = params["Engine"]
    if engine in VERSIONS:
        params["EngineVersion"] = resolve(engine, params.get("EngineVersion") or DEFAULT_MAJOR[engine])
        _check_class(params["DBInstanceClass"])
        _check_storage(engine, params)
        _check_groups(call, engine, params["EngineVersion"])
        _check_user(engine, params.get("MasterUsername"))
        _check_logs(call, engine)
        _check_placement(call, engine, params)
    _check_combinations(params)
    _check_insights(call, engine, params["DBInstanceClass"])
    _check_security_groups(call, params.get("DBSubnetGroupName"))
    _check_retention(call)
    _check_authority(call)
    _check_password(params.get("MasterUserPassword"))
    _check_monitoring(call)
    _check_key(call, params.get("KmsKeyId"))
    _keep(call, {})
    return forward(params)


@around("rds", "ModifyDBInstance")
def modify_instance(call: Call, forward: Forward) -> Answer:
    """Keep what moto drops."""
    old = _kept[call.scope].get(call.params["DBInstanceIdentifier"], {})
    if "DBInstanceClass" in call.params:
        _check_class(call.params["DBInstanceClass"])
    database = call.backend().databases.get(call.params["DBInstanceIdentifier"])
    if database is not None:
        _check_growth(call, database)
        _check_changes(call, database)
        _check_replicas(call, database)
        _check_insights(call, database.engine, call.params.get("DBInstanceClass") or database.db_instance_class)
    _check_retention(call)
    _check_authority(call)
    _check_password(call.params.get("MasterUserPassword"))
    _check_monitoring(call)
    answer = forward()
    _keep(call, old)
    return answer


@around("rds", "CreateDBInstanceReadReplica")
def create_replica(call: Call, forward: Forward) -> Answer:
    """A replica has its own settings; its primary must keep backups."""
    params, backend = call.params, call.backend()
    source = params["SourceDBInstanceIdentifier"].split(":")[-1]
    primary = backend.databases.get(source)
    if primary is not None and not primary.backup_retention_period:
        message = (
            "Automated backups are not enabled for this database instance. To enable automated backups, use "
            "ModifyDBInstance to set the backup retention period to a non-zero value."
        )
        raise AwsError("InvalidDBInstanceState", message)
    if "DBInstanceClass" in params:
        _check_class(params["DBInstanceClass"])
    _check_monitoring(call)
    forward()
    replica = backend.databases[params["DBInstanceIdentifier"]]
    replica.multi_az = params.get("MultiAZ", False)
    replica.deletion_protection = params.get("DeletionProtection", False)
    replica.backup_retention_period = params.get("BackupRetentionPeriod", 0)
    replica.enabled_cloudwatch_logs_exports = params.get("EnableCloudwatchLogsExports", [])
    replica.dbi_resource_id = "db-" + uuid5(NAMESPACE_URL, replica.db_instance_identifier).hex[:26].upper()
    if "AllocatedStorage" in params:
        replica.allocated_storage = params["AllocatedStorage"]
    lifecycle = _kept[call.scope].get(source, {}).get("EngineLifecycleSupport")
    _keep(call, {"EngineLifecycleSupport": lifecycle} if lifecycle else {})
    described = call.ask("DescribeDBInstances", {"DBInstanceIdentifier": params["DBInstanceIdentifier"]})
    return {"DBInstance": described["DBInstances"][0]}


@around("rds", "DeleteDBInstance")
def delete_instance(call: Call, forward: Forward) -> Answer:
    """A final snapshot, unless skipped in so many words."""
    params = call.params
    if not params.get("SkipFinalSnapshot") and not params.get("FinalDBSnapshotIdentifier"):
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise AwsError("InvalidParameterCombination", message)
    if params.get("SkipFinalSnapshot") and params.get("FinalDBSnapshotIdentifier"):
        message = "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true."
        raise AwsError("InvalidParameterCombination", message)
    return forward()


def _check_security_groups(call: Call, subnet_group: str | None) -> None:
    """They are in the VPC of the subnets."""
    subnets = call.backend().subnet_groups.get(subnet_group or "")
    for group in call.params.get("VpcSecurityGroupIds") or []:
        found = call.backend("ec2").get_security_group_from_id(group)
        if found is None:
            raise AwsError("InvalidParameterValue", f"Invalid security group , groupId= {group}, groupName=.")
        if subnets is not None and found.vpc_id != subnets.vpc_id:
            message = (
                "The DB instance and EC2 security group are in different VPCs. "
                f"The DB instance is in {subnets.vpc_id} and the EC2 security group is in {found.vpc_id}"
            )
            raise AwsError("InvalidParameterCombination", message)


def _check_retention(call: Call) -> None:
    period = call.params.get("BackupRetentionPeriod", 0)
    if not 0 <= period <= LONGEST_RETENTION:
        message = f"Invalid backup retention period: {period}. Must be between 0 and {LONGEST_RETENTION}."
        raise AwsError("InvalidParameterValue", message)


def _check_growth(call: Call, database: Any) -> None:
    """IDM-9: storage grows, versions rise, and a major version only when that is said."""
    size, wanted = call.params.get("AllocatedStorage"), call.params.get("EngineVersion")
    before = int(database.allocated_storage)
    if size is not None and size < before:
        message = (
            f"Requested storage size ({size}) cannot be less than the current storage size "
            f"({database.allocated_storage})."
        )
        raise AwsError("InvalidParameterCombination", message)
    if size is not None and 0 < (size - before) * 100 < before * GROWTH:
        message = (
            f"Invalid storage size: {size}. The storage must grow by {GROWTH}% or more of the current storage size "
            f"({database.allocated_storage})."
        )
        raise AwsError("InvalidParameterCombination", message)
    engine, current = database.engine, database.engine_version
    if wanted is None or engine not in VERSIONS:
        return
    version = resolve(engine, wanted)
    if [int(part) for part in version.split(".")] < [int(part) for part in current.split(".")]:
        raise AwsError("InvalidParameterCombination", f"Cannot upgrade {engine} from {current} to {version}")
    family = {minor: family for minors, family in VERSIONS[engine].values() for minor in minors}
    if family.get(version) != family.get(current) and not call.params.get("AllowMajorVersionUpgrade"):
        message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        raise AwsError("InvalidParameterCombination", message)


def _check_changes(call: Call, database: Any) -> None:
    """What a new instance could not have, an old one does not get."""
    engine, params = database.engine, call.params
    if engine not in VERSIONS:
        return
    storage = {"StorageType": database.storage_type, "AllocatedStorage": int(database.allocated_storage)}
    if params.keys() & {"AllocatedStorage", "Iops", "MaxAllocatedStorage", "StorageThroughput", "StorageType"}:
        _check_storage(engine, storage | params)
    _check_groups(call, engine, resolve(engine, params.get("EngineVersion") or database.engine_version))
    logs = params.get("CloudwatchLogsExportConfiguration", {})
    _check_log_types(engine, logs.get("EnableLogTypes") or [])
    group = getattr(database, "db_subnet_group", None)
    _check_security_groups(call, group.name if group else None)


def _check_replicas(call: Call, database: Any) -> None:
    """A replica lives on its primary's backups."""
    if call.params.get("BackupRetentionPeriod") == 0 and database.replicas:
        message = "Backups cannot be disabled on a DB instance that has read replicas."
        raise AwsError("InvalidParameterCombination", message)


def _check_user(engine: str, name: str | None) -> None:
    if (name or "").lower() in RESERVED_USERS[engine]:
        message = f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        raise AwsError("InvalidParameterValue", message)


def _check_logs(call: Call, engine: str) -> None:
    _check_log_types(engine, call.params.get("EnableCloudwatchLogsExports") or [])


def _check_log_types(engine: str, names: list[str]) -> None:
    for name in names:
        if name not in LOGS[engine]:
            message = f"You cannot use the log types '{name}' with engine version {engine}."
            raise AwsError("InvalidParameterCombination", message)


def _check_placement(call: Call, engine: str, params: dict[str, Any]) -> None:
    """A zone of the region, a port for users, an authority and a licence that there are."""
    zones = [each["ZoneName"] for each in call.ask("DescribeAvailabilityZones", {}, service="ec2")["AvailabilityZones"]]
    if params.get("AvailabilityZone", zones[0]) not in zones:
        message = f"Availability zone '{params['AvailabilityZone']}' does not exist."
        raise AwsError("InvalidParameterValue", message)
    if params.get("Port", PORTS[0]) not in PORTS:
        message = f"The port must be between {PORTS[0]} and {PORTS[-1]}: {params['Port']}"
        raise AwsError("InvalidParameterValue", message)
    if params.get("LicenseModel", LICENSES[engine]) != LICENSES[engine]:
        message = f"Invalid license model '{params['LicenseModel']}' for engine '{engine}'. Valid license models are: {LICENSES[engine]}."
        raise AwsError("InvalidParameterCombination", message)
    if not params.get("MasterUsername"):
        raise AwsError("InvalidParameterValue", "The parameter MasterUsername must be provided and must not be blank.")
    if not (params.get("MasterUserPassword") or params.get("ManageMasterUserPassword")):
        message = "The parameter MasterUserPassword must be provided and must not be blank."
        raise AwsError("InvalidParameterValue", message)
    if "AllocatedStorage" not in params:
        raise AwsError("InvalidParameterValue", "The parameter AllocatedStorage must be provided")


def _check_authority(call: Call) -> None:
    name = call.params.get("CACertificateIdentifier")
    if name and name not in CERTIFICATES:
        raise AwsError("CertificateNotFound", f"CertificateNotFound: {name}", status=404)


def _check_combinations(params: dict[str, Any]) -> None:
    """What can't be asked for at once."""
    fault = None
    if params.get("KmsKeyId") and not params.get("StorageEncrypted"):
        fault = "KmsKeyId can only be specified for encrypted storage."
    elif params.get("ManageMasterUserPassword") and params.get("MasterUserPassword"):
        fault = "You can't specify both MasterUserPassword and ManageMasterUserPassword."
    elif params.get("MultiAZ") and params.get("AvailabilityZone"):
        fault = "Requesting a specific availability zone is not valid for Multi-AZ instances."
    elif params.get("StorageType") in ("io1", "io2") and not params.get("Iops"):
        fault = f"You must specify both the storage size and iops when modifying {params['StorageType']} storage."
    if fault:
        raise AwsError("InvalidParameterCombination", fault)


def _check_insights(call: Call, engine: str, name: str) -> None:
    """Not for MySQL's smallest classes, and for a week or whole months."""
    if not call.params.get("EnablePerformanceInsights"):
        return
    if engine != "postgres" and name.endswith((".micro", ".small")):
        message = "Performance Insights not supported for this configuration, please disable this feature."
        raise AwsError("InvalidParameterCombination", message)
    days = call.params.get("PerformanceInsightsRetentionPeriod", 7)
    if days not in INSIGHTS_DAYS:
        raise AwsError("InvalidParameterValue", f"Invalid Performance Insights retention period: {days}.")


def _check_class(name: str) -> None:
    if name not in CLASSES:
        raise AwsError("InvalidParameterValue", f"Invalid DB Instance class: {name}")


def _check_groups(call: Call, engine: str, version: str) -> None:
    """A parameter group fits one family of versions."""
    group = call.backend().db_parameter_groups.get(call.params.get("DBParameterGroupName", ""))
    family = next(family for minors, family in VERSIONS[engine].values() if version in minors)
    if group is not None and group.family != family:
        message = (
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Please use a parameter group with DBParameterGroupFamily {family}"
        )
        raise AwsError("InvalidParameterCombination", message)


def _check_password(password: str | None) -> None:
    if password is None:
        return
    if not 8 <= len(password) <= 41:
        message = "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
        if len(password) > 8:
            message = (
                "The parameter MasterUserPassword is not a valid password because it is longer than 41 characters."
            )
        raise AwsError("InvalidParameterValue", message)
    if not password.isascii() or not password.isprintable() or set(password) & set('/@" '):
        message = (
            "The parameter MasterUserPassword is not a valid password. "
            "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )
        raise AwsError("InvalidParameterValue", message)


def _check_monitoring(call: Call) -> None:
    """The role of enhanced monitoring must trust it, and have been there for some seconds (CON-1)."""
    role = call.params.get("MonitoringRoleArn")
    if (
        call.params.get("MonitoringInterval")
        and role
        and not can_be_assumed(call, role, "monitoring.rds.amazonaws.com")
    ):
        message = "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
        raise AwsError("InvalidParameterValue", message)


def _check_key(call: Call, key: str | None) -> None:
    if key and unusable(call, key):
        message = (
            f"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it."
        )
        raise AwsError("KMSKeyNotAccessibleFault", message)


def _check_storage(engine: str, params: dict[str, Any]) -> None:
    """Sizes of a storage type; IOPS and throughput that go with them."""
    kind, size = params.get("StorageType", "gp2"), params.get("AllocatedStorage", SMALLEST)
    iops, throughput = params.get("Iops"), params.get("StorageThroughput")
    about = f"for engine name {engine} and storage type {kind}"
    if kind not in STORAGE:
        raise AwsError("InvalidParameterValue", f"Invalid storage type: {kind}")
    least, most = STORAGE[kind]
    if not least <= size <= most:
        raise AwsError("InvalidParameterValue", f"Invalid storage size {about}: {size}")
    limit = params.get("MaxAllocatedStorage")
    if limit is not None and limit != size and limit * 100 < size * (100 + GROWTH):  # the size itself: it does not grow
        raise AwsError("InvalidParameterCombination", f"Invalid max storage size {about}: {limit}")
    if kind == "gp3" and size < GP3_THRESHOLD and (iops, throughput) != (None, None):
        message = (
            f"You can't specify IOPS or storage throughput for engine {engine} "
            f"and a storage size less than {GP3_THRESHOLD}."
        )
        raise AwsError("InvalidParameterCombination", message)
    if kind == "gp3" and iops is not None and iops not in GP3_IOPS:
        raise AwsError("InvalidParameterCombination", f"Invalid iops value {about}: {iops}")
    if kind in IOPS_RATIO and iops is not None and iops / size > IOPS_RATIO[kind]:
        raise AwsError("InvalidParameterCombination", f"Invalid iops to storage (GB) ratio {about}: {iops / size:.4f}")
    if kind == "gp3" and throughput is not None:
        ratio = throughput / (iops or GP3_LARGE[0])
        if throughput not in GP3_THROUGHPUT or ratio > THROUGHPUT_RATIO:
            message = f"Invalid storage throughput to iops ratio {about}: {ratio:.4f}"
            raise AwsError("InvalidParameterCombination", message)


# Groups


@around("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def refuse_one_zone(call: Call, forward: Forward) -> Answer:
    """A subnet group covers two zones."""
    subnets = [s for zone in call.backend("ec2").subnets.values() for s in zone.values()]
    if len({s.vpc_id for s in subnets if s.id in call.params["SubnetIds"]}) > 1:
        raise AwsError("InvalidSubnet", "The specified subnets are in more than one VPC.")
    known = {s.id: s.availability_zone for s in subnets}
    zones = sorted({known[subnet] for subnet in call.params["SubnetIds"] if subnet in known})
    if len(zones) == 1:
        message = (
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            f"Current AZ coverage: {zones[0]}. Add subnets to cover at least 2 AZs."
        )
        raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message)
    forward()
    return None


@mend(RDSBackend, "modify_db_subnet_group")
def keep_modified_group(original: Any, backend: RDSBackend, subnet_name: str, *args: Any, **kwargs: Any) -> Any:
    """moto takes a group out to change it, and does not put it back."""
    group = original(backend, subnet_name, *args, **kwargs)
    backend.subnet_groups[subnet_name] = group
    return group


@around("rds", "DeleteDBSubnetGroup")
def refuse_subnet_group_in_use(call: Call, forward: Forward) -> Answer:
    """An instance needs its subnet group."""
    name = call.params["DBSubnetGroupName"]
    for database in call.backend().databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group and group.name == name:
            message = (
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{database.db_instance_identifier} is still using it."
            )
            raise AwsError("InvalidDBSubnetGroupStateFault", message)
    forward()
    return None


@around("rds", "DescribeDBParameterGroups")
def miss_parameter_group(call: Call, forward: Forward) -> Answer:
    """A group asked for by its name is there, or it is an error."""
    found = forward()
    if "DBParameterGroupName" in call.params and not found["DBParameterGroups"]:
        raise AwsError("DBParameterGroupNotFound", "DBParameterGroup not found", status=404)
    return found


@around("rds", "DeleteDBParameterGroup")
def refuse_parameter_group_in_use(call: Call, forward: Forward) -> Answer:
    """An instance needs its parameter group."""
    name = call.params["DBParameterGroupName"]
    if any(database.db_parameter_group_name == name for database in call.backend().databases.values()):
        message = (
            f"One or more database instances are still members of this parameter group {name}, "
            "so the group cannot be deleted"
        )
        raise AwsError("InvalidDBParameterGroupState", message)
    forward()
    return None
