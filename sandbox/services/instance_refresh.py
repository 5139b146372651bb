"""Instance refreshes of Auto Scaling groups, of which moto has none, with AWS's state machine.

    Pending → InProgress → Baking → Successful
    Pending, InProgress, Baking → Failed, or with AutoRollback RollbackInProgress → RollbackSuccessful, RollbackFailed
    all of those that run → Cancelling → Cancelled

Instances are really replaced, and move in the target groups. Time is the sandbox's clock: whenever something is asked that a
refresh has a part in, each refresh first catches up with what has happened until now.

Nothing is told of a refresh whose instances are broken (`sandbox.broken`) but what AWS would tell: it tries for an hour.
Wordings are AWS's where they are known (the errors, warming up, cancelled by the user), and ours elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from moto.autoscaling import models
from moto.core.exceptions import ServiceException

from sandbox.broken import BROKEN
from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.services.autoscaling import Source, configuration_of, drop_old_targets, group_of, settings

# Seconds that things take AWS.
PENDING = 10.0
LAUNCH = 60.0
SETTLE = 15.0
RETRY = 60.0
PATIENCE = 3600.0  # how long AWS waits for what does not become healthy, or is protected

UNSTABLE = ("$Latest", "$Default", None)
DEFAULTS = {
    "SkipMatching": False,
    "AutoRollback": False,
    "ScaleInProtectedInstances": "Wait",
    "StandbyInstances": "Wait",
    "AlarmSpecification": {},
}

_refreshes: dict[Any, list[Refresh]] = store(list)  # of an account and region, the newest first
_BOOT = datetime.now(UTC) - timedelta(seconds=CLOCK.now())


@dataclass
class Swap:
    """An instance on its way in, and the one that leaves when it is ready."""

    new: str
    old: str | None = None


@dataclass(eq=False)
class Refresh:
    """One refresh, and what is due next."""

    group: Any
    alarming: Callable[[], list[str]]
    """The names of its alarms that are in ALARM."""
    strategy: str
    preferences: dict[str, Any]
    desired: dict[str, Any]
    warmup: float
    source: Source | None = None
    id: str = field(default_factory=lambda: str(uuid4()))
    status: str = "Pending"
    reason: str = ""
    started: float = field(default_factory=CLOCK.now)
    ended: float | None = None
    total: int = 0
    todo: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    batch: list[Swap] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    rollback: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.at = self.stuck = self.started
        self.checkpoints = list(self.preferences.get("CheckpointPercentages") or [])
        self.after(PENDING, self.begin)

    # Time

    def after(self, seconds: float, then: Callable[[], None], reason: str = "") -> None:
        """Go on at that time."""
        self.due, self.then, self.reason = self.at + seconds, then, reason

    def catch_up(self) -> None:
        """Let happen what was due until now."""
        now = CLOCK.now()
        while self.active and self.due <= now:
            self.at = self.due
            self.then()
        if self.status in ("InProgress", "Baking") and (names := self.alarming()):
            self.at = now
            self.fail(f"CloudWatch alarms in ALARM state: {', '.join(names)}.")

    @property
    def active(self) -> bool:
        return self.ended is None

    # What there is

    @property
    def states(self) -> dict[str, Any]:
        return {state.instance.id: state for state in self.group.instance_states}

    @property
    def percentage(self) -> int:
        if not self.total:
            return 100 if self.status == "Successful" else 0
        return min(100, 100 * len(self.updated) // self.total)

    def matches(self, state: Any) -> bool:
        """Whether an instance is as desired: the template version and the instance type count, user data does not."""
        assert self.source
        policy = self.desired.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
        types = [override["InstanceType"] for override in policy.get("Overrides", []) if "InstanceType" in override]
        version = getattr(state.instance, "sandbox_version", None)
        return version is self.source.version and (not types or state.instance.instance_type in types)

    # Steps

    def begin(self) -> None:
        """Choose what is to be replaced."""
        self.status = "InProgress"
        self.group.sandbox_source = self.source
        ignored = {
            "protected": self.preferences["ScaleInProtectedInstances"] == "Ignore",
            "standby": self.preferences["StandbyInstances"] == "Ignore",
        }
        self.todo = [
            name
            for name, state in self.states.items()
            if not (ignored["protected"] and state.protected_from_scale_in)
            and not (ignored["standby"] and state.lifecycle_state == "Standby")
            and not (self.preferences["SkipMatching"] and self.matches(state))
        ]
        self.total = len(self.todo)
        self.stuck = self.at
        self.replace_some()

    def replace_some(self) -> None:
        """Start the next batch, if there is one."""
        present = self.states
        self.todo = [name for name in self.todo if name in present]
        if not self.todo or self.quota() <= 0:
            self.finish()
            return
        free = [name for name in self.todo if not self.held(present[name])]
        if not free:
            what = f"Waiting for instances in standby or protected from scale in. For example: {self.todo[0]}."
            self.wait_for_better(what, self.replace_some)
            return
        first, surplus = self.sizes()
        chosen = free[: min(first + surplus, self.quota())]
        self.stuck = self.at
        if self.strategy == "ReplaceRootVolume":
            self.batch = [Swap(name) for name in chosen]
            for name in chosen:
                present[name].lifecycle_state = "ReplacingRootVolume"
        else:
            self.terminate(chosen[:first])
            leaving = [None] * len(chosen[:first]) + chosen[first:]
            self.batch = [Swap(new, old) for new, old in zip(self.launch(len(chosen)), leaving)]
        self.todo = [name for name in self.todo if name not in chosen]
        if self.rollback:
            self.updated = [name for name in self.updated if name not in chosen]
        self.wait_for_batch()

    def quota(self) -> int:
        """How many more may be replaced before the next checkpoint."""
        if self.rollback or "CheckpointPercentages" not in self.preferences:
            return len(self.todo)
        return math.ceil(self.total * self.checkpoints[0] / 100) - len(self.updated) if self.checkpoints else 0

    def held(self, state: Any) -> bool:
        """Whether an instance has to be waited for."""
        wait = self.preferences["ScaleInProtectedInstances"] == "Wait" and state.protected_from_scale_in
        return wait or (self.preferences["StandbyInstances"] == "Wait" and state.lifecycle_state == "Standby")

    def sizes(self) -> tuple[int, int]:
        """How many are terminated at once, and how many are launched before the old ones go."""
        capacity, least = self.group.desired_capacity, self.preferences["MinHealthyPercentage"]
        most = self.preferences.get("MaxHealthyPercentage")
        first = capacity - math.ceil(capacity * least / 100)
        surplus = math.floor(capacity * (most or 100) / 100) - capacity
        if (
            first + surplus <= 0
        ):  # No room: one at a time, above the capacity when AWS was told a most, or may not go below.
            return (0, 1) if most or least == 100 else (1, 0)
        return first, surplus

    def wait_for_batch(self) -> None:
        example = f"For example: {self.batch[0].new} has insufficient data to evaluate its health with Amazon EC2."
        self.after(LAUNCH, self.check_batch, f"Waiting for remaining instances to be available. {example}")

    def check_batch(self) -> None:
        """The new instances are in service; unhealthy ones are replaced until patience ends."""
        states = self.states
        self.batch = [swap for swap in self.batch if swap.new in states]
        for swap in self.batch:
            self.put_in_service(states[swap.new])
        self.group.autoscaling_backend.update_attached_target_groups(self.group.name)
        unhealthy = [swap for swap in self.batch if is_unhealthy(states[swap.new])]
        if unhealthy:
            example = f"For example: {unhealthy[0].new} is not passing its health checks."
            self.wait_for_better(f"Waiting for remaining instances to be available. {example}", self.relaunch)
        elif self.batch:
            example = f"For example: {self.batch[0].new} is warming up."
            self.after(self.warmup, self.count_batch, f"Waiting for instances to warm up before continuing. {example}")
        else:
            self.count_batch()

    def put_in_service(self, state: Any) -> None:
        if state.lifecycle_state == "ReplacingRootVolume":
            source = self.source or Source.read(self.group.ec2_backend, configuration_of(self.group))
            state.instance.sandbox_version = source.version
            state.health_status = "Unhealthy" if BROKEN.holds(source.version) else "Healthy"
        state.lifecycle_state = "InService"

    def relaunch(self) -> None:
        """Replace the unhealthy instances of the batch by others of the same kind."""
        states = self.states
        unhealthy = [swap for swap in self.batch if swap.new in states and is_unhealthy(states[swap.new])]
        self.terminate([swap.new for swap in unhealthy])
        for swap, new in zip(unhealthy, self.launch(len(unhealthy))):
            swap.new = new
        self.wait_for_batch()

    def wait_for_better(self, reason: str, then: Callable[[], None]) -> None:
        """Try again, but not for longer than AWS does."""
        if self.at - self.stuck >= PATIENCE:
            self.fail(reason)
        else:
            self.after(max(RETRY, float(self.group.health_check_grace_period or 0)), then, reason)

    def count_batch(self) -> None:
        """The batch is done: the old ones go. Then the next, or a checkpoint."""
        self.terminate([swap.old for swap in self.batch if swap.old])
        if not self.rollback:
            self.updated += [swap.new for swap in self.batch]
        self.batch, self.stuck = [], self.at
        reached = [percent for percent in self.checkpoints if percent <= self.percentage and not self.rollback]
        self.checkpoints = self.checkpoints[len(reached) :]
        if reached and self.todo and self.checkpoints:
            reason = f"Waiting after the checkpoint at {reached[-1]} percent."
            self.after(self.preferences["CheckpointDelay"], self.replace_some, reason)
        else:
            self.replace_some()

    def finish(self) -> None:
        """Everything is replaced."""
        if self.rollback:
            self.end("RollbackSuccessful")
        elif bake := self.preferences.get("BakeTime"):
            self.status = "Baking"
            self.after(bake, self.succeed, "Waiting for the bake time to end.")
        else:
            self.succeed()

    def succeed(self) -> None:
        """Only now does the group itself get the desired configuration."""
        if self.desired:
            policy = deepcopy(self.desired.get("MixedInstancesPolicy"))  # moto completes it
            self.group.mixed_instances_policy = policy
            self.group._set_launch_configuration("", self.desired.get("LaunchTemplate"), policy)
        self.end("Successful")

    def fail(self, reason: str) -> None:
        """Fail, or roll back if told to; a rollback just fails."""
        if self.rollback:
            self.end("RollbackFailed", reason)
        elif self.preferences["AutoRollback"]:
            self.roll_back(reason)
        else:
            self.end("Failed", reason)

    def roll_back(self, reason: str) -> None:
        """Replace what was launched since, by what the group itself is configured for."""
        self.rollback = {
            "RollbackReason": reason,
            "RollbackStartTime": when(self.at),
            "PercentageCompleteOnRollback": self.percentage,
            "InstancesToUpdateOnRollback": len(self.todo),
        }
        self.status = "RollbackInProgress"
        self.group.sandbox_source = self.source = None
        self.terminate([swap.new for swap in self.batch])
        self.todo = [name for name in self.updated if name in self.states]
        missing = self.group.desired_capacity - len(self.present())
        self.batch = [Swap(new) for new in self.launch(max(0, missing))]
        self.stuck = self.at
        if self.batch:
            self.wait_for_batch()
        else:
            self.after(SETTLE, self.replace_some)

    def cancel(self, wait: bool) -> None:
        """Stop, when what is under way has arrived."""
        self.status, self.at = "Cancelling", CLOCK.now()
        if not wait:
            self.end("Cancelled", "Cancelled without waiting for instances due to user request.")
        else:
            under_way = any(swap.new in self.states for swap in self.batch)
            self.after(LAUNCH if under_way else SETTLE, self.cancelled, "Replacing instances before cancelling.")

    def cancelled(self) -> None:
        self.end("Cancelled", "Cancelled due to user request.")

    def end(self, status: str, reason: str = "") -> None:
        """From here on the group looks after itself: unhealthy instances go, and its capacity is what it should be."""
        self.status, self.reason, self.ended = status, reason, self.at
        self.group.sandbox_source = None
        states = self.states
        for swap in self.batch:
            if swap.new in states:
                self.put_in_service(states[swap.new])
        self.terminate([swap.new for swap in self.batch if swap.new in states and is_unhealthy(states[swap.new])])
        self.batch = []
        self.balance()

    # Instances

    def present(self) -> list[str]:
        """The instances that count for the capacity; what is launched before an old one goes does not, till then."""
        surplus = {swap.new for swap in self.batch if swap.old}
        return [name for name, s in self.states.items() if s.lifecycle_state != "Standby" and name not in surplus]

    def launch(self, count: int) -> list[str]:
        """Launch instances, which are pending at first."""
        before = set(self.states)
        if count:
            self.group.replace_autoscaling_group_instances(count, self.group.get_propagated_tags())
        new = {name: state for name, state in self.states.items() if name not in before}
        for state in new.values():
            state.lifecycle_state = "Pending"
        return list(new)

    def terminate(self, names: list[str]) -> None:
        names = [name for name in names if name in self.states]
        if names:
            self.group.ec2_backend.terminate_instances(names)
            self.group.instance_states = [s for s in self.group.instance_states if s.instance.id not in names]
            drop_old_targets(self.group)

    def balance(self) -> None:
        """Scale out or in to the desired capacity, at once; the ones that are to be replaced go first."""
        present = self.present()
        surplus = len(present) - self.group.desired_capacity
        if surplus > 0:
            arriving = {swap.new for swap in self.batch}
            order = sorted(present, key=lambda name: (name in arriving, name not in self.todo))
            self.terminate(order[:surplus])
        for name in self.launch(max(0, -surplus)):
            self.states[name].lifecycle_state = "InService"
            if self.active and not self.rollback:
                self.updated.append(name)
        self.group.autoscaling_backend.update_attached_target_groups(self.group.name)

    # The answer

    def describe(self) -> dict[str, Any]:
        """As AWS returns it."""
        remaining = self.rollback["InstancesToUpdateOnRollback"] if self.rollback else len(self.todo)
        found = {
            "InstanceRefreshId": self.id,
            "AutoScalingGroupName": self.group.name,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": None if self.status == "Pending" else when(self.started + PENDING),
            "EndTime": None if self.ended is None else when(self.ended),
            "PercentageComplete": self.percentage,
            "InstancesToUpdate": remaining,
            "Preferences": self.preferences,
            "DesiredConfiguration": self.desired,
            "RollbackDetails": self.rollback,
            "Strategy": self.strategy,
        }
        return {key: value for key, value in found.items() if value not in (None, "", {})}


def is_unhealthy(state: Any) -> bool:
    return bool(state.health_status != "Healthy")


def when(seconds: float) -> datetime:
    """A time of the sandbox's clock as a date."""
    return _BOOT + timedelta(seconds=seconds)


