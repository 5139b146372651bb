"""Messages reach only who lets them in: topics to queues and functions, alarms to topics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_helpers import Aws, eventually, function_code, key_for, refused, trust

ACCOUNT = "123456789012"


def policy(service: str, action: str, resource: str, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | condition]})


@pytest.fixture
def topic(aws: Aws) -> str:
    """The ARN of a topic."""
    return aws("sns").create_topic(Name="orders")["TopicArn"]


@pytest.fixture
def queue(aws: Aws, topic: str) -> dict[str, Any]:
    """A queue that is subscribed to the topic, and lets nobody in."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return {"url": url, "arn": arn, "policy": policy("sns.amazonaws.com", "sqs:SendMessage", arn)}


def arrives(aws: Aws, topic: str, url: str) -> bool:
    aws("sns").publish(TopicArn=topic, Message="hello")
    return bool(aws("sqs").receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"))


def test_ord_5_queue_policy_lets_the_topic_in(aws: Aws, topic: str, queue: dict[str, Any]) -> None:
    assert not arrives(aws, topic, queue["url"])
    other = {"Condition": {"ArnEquals": {"aws:SourceArn": topic + "-other"}}}
    attributes = {"Policy": policy("sns.amazonaws.com", "sqs:SendMessage", queue["arn"], **other)}
    aws("sqs").set_queue_attributes(QueueUrl=queue["url"], Attributes=attributes)
    assert not arrives(aws, topic, queue["url"])
    aws("sqs").set_queue_attributes(QueueUrl=queue["url"], Attributes={"Policy": queue["policy"]})
    assert arrives(aws, topic, queue["url"])


@pytest.mark.parametrize("services", [(), ("sns.amazonaws.com",)])
def test_key_of_the_queue_lets_the_topic_in(
    aws: Aws, topic: str, queue: dict[str, Any], services: tuple[str, ...]
) -> None:
    attributes = {"Policy": queue["policy"], "KmsMasterKeyId": key_for(aws, *services)}
    aws("sqs").set_queue_attributes(QueueUrl=queue["url"], Attributes=attributes)
    assert arrives(aws, topic, queue["url"]) == bool(services)


def test_aws_own_key_of_the_queue_keeps_the_topic_out(aws: Aws, topic: str, queue: dict[str, Any]) -> None:
    attributes = {"Policy": queue["policy"], "KmsMasterKeyId": "alias/aws/sqs"}
    aws("sqs").set_queue_attributes(QueueUrl=queue["url"], Attributes=attributes)
    assert not arrives(aws, topic, queue["url"])


def test_function_lets_the_topic_in(aws: Aws, topic: str) -> None:
    """moto makes the function's log group when it invokes it."""
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    functions, logs = aws("lambda"), aws("logs")
    create = {"FunctionName": "f", "Role": role, "Runtime": "python3.13", "Handler": "a.h"}
    create |= {"Code": {"ZipFile": function_code()}}
    arn = eventually("InvalidParameterValueException", functions.create_function, **create)["FunctionArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    aws("sns").publish(TopicArn=topic, Message="hello")
    assert logs.describe_log_groups()["logGroups"] == []
    permission = {"StatementId": "sns", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    functions.add_permission(FunctionName="f", SourceArn=topic, **permission)
    aws("sns").publish(TopicArn=topic, Message="hello")
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["/aws/lambda/f"]


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        (None, "Successfully executed"),
        ((), "encryption key"),
        (("cloudwatch.amazonaws.com",), "Successfully executed"),
        ("alias/aws/sns", "encryption key"),
    ],
)
def test_alarm_reaches_its_topic(aws: Aws, topic: str, queue: dict[str, Any], key: Any, outcome: str) -> None:
    sqs, cloudwatch = aws("sqs"), aws("cloudwatch")
    sqs.set_queue_attributes(QueueUrl=queue["url"], Attributes={"Policy": queue["policy"]})
    if key is not None:
        key = key if isinstance(key, str) else key_for(aws, *key)
        aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic])
    for _again in range(2):  # only a change of the state acts
        cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    (done,) = cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"]
    assert outcome in done["HistorySummary"]
    arrived = sqs.receive_message(QueueUrl=queue["url"]).get("Messages", [])
    assert bool(arrived) == outcome.startswith("Success")


def test_topic_policy_lets_the_alarm_in(aws: Aws, topic: str) -> None:
    cloudwatch = aws("cloudwatch")
    only_events = policy("events.amazonaws.com", "sns:Publish", topic)
    aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=only_events)
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic], OKActions=[topic + "-gone"])
    for state, outcome in (("ALARM", "not authorized"), ("OK", "does not exist")):
        cloudwatch.set_alarm_state(AlarmName="a", StateValue=state, StateReason="test")
        done = cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"][0]
        assert outcome in done["HistorySummary"]


ALARM = {
    "AlarmName": "a",
    "Namespace": "AWS/EC2",
    "MetricName": "CPUUtilization",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.mark.parametrize(
    "change",
    [
        {"Period": 45},
        {"Period": 60, "EvaluationPeriods": 1441},
        {"Period": 3600, "EvaluationPeriods": 169},
        {"AlarmActions": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:t{i}" for i in range(6)]},
    ],
)
def test_refused_alarms(aws: Aws, change: dict[str, Any]) -> None:
    cloudwatch = aws("cloudwatch")
    refused("ValidationError", cloudwatch.put_metric_alarm, **ALARM | change)
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
