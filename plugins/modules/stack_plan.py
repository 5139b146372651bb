#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

# There is no code in this file: the action plugin of the same name does the work on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_plan
short_description: Say what a playbook would change
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Runs a playbook in check mode for the host at hand, with the inventories, extra variables, tags and vault passwords that
    this run was called with, and returns what it would change, resource by resource.
  - A vault password that was typed in is not passed on.
attributes:
  check_mode:
    support: full
    description: It changes nothing in any mode.
  diff_mode:
    support: none
    description: The differences are in what it returns.
options:
  playbook:
    description: Path or full name of the playbook.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Find out what the site playbook would change
  realtime.aws.stack_plan:
    playbook: realtime.aws.site
  register: preview

- name: Read it
  ansible.builtin.debug:
    var: preview.summary

- name: Find out what a teardown would remove
  realtime.aws.stack_plan:
    playbook: realtime.aws.teardown
"""

RETURN = r"""
plan:
  description: What would change, in order, as P(realtime.aws.plan#callback) describes it.
  returned: always
  type: list
  elements: dict
  sample:
    - layer: database
      type: AWS::RDS::DBInstance
      name: production-db
      action: update
      before: {"db_instance_class": "db.r7g.large"}
      after: {"db_instance_class": "db.r7g.xlarge"}
      interruption: "db_instance_class: the instance restarts; a standby takes over within a minute or two"
summary:
  description: The same to read, in lines, grouped by layer.
  returned: always
  type: list
  elements: str
  sample: ["database:", "  ~ AWS::RDS::DBInstance production-db", "1 to update"]
"""
