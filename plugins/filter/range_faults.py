# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.cidr import range_faults

DOCUMENTATION = r"""
name: range_faults
short_description: Say which IP ranges a security group rule can't have
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Checks that each is an IPv4 or IPv6 range without host bits.
options:
  _input:
    description: The ranges.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.assert:
    that: "['0.0.0.0/0', '::/0'] | realtime.aws.range_faults | length == 0"
"""

RETURN = r"""
_value:
  description: What is wrong, one sentence each.
  type: list
  elements: str
"""


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"range_faults": range_faults}