def refreshes_of(call: Call, name: str) -> Iterator[Refresh]:
    """A group's refreshes, the newest first."""
    yield from (refresh for refresh in _refreshes[call.scope] if refresh.group.name == name)


def active_refresh(call: Call) -> Refresh | None:
    return next((each for each in refreshes_of(call, call.params["AutoScalingGroupName"]) if each.active), None)


# What a request may say


def check_preferences(preferences: dict[str, Any]) -> None:
    """Refuse what AWS refuses of the numbers alone."""
    bounds = {
        "MinHealthyPercentage": ("minHealthyPercentage", 0, 100),
        "MaxHealthyPercentage": ("maxHealthyPercentage", 100, 200),
        "BakeTime": ("bakeTime", 0, 172800),
        "CheckpointDelay": ("checkpointDelay", 0, 172800),
        "InstanceWarmup": ("instanceWarmup", 0, None),
    }
    for key, (name, least, most) in bounds.items():
        value = preferences.get(key)
        if value is not None and (value < least or (most is not None and value > most)):
            bound = f"greater than or equal to {least}" if value < least else f"less than or equal to {most}"
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{value}' at 'preferences.{name}' failed to satisfy constraint: "
                f"Member must have value {bound}",
            )
    least, most = preferences.get("MinHealthyPercentage"), preferences.get("MaxHealthyPercentage")
    if most is not None and least is None:
        raise invalid("You must specify MinHealthyPercentage when you specify MaxHealthyPercentage.")
    if most is not None and most - least > 100:
        raise invalid("The difference between MaxHealthyPercentage and MinHealthyPercentage cannot exceed 100.")
    checkpoints = preferences.get("CheckpointPercentages") or []
    if "CheckpointDelay" in preferences and not checkpoints:
        raise invalid("CheckpointDelay cannot be specified without CheckpointPercentages.")
    if checkpoints != sorted(set(checkpoints)) or any(not 1 <= percent <= 100 for percent in checkpoints):
        raise invalid("CheckpointPercentages must be unique, in ascending order, and between 1 and 100.")
    if len(preferences.get("AlarmSpecification", {}).get("Alarms", [])) > 10:
        raise invalid("You can specify up to 10 alarms.")


