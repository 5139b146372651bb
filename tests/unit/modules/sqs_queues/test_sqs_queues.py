# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import converge
from ansible_collections.realtime.aws.plugins.modules import sqs_queues
from botocore.exceptions import ClientError

ARN = "arn:aws:sqs:us-east-1:123456789012:"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["sqs:*"]}]}
DLQ: dict[str, Any] = {"name": "orders-dlq", "message_retention_period": 1209600, "tags": {"Project": "realtime"}}
ORDERS: dict[str, Any] = {
    "name": "orders",
    "visibility_timeout": 300,
    "receive_message_wait_time_seconds": 20,
    "kms_master_key_id": "alias/messaging",
    "policy": POLICY,
    "redrive_policy": {"deadLetterTargetArn": f"{ARN}orders-dlq", "maxReceiveCount": 3},
    "tags": {"Project": "realtime"},
}


@pytest.fixture
def sqs(aws):
    return boto3.client("sqs")


def attributes(sqs, name):
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_create(sqs, run_module):
    result = run_module("sqs_queues", queues=[DLQ, ORDERS])
    assert [change["name"] for change in result["changes"]] == ["orders-dlq", "orders"]
    assert result["queues"]["orders"]["url"].endswith("/orders")
    found = attributes(sqs, "orders")
    assert found["VisibilityTimeout"] == "300"
    assert json.loads(found["RedrivePolicy"])["maxReceiveCount"] == 3
    assert json.loads(found["Policy"]) == POLICY


def test_second_run_writes_nothing(sqs, run_module, writes):
    run_module("sqs_queues", queues=[DLQ, ORDERS])
    writes.clear()
    again = {**ORDERS, "policy": {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": "sqs:*"}]}}
    assert not run_module("sqs_queues", queues=[DLQ, again])["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"visibility_timeout": 60}, ["SetQueueAttributes"]),
        ({"tags": {"Project": "other"}}, ["TagQueue"]),
        ({"tags": {}}, ["UntagQueue"]),
    ],
)
def test_update_writes_what_differs(sqs, run_module, writes, change, calls):
    run_module("sqs_queues", queues=[DLQ, ORDERS])
    writes.clear()
    result = run_module("sqs_queues", queues=[DLQ, {**ORDERS, **change}])
    assert result["changes"] == [{"type": "AWS::SQS::Queue", "name": "orders", "action": "update"}]
    assert str(next(iter(change))) in result["diff"][0]["after"]
    assert writes == calls


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(sqs, run_module, writes, state):
    if state == "absent":
        run_module("sqs_queues", queues=[DLQ])
    writes.clear()
    result = run_module("sqs_queues", check=True, queues=[DLQ], state=state)
    assert result["changed"]
    assert (result["queues"]["orders-dlq"] is None) == (state == "absent")
    assert writes == []


def test_delete_and_delete_again(sqs, run_module):
    run_module("sqs_queues", queues=[DLQ, ORDERS])
    queues = [{"name": "orders"}, {"name": "orders-dlq"}]
    assert run_module("sqs_queues", queues=queues, state="absent")["changed"]
    assert "QueueUrls" not in sqs.list_queues()
    assert not run_module("sqs_queues", queues=queues, state="absent")["changed"]


def test_con_4_waits_for_a_name_that_was_deleted_recently(aws, monkeypatch):
    monkeypatch.setattr(converge.time, "sleep", lambda seconds: None)
    tries = []

    class Client:
        def create_queue(self, **request):
            tries.append(request)
            if len(tries) < 3:
                raise ClientError({"Error": {"Code": sqs_queues.DELETED_RECENTLY[0], "Message": "wait"}}, "CreateQueue")
            return {"QueueUrl": "url"}

    assert sqs_queues.create_queue(Client(), "orders", {}) == "url"
    assert len(tries) == 3


def test_an_error_is_reported(sqs, run_module):
    with pytest.raises(Exception, match="Failed to create the queue"):
        run_module("sqs_queues", queues=[{"name": "not a name"}])


def test_documents_are_compared_in_one_form():
    by_aws = {"redrivePermission": "byQueue", "sourceQueueArns": ["b", "a"]}
    assert sqs_queues.normalize_document(by_aws)["sourceQueueArns"] == ["a", "b"]
    assert sqs_queues.normalize_document({"maxReceiveCount": "3"}) == {"maxReceiveCount": 3}
    assert sqs_queues.normalize_document({"redrivePermission": "denyAll", "sourceQueueArns": None}) == {
        "redrivePermission": "denyAll"
    }


@pytest.mark.parametrize("listed", [{}, {"orders": "https://sqs.us-east-1.amazonaws.com/123456789012/orders-gone"}])
def test_sqs_lists_late(sqs, run_module, monkeypatch, listed):
    """A new queue is not listed yet, and a deleted one still is."""
    run_module("sqs_queues", queues=[DLQ, {**ORDERS, "redrive_policy": None}])
    if listed:
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="orders")["QueueUrl"])
    monkeypatch.setattr(sqs_queues, "list_queues", lambda client, names: listed)
    result = run_module("sqs_queues", queues=[DLQ, {**ORDERS, "redrive_policy": None}])
    assert [change["action"] for change in result["changes"]] == (["create"] if listed else [])
