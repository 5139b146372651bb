#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elb_target_groups
short_description: Manage target groups of Application Load Balancers
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes several target groups at once, with their health checks and attributes.
  - It never registers or deregisters a target, which is the Auto Scaling group's business; M(community.aws.elb_target_group)
    deregisters every target on a rerun unless told otherwise.
  - AWS can't change the port, protocol, VPC or target type of a target group. That is refused; give the group another name.
attributes:
  check_mode:
    support: full
    description: Predicts the target groups without writing them; the ARN is left out until it exists.
  diff_mode:
    support: full
    description: Shows what changes.
options:
  target_groups:
    description: The target groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the target group; up to 32 letters, digits and hyphens, no hyphen at either end.
        type: str
        required: true
      vpc_id:
        description: The VPC of its targets. Required when O(state=present).
        type: str
      protocol:
        description: How targets are spoken to.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTP
      port:
        description: The port of its targets. Required when O(state=present).
        type: int
      target_type:
        description: What its targets are.
        type: str
        choices: [instance, ip]
        default: instance
      health_check_path:
        description: The path that tells whether a target is healthy.
        type: str
        default: /
      health_check_interval:
        description: Seconds between two health checks, 5 to 300.
        type: int
        default: 30
      health_check_timeout:
        description: Seconds, 2 to 120 and less than the interval, after which a health check has failed.
        type: int
        default: 5
      healthy_threshold_count:
        description: How many good health checks make a target healthy, 2 to 10.
        type: int
        default: 5
      unhealthy_threshold_count:
        description: How many failed health checks make a target unhealthy, 2 to 10.
        type: int
        default: 2
      successful_response_codes:
        description: HTTP codes of a good health check, such as V(200,202) or V(200-299).
        type: str
        default: "200"
      deregistration_delay_timeout:
        description: Seconds, 0 to 3600, that a leaving target may still finish its requests.
        type: int
        default: 300
      slow_start_duration:
        description: Seconds, 30 to 900, over which a new target gets its full share of requests; 0 for at once.
        type: int
        default: 0
      load_balancing_algorithm_type:
        description: How a target is chosen for a request.
        type: str
        choices: [round_robin, least_outstanding_requests, weighted_random]
        default: round_robin
      stickiness_enabled:
        description: Whether a client stays with its target, by a cookie of the load balancer.
        type: bool
        default: false
      stickiness_lb_cookie_duration:
        description: Seconds, 1 to 604800, that a client stays with its target.
        type: int
        default: 86400
  state:
    description: Whether the target groups exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a target group with defaults
  realtime.aws.elb_target_groups:
    target_groups:
      - name: production-web-servers
        vpc_id: vpc-0a1b2c3d
        port: 80
        health_check_path: /health

- name: Make two, one of which drains fast and starts slowly
  realtime.aws.elb_target_groups:
    target_groups:
      - name: production-web-servers
        vpc_id: vpc-0a1b2c3d
        port: 80
        health_check_path: /health
        deregistration_delay_timeout: 30
        slow_start_duration: 60
      - name: production-api-servers
        vpc_id: vpc-0a1b2c3d
        port: 8080
        health_check_path: /api/health
    tags:
      Environment: production

- name: Remove a target group
  realtime.aws.elb_target_groups:
    target_groups:
      - name: production-api-servers
    state: absent
