"""AWS Backup: selections, plan updates, backup jobs on demand and their recovery points, which moto lacks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from moto.core.utils import unix_time

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.services.iam_news import can_be_assumed

BACKING_UP, DELETING = 300, 30

_points: dict[Any, dict[str, dict[str, Any]]] = store(dict)
"""(account, region, vault) -> ARN -> recovery point"""
_jobs: dict[str, dict[str, Any]] = store()
_selections: dict[Any, dict[str, dict[str, Any]]] = store(dict)
"""(account, region, plan) -> selection id -> selection"""


def _of_plan(call: Call) -> dict[str, dict[str, Any]]:
    plan = call.params["BackupPlanId"]
    call.ask("GetBackupPlan", {"BackupPlanId": plan})
    return _selections[*call.scope, plan]


@around("backup", "CreateBackupSelection")
def create_selection(call: Call, forward: Forward) -> Answer:
    """Names are unique in a plan; the role must trust AWS Backup, and have been there for some seconds (CON-1)."""
    selections, selection = _of_plan(call), call.params["BackupSelection"]
    if not can_be_assumed(call, selection["IamRoleArn"], "backup.amazonaws.com"):
        message = f"IAM Role {selection['IamRoleArn']} cannot be assumed by AWS Backup"
        raise AwsError("InvalidParameterValueException", message, status=400)
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


# Backups. The plans' own rules never run here: what is asked for, by a job, is backed up.


def _of_vault(call: Call) -> dict[str, dict[str, Any]]:
    vault = call.params["BackupVaultName"]
    call.ask("DescribeBackupVault", {"BackupVaultName": vault})
    return _points[*call.scope, vault]


@around("backup", "StartBackupJob")
def start_job(call: Call, forward: Forward) -> Answer:
    """A recovery point, some minutes later."""
    points, role = _of_vault(call), call.params["IamRoleArn"]
    if not can_be_assumed(call, role, "backup.amazonaws.com"):
        message = f"IAM Role {role} cannot be assumed by AWS Backup"
        raise AwsError("InvalidParameterValueException", message, status=400)
    identifier, created = str(uuid4()), unix_time()
    arn = f"arn:{call.partition}:backup:{call.region}:{call.account}:recovery-point:{identifier}"
    about = {key: call.params[key] for key in ("BackupVaultName", "ResourceArn", "IamRoleArn")}
    about |= {"RecoveryPointArn": arn, "CreationDate": created}
    job = _jobs[identifier] = about | {"BackupJobId": identifier, "State": "RUNNING"}
    points[arn] = about | {"Status": "PARTIAL"}
    CLOCK.after(BACKING_UP, lambda: (job.update(State="COMPLETED"), points[arn].update(Status="COMPLETED")))
    return {"BackupJobId": identifier, "RecoveryPointArn": arn, "CreationDate": created}


@around("backup", "DescribeBackupVault")
def deny_missing_vault(call: Call, forward: Forward) -> Answer:
    """AWS does not say that there is none."""
    if call.params["BackupVaultName"] not in call.backend().vaults:
        raise AwsError("AccessDeniedException", "Insufficient privileges to perform this action.", status=403)
    forward()
    return None


@around("backup", "DescribeBackupJob")
def describe_job(call: Call, forward: Forward) -> Answer:
    """How far it is."""
    if call.params["BackupJobId"] not in _jobs:
        message = f"Backup job {call.params['BackupJobId']} does not exist."
        raise AwsError("ResourceNotFoundException", message, status=400)
    return _jobs[call.params["BackupJobId"]]


@around("backup", "ListRecoveryPointsByBackupVault")
def list_recovery_points(call: Call, forward: Forward) -> Answer:
    """What is in a vault."""
    return {"RecoveryPoints": list(_of_vault(call).values())}


@around("backup", "DeleteRecoveryPoint")
def delete_recovery_point(call: Call, forward: Forward) -> Answer:
    """Gone after a moment."""
    points, arn = _of_vault(call), call.params["RecoveryPointArn"]
    if arn not in points:
        raise AwsError("ResourceNotFoundException", f"Recovery point {arn} does not exist.", status=400)
    points[arn]["Status"] = "DELETING"
    CLOCK.after(DELETING, lambda: points.pop(arn, None))
    return {}


@around("backup", "DeleteBackupVault")
def refuse_full_vault(call: Call, forward: Forward) -> Answer:
    """Empty vaults only."""
    if call.params["BackupVaultName"] in call.backend().vaults and _of_vault(call):
        message = "Backup vault cannot be deleted because it contains recovery points."
        raise AwsError("InvalidRequestException", message, status=400)
    forward()
    return None
