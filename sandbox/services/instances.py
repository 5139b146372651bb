"""Instances: those of a group come into service after a while, and are a while in going (shutting down, terminating).

A group whose service-linked role may not use the key of its volumes launches nothing; its activities say why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.backends import get_backend
from moto.ec2.models.instances import Instance

from sandbox.clock import CLOCK, pass_through
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.policy import allows

PENDING, SHUTTING_DOWN = 60, 45
SERVICE_ROLE = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
# What Auto Scaling does with the key of a volume.
VOLUME_ACTIONS = ("kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext")
_activities: dict[Any, list[dict[str, Any]]] = store(list)
"""(account, region) -> what failed, the newest first"""

_going: dict[Any, dict[str, dict[str, Any]]] = store(dict)
"""(account, region) -> name -> a group that is deleted and waits for its instances"""

CODES = {"shutting-down": 32, "terminated": 48}


@mend(Instance, "terminate")
def terminate(original: Any, instance: Instance) -> Any:
    """Its interface stays until it is terminated."""
    if instance.state in CODES:
        return instance._state
    before = original(instance)
    for attribute, first, last in (("name", *CODES), ("code", *CODES.values())):
        pass_through(instance._state, attribute, first, (SHUTTING_DOWN, last))
    return before


@mend(InstanceState, "__init__")
def begin_pending(original: Any, state: InstanceState, *args: Any, **kwargs: Any) -> None:
    """In service only when it runs."""
    original(state, *args, **kwargs)
    if state.lifecycle_state == "InService":
        pass_through(state, "lifecycle_state", "Pending", (PENDING, "InService"))


@mend(FakeAutoScalingGroup, "active_instances")
def active_instances(original: Any, group: FakeAutoScalingGroup) -> list[InstanceState]:
    """What is on its way counts for the group's capacity."""
    return [state for state in group.instance_states if state.lifecycle_state in ("Pending", "InService")]


@around("autoscaling", "DescribeAutoScalingGroups")
def show_terminating(call: Call, forward: Forward) -> Answer:
    """A group has its instances until they are gone."""
    answer, names = forward(), call.params.get("AutoScalingGroupNames")
    deleted = [dict(group) for name, group in _going[call.scope].items() if not names or name in names]
    answer["AutoScalingGroups"] += deleted
    going: dict[str, list[dict[str, Any]]] = {}
    for reservation in call.backend("ec2").reservations.values():
        for instance in reservation.instances:
            group = getattr(instance, "autoscaling_group", None)
            if group is not None and instance.state == "shutting-down":
                going.setdefault(group.name, []).append(_terminating(instance))
    for group in answer["AutoScalingGroups"]:
        known = {each["InstanceId"] for each in group["Instances"]}
        group["Instances"] += [
            each for each in going.get(group["AutoScalingGroupName"], []) if each["InstanceId"] not in known
        ]
    return answer


@around("autoscaling", "DeleteAutoScalingGroup")
def group_goes(call: Call, forward: Forward) -> Answer:
    """With the last of its instances."""
    name = call.params["AutoScalingGroupName"]
    groups = call.ask("DescribeAutoScalingGroups", {"AutoScalingGroupNames": [name]})["AutoScalingGroups"]
    forward()
    if groups and groups[0]["Instances"]:
        deleted, scope = (
            groups[0] | {"Status": "Delete in progress", "Instances": [], "TargetGroupARNs": []},
            call.scope,
        )
        _going[scope][name] = deleted
        CLOCK.after(SHUTTING_DOWN, lambda: _going[scope].pop(name, None))
    return None


@around("autoscaling", "CreateAutoScalingGroup")
def refuse_name(call: Call, forward: Forward) -> Answer:
    """TDN-10: the name is free when the group is gone."""
    name = call.params["AutoScalingGroupName"]
    if name in _going[call.scope]:
        message = f"AutoScalingGroup by this name already exists - A group with the name {name} is pending delete"
        raise AwsError("AlreadyExists", message, status=400)
    forward()
    return None


def _terminating(instance: Any) -> dict[str, Any]:
    version = getattr(instance, "sandbox_version", None)
    template = version and {
        "LaunchTemplateId": version.template.id,
        "LaunchTemplateName": version.template.name,
        "Version": str(version.number),
    }
    return {
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "AvailabilityZone": instance.placement.zone,
        "LifecycleState": "Terminating",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": False,
    } | ({"LaunchTemplate": template} if template else {})


@mend(FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def launch(original: Any, group: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Nothing, where the volumes' key keeps Auto Scaling out."""
    for key in _keys_of_volumes(group):
        if not _may_use(group, key):
            message = "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state"
            _fail(group, message if _found(group, key) else "Client.InternalError: Client error on launch")
            return
    original(group, count_needed, propagated_tags)


def _keys_of_volumes(group: Any) -> list[str]:
    if not group.ec2_launch_template:
        return []
    data = group.ec2_launch_template.get_version(group.launch_template_version).data
    volumes = [mapping.get("Ebs", {}) for mapping in data.get("BlockDeviceMappings") or []]
    return [volume["KmsKeyId"] for volume in volumes if volume.get("KmsKeyId")]


def _found(group: Any, key: str) -> Any:
    backend = group.autoscaling_backend
    keys = get_backend("kms")[backend.account_id][backend.region_name].keys.values()
    return next((each for each in keys if key in (each.id, each.arn, *each.aliases)), None)


def _may_use(group: Any, key: str) -> bool:
    """By the key's policy, which names the role: the account's own policies say nothing of it."""
    found, backend = _found(group, key), group.autoscaling_backend
    role = f"arn:{backend.partition}:iam::{backend.account_id}:role/{SERVICE_ROLE}"
    context = {"kms:GrantIsForAWSResource": "true", "kms:ViaService": f"ec2.{backend.region_name}.amazonaws.com"}
    return found is not None and all(
        allows(found.policy, ("AWS", role), action, found.arn, context) for action in VOLUME_ACTIONS
    )


def _fail(group: Any, message: str) -> None:
    backend, now = group.autoscaling_backend, datetime.now(UTC)
    activity = {
        "ActivityId": str(uuid4()),
        "AutoScalingGroupName": group.name,
        "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between desired "
        "and actual capacity.",
        "Description": "Launching a new EC2 instance.",
        "StartTime": now,
        "StatusCode": "Failed",
        "StatusMessage": f"{message}. Launching EC2 instance failed.",
        "Progress": 100,
    }
    _activities[backend.account_id, backend.region_name].insert(0, activity)


@around("autoscaling", "DescribeScalingActivities")
def scaling_activities(call: Call, forward: Forward) -> Answer:
    """Failures only."""
    name = call.params.get("AutoScalingGroupName")
    return {"Activities": [each for each in _activities[call.scope] if name in (None, each["AutoScalingGroupName"])]}
