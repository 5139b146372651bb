"""Reading resource policies."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.policy import allows

SNS = ("Service", "sns.amazonaws.com")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
ALLOW = {"Effect": "Allow", "Principal": {"Service": SNS[1]}, "Action": "sqs:SendMessage", "Resource": QUEUE}


def lets_in(*changes: dict[str, Any]) -> bool:
    document = {"Statement": [ALLOW | change for change in changes]}
    return allows(document, SNS, "sqs:SendMessage", QUEUE, {"aws:SourceArn": TOPIC})


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["logs.amazonaws.com", SNS[1]]}},
        {"Action": ["SQS:Send*"]},
        {"Resource": "*"},
        {"Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:*:123456789012:*"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceArn": "other"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}},
    ],
)
def test_lets_in(change: dict[str, Any]) -> None:
    assert lets_in(change)


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"Service": "logs.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Action": "sqs:ReceiveMessage"},
        {"Resource": QUEUE + "-other"},
        {"Effect": "Deny"},
        {"Condition": {"ArnEquals": {"aws:SourceArn": TOPIC + "-other"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},  # not said
        {"Condition": {"StringNotLike": {"aws:SourceArn": "*:orders"}}},
        {"Condition": {"NumericEquals": {"aws:SourceArn": "1"}}},  # no operator that is understood
    ],
)
def test_keeps_out(change: dict[str, Any]) -> None:
    assert not lets_in(change)


def test_a_denial_wins() -> None:
    assert not lets_in({}, {"Effect": "Deny", "Principal": "*"})
    assert lets_in({}, {"Effect": "Deny", "Condition": {"Bool": {"aws:SourceArn": "false"}}})
    assert not allows(None, SNS, "sqs:SendMessage", QUEUE)
