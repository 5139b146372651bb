# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS changes, adds or writes in its own way by itself is no difference."""

from __future__ import annotations

import pytest
from ansible_collections.realtime.aws.plugins.module_utils.converge import desired_tags
from ansible_collections.realtime.aws.plugins.module_utils.route53 import normalize_name
from ansible_collections.realtime.aws.plugins.module_utils.statements import with_statements
from ansible_collections.realtime.aws.plugins.modules import cloudfront_distribution, ec2_security_groups

STATEMENT = {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": [{"Resource": "arn:aws:s3:::x/*", **each} for each in statements]}


@pytest.mark.parametrize("name", ["*.Example.com", "*.example.com.", r"\052.example.com."])
def test_route_53_has_a_spelling_of_its_own(name):
    assert normalize_name(name) == "*.example.com."


@pytest.mark.parametrize("value", [{"Quantity": 0}, {"Quantity": 0, "Items": []}, {"Quantity": 0, "Items": None}])
def test_cloudfront_writes_empty_lists_in_three_ways(value):
    assert cloudfront_distribution.unwrap(value) == []


def test_cloudfront_keeps_words_in_any_order():
    assert cloudfront_distribution.unwrap({"Quantity": 2, "Items": ["b", "a"]}) == ["a", "b"]


def test_rules_of_a_group_come_in_any_order_and_in_one_permission_or_two():
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    one, other = ({"CidrIp": cidr} for cidr in ("192.0.2.0/24", "198.51.100.0/24"))
    together = [{**https, "IpRanges": [one, other]}]
    apart = [{**https, "IpRanges": [other]}, {**https, "IpRanges": [one]}]
    found = [ec2_security_groups.shown(ec2_security_groups.found_rules(each, {})) for each in (together, apart)]
    assert found[0] == found[1] != {}


def test_tags_of_aws_stay():
    current = {"aws:cloudformation:stack-name": "x", "Environment": "production"}
    assert desired_tags(current, {"Environment": "production"}, purge=True) == current


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["s3:GetObject"]},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Resource": ["arn:aws:s3:::x/*"]},
    ],
)
def test_a_statement_is_the_same_written_another_way(change):
    theirs = {**STATEMENT, "Sid": "Theirs", "Action": "s3:PutObject"}
    current = policy({**STATEMENT, **change}, theirs)
    assert with_statements(current, policy(STATEMENT)) is current
