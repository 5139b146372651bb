# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.realtime.aws.plugins.module_utils.live.shared import (
    has_function,
    has_log_group,
    has_role,
    log_group_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages


def read(stack: Stack) -> dict[str, Any]:
    """Return the instances, the secret, and what stands around them."""
    primary, replica = stack.name("db"), stack.name("db-read-replica")
    roles = [stack.name(f"db-{purpose}-role") for purpose in ("monitoring", "backup", "export", "exporter")]
    exporter = stack.name("db-snapshot-exporter")
    found = stack.together(
        {
            "instances": lambda: read_instances(stack, [primary, replica]),
            "secret_arn": lambda: read_secret(stack, f"{stack.environment}/database"),
            "subnet_group": lambda: read_subnet_group(stack, stack.name("db-subnet-group")),
            "parameter_groups": lambda: read_parameter_groups(stack, f"{primary}-"),
            "roles": lambda: [name for name in roles if has_role(stack, name)],
            "backup_vault": lambda: read_vault(stack, stack.name("database")),
            "backup_plan_id": lambda: read_plan(stack, stack.name("database")),
            "exporter": lambda: has_function(stack, exporter),
            "exporter_rule": lambda: has_rule(stack, exporter),
            "exporter_log_group": lambda: has_log_group(stack, f"/aws/lambda/{exporter}"),
            "log_groups": lambda: read_log_groups(stack, f"/aws/rds/instance/{primary}"),
        }
    )
    instances = found.pop("instances")
    return {
        "primary": instances.get(primary),
        "replica": instances.get(replica),
        "instances": list(instances),
        "used_parameter_groups": sorted({name for each in instances.values() for name in each["parameter_groups"]}),
        **found,
    }


def read_instances(stack: Stack, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the instances that are ours, by name; one of these names that is not ours is foreign."""
    found = pages(stack.client("rds"), "describe_db_instances", "DBInstances")

    def is_ours(instance: dict[str, Any]) -> bool:
        name, tags = instance["DBInstanceIdentifier"], instance.get("TagList")
        return stack.claim("AWS::RDS::DBInstance", name, tags) if name in names else stack.owns(tags)

    return {
        instance["DBInstanceIdentifier"]: {
            "arn": instance["DBInstanceArn"],
            "status": instance["DBInstanceStatus"],
            "engine": instance["Engine"],
            "engine_version": instance.get("EngineVersion"),
            "db_name": instance.get("DBName"),
            "master_username": instance.get("MasterUsername"),
            # CON-7: an instance has no endpoint while it is being created.
            "endpoint": (instance.get("Endpoint") or {}).get("Address"),
            "port": (instance.get("Endpoint") or {}).get("Port"),
            "subnets": used_subnets(instance),
            "parameter_groups": [each["DBParameterGroupName"] for each in instance.get("DBParameterGroups", [])],
        }
        for instance in found
        if is_ours(instance)
    }


def used_subnets(instance: dict[str, Any]) -> dict[str, str]:
    """Return the subnets, by zone, in which the instance and its standby are."""
    zones = (instance.get("AvailabilityZone"), instance.get("SecondaryAvailabilityZone"))
    subnets = (instance.get("DBSubnetGroup") or {}).get("Subnets") or []
    by_zone = {each["SubnetAvailabilityZone"]["Name"]: each["SubnetIdentifier"] for each in subnets}
    return {zone: by_zone[zone] for zone in zones if zone in by_zone}


def read_secret(stack: Stack, name: str) -> str | None:
    """Return the secret's ARN; one that is scheduled for deletion counts as gone."""
    try:
        secret = stack.client("secretsmanager").describe_secret(SecretId=name)
    except is_boto3_error_code("ResourceNotFoundException"):
        return None
    ours = stack.claim("AWS::SecretsManager::Secret", name, secret.get("Tags"))
    return secret["ARN"] if ours and not secret.get("DeletedDate") else None


def read_subnet_group(stack: Stack, name: str) -> str | None:
    rds = stack.client("rds")
    try:
        group = rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    except is_boto3_error_code("DBSubnetGroupNotFoundFault"):
        return None
    arn = group["DBSubnetGroupArn"]
    tags = stack.tags(arn, lambda: rds.list_tags_for_resource(ResourceName=arn)["TagList"])
    return name if stack.claim("AWS::RDS::DBSubnetGroup", name, tags) else None


def read_parameter_groups(stack: Stack, prefix: str) -> list[str]:
    """Return the names of our groups; there are two when the engine's major version was raised."""
    rds = stack.client("rds")
    names = []
    for group in pages(rds, "describe_db_parameter_groups", "DBParameterGroups"):
        name, arn = group["DBParameterGroupName"], group["DBParameterGroupArn"]
        if name.startswith(prefix):
            tags = stack.tags(arn, lambda arn=arn: rds.list_tags_for_resource(ResourceName=arn)["TagList"])
            if stack.claim("AWS::RDS::DBParameterGroup", name, tags):
                names.append(name)
    return names


def read_vault(stack: Stack, name: str) -> str | None:
    backup = stack.client("backup")
    for vault in pages(backup, "list_backup_vaults", "BackupVaultList"):
        if vault["BackupVaultName"] == name:
            arn = vault["BackupVaultArn"]
            tags = stack.tags(arn, lambda arn=arn: backup.list_tags(ResourceArn=arn).get("Tags", {}))
            return name if stack.claim("AWS::Backup::BackupVault", name, tags) else None
    return None


def read_plan(stack: Stack, name: str) -> str | None:
    backup = stack.client("backup")
    for plan in pages(backup, "list_backup_plans", "BackupPlansList"):
        if plan["BackupPlanName"] == name:
            arn = plan["BackupPlanArn"]
            tags = stack.tags(arn, lambda arn=arn: backup.list_tags(ResourceArn=arn).get("Tags", {}))
            return plan["BackupPlanId"] if stack.claim("AWS::Backup::BackupPlan", name, tags) else None
    return None


def has_rule(stack: Stack, name: str) -> bool:
    events = stack.client("events")
    try:
        arn = events.describe_rule(Name=name)["Arn"]
    except is_boto3_error_code("ResourceNotFoundException"):
        return False
    tags = stack.tags(arn, lambda: events.list_tags_for_resource(ResourceARN=arn)["Tags"])
    return stack.claim("AWS::Events::Rule", name, tags)


def read_log_groups(stack: Stack, prefix: str) -> list[str]:
    """Return the names of our log groups; RDS itself may have made others, which are nobody's name clash."""
    found = pages(stack.client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    tagged = stack.each(lambda group: log_group_tags(stack, group["arn"]), found)
    return [group["logGroupName"] for group, tags in zip(found, tagged) if stack.owns(tags)]
