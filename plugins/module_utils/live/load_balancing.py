# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.realtime.aws.plugins.module_utils.converge import first
from ansible_collections.realtime.aws.plugins.module_utils.elb import read_tags
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages
from ansible_collections.realtime.aws.plugins.module_utils.wafv2 import find_our_web_acl

DEFAULT_GROUPS = ("web-servers", "api-servers")  # names that can be foreign; others are known by their tags alone


def find_balancer(stack: Stack) -> dict[str, Any]:
    client, name = stack.client("elbv2"), stack.name("alb")
    try:
        balancer = first(client.describe_load_balancers(Names=[name])["LoadBalancers"])
    except is_boto3_error_code("LoadBalancerNotFound"):
        return {}
    if balancer is None:
        return {}
    arn = balancer["LoadBalancerArn"]
    tags = stack.tags(arn, lambda: read_tags(client, [arn]).get(arn, {}))
    if not stack.claim("AWS::ElasticLoadBalancingV2::LoadBalancer", name, tags):
        return {}
    listeners = pages(client, "describe_listeners", "Listeners", LoadBalancerArn=arn)
    arns = {each["Port"]: each["ListenerArn"] for each in listeners}
    # Whoever made them: what listens at our load balancer is ours.
    ports = {str(port): {"name": f"{name}:{port}", "purpose": str(port)} for port in sorted(arns)}
    return {**balancer, "listener_arn": arns.get(443), "listeners": ports}


def find_target_groups(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return this layer's target groups by name."""
    client = stack.client("elbv2")
    groups = pages(client, "describe_target_groups", "TargetGroups")
    ours = {each["TargetGroupName"]: each for each in groups if each["TargetGroupName"].startswith(stack.name(""))}
    arns = {name: group["TargetGroupArn"] for name, group in ours.items()}
    tags = stack.tagged()
    tags = {**tags, **read_tags(client, [arn for arn in arns.values() if arn not in tags])}
    for name in map(stack.name, DEFAULT_GROUPS):
        if name in ours:
            stack.claim("AWS::ElasticLoadBalancingV2::TargetGroup", name, tags.get(arns[name]))
    return {
        name: ours[name]
        for name, arn in sorted(arns.items())
        if stack.owns(tags.get(arn)) and tags[arn].get("Layer", "load_balancing") == "load_balancing"
    }


def find_secret(stack: Stack) -> str | None:
    """Return the name of the secret that CloudFront and the load balancer share (SRC-8)."""
    name = f"{stack.environment}/origin-verify"
    try:
        secret = stack.client("secretsmanager").describe_secret(SecretId=name)
    except is_boto3_error_code("ResourceNotFoundException"):
        return None
    if "DeletedDate" in secret or not stack.claim("AWS::SecretsManager::Secret", name, secret.get("Tags")):
        return None
    return name


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer load_balancing has."""
    found = stack.together(
        {
            "balancer": lambda: find_balancer(stack),
            "target_groups": lambda: find_target_groups(stack),
            "secret": lambda: find_secret(stack),
            "web_acl_arn": lambda: find_our_web_acl(stack, stack.client("wafv2"), stack.name("alb"), "REGIONAL"),
        }
    )
    balancer = found["balancer"]
    return {
        "arn": balancer.get("LoadBalancerArn"),
        "active": balancer.get("State", {}).get("Code") in ("active", "active_impaired"),
        "dns_name": balancer.get("DNSName"),
        "hosted_zone_id": balancer.get("CanonicalHostedZoneId"),
        "listeners": balancer.get("listeners", {}),
        "listener_arn": balancer.get("listener_arn"),
        "target_group_arns": {name: group["TargetGroupArn"] for name, group in found["target_groups"].items()},
        "target_group_fixed": {
            name: {"port": group["Port"], "protocol": group["Protocol"]}
            for name, group in found["target_groups"].items()
        },
        "origin_secret": found["secret"],
        "web_acl_arn": found["web_acl_arn"],
    }
