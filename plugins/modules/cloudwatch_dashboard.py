#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_dashboard
short_description: Manage a CloudWatch dashboard
version_added: 1.0.0
author: realtime.aws contributors
description:
  - Creates, updates and deletes a CloudWatch dashboard.
  - Bodies are compared as JSON values, so order of keys and white space are no change.
attributes:
  check_mode:
    support: full
    description: Predicts the dashboard without writing it.
  diff_mode:
    support: full
    description: Shows the body before and after.
options:
  name:
    description: Name of the dashboard; 1 to 255 letters, digits, hyphens and underscores.
    type: str
    required: true
  body:
    description:
      - What the dashboard shows, as in
        U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
      - Required when O(state=present).
    type: dict
  state:
    description: Whether the dashboard exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show the requests of a load balancer
  realtime.aws.cloudwatch_dashboard:
    name: production
    body:
      widgets:
        - type: metric
          properties:
            title: Requests
            region: us-east-1
            stat: Sum
            period: 300
            metrics:
              - [AWS/ApplicationELB, RequestCount, LoadBalancer, app/production-alb/50dc6c495c0c9188]

- name: Take the body from a file
  realtime.aws.cloudwatch_dashboard:
    name: production
    body: "{{ lookup('ansible.builtin.file', 'dashboard.json') | from_json }}"

- name: Remove the dashboard
  realtime.aws.cloudwatch_dashboard:
    name: production
    state: absent
"""

RETURN = r"""
dashboard:
  description: The dashboard, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  contains:
    body:
      description: What it shows.
      type: dict
      sample: {"widgets": []}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CloudWatch::Dashboard", "name": "production", "action": "create"}]
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, missing_is_none, named, report

KIND = "AWS::CloudWatch::Dashboard"


@missing_is_none("read the dashboard", "ResourceNotFound", "DashboardNotFoundError")
def get_dashboard(client: Any, name: str) -> dict[str, Any]:
    return {"body": json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])}


@named("write the dashboard")
def put_dashboard(client: Any, name: str, body: dict[str, Any]) -> None:
    client.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))


@missing_is_none("delete the dashboard", "ResourceNotFound", "DashboardNotFoundError")
def delete_dashboard(client: Any, name: str) -> None:
    client.delete_dashboards(DashboardNames=[name])


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_dashboard(client, plan.name)
    elif plan.changed:
        put_dashboard(client, plan.name, plan.desired["body"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "body": {"type": "dict"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["body"])],
        supports_check_mode=True,
    )
    name, body = module.params["name"], module.params["body"]
    desired = {"body": body} if module.params["state"] == "present" else None
    client = module.client("cloudwatch", retry_decorator=RETRY)
    try:
        plan = Plan(KIND, name, get_dashboard(client, name), desired)
        if not module.check_mode:
            apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(dashboard=plan.after, **report(plan))


if __name__ == "__main__":
    main()
