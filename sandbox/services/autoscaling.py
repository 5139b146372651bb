"""Auto Scaling: metrics collection, policies per group, instances spread and launched as the template says.

- DisableMetricsCollection: moto has none, so a rerun of `autoscaling_group` fails unless group metrics are on.
- Scaling policies: moto keys them by name alone; two groups cannot both have `cpu-target`.
- Instances: moto puts all of a group into its first subnet and reports the template's default version.
- Notification configurations: moto has none.
- A launch template that cannot be launched is refused: image, groups, a profile that IAM has not spread (CON-1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from moto.autoscaling import models
from moto.ec2.exceptions import EC2ClientError

from sandbox.broken import BROKEN
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.services.ec2 import launch_template, template_data, unlaunchable

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

WARM_POOL_METRICS = [
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolMinSize",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "WarmPoolWarmedCapacity",
]
GRANULARITY = "1Minute"
HEALTH_CHECKS = {"EBS", "EC2", "ELB", "VPC_LATTICE"}
TERMINATION_POLICIES = {
    "AllocationStrategy",
    "ClosestToNextInstanceHour",
    "Default",
    "NewestInstance",
    "OldestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
}
NOTIFICATIONS = {
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
}
# What a scaling policy is made of, by its type.
CONFIGURATIONS = {
    "PredictiveScaling": "PredictiveScalingConfiguration",
    "SimpleScaling": "ScalingAdjustment",
    "StepScaling": "StepAdjustments",
    "TargetTrackingScaling": "TargetTrackingConfiguration",
}
ADJUSTMENTS = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")
DAY = 86400

_notifications: dict[Any, dict[tuple[str, str], set[str]]] = store(dict)


def group_of(call: Call) -> Any:
    name = call.params["AutoScalingGroupName"]
    try:
        return call.backend().autoscaling_groups[name]
    except KeyError:
        message = f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        raise AwsError("ValidationError", message) from None


@around("autoscaling", "EnableMetricsCollection")
def enable_metrics(call: Call, forward: Forward) -> Answer:
    """Without a list AWS enables every metric; moto none."""
    group = group_of(call)
    group.metrics = [m for m in GROUP_METRICS if m in {*group.metrics, *(call.params.get("Metrics") or GROUP_METRICS)}]
    return {}


@around("autoscaling", "DisableMetricsCollection")
def disable_metrics(call: Call, forward: Forward) -> Answer:
    """Stop some metrics, or all."""
    group = group_of(call)
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
    key = group_of(call).name, call.params["TopicARN"]
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
def refuse_unlaunchable(call: Call, forward: Forward) -> Answer:
    """AWS launches a test instance in its head, in subnets that there are."""
    known = {subnet for zone in call.backend("ec2").subnets.values() for subnet in zone}
    for subnet in filter(None, call.params.get("VPCZoneIdentifier", "").split(",")):
        if subnet not in known:
            raise AwsError("ValidationError", f"The subnet ID '{subnet}' does not exist")
    policy = call.params.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = call.params.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification")
    types = [each["InstanceType"] for each in policy.get("Overrides") or [] if each.get("InstanceType")]
    given: list[dict[str, Any]] = [{"InstanceType": name} for name in types] or [{}]
    try:
        data = template_data(call, template) if template else None
        refusal = next(filter(None, (unlaunchable(call, data | each) for each in given)), None) if data else None
    except EC2ClientError as error:
        refusal = error.code, error.message
    if refusal:
        raise AwsError("ValidationError", f"You must use a valid fully-formed launch template. {refusal[1]}")
    forward()
    return None


@around("autoscaling", "CreateAutoScalingGroup")
def refuse_second_group(call: Call, forward: Forward) -> Answer:
    """moto would launch another set of instances."""
    if call.params["AutoScalingGroupName"] in call.backend().autoscaling_groups:
        message = "AutoScalingGroup by this name already exists - A group with the name already exists"
        raise AwsError("AlreadyExists", message, status=400)
    forward()
    return None


class Source(NamedTuple):
    """What instances are launched from: a template version, and the instance type that overrides its own."""

    version: Any
    instance_type: str = ""

    @classmethod
    def read(cls, ec2: Any, configuration: dict[str, Any]) -> Source:
        """As a `LaunchTemplate` or `MixedInstancesPolicy` says, whose first instance type is the preferred one."""
        template = configuration.get("LaunchTemplate") or {}
        overrides: list[dict[str, Any]] = []
        if policy := configuration.get("MixedInstancesPolicy"):
            template = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
            overrides = policy["LaunchTemplate"].get("Overrides") or []
        found = launch_template(ec2, template).get_version(template.get("Version") or "$Default")
        return cls(found, overrides[0].get("InstanceType", "") if overrides else "")


def configuration_of(group: Any) -> dict[str, Any]:
    """A group's own launch template or mixed instances policy, in the form of a desired configuration."""
    if group.mixed_instances_policy:
        return {"MixedInstancesPolicy": group.mixed_instances_policy}
    return {"LaunchTemplate": group.launch_template} if group.ec2_launch_template else {}


