#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_topics
short_description: Manage SNS topics and their subscriptions
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes standard topics with their subscriptions. All of them are read side by side, and only
    what differs is written. An attribute that is omitted is left alone.
  - Options have the names of M(community.aws.sns_topic) where they exist.
  - An e-mail subscription waits until its receiver confirms it. It is made once, never again while it waits, and is
    listed in RV(pending_confirmations). Its attributes can be set only afterwards, so they wait for the next run.
attributes:
  check_mode:
    support: full
    description: Predicts topics and subscriptions without writing them.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  topics:
    description: The topics.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the topic; 1 to 256 letters, digits, hyphens and underscores.
        type: str
        required: true
      display_name:
        description: What e-mails show as the sender; up to 100 characters.
        type: str
      kms_master_key_id:
        description: ARN of the KMS key that encrypts the messages.
        type: str
      policy:
        description: The topic's policy.
        type: dict
      tags:
        description: Tags of the topic.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(topics[].tags) are removed.
        type: bool
        default: true
      subscriptions:
        description: Who receives the messages.
        type: list
        elements: dict
        suboptions:
          protocol:
            description: How they are delivered.
            type: str
            choices: [email, email-json, sms, sqs, lambda, https]
            required: true
          endpoint:
            description: An e-mail address, a phone number as V(+15550100), the ARN of a queue or function, or a URL.
            type: str
            required: true
          raw_message_delivery:
            description: Whether queues and URLs get the message alone, without SNS's envelope.
            type: bool
            default: false
          filter_policy:
            description: Which messages are delivered, by their attributes; all of them when empty.
            type: dict
            default: {}
      purge_subscriptions:
        description: Whether subscriptions that are not in O(topics[].subscriptions) are removed.
        type: bool
        default: true
  state:
    description: Whether the topics exist. With V(absent) their subscriptions go, too.
    type: str
    choices: [present, absent]
    default: present
  account_id:
    description: The account, as far as it is known already; it saves the module from asking STS.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Send alarms to people and to a function
  realtime.aws.sns_topics:
    topics:
      - name: production-alerts
        display_name: Production alerts
        kms_master_key_id: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        subscriptions:
          - {protocol: email, endpoint: ops@example.com}
          - {protocol: lambda, endpoint: "arn:aws:lambda:us-east-1:123456789012:function:production-chat"}

- name: Send events to a queue, some of them only, without an envelope
  realtime.aws.sns_topics:
    topics:
      - name: production-events
        subscriptions:
          - protocol: sqs
            endpoint: arn:aws:sqs:us-east-1:123456789012:production-shipping
            raw_message_delivery: true
            filter_policy: {type: [order-paid]}

- name: Remove a topic
  realtime.aws.sns_topics:
    topics:
      - name: production-events
    state: absent
"""

RETURN = r"""
topics:
  description: The managed attributes by topic, with its C(arn); C(none) for a topic that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"production-alerts": {"arn": "arn:aws:sns:us-east-1:123456789012:production-alerts", "display_name": "Production alerts"}}
pending_confirmations:
  description: The subscriptions that wait for their receiver's confirmation.
  returned: success
  type: list
  elements: str
  sample: [production-alerts email ops@example.com]
changes:
  description: What changes, one entry a topic or subscription.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::SNS::Topic", "name": "production-alerts", "action": "create"}]
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

TOPIC = "AWS::SNS::Topic"
SUBSCRIPTION = "AWS::SNS::Subscription"
WORKERS = 8
ABSENT = ("NotFound", "NotFoundException", "ResourceNotFound")
BUSY = ["ConcurrentAccess", "ConcurrentAccessException"]
ATTRIBUTES = {"display_name": "DisplayName", "kms_master_key_id": "KmsMasterKeyId", "policy": "Policy"}
ENVELOPED = ("sqs", "https", "http")  # the protocols that can do without SNS's envelope
PENDING = "PendingConfirmation"
DELETED = "Deleted"

Key = tuple[str, str]  # protocol and endpoint, by which a topic knows its subscriptions


def normalize_topic(attributes: dict[str, str]) -> dict[str, Any]:
    """Return AWS's attributes under the names of the options, parsed."""
    found: dict[str, Any] = {option: attributes.get(name, "") for option, name in ATTRIBUTES.items()}
    return {**found, "policy": json.loads(found["policy"] or "{}")}


