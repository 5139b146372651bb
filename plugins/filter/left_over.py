# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DOCUMENTATION = r"""
name: left_over
short_description: Tell what the environment owns and no longer wants
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Takes what is wanted from what the sweep found of one kind, and returns the rest as M(realtime.aws.stack_leftovers) takes it.
  - Only what the sweep says is the environment's may be handed in.
options:
  _input:
    description: >-
      The resources that are there, as names where a name is the id, or by id as mappings of C(name) and C(purpose) (what each
      is wanted for, such as the range of a subnet).
    type: raw
    required: true
  kind:
    description: CloudFormation's name of their type, such as V(AWS::SQS::Queue).
    type: str
    required: true
  wanted:
    description: Names or purposes of those that are wanted; there may be others among them.
    type: list
    elements: str
    required: true
  holding:
    description: >-
      Names of those that hold data. Of databases, buckets, keys, log groups and secrets every one does.
    type: list
    elements: str
    default: []
  adopted:
    description: Whether they were there before, so that they are given back instead of deleted, with all that they hold.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say which queues are left over
  ansible.builtin.debug:
    msg: "{{ ['production-orders', 'production-old'] | realtime.aws.left_over('AWS::SQS::Queue', ['production-orders']) }}"
"""

RETURN = r"""
_value:
  description: What is left over; C(holds_data) says whether it is deleted only when somebody names it, C(adopted) that it is given back.
  type: list
  elements: dict
  sample: [{"type": "AWS::SQS::Queue", "id": "production-old", "name": "production-old", "holds_data": false, "adopted": false}]
"""

# What can't be made again: losing a key loses what it encrypted.
DATA_HOLDERS = {
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}


def left_over(
    found: dict[str, dict[str, str]] | Iterable[str],
    kind: str,
    wanted: Iterable[str],
    holding: Iterable[str] = (),
    adopted: bool = False,
) -> list[dict[str, Any]]:
    by_id = found if isinstance(found, dict) else {name: {"name": name, "purpose": name} for name in found}
    wanted, holding = set(wanted), set(holding)
    return [
        {
            "type": kind,
            "id": key,
            "name": each["name"],
            "holds_data": not adopted and (kind in DATA_HOLDERS or each["name"] in holding),
            "adopted": adopted,
        }
        for key, each in sorted(by_id.items())
        if each["purpose"] not in wanted
    ]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"left_over": left_over}
