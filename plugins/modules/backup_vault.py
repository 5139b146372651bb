#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_vault
short_description: Manage a vault of AWS Backup
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, tags and deletes a backup vault. One that holds recovery points is kept, with a warning, unless
    O(delete_recovery_points=true).
  - Options have the names of M(amazon.aws.backup_vault), which on AWS warns of denied access whenever there is no vault yet.
attributes:
  check_mode:
    support: full
    description: Predicts the vault without writing it.
  diff_mode:
    support: full
    description: Shows the vault before and after.
options:
  backup_vault_name:
    description: Name of the vault; 2 to 50 letters, digits, hyphens and underscores.
    type: str
    required: true
  encryption_key_arn:
    description: ARN of the KMS key; AWS's own when omitted. It can't be changed; a vault with another key gives a warning.
    type: str
  delete_recovery_points:
    description: Whether O(state=absent) deletes the recovery points, that is, the backups, with the vault.
    type: bool
    default: false
  tags:
    description: Tags of the vault; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait until the recovery points are gone.
    type: int
    default: 900
  state:
    description: Whether the vault exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a vault
  realtime.aws.backup_vault:
    backup_vault_name: production-database
    encryption_key_arn: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab

- name: Remove it if it is empty
  realtime.aws.backup_vault:
    backup_vault_name: production-database
    state: absent

- name: Remove it with all backups in it
  realtime.aws.backup_vault:
    backup_vault_name: production-database
    delete_recovery_points: true
    state: absent
"""

RETURN = r"""
kept:
  description: Whether the vault was kept for the recovery points in it.
  returned: success
  type: bool
  sample: false
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Backup::BackupVault", "name": "production-database", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    tag_changes,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::Backup::BackupVault"


@named("read the backup vaults")
def find_vault(client: Any, name: str) -> dict[str, Any] | None:
    # AWS answers DescribeBackupVault for a vault that does not exist with denied access.
    vaults = pages(client, "list_backup_vaults", "BackupVaultList")
    return next((vault for vault in vaults if vault["BackupVaultName"] == name), None)


@named("read the tags of the backup vault")
def read_tags(client: Any, arn: str) -> dict[str, str]:
    return client.list_tags(ResourceArn=arn).get("Tags") or {}


@named("read the recovery points")
def list_points(client: Any, name: str) -> list[str]:
    points = pages(client, "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=name)
    return [point["RecoveryPointArn"] for point in points]


@written_once("create the backup vault", "AlreadyExistsException")
def create_vault(client: Any, name: str, key: str | None, tags: dict[str, str]) -> None:
    extra = {"EncryptionKeyArn": key} if key else {}
    client.create_backup_vault(BackupVaultName=name, BackupVaultTags=tags, **extra)


@named("tag the backup vault")
def tag_vault(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=to_set)
    if to_remove:
        client.untag_resource(ResourceArn=arn, TagKeyList=to_remove)


@missing_is_none("delete the recovery point", "ResourceNotFoundException")
def delete_point(client: Any, name: str, point: str) -> None:
    client.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point)


def delete_points(client: Any, name: str, points: list[str], timeout: float) -> None:
    for point in points:
        delete_point(client, name, point)
    wait_until("the recovery points to be deleted", lambda: not list_points(client, name), timeout)


@missing_is_none("delete the backup vault", "ResourceNotFoundException")
def delete_vault(client: Any, name: str) -> None:
    client.delete_backup_vault(BackupVaultName=name)


def apply(client: Any, plan: Plan, vault: dict[str, Any] | None, points: list[str], params: dict[str, Any]) -> None:
    if plan.action == "create":
        create_vault(client, plan.name, params["encryption_key_arn"], plan.desired["tags"])
    elif plan.action == "update":
        tag_vault(client, vault["BackupVaultArn"], plan.before["tags"], plan.desired["tags"])
    elif plan.action == "delete":
        if points:
            delete_points(client, plan.name, points, params["wait_timeout"])
        delete_vault(client, plan.name)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "backup_vault_name": {"type": "str", "required": True},
            "encryption_key_arn": {"type": "str", "no_log": False},
            "delete_recovery_points": {"type": "bool", "default": False},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 900},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params, name, key = module.params, module.params["backup_vault_name"], module.params["encryption_key_arn"]
    present, kept, points = params["state"] == "present", False, []
    client = module.client("backup", retry_decorator=RETRY)
    try:
        vault = find_vault(client, name)
        before = {"tags": read_tags(client, vault["BackupVaultArn"])} if vault else None
        desired = {"tags": desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"])}
        if present and key and vault and vault.get("EncryptionKeyArn") != key:
            module.warn(f"{name} is encrypted with {vault.get('EncryptionKeyArn')}; AWS can't change that to {key}")
        if not present and vault:
            points = list_points(client, name)
            kept = bool(points) and not params["delete_recovery_points"]
            if kept:
                module.warn(f"{name} is kept: it holds {len(points)} recovery points")
        plan = Plan(KIND, name, before, desired if present else before if kept else None)
        if not module.check_mode:
            apply(client, plan, vault, points, params)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(kept=kept, **report(plan))


if __name__ == "__main__":
    main()
