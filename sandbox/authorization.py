"""Who may do what: a call with the credentials of a role or user is judged by its policies, as IAM judges it.

The sandbox's own key is the account's root user's and may do everything. Judged are inline and managed policies and the
permissions boundary; resource policies are not. What a call needs is in `permissions.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from moto.backends import get_backend
from moto.utilities.utils import get_partition

from sandbox.hooks import AwsError
from sandbox.permissions import Request
from sandbox.policy import holds, listed, statements
from sandbox.wire import Message

Statement = dict[str, Any]

# The operators of conditions that are understood here.
OPERATORS = re.compile(r"(String(Not)?(Equals|Like)(IgnoreCase)?|Arn(Not)?(Equals|Like)|Bool)(IfExists)?|Null")


@dataclass
class Principal:
    """Whose call it is: the policies' statements, and the boundary's if there is one."""

    arn: str
    statements: list[Statement]
    boundary: list[Statement] | None


def caller(message: Message) -> Principal | None:
    """The role or user that a call's key belongs to; `None` for the sandbox's own key."""
    partition = get_partition(message.region)
    iam = get_backend("iam")[message.account][partition]
    session = get_backend("sts")[message.account][partition].get_assumed_role_from_access_key(message.access_key)
    if session is not None:
        role = next((each for each in iam.roles.values() if each.arn == session.role_arn), None)
        return _principal(iam, session.arn, role)
    for user in iam.users.values():
        if any(key.access_key_id == message.access_key for key in user.access_keys):
            return _principal(iam, user.arn, user)
    return None


def authorize(message: Message, principal: Principal, requests: list[Request]) -> None:
    """Refuse what the principal's policies do not allow."""
    for request in requests:
        allowed = _allowed(principal.statements, request)
        if not allowed or (principal.boundary is not None and not _allowed(principal.boundary, request)):
            raise _refusal(message, principal.arn, request)


def _refusal(message: Message, who: str, request: Request) -> AwsError:
    text = f"User: {who} is not authorized to perform: {request.action} on resource: {request.resource}"
    if message.operation == "StartInstanceRefresh" and not request.action.startswith("autoscaling:"):
        text = f"You are not authorized to use launch template: it needs {request.action} on {request.resource}"
    code = "AccessDeniedException" if "json" in message.protocol else "AccessDenied"
    return AwsError("UnauthorizedOperation" if message.service == "ec2" else code, text, status=403)


def _principal(iam: Any, arn: str, of: Any) -> Principal:
    """A role or user with what its policies say now; one that is gone has none."""
    if of is None:
        return Principal(arn, [], None)
    texts = [*of.policies.values(), *map(_document, of.managed_policies.values())]
    limit = iam.managed_policies.get(getattr(of, "permissions_boundary_arn", None))
    return Principal(arn, _statements(texts), _statements([_document(limit)]) if limit else None)


def _document(policy: Any) -> str:
    """What a managed policy says now."""
    return next(version.document for version in policy.versions if version.is_default)


def _statements(texts: list[Any]) -> list[Statement]:
    return [statement for text in texts for statement in statements(text)]


def _allowed(found: list[Statement], request: Request) -> bool:
    """Allowed by one, and denied by none."""
    return {each["Effect"] for each in found if concerns(each, request)} == {"Allow"}


def concerns(statement: Statement, request: Request) -> bool:
    """Whether a statement says something about a request."""
    condition = statement.get("Condition", {})
    for operator in condition:
        if not OPERATORS.fullmatch(operator):
            raise NotImplementedError(f"condition operator {operator}")
    return (
        any(fnmatchcase(request.action.lower(), pattern.lower()) for pattern in listed(statement.get("Action")))
        and any(fnmatchcase(request.resource, pattern) for pattern in listed(statement.get("Resource")))
        and holds(condition, request.context)
    )
