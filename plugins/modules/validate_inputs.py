#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

# There is no code in this file: the action plugin of the same name does the work on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: validate_inputs
short_description: Check all inputs of the role a task stands in
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Checks types, choices and required options by the role's argument spec, refuses variables that have the role's
    prefix (or nearly an option's name) and are no option of it, and then the rules of the task.
  - An option that maps names to mappings of one kind has a second entry point in the argument spec, with the option's
    name, which says what each of them holds.
  - Every fault is reported, with the variable, its value and what is allowed. Nothing is read from or written to AWS.
attributes:
  check_mode:
    support: full
    description: It only reads variables.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  rules:
    description: What must hold beyond types, checked when all types are right.
    type: list
    elements: dict
    default: []
    suboptions:
      that:
        description: A Jinja expression, as in P(ansible.builtin.assert#module).
        type: str
        required: true
      variable:
        description: The option that it is about.
        type: str
        required: true
      each:
        description:
          - Checks each entry of a mapping by itself, C(entry) in the expression, under its name C(key).
          - The part of the entry that it is about, or V(key) for its name.
        type: str
      allowed:
        description: What is allowed, for the message.
        type: str
        required: true
"""

EXAMPLES = r"""
- name: Check the inputs
  realtime.aws.validate_inputs:
    rules:
      - that: compute_min_size <= compute_max_size
        variable: compute_min_size
        allowed: "at most compute_max_size ({{ compute_max_size }})"

- name: Check every alarm's topic
  realtime.aws.validate_inputs:
    rules:
      - that: entry.topic in monitoring_topic_arns
        variable: monitoring_alarms
        each: topic
        allowed: "{{ monitoring_topic_arns.keys() | join(', ') }}"
"""

RETURN = r"""
faults:
  description: What is wrong, one sentence each.
  returned: failure
  type: list
  elements: str
  sample: ["compute_min_size is 4; allowed: at most compute_max_size (2)"]
"""
