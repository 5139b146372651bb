# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was made a moment ago is not known everywhere yet: modules repeat what is refused only because it comes too early."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.modules import stack_info
from bad_days import CASES, Case, make_below, make_network, removals, resources, standing_on
from botocore.exceptions import ClientError

from sandbox.control import Sandbox

MODULES = Path(__file__).parents[3] / "plugins" / "modules"
READ_ONLY = {"packed", "stack_fingerprint", "stack_layer_host", "stack_leftovers", "stack_plan", "validate_inputs"}
# What makes nothing that could be doubled or unknown, and is tested in a folder of its own.
APART = {
    "account_defaults": "settings that an account has anyway",
    "autoscaling_instance_refresh": "a refresh of a group is made once, says AWS",
    "cloudfront_distribution": "a caller reference of its own makes it one",
    "cloudfront_invalidation": "a caller reference makes it one",
    "cloudwatch_alarm_delivery": "sets an alarm's state",
    "ec2_launch_template_versions": "deletes",
    "secretsmanager_secret_rotation": "changes a secret that is there",
    "sns_delivery": "publishes",
    "stack_unlock": "deletes",
}


@pytest.fixture
def early(running_sandbox: Sandbox, sandbox_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets new things be unknown for a moment, or heals; pauses take no time."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    yield lambda on=False: running_sandbox.faults(**({"early": True} if on else {}))
    running_sandbox.faults()


def make(early: Any, run_module: Any, cases: list[Case]) -> None:
    """Make all of it while what is new is not known, and remove it again."""
    before = resources()
    for module, options in cases:
        early(True)
        assert run_module(module, **options)["changed"], module
        early()
        assert not run_module(module, **options)["changed"], f"{module} was not done with at the first time"
    doubled = {name: count - before.get(name, 0) for name, count in resources().items()}
    assert {name: count for name, count in doubled.items() if count > 1} == {}
    for module, options in removals(cases):
        assert run_module(module, **options)["changed"], module
    assert resources() == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_new_things_become_known(early, run_module, case):
    make(early, run_module, [case])


def test_new_things_become_known_that_build_on_others(early, run_module, tmp_path):
    make(early, run_module, list(standing_on(make_below(tmp_path))))


def test_new_things_are_removed_while_they_are_new(early, run_module):
    """By the next run AWS lists them, though it does not know them everywhere."""
    before = resources()
    early(True)
    for module, options in CASES:
        run_module(module, **options)
    for _look in range(3):
        with suppress(ClientError):
            resources()
    for module, options in [*CASES, *removals(CASES)]:
        run_module(module, **options)
    early()
    assert resources() == before


def test_new_parts_of_a_network_are_known_and_listed_when_their_modules_have_ended(early, run_module):
    early(True)
    make_network(run_module)
    ec2 = boto3.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    assert len(ec2.describe_subnets(Filters=inside)["Subnets"]) == 1
    assert len(ec2.describe_nat_gateways(Filter=inside)["NatGateways"]) == 1
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert len(ec2.describe_route_tables(Filters=inside)["RouteTables"]) == 2  # the VPC's own, and ours
    early()


# What a module makes, and by what its layer is read next.
READ_NEXT = {
    "acm_certificate": ("acm", "list_certificates", "CertificateSummaryList", {}),
    "backup_plan": ("backup", "list_backup_plans", "BackupPlansList", {}),
    "cloudfront_origin_access_control": ("cloudfront", "list_origin_access_controls", "OriginAccessControlList", {}),
    "ec2_launch_template": ("ec2", "describe_launch_templates", "LaunchTemplates", {"LaunchTemplateNames": ["test"]}),
    "route53_hosted_zone": ("route53", "list_hosted_zones", "HostedZones", {}),
    "s3_buckets": ("s3", "get_bucket_tagging", "TagSet", {"Bucket": "test-123"}),
    "sns_topics": ("sns", "list_topics", "Topics", {}),
}
# And what looks by a list first, so that the next run would make again what is not listed yet.
LOOKED_UP = ["elb_listener", *READ_NEXT]


@pytest.mark.parametrize("module", READ_NEXT)
def test_what_a_module_made_is_listed_when_it_has_ended(early, run_module, tmp_path, module):
    cases = dict([*CASES, *standing_on(make_below(tmp_path))])
    service, operation, member, named = READ_NEXT[module]
    early(True)
    run_module(module, **cases[module])
    shown = getattr(boto3.client(service), operation)(**named)[member]
    early()
    assert shown == getattr(boto3.client(service), operation)(**named)[member]


@pytest.mark.parametrize("module", LOOKED_UP)
def test_what_a_module_made_is_found_by_the_next_run(early, run_module, tmp_path, module):
    options = dict([*CASES, *standing_on(make_below(tmp_path))])[module]
    early(True)
    run_module(module, **options)
    assert not run_module(module, **options)["changed"]
    early()


def test_every_module_that_writes_has_a_case():
    source = Path(__file__).with_name("bad_days.py").read_text(encoding="utf-8")
    cases = {module for module, _options in CASES} | set(re.findall(r'(?:yield |run_module\()"(\w+)"', source))
    modules = {path.stem for path in MODULES.glob("*.py") if not path.stem.endswith("_info")}
    assert modules - READ_ONLY - set(APART) == cases
    assert all((Path(__file__).parent / folder).exists() for folder in APART)


def test_old_things_that_are_missing_are_not_waited_for(early, run_module, monkeypatch):
    """Nothing pauses for what somebody else has, or has not, made."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("waited"))
    assert not run_module("sqs_queues", queues=[{"name": "test"}], state="absent")["changed"]
    assert not run_module("ecr_repository", name="test", state="absent")["changed"]


def test_the_policy_that_a_function_has_not_is_not_waited_for(sandbox_aws, run_module, monkeypatch, tmp_path):
    options = dict(standing_on(make_below(tmp_path)))["lambda_function"] | {"permissions": []}
    run_module("lambda_function", **options)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("waited"))
    assert not run_module("lambda_function", **options)["changed"]


def test_what_the_module_has_removed_is_not_waited_for(sandbox_aws, run_module, monkeypatch, tmp_path):
    name, options = next(case for case in standing_on(make_below(tmp_path)) if case[0] == "elb_load_balancer")
    run_module(name, **options)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("waited"))
    assert run_module(name, **options, state="absent")["changed"]


def test_a_layer_is_read_again_while_aws_lists_what_it_does_not_know(monkeypatch):
    unknown = ClientError({"Error": {"Code": "NotFoundException", "Message": ""}}, "Read")
    answers = [unknown, AnsibleAWSError(message="Failed to read", exception=unknown)]
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def read(stack):
        if answers:
            raise answers.pop()
        return {"keys": {}}

    monkeypatch.setitem(stack_info.LAYERS, "encryption", read)
    assert stack_info.read_layer("encryption", None) == {"keys": {}}
    answers.append(ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "Read"))
    with pytest.raises(ClientError):
        stack_info.read_layer("encryption", None)
    answers.append(AnsibleAWSError(message="There are two of them"))
    with pytest.raises(AnsibleAWSError):
        stack_info.read_layer("encryption", None)
