#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_delivery
short_description: Try whether a message to a topic reaches its queues
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Publishes one message to an SNS topic, finds it in each of the SQS queues and deletes it there. AWS drops, without a word, a message that
    a queue's policy or key does not let in, so only trying tells.
  - The message says what it is, C({"smoke_test":"<id>"}), and is no order. A consumer may still get it before this module does, and has to
    ignore it.
  - Other messages stay where they are, and visible. SQS counts whoever looks at a message as having received it, and makes it a dead letter
    after some times, so a queue that holds messages beforehand is not looked into, and one that gets others meanwhile no further.
  - Where this module does not find the message, because consumers are faster or it may not look, CloudWatch's count of the messages sent to
    the queue is waited for. It comes a minute or two later and does not tell one message from another.
  - What AWS does not let us do counts as failed.
attributes:
  check_mode:
    support: full
    description: Nothing is published; each line says that it was skipped.
  diff_mode:
    support: none
    description: What it changes is gone when it ends.
options:
  topic_arn:
    description: ARN of the topic.
    type: str
    required: true
  queue_urls:
    description: URLs of the queues that the message has to reach.
    type: list
    elements: str
    required: true
  message_attributes:
    description: Attributes of the message, all of them strings, for consumers to know it by and for the filter policies of the subscriptions.
    type: dict
    default: {type: smoke-test}
  timeout:
    description: How many seconds to look for the message in the queues.
    type: int
    default: 20
  metrics_timeout:
    description: How many seconds to wait for CloudWatch's count.
    type: int
    default: 240
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Do order events reach their queues?
  realtime.aws.sns_delivery:
    topic_arn: "{{ messaging_outputs.topic_arns['order-events'] }}"
    queue_urls:
      - "{{ messaging_outputs.queue_urls['inventory-queue'] }}"
      - "{{ messaging_outputs.queue_urls['shipping-queue'] }}"
  register: delivery
  failed_when: delivery.checks | selectattr('verdict', 'equalto', 'fail') | length > 0

