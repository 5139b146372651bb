# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import layout

DOCUMENTATION = r"""
name: subnet_layout
short_description: Say which subnets a VPC has, by zone and tier
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Returns the given subnets by full zone name, or, when none are given, derives them from the VPC's CIDR.
  - The VPC is cut into 32 equal blocks; which three of them a zone gets hangs on its letter alone, so that adding or reordering zones moves nothing.
options:
  _input:
    description: The wanted subnets by zone and, below it, by tier; a zone is a letter or a full name. May be empty.
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
  zones:
    description: The zones to lay out when no subnets are given.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Lay out two zones of a /16; us-east-1b gets 10.0.8.0/21, 10.0.72.0/21 and 10.0.136.0/21
  ansible.builtin.debug:
    msg: "{{ {} | realtime.aws.subnet_layout('10.0.0.0/16', 'us-east-1', ['us-east-1a', 'us-east-1b']) }}"
"""

RETURN = r"""
_value:
  description: CIDRs by zone and tier.
  type: dict
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"subnet_layout": layout}
