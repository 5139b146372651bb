# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import conflicts

DOCUMENTATION = r"""
name: subnet_conflicts
short_description: Say which subnets can't be had beside those that exist
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - A subnet stays in its zone and keeps its range for ever, and no two overlap.
options:
  _input:
    description: The wanted subnets, valid ones, as P(realtime.aws.subnet_list#filter) returns them.
    type: list
    elements: dict
    required: true
  existing:
    description: The zones of the subnets that exist, by CIDR.
    type: dict
    required: true
  others:
    description: CIDRs of subnets of somebody else in the same VPC.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- ansible.builtin.assert:
    that: "[{'cidr': '10.0.1.0/24', 'az': 'us-east-1b'}] | realtime.aws.subnet_conflicts({'10.0.0.0/24': 'us-east-1a'}) | length == 0"
"""

RETURN = r"""
_value:
  description: What AWS would refuse, one sentence each.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"subnet_conflicts": conflicts}
