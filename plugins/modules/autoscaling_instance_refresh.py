#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_instance_refresh
short_description: Bring the instances of an Auto Scaling group to a configuration
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Replaces the instances of a group with AWS's instance refresh, waits for it, cancels it or rolls it back.
  - The group is not changed first. AWS launches from O(desired_configuration), and sets the group to it when the
    refresh has succeeded; until then a rollback finds the old configuration where it was.
  - When every instance and the group already are as O(desired_configuration) says, nothing is done. A refresh that
    already runs for the same configuration is joined, with the preferences it was started with. So a play that was
    killed can be run again.
  - Options have the names of M(amazon.aws.autoscaling_instance_refresh) where they exist.
  - While it waits, one line is shown each time that the status, the percentage or the instances' health changes.
attributes:
  check_mode:
    support: full
    description: Says whether instances would be replaced, and how many, without writing anything.
  diff_mode:
    support: full
    description: Shows the configuration and how many instances have which, before and after.
options:
  name:
    description: Name of the Auto Scaling group.
    type: str
    required: true
  state:
    description:
      - V(present) brings the instances to O(desired_configuration). The task fails when the refresh does.
      - V(cancelled) stops a refresh or a rollback that runs; what was replaced stays replaced.
      - V(rolled_back) has AWS undo a refresh that runs. When none runs, nothing is done.
    type: str
    choices: [present, cancelled, rolled_back]
    default: present
  strategy:
    description:
      - V(Rolling) launches new instances and terminates the old ones.
      - V(ReplaceRootVolume) keeps the instances and replaces their root volumes. It needs a mixed instances policy that
        names an image in each override, here and in the group.
    type: str
    choices: [Rolling, ReplaceRootVolume]
    default: Rolling
  desired_configuration:
    description: What instances are launched from. Required when O(state=present); one of the two.
    type: dict
    suboptions:
      launch_template:
        description: A version of a launch template.
        type: dict
        suboptions:
          launch_template_id:
            description: Id of the launch template; this or its name.
            type: str
          launch_template_name:
            description: Name of the launch template.
            type: str
          version:
            description: >-
              Number of its version. C($Latest) and C($Default) are refused, since they cannot be rolled back to.
            type: int
            required: true
      mixed_instances_policy:
        description: A launch template version with several instance types.
        type: dict
        suboptions:
          launch_template:
            description: The launch template version, and what differs from it.
            type: dict
            required: true
            suboptions:
              launch_template_specification:
                description: The launch template version.
                type: dict
                required: true
                suboptions:
                  launch_template_id:
                    description: Id of the launch template; this or its name.
                    type: str
                  launch_template_name:
                    description: Name of the launch template.
                    type: str
                  version:
                    description: Number of its version.
                    type: int
                    required: true
              overrides:
                description: The instance types; up to 40.
                type: list
                elements: dict
                suboptions:
                  instance_type:
                    description: The instance type.
                    type: str
                    required: true
                  image_id:
                    description: The AMI; all overrides have it with O(strategy=ReplaceRootVolume).
                    type: str
                  weighted_capacity:
                    description: How many units of capacity it counts for; 1 to 999. All overrides have it, or none.
                    type: int
          instances_distribution:
            description: How On-Demand and Spot are mixed; AWS's defaults when omitted.
            type: dict
            suboptions:
              on_demand_allocation_strategy:
                description: How On-Demand instance types are chosen.
                type: str
                choices: [prioritized, lowest-price]
              on_demand_base_capacity:
                description: How much capacity is On-Demand before the percentage counts.
                type: int
              on_demand_percentage_above_base_capacity:
                description: How much of the rest is On-Demand, in percent.
                type: int
              spot_allocation_strategy:
                description: How Spot pools are chosen.
                type: str
                choices: [lowest-price, capacity-optimized, capacity-optimized-prioritized, price-capacity-optimized]
              spot_instance_pools:
                description: How many Spot pools are used with V(lowest-price).
                type: int
              spot_max_price:
                description: The most to pay for a unit of Spot an hour, in US dollars; by default what On-Demand costs.
                type: str
  preferences:
    description: How instances are replaced. What is omitted is AWS's default. Only with O(state=present).
    type: dict
    suboptions:
      min_healthy_percentage:
        description:
          - The fewest healthy instances, in percent of the desired capacity; 0 to 100.
          - When omitted, that of the group's maintenance policy, or 90.
        type: int
      max_healthy_percentage:
        description:
          - The most instances that are healthy or pending, in percent; 100 to 200, and at most 100 above
            O(preferences.min_healthy_percentage), which it needs.
          - When omitted, that of the group's maintenance policy, or 100.
        type: int
      instance_warmup:
        description:
          - Seconds that an instance gets after it is in service, before the next ones are replaced.
          - When omitted, the group's default instance warmup, or its health check grace period.
        type: int
      checkpoint_percentages:
        description:
          - At which percentages of replaced instances to pause; ascending, 1 to 100.
          - The last one is 100, or the refresh ends before all instances are replaced. A further run replaces the next.
        type: list
        elements: int
      checkpoint_delay:
        description: Seconds to pause at a checkpoint; 0 to 172800, and 3600 when omitted.
        type: int
      skip_matching:
        description: Whether instances that already are as desired stay.
        type: bool
      auto_rollback:
        description:
          - Whether AWS rolls back when the refresh fails or an alarm goes off.
          - Refused when the group itself uses C($Latest) or C($Default), which cannot be rolled back to.
        type: bool
      alarm_specification:
        description: Alarms that fail the refresh.
        type: dict
        suboptions:
          alarms:
            description: Names of CloudWatch alarms; up to 10.
            type: list
            elements: str
            required: true
      bake_time:
        description: Seconds to watch, after the last instance, before the refresh has succeeded; 0 to 172800.
        type: int
      scale_in_protected_instances:
        description: What becomes of instances that are protected from scale in. V(Wait) fails after an hour.
        type: str
        choices: [Refresh, Ignore, Wait]
      standby_instances:
        description: What becomes of instances in standby. V(Wait) fails after an hour.
        type: str
        choices: [Terminate, Ignore, Wait]
  on_conflict:
    description:
      - What to do when a refresh for another configuration, or a rollback, already runs.
      - V(fail) leaves it alone and fails; V(replace) cancels it, waits until it has stopped, and starts anew.
    type: str
    choices: [fail, replace]
    default: fail
  wait:
    description: Whether to wait until the refresh has ended. One that is being cancelled is waited for in any case.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait. The refresh goes on when they are over, and a further run joins it.
    type: int
    default: 3600
