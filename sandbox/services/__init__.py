"""The extensions, one file per service. Importing a file registers its hooks."""

from importlib import import_module

EXTENSIONS = (
    "acm",
    "autoscaling",
    "backup",
    "budgets",
    "cloudfront",
    "cloudwatch",
    "ec2",
    "ec2_account",
    "ecr",
    "elbv2",
    "events",
    "iam",
    "iam_news",
    "instance_refresh",
    "instances",
    "kms",
    "lambda_",
    "launch_template_versions",
    "logs",
    "rds",
    "rds_catalogue",
    "rds_lifecycle",
    "rds_parameters",
    "route53",
    "s3",
    "secretsmanager",
    "service_quotas",
    "sns",
    "speed",
    "sqs",
    "ssm",
    "tagging",
    "volumes",
    "vpc",
    "vpc_values",
    "wafv2",
    "limits",  # asked before the others
)


def load() -> None:
    """Register every extension (once: Python imports a module once)."""
    for name in EXTENSIONS:
        import_module(f"{__name__}.{name}")