@mend(models.FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def launch(original: Any, group: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Launch one by one, each into the subnet (or zone) with the fewest, from the group's template version.

    While an instance refresh runs, its desired configuration takes the place of the group's (`sandbox_source`).
    """
    if not group.ec2_launch_template:
        original(group, count_needed, propagated_tags)
        return
    ec2 = group.autoscaling_backend.ec2_backend
    source = getattr(group, "sandbox_source", None) or Source.read(ec2, configuration_of(group))
    version = source.version
    tags = version.instance_tags | propagated_tags | {models.ASG_NAME_TAG: group.name}
    subnets = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else [None]
    for dummy in range(count_needed):
        used = Counter(state.instance.subnet_id for state in group.instance_states)
        reservation = ec2.run_instances(
            version.image_id,
            1,
            version.user_data,
            version.security_groups,
            instance_type=source.instance_type or version.instance_type,
            tags={"instance": tags},
            placement=group.availability_zones[len(group.instance_states) % len(group.availability_zones)],
            launch_template={"LaunchTemplateId": version.template.id, "Version": str(version.number)},
            is_instance_type_default=False,
            associate_public_ip=None,
            subnet_id=min(subnets, key=lambda subnet: used[subnet]),
        )
        instance = reservation.instances[0]
        instance.autoscaling_group = group
        instance.sandbox_version = version
        state = models.InstanceState(
            instance,
            health_status="Unhealthy" if BROKEN.holds(version) else "Healthy",
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
        )
        group.instance_states.append(state)


def _launched_from(state: models.InstanceState) -> dict[str, Any] | None:
    """The template version an instance was launched from, not the template's default."""
    version = getattr(state.instance, "sandbox_version", None)
    if version is None:
        return None
    template = version.template
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": str(version.number)}


models.InstanceState.launch_template = property(_launched_from)  # type: ignore[assignment,method-assign]


# Settings that moto drops, some of them only on update, kept per group and returned.
KEPT = (
    "CapacityRebalance",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DesiredCapacityType",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "TerminationPolicies",
)

settings: dict[Any, dict[str, dict[str, Any]]] = store(dict)


@around("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup")
def keep_settings(call: Call, forward: Forward) -> Answer:
    """Remember what moto drops; targets follow the instances."""
    forward()
    name = call.params["AutoScalingGroupName"]
    old = {} if call.operation == "CreateAutoScalingGroup" else settings[call.scope].get(name, {})
    settings[call.scope][name] = old | {key: call.params[key] for key in KEPT if key in call.params}
    drop_old_targets(group_of(call))
    return None


@around("autoscaling", "SetDesiredCapacity", "TerminateInstanceInAutoScalingGroup")
def targets_follow(call: Call, forward: Forward) -> Answer:
    """Terminated instances leave the target groups."""
    forward()
    for group in call.backend().autoscaling_groups.values():
        drop_old_targets(group)
    return None


def drop_old_targets(group: Any) -> None:
    """moto registers new instances and forgets to deregister terminated ones."""
    backend = group.autoscaling_backend
    for arn in group.target_group_arns:
        target_group = backend.elbv2_backend.target_groups.get(arn)
        for target in list(target_group.targets if target_group else ()):
            instance = backend.ec2_backend.get_instance_by_id(target.split(":")[0])
            if instance is None or instance.state in ("terminated", "shutting-down"):
                del target_group.targets[target]


@around("autoscaling", "DescribeAutoScalingGroups")
def return_settings(call: Call, forward: Forward) -> Answer:
    """Return what was kept; a group has a launch template or a mixed instances policy, not both."""
    answer = forward()
    for group in answer["AutoScalingGroups"]:
        if group.get("MixedInstancesPolicy"):
            group.pop("LaunchTemplate", None)
        group |= settings[call.scope].get(group["AutoScalingGroupName"], {})
    return answer


@around("autoscaling", "DeleteAutoScalingGroup")
def refuse_group_with_instances(call: Call, forward: Forward) -> Answer:
    """Without ForceDelete a group must be empty."""
    if group_of(call).instance_states and not call.params.get("ForceDelete"):
        message = (
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
            "request(s) still in the group."
        )
        raise AwsError("ResourceInUse", message, status=400)
    name = call.params["AutoScalingGroupName"]
    arns = list(group_of(call).target_group_arns)
    ids = {state.instance.id for state in group_of(call).instance_states}
    forward()
    settings[call.scope].pop(name, None)
    backend = call.backend()
    backend.policies = {k: v for k, v in backend.policies.items() if v.auto_scaling_group_name != name}
    for arn in arns:
        if target_group := call.backend("elbv2").target_groups.get(arn):
            for target in [t for t in target_group.targets if t.split(":")[0] in ids]:
                del target_group.targets[target]
    return None


@around("autoscaling", "PutScalingPolicy")
def refuse_detached_target_group(call: Call, forward: Forward) -> Answer:
    """ORD-3: requests per target are counted on a target group that the group and a load balancer have."""
    tracking = call.params.get("TargetTrackingConfiguration", {})
    metric = tracking.get("PredefinedMetricSpecification", {})
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget":
        label = metric.get("ResourceLabel", "")
        if not label:
            message = "Resource label should be specified for predefined metric type ALBRequestCountPerTarget"
            raise AwsError("ValidationError", message)
        balancer, _separator, target_group = label.partition("/targetgroup/")
        arns = [arn for arn in group_of(call).target_group_arns if arn.endswith(f":targetgroup/{target_group}")]
        if not arns:
            raise AwsError("ValidationError", "Target group not attached to the Auto Scaling group")
        users = call.ask("DescribeTargetGroups", {"TargetGroupArns": arns}, service="elbv2")["TargetGroups"][0]
        if not any(arn.endswith(f":loadbalancer/{balancer}") for arn in users["LoadBalancerArns"]):
            raise AwsError("ValidationError", "The load balancer does not route traffic to the target group")
    forward()
    return None


@around("autoscaling", "CreateAutoScalingGroup", "AttachLoadBalancerTargetGroups")
def refuse_unknown_target_group(call: Call, forward: Forward) -> Answer:
    """What is attached exists."""
    if set(call.params.get("TargetGroupARNs") or []) - call.backend("elbv2").target_groups.keys():
        message = "Provided Target Groups may not be valid. Please ensure they exist and try again."
        raise AwsError("ValidationError", message)
    forward()
    return None


@around("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup")
def refuse_sizes(call: Call, forward: Forward) -> Answer:
    """Least, most and desired fit each other; a desired number that is not said follows."""
    group = call.backend().autoscaling_groups.get(call.params["AutoScalingGroupName"])
    least = call.params.get("MinSize", group.min_size if group else 0)
    most = call.params.get("MaxSize", group.max_size if group else 0)
    desired = call.params.get("DesiredCapacity")
    if least > most:
        message = f"Max bound, {most}, must be greater than or equal to min bound, {least}"
        raise AwsError("ValidationError", message)
    if desired is not None and not least <= desired <= most:
        message = f"Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
        raise AwsError("ValidationError", message)
    forward()
    return None


@around("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup")
def refuse_settings(call: Call, forward: Forward) -> Answer:
    """Health checks, lifetimes, policies that there are."""
    for fault in _setting_faults(call.params):
        raise AwsError("ValidationError", fault)
    forward()
    return None


def _setting_faults(params: dict[str, Any]) -> Iterator[str]:
    if params.get("MinSize", 0) < 0 or params.get("MaxSize", 0) < 0:
        yield "The sizes of a group must not be negative"
    if unknown := set(params.get("HealthCheckType", "EC2").split(",")) - HEALTH_CHECKS:
        yield f"Invalid health check type: {min(unknown)}"
    if params.get("HealthCheckGracePeriod", 0) < 0:
        yield "Health check grace period must not be negative"
    policies = {each for each in params.get("TerminationPolicies") or [] if not each.startswith("arn:")}
    if unknown := policies - TERMINATION_POLICIES:
        yield f"Invalid termination policy: {min(unknown)}"
    lifetime = params.get("MaxInstanceLifetime", 0)
    if lifetime and not DAY <= lifetime <= 365 * DAY:
        yield f"Maximum instance lifetime must be 0 or between {DAY} and {365 * DAY} seconds"
    policy = params.get("InstanceMaintenancePolicy") or {}
    least, most = policy.get("MinHealthyPercentage", -1), policy.get("MaxHealthyPercentage", -1)
    if (least == -1) != (most == -1):
        yield "MinHealthyPercentage and MaxHealthyPercentage must be given together"
    elif least != -1 and not (100 <= most <= 200 and most - least <= 100):
        yield "MaxHealthyPercentage must be between 100 and 200, and at most 100 more than MinHealthyPercentage"


@around("autoscaling", "EnableMetricsCollection", "DisableMetricsCollection")
def refuse_metrics(call: Call, forward: Forward) -> Answer:
    """Those that a group has, a minute each."""
    if call.params.get("Granularity", GRANULARITY) != GRANULARITY:
        raise AwsError("ValidationError", f"Valid metrics granularity type is: [{GRANULARITY}].")
    if unknown := set(call.params.get("Metrics") or []) - {*GROUP_METRICS, *WARM_POOL_METRICS}:
        raise AwsError("ValidationError", f"Valid metric types are {GROUP_METRICS}; not {min(unknown)}")
    return forward()


@around("autoscaling", "PutNotificationConfiguration")
def refuse_notification(call: Call, forward: Forward) -> Answer:
    """Types that there are, and a topic that takes a first message."""
    if unknown := set(call.params["NotificationTypes"]) - NOTIFICATIONS:
        raise AwsError("ValidationError", f'"{min(unknown)}" is not a valid Notification Type.')
    if call.params["TopicARN"] not in call.backend("sns").topics:
        message = f"Unable to publish test notification message to notification target {call.params['TopicARN']}."
        raise AwsError("ValidationError", message)
    return forward()


@around("autoscaling", "PutScalingPolicy")
def refuse_policy(call: Call, forward: Forward) -> Answer:
    """Each type of policy has its configuration, and no other's."""
    params, kind = call.params, call.params.get("PolicyType", "SimpleScaling")
    if kind not in CONFIGURATIONS:
        raise AwsError("ValidationError", f"Invalid policy type: {kind}")
    own = CONFIGURATIONS[kind]
    if not params.get(own):
        raise AwsError("ValidationError", f"{own} must be specified for policy type {kind}")
    for other in {"ScalingAdjustment", "StepAdjustments", "TargetTrackingConfiguration"} - {own}:
        if other in params:
            raise AwsError("ValidationError", f"{other} cannot be specified for policy type {kind}")
    if kind in ("SimpleScaling", "StepScaling") and params.get("AdjustmentType") not in ADJUSTMENTS:
        raise AwsError("ValidationError", f"AdjustmentType must be one of {', '.join(ADJUSTMENTS)}")
    if kind == "TargetTrackingScaling" and params[own]["TargetValue"] <= 0:
        raise AwsError("ValidationError", "TargetValue must be greater than 0")
    if kind == "StepScaling" and _has_gaps(params[own]):
        raise AwsError("ValidationError", "There must not be gaps or overlaps between the intervals of StepAdjustments")
    return forward()


def _has_gaps(steps: list[dict[str, Any]]) -> bool:
    """Whether intervals, sorted, do not adjoin."""
    far = float("inf")
    intervals = sorted((s.get("MetricIntervalLowerBound", -far), s.get("MetricIntervalUpperBound", far)) for s in steps)
    return any(upper != lower for (_from, upper), (lower, _to) in pairwise(intervals))


@around("autoscaling", "SetDesiredCapacity")
def refuse_desired(call: Call, forward: Forward) -> Answer:
    """Within the group's sizes."""
    group, desired = group_of(call), call.params["DesiredCapacity"]
    for beyond, which, limit in (
        (desired > group.max_size, "above max", group.max_size),
        (desired < group.min_size, "below min", group.min_size),
    ):
        if beyond:
            message = f"New SetDesiredCapacity value {desired} is {which} value {limit} for the AutoScalingGroup."
            raise AwsError("ValidationError", message)
    forward()
    return None
