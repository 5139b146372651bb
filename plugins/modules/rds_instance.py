#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_instance
short_description: Manage an RDS instance or a read replica
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, modifies and deletes an RDS instance for MySQL, MariaDB or PostgreSQL, or a read replica of one.
  - Options have the names of M(amazon.aws.rds_instance) where they exist there. What is omitted stays as it is.
  - The master password is read from Secrets Manager by the module itself and never passes through Ansible.
  - What AWS changes by itself is no drift. An engine version is compared only as precisely as it is given and never
    lowered within its major version; storage that has grown beyond the given size stays.
  - Values that wait for the maintenance window count as reached, and a warning names them.
  - With O(wait=false) an instance that is still being created or modified is left alone; a later run with O(wait=true)
    joins the waiting and then compares. An instance that AWS reports as failed ends the module with AWS's own events.
attributes:
  check_mode:
    support: full
    description: Predicts the instance without writing it, and does not wait.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  db_instance_identifier:
    description: Name of the instance; 1 to 63 lower-case letters, digits and hyphens.
    type: str
    required: true
    aliases: [instance_id, id]
  source_db_instance_identifier:
    description: Name of the instance that this one is a read replica of. It has to be available and to keep backups.
    type: str
  engine:
    description: Database engine. Needed to create an instance that is no replica.
    type: str
    choices: [mysql, mariadb, postgres]
  engine_version:
    description: Version of the engine, in full or only its first parts.
    type: str
  engine_lifecycle_support:
    description: Whether AWS may move the instance to paid extended support when its version ends, or upgrades it instead.
    type: str
    choices: [open-source-rds-extended-support, open-source-rds-extended-support-disabled]
  allow_major_version_upgrade:
    description: Whether a higher major version in O(engine_version) may be carried out.
    type: bool
    default: false
  db_instance_class:
    description: Class of the instance.
    type: str
    aliases: [class, instance_type]
  allocated_storage:
    description: Size in GiB. It can grow, not shrink; a larger instance is left as it is.
    type: int
  max_allocated_storage:
    description: Size in GiB up to which AWS may enlarge the storage by itself; V(0) means that it may not.
    type: int
  storage_type:
    description: Kind of storage.
    type: str
    choices: [gp2, gp3, io1, io2]
  iops:
    description: Provisioned I/O operations a second. AWS refuses it for V(gp3) below 400 GiB.
    type: int
  storage_throughput:
    description: Provisioned throughput in MiB/s, for V(gp3) from 400 GiB on.
    type: int
  storage_encrypted:
    description: Whether the storage is encrypted. It can't be changed.
    type: bool
  kms_key_id:
    description: ARN of the KMS key of the storage. It can't be changed; a replica has that of its source.
    type: str
  multi_az:
    description: Whether there is a standby in another availability zone.
    type: bool
  db_name:
    description: Name of the database that is created in the instance. It can't be changed.
    type: str
  port:
    description: TCP port.
    type: int
  master_username:
    description: Name of the master user. It can't be changed.
    type: str
  master_user_secret:
    description:
      - Name or ARN of the secret with the master user's password, a JSON object with the field C(password).
      - Read only when the instance is created.
    type: str
  db_subnet_group_name:
    description: Name of the subnet group. It can't be changed; a replica has that of its source.
    type: str
    aliases: [subnet_group]
  vpc_security_group_ids:
    description: Ids of the security groups.
    type: list
    elements: str
  db_parameter_group_name:
    description: Name of the parameter group.
    type: str
  backup_retention_period:
    description: How many days automated backups are kept.
    type: int
  preferred_backup_window:
    description: When the daily backup is taken, C(hh24:mi-hh24:mi) in UTC.
    type: str
    aliases: [backup_window]
  preferred_maintenance_window:
    description: When maintenance may happen, C(ddd:hh24:mi-ddd:hh24:mi) in UTC.
    type: str
    aliases: [maintenance_window]
  auto_minor_version_upgrade:
    description: Whether AWS installs minor versions during maintenance.
    type: bool
  copy_tags_to_snapshot:
    description: Whether snapshots get the instance's tags.
    type: bool
  publicly_accessible:
    description: Whether the instance has a public address.
    type: bool
  ca_certificate_identifier:
    description: Certificate authority of the server's certificate.
    type: str
  enable_iam_database_authentication:
    description: Whether users may log in with IAM credentials.
    type: bool
  enable_performance_insights:
    description: Whether Performance Insights (Database Insights, standard mode) collects data.
    type: bool
  performance_insights_retention_period:
    description: How many days its data is kept; 7, 731 or a multiple of 31.
    type: int
  performance_insights_kms_key_id:
    description: ARN of the KMS key of its data.
    type: str
  monitoring_interval:
    description: Seconds between two points of enhanced monitoring; 0 turns it off.
    type: int
    choices: [0, 1, 5, 10, 15, 30, 60]
  monitoring_role_arn:
    description: ARN of the role that enhanced monitoring writes with.
    type: str
  enable_cloudwatch_logs_exports:
    description: Logs that are sent to CloudWatch Logs; all others are not.
    type: list
    elements: str
    aliases: [cloudwatch_log_exports]
  deletion_protection:
    description:
      - Whether AWS refuses to delete the instance.
      - With O(state=absent), V(false) lifts the protection first; otherwise a protected instance is not deleted.
    type: bool
  apply_immediately:
    description: Whether changes that interrupt service are made at once instead of in the maintenance window.
    type: bool
    default: false
  skip_final_snapshot:
    description: Whether O(state=absent) goes without a final snapshot. There is never one of a replica.
    type: bool
    default: false
  final_db_snapshot_identifier:
    description: Name of the final snapshot; the instance's name, C(-final-) and the time when omitted.
    type: str
    aliases: [final_snapshot_identifier]
  tags:
    description: Tags of the instance; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait:
    description: Whether to wait until the instance is available, or gone.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 3600
  state:
    description: Whether the instance exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Start a database and go on
  realtime.aws.rds_instance:
    db_instance_identifier: production-db
    engine: mysql
    engine_version: "8.4"
    db_instance_class: db.r7g.large
    allocated_storage: 100
    storage_type: gp3
    storage_encrypted: true
    multi_az: true
    master_username: dbadmin
    master_user_secret: production/database
    db_subnet_group_name: production-db-subnet-group
    backup_retention_period: 7
    deletion_protection: true
    wait: false

