# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

OURS = {"Project": "realtime", "Environment": "production", "Layer": "network"}


@pytest.fixture
def stack():
    made = []

    def client(service, retry_decorator=None, **extra):
        made.append((service, extra))
        return object()

    stack = Stack(
        SimpleNamespace(region="eu-west-1", client=client, made=made), "realtime", "production", "example.com"
    )
    stack.account = "123456789012"
    return stack


@pytest.mark.parametrize(
    ("tags", "owned"),
    [
        (OURS, True),
        ([{"Key": key, "Value": value} for key, value in OURS.items()], True),
        ({**OURS, "Environment": "staging"}, False),
        ({**OURS, "Project": "other"}, False),
        ({"Project": "realtime"}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_tdn_9_tags_say_whose_a_resource_is(stack, tags, owned):
    assert stack.owns(tags) is owned
    assert stack.claim("AWS::EC2::VPC", "production-vpc", tags) is owned
    assert stack.foreign == ([] if owned else [{"type": "AWS::EC2::VPC", "name": "production-vpc"}])


def test_names_and_arns(stack):
    assert stack.name("alb") == "production-alb"
    assert stack.short("production-alb") == "alb"
    assert stack.short("production") == "production"
    assert stack.arn("sns", "topic") == "arn:aws:sns:eu-west-1:123456789012:topic"
    assert stack.arn("iam", "role/x", region="") == "arn:aws:iam::123456789012:role/x"


def test_filters(stack):
    assert stack.filters(vpc_id="vpc-1", state=["a", "b"]) == [
        {"Name": "tag:Project", "Values": ["realtime"]},
        {"Name": "tag:Environment", "Values": ["production"]},
        {"Name": "vpc-id", "Values": ["vpc-1"]},
        {"Name": "state", "Values": ["a", "b"]},
    ]


def test_a_client_is_made_once_a_region(stack):
    clients = stack.each(lambda _: stack.client("ec2"), range(20))
    assert len(set(map(id, clients))) == 1
    assert stack.client("acm", "us-east-1") is not stack.client("acm")
    assert stack._module.made == [
        ("ec2", {"region": None}),
        ("acm", {"region": "us-east-1"}),
        ("acm", {"region": None}),
    ]


def test_together_and_each(stack):
    assert stack.together({"a": lambda: 1, "b": lambda: 2}) == {"a": 1, "b": 2}
    assert stack.each(str, [3, 1, 2]) == ["3", "1", "2"]
    with pytest.raises(ZeroDivisionError):
        stack.together({"a": lambda: 1, "b": lambda: 1 / 0})


def test_together_may_be_used_within_together(stack):
    assert stack.together({n: lambda: stack.each(str, range(9)) for n in range(9)})[8] == list("012345678")


def test_pages():
    answers = [{"Items": [1, 2]}, {"Items": None}, {}, {"Items": [3]}]
    paginator = SimpleNamespace(paginate=lambda **kwargs: answers)
    assert pages(SimpleNamespace(get_paginator=lambda operation: paginator), "list_items", "Items") == [1, 2, 3]


def test_what_many_ask_for_is_read_once(stack):
    read = []

    def slowly():
        time.sleep(0.05)
        read.append(1)
        return len(read)

    assert stack.each(lambda _number: stack.once("key", slowly), range(5)) == [1] * 5


def test_a_reading_that_failed_is_tried_again(stack):
    with pytest.raises(ZeroDivisionError):
        stack.once("key", lambda: 1 / 0)
    assert stack.once("key", lambda: 2) == 2


def test_tags_are_asked_for_where_the_tagging_api_does_not_know_them(stack, monkeypatch):
    arn = stack.arn("logs", "log-group:/production/web")
    monkeypatch.setattr(stack, "tagged", lambda: {arn: OURS})
    assert stack.tags(f"{arn}:*", lambda: pytest.fail("asked")) == OURS
    assert stack.tags(stack.arn("sqs", "production-new"), lambda: {"Name": "new"}) == {"Name": "new"}
