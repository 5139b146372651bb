# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.pending import pending

DOCUMENTATION = r"""
name: or_pending
short_description: Put a typed stand-in where AWS has nothing yet
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Returns what was found, or a stand-in of the right type and shape for what does not exist yet, so that a preview of
    an empty account can go on. P(realtime.aws.pending#test) tells the two apart.
options:
  _input:
    description: What was found; V(none) or a missing key stands for nothing.
    type: raw
    required: true
  kind:
    description: >-
      What it is: an id prefix such as V(vpc), V(subnet), V(sg), or one of V(kms_key_arn), V(certificate_arn),
      V(secret_arn), V(load_balancer_arn), V(load_balancer_dns), V(listener_arn), V(target_group_arn), V(hosted_zone),
      V(distribution), V(distribution_arn), V(distribution_dns), V(origin_access_control), V(database_dns), V(ip).
    type: str
    required: true
  keys:
    description:
      - The logical names that are wanted. With a list, the input is a mapping by these names, and each one that is
        missing gets a stand-in. With a string, it is the one resource's name.
    type: raw
  stack:
    description: Where ARNs are made for; a mapping with C(region), C(account_id) and C(partition).
    type: dict
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ none | realtime.aws.or_pending('vpc') }}"

- ansible.builtin.debug:
    msg: "{{ {'us-east-1a': 'subnet-0a1b'} | realtime.aws.or_pending('subnet', ['us-east-1a', 'us-east-1b']) }}"
"""

RETURN = r"""
_value:
  description: What was found, completed by stand-ins.
  type: raw
"""


def or_pending(found: Any, kind: str, keys: str | Iterable[str] = "", stack: dict[str, str] | None = None) -> Any:
    stack = stack or {}
    place = {
        "region": stack.get("region", ""),
        "account": stack.get("account_id", ""),
        "partition": stack.get("partition", "aws"),
    }
    if isinstance(keys, str):
        return found or pending(kind, keys, **place)
    found = dict(found or {})
    return {**found, **{key: found.get(key) or pending(kind, key, **place) for key in keys}}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"or_pending": or_pending}
