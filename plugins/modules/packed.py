#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: packed
short_description: Bring the utilities of all modules of this collection
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Imports whatever the modules of this collection import. The action plugin of the same name, which runs them, has Ansible
    pack this module once in a run, and puts into the pack the one that is to be run.
  - On its own it does nothing.
attributes:
  check_mode:
    support: full
    description: It changes nothing in any mode.
  diff_mode:
    support: none
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Pack the utilities, before anything is run
  realtime.aws.packed:
"""

RETURN = r"""
utilities:
  description: The utilities that bring all others.
  returned: always
  type: list
  elements: str
  sample: ["ansible_collections.realtime.aws.plugins.module_utils.live"]
"""

from ansible.module_utils import urls
from ansible_collections.amazon.aws.plugins.module_utils import iam
from ansible_collections.realtime.aws.plugins.module_utils import (
    alarms,
    checks,
    ec2,
    instance_refresh,
    live,
    modules,
    statements,
)
from ansible_collections.realtime.aws.plugins.module_utils.live import adoptable, strays

# What these import comes along.
UTILITIES = (urls, iam, adoptable, alarms, checks, ec2, instance_refresh, live, modules, statements, strays)


def main():
    module = modules.AnsibleAWSModule(argument_spec={}, default_args=False, supports_check_mode=True)
    module.exit_json(changed=False, utilities=[utility.__name__ for utility in UTILITIES])


if __name__ == "__main__":
    main()
