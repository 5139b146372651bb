#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_gate_info
short_description: Say whether an environment is as a run has verified it
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Compares code, inputs and live state with the fingerprint of the last run that had nothing to do. When all are the same, a run would find
    again that there is nothing to do.
  - Inputs are all variables of the host, code is this collection. An action plugin of the same name digests both on the controller.
  - The live state is what AWS answers to the questions that the modules of that run put. They are put again, side by side.
  - In doubt the answer is no, with the reason. It also begins the record from which M(realtime.aws.stack_fingerprint) makes the next fingerprint.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  project:
    description: Value of the tag C(Project).
    type: str
    required: true
  environment:
    description: Value of the tag C(Environment).
    type: str
    required: true
  bypass:
    description: Whether to answer no in any case, and only begin the record.
    type: bool
    default: false
  inputs:
    description: Digest of code and inputs. The action plugin makes it.
    type: str
  record:
    description: The run's private directory. The action plugin makes it; it is removed at the end of the run.
    type: path
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Compare with what was verified
  realtime.aws.stack_gate_info:
    project: realtime
    environment: production
  register: gate

- name: Verify whatever the fingerprint says
  realtime.aws.stack_gate_info:
    project: realtime
    environment: production
    bypass: true
  register: gate
"""

RETURN = r"""
unchanged:
  description: Whether all is as it was verified.
  returned: always
  type: bool
  sample: false
reason:
  description: Why not; empty when all is unchanged.
  returned: always
  type: str
  sample: "changed since then: messaging, storage"
layers:
  description: The layers that were verified.
  returned: always
  type: list
  elements: str
  sample: [compute, network]
shown:
  description: What M(realtime.aws.stack_fingerprint) was given to keep; empty when not all is unchanged.
  returned: always
  type: dict
  sample: {"summary": {"environment": "production"}}
record:
  description: The directory that the variable E(REALTIME_AWS_RECORD) names to the modules of this run, so that they record what they read.
  returned: always
  type: str
  sample: /root/.ansible/tmp/ansible-local-4711/verified-1x2y
whole:
  description: Whether the command line asks for all tasks of the playbook, without which a run is no verification.
  returned: always
  type: bool
  sample: true
"""

import os
from pathlib import Path
from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils import gate
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


def find_fingerprint(module: Any) -> gate.Fingerprint | None:
    """Return what the last run that had nothing to do has left."""
    path = gate.parameter_path(module.params["project"], module.params["environment"])
    parts = gate.get_parts(module.unguarded_client("ssm", retry_decorator=RETRY), path)
    return gate.unpack(parts) if parts else None


def begin_record(params: dict[str, Any], salt: str) -> None:
    """Note for the next fingerprint what this run began with."""
    for name, content in {gate.INPUTS: params["inputs"], gate.SALT: salt}.items():
        Path(params["record"], name).write_text(content, encoding="ascii")


def compare(module: Any, found: gate.Fingerprint | None) -> str:
    """Return in what the fingerprint differs from what is now; empty if in nothing."""
    if module.params["bypass"]:
        return "everything is to be verified"
    if not found:
        return "nothing was verified before"
    inputs = module.params["inputs"]
    if not found.has_inputs(inputs):
        return "the inputs or the collection have changed since then"

    def client(service: str, region: str) -> Any:
        return module.unguarded_client(service, retry_decorator=RETRY, region=region)

    differing = found.differing(inputs, gate.ask_again(found.questions, client))
    return f"changed since then: {', '.join(differing)}" if differing else ""


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "bypass": {"type": "bool", "default": False},
            "inputs": {"type": "str", "no_log": True},
            "record": {"type": "path"},
        },
        supports_check_mode=True,
    )
    found = None
    try:
        found = find_fingerprint(module)
        reason = compare(module, found)
    except (gate.Unverified, AnsibleAWSError, BotoCoreError, ClientError) as error:
        reason = f"it can't be told: {error}"
    begin_record(module.params, found.salt if found else os.urandom(16).hex())
    module.exit_json(
        changed=False,
        unchanged=not reason,
        reason=reason,
        layers=sorted(found.layers) if found else [],
        shown={} if reason else found.shown,
        record=module.params["record"],
    )


if __name__ == "__main__":
    main()
