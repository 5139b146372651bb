#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_group
short_description: Manage an Auto Scaling group that launches from a launch template
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes an Auto Scaling group.
  - The capacity that autoscaling chose is left alone. O(desired_capacity) is used when the group is made; later it only
    moves when O(min_size) or O(max_size) forces it, unlike in M(amazon.aws.autoscaling_group).
  - A new launch template version is for instances launched from then on; instances that run are not replaced.
attributes:
  check_mode:
    support: full
    description: Predicts the group without writing it.
  diff_mode:
    support: full
    description: Shows what changes.
options:
  name:
    description: Name of the group; up to 255 characters.
    type: str
    required: true
  launch_template:
    description: What is launched. Required when O(state=present).
    type: dict
    suboptions:
      launch_template_id:
        description: Id of the launch template.
        type: str
        required: true
      version:
        description: Number of its version. A number can be rolled back to; C($Latest) cannot.
        type: int
        required: true
  min_size:
    description: The fewest instances. Required when O(state=present).
    type: int
  max_size:
    description: The most instances. Required when O(state=present).
    type: int
  desired_capacity:
    description: How many instances to start with; O(min_size) when omitted.
    type: int
  vpc_zone_identifier:
    description: Ids of the subnets. Required when O(state=present).
    type: list
    elements: str
  target_group_arns:
    description: Target groups that the instances are registered with; left as they are when omitted.
    type: list
    elements: str
  health_check_type:
    description: Whose word makes an instance unhealthy, EC2's alone or the load balancer's too.
    type: str
    choices: [EC2, ELB]
    default: EC2
  health_check_period:
    description: Seconds after launch in which a failed health check is no reason to replace an instance.
    type: int
    default: 300
  default_instance_warmup:
    description: Seconds after launch in which an instance's metrics do not count; left as it is when omitted.
    type: int
  instance_maintenance_policy:
    description: How many instances must stay, and how many more there may be, when some are replaced; left as it is when omitted.
    type: dict
    suboptions:
      min_healthy_percentage:
        description: The fewest healthy instances, in percent of the desired capacity; 0 to 100.
        type: int
        required: true
      max_healthy_percentage:
        description: The most healthy instances, in percent; 100 to 200 and at most 100 above the fewest.
        type: int
        required: true
  termination_policies:
    description: Which instance goes first; tried in order.
    type: list
    elements: str
    default: [Default]
  capacity_rebalance:
    description: Whether a spot instance at risk is replaced before it is taken away.
    type: bool
    default: false
  metrics_collection:
    description: Whether the group's own metrics are collected, each minute.
    type: bool
    default: false
  tags:
    description: Tags of the group and of the instances that it launches.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait_for_instances:
    description:
      - With O(state=present), whether to wait until the desired number of instances is healthy and in service.
      - With O(state=absent), whether the instances terminate and the group is deleted. V(false) only sets its sizes to 0, so
        that the instances finish their requests, and leaves the deletion to a later run.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 900
  state:
    description: Whether the group exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep two to ten servers behind a load balancer
  realtime.aws.autoscaling_group:
    name: production-asg
    launch_template: {launch_template_id: lt-0a1b2c3d4e5f60718, version: 7}
    min_size: 2
    max_size: 10
    desired_capacity: 4
    vpc_zone_identifier: [subnet-0a1b2c3d, subnet-4e5f6071]
    target_group_arns: ["{{ web_arn }}"]
    health_check_type: ELB

- name: Go on at once, and replace instances without ever having fewer than 90 percent
  realtime.aws.autoscaling_group:
    name: production-asg
    launch_template: {launch_template_id: lt-0a1b2c3d4e5f60718, version: 7}
    min_size: 2
    max_size: 10
    vpc_zone_identifier: [subnet-0a1b2c3d, subnet-4e5f6071]
    instance_maintenance_policy: {min_healthy_percentage: 90, max_healthy_percentage: 120}
    metrics_collection: true
    wait_for_instances: false

- name: Remove the group and its instances
  realtime.aws.autoscaling_group:
    name: production-asg
    state: absent
