# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.elb_listener import normalize_actions, normalize_conditions

SECRET = "production/origin-verify"
VALUE = "Zq7rV2mN8xKp4tLw9sBd3hGf6jYc1eAu"


@pytest.fixture
def elb(aws):
    return boto3.client("elbv2")


@pytest.fixture
def below(elb):
    """A load balancer, a target group and a certificate."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name="production-alb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
        for name in ("web", "api")
    ]
    certificate = boto3.client("acm").request_certificate(DomainName="example.com")["CertificateArn"]
    return {"balancer": balancer, "web": groups[0], "api": groups[1], "certificate": certificate}


@pytest.fixture
def options(below):
    api = {"type": "forward", "target_group_arn": below["api"]}
    return {
        "load_balancer_arn": below["balancer"],
        "port": 443,
        "certificate_arn": below["certificate"],
        "default_action": {"type": "forward", "target_group_arn": below["web"]},
        "rules": [{"priority": 10, "host_header": ["api.example.com"], "action": api}],
        "tags": {"Environment": "production"},
    }


@pytest.fixture
def closed(below, options):
    """Options of a listener that answers only to a secret header (SRC-8)."""
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=VALUE)
    header = {"name": "X-Origin-Verify", "value_from_secret": SECRET}
    rule = {"priority": 20, "http_header": header, "action": options["default_action"]}
    refuse = {"type": "fixed-response", "status_code": "403", "message_body": "Forbidden"}
    return {**options, "default_action": refuse, "rules": [*options["rules"], rule]}


def rules(elb, arn):
    return {rule["Priority"]: rule for rule in elb.describe_rules(ListenerArn=arn)["Rules"]}


def test_create(elb, run_module, below, options):
    result = run_module("elb_listener", **options)
    assert [change["name"] for change in result["changes"]] == ["production-alb:443", "production-alb:443 rule 10"]
    listener = elb.describe_listeners(LoadBalancerArn=below["balancer"])["Listeners"][0]
    assert listener["ListenerArn"] == result["listener"]["arn"]
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"  # SRC-5
    rule = rules(elb, listener["ListenerArn"])["10"]
    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == ["api.example.com"]
    assert rule["Actions"][0]["TargetGroupArn"] == below["api"]


def test_redirect(elb, run_module, below, writes):  # SRC-4
    options = {"load_balancer_arn": below["balancer"], "port": 80, "protocol": "HTTP"}
    redirect = {"type": "redirect", "status_code": "HTTP_301"}
    run_module("elb_listener", **options, default_action=redirect)
    action = elb.describe_listeners(LoadBalancerArn=below["balancer"])["Listeners"][0]["DefaultActions"][0]
    assert (action["RedirectConfig"]["Protocol"], action["RedirectConfig"]["Port"]) == ("HTTPS", "443")
    writes.clear()
    assert not run_module("elb_listener", **options, default_action=redirect)["changed"]
    assert writes == []


def test_second_run_writes_nothing(run_module, closed, writes):
    run_module("elb_listener", **closed)
    writes.clear()
    assert not run_module("elb_listener", **closed)["changed"]
    assert writes == []


def test_the_secret_reaches_the_rule_and_nothing_else(elb, run_module, closed):
    result = run_module("elb_listener", **closed)
    config = rules(elb, result["listener"]["arn"])["20"]["Conditions"][0]["HttpHeaderConfig"]
    assert config == {"HttpHeaderName": "X-Origin-Verify", "Values": [VALUE]}
    assert VALUE not in json.dumps(result)


@pytest.mark.parametrize("later", ["rotated", "switched off"])
def test_old_secrets_are_not_shown_either(run_module, options, closed, later):
    run_module("elb_listener", **closed)
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="another-value-of-this-secret-12345")
    result = run_module("elb_listener", **(closed if later == "rotated" else options))
    assert result["changed"]
    assert VALUE not in json.dumps(result)
    assert "another-value" not in json.dumps(result)


def test_missing_secret(run_module, closed):
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(Exception, match=f"The secret {SECRET}.*does not exist"):
        run_module("elb_listener", **closed)
    assert run_module("elb_listener", check=True, **closed)["changed"]


def test_update_and_remove_a_rule(elb, run_module, below, options, writes):
    arn = run_module("elb_listener", **options)["listener"]["arn"]
    writes.clear()
    result = run_module("elb_listener", **{**options, "ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06", "rules": []})
    assert [change["action"] for change in result["changes"]] == ["update", "delete"]
    assert writes == ["ModifyListener", "DeleteRule"]
    assert list(rules(elb, arn)) == ["default"]


def test_changed_rule_stays_in_its_place(elb, run_module, below, options):
    arn = run_module("elb_listener", **options)["listener"]["arn"]
    options["rules"][0]["host_header"] = ["api.example.org"]
    options["rules"][0]["action"]["target_group_arn"] = below["web"]
    run_module("elb_listener", **options)
    rule = rules(elb, arn)["10"]
    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == ["api.example.org"]
    assert rule["Actions"][0]["TargetGroupArn"] == below["web"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(run_module, options, writes, state):
    if state == "absent":
        run_module("elb_listener", **options)
    writes.clear()
    assert run_module("elb_listener", check=True, **options, state=state)["changed"]
    assert writes == []


def test_check_mode_takes_stand_ins(aws, run_module):
    balancer = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/production-alb/0000000012345678"
    forward = {
        "type": "forward",
        "target_group_arn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/0000000012345678",
    }
    options = {"load_balancer_arn": balancer, "port": 443, "certificate_arn": "arn:aws:acm:us-east-1:1:certificate/x"}
    assert run_module("elb_listener", check=True, **options, default_action=forward)["changed"]
    assert not run_module("elb_listener", load_balancer_arn=balancer, port=443, state="absent")["changed"]


def test_delete_and_delete_again(elb, run_module, below, options):
    run_module("elb_listener", **options)
    gone = {"load_balancer_arn": below["balancer"], "port": 443, "state": "absent"}
    assert run_module("elb_listener", **gone)["changed"]
    assert elb.describe_listeners(LoadBalancerArn=below["balancer"])["Listeners"] == []
    assert not run_module("elb_listener", **gone)["changed"]


def test_https_needs_a_certificate(aws, run_module, options):
    del options["certificate_arn"]
    with pytest.raises(Exception, match="needs certificate_arn"):
        run_module("elb_listener", **options)


def test_aws_error_is_reported(run_module, options):
    options["default_action"]["target_group_arn"] += "0"
    with pytest.raises(Exception, match="Failed to create the listener"):
        run_module("elb_listener", **options)


@pytest.mark.parametrize(
    "theirs",
    [
        {
            "Type": "forward",
            "TargetGroupArn": "a",
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a", "Weight": 1}]},
        },
        {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a"}]}, "Order": 1},
    ],
)
def test_forwarding_has_one_form(theirs):
    assert normalize_actions([theirs]) == normalize_actions([{"Type": "forward", "TargetGroupArn": "a"}])


def test_shared_forwarding_is_another_thing():
    shared = {"TargetGroups": [{"TargetGroupArn": "a", "Weight": 9}, {"TargetGroupArn": "b", "Weight": 1}]}
    theirs = {"Type": "forward", "ForwardConfig": shared}
    assert normalize_actions([theirs]) != normalize_actions([{"Type": "forward", "TargetGroupArn": "a"}])


def test_conditions_have_one_form():
    theirs = {"Field": "host-header", "Values": ["b", "a"], "HostHeaderConfig": {"Values": ["b", "a"]}}
    assert normalize_conditions([theirs]) == {"host-header": ["a", "b"]}