- name: Make a read replica of it
  realtime.aws.rds_instance:
    db_instance_identifier: production-db-read-replica
    source_db_instance_identifier: production-db
    db_instance_class: db.r7g.large
    publicly_accessible: false

- name: Delete a protected database, keeping a final snapshot
  realtime.aws.rds_instance:
    db_instance_identifier: production-db
    deletion_protection: false
    state: absent
"""

RETURN = r"""
instance:
  description: The instance, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: dict
  contains:
    db_instance_identifier:
      description: Name of the instance.
      type: str
      sample: production-db
    db_instance_arn:
      description: ARN of the instance.
      type: str
      sample: arn:aws:rds:us-east-1:123456789012:db:production-db
    db_instance_status:
      description: State of the instance.
      type: str
      sample: available
    endpoint:
      description: Where it listens; C(none) while it is being created.
      type: dict
      sample: {"address": "production-db.cabc123xyz45.us-east-1.rds.amazonaws.com", "port": 3306}
    engine_version:
      description: Version that it runs.
      type: str
      sample: 8.4.6
    pending_modified_values:
      description: What waits for the maintenance window.
      type: dict
      sample: {"DBInstanceClass": "db.r7g.xlarge"}
final_db_snapshot_identifier:
  description: Name of the final snapshot that a deletion takes.
  returned: when an instance is deleted with a final snapshot
  type: str
  sample: production-db-final-20261123211500
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::RDS::DBInstance", "name": "production-db", "action": "create"}]
"""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Effect,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

KIND = "AWS::RDS::DBInstance"
STORED_ANEW = "the database may be slower for hours, and its storage can't be changed again for six"
DISRUPTS = {
    "db_instance_class": "the instance restarts; with Multi-AZ its standby takes over within a minute or two",
    "port": "the instance restarts, and clients have to use the new port",
    "db_parameter_group_name": "static parameters wait until the instance is rebooted",
    "ca_certificate_identifier": "the instance restarts if its engine can't rotate the certificate without",
    "allocated_storage": STORED_ANEW,
    "storage_type": STORED_ANEW,
    "iops": STORED_ANEW,
    "storage_throughput": STORED_ANEW,
    "multi_az": lambda _old, new: (
        "writes are slower while the standby is made" if new else "no standby takes over any more"
    ),
    "backup_retention_period": lambda old, new: "" if old and new else "the database is down for some seconds",
}
READY = ("available", "storage-optimization", "storage-config-upgrade", "storage-initialization")
BROKEN = ("failed", "incompatible-", "inaccessible-", "restore-error", "insufficient-capacity", "storage-full", "stop")


class Setting(NamedTuple):
    """How AWS calls an option: in a create request, in what it answers, in a modify request (None: can't be changed)."""

    create: str
    read: str
    modify: str | None


def same(name: str) -> Setting:
    return Setting(name, name, name)


def fixed(name: str) -> Setting:
    return Setting(name, name, None)


SETTINGS = {
    "source_db_instance_identifier": Setting(
        "SourceDBInstanceIdentifier", "ReadReplicaSourceDBInstanceIdentifier", None
    ),
    "engine": fixed("Engine"),
    "engine_version": same("EngineVersion"),
    "engine_lifecycle_support": same("EngineLifecycleSupport"),
    "db_instance_class": same("DBInstanceClass"),
    "allocated_storage": same("AllocatedStorage"),
    "max_allocated_storage": same("MaxAllocatedStorage"),
    "storage_type": same("StorageType"),
    "iops": same("Iops"),
    "storage_throughput": same("StorageThroughput"),
    "storage_encrypted": fixed("StorageEncrypted"),
    "kms_key_id": fixed("KmsKeyId"),
    "multi_az": same("MultiAZ"),
    "db_name": fixed("DBName"),
    "port": Setting("Port", "Port", "DBPortNumber"),
    "master_username": fixed("MasterUsername"),
    "db_subnet_group_name": fixed("DBSubnetGroupName"),
    "vpc_security_group_ids": same("VpcSecurityGroupIds"),
    "db_parameter_group_name": same("DBParameterGroupName"),
    "backup_retention_period": same("BackupRetentionPeriod"),
    "preferred_backup_window": same("PreferredBackupWindow"),
    "preferred_maintenance_window": same("PreferredMaintenanceWindow"),
    "auto_minor_version_upgrade": same("AutoMinorVersionUpgrade"),
    "copy_tags_to_snapshot": same("CopyTagsToSnapshot"),
    "publicly_accessible": same("PubliclyAccessible"),
    "ca_certificate_identifier": same("CACertificateIdentifier"),
    "enable_iam_database_authentication": Setting(
        "EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"
    ),
    "enable_performance_insights": Setting(
        "EnablePerformanceInsights", "PerformanceInsightsEnabled", "EnablePerformanceInsights"
    ),
    "performance_insights_retention_period": same("PerformanceInsightsRetentionPeriod"),
    "performance_insights_kms_key_id": same("PerformanceInsightsKMSKeyId"),
    "monitoring_interval": same("MonitoringInterval"),
    "monitoring_role_arn": same("MonitoringRoleArn"),
    "enable_cloudwatch_logs_exports": Setting(
        "EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports", "CloudwatchLogsExportConfiguration"
    ),
    "deletion_protection": same("DeletionProtection"),
}
# AWS wants these in one request when one of them changes.
TOGETHER = (
    {"monitoring_interval", "monitoring_role_arn"},
    {"allocated_storage", "storage_type", "iops", "storage_throughput"},
    {"enable_performance_insights", "performance_insights_retention_period"},
)


def normalize_instance(instance: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the settings of what DescribeDBInstances answered, with those that wait for the maintenance window."""
    if instance is None:
        return None
    groups = instance.get("VpcSecurityGroups") or []
    exports = set(instance.get("EnabledCloudwatchLogsExports") or [])
    waiting = instance.get("PendingModifiedValues") or {}
    switching = waiting.get("PendingCloudwatchLogsExports") or {}
    exports |= set(switching.get("LogTypesToEnable") or [])
    exports -= set(switching.get("LogTypesToDisable") or [])
    flat = {
        **instance,
        "Port": (instance.get("Endpoint") or {}).get("Port") or instance.get("DbInstancePort"),
        "VpcSecurityGroupIds": sorted(group["VpcSecurityGroupId"] for group in groups),
        "DBParameterGroupName": next(
            (group["DBParameterGroupName"] for group in instance.get("DBParameterGroups") or []), None
        ),
        "DBSubnetGroupName": (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        **waiting,
        "EnabledCloudwatchLogsExports": sorted(exports),
    }
    found = {option: flat.get(setting.read) for option, setting in SETTINGS.items()}
    return {**found, "tags": boto3_tag_list_to_ansible_dict(instance.get("TagList") or [])}


def desired_instance(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the settings as they are wanted; stand-ins and what is not asked for are left out."""
    current = before or {}
    wanted = {
        option: params[option] for option in SETTINGS if params[option] is not None and not is_pending(params[option])
    }
    for option in ("vpc_security_group_ids", "enable_cloudwatch_logs_exports"):
        if option in wanted:
            wanted[option] = sorted(wanted[option])
    for option in ("preferred_backup_window", "preferred_maintenance_window"):
        if option in wanted:
            wanted[option] = wanted[option].lower()
    if not wanted.get("monitoring_interval"):
        wanted.pop("monitoring_role_arn", None)
    if not wanted.get("enable_performance_insights"):
        wanted.pop("performance_insights_retention_period", None)
        wanted.pop("performance_insights_kms_key_id", None)
    if before is not None:  # IDM-9
        if "engine_version" in wanted and has_version(
            current["engine"], current["engine_version"], wanted["engine_version"]
        ):
            wanted["engine_version"] = current["engine_version"]
        if "allocated_storage" in wanted:
            wanted["allocated_storage"] = max(wanted["allocated_storage"], current["allocated_storage"])
    if wanted.get("max_allocated_storage") == 0 and (current.get("max_allocated_storage") or 0) <= (
        current.get("allocated_storage") or 0
    ):
        del wanted["max_allocated_storage"]  # AWS's word for no growth is the size that there is, or none
    wanted["tags"] = desired_tags(current.get("tags"), params["tags"], params["purge_tags"])
    return wanted


def has_version(engine: str, current: str, wanted: str) -> bool:
    """Return whether the current version is the wanted one, as precisely as it is given, or newer in its major version."""
    have, want = ([int(part) for part in version.split(".") if part.isdigit()] for version in (current, wanted))
    major = major_parts(engine)
    return have[: len(want)] == want or (have[:major] == want[:major] and have > want)


def major_parts(engine: str) -> int:
    """Return how many parts of a version name the major version: 17 of PostgreSQL, 8.4 of MySQL."""
    return 1 if engine == "postgres" else 2


def upgrade_effect(engine: str | None) -> Effect:
    """Say what another version of the engine means; a standby is upgraded along with the primary, so it does not help."""
    major = major_parts(engine or "")

    def effect(old: str, new: str) -> str:
        if old.split(".")[:major] == new.split(".")[:major]:
            return "the database is down for some minutes while AWS installs the minor version"
        return "the database is down while AWS upgrades it to the major version, and goes back by a snapshot only"

    return effect


def fault(plan: Plan, params: dict[str, Any]) -> str | None:
    """Return why AWS would not do it."""
    if plan.action == "create" and not params["source_db_instance_identifier"]:
        needed = ("engine", "db_instance_class", "allocated_storage", "master_username", "master_user_secret")
        missing = [option for option in needed if not params[option]]
        return f"{plan.name} does not exist; to create it, give {', '.join(missing)}" if missing else None
    if plan.action == "update":
        for option in sorted(plan.changes):
            if option in SETTINGS and SETTINGS[option].modify is None:
                old, new = plan.before[option], plan.changes[option]
                return f"{option} of {plan.name} is {old!r} and can't be changed to {new!r} by AWS"
    if plan.action == "delete" and plan.before["deletion_protection"] and params["deletion_protection"] is not False:
        return f"{plan.name} is protected against deletion; to delete it nevertheless, say deletion_protection: false"
    return None


def build_modification(plan: Plan) -> dict[str, Any]:
    """Return the parameters of the modify request."""
    changed = {option for option in plan.changes if option in SETTINGS}
    for group in TOGETHER:
        if changed & group:
            changed |= group & set(plan.desired)
    request = {SETTINGS[option].modify: plan.desired[option] for option in sorted(changed)}
    if request.get("MaxAllocatedStorage") == 0:
        request["MaxAllocatedStorage"] = {**plan.before, **plan.desired}["allocated_storage"]
    if "enable_cloudwatch_logs_exports" in changed:
        old, new = (
            set(state["enable_cloudwatch_logs_exports"] or [])
            for state in (plan.before, {**plan.before, **plan.desired})
        )
        request["CloudwatchLogsExportConfiguration"] = {
            key: sorted(types)
            for key, types in {"EnableLogTypes": new - old, "DisableLogTypes": old - new}.items()
            if types
        }
    return request


def is_ready(instance: dict[str, Any]) -> bool:
    return instance["DBInstanceStatus"] in READY


def is_broken(instance: dict[str, Any]) -> bool:
    return instance["DBInstanceStatus"].startswith(BROKEN)


@missing_is_none("read the database instance", "DBInstanceNotFound", "DBInstanceNotFoundFault")
def describe_instance(client: Any, name: str) -> dict[str, Any]:
    return client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


@named("read the events of the database instance")
def describe_events(client: Any, name: str) -> list[str]:
    day = 24 * 60
    events = client.describe_events(SourceType="db-instance", SourceIdentifier=name, Duration=day)["Events"]
    return [event["Message"] for event in events[-5:]]


@named("read the master password")
def read_password(secrets: Any, secret: str) -> str:
    return json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])["password"]