def invalid(reason: str) -> AwsError:
    return AwsError("ValidationError", f"The request isn't valid. {reason}")


def check_rollback(group: Any, desired: dict[str, Any]) -> str | None:
    """Say why there is no way back, if there is none."""
    if not desired:
        return (
            "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. "
            "Set AutoRollback to false or specify a desired configuration and try again."
        )
    own = configuration_of(group)
    if any(version_named(configuration) in UNSTABLE for configuration in (own, desired)):
        return "A rollback is not supported with the launch template version $Latest or $Default."
    if str(Source.read(group.ec2_backend, own).version.image_id).startswith("resolve:ssm:"):
        return "A rollback is not supported with a Systems Manager parameter instead of an AMI ID."
    return None


def version_named(configuration: dict[str, Any]) -> str | None:
    policy = configuration.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = configuration.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification") or {}
    return template.get("Version")


def check_root_volumes(group: Any, desired: dict[str, Any]) -> None:
    """Root volumes are replaced by the images that a mixed instances policy names."""
    policy = desired.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    overrides = policy.get("Overrides") or []
    if not group.mixed_instances_policy or not overrides or any("ImageId" not in each for each in overrides):
        raise invalid(
            "The ReplaceRootVolume strategy requires a mixed instances policy with an ImageId in each override, "
            "in the Auto Scaling group and in the desired configuration."
        )


