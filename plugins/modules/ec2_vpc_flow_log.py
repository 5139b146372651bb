#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_flow_log
short_description: Manage a VPC's flow log
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, tags and deletes the flow log that a VPC writes to a CloudWatch log group.
  - AWS can change nothing of a flow log but its tags; when another setting differs, the log is replaced, and what was written stays in the log group.
attributes:
  check_mode:
    support: full
    description: Predicts the flow log without making it; the VPC and the role may be stand-ins.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  name:
    description: The tag C(Name).
    type: str
    required: true
  log_group_name:
    description: Name of the log group, by which the VPC's flow log is known.
    type: str
    required: true
  deliver_logs_permission_arn:
    description: ARN of the role that writes the records. Required when O(state=present).
    type: str
  traffic_type:
    description: Which traffic is recorded.
    type: str
    choices: [ALL, ACCEPT, REJECT]
    default: ALL
  max_aggregation_interval:
    description: For how long packets of a flow are counted together, in seconds.
    type: int
    choices: [60, 600]
    default: 600
  tags:
    description: Tags of the flow log.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  wait_timeout:
    description: How long a new role may take until the flow log is let to assume it, in seconds.
    type: int
    default: 120
  state:
    description: Whether the flow log exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Record all traffic
  realtime.aws.ec2_vpc_flow_log:
    vpc_id: vpc-0a1b2c3d4e5f60718
    name: production-vpc
    log_group_name: /production/vpc/flow-logs
    deliver_logs_permission_arn: arn:aws:iam::123456789012:role/production-flow-logs-role

- name: Record refused traffic, minute by minute
  realtime.aws.ec2_vpc_flow_log:
    vpc_id: vpc-0a1b2c3d4e5f60718
    name: production-vpc-rejects
    log_group_name: /production/vpc/rejects
    deliver_logs_permission_arn: arn:aws:iam::123456789012:role/production-flow-logs-role
    traffic_type: REJECT
    max_aggregation_interval: 60

- name: Stop recording
  realtime.aws.ec2_vpc_flow_log:
    vpc_id: vpc-0a1b2c3d4e5f60718
    name: production-vpc
    log_group_name: /production/vpc/flow-logs
    state: absent
"""

RETURN = r"""
flow_log:
  description: The flow log, C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"id": "fl-0a1b2c3d4e5f60718", "traffic_type": "ALL", "max_aggregation_interval": 600, "tags": {}}
changes:
  description: What changes.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::FlowLog", "name": "production-vpc", "action": "create"}]
"""

import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import tagged, tags_of, write_tags
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

KIND = "AWS::EC2::FlowLog"
GONE = "InvalidFlowLogId.NotFound"
SETTINGS = ("deliver_logs_permission_arn", "traffic_type", "max_aggregation_interval")
DISRUPTS = dict.fromkeys(SETTINGS, "it is made anew, and traffic meanwhile is not recorded")
UNSETTLED = ("assume", "not authorized", "access denied", "permission")  # of a role that was made a moment ago


def normalize_flow_log(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found["FlowLogId"],
        "deliver_logs_permission_arn": found.get("DeliverLogsPermissionArn"),
        "traffic_type": found["TrafficType"],
        "max_aggregation_interval": int(found.get("MaxAggregationInterval", 600)),
        "tags": tags_of(found),
    }


@named("read the flow log")
def get_flow_log(client: Any, vpc_id: str, log_group_name: str) -> dict[str, Any] | None:
    if is_pending(vpc_id):
        return None
    filters = [{"Name": "resource-id", "Values": [vpc_id]}]
    pages = client.get_paginator("describe_flow_logs").paginate(Filters=filters)
    found = [each for page in pages for each in page["FlowLogs"] if each.get("LogGroupName") == log_group_name]
    return normalize_flow_log(found[0]) if found else None


@named("create the flow log")
def create_flow_log(client: Any, params: dict[str, Any], tags: dict[str, str]) -> str:
    def create() -> str | None:
        answer = client.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[params["vpc_id"]],
            LogDestinationType="cloud-watch-logs",
            LogGroupName=params["log_group_name"],
            DeliverLogsPermissionArn=params["deliver_logs_permission_arn"],
            TrafficType=params["traffic_type"],
            MaxAggregationInterval=params["max_aggregation_interval"],
            ClientToken=str(uuid.uuid4()),  # of this call and its retries
            **tagged("vpc-flow-log", tags),
        )
        for failure in answer.get("Unsuccessful") or []:
            message = failure["Error"]["Message"]
            if not any(word in message.lower() for word in UNSETTLED):
                raise AnsibleAWSError(message=f"Failed to create the flow log: {message}")
        return next(iter(answer.get("FlowLogIds") or []), None)

    return wait_until("AWS to accept the flow log's role", create, params["wait_timeout"])


@missing_is_none("delete the flow log", GONE)
def delete_flow_log(client: Any, flow_log_id: str) -> None:
    for failure in client.delete_flow_logs(FlowLogIds=[flow_log_id]).get("Unsuccessful") or []:
        if failure["Error"]["Code"] != GONE:
            raise AnsibleAWSError(message=f"{flow_log_id} stays: {failure['Error']['Message']}")


def apply(client: Any, plan: Plan, params: dict[str, Any]) -> str | None:
    """Do what the plan says; return the flow log's id."""
    if plan.action in ("delete", "replace"):
        delete_flow_log(client, plan.before["id"])
    if plan.action in ("create", "replace"):
        return create_flow_log(client, params, plan.desired["tags"])
    if plan.action == "update":
        write_tags(client, plan.before["id"], plan.before["tags"], plan.desired["tags"])
    return plan.before["id"] if plan.before and plan.desired else None


def make_plan(client: Any, params: dict[str, Any]) -> Plan:
    before = get_flow_log(client, params["vpc_id"], params["log_group_name"])
    if params["state"] == "absent":
        return Plan(KIND, params["name"], before, None)
    tags = {**params["tags"], "Name": params["name"]}
    desired = {key: params[key] for key in SETTINGS}
    desired["tags"] = desired_tags((before or {}).get("tags"), tags, params["purge_tags"])
    return Plan(KIND, params["name"], before, desired, replaced_by=SETTINGS, disrupts=DISRUPTS)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "log_group_name": {"type": "str", "required": True},
            "deliver_logs_permission_arn": {"type": "str"},
            "traffic_type": {"type": "str", "choices": ["ALL", "ACCEPT", "REJECT"], "default": "ALL"},
            "max_aggregation_interval": {"type": "int", "choices": [60, 600], "default": 600},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 120},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["deliver_logs_permission_arn"])],
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        plan = make_plan(client, module.params)
        flow_log = plan.after
        if not module.check_mode:
            flow_log_id = apply(client, plan, module.params)
            flow_log = {**plan.after, "id": flow_log_id} if plan.after else None
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(flow_log=flow_log, **report(plan))


if __name__ == "__main__":
    main()