@written_once("create the database instance", "DBInstanceAlreadyExists")
def create_instance(client: Any, name: str, wanted: dict[str, Any], password: str | None) -> None:
    request = {SETTINGS[option].create: value for option, value in wanted.items() if option in SETTINGS}
    request |= {"DBInstanceIdentifier": name, "Tags": ansible_dict_to_boto3_tag_list(wanted["tags"])}
    if password is None:
        create = client.create_db_instance_read_replica
    else:
        create, request["MasterUserPassword"] = client.create_db_instance, password
    # CON-1: a monitoring role that was made a moment ago is not believed at once.
    retry_on(["InvalidParameterValue"], lambda: create(**request), 120, "ENHANCED_MONITORING")


@written_once("modify the database instance", "InvalidDBInstanceState")
def modify_instance(client: Any, name: str, request: dict[str, Any], params: dict[str, Any]) -> None:
    client.modify_db_instance(
        DBInstanceIdentifier=name,
        ApplyImmediately=params["apply_immediately"],
        AllowMajorVersionUpgrade=params["allow_major_version_upgrade"],
        **request,
    )


@named("tag the database instance")
def tag_instance(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.add_tags_to_resource(ResourceName=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=to_remove)


@written_once("lift the deletion protection", "InvalidDBInstanceState")
def lift_protection(client: Any, name: str) -> None:
    client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)


