# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import backup_vault
from module_failed import ModuleFailed

NAME = "production-database"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def backup(aws):
    return boto3.client("backup")


@pytest.fixture
def run(run_module):
    base = {"backup_vault_name": NAME, "encryption_key_arn": KEY, "tags": {"Environment": "production"}}
    return lambda check=False, **more: run_module("backup_vault", check=check, **{**base, **more})


@pytest.fixture
def points(monkeypatch):
    """The vault's recovery points; moto knows of none."""
    points = ["arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-1"]
    monkeypatch.setattr(backup_vault, "list_points", lambda client, name: points)
    monkeypatch.setattr(backup_vault, "delete_points", lambda client, name, found, timeout: points.clear())
    return points


def names(backup):
    return [vault["BackupVaultName"] for vault in backup.list_backup_vaults()["BackupVaultList"]]


def test_create(backup, run):
    assert run()["changes"][0]["action"] == "create"
    assert backup.describe_backup_vault(BackupVaultName=NAME)["EncryptionKeyArn"] == KEY


def test_second_run_writes_nothing(backup, run, writes):
    run()
    writes.clear()
    assert not run()["changed"]
    assert writes == []


def test_update_of_tags(backup, run):
    run()
    assert "Owner" in run(tags={"Owner": "platform"})["diff"][0]["after"]
    arn = backup.describe_backup_vault(BackupVaultName=NAME)["BackupVaultArn"]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"Owner": "platform"}


def test_another_key_is_only_warned_of(backup, run, writes):
    run()
    writes.clear()
    result = run(encryption_key_arn=KEY.replace("1234abcd", "abcd1234"))
    assert not result["changed"]
    assert "can't change that" in str(result["warnings"])
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(backup, run, writes, points, state):
    points.clear()
    if state == "absent":
        run()
    writes.clear()
    assert run(check=True, state=state)["changed"]
    assert writes == []


def test_an_empty_vault_is_deleted(backup, run, points):
    points.clear()
    run()
    assert run(state="absent")["changed"]
    assert names(backup) == []
    assert not run(state="absent")["changed"]


def test_a_vault_with_backups_is_kept(backup, run, points):
    run()
    result = run(state="absent")
    assert (result["changed"], result["kept"]) == (False, True)
    assert "holds 1 recovery points" in str(result["warnings"])
    assert names(backup) == [NAME]


def test_unless_told(backup, run, points):
    run()
    assert run(state="absent", delete_recovery_points=True)["changed"]
    assert points == names(backup) == []


def test_api_error(backup, run):
    with pytest.raises(ModuleFailed, match="Failed to read the recovery points"):
        run()
        run(state="absent")  # moto doesn't know the call
