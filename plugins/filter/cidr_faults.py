# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import vpc_faults

DOCUMENTATION = r"""
name: cidr_faults
short_description: Say what AWS would refuse of a VPC's CIDR
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Checks that it is an IPv4 network without host bits, private, and of a size that a VPC may have.
options:
  _input:
    description: The CIDR.
    type: str
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.assert:
    that: network_cidr | realtime.aws.cidr_faults | length == 0
"""

RETURN = r"""
_value:
  description: What is wrong, one sentence each.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"cidr_faults": vpc_faults}
