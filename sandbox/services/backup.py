"""AWS Backup: selections, plan updates and recovery point lists, which moto lacks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from moto.core.utils import unix_time

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

_selections: dict[Any, dict[str, dict[str, Any]]] = store(dict)
"""(account, region, plan) -> selection id -> selection"""


def _of_plan(call: Call) -> dict[str, dict[str, Any]]:
    plan = call.params["BackupPlanId"]
    call.ask("GetBackupPlan", {"BackupPlanId": plan})
    return _selections[*call.scope, plan]


@around("backup", "CreateBackupSelection")
def create_selection(call: Call, forward: Forward) -> Answer:
    """Names are unique in a plan."""
    selections, selection = _of_plan(call), call.params["BackupSelection"]
    if any(each["BackupSelection"]["SelectionName"] == selection["SelectionName"] for each in selections.values()):
        raise AwsError("AlreadyExistsException", "Backup selection with the same name already exists.", status=400)
    identifier = str(uuid4())
    plan, created = call.params["BackupPlanId"], unix_time()
    selections[identifier] = {
        "BackupPlanId": plan,
        "SelectionId": identifier,
        "CreationDate": created,
        "CreatorRequestId": call.params.get("CreatorRequestId", str(uuid4())),
        "BackupSelection": selection,
    }
    return {"SelectionId": identifier, "BackupPlanId": plan, "CreationDate": created}


@around("backup", "GetBackupSelection")
def get_selection(call: Call, forward: Forward) -> Answer:
    """One selection of a plan."""
    return _found(call)


def _found(call: Call) -> dict[str, Any]:
    try:
        return _of_plan(call)[call.params["SelectionId"]]
    except KeyError:
        message = f"Backup selection {call.params['SelectionId']} does not exist."
        raise AwsError("ResourceNotFoundException", message, status=400) from None


@around("backup", "ListBackupSelections")
def list_selections(call: Call, forward: Forward) -> Answer:
    """A plan's selections."""
    return {
        "BackupSelectionsList": [
            {key: value for key, value in each.items() if key != "BackupSelection"}
            | {key: each["BackupSelection"][key] for key in ("SelectionName", "IamRoleArn")}
            for each in _of_plan(call).values()
        ]
    }


@around("backup", "DeleteBackupSelection")
def delete_selection(call: Call, forward: Forward) -> Answer:
    """Gone at once."""
    _found(call)
    del _of_plan(call)[call.params["SelectionId"]]
    return {}


@around("backup", "UpdateBackupPlan")
def update_plan(call: Call, forward: Forward) -> Answer:
    """A new version of the plan, under its old id."""
    backend, plan_id = call.backend(), call.params["BackupPlanId"]
    call.ask("GetBackupPlan", {"BackupPlanId": plan_id})
    old = backend.plans[plan_id]
    fresh = type(old)(backup_plan=call.params["BackupPlan"], creator_request_id=old.creator_request_id, backend=backend)
    fresh.backup_plan_id, fresh.backup_plan_arn = old.backup_plan_id, old.backup_plan_arn
    backend.plans[plan_id] = fresh
    return {
        "BackupPlanId": plan_id,
        "BackupPlanArn": fresh.backup_plan_arn,
        "CreationDate": fresh.creation_date,
        "VersionId": fresh.version_id,
    }


@around("backup", "DeleteBackupPlan")
def delete_plan(call: Call, forward: Forward) -> Answer:
    """Selections go first; then the name is free again (moto keeps it)."""
    if _selections.get((*call.scope, call.params["BackupPlanId"])):
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        raise AwsError("InvalidRequestException", message, status=400)
    forward()
    del call.backend().plans[call.params["BackupPlanId"]]
    return None


@around("backup", "ListRecoveryPointsByBackupVault")
def list_recovery_points(call: Call, forward: Forward) -> Answer:
    """Nothing is ever backed up here."""
    call.ask("DescribeBackupVault", {"BackupVaultName": call.params["BackupVaultName"]})
    return {"RecoveryPoints": []}