@missing_is_none("delete the database instance", "DBInstanceNotFound", "DBInstanceNotFoundFault")
def delete_instance(client: Any, name: str, snapshot: str | None) -> None:
    final = {"FinalDBSnapshotIdentifier": snapshot} if snapshot else {"SkipFinalSnapshot": True}
    # The end of a modification or of a backup can be a moment away from its status.
    retry_on(["InvalidDBInstanceState"], lambda: client.delete_db_instance(DBInstanceIdentifier=name, **final), 300)


def wait_ready(client: Any, name: str, timeout: float, settled: bool = False) -> dict[str, Any]:
    """Wait until the instance is available (settled: and nothing is pending) and return it; raise when AWS gave up."""

    def ready() -> dict[str, Any] | None:
        instance = describe_instance(client, name)
        if instance is None:
            raise AnsibleAWSError(message=f"{name} was deleted while waiting for it")
        refuse_broken(client, instance)
        done = is_ready(instance) and not (settled and instance.get("PendingModifiedValues"))
        return instance if done else None

    return wait_until(f"{name} to be available", ready, timeout, typical="10 to 20 min")


def refuse_broken(client: Any, instance: dict[str, Any]) -> None:
    if is_broken(instance):
        name = instance["DBInstanceIdentifier"]
        events = " ".join(describe_events(client, name)) or "none"
        raise AnsibleAWSError(message=f"{name} is {instance['DBInstanceStatus']}; its latest events: {events}")