"""

RETURN = r"""
auto_scaling_group:
  description: The group, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample:
    arn: arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1f2e3d4c:autoScalingGroupName/production-asg
    launch_template: {"launch_template_id": "lt-0a1b2c3d4e5f60718", "version": "7"}
    min_size: 2
    max_size: 10
    desired_capacity: 4
    vpc_zone_identifier: [subnet-0a1b2c3d, subnet-4e5f6071]
    health_check_type: ELB
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::AutoScaling::AutoScalingGroup", "name": "production-asg", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    first,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
    wait_until,
    when_lowered,
    when_removed,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::AutoScaling::AutoScalingGroup"
PROFILE_TIMEOUT = 120  # CON-1: seconds until a new instance profile is known everywhere
DISRUPTS = {
    "launch_template": "instances that run keep their version until they are replaced",
    "vpc_zone_identifier": "AWS replaces instances until the subnets have equally many",
    "desired_capacity": when_lowered("instances that are too many are terminated"),
    "target_group_arns": when_removed("the group that is removed gets no more requests"),
}
METRICS = [
    "GroupDesiredCapacity",
    "GroupInServiceCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingCapacity",
    "GroupPendingInstances",
    "GroupStandbyCapacity",
    "GroupStandbyInstances",
    "GroupTerminatingCapacity",
    "GroupTerminatingInstances",
    "GroupTotalCapacity",
    "GroupTotalInstances",
]
PLAIN = {
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "desired_capacity": "DesiredCapacity",
    "health_check_type": "HealthCheckType",
    "health_check_period": "HealthCheckGracePeriod",
    "default_instance_warmup": "DefaultInstanceWarmup",
    "termination_policies": "TerminationPolicies",
    "capacity_rebalance": "CapacityRebalance",
}
EMPTY = {"min_size": 0, "max_size": 0, "desired_capacity": 0}


def normalize(group: dict[str, Any]) -> dict[str, Any]:
    """Return the group as this module compares it."""
    template = group.get("LaunchTemplate") or {}
    maintenance = group.get("InstanceMaintenancePolicy") or {}
    return {
        "arn": group["AutoScalingGroupARN"],
        **{option: group.get(key) for option, key in PLAIN.items()},
        "capacity_rebalance": group.get("CapacityRebalance", False),
        "launch_template": {
            "launch_template_id": template.get("LaunchTemplateId"),
            "version": template.get("Version"),
        },
        "instance_maintenance_policy": {
            "min_healthy_percentage": maintenance.get("MinHealthyPercentage"),
            "max_healthy_percentage": maintenance.get("MaxHealthyPercentage"),
        },
        "vpc_zone_identifier": sorted(filter(None, group.get("VPCZoneIdentifier", "").split(","))),
        "target_group_arns": sorted(group.get("TargetGroupARNs", [])),
        "metrics": sorted(metric["Metric"] for metric in group.get("EnabledMetrics", [])),
        "tags": {tag["Key"]: tag["Value"] for tag in group.get("Tags", [])},
        "unpropagated_tags": sorted(tag["Key"] for tag in group.get("Tags", []) if not tag["PropagateAtLaunch"]),
    }


