#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elb_target_health_info
short_description: Read the health of target groups, or wait for it
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Returns the targets of target groups and how their load balancer finds them.
  - With O(wait) it fails when targets are not healthy in time, and says which, and the load balancer's reason. Targets on their way out
    (draining) do not count.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  target_group_arns:
    description: ARNs of the target groups.
    type: list
    elements: str
    required: true
  wait:
    description: Whether to wait until every target group has healthy targets and no others.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read the health of a target group
  realtime.aws.elb_target_health_info:
    target_group_arns: ["{{ web_arn }}"]
  register: health

- name: Wait until all servers answer
  realtime.aws.elb_target_health_info:
    target_group_arns: ["{{ web_arn }}", "{{ api_arn }}"]
    wait: true

- name: Say who does not answer
  ansible.builtin.debug:
    msg: "{{ health.targets | rejectattr('state', 'equalto', 'healthy') | map(attribute='id') }}"
"""

RETURN = r"""
targets:
  description: The targets of all target groups, without those on their way out.
  returned: success
  type: list
  elements: dict
  sample:
    - target_group: production-web-servers
      id: i-0a1b2c3d4e5f60718
      port: 80
      state: unhealthy
      reason: "Target.ResponseCodeMismatch: Health checks failed with these codes: [502]"
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, named, wait_until
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

LEAVING = ("draining", "unused")


def group_name(arn: str) -> str:
    """Return the name that is in arn:…:targetgroup/<name>/<id>."""
    return arn.split("/")[-2]


def normalize(arn: str, description: dict[str, Any]) -> dict[str, Any]:
    health = description["TargetHealth"]
    return {
        "target_group": group_name(arn),
        "id": description["Target"]["Id"],
        "port": description["Target"].get("Port"),
        "state": health["State"],
        "reason": ": ".join(filter(None, [health.get("Reason"), health.get("Description")])),
    }


def fault_of(arns: list[str], targets: list[dict[str, Any]]) -> str:
    """Return what is not well, or an empty text."""
    empty = [name for name in map(group_name, arns) if not any(each["target_group"] == name for each in targets)]
    faults = [f"{name} has no target" for name in empty]
    for target in targets:
        if target["state"] != "healthy":
            reason = f" ({target['reason']})" if target["reason"] else ""
            faults.append(f"{target['id']}:{target['port']} in {target['target_group']} is {target['state']}{reason}")
    return "; ".join(faults)


@named("read the targets' health")
def read_targets(client: Any, arn: str) -> list[dict[str, Any]]:
    descriptions = client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    targets = [normalize(arn, description) for description in descriptions]
    return [target for target in targets if target["state"] not in LEAVING]


def read_all(client: Any, arns: list[str]) -> list[dict[str, Any]]:
    return [target for arn in arns for target in read_targets(client, arn)]


def wait_healthy(client: Any, arns: list[str], timeout: int) -> list[dict[str, Any]]:
    targets: list[dict[str, Any]] = []

    def healthy() -> bool:
        targets[:] = read_all(client, arns)
        return not fault_of(arns, targets)

    try:
        wait_until("the targets to be healthy", healthy, timeout)
    except AnsibleAWSError as error:
        raise AnsibleAWSError(message=f"{error}: {fault_of(arns, targets)}") from error
    return targets


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "target_group_arns": {"type": "list", "elements": "str", "required": True},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params, arns = module.params, module.params["target_group_arns"]
    client = module.client("elbv2", retry_decorator=RETRY)
    try:
        targets = wait_healthy(client, arns, params["wait_timeout"]) if params["wait"] else read_all(client, arns)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, targets=targets)


if __name__ == "__main__":
    main()