def wait_gone(client: Any, name: str, timeout: float) -> None:
    wait_until(f"{name} to be deleted", lambda: describe_instance(client, name) is None, timeout, typical="5 to 15 min")


def snapshot_name(instance: dict[str, Any], params: dict[str, Any]) -> str | None:
    """Return the name of the final snapshot; none for a replica, of which AWS takes none."""
    if params["skip_final_snapshot"] or instance.get("ReadReplicaSourceDBInstanceIdentifier"):
        return None
    now = datetime.now(UTC)
    return params["final_db_snapshot_identifier"] or f"{instance['DBInstanceIdentifier']}-final-{now:%Y%m%d%H%M%S}"


def ensure_present(module: AnsibleAWSModule, client: Any) -> dict[str, Any]:
    params, write = module.params, not module.check_mode
    name, timeout = params["db_instance_identifier"], params["wait_timeout"]
    instance = describe_instance(client, name)
    if instance and instance["DBInstanceStatus"] == "deleting":  # TDN-10: a teardown that was not waited for
        if write:
            wait_gone(client, name, timeout)
        instance = None
    if instance:
        refuse_broken(client, instance)
        if not is_ready(instance):
            if not (params["wait"] and write):
                return {"instance": shown(instance), **report()}
            instance = wait_ready(client, name, timeout)

    before = normalize_instance(instance)
    disrupts = {**DISRUPTS, "engine_version": upgrade_effect((before or {}).get("engine"))}
    plan = Plan(KIND, name, before, desired_instance(before, params), disrupts=disrupts)
    if plan.interruption and not params["apply_immediately"]:
        plan.note = "waits for the maintenance window"
    if reason := fault(plan, params):
        raise AnsibleAWSError(message=reason)
    if plan.changed and write:
        if plan.action == "create":
            password = None
            if not params["source_db_instance_identifier"]:
                password = read_password(module.client("secretsmanager"), params["master_user_secret"])
                module.no_log_values.add(password)
            create_instance(client, name, plan.desired, password)
        else:
            if request := build_modification(plan):
                modify_instance(client, name, request, params)
            if "tags" in plan.changes:
                tag_instance(client, instance["DBInstanceArn"], plan.before["tags"], plan.desired["tags"])
        instance = describe_instance(client, name)
        if params["wait"]:
            instance = wait_ready(client, name, timeout, settled=params["apply_immediately"])
    if instance and instance.get("PendingModifiedValues"):
        waiting = json.dumps(instance["PendingModifiedValues"], sort_keys=True, default=str)
        module.warn(f"{name}: these changes wait for the maintenance window: {waiting}")
    return {"instance": shown(instance), **report(plan)}


