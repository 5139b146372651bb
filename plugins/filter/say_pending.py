# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending

DOCUMENTATION = r"""
name: say_pending
short_description: Show people words in place of stand-ins
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Replaces each stand-in that P(realtime.aws.or_pending#filter) made, at any depth of lists and mappings, so that nobody
    takes it for the identifier of something that exists.
options:
  _input:
    description: A value, list or mapping.
    type: raw
    required: true
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ {'vpc': none | realtime.aws.or_pending('vpc')} | realtime.aws.say_pending }}"
"""

RETURN = r"""
_value:
  description: The same, with C((known after the run)) where there was a stand-in.
  type: raw
"""

WORDS = "(known after the run)"


def say_pending(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: say_pending(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [say_pending(item) for item in value]
    return WORDS if is_pending(value) else value


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"say_pending": say_pending}
