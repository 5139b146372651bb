# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import listed

DOCUMENTATION = r"""
name: subnet_list
short_description: List the subnets of a layout
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Turns what P(realtime.aws.subnet_layout#filter) returns into one entry a subnet, as M(realtime.aws.ec2_vpc_subnets) takes them.
options:
  _input:
    description: CIDRs by zone and tier.
    type: dict
    required: true
  prefix:
    description: What the names start with.
    type: str
    required: true
  map_public:
    description: Whether what is launched in a public subnet gets a public address.
    type: bool
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ {'us-east-1a': {'public': '10.0.1.0/24'}} | realtime.aws.subnet_list('production', true) }}"
"""

RETURN = r"""
_value:
  description: Cidr, az, map_public and tags (Name, Tier) of each subnet; public ones first.
  type: list
  elements: dict
  sample: [{"cidr": "10.0.1.0/24", "az": "us-east-1a", "map_public": true, "tags": {"Name": "production-public-subnet-1", "Tier": "public"}}]
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"subnet_list": listed}
