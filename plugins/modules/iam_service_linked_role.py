#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_service_linked_role
short_description: Make sure that service-linked roles exist
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates the roles by which AWS services act in the account. AWS makes most of them by itself when a service is first
    used, but only then; a key policy that names such a role is refused before (CON-5), and the first database or load
    balancer of an account may fail while its role is being made.
  - A role is one for the whole account, shared by all that is in it, so think twice before removing one. AWS refuses to
    remove a role that is in use.
attributes:
  check_mode:
    support: full
    description: Predicts the roles without making them.
  diff_mode:
    support: full
    description: Shows which roles are made or removed.
options:
  aws_service_names:
    description: The services' names, such as V(autoscaling.amazonaws.com).
    type: list
    elements: str
    required: true
  wait_timeout:
    description: How long a role may take to be usable, or to be gone, in seconds.
    type: int
    default: 120
  state:
    description: Whether the roles exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let Auto Scaling act in the account before a key policy names its role
  realtime.aws.iam_service_linked_role:
    aws_service_names: [autoscaling.amazonaws.com]

- name: Several at once
  realtime.aws.iam_service_linked_role:
    aws_service_names: [autoscaling.amazonaws.com, elasticloadbalancing.amazonaws.com, rds.amazonaws.com]

- name: Remove one that nothing uses any more
  realtime.aws.iam_service_linked_role:
    aws_service_names: [ecs.amazonaws.com]
    state: absent
"""

RETURN = r"""
roles:
  description: The roles' ARNs by service, without those that are absent; in check mode only those that exist.
  returned: success
  type: dict
  sample: {"autoscaling.amazonaws.com": "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}
changes:
  description: What changes, one entry a role.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::IAM::ServiceLinkedRole", "name": "autoscaling.amazonaws.com", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code, is_boto3_error_message
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, named, report, wait_until
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::IAM::ServiceLinkedRole"
PATH = "/aws-service-role/"


@named("list the service-linked roles")
def list_roles(client: Any) -> dict[str, dict[str, str]]:
    """Return name and ARN of the roles without a custom suffix, by service."""
    found = {}
    for page in client.get_paginator("list_roles").paginate(PathPrefix=PATH):
        for role in page["Roles"]:
            if "_" not in role["RoleName"]:
                found[role["Path"].removeprefix(PATH).strip("/")] = {"name": role["RoleName"], "arn": role["Arn"]}
    return found


@named("create the service-linked role")
def create_role(client: Any, service: str, timeout: int) -> None:
    try:
        role = client.create_service_linked_role(AWSServiceName=service)["Role"]["RoleName"]
    except is_boto3_error_message("has been taken"):
        return  # AWS made it by itself meanwhile, or an earlier attempt got through
    client.get_waiter("role_exists").wait(RoleName=role, WaiterConfig={"Delay": 2, "MaxAttempts": max(1, timeout // 2)})


@named("delete the service-linked role")
def delete_role(client: Any, name: str, timeout: int) -> None:
    try:
        task = client.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    except is_boto3_error_code("NoSuchEntity"):
        return

    def done() -> bool:
        answer = client.get_service_linked_role_deletion_status(DeletionTaskId=task)
        if answer["Status"] == "FAILED":
            raise AnsibleAWSError(message=f"{name} stays: {answer.get('Reason', {}).get('Reason', 'it is in use')}")
        return answer["Status"] == "SUCCEEDED"

    wait_until(f"the deletion of {name}", done, timeout)


def apply(client: Any, plan: Plan, timeout: int) -> None:
    if plan.action == "create":
        create_role(client, plan.name, timeout)
    elif plan.action == "delete":
        delete_role(client, plan.before["name"], timeout)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "aws_service_names": {"type": "list", "elements": "str", "required": True},
            "wait_timeout": {"type": "int", "default": 120},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    services = module.params["aws_service_names"]
    desired = {} if module.params["state"] == "present" else None
    client = module.client("iam", retry_decorator=RETRY)
    try:
        found = list_roles(client)
        plans = [Plan(KIND, service, found.get(service), desired) for service in services]
        if not module.check_mode and any(plan.changed for plan in plans):
            for plan in plans:
                apply(client, plan, module.params["wait_timeout"])
            found = list_roles(client)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(
        roles={service: found[service]["arn"] for service in services if service in found}, **report(*plans)
    )


if __name__ == "__main__":
    main()