def ensure_absent(module: AnsibleAWSModule, client: Any) -> dict[str, Any]:
    params, write = module.params, not module.check_mode
    name, timeout = params["db_instance_identifier"], params["wait_timeout"]
    instance = describe_instance(client, name)
    going = instance is not None and instance["DBInstanceStatus"] == "deleting"
    snapshot = snapshot_name(instance, params) if instance and not going else None
    note = f"final snapshot {snapshot}" if snapshot else None
    plan = Plan(KIND, name, None if going else normalize_instance(instance), None, note=note)
    if reason := fault(plan, params):
        raise AnsibleAWSError(message=reason)
    if plan.changed and write:
        status = instance["DBInstanceStatus"]
        if snapshot and status.startswith(("failed", "incompatible-")):
            raise AnsibleAWSError(message=f"{name} is {status}: AWS deletes it only with skip_final_snapshot: true")
        if not is_ready(instance) and not is_broken(instance):
            wait_ready(client, name, timeout)  # AWS takes no snapshot of an instance that is being created or modified
        if instance["DeletionProtection"]:
            lift_protection(client, name)  # TDN-1
        delete_instance(client, name, snapshot)
    if (plan.changed or going) and write and params["wait"]:
        wait_gone(client, name, timeout)
    final = {"final_db_snapshot_identifier": snapshot} if snapshot else {}
    return {"instance": None, **final, **report(plan)}


