# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

DOCUMENTATION = r"""
name: pending
short_description: Is this a stand-in for something that does not exist yet
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Tells whether a value is a stand-in as P(realtime.aws.or_pending#filter) makes it, or holds one.
options:
  _input:
    description: An id, an ARN, or a list or mapping of them.
    type: raw
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.assert:
    that: network_outputs.vpc_id is not realtime.aws.pending
"""

RETURN = r"""
_value:
  description: Whether it is, or holds, a stand-in.
  type: bool
"""


class TestModule:
    def tests(self) -> dict[str, Callable[[object], bool]]:
        return {"pending": is_pending}
