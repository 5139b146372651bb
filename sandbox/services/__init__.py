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
    "ecr",
    "elbv2",
    "iam",
    "instance_refresh",
    "kms",
    "lambda_",
    "launch_template_versions",
    "logs",
    "rds",
    "s3",
    "sns",
    "speed",
    "sqs",
)


def load() -> None:
    """Register every extension (once: Python imports a module once)."""
    for name in EXTENSIONS:
        import_module(f"{__name__}.{name}")