def shown(instance: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what a caller needs of the instance."""
    if instance is None:
        return None
    endpoint = instance.get("Endpoint") or {}  # CON-7: none while it is being created
    return {
        "db_instance_identifier": instance["DBInstanceIdentifier"],
        "db_instance_arn": instance["DBInstanceArn"],
        "db_instance_status": instance["DBInstanceStatus"],
        "endpoint": {"address": endpoint["Address"], "port": endpoint["Port"]} if "Address" in endpoint else None,
        "engine_version": instance.get("EngineVersion"),
        "pending_modified_values": instance.get("PendingModifiedValues") or {},
    }


def argument_spec() -> dict[str, Any]:
    text, number, flag = {"type": "str"}, {"type": "int"}, {"type": "bool"}
    texts = {"type": "list", "elements": "str"}
    no, yes = {"type": "bool", "default": False}, {"type": "bool", "default": True}
    support = "open-source-rds-extended-support"
    return {
        "db_instance_identifier": {**text, "required": True, "aliases": ["instance_id", "id"]},
        "source_db_instance_identifier": text,
        "engine": {**text, "choices": ["mysql", "mariadb", "postgres"]},
        "engine_version": text,
        "engine_lifecycle_support": {**text, "choices": [support, f"{support}-disabled"]},
        "allow_major_version_upgrade": no,
        "db_instance_class": {**text, "aliases": ["class", "instance_type"]},
        "allocated_storage": number,
        "max_allocated_storage": number,
        "storage_type": {**text, "choices": ["gp2", "gp3", "io1", "io2"]},
        "iops": number,
        "storage_throughput": number,
        "storage_encrypted": flag,
        "kms_key_id": text,
        "multi_az": flag,
        "db_name": text,
        "port": number,
        "master_username": text,
        "master_user_secret": {**text, "no_log": False},
        "db_subnet_group_name": {**text, "aliases": ["subnet_group"]},
        "vpc_security_group_ids": texts,
        "db_parameter_group_name": text,
        "backup_retention_period": number,
        "preferred_backup_window": {**text, "aliases": ["backup_window"]},
        "preferred_maintenance_window": {**text, "aliases": ["maintenance_window"]},
        "auto_minor_version_upgrade": flag,
        "copy_tags_to_snapshot": flag,
        "publicly_accessible": flag,
        "ca_certificate_identifier": text,
        "enable_iam_database_authentication": flag,
        "enable_performance_insights": flag,
        "performance_insights_retention_period": number,
        "performance_insights_kms_key_id": text,
        "monitoring_interval": {**number, "choices": [0, 1, 5, 10, 15, 30, 60]},
        "monitoring_role_arn": text,
        "enable_cloudwatch_logs_exports": {**texts, "aliases": ["cloudwatch_log_exports"]},
        "deletion_protection": flag,
        "apply_immediately": no,
        "skip_final_snapshot": no,
        "final_db_snapshot_identifier": {**text, "aliases": ["final_snapshot_identifier"]},
        "tags": {"type": "dict"},
        "purge_tags": yes,
        "wait": yes,
        "wait_timeout": {**number, "default": 3600},
        "state": {**text, "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    client = module.client("rds", retry_decorator=RETRY)
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(module, client)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
