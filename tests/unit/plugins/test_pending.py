# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re

import pytest
from ansible_collections.realtime.aws.plugins.filter.or_pending import or_pending
from ansible_collections.realtime.aws.plugins.filter.say_pending import say_pending
from ansible_collections.realtime.aws.plugins.module_utils.pending import SHAPES, is_pending, pending

PLACE = {"region": "us-east-1", "account_id": "123456789012", "partition": "aws"}


@pytest.mark.parametrize("kind", [*SHAPES, "vpc", "subnet", "sg", "nat", "eipalloc", "vpce", "lt", "ami"])
def test_a_stand_in_is_known_again(kind):
    value = or_pending(None, kind, "web", PLACE)
    assert is_pending(value)
    assert is_pending([value])
    assert is_pending({"web": ["vpc-0a1b2c3d", value]})


@pytest.mark.parametrize(
    "value",
    [
        "vpc-0a1b2c3d4e5f60718",
        "subnet-0000000a1b2c3d4e5",  # seven zeros happen
        "http://sqs.us-east-1.localhost:4566/000000000000/production-inventory-queue",
        "arn:aws:acm:us-east-1:000000000000:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:sns:us-east-1:000000000000:alerts",
        "E1A2B3C4D5E6F7",
        "production-alb-1234567890.us-east-1.elb.amazonaws.com",
        "https://sqs.us-east-1.amazonaws.com/123456789012/production-inventory-queue",
        "192.0.2.1",
        "",
        None,
        0,
        {},
        [],
    ],
)
def test_what_aws_gives_is_no_stand_in(value):
    assert not is_pending(value)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("vpc", r"vpc-[0-9a-f]{17}"),
        ("subnet", r"subnet-[0-9a-f]{17}"),
        ("kms_key_arn", r"arn:aws:kms:us-east-1:123456789012:key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("load_balancer_arn", r"arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/[0-9a-f]{16}"),
        ("target_group_arn", r"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/[0-9a-f]{16}"),
    ],
)
def test_the_shape_is_aws_s(kind, shape):
    assert re.fullmatch(shape, or_pending(None, kind, "web", PLACE))


def test_the_same_thing_gets_the_same_stand_in():
    assert pending("subnet", "us-east-1a") == pending("subnet", "us-east-1a")
    assert pending("subnet", "us-east-1a") != pending("subnet", "us-east-1b")


def test_what_was_found_stays():
    assert or_pending("vpc-1", "vpc") == "vpc-1"
    found = or_pending({"a": "subnet-1", "b": None, "old": "subnet-9"}, "subnet", ["a", "b", "c"])
    assert (found["a"], found["old"]) == ("subnet-1", "subnet-9")
    assert is_pending(found["b"])
    assert is_pending(found["c"])
    assert found["b"] != found["c"]


def test_people_see_words_and_not_stand_ins():
    summary = {"name": "production-alb", "zone": pending("hosted_zone"), "more": [pending("vpc"), 1, None]}
    assert say_pending(summary) == {
        "name": "production-alb",
        "zone": "(known after the run)",
        "more": ["(known after the run)", 1, None],
    }
