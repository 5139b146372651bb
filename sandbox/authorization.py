"""Who may do what: a call with the credentials of a role is judged by the role's policies, as IAM judges it.

The sandbox's own key is the account's root user's and may do everything. Judged are a role's inline and managed policies
and its permissions boundary; resource policies are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from moto.backends import get_backend
from moto.utilities.utils import get_partition

from sandbox.hooks import AwsError
from sandbox.wire import Message

# IAM's prefix of a service's actions, where it is not boto3's name of the service.
PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
# Actions that are not called as their operations.
ACTIONS = {
    ("budgets", "DescribeBudget"): "ViewBudget",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "UploadPart"): "PutObject",
}
FREE = {("sts", "GetCallerIdentity")}
# Which parameter of a service's operations names the resource, the first that is there, and what its ARN is; {here} is region:account.
RESOURCES = {
    "cloudfront": {
        "DistributionId": "cloudfront::{account}:distribution/{name}",
        "Id": "cloudfront::{account}:distribution/{name}",
        "Resource": "{name}",
    },
    "ecr": {
        "repositoryName": "ecr:{here}:repository/{name}",
        "repositoryNames": "ecr:{here}:repository/{name}",
        "resourceArn": "{name}",
    },
    "iam": {
        "RoleName": "iam::{account}:role/{name}",
        "InstanceProfileName": "iam::{account}:instance-profile/{name}",
        "PolicyArn": "{name}",
        "OpenIDConnectProviderArn": "{name}",
    },
    "kms": {"KeyId": "kms:{here}:key/{name}"},
    "lambda": {"FunctionName": "lambda:{here}:function:{name}"},
    "rds": {"DBInstanceIdentifier": "rds:{here}:db:{name}"},
    "secretsmanager": {"SecretId": "secretsmanager:{here}:secret:{name}-SUFFIX"},
    "sns": {"TopicArn": "{name}"},
    "ssm": {
        "Name": "ssm:{here}:parameter{name}",
        "Names": "ssm:{here}:parameter{name}",
        "Path": "ssm:{here}:parameter{name}",
        "ResourceId": "ssm:{here}:parameter{name}",
    },
}
# Operations that know no resource although they name one.
UNSCOPED = {"autoscaling": r"Describe", "ec2": r"Describe", "elbv2": r"Describe"}


@dataclass
class Request:
    """One thing that IAM is asked."""

    action: str
    resource: str = "*"
    context: dict[str, str] = field(default_factory=dict)


def authorize(message: Message) -> None:
    """Refuse what the caller's role does not allow."""
    if message.model is None or (message.service, message.operation) in FREE:
        return
    partition = get_partition(message.region)
    session = get_backend("sts")[message.account][partition].get_assumed_role_from_access_key(message.access_key)
    if session is None:
        return
    documents, boundary = _policies(get_backend("iam")[message.account][partition], session.role_arn)
    for request in _requests(message, partition):
        if not _allowed(documents, request) or (boundary and not _allowed(boundary, request)):
            raise _refusal(message, session.arn, request)


def _refusal(message: Message, who: str, request: Request) -> AwsError:
    text = f"User: {who} is not authorized to perform: {request.action} on resource: {request.resource}"
    if message.operation == "StartInstanceRefresh" and not request.action.startswith("autoscaling:"):
        text = f"You are not authorized to use launch template: it needs {request.action} on {request.resource}"
    code = "AccessDeniedException" if "json" in message.protocol else "AccessDenied"
    return AwsError("UnauthorizedOperation" if message.service == "ec2" else code, text, status=403)


def _policies(iam: Any, arn: str) -> tuple[list[Any], list[Any]]:
    """The statements of a role's policies, and of its boundary."""
    role = next((role for role in iam.roles.values() if role.arn == arn), None)
    if role is None:
        return [], []
    texts = [*role.policies.values(), *map(_document, role.managed_policies.values())]
    boundary = iam.managed_policies.get(role.permissions_boundary_arn)
    return _statements(texts), _statements([_document(boundary)] if boundary else [])


def _document(policy: Any) -> str:
    """What a managed policy says now."""
    return next(version.document for version in policy.versions if version.is_default)


def _statements(texts: list[str]) -> list[Any]:
    found: list[Any] = []
    for text in texts:
        statements = json.loads(text)["Statement"]
        found += statements if isinstance(statements, list) else [statements]
    return found


def _allowed(statements: list[Any], request: Request) -> bool:
    """Allowed by one, and denied by none."""
    effects = {each["Effect"] for each in statements if _concerns(each, request)}
    return effects == {"Allow"}


def _concerns(statement: dict[str, Any], request: Request) -> bool:
    actions = [pattern.lower() for pattern in _listed(statement.get("Action", []))]
    return (
        any(fnmatchcase(request.action.lower(), pattern) for pattern in actions)
        and any(fnmatchcase(request.resource, pattern) for pattern in _listed(statement.get("Resource", [])))
        and _holds(statement.get("Condition", {}), request.context)
    )


