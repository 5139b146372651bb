#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_policies
short_description: Manage the scaling policies of an Auto Scaling group
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes several scaling policies of one group at once. A policy is known by its group and name,
    so a policy of the same name in another group stays as it is.
  - The alarms of target tracking are made and removed by AWS.
attributes:
  check_mode:
    support: full
    description: Predicts the policies without writing them, also for a group that does not exist yet.
  diff_mode:
    support: full
    description: Shows what changes.
options:
  asg_name:
    description: Name of the Auto Scaling group.
    type: str
    required: true
  policies:
    description: The policies.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy.
        type: str
        required: true
      policy_type:
        description: Whether it keeps a metric at a value, or takes steps when an alarm tells it to.
        type: str
        choices: [TargetTrackingScaling, StepScaling]
        default: TargetTrackingScaling
      estimated_instance_warmup:
        description: Seconds until a new instance counts; the group's default warmup when omitted.
        type: int
      target_tracking_config:
        description: The metric and its value. Needed for V(TargetTrackingScaling).
        type: dict
        suboptions:
          target_value:
            description: The value to keep, more than 0.
            type: float
            required: true
          disable_scale_in:
            description: Whether it only adds instances.
            type: bool
            default: false
          predefined_metric_spec:
            description: A metric that AWS knows.
            type: dict
            suboptions:
              predefined_metric_type:
                description: The metric.
                type: str
                choices: [ASGAverageCPUUtilization, ASGAverageNetworkIn, ASGAverageNetworkOut, ALBRequestCountPerTarget]
                required: true
              resource_label:
                description: >-
                  For V(ALBRequestCountPerTarget), which load balancer and target group, as
                  V(app/<name>/<id>/targetgroup/<name>/<id>). The group must already be attached to a listener.
                type: str
          customized_metric_spec:
            description: A metric of CloudWatch that falls when instances are added.
            type: dict
            suboptions:
              metric_name:
                description: Name of the metric.
                type: str
                required: true
              namespace:
                description: Namespace of the metric.
                type: str
                required: true
              dimensions:
                description: Dimensions of the metric, by name.
                type: dict
                default: {}
              statistic:
                description: The statistic.
                type: str
                choices: [Average, Minimum, Maximum, SampleCount, Sum]
                required: true
              unit:
                description: Unit of the metric.
                type: str
      adjustment_type:
        description: What a step's adjustment means. Needed for V(StepScaling).
        type: str
        choices: [ChangeInCapacity, ExactCapacity, PercentChangeInCapacity]
      metric_aggregation:
        description: How the alarm's metric is aggregated, for V(StepScaling).
        type: str
        choices: [Average, Minimum, Maximum]
        default: Average
      min_adjustment_magnitude:
        description: The fewest instances that a step in percent adds or removes.
        type: int
      step_adjustments:
        description: The steps. Needed for V(StepScaling).
        type: list
        elements: dict
        suboptions:
          lower_bound:
            description: From where the step counts, relative to the alarm's threshold; V(0) is a bound, omitted is none.
            type: float
          upper_bound:
            description: Up to where the step counts, relative to the alarm's threshold.
            type: float
          scaling_adjustment:
            description: By how much.
            type: int
            required: true
  purge_policies:
    description: Whether policies of the group that are not in O(policies) are removed.
    type: bool
    default: false
  state:
    description: Whether O(policies) exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep the processors at 70 percent, and no other policy
  realtime.aws.autoscaling_policies:
    asg_name: production-asg
    purge_policies: true
    policies:
      - name: cpu-target-tracking
        target_tracking_config:
          target_value: 70
          predefined_metric_spec: {predefined_metric_type: ASGAverageCPUUtilization}

- name: Keep a thousand requests a server, and take steps when an alarm says so
  realtime.aws.autoscaling_policies:
    asg_name: production-asg
    policies:
      - name: request-count-tracking
        target_tracking_config:
          target_value: 1000
          predefined_metric_spec:
            predefined_metric_type: ALBRequestCountPerTarget
            resource_label: app/production-alb/50dc6c495c0c9188/targetgroup/production-web-servers/73e2d6bc24d8a067
      - name: queue-steps
        policy_type: StepScaling
        adjustment_type: ChangeInCapacity
        step_adjustments:
          - {lower_bound: 0, upper_bound: 100, scaling_adjustment: 1}
          - {lower_bound: 100, scaling_adjustment: 3}

