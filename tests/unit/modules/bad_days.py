# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules are asked for on bad days, and what they leave."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.inventory import inventory

ROOT = Path(__file__).resolve().parents[3]
TAGS = {"Project": "realtime", "Environment": "test"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
# A module and what it is asked for.
Case = tuple[str, dict[str, Any]]
CASES: tuple[Case, ...] = (
    (
        "kms_keys",
        {
            "keys": [{"alias": "test", "description": "Test", "enable_key_rotation": True, "tags": TAGS}],
            "recover_by_tags": ["Project", "Environment"],
        },
    ),
    (
        "iam_role",
        {
            "name": "test",
            "assume_role_policy_document": TRUST,
            "inline_policies": {"a": POLICY, "b": POLICY},
            "create_instance_profile": True,
            "tags": TAGS,
        },
    ),
    ("iam_oidc_identity_provider", {"url": "https://tokens.example.com", "client_id_list": ["a"], "tags": TAGS}),
    ("ecr_repository", {"name": "test", "tags": TAGS}),
    ("cloudwatchlogs_log_groups", {"log_groups": [{"log_group_name": "/test", "retention": 30}]}),
    ("ssm_parameters", {"parameters": [{"name": "/test/a", "value": "1", "tags": TAGS}]}),
    ("sqs_queues", {"queues": [{"name": "test", "tags": TAGS}]}),
    ("sns_topics", {"topics": [{"name": "test", "tags": TAGS}]}),
    ("s3_buckets", {"buckets": [{"name": "test-123", "versioning": True, "tags": TAGS}]}),
    (
        "rds_parameter_group",
        {
            "name": "test",
            "engine": "mysql8.4",
            "description": "Test",
            "params": {"require_secure_transport": 1},
            "tags": TAGS,
        },
    ),
    ("backup_vault", {"backup_vault_name": "test", "tags": TAGS}),
    ("route53_hosted_zone", {"zone": "example.org", "lookup_tags": TAGS, "tags": TAGS}),
    ("cloudfront_origin_access_control", {"name": "test"}),
    ("wafv2_web_acl", {"name": "test", "scope": "CLOUDFRONT", "tags": TAGS}),
    (
        "budgets_budget",
        {"name": "test", "limit_amount": 10, "notifications": [{"threshold": 80, "emails": ["a@example.com"]}]},
    ),
    (
        "secretsmanager_generated_secret",
        {"name": "test", "generate_secret_string": {"password_length": 20}, "tags": TAGS},
    ),
)
# What it needs besides to remove that.
ON_ABSENT: dict[str, dict[str, Any]] = {
    "rds_instance": {"skip_final_snapshot": True},
    "secretsmanager_generated_secret": {"recovery_window_in_days": 7},
}

BELOW = "arn:aws:iam::123456789012:role/below"
SERVICES = ("backup", "lambda", "vpc-flow-logs")
DAILY = {"rule_name": "daily", "target_backup_vault_name": "below", "schedule_expression": "cron(0 7 * * ? *)"}
KEPT = {"start_window_minutes": 60, "completion_window_minutes": 360, "delete_after_days": 35}
SELECTION = {"selection_name": "a", "iam_role_arn": BELOW, "resources": ["arn:aws:rds:us-east-1:123456789012:db:test"]}
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/test"
INVOKER = {"statement_id": "a", "principal": "events.amazonaws.com", "source_arn": RULE_ARN}
ALARM = {
    "namespace": "AWS/EC2",
    "metric_name": "CPUUtilization",
    "statistic": "Average",
    "period": 300,
    "threshold": 80,
}
CPU = {"target_value": 70, "predefined_metric_spec": {"predefined_metric_type": "ASGAverageCPUUtilization"}}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
STATIC_POLICY = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Principal": {"AWS": "123456789012"}}]}


def resources() -> dict[str, int]:
    """What the account has, but keys that wait for their deletion."""
    return {name: count for name, count in inventory().items() if "PendingDeletion" not in name}


def removals(cases: Iterable[Case]) -> list[Case]:
    """Return how these are removed, in the order of it."""
    return [
        (module, {**options, **ON_ABSENT.get(module, {}), "state": "absent"})
        for module, options in reversed(list(cases))
        if module != "s3_objects"  # it only uploads
    ]


def make_below(source: Path) -> dict[str, Any]:
    """Make what the layers below would have made: molecule's upstream, and what else the modules build on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "molecule" / "shared")
        upstream = importlib.import_module("upstream")
    trusted = {"Service": [f"{service}.amazonaws.com" for service in SERVICES]}
    trust = json.dumps({**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": trusted}]})
    boto3.client("iam").create_role(RoleName="below", AssumeRolePolicyDocument=trust)
    boto3.client("backup").create_backup_vault(BackupVaultName="below")
    boto3.client("logs").create_log_group(logGroupName="/below")
    login = json.dumps({"username": "dbadmin", "password": "correct-horse-battery"})
    boto3.client("secretsmanager").create_secret(Name="below", SecretString=login)
    (source / "app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")
    image = boto3.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = {"ImageId": image, "InstanceType": "t3.medium"}
    template = boto3.client("ec2").create_launch_template(LaunchTemplateName="below", LaunchTemplateData=launched)
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    return {**upstream.made(), "source": str(source), "image": image, "launch_template_id": template_id}


def standing_on(below: dict[str, Any]) -> Iterator[Case]:
    """Yield more cases, which build on one another and on what is below."""
    subnets, zone = list(below["private_subnet_ids"].values()), below["zone_id"]
    vpc, bucket, arns = {"vpc_id": below["vpc_id"]}, below["buckets"]["static"], below["target_group_arns"]
    yield "iam_service_linked_role", {"aws_service_names": ["ecs.amazonaws.com"]}
    yield "acm_certificate", {"domain_name": "test.example.com", "hosted_zone_id": zone, "tags": TAGS}
    record = {"record": "test.example.com", "type": "CNAME", "value": ["www.example.com"]}
    yield "route53_records", {"hosted_zone_id": zone, "records": [record]}
    named = {**vpc, "name": "test", "log_group_name": "/below"}
    yield "ec2_vpc_flow_log", {**named, "deliver_logs_permission_arn": BELOW}
    yield "s3_bucket_policy", {"name": bucket, "policy": STATIC_POLICY}
    yield "s3_objects", {"bucket": bucket, "source": below["source"]}
    yield "rds_subnet_group", {"name": "test", "description": "Test", "subnets": subnets}
    database = {
        "engine": "mysql",
        "engine_version": "8.4",
        "db_instance_class": "db.r7g.large",
        "allocated_storage": 100,
    }
    login = {"master_username": "dbadmin", "master_user_secret": "below", "backup_retention_period": 7}
    yield "rds_instance", {"db_instance_identifier": "test", **database, **login, "db_subnet_group_name": "test"}
    replica = {"source_db_instance_identifier": "test", "db_instance_class": "db.r7g.large"}
    yield "rds_instance", {"db_instance_identifier": "test-replica", **replica}
    yield "backup_plan", {"backup_plan_name": "test", "rules": [{**DAILY, **KEPT}], "selections": [SELECTION]}
    code = {"source": below["source"], "runtime": "python3.13", "handler": "app.handler", "role": BELOW}
    yield "lambda_function", {"name": "test", **code, "permissions": [INVOKER]}
    target = {"id": "a", "arn": "arn:aws:lambda:us-east-1:123456789012:function:test"}
    yield "events_rule", {"name": "test", "schedule_expression": "rate(1 day)", "targets": [target]}
    yield "elb_target_groups", {"target_groups": [{"name": "test", **vpc, "port": 80}]}
    public = {
        "subnets": list(below["public_subnet_ids"].values()),
        "security_groups": [below["security_group_ids"]["alb"]],
    }
    yield "elb_load_balancer", {"name": "test", **public}
    rule = {
        "priority": 10,
        "host_header": ["api.example.com"],
        "action": {"type": "forward", "target_group_arn": arns["api"]},
    }
    secure = {"certificate_arn": below["certificate_arn"], "rules": [rule]}
    forward = {"default_action": {"type": "forward", "target_group_arn": arns["web"]}}
    yield "elb_listener", {"load_balancer_arn": below["load_balancer_arn"], "port": 443, **secure, **forward}
    yield "ec2_launch_template", {"template_name": "test", "image_id": below["image"], "instance_type": "t3.medium"}
    size = {"min_size": 1, "max_size": 2, "vpc_zone_identifier": subnets, "metrics_collection": True}
    template = {"launch_template_id": below["launch_template_id"], "version": 1}
    yield "autoscaling_group", {"name": "test", "launch_template": template, **size}
    policy = {"name": "cpu", "target_tracking_config": CPU}
    yield "autoscaling_policies", {"asg_name": "test", "policies": [policy]}
    alarm = {"name": "test", **ALARM, "evaluation_periods": 2, "comparison": "GreaterThanThreshold"}
    yield "cloudwatch_alarms", {"alarms": [alarm]}
    yield "cloudwatch_dashboard", {"name": "test", "body": {"widgets": []}}


def make_network(run_module: Callable[..., dict[str, Any]]) -> None:
    """Make a network: each part has the id that AWS gave another."""
    vpc = {"name": "test", "cidr_block": "10.9.0.0/16", "tags": TAGS}
    vpc_id = run_module("ec2_vpc", **vpc)["vpc"]["vpc_id"]
    subnets = [{"tags": {"Name": "public-a"}, "cidr": "10.9.0.0/24", "az": "us-east-1a"}]
    subnet_ids = run_module("ec2_vpc_subnets", vpc_id=vpc_id, subnets=subnets, tags=TAGS)["subnet_ids"]
    subnet_id = next(iter(subnet_ids.values()))
    gateways = [{"name": "nat-a", "subnet_id": subnet_id}]
    made = run_module("ec2_vpc_nat_gateways", vpc_id=vpc_id, nat_gateways=gateways, tags=TAGS)["nat_gateways"]
    groups = [{"name": "web", "rules": [{"proto": "tcp", "from_port": 80, "to_port": 80, "cidr_ip": "10.9.0.0/16"}]}]
    run_module("ec2_security_groups", vpc_id=vpc_id, security_groups=groups, tags=TAGS)
    tables = [{"name": "private", "subnet_ids": [subnet_id], "routes": {"0.0.0.0/0": made[subnet_id]["id"]}}]
    run_module("ec2_vpc_route_tables", vpc_id=vpc_id, route_tables=tables, tags=TAGS)
    endpoints = [{"name": "s3", "service": "com.amazonaws.us-east-1.s3"}]
    run_module("ec2_vpc_endpoints", vpc_id=vpc_id, vpc_endpoints=endpoints, tags=TAGS)
