#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_unlock
short_description: Release the lock of an environment
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Every module of this collection takes the lock that the variable E(REALTIME_AWS_LOCK) of its environment names, before
    its first write call. This one releases it at the end of a run.
  - The lock of another run stays, unless O(force), or that run is over, because it was killed and the run that has finished its work had
    nothing left to write.
attributes:
  check_mode:
    support: full
    description: Says whether it would release the lock.
  diff_mode:
    support: none
    description: There is nothing to compare.
options:
  project:
    description: Value of the tag C(Project).
    type: str
    required: true
  environment:
    description: Value of the tag C(Environment).
    type: str
    required: true
  force:
    description: Whether to release the lock whoever holds it. What that run still does is then no longer protected.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Release the environment at the end of a run, failed or not
  realtime.aws.stack_unlock:
    project: realtime
    environment: production

- name: Release it after a run that was killed
  realtime.aws.stack_unlock:
    project: realtime
    environment: production
    force: true
"""

RETURN = r"""
released:
  description: Whose lock it was; empty when nothing was released.
  returned: success
  type: str
  sample: alice on build-7 since 2026-11-24T10:00:00+00:00, until 2026-11-24T10:15:00+00:00 unless renewed
"""

import json
import os

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

# Not this collection's own class: its clients would take the lock to write.
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.answers import heed
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY
from ansible_collections.realtime.aws.plugins.module_utils.lock import (
    VARIABLE,
    delete_claim,
    get_claim,
    parameter_name,
)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    this_run = json.loads(os.environ.get(VARIABLE) or "{}").get("run")
    client = module.client("ssm", retry_decorator=RETRY)
    heed(client)
    name = parameter_name(params["project"], params["environment"])
    try:
        claim = get_claim(client, name)
        release = claim is not None and (params["force"] or claim.run == this_run or claim.over)
        if release and not module.check_mode:
            delete_claim(client, name)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=release, released=str(claim) if release else "")


if __name__ == "__main__":
    main()