def check_desired(call: Call, desired: dict[str, Any]) -> None:
    """The launch template version must exist; AWS asks EC2, and repeats what it says."""
    try:
        if desired:
            Source.read(call.backend("ec2"), desired)
    except ServiceException as error:
        message = f"You must use a valid fully-formed launch template. {error.message}"
        raise AwsError("ValidationError", message) from None


# Operations


@around("autoscaling", "StartInstanceRefresh")
def start_instance_refresh(call: Call, forward: Forward) -> Answer:
    """One at a time."""
    group, asked = group_of(call), call.params.get("Preferences", {})
    desired = call.params.get("DesiredConfiguration", {})
    strategy = call.params.get("Strategy", "Rolling")
    check_preferences(asked)
    if active_refresh(call):
        message = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."
        raise AwsError("InstanceRefreshInProgress", message)
    check_desired(call, desired)
    if asked.get("AutoRollback") and (reason := check_rollback(group, desired)):
        raise invalid(reason)
    if strategy == "ReplaceRootVolume":
        check_root_volumes(group, desired)
    kept = settings[call.scope].get(group.name, {})
    maintenance = kept.get("InstanceMaintenancePolicy", {})
    warmup = asked.get("InstanceWarmup", kept.get("DefaultInstanceWarmup", group.health_check_grace_period or 0))
    preferences = {"MinHealthyPercentage": 90, "InstanceWarmup": warmup, **DEFAULTS, **maintenance, **asked}
    if preferences.get("CheckpointPercentages"):
        preferences.setdefault("CheckpointDelay", 3600)
    alarms = call.backend("cloudwatch").alarms
    names = preferences["AlarmSpecification"].get("Alarms", [])
    own = configuration_of(group)
    refresh = Refresh(
        group=group,
        alarming=lambda: [name for name in names if name in alarms and alarms[name].state_value == "ALARM"],
        strategy=strategy,
        preferences=preferences,
        desired=desired,
        warmup=float(warmup),
        source=Source.read(call.backend("ec2"), desired or own) if desired or own else None,
    )
    group.sandbox_refresh = refresh
    _refreshes[call.scope].insert(0, refresh)
    return {"InstanceRefreshId": refresh.id}


