"""Auto Scaling: metrics collection, policies per group, instances spread and launched as the template says.

- DisableMetricsCollection: moto has none, so a rerun of `autoscaling_group` fails unless group metrics are on.
- Scaling policies: moto keys them by name alone; two groups cannot both have `cpu-target`.
- Instances: moto puts all of a group into its first subnet and reports the template's default version.
- Notification configurations: moto has none.
- An unknown instance profile in the launch template is refused, as AWS does until IAM has spread (CON-1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.autoscaling import models
from moto.core.utils import utcnow

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.services.ec2 import unknown_profile

GROUP_METRICS = [
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
]

_notifications: dict[Any, dict[tuple[str, str], set[str]]] = store(dict)


def _group(call: Call) -> Any:
    name = call.params["AutoScalingGroupName"]
    try:
        return call.backend().autoscaling_groups[name]
    except KeyError:
        message = f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        raise AwsError("ValidationError", message) from None


@around("autoscaling", "EnableMetricsCollection")
def enable_metrics(call: Call, forward: Forward) -> Answer:
    """Without a list AWS enables every metric; moto none."""
    group = _group(call)
    group.metrics = [m for m in GROUP_METRICS if m in {*group.metrics, *(call.params.get("Metrics") or GROUP_METRICS)}]
    return {}


@around("autoscaling", "DisableMetricsCollection")
def disable_metrics(call: Call, forward: Forward) -> Answer:
    """Stop some metrics, or all."""
    group = _group(call)
    unwanted = call.params.get("Metrics") or GROUP_METRICS
    group.metrics = [metric for metric in group.metrics if metric not in unwanted]
    return {}


@contextmanager
def _policies_of(backend: Any, group: str | None) -> Iterator[None]:
    """Let moto see one group's policies by name, and keep them under (group, name)."""
    every = backend.policies
    backend.policies = {policy.name: policy for policy in every.values() if policy.auto_scaling_group_name == group}
    try:
        yield
    finally:
        others = {key: policy for key, policy in every.items() if policy.auto_scaling_group_name != group}
        backend.policies = others | {(group, name): policy for name, policy in backend.policies.items()}


@around("autoscaling", "PutScalingPolicy", "DeletePolicy", "ExecutePolicy")
def policies_by_group(call: Call, forward: Forward) -> Answer:
    """A policy belongs to its group; an ARN names both."""
    backend, params = call.backend(), dict(call.params)
    name = params.get("PolicyName", "")
    if ":autoScalingGroupName/" in name:
        group, params["PolicyName"] = name.split(":autoScalingGroupName/")[1].split(":policyName/")
    else:
        group = params.get("AutoScalingGroupName") or next(
            (policy.auto_scaling_group_name for policy in backend.policies.values() if policy.name == name), None
        )
    with _policies_of(backend, group):
        if call.operation != "PutScalingPolicy" and params["PolicyName"] not in backend.policies:
            raise AwsError("ValidationError", f"PolicyName {name} not found")
        return forward(params)


@around("autoscaling", "PutNotificationConfiguration")
def put_notification(call: Call, forward: Forward) -> Answer:
    """Replace what a topic hears of a group."""
    key = _group(call).name, call.params["TopicARN"]
    _notifications[call.scope][key] = set(call.params["NotificationTypes"])
    return {}


@around("autoscaling", "DeleteNotificationConfiguration")
def delete_notification(call: Call, forward: Forward) -> Answer:
    """Forget a topic."""
    _notifications[call.scope].pop((call.params["AutoScalingGroupName"], call.params["TopicARN"]), None)
    return {}


@around("autoscaling", "DescribeNotificationConfigurations")
def describe_notifications(call: Call, forward: Forward) -> Answer:
    """One line per group, topic and type; deleted groups have none."""
    wanted = call.params.get("AutoScalingGroupNames")
    groups = call.backend().autoscaling_groups
    return {
        "NotificationConfigurations": [
            {"AutoScalingGroupName": group, "TopicARN": topic, "NotificationType": kind}
            for (group, topic), kinds in _notifications[call.scope].items()
            if group in groups and (not wanted or group in wanted)
            for kind in sorted(kinds)
        ]
    }


@around("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup")
def refuse_unknown_profile(call: Call, forward: Forward) -> Answer:
    """AWS launches a test instance in its head: an unknown instance profile fails."""
    policy = call.params.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = call.params.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification")
    if template and (profile := unknown_profile(call, template)):
        message = (
            "You must use a valid fully-formed launch template. "
            f"Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        )
        raise AwsError("ValidationError", message)
    forward()
    return None


@mend(models.FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def launch(original: Any, group: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Launch one by one, each into the subnet (or zone) with the fewest, from the group's template version."""
    if not group.ec2_launch_template:
        original(group, count_needed, propagated_tags)
        return
    tags = group.instance_tags | propagated_tags | {models.ASG_NAME_TAG: group.name}
    template = group.ec2_launch_template.get_version(group.launch_template_version)
    subnets = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else [None]
    for _ in range(count_needed):
        used = Counter(state.instance.subnet_id for state in group.instance_states)
        reservation = group.autoscaling_backend.ec2_backend.run_instances(
            group.image_id,
            1,
            group.user_data,
            group.security_groups,
            instance_type=group.instance_type,
            tags={"instance": tags},
            placement=group.availability_zones[len(group.instance_states) % len(group.availability_zones)],
            launch_template={"LaunchTemplateId": template.template.id, "Version": str(template.number)},
            is_instance_type_default=False,
            associate_public_ip=None,
            subnet_id=min(subnets, key=lambda subnet: used[subnet]),
        )
        instance = reservation.instances[0]
        instance.autoscaling_group = group
        instance.sandbox_template_version = template.number
        state = models.InstanceState(instance, protected_from_scale_in=group.new_instances_protected_from_scale_in)
        group.instance_states.append(state)


def _launched_from(state: models.InstanceState) -> dict[str, Any] | None:
    """The template version an instance was launched from, not the template's default."""
    template = state.auto_scaling_group.ec2_launch_template if state.auto_scaling_group else None
    if template is None:
        return None
    version = getattr(state.instance, "sandbox_template_version", template.default_version_number)
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": str(version)}


models.InstanceState.launch_template = property(_launched_from)  # type: ignore[assignment,method-assign]


@around("autoscaling", "DescribeScalingActivities")
def describe_activities(call: Call, forward: Forward) -> Answer:
    """moto's own answer, with the times AWS always gives."""
    answer = forward()
    for activity in answer.get("Activities", []):
        activity.setdefault("StartTime", utcnow())
    return answer