def normalize_subscription(protocol: str, attributes: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"filter_policy": json.loads(attributes.get("FilterPolicy") or "{}")}
    if protocol in ENVELOPED:
        found["raw_message_delivery"] = attributes.get("RawMessageDelivery", "false") == "true"
    return found


def build_topic(settings: dict[str, Any]) -> dict[str, str]:
    """Return the attributes among settings as AWS takes them."""
    found = {name: settings[option] for option, name in ATTRIBUTES.items() if option in settings}
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in found.items()}


def build_subscription(settings: dict[str, Any]) -> dict[str, str]:
    attributes = {}
    if "raw_message_delivery" in settings:
        attributes["RawMessageDelivery"] = str(settings["raw_message_delivery"]).lower()
    if "filter_policy" in settings:
        attributes["FilterPolicy"] = json.dumps(settings["filter_policy"])
    return attributes


def desired_topic(options: dict[str, Any], before: dict[str, Any], arn: str) -> dict[str, Any]:
    """Return what the options ask of the topic itself, in the shape in which it is read."""
    wanted: dict[str, Any] = {"arn": arn}
    wanted.update({option: options[option] for option in ATTRIBUTES if options[option] is not None})
    if options["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), options["tags"], options["purge_tags"])
    current = before.get("policy")
    if current and "policy" in wanted and not compare_policies(current, wanted["policy"]):
        wanted["policy"] = current  # the same policy, written another way
    return wanted


def desired_subscriptions(options: dict[str, Any]) -> dict[Key, dict[str, Any]]:
    wanted = {}
    for item in options["subscriptions"] or []:
        settings = {"filter_policy": item["filter_policy"]}
        if item["protocol"] in ENVELOPED:
            settings["raw_message_delivery"] = item["raw_message_delivery"]
        wanted[item["protocol"], item["endpoint"]] = settings
    return wanted


@missing_is_none("read the topic", *ABSENT)
def get_topic(client: Any, arn: str) -> dict[str, Any]:
    attributes = client.get_topic_attributes(TopicArn=arn)["Attributes"]
    tags = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return {"arn": arn, **normalize_topic(attributes), "tags": boto3_tag_list_to_ansible_dict(tags)}


@missing_is_none("read the subscriptions", *ABSENT)
def get_subscriptions(client: Any, arn: str) -> dict[Key, dict[str, Any]]:
    """Return the topic's subscriptions, their ARN with their attributes; a pending one has nothing but that mark."""
    found: dict[Key, dict[str, Any]] = {}
    for page in client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
        for item in page["Subscriptions"]:
            protocol, subscription = item["Protocol"], item["SubscriptionArn"]
            if subscription == DELETED:  # SNS lists those for some days
                continue
            state = {"arn": subscription}
            if subscription != PENDING:  # IDM-14
                read = client.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
                state.update(normalize_subscription(protocol, read))
            found[protocol, item["Endpoint"]] = state
    return found


@named("list the topics")
def list_topics(client: Any) -> list[dict[str, str]]:
    return pages(client, "list_topics", "Topics")


@named("create the topic")
def create_topic(client: Any, plan: Plan) -> None:
    tags = ansible_dict_to_boto3_tag_list(plan.desired.get("tags", {}))
    attributes = build_topic(plan.desired)
    retry_on(BUSY, lambda: client.create_topic(Name=plan.name, Attributes=attributes, Tags=tags), timeout=60)


@named("change the topic")
def update_topic(client: Any, plan: Plan) -> None:
    arn = plan.before["arn"]
    for name, value in build_topic(plan.changes).items():
        client.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    to_set, to_remove = tag_changes(plan.before["tags"], plan.after["tags"])
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceArn=arn, TagKeys=to_remove)


@missing_is_none("delete the topic", *ABSENT)
def delete_topic(client: Any, arn: str) -> None:
    client.delete_topic(TopicArn=arn)


@named("subscribe to the topic")
def subscribe(client: Any, topic_arn: str, key: Key, settings: dict[str, Any]) -> str:
    attributes = build_subscription({name: value for name, value in settings.items() if value})
    protocol, endpoint = key
    answer = client.subscribe(TopicArn=topic_arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
    return answer["SubscriptionArn"]


@named("change the subscription")
def update_subscription(client: Any, arn: str, settings: dict[str, Any]) -> None:
    for name, value in build_subscription(settings).items():
        client.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)