seealso:
  - module: realtime.aws.autoscaling_instance_refresh_info
  - module: realtime.aws.autoscaling_group
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Bring every server to version 8, one fifth more of them meanwhile, and back to what was when that fails
  realtime.aws.autoscaling_instance_refresh:
    name: production-asg
    desired_configuration:
      launch_template: {launch_template_id: lt-0a1b2c3d4e5f60718, version: 8}
    preferences:
      min_healthy_percentage: 100
      max_healthy_percentage: 120
      skip_matching: true
      auto_rollback: true
      bake_time: 300
      alarm_specification:
        alarms: [production-alb-5xx, production-alb-latency-p95]

- name: Try it on a fifth of the servers for half an hour
  realtime.aws.autoscaling_instance_refresh:
    name: production-asg
    desired_configuration:
      launch_template: {launch_template_name: web-server-template, version: 8}
    preferences:
      checkpoint_percentages: [20, 100]
      checkpoint_delay: 1800
      auto_rollback: true
    wait_timeout: 7200

- name: Release this version instead of the one that is being released
  realtime.aws.autoscaling_instance_refresh:
    name: production-asg
    desired_configuration:
      launch_template: {launch_template_id: lt-0a1b2c3d4e5f60718, version: 9}
    on_conflict: replace

- name: Undo what runs
  realtime.aws.autoscaling_instance_refresh:
    name: production-asg
    state: rolled_back

- name: Stop what runs, as it stands
  realtime.aws.autoscaling_instance_refresh:
    name: production-asg
    state: cancelled
