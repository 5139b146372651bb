# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""One alarm a topic goes off, its history says what came of it, and it ends as it was."""

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import cloudwatch_alarm_delivery


def topic(name, lets_in="cloudwatch"):
    sns = boto3.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": f"{lets_in}.amazonaws.com"}}
    allowed |= {"Action": "sns:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn


def alarm(name, *actions, state="OK", **more):
    client = boto3.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=name,
        AlarmActions=list(actions),
        Namespace="Shop",
        MetricName="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        **more,
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="made")
    return name


def states():
    found = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {each["AlarmName"]: each["StateValue"] for each in found}


@pytest.fixture
def ask(sandbox_aws, run_module):
    def ask(*names, **options):
        before = states()
        result = run_module("cloudwatch_alarm_delivery", alarm_names=list(names), timeout=0, **options)
        assert states() == before
        assert not result["changed"]
        return [(each["verdict"], each["subject"], each["found"]) for each in result["checks"]]

    return ask


def test_each_topic_is_told_by_one_alarm(ask):
    cpu, errors = topic("cpu"), topic("errors")
    names = [alarm("a", cpu, state="ALARM"), alarm("b", cpu, state="INSUFFICIENT_DATA"), alarm("c", cpu, errors)]
    assert ask(*names) == [
        ("pass", "Alarm to cpu", "b published to it"),
        ("pass", "Alarm to errors", "c published to it"),
    ]
    assert ask(*names) == ask(*names)  # what the history says of the time before does not count


def test_a_topic_that_keeps_cloudwatch_out(ask):
    shut = topic("shut", lets_in="events")
    [(verdict, _subject, found)] = ask(alarm("a", shut))
    assert verdict == "fail"
    assert "not authorized to perform: SNS:Publish" in found
    [(verdict, _subject, found)] = ask(alarm("b", "arn:aws:sns:us-east-1:123456789012:gone"))
    assert verdict == "fail"


def test_the_old_success_of_an_alarm_does_not_count(ask):
    arn = topic("cpu")
    name = alarm("a", arn)
    assert ask(name)[0][0] == "pass"
    topic("cpu", lets_in="events")
    assert ask(name)[0][0] == "fail"


def test_an_alarm_of_which_no_news_come(ask, monkeypatch):
    name = alarm("a", topic("cpu"))
    assert ask(name)[0][0] == "pass"
    monkeypatch.setattr(cloudwatch_alarm_delivery, "set_state", lambda *_: None)
    assert ask(name) == [("fail", "Alarm to cpu", "a: its history says nothing of it within 0 s")]


@pytest.mark.parametrize("busy", ["in ALARM", "with another action"])
def test_an_alarm_that_can_t_be_taken(ask, busy):
    arn = topic("cpu")
    actions = [arn] if busy == "in ALARM" else [arn, "arn:aws:automate:us-east-1:ec2:reboot"]
    name = alarm("a", *actions, state="ALARM" if busy == "in ALARM" else "OK")
    assert ask(name) == [("skipped", "Alarm to cpu", "in ALARM already, or with other actions: a")]


def test_silent_alarms_are_not_set(ask):
    assert ask(alarm("a", topic("cpu"), ActionsEnabled=False)) == []
    assert ask() == []


def test_check_mode_sets_no_alarm(ask, writes):
    name = alarm("a", topic("cpu"))
    writes.clear()
    assert ask(name, check=True) == [("skipped", "Alarm to cpu", "check mode sets no alarm")]
    assert writes == []