- name: Try a queue with a filter policy
  realtime.aws.sns_delivery:
    topic_arn: arn:aws:sns:us-east-1:123456789012:production-order-events
    queue_urls: [https://sqs.us-east-1.amazonaws.com/123456789012/production-audit-queue]
    message_attributes: {type: order-placed, test: "true"}

- name: Do not wait for CloudWatch
  realtime.aws.sns_delivery:
    topic_arn: arn:aws:sns:us-east-1:123456789012:production-order-events
    queue_urls: [https://sqs.us-east-1.amazonaws.com/123456789012/production-inventory-queue]
    metrics_timeout: 0
"""

RETURN = r"""
checks:
  description: A line for each queue, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    verdict:
      description: C(pass), C(fail), or C(skipped) in check mode.
      type: str
      sample: pass
    subject:
      description: What it is about.
      type: str
      sample: "Event to production-inventory-queue"
    found:
      description: What became of the message.
      type: str
      sample: it arrived and was deleted
    remedy:
      description: How to mend it; empty when there is nothing to mend.
      type: str
      sample: ""
"""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.checks import Check, asked, failed, passed, skipped
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, named, wait_until
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

# What was seen in a queue.
ARRIVED = "arrived"
OTHERS = "others"
LOOK_BACK = timedelta(minutes=15)
REMEDY = (
    "See that the subscription and its filter policy, the queue's policy and the queue's key let it in: "
    "site.yml --tags encryption,messaging; SNS counts NumberOfNotificationsFailed"
)


def name_of(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def subject_of(url: str) -> str:
    return f"Event to {name_of(url)}"


class Delivery:
    """One message and the queues that it has to reach."""

    def __init__(self, sns: Any, sqs: Any, cloudwatch: Any) -> None:
        self.sns, self.sqs, self.cloudwatch = sns, sqs, cloudwatch
        self.mark = str(uuid.uuid4())
        self.published = datetime.now(UTC)

    @named("publish to the topic")
    def publish(self, topic: str, attributes: dict[str, str]) -> None:
        self.published = datetime.now(UTC)
        self.sns.publish(
            TopicArn=topic,
            Message=json.dumps({"smoke_test": self.mark}),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": str(value)} for name, value in attributes.items()
            },
        )

    @named("read how many messages the queue holds")
    def holds(self, url: str) -> int:
        wanted = "ApproximateNumberOfMessages"
        return int(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"][wanted])

    @named("look for the message in the queue")
    def take(self, url: str) -> str:
        """Return ARRIVED if the message is there, and delete it; else OTHERS if there are others, which stay visible."""
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=0)
        messages = found.get("Messages", [])
        ours = [message for message in messages if self.mark in message["Body"]]
        for message in ours:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return ARRIVED if ours else OTHERS if messages else ""

    @named("read what CloudWatch counted")
    def counted(self, url: str, metric: str, since: datetime, until: datetime) -> int:
        points = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=metric,
            Dimensions=[{"Name": "QueueName", "Value": name_of(url)}],
            StartTime=since.replace(second=0, microsecond=0),
            EndTime=until,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return int(sum(point["Sum"] for point in points))

    def has_consumers(self, url: str) -> bool:
        """Return whether somebody asked for messages in the minutes before."""
        since, until = self.published - LOOK_BACK, self.published
        return any(
            self.counted(url, name, since, until) for name in ("NumberOfMessagesReceived", "NumberOfEmptyReceives")
        )

    def sent(self, url: str, timeout: int) -> int:
        """Return how many messages were sent to the queue since, once CloudWatch knows."""

        def count() -> int:
            return self.counted(url, "NumberOfMessagesSent", self.published, datetime.now(UTC) + timedelta(minutes=1))

        try:
            return wait_until("the count", count, timeout)
        except AnsibleAWSError:
            return 0

    def judge(self, url: str, seen: str, params: dict[str, Any]) -> list[Check]:
        """Say what was seen of the message; where it was not and that proves nothing, ask CloudWatch."""
        subject, patience = subject_of(url), params["metrics_timeout"]
        if seen == ARRIVED:
            return [passed(subject, "it arrived, and was deleted")]
        if seen != OTHERS and not self.has_consumers(url):
            return [failed(subject, f"it did not arrive within {params['timeout']} s", REMEDY)]
        why = "not looked for among other messages" if seen == OTHERS else "not found, for the queue has consumers"
        if sent := self.sent(url, patience):
            return [passed(subject, f"{why}; messages sent to it since, says CloudWatch: {sent}")]
        return [failed(subject, f"{why}; none was sent to it within {patience} s, says CloudWatch", REMEDY)]


def look(delivery: Delivery, urls: list[str], timeout: int) -> dict[str, str]:
    """Return what was seen in each queue; to look once more would count as receiving once more for the others there."""
    seen, deadline = dict.fromkeys(urls, ""), time.monotonic() + timeout
    while not all(seen.values()):
        for url in urls:
            seen[url] = seen[url] or delivery.take(url)
        if time.monotonic() > deadline:
            break
    return seen


def deliver(delivery: Delivery, params: dict[str, Any]) -> list[Check]:
    """Publish, look, and judge queue by queue."""
    urls = params["queue_urls"]
    held = {url: OTHERS for url in urls if delivery.holds(url)}
    delivery.publish(params["topic_arn"], params["message_attributes"])
    seen = held | look(delivery, [url for url in urls if url not in held], params["timeout"])
    return [each for url in urls for each in asked(subject_of(url), delivery.judge, url, seen[url], params)]


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "topic_arn": {"type": "str", "required": True},
            "queue_urls": {"type": "list", "elements": "str", "required": True},
            "message_attributes": {"type": "dict", "default": {"type": "smoke-test"}},
            "timeout": {"type": "int", "default": 20},
            "metrics_timeout": {"type": "int", "default": 240},
        },
        supports_check_mode=True,
    )
    params = module.params
    if module.check_mode:
        why = "check mode publishes nothing"
        module.exit_json(changed=False, checks=[skipped(subject_of(url), why) for url in params["queue_urls"]])
    clients = [module.client(service, retry_decorator=RETRY) for service in ("sns", "sqs", "cloudwatch")]
    checks = asked(f"Event to {params['topic_arn'].split(':')[-1]}", deliver, Delivery(*clients), params)
    module.exit_json(changed=False, checks=checks)


if __name__ == "__main__":
    main()
