"""SQS extensions."""

from __future__ import annotations

import json

from sandbox_helpers import Aws

STATEMENT = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}


def test_policies_outlive_other_changes(aws: Aws) -> None:
    sqs = aws("sqs")
    policies = {
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}),
        "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"}),
    }
    url = sqs.create_queue(QueueName="orders", Attributes=policies)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {key: attributes.get(key) for key in policies} == policies
    assert attributes["VisibilityTimeout"] == "60"


def test_a_redrive_allow_policy_can_be_changed(aws: Aws) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": '{"redrivePermission": "denyAll"}'})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
    assert json.loads(attributes["RedriveAllowPolicy"]) == {"redrivePermission": "denyAll"}