@missing_is_none("remove the subscription", *ABSENT)
def unsubscribe(client: Any, arn: str) -> None:
    client.unsubscribe(SubscriptionArn=arn)


def plan_subscriptions(options: dict[str, Any], found: dict[Key, dict[str, Any]]) -> dict[Key, Plan]:
    """Return what is to be done about each subscription; a pending one can neither be changed nor removed."""
    if options["subscriptions"] is None:
        return {}
    plans = {}
    wanted = desired_subscriptions(options)
    for key in sorted({*wanted, *found}):
        before, desired = found.get(key), wanted.get(key)
        pending = before is not None and before["arn"] == PENDING
        if desired is None and (pending or not options["purge_subscriptions"]):
            continue
        if pending:
            desired = {}
        plans[key] = Plan(SUBSCRIPTION, " ".join([options["name"], *key]), before, desired)
    return plans


def apply_topic(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_topic(client, plan.before["arn"])
    elif plan.action == "create":
        create_topic(client, plan)
    elif plan.changed:
        update_topic(client, plan)


def apply_subscription(client: Any, topic_arn: str, key: Key, plan: Plan) -> None:
    if plan.action == "delete":
        unsubscribe(client, plan.before["arn"])
    elif plan.action == "create":
        arn = subscribe(client, topic_arn, key, plan.desired)
        plan.after["arn"] = arn if arn.startswith("arn:") else PENDING
    elif plan.changed:
        update_subscription(client, plan.before["arn"], plan.changes)


def converge(client: Any, arn: str, options: dict[str, Any], present: bool, check_mode: bool) -> list[Plan]:
    """Bring one topic and its subscriptions to what is wanted, or predict it; return the plans, the topic's first."""
    before = get_topic(client, arn)
    topic = Plan(TOPIC, options["name"], before, desired_topic(options, before or {}, arn) if present else None)
    found = get_subscriptions(client, arn) if before and present else None
    subscriptions = plan_subscriptions(options, found or {}) if present else {}
    if not check_mode:
        apply_topic(client, topic)
        for key, plan in subscriptions.items():
            apply_subscription(client, arn, key, plan)
    return [topic, *subscriptions.values()]


def await_topics(client: Any, arns: list[str]) -> None:
    """Wait until AWS lists new topics, for their layer, and answers for them, for the next run: the client repeats that."""
    await_listed(arns, lambda: list_topics(client))
    for arn in arns:
        get_topic(client, arn)


def argument_spec() -> dict[str, Any]:
    subscription = {
        "protocol": {
            "type": "str",
            "choices": ["email", "email-json", "sms", "sqs", "lambda", "https"],
            "required": True,
        },
        "endpoint": {"type": "str", "required": True},
        "raw_message_delivery": {"type": "bool", "default": False},
        "filter_policy": {"type": "dict", "default": {}},
    }
    topic = {
        "name": {"type": "str", "required": True},
        "display_name": {"type": "str"},
        "kms_master_key_id": {"type": "str", "no_log": False},
        "policy": {"type": "dict"},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "subscriptions": {"type": "list", "elements": "dict", "options": subscription},
        "purge_subscriptions": {"type": "bool", "default": True},
    }
    return {
        "topics": {"type": "list", "elements": "dict", "required": True, "options": topic},
        "account_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    present = module.params["state"] == "present"
    topics = {topic["name"]: topic for topic in module.params["topics"]}
    client = module.client("sns", retry_decorator=RETRY)
    account, partition = module.account()
    prefix = f"arn:{partition}:sns:{module.region}:{account}:"

    def run(name: str) -> list[Plan]:
        return converge(client, prefix + name, topics[name], present, module.check_mode)

    try:
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            done = list(pool.map(run, topics))
        if not module.check_mode:
            await_topics(client, [group[0].after["arn"] for group in done if group[0].action == "create"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    plans = [plan for group in done for plan in group]
    pending = [plan.name for plan in plans if plan.kind == SUBSCRIPTION and (plan.after or {}).get("arn") == PENDING]
    module.exit_json(
        topics={plan.name: plan.after for plan in plans if plan.kind == TOPIC},
        pending_confirmations=pending,
        **report(*plans),
    )


if __name__ == "__main__":
    main()