def _holds(condition: dict[str, Any], context: dict[str, str]) -> bool:
    """Whether each key has one of its values; operators besides StringEquals, StringLike, ArnEquals, ArnLike are unknown here."""
    for operator, keys in condition.items():
        if operator not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike"):
            raise NotImplementedError(f"condition operator {operator}")
        for key, wanted in keys.items():
            if key not in context or not any(fnmatchcase(context[key], pattern) for pattern in _listed(wanted)):
                return False
    return True


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


def _requests(message: Message, partition: str) -> Iterator[Request]:
    """What IAM is asked about a call: one thing for each resource, and for each other right that the call takes."""
    service, params = message.service, message.params or {}
    operation = ACTIONS.get((service, message.operation), message.operation)
    action = f"{PREFIXES.get(service, service)}:{operation}"
    context = {"s3:prefix": params.get("Prefix") or ""} if service == "s3" else {}
    for resource in _resources(message, partition, params) or ["*"]:
        yield Request(action, resource, context)
    if message.operation == "StartInstanceRefresh":
        template = params.get("DesiredConfiguration", {}).get("LaunchTemplate")
        if template:
            yield from _launch(message, partition, template)


def _resources(message: Message, partition: str, params: dict[str, Any]) -> list[str]:
    service, start = message.service, f"arn:{partition}:"
    here = f"{message.region}:{message.account}"
    if re.match(UNSCOPED.get(service, "$"), message.operation):
        return []
    if service == "s3" and "Bucket" in params:
        keys = [each["Key"] for each in params.get("Delete", {}).get("Objects", [])] or _listed(params.get("Key", []))
        return [f"{start}s3:::{params['Bucket']}" + (f"/{key}" if key else "") for key in keys or [""]]
    if service == "sqs" and "QueueUrl" in params:
        return [f"{start}sqs:{here}:{params['QueueUrl'].split('/')[-1]}"]
    if service == "autoscaling" and "AutoScalingGroupName" in params:
        return [f"{start}autoscaling:{here}:autoScalingGroup:0:autoScalingGroupName/{params['AutoScalingGroupName']}"]
    if service == "ec2" and (template := _template(message, params)):
        return [f"{start}ec2:{here}:launch-template/{template.id}"]
    for parameter, pattern in RESOURCES.get(service, {}).items():
        if names := _listed(params.get(parameter) or []):
            arns = [pattern.format(here=here, account=message.account, name=name) for name in names]
            return [name if name.startswith("arn:") else start + arn for name, arn in zip(names, arns, strict=True)]
    return []


def _template(message: Message, params: dict[str, Any]) -> Any:
    """The launch template that parameters name, by id or by name."""
    templates = get_backend("ec2")[message.account][message.region].launch_templates
    wanted = params.get("LaunchTemplateId"), params.get("LaunchTemplateName")
    return next((each for each in templates.values() if each.id == wanted[0] or each.name == wanted[1]), None)


def _launch(message: Message, partition: str, wanted: dict[str, Any]) -> Iterator[Request]:
    """Auto Scaling tries as the caller whether the template can be launched: with its image, its tags, its role."""
    template = _template(message, wanted)
    if template is None:
        return
    ec2 = f"arn:{partition}:ec2:{message.region}"
    arn = f"{ec2}:{message.account}:launch-template/{template.id}"
    data = template.get_version(wanted.get("Version", "$Default")).data
    from_template = {"ec2:LaunchTemplate": arn}
    launched = [f"{ec2}:{message.account}:{kind}/*" for kind in ("instance", "volume", "network-interface")]
    groups = [f"{ec2}:{message.account}:security-group/{group}" for group in data.get("SecurityGroupIds", [])]
    for resource in [arn, f"{ec2}::image/{data.get('ImageId', '')}", *launched, *groups]:
        yield Request("ec2:RunInstances", resource, from_template)
    for specification in data.get("TagSpecifications", []):
        tagged = f"{ec2}:{message.account}:{specification['ResourceType']}/*"
        yield Request("ec2:CreateTags", tagged, {"ec2:CreateAction": "RunInstances"})
    profile = data.get("IamInstanceProfile", {})
    name = profile.get("Name") or profile.get("Arn", "").split("/")[-1]
    for role in _roles_of(message, partition, name):
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        yield Request("iam:PassRole", role, {"iam:PassedToService": f"ec2.{suffix}"})


def _roles_of(message: Message, partition: str, profile: str) -> list[str]:
    profiles = get_backend("iam")[message.account][partition].instance_profiles.values()
    return [role.arn for each in profiles if each.name == profile for role in each.roles]
