"""Resource policies, as far as services read them: may a service do something, and do the named principals exist."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore

from sandbox.hooks import Call

_PRINCIPAL = re.compile(r"arn:[^:]+:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)$")
_ENDPOINT_PREFIX = re.compile(r'"endpointPrefix":\s*"([^"]+)"')

# Service principals that are not named as the service's endpoint is.
OTHER_SERVICES = {
    "batchoperations.s3",
    "billingconsole",
    "build.apprunner",
    "cloudwatch",
    "cloudwatch-crossaccount",
    "delivery.logs",
    "dynamodb.application-autoscaling",
    "ec2.application-autoscaling",
    "ec2fleet",
    "ecs-tasks",
    "ecs.application-autoscaling",
    "edgelambda",
    "eks-fargate-pods",
    "eks-nodegroup",
    "events.rds",
    "export.rds",
    "inventory.s3",
    "logdelivery.elasticloadbalancing",
    "logger.cloudfront",
    "logging.s3",
    "macie",
    "metrics.cloudwatch",
    "monitoring.rds",
    "ops.apigateway",
    "pods.eks",
    "rds.application-autoscaling",
    "replication.dynamodb",
    "replication.ecr",
    "replicator.lambda",
    "resources.cloudformation",
    "scheduler.redshift",
    "spot",
    "spotfleet",
    "tasks.apprunner",
    "transitgateway",
    "vmie",
    "vpc-flow-logs",
}

Document = dict[str, Any]


def listed(value: Any) -> list[Any]:
    """One of a kind may stand without its list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def statements(document: str | Document | None) -> list[dict[str, Any]]:
    """The statements of a policy, parsed or not."""
    parsed = json.loads(document) if isinstance(document, (str, bytes)) else document or {}
    return listed(parsed.get("Statement"))


def allows(
    document: str | Document | None,
    principal: tuple[str, str],
    action: str,
    resource: str,
    context: dict[str, str] | None = None,
) -> bool:
    """Whether a policy lets a principal, such as `("Service", "sns.amazonaws.com")`, do something; a denial wins."""
    effects = {
        statement.get("Effect")
        for statement in statements(document)
        if _names(statement, principal)
        and _matches(statement, "Action", action)
        and _matches(statement, "Resource", resource)
        and holds(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def missing_principals(call: Call, document: str | Document | None) -> Iterator[str]:
    """The roles and users of this account that a policy names and IAM does not know."""
    iam = call.backend("iam")
    known = {"role": {role.name for role in iam.roles.values()}, "user": {user.name for user in iam.users.values()}}
    for statement in statements(document):
        principal = statement.get("Principal")
        for arn in listed(principal.get("AWS")) if isinstance(principal, dict) else []:
            found = _PRINCIPAL.match(arn)
            if found and found[1] == call.account and found[3] not in known[found[2]]:
                yield arn


def unknown_services(document: str | Document | None) -> Iterator[str]:
    """The services that a policy names and AWS does not have."""
    for statement in statements(document):
        principal = statement.get("Principal")
        for name in listed(principal.get("Service")) if isinstance(principal, dict) else []:
            if not is_service(name):
                yield name


def is_service(name: str) -> bool:
    """Whether a service principal, maybe a region's, is one that AWS has."""
    found = re.fullmatch(
        r"(?:([a-z0-9.-]+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?)\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)", name
    )
    return found is not None and found[1] in _services()


@cache
def _services() -> set[str]:
    """Those of which botocore has a model, and those whose principals are called otherwise.

    Only the heads of the models are read: to parse all 400 of them takes five seconds.
    """
    data = Path(botocore.__file__).parent / "data"
    latest = {path.parent.parent: path for path in sorted(data.glob("*/*/service-2.json.gz"))}
    return OTHER_SERVICES | {_endpoint_prefix(path).removeprefix("api.") for path in latest.values()}


def _endpoint_prefix(path: Path) -> str:
    with gzip.open(path, "rt", encoding="utf-8") as model:
        found = _ENDPOINT_PREFIX.search(model.read(4096))
    assert found, f"{path} names no endpoint at its head"
    return found[1]


def _names(statement: dict[str, Any], principal: tuple[str, str]) -> bool:
    named = statement.get("Principal")
    if named == "*" or (isinstance(named, dict) and "*" in listed(named.get("AWS"))):
        return True
    return isinstance(named, dict) and principal[1] in listed(named.get(principal[0]))


def _matches(statement: dict[str, Any], element: str, value: str) -> bool:
    patterns = listed(statement.get(element, "*" if element == "Resource" else None))
    if element == "Action":
        return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def holds(condition: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    """Whether every key of every operator has a value that the condition wants."""
    context = {key.lower(): value for key, value in context.items()}
    return all(
        _compares(operator, [str(value) for value in listed(wanted)], context.get(key.lower()))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _compares(operator: str, wanted: list[str], value: str | None) -> bool:
    """String, ARN and Bool operators; another one holds for nothing."""
    name = operator.split(":")[-1]
    if value is None:
        return name.endswith("IfExists") or "Not" in name or (name == "Null" and wanted == ["true"])
    name = name.removesuffix("IfExists")
    if name in ("Bool", "StringEqualsIgnoreCase"):
        return value.lower() in [each.lower() for each in wanted]
    if name in ("StringEquals", "StringNotEquals"):
        return (value in wanted) == (name == "StringEquals")
    if name in ("StringLike", "ArnLike", "ArnEquals", "StringNotLike", "ArnNotLike", "ArnNotEquals"):
        return any(fnmatchcase(value, pattern) for pattern in wanted) != ("Not" in name)
    return name == "Null" and wanted == ["false"]