"""

RETURN = r"""
instance_refresh:
  description: >-
    The refresh that was started, joined, cancelled or rolled back; C(none) when there was nothing to do, and in check
    mode when one would be started. Also returned by a task that fails because the refresh did.
  returned: always, once the group was read
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: 08b91cf7-8fa6-48af-b6a6-d227f40f1b9b
    status:
      description: AWS's status.
      type: str
      sample: Successful
    reason:
      description: AWS's reason for the status, and for the rollback; empty when there is none.
      type: str
      sample: ""
    percentage_complete:
      description: How much is done, in percent.
      type: int
      sample: 100
    instances_to_update:
      description: How many instances are left to replace.
      type: int
      sample: 0
    desired_configuration:
      description: What instances are launched from, in AWS's form with snake case names.
      type: dict
      sample: {"launch_template": {"launch_template_id": "lt-0a1b2c3d4e5f60718", "version": "8"}}
    preferences:
      description: How instances are replaced.
      type: dict
      sample: {"min_healthy_percentage": 100, "max_healthy_percentage": 120, "auto_rollback": true}
    strategy:
      description: V(Rolling) or V(ReplaceRootVolume).
      type: str
      sample: Rolling
    timeline:
      description: When it started, when a rollback began and when it ended, in ISO 8601; C(none) for what was not.
      type: dict
      sample: {"started": "2026-11-24T10:00:00+00:00", "rollback_started": null, "ended": "2026-11-24T10:21:40+00:00"}
    rollback:
      description: Where the refresh stood when the rollback began; C(none) without one.
      type: dict
      sample: {"reason": "Auto rollback", "percentage_complete": 25, "instances_to_update": 3}
instances_to_replace:
  description: >-
    How many instances are replaced: those that are not as desired, or all of them when there is anything to do and
    O(preferences.skip_matching) is false; never those that the preferences ignore.
  returned: O(state=present)
  type: int
  sample: 4