@around("autoscaling", "DescribeInstanceRefreshes")
def describe_instance_refreshes(call: Call, forward: Forward) -> Answer:
    """The newest first, in pages."""
    group, ids = group_of(call), call.params.get("InstanceRefreshIds")
    found = [each.describe() for each in refreshes_of(call, group.name) if not ids or each.id in ids]
    size, token = call.params.get("MaxRecords", 50), call.params.get("NextToken", "0")
    if not 1 <= size <= 100:
        raise AwsError("ValidationError", "MaxRecords must be between 1 and 100.")
    if not token.isdigit() or int(token) > len(found):
        raise AwsError("InvalidNextToken", "The NextToken value is not valid.")
    end = int(token) + size
    page: dict[str, Any] = {"InstanceRefreshes": found[int(token) : end]}
    return page | ({"NextToken": str(end)} if end < len(found) else {})


def refresh_to_stop(call: Call) -> Refresh:
    group = group_of(call)
    if (refresh := active_refresh(call)) and refresh.status != "Cancelling":
        return refresh
    message = f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}"
    raise AwsError("ActiveInstanceRefreshNotFound", message)


@around("autoscaling", "CancelInstanceRefresh")
def cancel_instance_refresh(call: Call, forward: Forward) -> Answer:
    """A refresh or a rollback; what was replaced stays."""
    refresh = refresh_to_stop(call)
    refresh.cancel(call.params.get("WaitForTransitioningInstances", True))
    return {"InstanceRefreshId": refresh.id}


