#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_queues
short_description: Manage SQS queues
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes standard queues. All of them are read side by side, and only what differs is written.
    An attribute that is omitted is left alone.
  - Options have the names of M(community.aws.sqs_queue) where they exist.
  - Policies are compared as parsed values, not as text.
  - SQS refuses a name for 60 seconds after a queue of that name was deleted; the module waits for it.
attributes:
  check_mode:
    support: full
    description: Predicts the queues without writing them.
  diff_mode:
    support: full
    description: Shows the attributes that change, before and after.
options:
  queues:
    description: The queues, in the order in which they are written; a dead-letter queue comes before its sources.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the queue; 1 to 80 letters, digits, hyphens and underscores.
        type: str
        required: true
      visibility_timeout:
        description: Seconds for which a received message is hidden from other readers; 0 to 43200.
        type: int
      message_retention_period:
        description: Seconds for which a message is kept; 60 to 1209600.
        type: int
      receive_message_wait_time_seconds:
        description: Seconds that a read waits for a message; 0 to 20.
        type: int
      kms_master_key_id:
        description: ARN of the KMS key that encrypts the messages.
        type: str
      policy:
        description: The queue's policy.
        type: dict
      redrive_policy:
        description: Where messages go that were received too often.
        type: dict
        suboptions:
          deadLetterTargetArn:
            description: ARN of the dead-letter queue.
            type: str
            required: true
          maxReceiveCount:
            description: After how many times; 1 to 1000.
            type: int
            required: true
      redrive_allow_policy:
        description: Which queues may use this one for their dead letters.
        type: dict
        suboptions:
          redrivePermission:
            description: Whether all queues may, none, or those that are named.
            type: str
            choices: [allowAll, denyAll, byQueue]
            required: true
          sourceQueueArns:
            description: The queues that may, with V(byQueue); 10 at most.
            type: list
            elements: str
      tags:
        description: Tags of the queue.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(queues[].tags) are removed.
        type: bool
        default: true
  state:
    description: Whether the queues exist. With V(absent) their messages are lost.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep a queue with its dead-letter queue
  realtime.aws.sqs_queues:
    queues:
      - name: production-orders-dlq
        message_retention_period: 1209600
        redrive_allow_policy:
          redrivePermission: byQueue
          sourceQueueArns: [arn:aws:sqs:us-east-1:123456789012:production-orders]
      - name: production-orders
        visibility_timeout: 300
        receive_message_wait_time_seconds: 20
        redrive_policy:
          deadLetterTargetArn: arn:aws:sqs:us-east-1:123456789012:production-orders-dlq
          maxReceiveCount: 3