changes:
  description: What changes, one entry when a refresh is started, cancelled or rolled back.
  returned: success
  type: list
  elements: dict
  sample:
    - type: AWS::AutoScaling::AutoScalingGroup
      name: production-asg
      action: update
      note: 4 of 4 instances are replaced
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.dict_transformations import snake_dict_to_camel_dict
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.transformation import scrub_none_parameters
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    first,
    missing_is_none,
    named,
    report,
    retry_on,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.instance_refresh import (
    ACTIVE,
    ENDS,
    failure,
    find_group,
    goal,
    instances_of,
    normalize_refresh,
    waited_for,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

KIND = "AWS::AutoScaling::AutoScalingGroup"
CONTENTION = ["ResourceContention", "ResourceContentionFault"]
CONTENTION_TIMEOUT = 60
NO_WAY_BACK = (None, "$Latest", "$Default")
ATTEMPTS = 5  # how often somebody else may be quicker
STOPPABLE = {
    "cancelled": ("Pending", "InProgress", "Baking", "RollbackInProgress"),
    "rolled_back": ("Pending", "InProgress", "Baking"),
}
STOPPING = {"cancelled": "Cancelling", "rolled_back": "RollbackInProgress"}
BOUNDS = {
    "min_healthy_percentage": (0, 100),
    "max_healthy_percentage": (100, 200),
    "instance_warmup": (0, None),
    "checkpoint_delay": (0, 172800),
    "bake_time": (0, 172800),
}


def preference_faults(preferences: dict[str, Any]) -> Iterator[str]:
    """Say what AWS would refuse, so that it is known before anything is written, and in check mode."""
    for option, (least, most) in BOUNDS.items():
        value = preferences[option]
        if value is not None and (value < least or (most is not None and value > most)):
            allowed = f"{least} to {most}" if most is not None else f"{least} or more"
            yield f"{option} is {value}; allowed: {allowed}"
    lowest, highest = preferences["min_healthy_percentage"], preferences["max_healthy_percentage"]
    if highest is not None and lowest is None:
        yield "max_healthy_percentage needs min_healthy_percentage"
    elif highest is not None and highest - lowest > 100:
        yield f"max_healthy_percentage is {highest}; allowed: up to 100 above min_healthy_percentage, {lowest}"
    checkpoints = preferences["checkpoint_percentages"] or []
    if checkpoints != sorted(set(checkpoints)) or any(not 1 <= percent <= 100 for percent in checkpoints):
        yield f"checkpoint_percentages is {checkpoints}; allowed: 1 to 100 in ascending order, each once"
    if preferences["checkpoint_delay"] is not None and not checkpoints:
        yield "checkpoint_delay needs checkpoint_percentages"
    alarms = (preferences["alarm_specification"] or {}).get("alarms", [])
    if len(alarms) > 10:
        yield f"alarm_specification has {len(alarms)} alarms; allowed: up to 10"


def specification(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the launch template of a configuration (AWS's form) or of a group, {} when there is none."""
    policy = (configuration.get("MixedInstancesPolicy") or {}).get("LaunchTemplate", {})
    return configuration.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification") or {}


def overrides_of(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    return (configuration.get("MixedInstancesPolicy") or {}).get("LaunchTemplate", {}).get("Overrides") or []


def in_aws_form(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that are set, under AWS's names."""
    return snake_dict_to_camel_dict(scrub_none_parameters(options), capitalize_first=True)


def build_configuration(options: dict[str, Any]) -> dict[str, Any]:
    """Return the desired configuration in AWS's form."""
    found = in_aws_form(options)
    template = specification(found)
    template["Version"] = str(template["Version"])
    for override in overrides_of(found):
        if "WeightedCapacity" in override:
            override["WeightedCapacity"] = str(override["WeightedCapacity"])
    return found


def label(template: dict[str, Any]) -> str:
    """Return a launch template version as it is shown."""
    name = template.get("LaunchTemplateId") or template.get("LaunchTemplateName") or "no launch template"
    return f"{name}:{template['Version']}" if template.get("Version") else name


def same_template(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether both are the same version; a template has an id and a name, and may be named by either."""
    keys = [key for key in ("LaunchTemplateId", "LaunchTemplateName") if key in one and key in other]
    return bool(keys) and all(one[key] == other[key] for key in keys) and one.get("Version") == other.get("Version")


@dataclass(frozen=True)
class Target:
    """What instances are to be: the desired configuration in AWS's form, and its template version by id and name."""

    configuration: dict[str, Any]
    template: dict[str, Any]

    def is_configuration_of(self, other: dict[str, Any]) -> bool:
        """Return whether a group or a refresh has it. Of the distribution only what is asked for: AWS adds the rest."""
        policy, found = self.configuration.get("MixedInstancesPolicy"), other.get("MixedInstancesPolicy")
        asked = (policy or {}).get("InstancesDistribution", {})
        given = (found or {}).get("InstancesDistribution", {})
        return (
            bool(policy) == bool(found)
            and same_template(self.template, specification(other))
            and overrides_of(self.configuration) == overrides_of(other)
            and all(given.get(key) == value for key, value in asked.items())
        )

    def is_met_by(self, instance: dict[str, Any]) -> bool:
        """Return whether an instance has the template version, and an instance type and image of the overrides."""
        overrides = overrides_of(self.configuration)
        fits = not overrides or any(
            override["InstanceType"] == instance.get("InstanceType")
            and override.get("ImageId") in (None, instance.get("ImageId"))
            for override in overrides
        )
        return fits and same_template(self.template, instance.get("LaunchTemplate") or {})


def is_ignored(instance: dict[str, Any], preferences: dict[str, Any]) -> bool:
    """Return whether AWS leaves an instance alone, so that it never becomes as desired."""
    standby = instance["LifecycleState"] == "Standby" and preferences["standby_instances"] == "Ignore"
    protected = instance.get("ProtectedFromScaleIn") and preferences["scale_in_protected_instances"] == "Ignore"
    return bool(standby or protected)


def instances_to_replace(group: dict[str, Any], target: Target, preferences: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the instances that a refresh would replace; none when they and the group are as desired."""
    seen = [each for each in instances_of(group) if not is_ignored(each, preferences)]
    outdated = [each for each in seen if not target.is_met_by(each)]
    if preferences["skip_matching"] or (not outdated and target.is_configuration_of(group)):
        return outdated
    return seen  # without skip_matching AWS replaces those that match, too


def is_running(refresh: dict[str, Any] | None) -> bool:
    return refresh is not None and refresh["Status"] in ACTIVE


def goes_to(refresh: dict[str, Any], target: Target, group: dict[str, Any]) -> bool:
    """Return whether a refresh that runs ends where we want to be; a rollback ends with the group's configuration."""
    if refresh["Status"] == "RollbackInProgress":
        return target.is_configuration_of(group)
    return target.is_configuration_of(refresh.get("DesiredConfiguration") or group)


def plan_refresh(
    group: dict[str, Any], target: Target, chosen: list[dict[str, Any]], newest: dict[str, Any] | None
) -> Plan:
    """Return the way to the target: the chosen instances are replaced, and a refresh that runs is cancelled first."""
    instances = instances_of(group)
    now = {each["InstanceId"]: label(each.get("LaunchTemplate") or {}) for each in instances}
    then = {each["InstanceId"]: label(target.template) for each in chosen}
    notes = [f"{len(chosen)} of {len(instances)} instances are replaced"]
    if newest and is_running(newest):
        notes.append(f"the refresh that runs ({newest['InstanceRefreshId']}, {newest['Status']}) is cancelled first")
    elif newest and newest["Status"] != "Successful":
        notes.append(f"the last refresh ended as {newest['Status']}: {normalize_refresh(newest)['reason']}")
    before = {"configuration": label(specification(group)), "instances": dict(Counter(now.values()))}
    desired = {"configuration": label(target.template), "instances": dict(Counter({**now, **then}.values()))}
    return Plan(
        KIND,
        group["AutoScalingGroupName"],
        {**before, "instance_refresh": newest["InstanceRefreshId"] if newest and is_running(newest) else None},
        {**desired, "instance_refresh": "a new one"},
        note="; ".join(notes),
    )


def plan_stop(name: str, refresh: dict[str, Any], state: str) -> Plan:
    now = {"instance_refresh": f"{refresh['InstanceRefreshId']} {refresh['Status']}"}
    return Plan(KIND, name, now, {"instance_refresh": f"{refresh['InstanceRefreshId']} {ENDS[state]}"})


@named("read the newest instance refresh")
def newest_refresh(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_instance_refreshes(AutoScalingGroupName=name, MaxRecords=1)["InstanceRefreshes"])


@named("read the instance refresh")
def read_refresh(client: Any, name: str, refresh_id: str) -> dict[str, Any]:
    found = client.describe_instance_refreshes(AutoScalingGroupName=name, InstanceRefreshIds=[refresh_id])
    return found["InstanceRefreshes"][0]


@missing_is_none(
    "find the launch template",
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.NotFoundException",
    "InvalidLaunchTemplateName.NotFoundException",
)
def find_template(ec2: Any, given: dict[str, Any]) -> dict[str, str] | None:
    """Return the id and the name of a launch template: others may know it by either."""
    key = "LaunchTemplateId" if "LaunchTemplateId" in given else "LaunchTemplateName"
    (found,) = ec2.describe_launch_templates(**{f"{key}s": [given[key]]})["LaunchTemplates"]
    return {name: found[name] for name in ("LaunchTemplateId", "LaunchTemplateName")}


@missing_is_none("start the instance refresh", "InstanceRefreshInProgress")
def start(client: Any, params: dict[str, Any], configuration: dict[str, Any]) -> str | None:
    """Start it and return its id; None when somebody else was quicker."""
    request = {
        "AutoScalingGroupName": params["name"],
        "Strategy": params["strategy"],
        "DesiredConfiguration": configuration,
        "Preferences": in_aws_form(params["preferences"]),
    }
    answer = retry_on(CONTENTION, lambda: client.start_instance_refresh(**request), CONTENTION_TIMEOUT)
    return answer["InstanceRefreshId"]


@missing_is_none("cancel the instance refresh", "ActiveInstanceRefreshNotFound")
def cancel(client: Any, name: str) -> str | None:
    """Cancel what runs and return its id; None when it has ended meanwhile."""
    request = {"AutoScalingGroupName": name}
    answer = retry_on(CONTENTION, lambda: client.cancel_instance_refresh(**request), CONTENTION_TIMEOUT)
    return answer["InstanceRefreshId"]


@missing_is_none("roll the instance refresh back", "ActiveInstanceRefreshNotFound")
def roll_back(client: Any, name: str) -> str | None:
    """Roll back what runs and return its id; None when it has ended meanwhile."""
    request = {"AutoScalingGroupName": name}
    answer = retry_on(CONTENTION, lambda: client.rollback_instance_refresh(**request), CONTENTION_TIMEOUT)
    return answer["InstanceRefreshId"]


@dataclass(frozen=True)
class Outcome:
    """What a run did, or would do: the change, and the refresh that it started, joined or stopped."""

    plan: Plan | None = None
    refresh: dict[str, Any] | None = None
    instances: int = 0

    @property
    def joined(self) -> bool:
        return self.plan is None


class Run:
    """One run of the module: what it was told, its clients, and until when it may wait."""

    def __init__(self, module: AnsibleAWSModule) -> None:
        self.params: dict[str, Any] = module.params
        self.name: str = module.params["name"]
        self.check_mode: bool = module.check_mode
        self.client = module.client("autoscaling", retry_decorator=RETRY)
        self.ec2 = module.client("ec2", retry_decorator=RETRY)
        self.deadline = time.monotonic() + module.params["wait_timeout"]

    def wait_for_end(self, refresh: dict[str, Any]) -> dict[str, Any]:
        """Wait until a refresh has ended, and return it as it is then."""

        def ended() -> dict[str, Any] | None:
            found = read_refresh(self.client, self.name, refresh["InstanceRefreshId"])
            return None if is_running(found) else found

        what = waited_for(self.name, refresh["InstanceRefreshId"])
        return wait_until(what, ended, timeout=max(0.0, self.deadline - time.monotonic()))

    def target(self) -> Target:
        configuration = build_configuration(self.params["desired_configuration"])
        given = specification(configuration)
        template = None if is_pending(given) else find_template(self.ec2, given)
        if template is None and not self.check_mode:  # a preview may come before the template
            raise AnsibleAWSError(message=f"There is no launch template {label(given)}")
        return Target(configuration, {**given, **(template or {})})

    def ensure_present(self) -> Outcome:
        """Start a refresh, or join the one that ends there; nothing when there is nothing to do."""
        group, target = find_group(self.client, self.name), self.target()
        if group is None:
            if self.check_mode:
                return Outcome()
            raise AnsibleAWSError(message=f"There is no Auto Scaling group {self.name}")
        if self.params["preferences"]["auto_rollback"] and specification(group).get("Version") in NO_WAY_BACK:
            own = label(specification(group))
            raise AnsibleAWSError(message=f"auto_rollback is refused: {self.name} itself has {own}, not a number")
        plan: Plan | None = None
        for _attempt in range(ATTEMPTS):
            newest = newest_refresh(self.client, self.name)
            if newest and newest["Status"] == "Cancelling" and not self.check_mode:
                newest = self.wait_for_end(newest)
            group = find_group(self.client, self.name) or group
            chosen = instances_to_replace(group, target, self.params["preferences"])
            instances = len(chosen)
            busy = is_running(newest) and newest["Status"] != "Cancelling"
            if busy and goes_to(newest, target, group):
                return Outcome(plan, newest, instances)
            if not busy and not chosen and target.is_configuration_of(group):
                return Outcome(plan, None, instances)
            if busy and self.params["on_conflict"] == "fail":
                raise AnsibleAWSError(message=conflict(self.name, newest))
            plan = plan or plan_refresh(group, target, chosen, newest)
            if self.check_mode:
                return Outcome(plan, None, instances)
            if busy:
                cancel(self.client, self.name)
            elif started := start(self.client, self.params, target.configuration):
                return Outcome(plan, read_refresh(self.client, self.name, started), instances)
        raise AnsibleAWSError(message=f"Others keep starting instance refreshes of {self.name}")

    def ensure_stopped(self) -> Outcome:
        """Cancel what runs, or roll it back; nothing when nothing runs, or it ends that way already."""
        state = self.params["state"]
        newest = newest_refresh(self.client, self.name) if find_group(self.client, self.name) else None
        if newest is None or newest["Status"] not in STOPPABLE[state]:
            return Outcome(None, newest if newest and newest["Status"] == STOPPING[state] else None)
        plan = plan_stop(self.name, newest, state)
        if self.check_mode:
            return Outcome(plan, newest)
        stopped = (cancel if state == "cancelled" else roll_back)(self.client, self.name)
        return Outcome(plan, read_refresh(self.client, self.name, stopped)) if stopped else Outcome()


def conflict(name: str, refresh: dict[str, Any]) -> str:
    """Return what is in the way, for the message."""
    towards = label(specification(refresh.get("DesiredConfiguration") or {}))
    return (
        f"Another instance refresh of {name} runs: {refresh['InstanceRefreshId']} to {towards}, {refresh['Status']}, "
        f"{refresh.get('PercentageComplete', 0)} percent; on_conflict: replace cancels it"
    )


def template_spec() -> dict[str, Any]:
    return {
        "launch_template_id": {"type": "str"},
        "launch_template_name": {"type": "str"},
        "version": {"type": "int", "required": True},
    }


ONE_TEMPLATE = {
    "mutually_exclusive": [("launch_template_id", "launch_template_name")],
    "required_one_of": [("launch_template_id", "launch_template_name")],
}


def configuration_spec() -> dict[str, Any]:
    override = {
        "instance_type": {"type": "str", "required": True},
        "image_id": {"type": "str"},
        "weighted_capacity": {"type": "int"},
    }
    distribution = {
        "on_demand_allocation_strategy": {"type": "str", "choices": ["prioritized", "lowest-price"]},
        "on_demand_base_capacity": {"type": "int"},
        "on_demand_percentage_above_base_capacity": {"type": "int"},
        "spot_allocation_strategy": {
            "type": "str",
            "choices": [
                "lowest-price",
                "capacity-optimized",
                "capacity-optimized-prioritized",
                "price-capacity-optimized",
            ],
        },
        "spot_instance_pools": {"type": "int"},
        "spot_max_price": {"type": "str"},
    }
    template = {
        "launch_template_specification": {
            "type": "dict",
            "required": True,
            "options": template_spec(),
            **ONE_TEMPLATE,
        },
        "overrides": {"type": "list", "elements": "dict", "options": override},
    }
    mixed = {
        "launch_template": {"type": "dict", "required": True, "options": template},
        "instances_distribution": {"type": "dict", "options": distribution},
    }
    return {
        "launch_template": {"type": "dict", "options": template_spec(), **ONE_TEMPLATE},
        "mixed_instances_policy": {"type": "dict", "options": mixed},
    }


def preferences_spec() -> dict[str, Any]:
    return {
        "min_healthy_percentage": {"type": "int"},
        "max_healthy_percentage": {"type": "int"},
        "instance_warmup": {"type": "int"},
        "checkpoint_percentages": {"type": "list", "elements": "int"},
        "checkpoint_delay": {"type": "int"},
        "skip_matching": {"type": "bool"},
        "auto_rollback": {"type": "bool"},
        "alarm_specification": {
            "type": "dict",
            "options": {"alarms": {"type": "list", "elements": "str", "required": True}},
        },
        "bake_time": {"type": "int"},
        "scale_in_protected_instances": {"type": "str", "choices": ["Refresh", "Ignore", "Wait"]},
        "standby_instances": {"type": "str", "choices": ["Terminate", "Ignore", "Wait"]},
    }


def argument_spec() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "cancelled", "rolled_back"], "default": "present"},
        "strategy": {"type": "str", "choices": ["Rolling", "ReplaceRootVolume"], "default": "Rolling"},
        "desired_configuration": {
            "type": "dict",
            "options": configuration_spec(),
            "mutually_exclusive": [("launch_template", "mixed_instances_policy")],
            "required_one_of": [("launch_template", "mixed_instances_policy")],
        },
        "preferences": {"type": "dict", "apply_defaults": True, "options": preferences_spec()},
        "on_conflict": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 3600},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["desired_configuration"])],
        supports_check_mode=True,
    )
    state = module.params["state"]
    if state == "present" and module.params["desired_configuration"] is None:  # required_if takes null for a value
        module.fail_json(msg="desired_configuration is null; allowed: a launch_template or a mixed_instances_policy")
    if faults := list(preference_faults(module.params["preferences"])):
        module.fail_json(msg=f"Refused before anything was touched: {'; '.join(faults)}")
    run = Run(module)
    try:
        outcome = run.ensure_present() if state == "present" else run.ensure_stopped()
        refresh = outcome.refresh
        if refresh and module.params["wait"] and not module.check_mode:
            refresh = run.wait_for_end(refresh)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    found = normalize_refresh(refresh) if refresh else None
    result = {"instance_refresh": found, **report(*([outcome.plan] if outcome.plan else []))}
    if state == "present":
        result["instances_to_replace"] = outcome.instances
    if found and (reason := failure(run.name, found, goal(state, outcome.refresh["Status"], outcome.joined))):
        module.fail_json(msg=reason, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
