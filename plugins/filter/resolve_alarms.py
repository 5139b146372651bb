# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
name: resolve_alarms
short_description: Give alarms their real names, dimensions and topics
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Turns alarms as people write them, by logical names, into options of M(realtime.aws.cloudwatch_alarms).
  - An alarm C(of) a kind of which there are many becomes one alarm each, with the member's name at the end of its own; of
    a kind of which there is none, no alarm.
options:
  _input:
    description: >-
      The alarms by name. Beside options of M(realtime.aws.cloudwatch_alarms) they have C(of) (a kind of resource, or
      C(kind.member) for one of many), C(topic) and C(notify_ok).
    type: dict
    required: true
  prefix:
    description: What the names start with.
    type: str
    required: true
  resources:
    description: >-
      What there is, by kind: C(dimension) is the name of the dimension that tells its C(members) apart, which are the
      dimension's values by name, an empty string for the only one of its kind; C(more) are dimensions that all of them
      have. A member without a value is not there.
    type: dict
    required: true
  topics:
    description: ARNs of the topics by logical name.
    type: dict
    required: true
  tags:
    description: Tags of every alarm.
    type: dict
"""

EXAMPLES = r"""
- vars:
    alarms:
      DatabaseHighCPU: {of: database, topic: db-alert, namespace: AWS/RDS, metric_name: CPUUtilization, threshold: 75}
      DeadLetters: {of: queues.order-dlq, topic: error-alert, namespace: AWS/SQS, metric_name: ApproximateNumberOfMessagesVisible, threshold: 0}
    resources:
      database: {dimension: DBInstanceIdentifier, members: {'': production-db}}
      queues: {dimension: QueueName, members: {order-dlq: production-order-dlq}}
    topics: {db-alert: 'arn:aws:sns:us-east-1:123456789012:production-db-alert', error-alert: 'arn:aws:sns:us-east-1:123456789012:production-error-alert'}
  ansible.builtin.debug:
    msg: "{{ alarms | realtime.aws.resolve_alarms('production-', resources, topics) }}"
"""

RETURN = r"""
_value:
  description: A list for the option O(realtime.aws.cloudwatch_alarms#module:alarms).
  type: list
  elements: dict
"""

OURS = ("of", "topic", "notify_ok", "dimensions")


def resolve_alarms(
    alarms: dict[str, dict[str, Any]],
    prefix: str,
    resources: dict[str, dict[str, Any]],
    topics: dict[str, str],
    tags: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    resolved = []
    for name, alarm in alarms.items():
        options = {key: value for key, value in alarm.items() if key not in OURS and value is not None}
        topic = topics[alarm["topic"]]
        for member, dimensions in members(alarm, resources).items():
            resolved.append(
                {
                    **options,
                    **with_dimensions(alarm, dimensions),
                    "name": f"{prefix}{name}-{member}" if member else f"{prefix}{name}",
                    "alarm_actions": [topic],
                    "ok_actions": [topic] if alarm.get("notify_ok", True) else [],
                    "tags": tags or {},
                }
            )
    return resolved


def members(alarm: dict[str, Any], resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the dimensions of what the alarm is of, by what its name gets as an ending."""
    if not alarm.get("of"):
        return {"": alarm.get("dimensions") or {}}
    kind, dot, wanted = alarm["of"].partition(".")
    resource = resources[kind]
    found = {
        member: {resource["dimension"]: value, **(resource.get("more") or {})}
        for member, value in resource["members"].items()
        if value
    }
    return {"": found[wanted]} if dot else found


def with_dimensions(alarm: dict[str, Any], dimensions: dict[str, str]) -> dict[str, Any]:
    """Put the dimensions where they belong; on metric math, into each metric that names none of its own."""
    if not alarm.get("metrics"):
        return {"dimensions": dimensions}
    pairs = [{"name": name, "value": value} for name, value in dimensions.items()]
    return {"metrics": [_filled(metric, pairs) for metric in alarm["metrics"]]}


def _filled(metric: dict[str, Any], pairs: list[dict[str, str]]) -> dict[str, Any]:
    stat = metric.get("metric_stat")
    if not stat or stat["metric"].get("dimensions"):
        return metric
    return {**metric, "metric_stat": {**stat, "metric": {**stat["metric"], "dimensions": pairs}}}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"resolve_alarms": resolve_alarms}