- name: Let a topic write to a queue, whatever its other attributes are
  realtime.aws.sqs_queues:
    queues:
      - name: production-shipping
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {Service: sns.amazonaws.com}
              Action: sqs:SendMessage
              Resource: arn:aws:sqs:us-east-1:123456789012:production-shipping
              Condition: {ArnEquals: {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:production-events"}}

- name: Remove both
  realtime.aws.sqs_queues:
    queues:
      - name: production-orders
      - name: production-orders-dlq
    state: absent
"""

RETURN = r"""
queues:
  description: >-
    The managed attributes by queue, with its C(url), which is C(none) for a queue that is yet to be made; C(none) for a
    queue that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample:
    production-orders:
      url: https://sqs.us-east-1.amazonaws.com/123456789012/production-orders
      visibility_timeout: 300
changes:
  description: What changes, one entry a queue.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::SQS::Queue", "name": "production-orders", "action": "create"}]
"""

import json
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::SQS::Queue"
WORKERS = 8
ABSENT = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
DELETED_RECENTLY = ["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"]
INVALID = ["InvalidParameterValue", "InvalidAttributeValue", "AWS.SimpleQueueService.NonExistentQueue"]
NUMBERS = {
    "visibility_timeout": "VisibilityTimeout",
    "message_retention_period": "MessageRetentionPeriod",
    "receive_message_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
}
DOCUMENTS = {
    "policy": "Policy",
    "redrive_policy": "RedrivePolicy",
    "redrive_allow_policy": "RedriveAllowPolicy",
}
TEXTS = {"kms_master_key_id": "KmsMasterKeyId"}
NAMES = {**TEXTS, **NUMBERS, **DOCUMENTS}


def normalize_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without options that are not set, the count a number and the queues in order."""
    found = {key: value for key, value in document.items() if value is not None}
    if "maxReceiveCount" in found:
        found["maxReceiveCount"] = int(found["maxReceiveCount"])
    if "sourceQueueArns" in found:
        found["sourceQueueArns"] = sorted(found["sourceQueueArns"])
    return found


def normalize_attributes(attributes: dict[str, str]) -> dict[str, Any]:
    """Return AWS's attributes under the names of the options, parsed."""
    found: dict[str, Any] = {option: attributes.get(name, "") for option, name in TEXTS.items()}
    found.update({option: int(attributes[name]) for option, name in NUMBERS.items() if name in attributes})
    for option, name in DOCUMENTS.items():
        found[option] = normalize_document(json.loads(attributes.get(name) or "{}"))
    return found


def build_attributes(settings: dict[str, Any]) -> dict[str, str]:
    """Return settings as AWS takes them: everything is text."""
    attributes = {}
    for option, name in NAMES.items():
        if option in settings:
            value = settings[option]
            attributes[name] = json.dumps(value) if option in DOCUMENTS else str(value)
    return attributes


def desired_queue(options: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a queue is read."""
    wanted: dict[str, Any] = {"url": before.get("url")}
    for option in NAMES:
        if options[option] is not None:
            wanted[option] = normalize_document(options[option]) if option in DOCUMENTS else options[option]
    if options["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), options["tags"], options["purge_tags"])
    current = before.get("policy")
    if current and "policy" in wanted and not compare_policies(current, wanted["policy"]):
        wanted["policy"] = current  # the same policy, written another way
    return wanted


@named("list the queues")
def list_queues(client: Any, names: Collection[str]) -> dict[str, str]:
    """Return the URLs by name of queues whose names share a prefix. SQS lists late what is new, and what is deleted."""
    prefix = os.path.commonprefix(list(names))
    if len(names) < 2 or not prefix:
        return {}
    pages = client.get_paginator("list_queues").paginate(QueueNamePrefix=prefix)
    return {url.rsplit("/", 1)[1]: url for page in pages for url in page.get("QueueUrls") or []}


@missing_is_none("read the queue", *ABSENT)
def get_queue(client: Any, name: str, url: str | None) -> dict[str, Any]:
    url = url or client.get_queue_url(QueueName=name)["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    tags = client.list_queue_tags(QueueUrl=url).get("Tags", {})
    return {"url": url, **normalize_attributes(attributes), "tags": tags}


def when_dead_letters_have_a_place(call: Any) -> Any:
    """Make a call that names a dead-letter queue, which SQS may not see for some seconds after it was made."""
    return retry_on(INVALID, call, timeout=60, message="dead letter")


@named("create the queue")
def create_queue(client: Any, name: str, wanted: dict[str, Any]) -> str:
    extra = {"tags": wanted["tags"]} if wanted.get("tags") else {}

    def create() -> dict[str, Any]:
        return client.create_queue(QueueName=name, Attributes=build_attributes(wanted), **extra)

    # CON-4: a name is free again 60 seconds after its queue was deleted.
    return when_dead_letters_have_a_place(lambda: retry_on(DELETED_RECENTLY, create, timeout=75))["QueueUrl"]


@named("change the queue")
def update_queue(client: Any, plan: Plan) -> None:
    url, attributes = plan.before["url"], build_attributes(plan.changes)
    if attributes:
        when_dead_letters_have_a_place(lambda: client.set_queue_attributes(QueueUrl=url, Attributes=attributes))
    to_set, to_remove = tag_changes(plan.before["tags"], plan.after["tags"])
    if to_set:
        client.tag_queue(QueueUrl=url, Tags=to_set)
    if to_remove:
        client.untag_queue(QueueUrl=url, TagKeys=to_remove)


@missing_is_none("delete the queue", *ABSENT)
def delete_queue(client: Any, url: str) -> None:
    client.delete_queue(QueueUrl=url)


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_queue(client, plan.before["url"])
    elif plan.action == "create":
        plan.after["url"] = create_queue(client, plan.name, plan.desired)
    elif plan.changed:
        update_queue(client, plan)


def argument_spec() -> dict[str, Any]:
    redrive = {
        "deadLetterTargetArn": {"type": "str", "required": True},
        "maxReceiveCount": {"type": "int", "required": True},
    }
    allow = {
        "redrivePermission": {"type": "str", "choices": ["allowAll", "denyAll", "byQueue"], "required": True},
        "sourceQueueArns": {"type": "list", "elements": "str"},
    }
    queue = {
        "name": {"type": "str", "required": True},
        **{option: {"type": "int"} for option in NUMBERS},
        "kms_master_key_id": {"type": "str", "no_log": False},
        "policy": {"type": "dict"},
        "redrive_policy": {"type": "dict", "options": redrive},
        "redrive_allow_policy": {"type": "dict", "options": allow},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
    }
    return {
        "queues": {"type": "list", "elements": "dict", "required": True, "options": queue},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    present = module.params["state"] == "present"
    queues = {queue["name"]: queue for queue in module.params["queues"]}
    client = module.client("sqs", retry_decorator=RETRY)
    try:
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            urls = list_queues(client, queues)
            found = dict(zip(queues, pool.map(lambda name: get_queue(client, name, urls.get(name)), queues)))
        plans = [
            Plan(KIND, name, before, desired_queue(queues[name], before or {}) if present else None)
            for name, before in found.items()
        ]
        if not module.check_mode:
            for plan in plans:
                apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(queues={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
