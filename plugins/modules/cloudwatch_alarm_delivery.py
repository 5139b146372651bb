#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_alarm_delivery
short_description: Try whether alarms reach their topics
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Sets one alarm for each topic to ALARM, reads in its history whether it could publish to the topic, and puts its state back. An alarm that
    a topic's policy or key does not let publish is lost, and only the history says so.
  - Whoever subscribed to the topics is told of an alarm whose reason is that of O(reason). Nothing else follows, if the alarms have no other
    actions.
  - If this module is killed before it puts the state back, CloudWatch does so when it next looks at the metric.
  - What AWS does not let us do counts as failed.
attributes:
  check_mode:
    support: full
    description: No alarm is set; each line says that it was skipped.
  diff_mode:
    support: none
    description: The alarms end as they were.
options:
  alarm_names:
    description:
      - Names of the alarms. For each topic that they publish to, the first is taken whose only actions are topics and which is not in ALARM; one
        that is there anyway does not act again.
    type: list
    elements: str
    required: true
  reason:
    description: What the notification says.
    type: str
    default: Smoke test of realtime.aws; nothing is wrong
  timeout:
    description: How many seconds to wait for an alarm's history.
    type: int
    default: 60
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Does each topic hear of its alarms?
  realtime.aws.cloudwatch_alarm_delivery:
    alarm_names: "{{ monitoring_outputs.alarm_names }}"
  register: delivery
  failed_when: delivery.checks | selectattr('verdict', 'equalto', 'fail') | length > 0

- name: Try one alarm
  realtime.aws.cloudwatch_alarm_delivery:
    alarm_names: [production-DatabaseHighCPU]

- name: Tell those who are on call who it is
  realtime.aws.cloudwatch_alarm_delivery:
    alarm_names: [production-HighErrorRate]
    reason: Ann tries the new topic; go back to sleep
"""

RETURN = r"""
checks:
  description: A line for each topic.
  returned: success
  type: list
  elements: dict
  contains:
    verdict:
      description: C(pass), C(fail), or C(skipped) in check mode or where no alarm could be taken.
      type: str
      sample: pass
    subject:
      description: What it is about.
      type: str
      sample: "Alarm to production-db-alert"
    found:
      description: What became of it.
      type: str
      sample: production-DatabaseHighCPU published to it
    remedy:
      description: How to mend it; empty when there is nothing to mend.
      type: str
      sample: ""
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.alarms import Alarm, by_topic, read_alarms
from ansible_collections.realtime.aws.plugins.module_utils.checks import Check, asked, failed, passed, skipped
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, named, wait_until
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

CLOCKS_DIFFER = timedelta(minutes=5)
REMEDY = "Let CloudWatch publish: the topic's policy and its key's, site.yml --tags encryption,messaging"


def name_of(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def subject_of(topic: str) -> str:
    return f"Alarm to {name_of(topic)}"


def only_notifies(alarm: Alarm) -> bool:
    """Return whether its going off means messages to topics and nothing else."""
    return all(":sns:" in action for action in alarm["AlarmActions"])


@named("set the alarm's state")
def set_state(client: Any, name: str, state: str, reason: str) -> None:
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)


@named("read the alarm's history")
def read_actions(client: Any, name: str, since: datetime) -> list[dict[str, Any]]:
    return pages(
        client,
        "describe_alarm_history",
        "AlarmHistoryItems",
        AlarmName=name,
        HistoryItemType="Action",
        StartDate=since,
    )


def outcome(items: list[dict[str, Any]], topic: str, known: set[str]) -> tuple[bool, str] | None:
    """Return of the new entries about the topic whether it was told, and what AWS says; None while there is none."""
    for item in items:
        if topic in item["HistorySummary"] and str(item["Timestamp"]) not in known:
            return item["HistorySummary"].startswith("Successfully"), item["HistorySummary"]
    return None


def deliver(client: Any, topic: str, alarms: list[Alarm], reason: str, timeout: int) -> list[Check]:
    """Let one of the alarms go off, and see what came of it."""
    subject = subject_of(topic)
    alarm = next((each for each in alarms if each["StateValue"] != "ALARM" and only_notifies(each)), None)
    if alarm is None:
        why = f"in ALARM already, or with other actions: {', '.join(each['AlarmName'] for each in alarms)}"
        return [skipped(subject, why, "Mend what is wrong there, and try again")]
    name, since = alarm["AlarmName"], datetime.now(UTC) - CLOCKS_DIFFER
    known = {str(item["Timestamp"]) for item in read_actions(client, name, since)}
    set_state(client, name, "ALARM", reason)
    try:
        told, summary = wait_until(
            "the alarm's history", lambda: outcome(read_actions(client, name, since), topic, known), timeout
        )
    except AnsibleAWSError:
        told, summary = False, f"its history says nothing of it within {timeout} s"
    finally:
        set_state(client, name, alarm["StateValue"], reason)
    return [passed(subject, f"{name} published to it")] if told else [failed(subject, f"{name}: {summary}", REMEDY)]


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "alarm_names": {"type": "list", "elements": "str", "required": True},
            "reason": {"type": "str", "default": "Smoke test of realtime.aws; nothing is wrong"},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params, client = module.params, module.client("cloudwatch", retry_decorator=RETRY)
    try:
        topics = by_topic(read_alarms(client, params["alarm_names"]))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    checks: list[Check] = []
    for topic, alarms in topics.items():
        if module.check_mode:
            checks.append(skipped(subject_of(topic), "check mode sets no alarm"))
        else:
            checks += asked(subject_of(topic), deliver, client, topic, alarms, params["reason"], params["timeout"])
    module.exit_json(changed=False, checks=checks)


if __name__ == "__main__":
    main()
