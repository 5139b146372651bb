"""AWS Backup: selections, plan updates, backup jobs on demand and their recovery points, which moto lacks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from moto.core.utils import unix_time

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.services.iam_news import can_be_assumed
from sandbox.services.kms import unusable

BACKING_UP, DELETING = 300, 30
SHORTEST_WINDOW, START_WINDOW, COMPLETION_WINDOW = 60, 480, 10080  # minutes
COLD, LONGEST, LONGEST_CONTINUOUS = 90, 36500, 35  # days

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


@around("backup", "CreateBackupVault")
def refuse_key(call: Call, forward: Forward) -> Answer:
    """A vault's key is there and enabled."""
    key = call.params.get("EncryptionKeyArn")
    if key and unusable(call, key):
        message = f"The specified KMS key {key} does not exist or is not enabled"
        raise AwsError("InvalidParameterValueException", message, status=400)
    forward()
    return None


@around("backup", "CreateBackupPlan", "UpdateBackupPlan")
def refuse_rules(call: Call, forward: Forward) -> Answer:
    """A vault that is there, windows one within the other, a life long enough for where copies go."""
    rules = call.params["BackupPlan"]["Rules"]
    if not rules:
        raise AwsError("InvalidParameterValueException", "Backup plan must have at least one rule", status=400)
    names = [rule["RuleName"] for rule in rules]
    for rule in rules:
        fault = _rule_fault(call, rule) or ("Duplicate rule name" if names.count(rule["RuleName"]) > 1 else None)
        if fault:
            text = f"Error in rule {rule['RuleName']} : {fault}"
            raise AwsError("InvalidParameterValueException", text, status=400)
    forward()
    return None


def _rule_fault(call: Call, rule: dict[str, Any]) -> str | None:
    start, end = rule.get("StartWindowMinutes", START_WINDOW), rule.get("CompletionWindowMinutes", COMPLETION_WINDOW)
    if rule["TargetBackupVaultName"] not in call.backend().vaults:
        return f"Cannot find Backup vault {rule['TargetBackupVaultName']}"
    if start < SHORTEST_WINDOW:
        return f"Invalid start window. StartWindowMinutes cannot be less than {SHORTEST_WINDOW}"
    if end < start + SHORTEST_WINDOW:
        return (
            f"Invalid completion window. CompletionWindowMinutes must be {SHORTEST_WINDOW} more than StartWindowMinutes"
        )
    lifecycle, continuous = rule.get("Lifecycle") or {}, rule.get("EnableContinuousBackup")
    for each in [lifecycle, *(copy.get("Lifecycle") or {} for copy in rule.get("CopyActions") or [])]:
        days, cold = each.get("DeleteAfterDays"), each.get("MoveToColdStorageAfterDays")
        if days is not None and not (days == -1 or 1 <= days <= LONGEST):
            return f"Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than {LONGEST} days"
        if days is not None and days != -1 and cold is not None and cold != -1 and days < cold + COLD:
            return f"Invalid lifecycle. DeleteAfterDays cannot be less than {COLD} days apart from MoveToColdStorageAfterDays"
    if continuous and lifecycle.get("MoveToColdStorageAfterDays", -1) != -1:
        return "Invalid lifecycle. MoveToColdStorageAfterDays is unavailable"
    if continuous and not 1 <= lifecycle.get("DeleteAfterDays", LONGEST_CONTINUOUS) <= LONGEST_CONTINUOUS:
        return (
            f"Invalid lifecycle. DeleteAfterDays cannot be more than {LONGEST_CONTINUOUS} days for continuous backups"
        )
    return None


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
