"""Bad days: what goes wrong, what had its effect nevertheless, and tokens that make a repeated call the same call."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from sandbox_helpers import Aws

from sandbox import faults, wire
from sandbox.control import Sandbox
from sandbox.faults import CUT, LOST, REFUSED, SLOWED, THROTTLED, Faults

SEED = "1"


def on_a_bad_day(sandbox: Sandbox, calls: int, call: Any) -> list[dict[str, Any]]:
    """What the journal says of so many calls, half of which meet a fault."""
    sandbox.faults(seed=SEED, share=0.5)
    for number in range(calls):
        try:
            call(number)
        except (ClientError, BotoCoreError, ResponseParserError):
            pass  # the journal tells
    sandbox.faults()
    return sandbox.requests()


def test_share_and_kinds_follow_the_seed(sandbox: Sandbox, aws: Aws) -> None:
    def run() -> list[str]:
        return [entry["fault"] for entry in on_a_bad_day(sandbox, 40, lambda _number: aws("sqs").list_queues())]

    first = run()
    assert set(first) == {"", THROTTLED, REFUSED, LOST, CUT, SLOWED}
    assert 10 < sum(map(bool, first)) < 30
    sandbox.reset()
    assert run() == first
    sandbox.reset()
    aws("sqs").list_queues()
    assert sandbox.requests()[0]["fault"] == "", "a reset heals"


def test_only_what_was_executed_has_an_effect(sandbox: Sandbox, aws: Aws) -> None:
    """Each queue's fate is its fault's: throttled and refused leave nothing, lost and cut do their work."""
    entries = on_a_bad_day(sandbox, 40, lambda number: aws("sqs").create_queue(QueueName=f"q{number}"))
    there = {url.rpartition("/")[2] for url in aws("sqs").list_queues()["QueueUrls"]}
    for entry in entries:
        executed = entry["fault"] not in (THROTTLED, REFUSED)
        assert (entry["params"]["QueueName"] in there) == executed, entry
        assert (entry["error"] is None) == (entry["fault"] in ("", CUT, SLOWED)), entry
    assert Counter(entry["fault"] for entry in entries).keys() >= {THROTTLED, REFUSED, LOST, CUT, SLOWED}


def test_slow_answer_lets_others_pass(sandbox: Sandbox, aws: Aws) -> None:
    seed = next(f"s{n}" for n in range(1000) if first_fault(f"s{n}", "sqs", "ListQueues") == SLOWED)
    aws("sqs"), aws("sns")
    sandbox.faults(seed=seed, share=1.0)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(aws("sqs").list_queues)
        time.sleep(faults.SLOW / 3)
        assert sandbox.status(), "the server answers others meanwhile"
        assert not slow.done()
        slow.result()
    sandbox.faults()


def first_fault(seed: str, service: str, operation: str) -> str:
    """What the first call of an operation meets."""
    bad = Faults()
    bad.set(seed=seed, share=1.0)
    model = wire.operation_model(service, operation)
    return bad.draw(wire.Message({}, b"", service, "us-east-1", "1", "key", model=model))


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("ec2", "describe_vpcs", "RequestLimitExceeded", 503),
        ("s3", "list_buckets", "SlowDown", 503),
        ("lambda", "list_functions", "TooManyRequestsException", 429),
        ("sqs", "list_queues", "RequestThrottled", 403),
        ("iam", "list_roles", "Throttling", 400),
        ("route53", "list_hosted_zones", "Throttling", 400),
        ("kms", "list_keys", "ThrottlingException", 400),
        ("backup", "list_backup_plans", "ThrottlingException", 429),
        ("cloudwatch", "describe_alarms", "ThrottlingException", 400),
    ],
)
def test_each_service_throttles_by_its_own_code(
    sandbox: Sandbox, aws: Aws, service: str, operation: str, code: str, status: int
) -> None:
    name = "".join(map(str.title, operation.split("_"))).replace("Db", "DB")
    seed = next(f"s{n}" for n in range(1000) if first_fault(f"s{n}", service, name) == THROTTLED)
    sandbox.faults(seed=seed, share=1.0)
    with pytest.raises(ClientError) as caught:
        getattr(aws(service), operation)()
    sandbox.faults()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("service", ["ec2", "s3", "lambda", "iam", "route53", "kms", "backup", "cloudwatch"])
def test_each_service_fails_by_a_status_that_sdks_repeat(sandbox: Sandbox, aws: Aws, service: str) -> None:
    operation = {
        "ec2": "describe_vpcs",
        "s3": "list_buckets",
        "lambda": "list_functions",
        "iam": "list_roles",
        "route53": "list_hosted_zones",
        "kms": "list_keys",
        "backup": "list_backup_plans",
        "cloudwatch": "describe_alarms",
    }[service]
    name = "".join(map(str.title, operation.split("_")))
    seed = next(f"s{n}" for n in range(1000) if first_fault(f"s{n}", service, name) == REFUSED)
    sandbox.faults(seed=seed, share=1.0)
    with pytest.raises(ClientError) as caught:
        getattr(aws(service), operation)()
    sandbox.faults()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
    assert caught.value.response["Error"]["Code"] in {code for code, _status in sum(faults.FAILURES.values(), ())}


def test_held_call_has_its_effect_and_what_comes_after_has_none(sandbox: Sandbox, aws: Aws) -> None:
    clients = [aws("sqs") for _number in range(2)]
    sandbox.faults(hold=2)
    clients[0].create_queue(QueueName="first")
    with ThreadPoolExecutor() as pool:
        held = pool.submit(clients[0].create_queue, QueueName="second")
        while not (sandbox.status() or {}).get("held"):
            time.sleep(0.05)
        late = pool.submit(clients[1].create_queue, QueueName="third")
        time.sleep(0.2)
        assert not held.done()
        assert not late.done()
        sandbox.faults()
        held.result()
        with pytest.raises(ClientError):
            late.result()
    there = {url.rpartition("/")[2] for url in aws("sqs").list_queues()["QueueUrls"]}
    assert there == {"first", "second"}


def test_repeated_token_is_the_same_call(aws: Aws) -> None:
    plan = {
        "LaunchTemplateName": "web",
        "LaunchTemplateData": {"InstanceType": "t3.micro"},
        "ClientToken": "once",
    }
    first = aws("ec2").create_launch_template(**plan)["LaunchTemplate"]
    assert aws("ec2").create_launch_template(**plan)["LaunchTemplate"] == first
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        aws("ec2").create_launch_template(**plan | {"LaunchTemplateName": "other"})
    request = {"DomainName": "example.com", "ValidationMethod": "DNS", "IdempotencyToken": "once"}
    arns = {aws("acm").request_certificate(**request)["CertificateArn"] for _number in range(2)}
    assert len(arns) == 1
    assert aws("acm").request_certificate(**request | {"IdempotencyToken": "twice"})["CertificateArn"] not in arns


def test_error_is_not_what_a_token_recalls(aws: Aws) -> None:
    plan = {"LaunchTemplateName": "web", "LaunchTemplateData": {"InstanceType": "t3.micro"}}
    aws("ec2").create_launch_template(**plan)
    with pytest.raises(ClientError):
        aws("ec2").create_launch_template(**plan, ClientToken="once")
    aws("ec2").delete_launch_template(LaunchTemplateName="web")
    assert aws("ec2").create_launch_template(**plan, ClientToken="once")
