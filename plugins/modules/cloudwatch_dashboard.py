#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_dashboard
short_description: Manage a CloudWatch dashboard
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
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
  tags:
    description: Tags of the dashboard; left alone when omitted..
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
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
    tags: {Environment: production}

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
    tags:
      description: Its tags.
      type: dict
      sample: {"Environment": "production"}
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
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::CloudWatch::Dashboard"
ABSENT = ("ResourceNotFound", "DashboardNotFoundError")


@missing_is_none("read the dashboard", *ABSENT)
def get_dashboard(client: Any, name: str) -> dict[str, Any]:
    found = client.get_dashboard(DashboardName=name)
    tags = client.list_tags_for_resource(ResourceARN=found["DashboardArn"])["Tags"]
    return {
        "arn": found["DashboardArn"],
        "body": json.loads(found["DashboardBody"]),
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


@named("write the dashboard")
def put_dashboard(client: Any, name: str, body: dict[str, Any], tags: dict[str, str]) -> None:
    extra = {"Tags": ansible_dict_to_boto3_tag_list(tags)} if tags else {}
    client.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body), **extra)


@named("write the dashboard's tags")
def write_tags(client: Any, arn: str, before: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(before, wanted)
    if to_set:
        client.tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceARN=arn, TagKeys=to_remove)


@missing_is_none("delete the dashboard", *ABSENT)
def delete_dashboard(client: Any, name: str) -> None:
    client.delete_dashboards(DashboardNames=[name])


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_dashboard(client, plan.name)
    elif plan.action == "create":
        put_dashboard(client, plan.name, plan.desired["body"], plan.desired.get("tags", {}))
    else:
        if "body" in plan.changes:
            put_dashboard(client, plan.name, plan.desired["body"], {})  # tags are ignored on one that exists
        if "tags" in plan.changes:
            write_tags(client, plan.before["arn"], plan.before["tags"], plan.desired["tags"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "body": {"type": "dict"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["body"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("cloudwatch", retry_decorator=RETRY)
    try:
        before, desired = get_dashboard(client, params["name"]), None
        if params["state"] == "present":
            desired = {"body": params["body"]}
            if params["tags"] is not None:
                desired["tags"] = desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"])
        plan = Plan(KIND, params["name"], before, desired)
        if not module.check_mode:
            apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(dashboard=plan.after, **report(plan))


if __name__ == "__main__":
    main()
