# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DOCUMENTATION = r"""
name: rows
short_description: Turn columns into rows
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Turns a mapping of equally long lists into a list of mappings, one a position. What is no list is the same in every row.
options:
  _input:
    description: The columns by name; one of them at least is a list.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say who listens where
  ansible.builtin.debug:
    msg: "{{ {'name': ['web', 'api'], 'port': [80, 8080], 'protocol': 'HTTP'} | realtime.aws.rows }}"
"""

RETURN = r"""
_value:
  description: One mapping a position.
  type: list
  elements: dict
  sample: [{"name": "web", "port": 80, "protocol": "HTTP"}, {"name": "api", "port": 8080, "protocol": "HTTP"}]
"""


def is_column(value: Any) -> bool:
    """A generator, which other filters return, is a column too."""
    return isinstance(value, Iterable) and not isinstance(value, (str, dict))


def rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    lists = {name: list(values) for name, values in columns.items() if is_column(values)}
    same = {name: value for name, value in columns.items() if name not in lists}
    return [{**dict(zip(lists, row)), **same} for row in zip(*lists.values(), strict=True)]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"rows": rows}
