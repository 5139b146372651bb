# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from module_failed import ModuleFailed

NAME = "production-database"
RULE = {
    "rule_name": "daily",
    "target_backup_vault_name": NAME,
    "schedule_expression": "cron(0 7 * * ? *)",
    "start_window_minutes": 60,
    "completion_window_minutes": 360,
    "delete_after_days": 35,
}
SELECTION = {
    "selection_name": "primary",
    "iam_role_arn": "arn:aws:iam::123456789012:role/production-db-backup-role",
    "resources": ["arn:aws:rds:us-east-1:123456789012:db:production-db"],
}


@pytest.fixture
def selections(monkeypatch):
    """The selections by id, and UpdateBackupPlan, which moto lacks; refuse is an error code to answer instead."""
    found, original, refuse = {}, botocore.client.BaseClient._make_api_call, []

    def answer(self, operation, kwargs):
        if operation == "CreateBackupSelection" and refuse:
            raise ClientError({"Error": refuse.pop()}, operation)
        if operation == "CreateBackupSelection":
            found[str(len(found))] = kwargs["BackupSelection"]
            return {"SelectionId": str(len(found) - 1)}
        if operation == "GetBackupSelection":
            return {"BackupSelection": found[kwargs["SelectionId"]]}
        if operation == "ListBackupSelections":
            listed = [{"SelectionId": key, "SelectionName": body["SelectionName"]} for key, body in found.items()]
            return {"BackupSelectionsList": listed}
        if operation == "DeleteBackupSelection":
            return found.pop(kwargs["SelectionId"])
        if operation == "UpdateBackupPlan":
            found["updated"] = {
                "SelectionName": "updated",
                "IamRoleArn": "",
                "Resources": kwargs["BackupPlan"]["Rules"],
            }
            return {}
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", answer)
    found_and_refuse = found, refuse
    return found_and_refuse


@pytest.fixture
def backup(aws, selections):
    return boto3.client("backup")


@pytest.fixture
def run(run_module):
    base = {"backup_plan_name": NAME, "rules": [RULE], "selections": [SELECTION], "tags": {"Environment": "production"}}

    def run(check=False, **more):
        boto3.client("backup").create_backup_vault(BackupVaultName=NAME) if not vaults() else None
        return run_module("backup_plan", check=check, **{**base, **more})

    def vaults():
        return boto3.client("backup").list_backup_vaults()["BackupVaultList"]

    return run


def plans(backup):
    return [plan["BackupPlanName"] for plan in backup.list_backup_plans()["BackupPlansList"]]


def test_create(backup, run, selections):
    result = run()
    assert result["changes"][0]["action"] == "create"
    (rule,) = backup.get_backup_plan(BackupPlanId=result["backup_plan_id"])["BackupPlan"]["Rules"]
    assert (rule["ScheduleExpression"], rule["Lifecycle"]) == ("cron(0 7 * * ? *)", {"DeleteAfterDays": 35})
    assert [body["Resources"] for body in selections[0].values()] == [SELECTION["resources"]]


def test_second_run_writes_nothing(backup, run, writes):
    run()
    writes.clear()
    assert not run()["changed"]
    assert writes == []


def test_a_changed_rule_is_updated_in_place(backup, run, writes):
    run()
    writes.clear()
    result = run(rules=[{**RULE, "delete_after_days": 7}])
    assert '"delete_after_days": 7' in result["diff"][0]["after"]
    assert writes == ["UpdateBackupPlan"]


def test_a_changed_selection_is_replaced(backup, run, selections, writes):
    run()
    writes.clear()
    run(selections=[{**SELECTION, "resources": ["arn:aws:rds:us-east-1:123456789012:db:other"]}])
    assert writes == ["DeleteBackupSelection", "CreateBackupSelection"]
    (left,) = selections[0].values()
    assert left["Resources"] == ["arn:aws:rds:us-east-1:123456789012:db:other"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(backup, run, writes, state):
    if state == "absent":
        run()
    writes.clear()
    assert run(check=True, state=state)["changed"]
    assert [call for call in writes if call != "CreateBackupVault"] == []


def test_delete_and_delete_again(backup, run, selections, writes):
    run()
    writes.clear()
    assert run(state="absent")["changed"]
    assert writes == ["DeleteBackupSelection", "DeleteBackupPlan"]
    assert plans(backup) == []
    assert not run(state="absent")["changed"]


def test_a_role_that_cannot_be_assumed_yet_is_tried_again(backup, run, selections, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    selections[1].append({"Code": "InvalidParameterValueException", "Message": "IAM Role ... cannot be assumed by ..."})
    run()
    assert len(selections[0]) == 1


def test_an_endpoint_without_selections_is_warned_of(backup, run, selections):
    selections[1].append({"Code": "500", "Message": "<!doctype html>"})
    assert "backs up nothing" in str(run()["warnings"])


def test_api_error(backup, run, selections):
    selections[1].append({"Code": "LimitExceededException", "Message": "enough"})
    with pytest.raises(ModuleFailed, match="Failed to select what is backed up"):
        run()


def test_bad_input_is_refused(backup, run, writes):
    with pytest.raises(ModuleFailed, match="delete_after_days"):
        run(rules=[{key: value for key, value in RULE.items() if key != "delete_after_days"}])
