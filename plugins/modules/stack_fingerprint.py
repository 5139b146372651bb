#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_fingerprint
short_description: Remember a run that had nothing to do
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Keeps in SSM Parameter Store, as up to ten parameters of the standard tier, what M(realtime.aws.stack_gate_info) compares the environment with.
  - A run that has written anything is not remembered, nor is one during which AWS's answers changed. An older fingerprint stays then; it does
    not fit what has changed.
  - When AWS refuses to keep it, that is a warning, for the run itself has done all it should.
  - Of the answers only keyed digests are kept, and so are the inputs. The questions hold names and ids.
attributes:
  check_mode:
    support: full
    description: Predicts the parameters without writing them.
  diff_mode:
    support: none
    description: A digest says nothing.
options:
  project:
    description: Value of the tag C(Project).
    type: str
    required: true
  environment:
    description: Value of the tag C(Environment).
    type: str
    required: true
  record:
    description: RV(realtime.aws.stack_gate_info#module:record). Required when O(state=present).
    type: path
  shown:
    description: What a run shows, for later runs that are skipped. No place for secrets.
    type: dict
    default: {}
  tags:
    description: Tags of the parameters, when they are made.
    type: dict
    default: {}
  state:
    description: Whether there is a fingerprint.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Remember the run, when all roles have run
  realtime.aws.stack_fingerprint:
    project: realtime
    environment: production
    record: "{{ gate.record }}"
    shown: {summary: {environment: production}}
    tags: {Project: realtime, Environment: production}

- name: Forget it, as a teardown does
  realtime.aws.stack_fingerprint:
    project: realtime
    environment: production
    state: absent
"""

RETURN = r"""
reason:
  description: Why the run is not remembered; empty when it is.
  returned: success
  type: str
  sample: the run has written (sqs:SetQueueAttributes)
"""

from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from ansible_collections.realtime.aws.plugins.module_utils import gate
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, named
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


def take_fingerprint(params: dict[str, Any]) -> list[str]:
    """Return the parameters' values; raise Unverified if the run can't be remembered."""
    inputs, salt = (Path(params["record"], name).read_text(encoding="ascii") for name in (gate.INPUTS, gate.SALT))
    return gate.pack(gate.take(gate.read_record(params["record"]), inputs, salt, params["shown"]))


@named("read the fingerprint")
def get_parts(client: Any, path: str) -> list[str]:
    return gate.get_parts(client, path)


@named("write the fingerprint")
def put_part(client: Any, name: str, value: str, tags: dict[str, str]) -> None:
    made = {"Type": "String", "Description": "What a run of realtime.aws has verified"}
    try:
        client.put_parameter(Name=name, Value=value, Tags=ansible_dict_to_boto3_tag_list(tags), **made)
    except is_boto3_error_code("ParameterAlreadyExists"):
        client.put_parameter(Name=name, Value=value, Overwrite=True)


@named("delete the fingerprint")
def delete_part(client: Any, name: str) -> None:
    try:
        client.delete_parameter(Name=name)
    except is_boto3_error_code("ParameterNotFound"):
        return


def apply(client: Any, path: str, before: list[str], after: list[str], tags: dict[str, str]) -> None:
    """Write what differs. Half of it, where a run is killed, can't be read, which is as if there were nothing."""
    for number, value in enumerate(after):
        if before[number : number + 1] != [value]:
            put_part(client, f"{path}/{number}", value, tags)
    for number in range(len(after), len(before)):
        delete_part(client, f"{path}/{number}")


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "record": {"type": "path"},
            "shown": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("record",))],
        supports_check_mode=True,
    )
    params = module.params
    path = gate.parameter_path(params["project"], params["environment"])
    try:
        after = take_fingerprint(params) if params["state"] == "present" else []
        client = module.client("ssm", retry_decorator=RETRY)
        before = get_parts(client, path)
        if not module.check_mode:
            apply(client, path, before, after, params["tags"])
    except gate.Unverified as reason:
        module.exit_json(changed=False, reason=str(reason))
    except AnsibleAWSError as error:
        if params["state"] == "absent":
            module.fail_json_aws_error(error)
        module.warn(f"The run is verified, but can't be remembered: {error}")
        module.exit_json(changed=False, reason=str(error))
    module.exit_json(changed=before != after, reason="")


if __name__ == "__main__":
    main()
