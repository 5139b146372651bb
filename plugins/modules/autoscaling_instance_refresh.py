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
  - The group is not changed first. AWS launches from O(desired_configuration), and sets the group to it when the refresh
    has succeeded; until then a rollback finds the old configuration where it was.
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
      - V(ReplaceRootVolume) keeps the instances and replaces their root volumes.
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
            description: Number of its version. C($Latest) and C($Default) are refused, since they cannot be rolled back to.
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
                description: The most to pay for a unit of Spot an hour, in US dollars; the On-Demand price when omitted.
                type: str
  preferences:
    description: How instances are replaced. What is omitted is AWS's default. Only with O(state=present).
    type: dict
    default: {}
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
    description: Whether to wait until the refresh has ended. A refresh that is being cancelled is waited for in any case.
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
  description: How many instances were not as desired when the task began, without those that the preferences ignore.
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

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


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
    override = {"instance_type": {"type": "str", "required": True}, "weighted_capacity": {"type": "int"}}
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
        "preferences": {"type": "dict", "default": {}, "options": preferences_spec()},
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
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
