"""Load balancing: zone ids, attributes, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_helpers import Aws, Network, issued_certificate, refused


@pytest.fixture
def balancer(aws: Aws, network: Network) -> dict[str, Any]:
    """An application load balancer."""
    return aws("elbv2").create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]


def attributes(answer: dict[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def test_zone_id(balancer: dict[str, Any]) -> None:
    assert balancer["CanonicalHostedZoneId"] == "Z32O12XQLNTSW2"


def test_ord_2_load_balancer_attributes(aws: Aws, balancer: dict[str, Any]) -> None:
    elbv2, arn = aws("elbv2"), balancer["LoadBalancerArn"]
    before = attributes(elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert before["routing.http.drop_invalid_header_fields.enabled"] == "false"
    assert before["load_balancing.cross_zone.enabled"] == "true"
    logs = [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "logs-1"},
    ]
    change = {"LoadBalancerArn": arn, "Attributes": logs}
    refused("InvalidConfigurationRequest", elbv2.modify_load_balancer_attributes, **change)
    s3 = aws("s3")
    s3.create_bucket(Bucket="logs-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused("InvalidConfigurationRequest", elbv2.modify_load_balancer_attributes, **change)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-1/AWSLogs/123456789012/*",
    }
    s3.put_bucket_policy(Bucket="logs-1", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    after = attributes(elbv2.modify_load_balancer_attributes(**change))
    assert after == before | {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs-1"}


def test_target_group_and_listener_attributes(aws: Aws, network: Network, balancer: dict[str, Any]) -> None:
    elbv2 = aws("elbv2")
    created = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)
    target_group = created["TargetGroups"][0]["TargetGroupArn"]
    assert len(attributes(elbv2.describe_target_group_attributes(TargetGroupArn=target_group))) >= 14
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )["Listeners"]
    assert "SslPolicy" not in listener
    found = attributes(elbv2.describe_listener_attributes(ListenerArn=listener["ListenerArn"]))
    assert found == {"routing.http.response.server.enabled": "true"}
    refused("ResourceInUse", elbv2.delete_target_group, TargetGroupArn=target_group)


def test_a_listener_that_turns_to_http_loses_its_certificate(aws: Aws, balancer: dict[str, Any]) -> None:
    elbv2 = aws("elbv2")
    certificate = issued_certificate(aws, "eu-west-1")
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"]
    assert listener["Certificates"]
    arn = listener["ListenerArn"]
    elbv2.modify_listener(ListenerArn=arn, Protocol="HTTP", Port=80, DefaultActions=listener["DefaultActions"])
    (changed,) = elbv2.describe_listeners(ListenerArns=[arn])["Listeners"]
    assert not changed.keys() & {"Certificates", "SslPolicy"}


def test_two_zones(aws: Aws, network: Network) -> None:
    elbv2 = aws("elbv2")
    refused("ValidationError", elbv2.create_load_balancer, Name="one", Subnets=network.subnets[:1])
    other = aws("ec2").create_subnet(VpcId=network.vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="eu-west-1a")
    same = [network.subnets[0], other["Subnet"]["SubnetId"]]
    refused("InvalidConfigurationRequest", elbv2.create_load_balancer, Name="same", Subnets=same)


def test_deletion_protection(aws: Aws, balancer: dict[str, Any]) -> None:
    elbv2, arn = aws("elbv2"), balancer["LoadBalancerArn"]
    for value in ("true", "false"):
        protection = [{"Key": "deletion_protection.enabled", "Value": value}]
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
        if value == "true":
            refused("OperationNotPermitted", elbv2.delete_load_balancer, LoadBalancerArn=arn)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)


def test_port_has_one_listener(aws: Aws, balancer: dict[str, Any]) -> None:
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    plain = {"LoadBalancerArn": balancer["LoadBalancerArn"], "Port": 80, "DefaultActions": [action]}
    create = aws("elbv2").create_listener
    arns = {create(**plain, Protocol="HTTP")["Listeners"][0]["ListenerArn"] for _number in range(2)}
    assert len(arns) == 1, "repeated, it is the same listener"
    certificate = {"CertificateArn": issued_certificate(aws, "us-east-1")}
    refused("DuplicateListener", create, **plain, Protocol="HTTPS", Certificates=[certificate])


def test_name_has_one_load_balancer(aws: Aws, network: Network, balancer: dict[str, Any]) -> None:
    create = aws("elbv2").create_load_balancer
    again = create(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]
    assert again["LoadBalancerArn"] == balancer["LoadBalancerArn"], "repeated, it is the same one"
    refused("DuplicateLoadBalancerName", create, Name="lb", Subnets=network.subnets, Scheme="internal")