def desired_state(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the group should be."""
    current = before or {"metrics": [], "tags": {}, "unpropagated_tags": []}
    template = params["launch_template"]
    tags = desired_tags(current["tags"], params["tags"], params["purge_tags"])
    desired = {
        "min_size": params["min_size"],
        "max_size": params["max_size"],
        "launch_template": {**template, "version": str(template["version"])},
        "vpc_zone_identifier": sorted(params["vpc_zone_identifier"]),
        "health_check_type": params["health_check_type"],
        "health_check_period": params["health_check_period"],
        "termination_policies": params["termination_policies"],
        "capacity_rebalance": params["capacity_rebalance"],
        "metrics": sorted({*current["metrics"], *METRICS}) if params["metrics_collection"] else [],
        "tags": tags,
        "unpropagated_tags": [
            key for key in current["unpropagated_tags"] if key in tags and key not in (params["tags"] or {})
        ],
    }
    if params["target_group_arns"] is not None:
        desired["target_group_arns"] = sorted(params["target_group_arns"])
    for option in ("default_instance_warmup", "instance_maintenance_policy"):
        if params[option] is not None:
            desired[option] = params[option]
    return {**desired, **desired_capacity(params, before)}


def desired_or_gone(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the attributes the group is to have; None when it is to be deleted, which a run that does not wait only begins."""
    if params["state"] == "present":
        return desired_state(params, before)
    return None if before is None or params["wait_for_instances"] else EMPTY


def desired_capacity(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, int]:
    """Return the capacity to set, if any: autoscaling moves it, and what it chose stays (IDM-4)."""
    if before is None:
        given = params["desired_capacity"]
        return {"desired_capacity": params["min_size"] if given is None else given}
    fitting = min(max(before["desired_capacity"], params["min_size"]), params["max_size"])
    return {} if fitting == before["desired_capacity"] else {"desired_capacity": fitting}


def settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return settings in AWS's form, for creation and update alike."""
    found = {key: values[option] for option, key in PLAIN.items() if option in values}
    if template := values.get("launch_template"):
        found["LaunchTemplate"] = {"LaunchTemplateId": template["launch_template_id"], "Version": template["version"]}
    if policy := values.get("instance_maintenance_policy"):
        found["InstanceMaintenancePolicy"] = {
            "MinHealthyPercentage": policy["min_healthy_percentage"],
            "MaxHealthyPercentage": policy["max_healthy_percentage"],
        }
    if subnets := values.get("vpc_zone_identifier"):
        found["VPCZoneIdentifier"] = ",".join(subnets)
    return found


def tag_list(name: str, tags: dict[str, str]) -> list[dict[str, Any]]:
    about = {"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    return [{**about, "Key": key, "Value": value} for key, value in sorted(tags.items())]


@named("find the Auto Scaling group")
def find(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"])


def with_profile(call: Any) -> None:
    """Make a call that reads the launch template, which may name an instance profile that was made seconds ago."""
    retry_on(["ValidationError"], call, PROFILE_TIMEOUT, message="Invalid IAM Instance Profile")  # CON-1


@written_once("create the Auto Scaling group", "AlreadyExists")
def create(client: Any, name: str, desired: dict[str, Any]) -> None:
    with_profile(
        lambda: client.create_auto_scaling_group(
            AutoScalingGroupName=name,
            TargetGroupARNs=desired.get("target_group_arns", []),
            Tags=tag_list(name, desired["tags"]),
            **settings(desired),
        )
    )


@named("update the Auto Scaling group")
def update(client: Any, name: str, changes: dict[str, Any]) -> None:
    changed = settings(changes)
    if changed:
        with_profile(lambda: client.update_auto_scaling_group(AutoScalingGroupName=name, **changed))


@named("attach target groups")
def attach_target_groups(client: Any, name: str, arns: list[str]) -> None:
    if arns:
        client.attach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=arns)


@missing_is_none("detach target groups", "TargetGroupNotFound")
def detach_target_groups(client: Any, name: str, arns: list[str]) -> None:
    if arns:
        client.detach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=arns)


def write_target_groups(client: Any, name: str, current: list[str], wanted: list[str]) -> None:
    attach_target_groups(client, name, sorted(set(wanted) - set(current)))
    detach_target_groups(client, name, sorted(set(current) - set(wanted)))


@named("switch the group's metrics")
def write_metrics(client: Any, name: str, current: list[str], wanted: list[str]) -> None:
    new, old = sorted(set(wanted) - set(current)), sorted(set(current) - set(wanted))
    if new:
        client.enable_metrics_collection(AutoScalingGroupName=name, Metrics=new, Granularity="1Minute")
    if old:
        client.disable_metrics_collection(AutoScalingGroupName=name, Metrics=old)


@named("write the group's tags")
def write_tags(client: Any, name: str, before: dict[str, Any], desired: dict[str, Any]) -> None:
    to_set, to_remove = tag_changes(before["tags"], desired["tags"])
    mended = set(before["unpropagated_tags"]) - set(desired["unpropagated_tags"]) - set(to_remove)
    to_set |= {key: desired["tags"][key] for key in mended}
    if to_remove:
        about = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
        client.delete_tags(Tags=[{**about, "Key": key} for key in to_remove])
    if to_set:
        client.create_or_update_tags(Tags=tag_list(name, to_set))


@written_once("delete the Auto Scaling group", "ValidationError", "ScalingActivityInProgress")
def delete(client: Any, name: str) -> None:
    client.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


@named("read why instances are missing")
def last_failure(client: Any, name: str) -> str:
    """Return why the group could not launch or keep an instance, for the message of a timeout."""
    activities = client.describe_scaling_activities(AutoScalingGroupName=name, MaxRecords=20)["Activities"]
    failed = [activity.get("StatusMessage", "") for activity in activities if activity["StatusCode"] == "Failed"]
    return f": {failed[0]}" if failed else ""


def in_service(group: dict[str, Any] | None) -> bool:
    if group is None:  # AWS does not list it yet
        return False
    healthy = [
        instance
        for instance in group.get("Instances", [])
        if instance["LifecycleState"] == "InService" and instance["HealthStatus"] == "Healthy"
    ]
    return len(healthy) >= group["DesiredCapacity"]


def wait_in_service(client: Any, name: str, timeout: int) -> None:
    try:
        wait_until(
            f"the instances of {name} to be in service",
            lambda: in_service(find(client, name)),
            timeout,
            typical="1 to 3 min",
        )
    except AnsibleAWSError as error:
        raise AnsibleAWSError(message=f"{error}{last_failure(client, name)}") from error


def wait_empty(client: Any, name: str, timeout: int) -> None:
    wait_until(
        f"the instances of {name} to terminate", lambda: not (find(client, name) or {}).get("Instances"), timeout
    )


def wait_gone(client: Any, name: str, timeout: int) -> None:
    wait_until(f"Auto Scaling group {name} to be gone", lambda: find(client, name) is None, timeout)


def apply(client: Any, plan: Plan, wait: bool, timeout: int) -> None:
    name, before, desired = plan.name, plan.before, plan.desired
    if plan.action == "delete":
        update(client, name, {size: 0 for size in EMPTY if before[size] != 0})
        wait_empty(client, name, timeout)
        delete(client, name)
        wait_gone(client, name, timeout)
    elif plan.action == "create":
        create(client, name, desired)
        write_metrics(client, name, [], desired["metrics"])
    elif plan.changed:
        # First of all: AWS refuses to update a group that has a target group that was deleted.
        write_target_groups(client, name, before["target_group_arns"], plan.after["target_group_arns"])
        update(client, name, plan.changes)
        write_metrics(client, name, before["metrics"], plan.after["metrics"])
        write_tags(client, name, before, plan.after)
    if desired and wait:
        wait_in_service(client, name, timeout)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "launch_template": {
                "type": "dict",
                "options": {
                    "launch_template_id": {"type": "str", "required": True},
                    "version": {"type": "int", "required": True},
                },
            },
            "min_size": {"type": "int"},
            "max_size": {"type": "int"},
            "desired_capacity": {"type": "int"},
            "vpc_zone_identifier": {"type": "list", "elements": "str"},
            "target_group_arns": {"type": "list", "elements": "str"},
            "health_check_type": {"type": "str", "choices": ["EC2", "ELB"], "default": "EC2"},
            "health_check_period": {"type": "int", "default": 300},
            "default_instance_warmup": {"type": "int"},
            "instance_maintenance_policy": {
                "type": "dict",
                "options": {
                    "min_healthy_percentage": {"type": "int", "required": True},
                    "max_healthy_percentage": {"type": "int", "required": True},
                },
            },
            "termination_policies": {"type": "list", "elements": "str", "default": ["Default"]},
            "capacity_rebalance": {"type": "bool", "default": False},
            "metrics_collection": {"type": "bool", "default": False},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "wait_for_instances": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 900},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["launch_template", "min_size", "max_size", "vpc_zone_identifier"])],
        supports_check_mode=True,
    )
    params, name = module.params, module.params["name"]
    client = module.client("autoscaling", retry_decorator=RETRY)
    try:
        group = find(client, name)
        if group and group.get("Status"):  # TDN-10: AWS is deleting it; its name is free when its last instance is gone
            if not module.check_mode and (params["state"] == "present" or params["wait_for_instances"]):
                wait_gone(client, name, params["wait_timeout"])
            group = None
        before = normalize(group) if group else None
        plan = Plan(KIND, name, before, desired_or_gone(params, before), disrupts=DISRUPTS)
        if not module.check_mode:
            apply(client, plan, params["wait_for_instances"], params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(auto_scaling_group=plan.after, **report(plan))


if __name__ == "__main__":
    main()
