"""Elastic Load Balancing: real zone ids, complete attributes, refusals.

- `CanonicalHostedZoneId` is a placeholder in moto: alias records made from it are wrong (SRC-11).
- Attributes that were never set are missing from moto's answer; AWS lists every one with its default.
- moto deletes protected load balancers and makes them with one subnet or an unknown log bucket.
"""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around

ZONE_IDS = {
    "af-south-1": "Z268VQBMOI5EKX",
    "ap-east-1": "Z3DQVH9N71FHZ0",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX",
    "ap-northeast-3": "Z5LXEXXYW11ES",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-south-1": "Z3ULH7SSC9OV64",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "me-south-1": "ZS929ML54UICD",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
}

LOAD_BALANCER_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
TARGET_GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
LISTENER_ATTRIBUTES = {"routing.http.response.server.enabled": "true"}


@around("elbv2", "CreateLoadBalancer", "DescribeLoadBalancers")
def real_zone_id(call: Call, forward: Forward) -> Answer:
    """The hosted zone of the region's load balancers."""
    answer = forward()
    for balancer in answer["LoadBalancers"]:
        balancer["CanonicalHostedZoneId"] = ZONE_IDS.get(call.region, balancer["CanonicalHostedZoneId"])
    return answer


@around("elbv2", "CreateLoadBalancer")
def refuse_single_zone(call: Call, forward: Forward) -> Answer:
    """An application load balancer spans two zones, one subnet in each."""
    subnets = call.params.get("Subnets") or [m["SubnetId"] for m in call.params.get("SubnetMappings", [])]
    if call.params.get("Type", "application") == "application":
        if len(subnets) < 2:
            message = "At least two subnets in two different Availability Zones must be specified"
            raise AwsError("ValidationError", message)
        known = {s.id: s.availability_zone for zone in call.backend("ec2").subnets.values() for s in zone.values()}
        zones = [known.get(subnet) for subnet in subnets]
        if None not in zones and len(set(zones)) < len(zones):
            message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
            raise AwsError("InvalidConfigurationRequest", message)
    forward()
    return None


def _attributes(defaults: dict[str, str], answer: dict[str, Any]) -> dict[str, Any]:
    given = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    return {"Attributes": [{"Key": key, "Value": value} for key, value in (defaults | given).items()]}


@around("elbv2", "DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes")
def load_balancer_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute; a log bucket must exist."""
    wanted = {each["Key"]: each.get("Value", "") for each in call.params.get("Attributes", [])}
    if unknown := wanted.keys() - LOAD_BALANCER_ATTRIBUTES.keys() - {"dns_record.client_routing_policy"}:
        message = f"Load balancer attribute key '{min(unknown)}' is not recognized"
        raise AwsError("ValidationError", message)
    for kind in ("access_logs", "connection_logs"):
        bucket = wanted.get(f"{kind}.s3.bucket")
        if wanted.get(f"{kind}.s3.enabled") == "true" and bucket and bucket not in call.backend("s3").buckets:
            message = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
            raise AwsError("InvalidConfigurationRequest", message)
    balancer = call.backend().load_balancers.get(call.params["LoadBalancerArn"])
    if balancer is not None and balancer.attrs.get("load_balancing.cross_zone.enabled") == "false":
        balancer.attrs["load_balancing.cross_zone.enabled"] = "true"  # always on for an ALB
    return _attributes(LOAD_BALANCER_ATTRIBUTES, forward())


@around("elbv2", "DescribeTargetGroupAttributes")
def target_group_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute."""
    return _attributes(TARGET_GROUP_ATTRIBUTES, forward())


@around("elbv2", "DescribeListenerAttributes")
def listener_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute; idle timeouts are for TCP only."""
    answer = _attributes(LISTENER_ATTRIBUTES, forward())
    answer["Attributes"] = [each for each in answer["Attributes"] if each["Key"] != "tcp.idle_timeout.seconds"]
    return answer


@around("elbv2", "CreateListener", "DescribeListeners", "ModifyListener")
def no_policy_without_tls(call: Call, forward: Forward) -> Answer:
    """moto gives a plain HTTP listener a TLS policy, and lets one that was HTTPS keep its certificate."""
    answer = forward()
    for listener in answer["Listeners"]:
        if listener.get("Protocol") == "HTTP":
            listener.pop("SslPolicy", None)
            listener.pop("Certificates", None)
    return answer


@around("elbv2", "DeleteLoadBalancer")
def refuse_protected(call: Call, forward: Forward) -> Answer:
    """Deletion protection protects."""
    arn = call.params["LoadBalancerArn"]
    balancer = call.backend().load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message, status=400)
    forward()
    return None
