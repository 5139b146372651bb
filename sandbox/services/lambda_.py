"""Lambda: settings moto drops (dead letter queue, logging), and permissions with unique ids."""

from __future__ import annotations

import json
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

KEPT = ("DeadLetterConfig", "LoggingConfig")

_kept: dict[Any, dict[str, dict[str, Any]]] = store(dict)


def _name(call: Call) -> str:
    """A function is named, or given by its ARN."""
    name = call.params["FunctionName"]
    return name.split(":")[6] if name.startswith("arn:") else name.split(":")[0]


def _with_kept(call: Call, configuration: dict[str, Any]) -> None:
    name = configuration["FunctionName"]
    configuration["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    for key, value in _kept[call.scope].get(name, {}).items():
        configuration[key] = configuration.get(key, {}) | value


@around("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def keep(call: Call, forward: Forward) -> Answer:
    """Remember what moto drops."""
    answer = forward()
    old = {} if call.operation == "CreateFunction" else _kept[call.scope].get(answer["FunctionName"], {})
    given = {key: call.params[key] for key in KEPT if key in call.params}
    _kept[call.scope][answer["FunctionName"]] = old | given
    _with_kept(call, answer)
    return answer


@around("lambda", "GetFunction", "GetFunctionConfiguration", "UpdateFunctionCode")
def return_kept(call: Call, forward: Forward) -> Answer:
    """Return it."""
    answer = forward()
    _with_kept(call, answer.get("Configuration", answer))
    return answer


def _statements(call: Call) -> list[dict[str, Any]]:
    return call.backend().get_function(_name(call)).policy.statements


@around("lambda", "AddPermission")
def add_permission(call: Call, forward: Forward) -> Answer:
    """A statement id is used once."""
    sid = call.params["StatementId"]
    if any(statement["Sid"] == sid for statement in _statements(call)):
        message = f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
        raise AwsError("ResourceConflictException", message, status=409)
    forward()
    return None


@around("lambda", "GetPolicy")
def get_policy(call: Call, forward: Forward) -> Answer:
    """A function without statements has no policy."""
    answer = forward()
    if not json.loads(answer["Policy"])["Statement"]:
        raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", status=404)
    return answer
