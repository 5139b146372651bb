import boto3
import pytest

elb, waf = boto3.client("elbv2"), boto3.client("wafv2")


@pytest.fixture(scope="module")
def balancer():
    return elb.describe_load_balancers(Names=["molecule-alb"])["LoadBalancers"][0]


@pytest.fixture(scope="module")
def groups():
    return {group["TargetGroupName"]: group for group in elb.describe_target_groups()["TargetGroups"]}


@pytest.fixture(scope="module")
def listeners(balancer):
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {listener["Port"]: listener for listener in found}


def test_load_balancer(balancer):
    assert balancer["Scheme"] == "internet-facing"
    assert len({zone["ZoneName"] for zone in balancer["AvailabilityZones"]}) == 2
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    found = {each["Key"]: each["Value"] for each in attributes}
    assert found["deletion_protection.enabled"] == "true"
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["access_logs.s3.enabled"] == "true"
    assert found["access_logs.s3.prefix"] == "alb"


def test_target_groups(groups):
    web, api = groups["molecule-web-servers"], groups["molecule-api-servers"]
    assert (web["Port"], web["HealthCheckPath"]) == (80, "/health")
    assert (api["Port"], api["HealthCheckPath"]) == (8080, "/api/health")


def test_http_is_sent_to_https(listeners):  # SRC-4
    action = listeners[80]["DefaultActions"][0]
    assert action["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert action["RedirectConfig"]["Protocol"] == "HTTPS"


def test_only_cloudfront_is_served(listeners, groups):  # SRC-6, SRC-8
    listener = listeners[443]
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "403"
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    found = {rule["Conditions"][0]["Field"]: rule for rule in rules if not rule["IsDefault"]}
    header = found["http-header"]["Conditions"][0]["HttpHeaderConfig"]
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="molecule/origin-verify")["SecretString"]
    assert header == {"HttpHeaderName": "X-Origin-Verify", "Values": [secret]}
    assert len(secret) == 48 and secret.isalnum()
    assert found["http-header"]["Actions"][0]["TargetGroupArn"] == groups["molecule-web-servers"]["TargetGroupArn"]
    assert found["host-header"]["Conditions"][0]["HostHeaderConfig"]["Values"] == ["api.example.com"]
    assert found["host-header"]["Actions"][0]["TargetGroupArn"] == groups["molecule-api-servers"]["TargetGroupArn"]


def test_waf_looks_at_the_requests_to_the_api(balancer):
    (summary,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert waf.list_resources_for_web_acl(WebACLArn=summary["ARN"])["ResourceArns"] == [balancer["LoadBalancerArn"]]
    acl = waf.get_web_acl(Name="molecule-alb", Scope="REGIONAL", Id=summary["Id"])["WebACL"]
    limit, _reputation, common, _inputs = acl["Rules"]
    assert limit["Statement"]["RateBasedStatement"]["Limit"] == 2000
    overrides = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    tags = waf.list_tags_for_resource(ResourceARN=summary["ARN"])["TagInfoForResource"]["TagList"]
    assert {"Key": "Layer", "Value": "load_balancing"} in tags


def test_tags(balancer, listeners, groups):
    arns = [
        balancer["LoadBalancerArn"],
        listeners[443]["ListenerArn"],
        groups["molecule-web-servers"]["TargetGroupArn"],
    ]
    for entry in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]:
        tags = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
        assert tags["Environment"] == "molecule"
        assert tags["Layer"] == "load_balancing"
        assert tags["Owner"] == "platform"
