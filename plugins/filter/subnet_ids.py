# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import TIERS
from ansible_collections.realtime.aws.plugins.module_utils.pending import pending

DOCUMENTATION = r"""
name: subnet_ids
short_description: Find the ids of a layout's subnets
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Turns what P(realtime.aws.subnet_layout#filter) returns into the subnets' ids, with stand-ins for those that do not exist yet.
options:
  _input:
    description: CIDRs by zone and tier.
    type: dict
    required: true
  found:
    description: Ids of the subnets that there are, by CIDR.
    type: dict
    required: true
seealso:
  - plugin: realtime.aws.or_pending
    plugin_type: filter
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ {'us-east-1a': {'public': '10.0.1.0/24'}} | realtime.aws.subnet_ids({'10.0.1.0/24': 'subnet-0a1b2c3d4e5f60718'}) }}"
"""

RETURN = r"""
_value:
  description: Ids by tier and zone.
  type: dict
  sample: {"public": {"us-east-1a": "subnet-0a1b2c3d4e5f60718"}, "private": {}, "database": {}}
"""


def subnet_ids(layout: dict[str, dict[str, str]], found: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        tier: {
            zone: found.get(tiers[tier]) or pending("subnet", tiers[tier])
            for zone, tiers in layout.items()
            if isinstance(tiers, dict) and tier in tiers
        }
        for tier in TIERS
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"subnet_ids": subnet_ids}
