# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answer to every write call is lost once: modules make what they should, once, and leave nothing behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import answers
from bad_days import CASES, Case, make_below, make_network, removals, resources, standing_on

from sandbox.control import Sandbox


@pytest.fixture
def bad_day(running_sandbox: Sandbox, sandbox_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that loses the answer to every write call once ("lost", "cut"), or heals."""
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    monkeypatch.setattr(answers, "SETTLING", 0)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    yield lambda kind="": running_sandbox.faults(**({"lose": kind} if kind else {}))
    running_sandbox.faults()


def survive(bad_day, run_module, kind: str, cases: list[Case]) -> dict[str, int]:
    """Make and remove all of it while answers get lost; return what it made."""
    before = resources()
    bad_day(kind)
    for module, options in cases:
        assert run_module(module, **options)["changed"], module
    bad_day()
    built = resources()
    for module, options in cases:
        assert not run_module(module, **options)["changed"], f"{module} was not done with at the first time"
    bad_day(kind)
    for module, options in removals(cases):
        assert run_module(module, **options)["changed"], module
    bad_day()
    assert resources() == before
    return {name: count - before.get(name, 0) for name, count in built.items() if count != before.get(name)}


def test_nothing_is_doubled_or_left(bad_day, run_module):
    made = survive(bad_day, run_module, "lost", list(CASES))
    assert set(made.values()) == {1}
    assert len(made) >= len(CASES)


def test_what_builds_on_others_is_not_doubled_or_left(bad_day, run_module, tmp_path):
    made = survive(bad_day, run_module, "cut", list(standing_on(make_below(tmp_path))))
    assert {name: count for name, count in made.items() if count != 1} == {}


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_network_is_not_doubled(bad_day, run_module, kind):
    """A VPC, its gateway, addresses: AWS makes another one with every call."""
    before = resources()
    bad_day(kind)
    make_network(run_module)
    bad_day()
    new = {name: count for name, count in resources().items() if count != before.get(name)}
    assert {name.split()[1] for name in new} >= {"Vpcs", "InternetGateways", "Subnets", "NatGateways", "Addresses"}
    ec2 = boto3.client("ec2")
    assert len(ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]) == 1
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert len(ec2.describe_addresses()["Addresses"]) == 1
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 1


def test_an_endpoint_with_routes_is_removed(bad_day, run_module):
    """The call that is repeated finds neither the endpoint nor its routes."""
    ec2 = boto3.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    endpoint = {"name": "s3", "service": "com.amazonaws.us-east-1.s3", "route_table_ids": [table]}
    made = run_module("ec2_vpc_endpoints", vpc_id=vpc_id, vpc_endpoints=[endpoint])["vpc_endpoint_ids"]
    bad_day("lost")
    gone = run_module("ec2_vpc_endpoints", vpc_id=vpc_id, vpc_endpoint_ids=list(made.values()), state="absent")
    assert gone["changed"]
    bad_day()
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_cut_answer_is_no_empty_one(bad_day, run_module, running_sandbox):
    """Half a JSON document reads as an empty one: a module would make again what there is."""
    options = {"log_groups": [{"log_group_name": "/test", "retention": 30}]}
    run_module("cloudwatchlogs_log_groups", **options)
    running_sandbox.faults(seed="1", share=0.5)
    assert not run_module("cloudwatchlogs_log_groups", **options)["changed"]
