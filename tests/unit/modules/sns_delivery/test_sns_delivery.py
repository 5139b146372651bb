# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""A message goes through the topic into the queues and out again, and nobody else's is touched."""

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.sns_delivery import Delivery

ACCOUNT = "123456789012"


@pytest.fixture
def bus(sandbox_aws):
    """A topic and two queues that let it in."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    urls = []
    for name in ("inventory", "shipping"):
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}
        statement |= {
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        urls.append(sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return {"topic_arn": topic, "queue_urls": urls, "timeout": 1, "metrics_timeout": 0}


@pytest.fixture
def counts(monkeypatch):
    """What CloudWatch counts, by metric."""
    found = {}
    monkeypatch.setattr(Delivery, "counted", lambda _self, _url, metric, _since, _until: found.get(metric, 0))
    return found


def verdicts(result):
    assert not result["changed"]
    assert all(bool(each["remedy"]) == (each["verdict"] == "fail") for each in result["checks"])
    return [(each["verdict"], each["found"]) for each in result["checks"]]


def held(url):
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return [int(counts[name]) for name in wanted]


def close(url):
    """Let another service in instead."""
    sqs = boto3.client("sqs")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy.replace("sns.amazonaws", "events.amazonaws")})


def test_it_arrives_and_is_gone(bus, run_module):
    result = run_module("sns_delivery", **bus)
    assert verdicts(result) == [("pass", "it arrived, and was deleted")] * 2
    assert [each["subject"] for each in result["checks"]] == ["Event to inventory", "Event to shipping"]
    assert [held(url) for url in bus["queue_urls"]] == [[0, 0], [0, 0]]


def test_a_queue_that_keeps_the_topic_out(bus, run_module, counts):
    close(bus["queue_urls"][1])
    assert verdicts(run_module("sns_delivery", **bus)) == [
        ("pass", "it arrived, and was deleted"),
        ("fail", "it did not arrive within 1 s"),
    ]


def test_attributes_are_sent(bus, run_module):
    sns = boto3.client("sns")
    for each in sns.list_subscriptions_by_topic(TopicArn=bus["topic_arn"])["Subscriptions"]:
        policy = json.dumps({"type": ["order-placed"]})
        sns.set_subscription_attributes(
            SubscriptionArn=each["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue=policy
        )
    one = {**bus, "queue_urls": bus["queue_urls"][:1]}
    assert verdicts(run_module("sns_delivery", **one))[0][0] == "fail"
    sent = run_module("sns_delivery", **one, message_attributes={"type": "order-placed"})
    assert verdicts(sent) == [("pass", "it arrived, and was deleted")]


def receives(url):
    """How often each message was received, this time included."""
    found = boto3.client("sqs").receive_message(QueueUrl=url, AttributeNames=["All"], MaxNumberOfMessages=10)
    return sorted(each["Attributes"]["ApproximateReceiveCount"] for each in found.get("Messages", []))


def test_a_queue_that_holds_messages_is_not_looked_into(bus, run_module, counts):
    url = bus["queue_urls"][0]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="an order")
    one = {**bus, "queue_urls": [url]}
    why = "not looked for among other messages"
    assert verdicts(run_module("sns_delivery", **one)) == [
        ("fail", f"{why}; none was sent to it within 0 s, says CloudWatch")
    ]
    counts["NumberOfMessagesSent"] = 2
    assert verdicts(run_module("sns_delivery", **one)) == [
        ("pass", f"{why}; messages sent to it since, says CloudWatch: 2")
    ]
    assert receives(url) == ["1", "1", "1"]


@pytest.mark.parametrize("open_to_it", [True, False])
def test_what_comes_meanwhile_is_received_once(bus, run_module, monkeypatch, counts, open_to_it):
    url, publish = bus["queue_urls"][0], Delivery.publish

    def between(self, *wanted):
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="an order")
        publish(self, *wanted)

    monkeypatch.setattr(Delivery, "publish", between)
    if not open_to_it:
        close(url)
    [(verdict, _found)] = verdicts(run_module("sns_delivery", **{**bus, "queue_urls": [url]}))
    assert verdict == ("pass" if open_to_it else "fail")
    assert receives(url) == ["2"]


def test_consumers_may_be_faster(bus, run_module, counts):
    close(bus["queue_urls"][0])
    one = {**bus, "queue_urls": bus["queue_urls"][:1]}
    counts["NumberOfEmptyReceives"] = 45
    why = "not found, for the queue has consumers"
    assert verdicts(run_module("sns_delivery", **one)) == [
        ("fail", f"{why}; none was sent to it within 0 s, says CloudWatch")
    ]
    counts["NumberOfMessagesSent"] = 1
    assert verdicts(run_module("sns_delivery", **one)) == [
        ("pass", f"{why}; messages sent to it since, says CloudWatch: 1")
    ]


def test_check_mode_publishes_nothing(bus, run_module, writes):
    result = run_module("sns_delivery", check=True, **bus)
    assert [each["verdict"] for each in result["checks"]] == ["skipped"] * 2
    assert writes == []


def test_what_is_not_there_has_failed(bus, run_module):
    result = run_module("sns_delivery", **{**bus, "topic_arn": f"{bus['topic_arn']}-x"})
    assert [each["verdict"] for each in result["checks"]] == ["fail"]
    assert "Failed to publish to the topic" in result["checks"][0]["found"]
    result = run_module("sns_delivery", **{**bus, "queue_urls": [f"{bus['queue_urls'][0]}-x"]})
    assert [each["verdict"] for each in result["checks"]] == ["fail"]
