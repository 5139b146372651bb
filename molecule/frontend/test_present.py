import json

import boto3
import pytest

BUCKET = "upstream-static-123456789012-us-east-1"
cloudfront, route53, waf = boto3.client("cloudfront"), boto3.client("route53"), boto3.client("wafv2", "us-east-1")


@pytest.fixture(scope="module")
def distribution():
    (summary,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    return cloudfront.get_distribution(Id=summary["Id"])["Distribution"]


@pytest.fixture(scope="module")
def config(distribution):
    return distribution["DistributionConfig"]


def records():
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    found = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {(record["Name"], record["Type"]): record.get("AliasTarget") for record in found}


def test_what_viewers_see(config):
    """SRC-10."""
    assert set(config["Aliases"]["Items"]) == {"www.example.com", "example.com"}
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["ViewerCertificate"]["SSLSupportMethod"] == "sni-only"
    assert (config["HttpVersion"], config["IsIPV6Enabled"], config["Enabled"]) == ("http2and3", True, True)
    assert config["Logging"]["Bucket"] == "upstream-logs-123456789012-us-east-1.s3.amazonaws.com"


def test_the_application_is_not_cached(config):
    behavior = config["DefaultCacheBehavior"]
    assert behavior["TargetOriginId"] == "ALB-dynamic-content"
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert len(behavior["AllowedMethods"]["Items"]) == 7
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behavior["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5493eafa07d3"


def test_static_assets_are_cached(config):
    (behavior,) = config["CacheBehaviors"]["Items"]
    assert (behavior["PathPattern"], behavior["TargetOriginId"]) == ("/static/*", "S3-static-assets")
    assert (behavior["ViewerProtocolPolicy"], behavior["Compress"]) == ("https-only", True)
    assert behavior["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"


def test_origins(config):
    """SRC-8, SRC-9."""
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}
    balancer = origins["ALB-dynamic-content"]
    assert balancer["DomainName"] == "origin.example.com"
    assert balancer["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert balancer["CustomOriginConfig"]["OriginSslProtocols"]["Items"] == ["TLSv1.2"]
    assets = origins["S3-static-assets"]
    assert assets["DomainName"] == f"{BUCKET}.s3.us-east-1.amazonaws.com"
    control = cloudfront.get_origin_access_control(Id=assets["OriginAccessControlId"])["OriginAccessControl"]
    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_waf_looks_first(config):
    (summary,) = waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert config["WebACLId"] == summary["ARN"]
    acl = waf.get_web_acl(Name="molecule-cdn", Scope="CLOUDFRONT", Id=summary["Id"])["WebACL"]
    assert acl["DefaultAction"] == {"Allow": {}}
    limit, *groups = sorted(acl["Rules"], key=lambda rule: rule["Priority"])
    assert limit["Action"] == {"Block": {}}
    assert limit["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert limit["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    by_name = {rule["Name"]: rule for rule in groups}
    assert set(by_name) == {
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    assert all(rule["OverrideAction"] == {"None": {}} for rule in groups)
    assert all(rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] for rule in acl["Rules"])
    (counted,) = by_name["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"][
        "RuleActionOverrides"
    ]
    assert counted == {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}


def test_the_bucket_lets_in_this_distribution_only(distribution):
    policy = json.loads(boto3.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert statements["TlsOnly"]["Effect"] == "Deny"
    reads = statements["CdnReads"]
    assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert reads["Resource"] == f"arn:aws:s3:::{BUCKET}/static/*"
    assert reads["Condition"] == {"StringEquals": {"aws:SourceArn": distribution["ARN"]}}


def test_records(distribution):
    """SRC-11."""
    found = records()
    balancer = boto3.client("elbv2").describe_load_balancers(Names=["upstream-alb"])["LoadBalancers"][0]
    for kind in ("A", "AAAA"):
        for name in ("www.example.com.", "example.com."):
            target = found[name, kind]
            assert target["DNSName"] == f"{distribution['DomainName']}."
            assert (target["HostedZoneId"], target["EvaluateTargetHealth"]) == ("Z2FDTNDATAQYW2", False)
        for name in ("api.example.com.", "origin.example.com."):
            assert found[name, kind]["DNSName"] == f"{balancer['DNSName'].lower()}."
            assert found[name, kind]["HostedZoneId"] == balancer["CanonicalHostedZoneId"]


def test_tags(distribution, config):
    for found in (
        cloudfront.list_tags_for_resource(Resource=distribution["ARN"])["Tags"]["Items"],
        waf.list_tags_for_resource(ResourceARN=config["WebACLId"])["TagInfoForResource"]["TagList"],
    ):
        tags = {tag["Key"]: tag["Value"] for tag in found}
        assert (tags["Project"], tags["Environment"], tags["Layer"]) == ("realtime", "molecule", "frontend")
