#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

# There is no code in this file: the action plugin of the same name does the work on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_leftovers
short_description: Decide about what an environment owns and no longer wants
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Says which leftovers are to be deleted and which are kept. Nothing is read from or written to AWS.
  - Without O(prune) all are kept. With it, what holds data is kept unless O(prune_data) names it.
  - A name in O(prune_data) that is not that of a leftover is refused.
attributes:
  check_mode:
    support: full
    description: It only decides.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  leftovers:
    description: What is left over by layer, as P(realtime.aws.left_over#filter) returns it, in the order in which layers are made.
    type: dict
    required: true
  prune:
    description: Whether leftovers are to be deleted.
    type: bool
    default: false
  prune_data:
    description: Names of leftovers to be deleted with the data that they hold.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Decide about what is left over of the layer messaging
  realtime.aws.stack_leftovers:
    leftovers:
      messaging: "{{ found | realtime.aws.left_over('AWS::SQS::Queue', wanted) }}"
    prune: true
  register: decided

- name: Remove the queues
  realtime.aws.sqs_queues:
    state: absent
    queues: "{{ {'name': decided.doomed.messaging['AWS::SQS::Queue']} | realtime.aws.rows }}"
"""

RETURN = r"""
doomed:
  description: Ids of what is to be deleted by layer and type; layers in the order of a teardown, without those that have nothing.
  returned: success
  type: dict
  sample: {"monitoring": {"AWS::CloudWatch::Alarm": ["production-Old"]}, "messaging": {"AWS::SQS::Queue": ["production-old"]}}
kept:
  description: What is left over and stays, as P(realtime.aws.plan#callback) takes it.
  returned: success
  type: list
  elements: dict
  sample:
    - layer: messaging
      type: AWS::SQS::Queue
      name: production-old
      action: keep
      note: not wanted any more; deleted with -e prune=true
"""