"""

RETURN = r"""
target_groups:
  description: The target groups by name, C(none) for an absent one; in check mode as they would be.
  returned: success
  type: dict
  sample:
    production-web-servers:
      arn: arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/production-web-servers/73e2d6bc24d8a067
      vpc_id: vpc-0a1b2c3d
      protocol: HTTP
      port: 80
      target_type: instance
      health_check: {"path": "/health", "interval": 30}
      attributes: {"deregistration_delay.timeout_seconds": "300"}
      tags: {"Environment": "production"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::ElasticLoadBalancingV2::TargetGroup", "name": "production-web-servers", "action": "create"}]
"""

from collections.abc import Iterable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
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
)
from ansible_collections.realtime.aws.plugins.module_utils.elb import (
    attribute_value,
    attributes_to_dict,
    changed_attributes,
    read_tags,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::ElasticLoadBalancingV2::TargetGroup"
FIXED = ("vpc_id", "protocol", "port", "target_type")
HEALTH_CHECK = {
    "health_check_path": "HealthCheckPath",
    "health_check_interval": "HealthCheckIntervalSeconds",
    "health_check_timeout": "HealthCheckTimeoutSeconds",
    "healthy_threshold_count": "HealthyThresholdCount",
    "unhealthy_threshold_count": "UnhealthyThresholdCount",
}
ATTRIBUTES = {
    "deregistration_delay_timeout": "deregistration_delay.timeout_seconds",
    "slow_start_duration": "slow_start.duration_seconds",
    "load_balancing_algorithm_type": "load_balancing.algorithm.type",
    "stickiness_enabled": "stickiness.enabled",
    "stickiness_lb_cookie_duration": "stickiness.lb_cookie.duration_seconds",
}
RELEASE_TIMEOUT = 60  # seconds until AWS has noticed that the last listener is gone


def normalize(group: dict[str, Any], attributes: dict[str, str], tags: dict[str, str]) -> dict[str, Any]:
    """Return the target group as this module compares it."""
    return {
        "arn": group["TargetGroupArn"],
        "vpc_id": group["VpcId"],
        "protocol": group["Protocol"],
        "port": group["Port"],
        "target_type": group["TargetType"],
        "health_check": {
            **{option: group.get(key) for option, key in HEALTH_CHECK.items()},
            "successful_response_codes": group.get("Matcher", {}).get("HttpCode"),
        },
        "attributes": attributes,
        "tags": tags,
    }


def desired_state(
    wanted: dict[str, Any], before: dict[str, Any] | None, tags: dict | None, purge: bool
) -> dict[str, Any]:
    """Return what the target group should be."""
    current = before or {"attributes": {}, "tags": {}}
    attributes = {key: attribute_value(wanted[option]) for option, key in ATTRIBUTES.items()}
    return {
        **{option: wanted[option] for option in FIXED},
        "health_check": {option: wanted[option] for option in (*HEALTH_CHECK, "successful_response_codes")},
        "attributes": {**current["attributes"], **attributes},
        "tags": desired_tags(current["tags"], tags, purge),
    }


def health_check_params(health_check: dict[str, Any]) -> dict[str, Any]:
    """Return the health check in AWS's form."""
    return {
        **{key: health_check[option] for option, key in HEALTH_CHECK.items()},
        "Matcher": {"HttpCode": health_check["successful_response_codes"]},
    }


@missing_is_none("find the target group", "TargetGroupNotFound")
def find(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_target_groups(Names=[name])["TargetGroups"])


@named("read the target group's attributes")
def read_attributes(client: Any, arn: str) -> dict[str, str]:
    return attributes_to_dict(client.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"])


def read(client: Any, names: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """Return the target groups by name; None for one that does not exist."""
    found = {name: find(client, name) for name in names}
    arns = {name: group["TargetGroupArn"] for name, group in found.items() if group}
    tags = read_tags(client, list(arns.values()))
    return dict.fromkeys(found) | {
        name: normalize(found[name], read_attributes(client, arn), tags.get(arn, {})) for name, arn in arns.items()
    }


@written_once("create the target group", "DuplicateTargetGroupName")
def create(client: Any, name: str, desired: dict[str, Any]) -> str:
    response = client.create_target_group(
        Name=name,
        VpcId=desired["vpc_id"],
        Protocol=desired["protocol"],
        Port=desired["port"],
        TargetType=desired["target_type"],
        **health_check_params(desired["health_check"]),
        **({"Tags": ansible_dict_to_boto3_tag_list(desired["tags"])} if desired["tags"] else {}),
    )
    return response["TargetGroups"][0]["TargetGroupArn"]


@named("update the target group")
def update(client: Any, arn: str, health_check: dict[str, Any]) -> None:
    client.modify_target_group(TargetGroupArn=arn, **health_check_params(health_check))


@named("write the target group's attributes")
def write_attributes(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    attributes = changed_attributes(current, wanted)
    if attributes:
        client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)


@missing_is_none("delete the target group", "TargetGroupNotFound")
def delete(client: Any, arn: str) -> None:
    retry_on(["ResourceInUse"], lambda: client.delete_target_group(TargetGroupArn=arn), RELEASE_TIMEOUT)  # TDN-4


def apply(client: Any, plan: Plan) -> None:
    before, desired = plan.before, plan.desired
    if plan.action == "delete":
        delete(client, before["arn"])
    elif plan.action == "create":
        arn = create(client, plan.name, desired) or find(client, plan.name)["TargetGroupArn"]
        plan.after["arn"] = arn
        write_attributes(client, arn, read_attributes(client, arn), desired["attributes"])
    elif plan.changed:
        if "health_check" in plan.changes:
            update(client, before["arn"], desired["health_check"])
        write_attributes(client, before["arn"], before["attributes"], desired["attributes"])
        write_tags(client, before["arn"], before["tags"], desired["tags"])


def check_possible(module: AnsibleAWSModule, plan: Plan) -> None:
    """Refuse what AWS can't change."""
    stuck = [option for option in FIXED if plan.action == "update" and option in plan.changes]
    if stuck:
        was = ", ".join(f"{option} {plan.before[option]}" for option in stuck)
        wanted = ", ".join(f"{option} {plan.desired[option]}" for option in stuck)
        module.fail_json(
            msg=f"Target group {plan.name} has {was}, and AWS can't change that to {wanted}. "
            "The name is taken, so give the group another one: the new group is made, and the old one can be removed."
        )


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "target_groups": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "vpc_id": {"type": "str"},
                    "protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTP"},
                    "port": {"type": "int"},
                    "target_type": {"type": "str", "choices": ["instance", "ip"], "default": "instance"},
                    "health_check_path": {"type": "str", "default": "/"},
                    "health_check_interval": {"type": "int", "default": 30},
                    "health_check_timeout": {"type": "int", "default": 5},
                    "healthy_threshold_count": {"type": "int", "default": 5},
                    "unhealthy_threshold_count": {"type": "int", "default": 2},
                    "successful_response_codes": {"type": "str", "default": "200"},
                    "deregistration_delay_timeout": {"type": "int", "default": 300},
                    "slow_start_duration": {"type": "int", "default": 0},
                    "load_balancing_algorithm_type": {
                        "type": "str",
                        "choices": ["round_robin", "least_outstanding_requests", "weighted_random"],
                        "default": "round_robin",
                    },
                    "stickiness_enabled": {"type": "bool", "default": False},
                    "stickiness_lb_cookie_duration": {"type": "int", "default": 86400},
                },
            },
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    present = params["state"] == "present"
    for group in params["target_groups"]:
        if present and (group["vpc_id"] is None or group["port"] is None):
            module.fail_json(msg=f"Target group {group['name']} needs vpc_id and port when state is present.")
    client = module.client("elbv2", retry_decorator=RETRY)
    try:
        plans = []
        found = read(client, [group["name"] for group in params["target_groups"]])
        for group in params["target_groups"]:
            before = found[group["name"]]
            desired = desired_state(group, before, params["tags"], params["purge_tags"]) if present else None
            plans.append(Plan(KIND, group["name"], before, desired))
            check_possible(module, plans[-1])
        if not module.check_mode:
            for plan in plans:
                apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(target_groups={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
