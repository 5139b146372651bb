"""What an account has, by type and name, without the ids that AWS makes up: to compare one run's result with another's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import boto3

# service, operation (its paginator where it has one), members that lead to the resources, and what they are known by.
Known = str | Callable[[dict[str, Any]], str | None]


def _tagged_name(thing: dict[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}
    return tags.get("Name", "-") if "Project" in tags else "(foreign)"


def _living(state: str, *dead: str) -> Callable[[dict[str, Any]], str | None]:
    return lambda thing: None if thing[state] in dead else _tagged_name(thing)


def _not_by_default(name: str) -> Callable[[dict[str, Any]], str | None]:
    """AWS's own, which come with the first use of an engine."""
    return lambda thing: None if thing[name].startswith("default.") else thing[name]


RESOURCES: tuple[tuple[str, str, str, Known], ...] = (
    ("acm", "list_certificates", "CertificateSummaryList", "DomainName"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("autoscaling", "describe_policies", "ScalingPolicies", "PolicyName"),
    ("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions", "ScheduledActionName"),
    ("backup", "list_backup_plans", "BackupPlansList", "BackupPlanName"),
    ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    ("budgets", "describe_budgets", "Budgets", "BudgetName"),
    ("cloudfront", "list_distributions", "DistributionList.Items", "Comment"),
    ("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("ec2", "describe_addresses", "Addresses", _tagged_name),
    ("ec2", "describe_flow_logs", "FlowLogs", "LogGroupName"),
    ("ec2", "describe_instances", "Reservations.Instances", lambda i: None if i["State"]["Code"] >= 32 else "-"),
    ("ec2", "describe_internet_gateways", "InternetGateways", _tagged_name),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    ("ec2", "describe_nat_gateways", "NatGateways", _living("State", "deleted")),
    ("ec2", "describe_route_tables", "RouteTables", _tagged_name),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupName"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", lambda rule: rule.get("Description", "-")),
    ("ec2", "describe_subnets", "Subnets", _tagged_name),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", _living("State", "deleted")),
    ("ec2", "describe_vpcs", "Vpcs", _tagged_name),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", _not_by_default("DBParameterGroupName")),
    ("rds", "describe_db_snapshots", "DBSnapshots", lambda s: s["DBSnapshotIdentifier"].rstrip("-0123456789")),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("route53", "list_hosted_zones", "HostedZones", "Name"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions", lambda s: f"{s['TopicArn']} {s['Protocol']}"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)


def inventory(**settings: Any) -> dict[str, int]:
    """How many of each there are; `settings` are a boto3 session's clients'."""
    client = _clients(settings)
    found: Counter[str] = Counter()
    for service, operation, path, known in RESOURCES:
        for thing in _things(client(service), operation, path):
            name = known(thing) if callable(known) else thing[known] if known else thing.rpartition("/")[2]
            if name is not None:
                found[f"{service} {path.rpartition('.')[2]} {name}"] += 1
    for kind, name in _children(client):
        found[f"{kind} {name}"] += 1
    return dict(sorted(found.items()))


def descriptions(word: str, **settings: Any) -> list[str]:
    """All that AWS says of whatever mentions `word`, as JSON: to see that nothing of it has changed."""
    client = _clients(settings)
    found = []
    for service, operation, path, _known in RESOURCES:
        for thing in _things(client(service), operation, path):
            told = thing if isinstance(thing, dict) else {"Name": thing}
            told.pop("LatestRestorableTime", None)  # of a database: it moves with the time
            found.append(f"{service} {json.dumps(told, default=str, sort_keys=True)}")
    return sorted(each for each in found if word in each)


def _clients(settings: dict[str, Any]) -> Callable[..., Any]:
    """Return client(service, **more settings): the same one each time, for to make one takes longer than a call."""
    session = boto3.Session()
    return cache(lambda service, **more: session.client(service, **{**settings, **more}))


def _things(client: Any, operation: str, path: str, **arguments: Any) -> Iterable[Any]:
    if operation == "describe_budgets":
        arguments["AccountId"] = "123456789012"
    paged = client.can_paginate(operation)
    answers = (
        client.get_paginator(operation).paginate(**arguments) if paged else [getattr(client, operation)(**arguments)]
    )
    for answer in answers:
        things = [answer]
        for member in path.split("."):
            things = [each.get(member, []) for each in things]
            things = [each for item in things for each in (item if isinstance(item, list) else [item])]
        yield from things


def _children(client: Callable[..., Any]) -> Iterable[tuple[str, str]]:
    """What is listed by what it belongs to, or has to be looked at one by one."""
    kms, elb, zones, ec2 = map(client, ("kms", "elbv2", "route53", "ec2"))
    for scope, where in (("CLOUDFRONT", {"region_name": "us-east-1"}), ("REGIONAL", {})):
        waf = client("wafv2", **where)
        for acl in _things(waf, "list_web_acls", "WebACLs", Scope=scope):
            yield "wafv2 WebACL", acl["Name"]
    for key in _things(kms, "list_keys", "Keys"):
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        yield f"kms Key {about['KeyState']}", about["Description"]
    for balancer in _things(elb, "describe_load_balancers", "LoadBalancers"):
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            yield "elbv2 Listener", str(listener["Port"])
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                yield f"elbv2 Rule {listener['Port']}", rule["Priority"]
    for zone in _things(zones, "list_hosted_zones", "HostedZones"):
        for record in _things(zones, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]):
            yield (
                f"route53 Record {record['Type']}",
                "(validation)" if record["Name"].startswith("_") else record["Name"],
            )
    for template in _things(ec2, "describe_launch_templates", "LaunchTemplates"):
        known = {"LaunchTemplateId": template["LaunchTemplateId"]}
        for version in _things(ec2, "describe_launch_template_versions", "LaunchTemplateVersions", **known):
            yield "ec2 LaunchTemplateVersion", str(version["VersionNumber"])
