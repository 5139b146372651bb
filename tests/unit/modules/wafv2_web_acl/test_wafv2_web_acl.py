# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from copy import deepcopy

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import wafv2_web_acl
from module_failed import ModuleFailed

MODULE = "wafv2_web_acl"
GROUP = {
    "name": "common",
    "priority": 0,
    "statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
    "override_action": "none",
}
RATE = {
    "name": "rate",
    "priority": 1,
    "statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
    "action": "block",
}
OPTIONS = {
    "name": "test",
    "scope": "CLOUDFRONT",
    "region": "us-east-1",
    "description": "A test",
    "rules": [GROUP, RATE],
    "tags": {"Project": "realtime"},
}
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-test"


@pytest.fixture
def waf(sandbox_aws):
    return boto3.client("wafv2")


def web_acl(waf):
    (summary,) = waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    return waf.get_web_acl(Name="test", Scope="CLOUDFRONT", Id=summary["Id"])["WebACL"]


def test_create(waf, run_module):
    result = run_module(MODULE, **OPTIONS)
    found = web_acl(waf)
    assert result["arn"] == found["ARN"]
    assert found["DefaultAction"] == {"Allow": {}}
    group, rate = found["Rules"]
    assert (group["OverrideAction"], "Action" in group) == ({"None": {}}, False)
    assert (rate["Action"], "OverrideAction" in rate) == ({"Block": {}}, False)
    assert [rule["VisibilityConfig"]["MetricName"] for rule in (group, rate)] == ["test-common", "test-rate"]
    tags = waf.list_tags_for_resource(ResourceARN=found["ARN"])["TagInfoForResource"]["TagList"]
    assert tags == [{"Key": "Project", "Value": "realtime"}]


def test_second_run_writes_nothing(waf, run_module, writes):
    boto3.client("logs").create_log_group(logGroupName="aws-waf-logs-test")
    first = run_module(MODULE, **OPTIONS, log_destination_arn=LOGS)
    writes.clear()
    again = run_module(MODULE, **{**OPTIONS, "rules": [RATE, GROUP]}, log_destination_arn=LOGS)
    assert (again["changed"], again["arn"], writes) == (False, first["arn"], [])


@pytest.mark.parametrize(
    ("change", "attribute", "call"),
    [
        ({"rules": [GROUP]}, "rules", "UpdateWebACL"),
        ({"rules": []}, "rules", "UpdateWebACL"),
        ({"rules": [{**GROUP, "override_action": "count"}, RATE]}, "rules", "UpdateWebACL"),
        ({"default_action": "Block"}, "default_action", "UpdateWebACL"),
        ({"description": "Another"}, "description", "UpdateWebACL"),
        ({"tags": {"Project": "other"}}, "tags", "TagResource"),
        ({"tags": {}}, "tags", "UntagResource"),
    ],
)
def test_update_writes_that_and_then_nothing(waf, run_module, writes, change, attribute, call):
    run_module(MODULE, **OPTIONS)
    writes.clear()
    result = run_module(MODULE, **{**OPTIONS, **change})
    assert f'"{attribute}"' in result["diff"][0]["after"]
    assert writes == [call]
    assert not run_module(MODULE, **{**OPTIONS, **change})["changed"]


def test_metrics_are_the_rules_too(waf, run_module):
    run_module(MODULE, **OPTIONS)
    run_module(MODULE, **OPTIONS, cloudwatch_metrics=False)
    found = web_acl(waf)
    shown = [each["VisibilityConfig"] for each in (found, *found["Rules"])]
    assert [each["CloudWatchMetricsEnabled"] for each in shown] == [False, False, False]


def test_logging_comes_and_goes_without_credentials_in_it(waf, run_module):
    boto3.client("logs").create_log_group(logGroupName="aws-waf-logs-test")
    arn = run_module(MODULE, **OPTIONS, log_destination_arn=LOGS)["arn"]
    found = waf.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
    assert found["LogDestinationConfigs"] == [LOGS]
    assert [each["SingleHeader"]["Name"] for each in found["RedactedFields"]] == ["authorization", "cookie"]
    assert not run_module(MODULE, **OPTIONS)["changed"]  # without the option it stays
    assert run_module(MODULE, **OPTIONS, log_destination_arn="")["changed"]
    with pytest.raises(waf.exceptions.WAFNonexistentItemException):
        waf.get_logging_configuration(ResourceArn=arn)


