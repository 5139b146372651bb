# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.converge import named
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

Alarm = dict[str, Any]
AT_ONCE = 100  # names that a call of DescribeAlarms takes


@named("read the alarms")
def read_alarms(client: Any, names: list[str]) -> list[Alarm]:
    """Return the alarms of these names that exist."""
    parts = [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
    return [each for part in parts for each in pages(client, "describe_alarms", "MetricAlarms", AlarmNames=part)]


def by_topic(alarms: list[Alarm]) -> dict[str, list[Alarm]]:
    """Return the alarms that publish to each topic, by its ARN; topics and alarms in the order of their names."""
    found: dict[str, list[Alarm]] = {}
    for alarm in sorted(alarms, key=lambda alarm: alarm["AlarmName"]):
        for action in alarm.get("AlarmActions", []) if alarm["ActionsEnabled"] else []:
            if ":sns:" in action:
                found.setdefault(action, []).append(alarm)
    return dict(sorted(found.items()))
