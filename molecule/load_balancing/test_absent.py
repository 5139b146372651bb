import boto3

elb = boto3.client("elbv2")


def test_only_what_was_there_before_is_left():
    assert [each["LoadBalancerName"] for each in elb.describe_load_balancers()["LoadBalancers"]] == ["upstream-alb"]
    names = {each["TargetGroupName"] for each in elb.describe_target_groups()["TargetGroups"]}
    assert names == {"upstream-web", "upstream-api"}


def test_the_web_acl_is_gone():
    assert boto3.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"] == []


def test_the_secret_is_gone():
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []
