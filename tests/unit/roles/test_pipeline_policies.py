# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role that releases may do, and what not: its policies and its trust, rendered and asked."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from ansible.template import Templar, trust_as_template
from policy_linter import findings
from test_refusals import ROOT, loader, variables_of

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/production-web-server-role"
TEMPLATE = f"arn:aws:ec2:{HERE}:launch-template/lt-0123456789abcdef0"
PARAMETERS = f"arn:aws:ssm:{HERE}:parameter/realtime.aws/realtime"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1234567890AB"
STATIC = f"arn:aws:s3:::production-static-assets-{ACCOUNT}-us-east-1"
REPOSITORY = f"arn:aws:ecr:{HERE}:repository/production-app"
GROUP = f"arn:aws:autoscaling:{HERE}:autoScalingGroup:0a1b:autoScalingGroupName/production-asg"
INPUTS = {
    "pipeline_github_repository": "octo-org/shop",
    "pipeline_key_arns": [f"arn:aws:kms:{HERE}:key/{name}" for name in ("data", "messaging", "logs")],
    "pipeline_instance_role_arn": ROLE,
    "pipeline_launch_template_id": "lt-0123456789abcdef0",
    "pipeline_subnet_ids": {f"us-east-1{zone}": f"subnet-0123456789abcdef{zone}" for zone in "abc"},
    "pipeline_security_group_ids": ["sg-0123456789abcdef0"],
    "pipeline_adopted_bucket_arns": ["arn:aws:s3:::company-backups"],
    "pipeline_static_bucket_arn": STATIC,
    "pipeline_distribution_arn": DISTRIBUTION,
}


def templar_of(**changed: Any) -> Templar:
    return Templar(loader=loader, variables=variables_of("pipeline", **{**INPUTS, **changed}))


def policy(name: str, **changed: Any) -> dict[str, Any]:
    source = (ROOT / f"roles/pipeline/templates/{name}_policy.yml.j2").read_text(encoding="utf-8")
    # As the lookup ansible.builtin.template does it: blocks leave no lines behind.
    return yaml.safe_load(templar_of(**changed).template(trust_as_template("#jinja2:trim_blocks:True\n" + source)))


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


def holds(condition: dict[str, Any], context: dict[str, str]) -> bool:
    """Return whether every key has one of the values wanted of it."""
    return all(
        any(fnmatchcase(context.get(key, ""), pattern) for pattern in listed(wanted))
        for keys in condition.values()
        for key, wanted in keys.items()
    )


def allowed(action: str, resource: str = "*", **context: str) -> bool:
    """Return whether a statement allows it; the policies have no Deny."""
    context = {key.replace("__", ":"): value for key, value in context.items()}
    return any(
        any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        and holds(statement.get("Condition", {}), context)
        for name in ("release", "look")
        for statement in policy(name)["Statement"]
    )


LAUNCH = {"ec2__LaunchTemplate": TEMPLATE}
TO_EC2 = {"iam__PassedToService": "ec2.amazonaws.com"}


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("ecr:GetAuthorizationToken", "*", {}),
        ("ecr:PutImage", REPOSITORY, {}),
        ("ecr:DescribeImages", REPOSITORY, {}),
        ("ecr:BatchDeleteImage", REPOSITORY, {}),
        ("ec2:CreateLaunchTemplateVersion", TEMPLATE, {}),
        ("ec2:RunInstances", TEMPLATE, LAUNCH),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1", LAUNCH),
        ("ec2:RunInstances", f"arn:aws:ec2:{HERE}:subnet/subnet-0123456789abcdefb", LAUNCH),
        ("ec2:RunInstances", f"arn:aws:ec2:{HERE}:security-group/sg-0123456789abcdef0", LAUNCH),
        ("ec2:CreateTags", f"arn:aws:ec2:{HERE}:instance/*", {"ec2__CreateAction": "RunInstances"}),
        ("iam:PassRole", ROLE, TO_EC2),
        ("autoscaling:StartInstanceRefresh", GROUP, {}),
        ("autoscaling:RollbackInstanceRefresh", GROUP, {}),
        ("autoscaling:DescribeInstanceRefreshes", "*", {}),
        ("elasticloadbalancing:DescribeTargetHealth", "*", {}),
        ("s3:PutObject", f"{STATIC}/static/app.css", {}),
        ("s3:ListBucket", STATIC, {"s3__prefix": "static/"}),
        ("cloudfront:CreateInvalidation", DISTRIBUTION, {}),
        ("ssm:PutParameter", f"{PARAMETERS}/production/releases/7", {}),
        ("ssm:GetParametersByPath", f"{PARAMETERS}/production/releases", {}),
        ("ssm:PutParameter", f"{PARAMETERS}/production/lock", {}),
        ("ssm:GetParameter", "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023", {}),
        ("secretsmanager:DescribeSecret", f"arn:aws:secretsmanager:{HERE}:secret:production/database-AbCdEf", {}),
    ],
)
def test_a_release_may(action, resource, context):
    assert allowed(action, resource, **context)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("rds:DeleteDBInstance", f"arn:aws:rds:{HERE}:db:production-db", {}),
        ("rds:ModifyDBInstance", f"arn:aws:rds:{HERE}:db:production-db", {}),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:production/database-AbCdEf", {}),
        ("secretsmanager:DescribeSecret", f"arn:aws:secretsmanager:{HERE}:secret:staging/database-AbCdEf", {}),
        ("ssm:GetParameter", f"{PARAMETERS}/staging/releases/7", {}),
        ("ssm:GetParameter", f"{PARAMETERS}/production/password", {}),
        ("ssm:PutParameter", f"{PARAMETERS}/staging/lock", {}),
        ("iam:PassRole", ROLE, {"iam__PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/production-deploy", TO_EC2),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", TO_EC2),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/production-deploy", {}),
        ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/production-deploy", {}),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", {}),
        ("ecr:PutImage", REPOSITORY.replace("production", "staging"), {}),
        ("ecr:DeleteRepository", REPOSITORY, {}),
        ("ecr:PutImageTagMutability", REPOSITORY, {}),
        ("ecr:PutLifecyclePolicy", REPOSITORY, {}),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1", {}),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1", {"ec2__LaunchTemplate": TEMPLATE[:-1] + "1"}),
        ("ec2:RunInstances", f"arn:aws:ec2:{HERE}:subnet/subnet-of-others", LAUNCH),
        ("ec2:TerminateInstances", f"arn:aws:ec2:{HERE}:instance/i-1", {}),
        ("ec2:DeleteLaunchTemplate", TEMPLATE, {}),
        ("ec2:CreateTags", f"arn:aws:ec2:{HERE}:instance/i-1", {}),
        ("autoscaling:StartInstanceRefresh", GROUP.replace("production", "staging"), {}),
        ("autoscaling:UpdateAutoScalingGroup", GROUP, {}),
        ("autoscaling:DeleteAutoScalingGroup", GROUP, {}),
        ("s3:PutObject", f"{STATIC}/index.html", {}),
        ("s3:PutObject", "arn:aws:s3:::production-backups-123456789012-us-east-1/static/x", {}),
        ("s3:ListBucket", STATIC, {"s3__prefix": ""}),
        ("s3:DeleteObjectVersion", f"{STATIC}/static/app.css", {}),
        ("s3:PutBucketPolicy", STATIC, {}),
        ("cloudfront:UpdateDistribution", DISTRIBUTION, {}),
        ("cloudfront:CreateInvalidation", DISTRIBUTION[:-1] + "C", {}),
        ("kms:Decrypt", INPUTS["pipeline_key_arns"][0], {}),
        ("lambda:GetFunction", f"arn:aws:lambda:{HERE}:function:staging-alert-processor", {}),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{HERE}:production-order-processing-queue", {}),
    ],
)
def test_a_release_may_not(action, resource, context):
    assert not allowed(action, resource, **context)


@pytest.mark.parametrize("name", ["release", "look"])
def test_a_linter_finds_nothing(name):
    assert findings(policy(name)) == []


def test_the_policies_fit():
    """AWS allows 10,240 characters, without whitespace, of inline policies a role; the longest names are longer still."""
    size = sum(len("".join(json.dumps(policy(name)).split())) for name in ("release", "look"))
    assert size < 8_500, size


def test_without_a_cdn_nothing_is_invalidated():
    assert "cloudfront:CreateInvalidation" not in json.dumps(policy("release", pipeline_distribution_arn=""))


def test_every_call_of_the_look_is_allowed():
    """Calls are found by their names in what the look runs; IAM knows some by other names than the API."""
    reads = r"\b((?:describe|get|list|head)_[a-z_]+)\b"
    live = set((ROOT / "plugins/module_utils/live").glob("*.py"))
    # No release looks for strays.
    sources = [*live - {ROOT / "plugins/module_utils/live/strays.py"}, ROOT / "plugins/modules/stack_info.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    called = set(re.findall(reads, text))
    helpers = {"get_paginator"}
    needs_none = {"get_caller_identity"}
    renamed = {"get_zone": "GetHostedZone", "list_public_zones": "ListHostedZones"}  # functions of our own
    renamed |= {
        "list_buckets": "ListAllMyBuckets",
        "head_bucket": "ListBucket",
        "get_bucket_encryption": "GetEncryptionConfiguration",
    }
    renamed |= {"describe_budget": "ViewBudget", "list_open_id_connect_providers": "ListOpenIDConnectProviders"}
    renamed |= {"get_open_id_connect_provider": "GetOpenIDConnectProvider", "get_claim": "GetParameter"}
    renamed |= {name: name.title().replace("_", "").replace("Db", "DB") for name in called if "_db_" in name}
    statements = policy("look")["Statement"] + policy("release")["Statement"]
    actions = {action.split(":")[1] for statement in statements for action in listed(statement["Action"])}
    wanted = {renamed.get(name, name.title().replace("_", "")) for name in called - helpers - needs_none}
    assert len(wanted) > 30
    assert wanted - actions == set()
    prefixes = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
    services = {prefixes.get(name, name) for name in re.findall(r'client\("([a-z0-9-]+)"', text)} - {"sts"}
    asked = {action.split(":")[0] for statement in statements for action in listed(statement["Action"])}
    assert services - asked == set()


@pytest.mark.parametrize(
    ("changed", "subject"),
    [
        ({}, "repo:octo-org/shop:environment:production"),
        ({"pipeline_github_environment": "live"}, "repo:octo-org/shop:environment:live"),
        ({"pipeline_github_environment": ""}, "repo:octo-org/shop:environment:production"),
        (
            {"pipeline_github_repository": "octo-org@123456/shop@456789"},
            "repo:octo-org@123456/shop@456789:environment:production",
        ),
    ],
)
def test_who_gets_in(changed, subject):
    trust = templar_of(**changed).template(templar_of(**changed).available_variables["_pipeline_trust"])
    (statement,) = trust["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"] == {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}}
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