@around("autoscaling", "RollbackInstanceRefresh")
def rollback_instance_refresh(call: Call, forward: Forward) -> Answer:
    """Go back to the group's own configuration, if that says exactly what it is."""
    refresh = refresh_to_stop(call)
    if refresh.rollback:
        message = f"No in progress or pending Instance Refresh found for Auto Scaling group {refresh.group.name}"
        raise AwsError("ActiveInstanceRefreshNotFound", message)
    if reason := check_rollback(refresh.group, refresh.desired):
        raise AwsError("IrreversibleInstanceRefresh", reason)
    refresh.at = CLOCK.now()
    refresh.roll_back("Rollback initiated by the user.")
    return {"InstanceRefreshId": refresh.id}


@around("autoscaling", "UpdateAutoScalingGroup")
def refuse_other_configuration(call: Call, forward: Forward) -> Answer:
    """What a refresh is about to set cannot be set meanwhile."""
    configured = {"LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy"} & set(call.params)
    refresh = active_refresh(call)
    if configured and refresh and refresh.desired:
        message = (
            "An active instance refresh with a desired configuration exists. All configuration options derived from "
            "the desired configuration are not available for update while the instance refresh is active."
        )
        raise AwsError("ValidationError", message)
    forward()
    return None


@around("autoscaling", "DeleteAutoScalingGroup")
def forget_refreshes(call: Call, forward: Forward) -> Answer:
    """They go with their group."""
    name = call.params["AutoScalingGroupName"]
    forward()
    _refreshes[call.scope] = [each for each in _refreshes[call.scope] if each.group.name != name]
    return None


@mend(models.FakeAutoScalingGroup, "set_desired_capacity")
def scale(original: Any, group: Any, new_capacity: int | None) -> None:
    """While a refresh runs, there are more instances than meet the eye of moto."""
    refresh = getattr(group, "sandbox_refresh", None)
    if refresh is None or not refresh.active:
        original(group, new_capacity)
        return
    group.desired_capacity = group.min_size if new_capacity is None else new_capacity
    refresh.balance()


@around("elbv2", "DescribeTargetHealth")
def unhealthy_targets(call: Call, forward: Forward) -> Answer:
    """Targets of broken versions fail their health checks."""
    answer = forward()
    groups = call.backend("autoscaling").autoscaling_groups.values()
    unhealthy = {s.instance.id for group in groups for s in group.instance_states if is_unhealthy(s)}
    for description in answer["TargetHealthDescriptions"]:
        if description["Target"]["Id"] in unhealthy:
            description["TargetHealth"] = {
                "State": "unhealthy",
                "Reason": "Target.FailedHealthChecks",
                "Description": "Health checks failed",
            }
    return answer


@around(
    "autoscaling",
    "CancelInstanceRefresh",
    "DeleteAutoScalingGroup",
    "DescribeAutoScalingGroups",
    "DescribeAutoScalingInstances",
    "DescribeInstanceRefreshes",
    "DetachInstances",
    "EnterStandby",
    "ExitStandby",
    "RollbackInstanceRefresh",
    "SetDesiredCapacity",
    "SetInstanceHealth",
    "SetInstanceProtection",
    "StartInstanceRefresh",
    "TerminateInstanceInAutoScalingGroup",
    "UpdateAutoScalingGroup",
)
@around("cloudwatch", "SetAlarmState")
@around("ec2", "DescribeInstances")
@around("elbv2", "DescribeTargetHealth")
def catch_up(call: Call, forward: Forward) -> Answer:
    """What was due has happened before anything is asked or changed."""
    for refresh in _refreshes[call.scope]:
        refresh.catch_up()
    forward()
    return None
