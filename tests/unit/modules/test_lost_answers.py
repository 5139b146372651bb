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

from sandbox.control import Sandbox
from sandbox.inventory import inventory

TAGS = {"Project": "realtime", "Environment": "test"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
# What a module is asked for, and what it needs besides on absent.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kms_keys": ({"keys": [{"alias": "test", "description": "Test", "enable_key_rotation": True, "tags": TAGS}]}, {}),
    "iam_role": (
        {
            "name": "test",
            "assume_role_policy_document": TRUST,
            "inline_policies": {"a": POLICY, "b": POLICY},
            "create_instance_profile": True,
            "tags": TAGS,
        },
        {},
    ),
    "iam_oidc_identity_provider": ({"url": "https://tokens.example.com", "client_id_list": ["a"], "tags": TAGS}, {}),
    "ecr_repository": ({"name": "test", "tags": TAGS}, {}),
    "cloudwatchlogs_log_groups": ({"log_groups": [{"log_group_name": "/test", "retention": 30}]}, {}),
    "ssm_parameters": ({"parameters": [{"name": "/test/a", "value": "1", "tags": TAGS}]}, {}),
    "sqs_queues": ({"queues": [{"name": "test", "tags": TAGS}]}, {}),
    "sns_topics": ({"topics": [{"name": "test", "tags": TAGS}]}, {}),
    "s3_buckets": ({"buckets": [{"name": "test-123", "versioning": True, "tags": TAGS}]}, {}),
    "rds_parameter_group": (
        {
            "name": "test",
            "engine": "mysql8.4",
            "description": "Test",
            "params": {"require_secure_transport": 1},
            "tags": TAGS,
        },
        {},
    ),
    "backup_vault": ({"backup_vault_name": "test", "tags": TAGS}, {}),
    "route53_hosted_zone": ({"zone": "example.com", "lookup_tags": TAGS, "tags": TAGS}, {}),
    "cloudfront_origin_access_control": ({"name": "test"}, {}),
    "wafv2_web_acl": ({"name": "test", "scope": "CLOUDFRONT", "tags": TAGS}, {}),
    "budgets_budget": (
        {"name": "test", "limit_amount": 10, "notifications": [{"threshold": 80, "emails": ["a@example.com"]}]},
        {},
    ),
    "secretsmanager_generated_secret": (
        {"name": "test", "generate_secret_string": {"password_length": 20}, "tags": TAGS},
        {"recovery_window_in_days": 0},
    ),
}


@pytest.fixture
def bad_day(running_sandbox: Sandbox, sandbox_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that loses the answer to every write call once ("lost", "cut"), or heals."""
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    monkeypatch.setattr(answers, "SETTLING", 0)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    yield lambda kind="": running_sandbox.faults(**({"lose": kind} if kind else {}))
    running_sandbox.faults()


def resources() -> dict[str, int]:
    """What the account has, but keys that wait for their deletion."""
    return {name: count for name, count in inventory().items() if "PendingDeletion" not in name}


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_nothing_is_doubled_or_left(bad_day, run_module, kind):
    before = resources()
    bad_day(kind)
    for module, (options, _on_absent) in CASES.items():
        assert run_module(module, **options)["changed"], module
    bad_day()
    built = resources()
    new = {name: count for name, count in built.items() if count != before.get(name)}
    assert {name for name, count in new.items() if count != 1} == set()
    assert len(new) >= len(CASES)
    for module, (options, _on_absent) in CASES.items():
        assert not run_module(module, **options)["changed"], f"{module} was not done with at the first time"
    bad_day(kind)
    for module, (options, on_absent) in CASES.items():
        only_present = (
            {"inline_policies", "create_instance_profile", "assume_role_policy_document"} if on_absent else set()
        )
        kept = {key: value for key, value in options.items() if key not in only_present}
        assert run_module(module, **kept, **on_absent, state="absent")["changed"], module
    bad_day()
    assert resources() == before


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_network_is_not_doubled(bad_day, run_module, kind):
    """A VPC, its gateway, addresses: AWS makes another one with every call."""
    before = resources()
    bad_day(kind)
    vpc = {"name": "test", "cidr_block": "10.9.0.0/16", "tags": TAGS}
    vpc_id = run_module("ec2_vpc", **vpc)["vpc"]["vpc_id"]
    subnets = [{"tags": {"Name": "public-a"}, "cidr": "10.9.0.0/24", "az": "us-east-1a"}]
    subnet_ids = run_module("ec2_vpc_subnets", vpc_id=vpc_id, subnets=subnets, tags=TAGS)["subnet_ids"]
    subnet_id = next(iter(subnet_ids.values()))
    gateways = [{"name": "nat-a", "subnet_id": subnet_id}]
    run_module("ec2_vpc_nat_gateways", vpc_id=vpc_id, nat_gateways=gateways, tags=TAGS)
    groups = [{"name": "web", "rules": [{"proto": "tcp", "from_port": 80, "to_port": 80, "cidr_ip": "10.9.0.0/16"}]}]
    run_module("ec2_security_groups", vpc_id=vpc_id, security_groups=groups, tags=TAGS)
    bad_day()
    new = {name: count for name, count in resources().items() if count != before.get(name)}
    assert {name.split()[1] for name in new} >= {"Vpcs", "InternetGateways", "Subnets", "NatGateways", "Addresses"}
    ec2 = boto3.client("ec2")
    assert len(ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]) == 1
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert len(ec2.describe_addresses()["Addresses"]) == 1
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 1


def test_cut_answer_is_no_empty_one(bad_day, run_module, running_sandbox):
    """Half a JSON document reads as an empty one: a module would make again what there is."""
    options = {"log_groups": [{"log_group_name": "/test", "retention": 30}]}
    run_module("cloudwatchlogs_log_groups", **options)
    running_sandbox.faults(seed="1", share=0.5)
    assert not run_module("cloudwatchlogs_log_groups", **options)["changed"]