@pytest.fixture
def balancers(waf):
    """The ARNs of two load balancers."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"]
        for n, z in enumerate("ab")
    ]
    made = [elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0] for name in ("one", "two")]
    return [each["LoadBalancerArn"] for each in made]


REGIONAL = {**OPTIONS, "scope": "REGIONAL"}


def before(waf, arn):
    return waf.list_resources_for_web_acl(WebACLArn=arn)["ResourceArns"]


def test_load_balancers_come_and_go(waf, run_module, writes, balancers):
    one, two = balancers
    arn = run_module(MODULE, **REGIONAL, load_balancer_arns=[one])["arn"]
    assert before(waf, arn) == [one]
    writes.clear()
    assert not run_module(MODULE, **REGIONAL, load_balancer_arns=[one])["changed"]
    assert not run_module(MODULE, **REGIONAL)["changed"]  # without the option they stay
    assert writes == []
    assert run_module(MODULE, **REGIONAL, load_balancer_arns=[two])["changed"]
    assert before(waf, arn) == [two]
    assert sorted(writes) == ["AssociateWebACL", "DisassociateWebACL"]


def test_one_by_hand_is_replaced(waf, run_module, balancers):
    arn = run_module(MODULE, **REGIONAL, load_balancer_arns=balancers[:1])["arn"]
    other = run_module(MODULE, **{**REGIONAL, "name": "other"})["arn"]
    waf.associate_web_acl(WebACLArn=other, ResourceArn=balancers[0])
    assert run_module(MODULE, **REGIONAL, load_balancer_arns=balancers[:1])["changed"]
    assert (before(waf, arn), before(waf, other)) == (balancers[:1], [])


def test_it_leaves_its_load_balancers_before_it_goes(waf, run_module, writes, balancers):
    run_module(MODULE, **REGIONAL, load_balancer_arns=balancers)
    writes.clear()
    assert run_module(MODULE, name="test", scope="REGIONAL", state="absent")["changed"]
    assert writes == ["DisassociateWebACL", "DisassociateWebACL", "DeleteWebACL"]
    assert waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []


def test_check_mode_asks_nothing_about_a_stand_in(waf, run_module, writes):
    stand_in = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/test/00000000abcdef01"
    assert run_module(MODULE, check=True, **REGIONAL, load_balancer_arns=[stand_in])["changed"]
    assert writes == []


def test_what_it_has_no_option_for_stays():
    """AWS removes what an update leaves out."""
    shield = {"Name": "ShieldMitigationRuleGroup_1", "Priority": 10000000, "Statement": {}}
    acl = {"Rules": [shield], "TokenDomains": ["example.com"], "CaptchaConfig": None}
    after = {"default_action": {"Allow": {}}, "rules": [{"Name": "a"}], "visibility": {}, "description": ""}
    request = wafv2_web_acl.build_request(after, acl)
    assert [rule["Name"] for rule in request["Rules"]] == ["a", "ShieldMitigationRuleGroup_1"]
    assert request["TokenDomains"] == ["example.com"]
    assert not {"CaptchaConfig", "Description"} & set(request)
    assert wafv2_web_acl.normalize_rules([shield]) == []


def test_aws_s_ways_of_writing_rules_are_no_difference():
    written = {
        "Name": "a",
        "Priority": 1,
        "Statement": {"ByteMatchStatement": {"SearchString": "x"}},
        "VisibilityConfig": {},
    }
    read = deepcopy(written)
    read["Statement"]["ByteMatchStatement"]["SearchString"] = b"x"
    assert wafv2_web_acl.normalize_rules([read]) == wafv2_web_acl.normalize_rules([written])


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(waf, run_module, writes, state):
    if state == "absent":
        run_module(MODULE, **OPTIONS)
    writes.clear()
    assert run_module(MODULE, check=True, **OPTIONS, state=state)["changed"]
    assert writes == []


def test_delete_and_delete_again(waf, run_module):
    run_module(MODULE, **OPTIONS)
    assert run_module(MODULE, name="test", scope="CLOUDFRONT", state="absent")["changed"]
    assert waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []
    assert not run_module(MODULE, name="test", scope="CLOUDFRONT", state="absent")["changed"]


def test_one_of_another_name_stays(waf, run_module):
    run_module(MODULE, **OPTIONS)
    run_module(MODULE, **{**OPTIONS, "name": "other"})
    run_module(MODULE, name="other", scope="CLOUDFRONT", state="absent")
    assert web_acl(waf)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": [{key: RATE[key] for key in RATE if key != "action"}]}, "one of the following is required"),
        ({"rules": [{**RATE, "override_action": "none"}]}, "mutually exclusive"),
        ({"rules": [GROUP, {**RATE, "priority": 0}]}, "Failed to create the web ACL"),
        ({"region": "eu-west-1"}, "Failed to list the web ACLs"),
        ({"log_destination_arn": LOGS.replace("aws-waf-", "")}, "Failed to manage the web ACL's logging"),
    ],
)
def test_errors_are_named(waf, run_module, options, message):
    with pytest.raises(ModuleFailed, match=message):
        run_module(MODULE, **{**OPTIONS, **options})
