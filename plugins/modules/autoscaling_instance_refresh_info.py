#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: autoscaling_instance_refresh_info
short_description: Read the instance refreshes of an Auto Scaling group
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Returns the refreshes of the last six weeks, the newest first, and how the group's instances are.
  - Options have the names of M(amazon.aws.autoscaling_instance_refresh_info) where they exist. All pages are read.
attributes:
  check_mode:
    support: full
    description: Reads only.
  diff_mode:
    support: N/A
    description: Changes nothing.
options:
  name:
    description: Name of the Auto Scaling group.
    type: str
    required: true
  ids:
    description: Ids of the refreshes to return; all when empty.
    type: list
    elements: str
    default: []
seealso:
  - module: realtime.aws.autoscaling_instance_refresh
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read the refreshes
  realtime.aws.autoscaling_instance_refresh_info:
    name: production-asg
  register: refreshes

- name: Read one
  realtime.aws.autoscaling_instance_refresh_info:
    name: production-asg
    ids: [08b91cf7-8fa6-48af-b6a6-d227f40f1b9b]

- name: Say how the newest one stands
  ansible.builtin.debug:
    msg: "{{ (refreshes.instance_refreshes | first).status }}"
  when: refreshes.instance_refreshes | length > 0
"""

RETURN = r"""
instance_refreshes:
  description: >-
    The refreshes, the newest first, each as RV(realtime.aws.autoscaling_instance_refresh#module:instance_refresh).
    Empty when there are none, or no such group.
  returned: success
  type: list
  elements: dict
  sample: [{"id": "08b91cf7-8fa6-48af-b6a6-d227f40f1b9b", "status": "InProgress", "percentage_complete": 25}]
auto_scaling_group:
  description: How the group is; C(none) when there is no such group.
  returned: success
  type: dict
  contains:
    desired_capacity:
      description: How many instances it is to have.
      type: int
      sample: 4
    instances:
      description: The instances that are not on their way out.
      type: list
      elements: dict
      sample:
        - instance_id: i-0a1b2c3d4e5f60718
          lifecycle_state: InService
          health_status: Healthy
          launch_template_id: lt-0a1b2c3d4e5f60718
          launch_template_version: "8"
          instance_type: t3.medium
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY
from ansible_collections.realtime.aws.plugins.module_utils.instance_refresh import (
    find_group,
    instances_of,
    list_refreshes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


def normalize_group(group: dict[str, Any]) -> dict[str, Any]:
    """Return how the group is, as far as a refresh goes."""
    return {
        "desired_capacity": group["DesiredCapacity"],
        "instances": [
            {
                "instance_id": instance["InstanceId"],
                "instance_type": instance.get("InstanceType"),
                "lifecycle_state": instance["LifecycleState"],
                "health_status": instance["HealthStatus"],
                "launch_template_id": instance.get("LaunchTemplate", {}).get("LaunchTemplateId"),
                "launch_template_version": instance.get("LaunchTemplate", {}).get("Version"),
            }
            for instance in instances_of(group)
        ],
    }


def argument_spec() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "ids": {"type": "list", "elements": "str", "default": []},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    name = module.params["name"]
    client = module.client("autoscaling", retry_decorator=RETRY)
    try:
        group = find_group(client, name)
        refreshes = list_refreshes(client, name, module.params["ids"]) if group else []
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        changed=False,
        instance_refreshes=refreshes,
        auto_scaling_group=normalize_group(group) if group else None,
    )


if __name__ == "__main__":
    main()
