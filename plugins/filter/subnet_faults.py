# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import faults

DOCUMENTATION = r"""
name: subnet_faults
short_description: Say what AWS would refuse of a VPC's subnets
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Checks zones, sizes, host bits, that the subnets are inside of the VPC, and that none overlaps another.
options:
  _input:
    description: The wanted subnets, as in P(realtime.aws.subnet_layout#filter).
    type: dict
    required: true
  cidr:
    description: The VPC's CIDR.
    type: str
    required: true
  region:
    description: The region that letters are zones of.
    type: str
    required: true
  available:
    description: The zones that the region has.
    type: list
    elements: str
    required: true
  count:
    description: How many zones are laid out when no subnets are given.
    type: int
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.assert:
    that: network_subnets | realtime.aws.subnet_faults('10.0.0.0/16', 'us-east-1', ['us-east-1a', 'us-east-1b'], 2) | length == 0
"""

RETURN = r"""
_value:
  description: What is wrong, one sentence each.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"subnet_faults": faults}