- name: Remove a policy
  realtime.aws.autoscaling_policies:
    asg_name: production-asg
    policies: [{name: queue-steps}]
    state: absent
"""

RETURN = r"""
policies:
  description: The policies by name, C(none) for an absent one; in check mode as they would be.
  returned: success
  type: dict
  sample:
    cpu-target-tracking:
      PolicyType: TargetTrackingScaling
      TargetTrackingConfiguration:
        TargetValue: 70.0
        DisableScaleIn: false
        PredefinedMetricSpecification: {"PredefinedMetricType": "ASGAverageCPUUtilization"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::AutoScaling::ScalingPolicy", "name": "production-asg/cpu-target-tracking", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, missing_is_none, named, report
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::AutoScaling::ScalingPolicy"
SETTINGS = (
    "PolicyType",
    "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration",
    "AdjustmentType",
    "MetricAggregationType",
    "MinAdjustmentMagnitude",
    "StepAdjustments",
)


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Return what is given: 0 and false are values (IDM-5)."""
    return {key: value for key, value in values.items() if value is not None and value != []}


def build_params(policy: dict[str, Any]) -> dict[str, Any]:
    """Return a policy in AWS's form."""
    found: dict[str, Any] = {
        "PolicyType": policy["policy_type"],
        "EstimatedInstanceWarmup": policy["estimated_instance_warmup"],
    }
    if policy["policy_type"] == "TargetTrackingScaling":
        return given({**found, "TargetTrackingConfiguration": tracking_params(policy["target_tracking_config"])})
    steps = [
        given(
            {
                "MetricIntervalLowerBound": step["lower_bound"],
                "MetricIntervalUpperBound": step["upper_bound"],
                "ScalingAdjustment": step["scaling_adjustment"],
            }
        )
        for step in policy["step_adjustments"]
    ]
    return given(
        {
            **found,
            "AdjustmentType": policy["adjustment_type"],
            "MetricAggregationType": policy["metric_aggregation"],
            "MinAdjustmentMagnitude": policy["min_adjustment_magnitude"],
            "StepAdjustments": steps,
        }
    )


def tracking_params(config: dict[str, Any]) -> dict[str, Any]:
    """Return a target tracking configuration in AWS's form."""
    found: dict[str, Any] = {"TargetValue": config["target_value"], "DisableScaleIn": config["disable_scale_in"]}
    if predefined := config["predefined_metric_spec"]:
        found["PredefinedMetricSpecification"] = given(
            {
                "PredefinedMetricType": predefined["predefined_metric_type"],
                "ResourceLabel": predefined["resource_label"],
            }
        )
    if custom := config["customized_metric_spec"]:
        dimensions = [{"Name": name, "Value": str(value)} for name, value in sorted(custom["dimensions"].items())]
        found["CustomizedMetricSpecification"] = given(
            {
                "MetricName": custom["metric_name"],
                "Namespace": custom["namespace"],
                "Dimensions": dimensions,
                "Statistic": custom["statistic"],
                "Unit": custom["unit"],
            }
        )
    return found


def normalize(policy: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of AWS in the form of build_params: defaults filled in, no order where there is none."""
    found = given({key: policy.get(key) for key in SETTINGS})
    if tracking := found.get("TargetTrackingConfiguration"):
        found["TargetTrackingConfiguration"] = tracking = {"DisableScaleIn": False, **given(tracking)}
        if custom := tracking.get("CustomizedMetricSpecification"):
            dimensions = sorted(custom.get("Dimensions", []), key=lambda each: each["Name"])
            tracking["CustomizedMetricSpecification"] = given({**custom, "Dimensions": dimensions})
    if found["PolicyType"] == "StepScaling":
        found.setdefault("MetricAggregationType", "Average")
    return found


def incomplete(policy: dict[str, Any]) -> str | None:
    """Say what a policy lacks."""
    if policy["policy_type"] == "StepScaling":
        lacking = not policy["adjustment_type"] or not policy["step_adjustments"]
        return "adjustment_type and step_adjustments" if lacking else None
    config = policy["target_tracking_config"]
    if not config:
        return "target_tracking_config"
    one = bool(config["predefined_metric_spec"]) != bool(config["customized_metric_spec"])
    return None if one else "either predefined_metric_spec or customized_metric_spec"


@missing_is_none("read the scaling policies", "ValidationError")
def read(client: Any, group: str) -> dict[str, dict[str, Any]]:
    """Return the policies of the group by name; AWS answers ValidationError when there is no such group."""
    policies = pages(client, "describe_policies", "ScalingPolicies", AutoScalingGroupName=group)
    return {policy["PolicyName"]: normalize(policy) for policy in policies}


@named("write a scaling policy")
def put(client: Any, group: str, name: str, policy: dict[str, Any]) -> None:
    client.put_scaling_policy(AutoScalingGroupName=group, PolicyName=name, **policy)


@missing_is_none("delete a scaling policy", "ValidationError")
def delete(client: Any, group: str, name: str) -> None:
    client.delete_policy(AutoScalingGroupName=group, PolicyName=name)


def plan_policies(params: dict[str, Any], before: dict[str, dict[str, Any]]) -> dict[str, Plan]:
    """Return a plan for each policy that is wanted, or there and unwanted, by name."""
    listed = {policy["name"]: policy for policy in params["policies"]}
    present = params["state"] == "present"
    plans = {}
    for name in sorted({*listed, *(before if params["purge_policies"] else ())}):
        current = before.get(name)
        desired = None
        if present and name in listed:
            desired = {**dict.fromkeys(current or {}), **build_params(listed[name])}
        plans[name] = Plan(KIND, f"{params['asg_name']}/{name}", current, desired)
    return plans


def apply(client: Any, group: str, name: str, plan: Plan) -> None:
    if plan.action == "delete":
        delete(client, group, name)
    elif plan.changed:
        put(client, group, name, given(plan.desired))


def main():
    predefined = ["ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget"]
    tracking = {
        "target_value": {"type": "float", "required": True},
        "disable_scale_in": {"type": "bool", "default": False},
        "predefined_metric_spec": {
            "type": "dict",
            "options": {
                "predefined_metric_type": {"type": "str", "choices": predefined, "required": True},
                "resource_label": {"type": "str"},
            },
        },
        "customized_metric_spec": {
            "type": "dict",
            "options": {
                "metric_name": {"type": "str", "required": True},
                "namespace": {"type": "str", "required": True},
                "dimensions": {"type": "dict", "default": {}},
                "statistic": {
                    "type": "str",
                    "choices": ["Average", "Minimum", "Maximum", "SampleCount", "Sum"],
                    "required": True,
                },
                "unit": {"type": "str"},
            },
        },
    }
    policy = {
        "name": {"type": "str", "required": True},
        "policy_type": {
            "type": "str",
            "choices": ["TargetTrackingScaling", "StepScaling"],
            "default": "TargetTrackingScaling",
        },
        "estimated_instance_warmup": {"type": "int"},
        "target_tracking_config": {"type": "dict", "options": tracking},
        "adjustment_type": {
            "type": "str",
            "choices": ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"],
        },
        "metric_aggregation": {"type": "str", "choices": ["Average", "Minimum", "Maximum"], "default": "Average"},
        "min_adjustment_magnitude": {"type": "int"},
        "step_adjustments": {
            "type": "list",
            "elements": "dict",
            "options": {
                "lower_bound": {"type": "float"},
                "upper_bound": {"type": "float"},
                "scaling_adjustment": {"type": "int", "required": True},
            },
        },
    }
    module = AnsibleAWSModule(
        argument_spec={
            "asg_name": {"type": "str", "required": True},
            "policies": {"type": "list", "elements": "dict", "default": [], "options": policy},
            "purge_policies": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    for each in params["policies"] if params["state"] == "present" else []:
        if lacking := incomplete(each):
            module.fail_json(msg=f"Policy {each['name']} needs {lacking}.")
    client = module.client("autoscaling", retry_decorator=RETRY)
    try:
        plans = plan_policies(params, read(client, params["asg_name"]) or {})
        if not module.check_mode:
            for name, plan in plans.items():
                apply(client, params["asg_name"], name, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(policies={name: plan.after for name, plan in plans.items()}, **report(*plans.values()))


if __name__ == "__main__":
    main()
