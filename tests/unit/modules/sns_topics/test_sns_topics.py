# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import sns_topics

NAME = "production-order-events"
ARN = f"arn:aws:sns:us-east-1:123456789012:{NAME}"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["sns:Publish"]}]}
TO_QUEUE = {"protocol": "sqs", "endpoint": QUEUE, "raw_message_delivery": True, "filter_policy": {"type": ["paid"]}}
TO_MAIL = {"protocol": "email", "endpoint": "ops@example.com"}
TOPIC: dict[str, Any] = {
    "name": NAME,
    "display_name": "Order events",
    "kms_master_key_id": "alias/messaging",
    "policy": POLICY,
    "tags": {"Project": "realtime"},
    "subscriptions": [TO_QUEUE],
}


@pytest.fixture
def sns(aws):
    boto3.client("sqs").create_queue(QueueName="orders")
    return boto3.client("sns")


def test_create(sns, run_module):
    result = run_module("sns_topics", topics=[TOPIC])
    assert [(change["type"], change["name"]) for change in result["changes"]] == [
        ("AWS::SNS::Topic", NAME),
        ("AWS::SNS::Subscription", f"{NAME} sqs {QUEUE}"),
    ]
    attributes = sns.get_topic_attributes(TopicArn=ARN)["Attributes"]
    assert attributes["DisplayName"] == "Order events"
    assert attributes["KmsMasterKeyId"] == "alias/messaging"
    assert json.loads(attributes["Policy"]) == POLICY
    subscription = sns.list_subscriptions_by_topic(TopicArn=ARN)["Subscriptions"][0]["SubscriptionArn"]
    settings = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert settings["RawMessageDelivery"] == "true"
    assert json.loads(settings["FilterPolicy"]) == {"type": ["paid"]}


def test_second_run_writes_nothing(sns, run_module, writes):
    run_module("sns_topics", topics=[TOPIC])
    writes.clear()
    again = {**TOPIC, "policy": {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": "sns:Publish"}]}}
    assert not run_module("sns_topics", topics=[again])["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"display_name": "Orders"}, ["SetTopicAttributes"]),
        ({"tags": {"Project": "other"}}, ["TagResource"]),
        ({"tags": {}}, ["UntagResource"]),
        ({"subscriptions": [{**TO_QUEUE, "raw_message_delivery": False}]}, ["SetSubscriptionAttributes"]),
        ({"subscriptions": []}, ["Unsubscribe"]),
        ({"subscriptions": [], "purge_subscriptions": False}, []),
        ({"subscriptions": None}, []),
    ],
)
def test_update_writes_what_differs(sns, run_module, writes, change, calls):
    run_module("sns_topics", topics=[TOPIC])
    writes.clear()
    result = run_module("sns_topics", topics=[{**TOPIC, **change}])
    assert result["changed"] == bool(calls)
    assert writes == calls


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(sns, run_module, writes, state):
    if state == "absent":
        run_module("sns_topics", topics=[TOPIC])
    writes.clear()
    result = run_module("sns_topics", check=True, topics=[TOPIC], state=state)
    assert result["changed"]
    assert (result["topics"][NAME] is None) == (state == "absent")
    assert writes == []


def test_delete_and_delete_again(sns, run_module):
    run_module("sns_topics", topics=[TOPIC])
    assert run_module("sns_topics", topics=[{"name": NAME}], state="absent")["changed"]
    assert sns.list_topics()["Topics"] == []
    assert not run_module("sns_topics", topics=[{"name": NAME}], state="absent")["changed"]


def pending(options: dict[str, Any]) -> dict[Any, Any]:
    options = {"name": NAME, "purge_subscriptions": True, **options}
    return sns_topics.plan_subscriptions(options, {("email", "ops@example.com"): {"arn": sns_topics.PENDING}})


def test_idm_14_a_pending_subscription_is_neither_repeated_nor_changed():
    plan = pending({"subscriptions": [{**TO_MAIL, "raw_message_delivery": False, "filter_policy": {"a": ["b"]}}]})
    assert [item.action for item in plan.values()] == ["none"]


def test_idm_14_a_pending_subscription_cannot_be_removed():
    assert pending({"subscriptions": []}) == {}


def test_idm_14_what_sns_calls_deleted_is_not_there(aws, monkeypatch):
    entries = [{"Protocol": "email", "Endpoint": "ops@example.com", "SubscriptionArn": "Deleted"}]

    class Client:
        def get_paginator(self, operation):
            return self

        def paginate(self, **_):
            return [{"Subscriptions": entries}]

    assert sns_topics.get_subscriptions(Client(), ARN) == {}


def test_an_error_is_reported(sns, run_module):
    with pytest.raises(Exception, match="Failed to create the topic"):
        run_module("sns_topics", topics=[{"name": "not a name"}])


def test_an_unknown_protocol_is_refused(aws, run_module):
    with pytest.raises(Exception, match="fax"):
        run_module("sns_topics", topics=[{"name": NAME, "subscriptions": [{"protocol": "fax", "endpoint": "1"}]}])
