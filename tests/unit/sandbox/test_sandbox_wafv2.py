"""WAF: what AWS refuses in a web ACL, and that one in use stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sandbox_helpers import REGION, Aws, Network, refused
from test_sandbox_cloudfront import config

SHOWN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
RATE = {
    "Name": "rate",
    "Priority": 0,
    "Statement": {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}},
    "Action": {"Block": {}},
    "VisibilityConfig": SHOWN,
}
GROUP = {
    "Name": "group",
    "Priority": 1,
    "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
    "OverrideAction": {"None": {}},
    "VisibilityConfig": SHOWN,
}
ACL = {"Name": "w", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "VisibilityConfig": SHOWN}


@pytest.fixture
def waf(aws: Aws) -> Any:
    return aws("wafv2", "us-east-1")


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("WAFInvalidParameterException", [RATE, RATE]),
        ("WAFInvalidParameterException", [RATE, GROUP | {"Priority": 0}]),
        ("WAFInvalidParameterException", [{key: RATE[key] for key in RATE if key != "Action"}]),
        ("WAFInvalidParameterException", [GROUP | {"Action": {"Block": {}}}]),
        (
            "WAFInvalidParameterException",
            [
                RATE
                | {
                    "Statement": {
                        "RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "EvaluationWindowSec": 7}
                    }
                }
            ],
        ),
        (
            "WAFNonexistentItemException",
            [GROUP | {"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRules"}}}],
        ),
    ],
)
def test_refused_rules(waf: Any, code: str, rules: list[Any]) -> None:
    refused(code, waf.create_web_acl, **ACL, Rules=rules)


def test_web_acl_of_a_distribution_is_in_us_east_1(aws: Aws, waf: Any) -> None:
    refused("WAFInvalidParameterException", aws("wafv2", "eu-west-1").create_web_acl, **ACL)
    waf.create_web_acl(**ACL)
    refused("WAFDuplicateItemException", waf.create_web_acl, **ACL)
    aws("wafv2", "eu-west-1").create_web_acl(**ACL | {"Scope": "REGIONAL"})


def test_web_acl_in_use(waf: Any, cloudfront: Any, control: dict[str, Any]) -> None:
    made = waf.create_web_acl(**ACL, Rules=[RATE, GROUP])["Summary"]
    own = {"Name": "w", "Scope": "CLOUDFRONT", "Id": made["Id"]}
    found = waf.get_web_acl(**own)
    assert found["WebACL"]["Capacity"] == 702
    assert found["WebACL"]["Rules"][0]["Statement"]["RateBasedStatement"]["EvaluationWindowSec"] == 300
    wrong = config(control, WebACLId=made["ARN"] + "x")
    refused("InvalidWebACLId", cloudfront.create_distribution, DistributionConfig=wrong)
    right = config(control, WebACLId=made["ARN"])
    created = cloudfront.create_distribution(DistributionConfig=right)
    token = waf.get_web_acl(**own)["LockToken"]
    refused("WAFAssociatedItemException", waf.delete_web_acl, **own, LockToken=token)
    without = {"Id": created["Distribution"]["Id"], "DistributionConfig": config(control, WebACLId="")}
    cloudfront.update_distribution(**without, IfMatch=created["ETag"])
    refused("WAFOptimisticLockException", waf.delete_web_acl, **own, LockToken="00000000-0000-4000-8000-000000000000")
    waf.delete_web_acl(**own, LockToken=token)


def test_web_acl_comes_before_an_active_load_balancer(
    aws: Aws, network: Network, later: Callable[[float], None]
) -> None:
    waf, elb = aws("wafv2", REGION), aws("elbv2")
    later(0)
    made = waf.create_web_acl(**ACL | {"Scope": "REGIONAL"})["Summary"]
    balancer = elb.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    pair = {"WebACLArn": made["ARN"], "ResourceArn": balancer}
    refused("WAFUnavailableEntityException", waf.associate_web_acl, **pair)
    later(300)
    refused("WAFNonexistentItemException", waf.associate_web_acl, **pair | {"ResourceArn": balancer + "0"})
    distant = made["ARN"].replace("regional/", "global/")
    refused("WAFInvalidParameterException", waf.associate_web_acl, **pair | {"WebACLArn": distant})
    fresh = waf.create_web_acl(**ACL | {"Scope": "REGIONAL", "Name": "fresh"})["Summary"]["ARN"]
    refused("WAFUnavailableEntityException", waf.associate_web_acl, **pair | {"WebACLArn": fresh})
    waf.associate_web_acl(**pair)
    assert waf.list_resources_for_web_acl(WebACLArn=made["ARN"])["ResourceArns"] == [balancer]


def test_web_acl_before_a_load_balancer_stays(aws: Aws, network: Network) -> None:
    waf, elb = aws("wafv2", REGION), aws("elbv2")
    acls = [waf.create_web_acl(**ACL | {"Scope": "REGIONAL", "Name": name})["Summary"] for name in ("a", "b", "c")]
    balancer = elb.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    for acl in acls[:2]:  # the second takes the place of the first
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    listed = [waf.list_resources_for_web_acl(WebACLArn=acl["ARN"])["ResourceArns"] for acl in acls]
    assert listed == [[], [balancer], []]
    owned = [{key: acl[key] for key in ("Name", "Id", "LockToken")} | {"Scope": "REGIONAL"} for acl in acls]
    waf.delete_web_acl(**owned[0])
    refused("WAFAssociatedItemException", waf.delete_web_acl, **owned[1])
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    waf.delete_web_acl(**owned[1])


def test_log_destination_has_waf_s_name_and_exists(aws: Aws, waf: Any) -> None:
    arn = waf.create_web_acl(**ACL)["Summary"]["ARN"]

    def log_to(group: str) -> dict[str, Any]:
        destination = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
        return {"LoggingConfiguration": {"ResourceArn": arn, "LogDestinationConfigs": [destination]}}

    refused("WAFInvalidParameterException", waf.put_logging_configuration, **log_to("logs"))
    name = "aws-waf-logs-w"
    refused("WAFLogDestinationPermissionIssueException", waf.put_logging_configuration, **log_to(name))
    aws("logs", "us-east-1").create_log_group(logGroupName=name)
    waf.put_logging_configuration(**log_to(name))
