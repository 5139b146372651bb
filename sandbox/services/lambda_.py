"""Lambda: settings moto drops (dead letter queue, logging), permissions with unique ids, and functions that settle."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import Any

from sandbox.clock import CLOCK, pass_through
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import is_service
from sandbox.services.iam_news import can_be_assumed, role_allows
from sandbox.services.kms import unusable

SETTLING = 10

RETIRED = re.compile(
    r"python(2\.7|3\.[678])|nodejs\d?(\.\d+)?|nodejs(4|6|8|1[0246])\..*|java8|go1\.x|provided|ruby2\.\d|dotnet6"
)

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
def refuse_runtime(call: Call, forward: Forward) -> Answer:
    """Not those that have had their day."""
    runtime = call.params.get("Runtime", "")
    if RETIRED.fullmatch(runtime):
        message = (
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
        raise AwsError("InvalidParameterValueException", message, status=400)
    forward()
    return None


@around("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def refuse_role(call: Call, forward: Forward) -> Answer:
    """CON-2: the role must trust Lambda, have been there for some seconds, and may write dead letters."""
    role = call.params.get("Role")
    if role and not can_be_assumed(call, role, "lambda.amazonaws.com"):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise AwsError("InvalidParameterValueException", message, status=400)
    letters = call.params.get("DeadLetterConfig", {}).get("TargetArn", "")
    if ":sqs:" in letters:
        role = role or call.backend().get_function(_name(call)).role
        if not role_allows(call, role, "sqs:SendMessage", letters):
            message = "The provided execution role does not have permissions to call SendMessage on SQS"
            raise AwsError("InvalidParameterValueException", message, status=400)
    forward()
    return None


@around("lambda", "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion")
def refuse_unsettled(call: Call, forward: Forward) -> Answer:
    """One change after the other, none while the function is being made."""
    function = call.backend().get_function(_name(call))
    if function.state == "Pending":
        message = (
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {function.state}"
        )
        raise AwsError("ResourceConflictException", message, status=409)
    if _updated(function) == "InProgress":
        message = (
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {function.function_arn}"
        )
        raise AwsError("ResourceConflictException", message, status=409)
    answer = forward()
    if call.operation != "PublishVersion":
        function.sandbox_updated_at = CLOCK.now() + SETTLING
        answer["LastUpdateStatus"] = _updated(function)
    return answer


def _updated(function: Any) -> str:
    return "InProgress" if CLOCK.now() < vars(function).get("sandbox_updated_at", 0.0) else "Successful"


@around("lambda", "CreateFunction")
def function_comes(call: Call, forward: Forward) -> Answer:
    """Pending at first."""
    answer = forward()
    function = call.backend().get_function(answer["FunctionName"])
    pass_through(function, "state", "Pending", (SETTLING, "Active"))
    answer["State"] = "Pending"
    return answer


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
    configuration = answer.get("Configuration", answer)
    _with_kept(call, configuration)
    configuration["LastUpdateStatus"] = _updated(call.backend().get_function(_name(call)))
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


@around("lambda", "AddPermission")
def refuse_unknown_function(call: Call, forward: Forward) -> Answer:
    """moto fails on it."""
    name = _name(call)
    if not any(each.function_name == name for each in call.backend().list_functions()):
        arn = f"arn:{call.partition}:lambda:{call.region}:{call.account}:function:{name}"
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
    forward()
    return None


@around("lambda", "GetPolicy")
def get_policy(call: Call, forward: Forward) -> Answer:
    """A function without statements has no policy."""
    answer = forward()
    if not json.loads(answer["Policy"])["Statement"]:
        raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", status=404)
    return answer


@around("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def refuse_timeout(call: Call, forward: Forward) -> Answer:
    """Fifteen minutes at most."""
    timeout = call.params.get("Timeout", 3)
    if timeout > 900:
        message = (
            f"1 validation error detected: Value '{timeout}' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 900"
        )
        raise AwsError("ValidationException", message, status=400)
    return forward()


RESERVED = re.compile(
    "_HANDLER|_X_AMZN_TRACE_ID|AWS_(ACCESS_KEY(_ID)?|DEFAULT_REGION|EXECUTION_ENV|LAMBDA_.*|REGION|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    "|LAMBDA_(RUNTIME_DIR|TASK_ROOT)"
)
ENVIRONMENT, CONCURRENT, UNRESERVED = 4096, 1000, 100


@around("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def refuse_environment(call: Call, forward: Forward) -> Answer:
    """4 KB of variables, none of Lambda's own, under a key that is there; subnets and security groups that there are."""
    params, code = call.params, "InvalidParameterValueException"
    variables = params.get("Environment", {}).get("Variables") or {}
    if reserved := [name for name in variables if RESERVED.fullmatch(name)]:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
        raise AwsError(code, message, status=400)
    if len(json.dumps(variables, separators=(",", ":")).encode()) > ENVIRONMENT:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the {ENVIRONMENT // 1024}KB limit."
        )
        raise AwsError(code, message, status=400)
    key = params.get("KMSKeyArn")
    if key and unusable(call, key):
        message = (
            "Lambda was unable to configure access to your environment variables because the KMS key is invalid. "
            "Please check your KMS key settings."
        )
        raise AwsError(code, message, status=400)
    network, ec2 = params.get("VpcConfig") or {}, call.backend("ec2")
    subnets = {subnet for zone in ec2.subnets.values() for subnet in zone}
    for subnet in network.get("SubnetIds") or []:
        if subnet not in subnets:
            message = (
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
                f"EC2 Error Message: The subnet ID '{subnet}' does not exist"
            )
            raise AwsError(code, message, status=400)
    for group in network.get("SecurityGroupIds") or []:
        if ec2.get_security_group_from_id(group) is None:
            message = (
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
                f"EC2 Error Message: The security group '{group}' does not exist"
            )
            raise AwsError(code, message, status=400)
    return forward()


@around("lambda", "CreateFunction", "UpdateFunctionCode")
def refuse_code(call: Call, forward: Forward) -> Answer:
    """A ZIP file is one."""
    code = call.params.get("ZipFile") or call.params.get("Code", {}).get("ZipFile")
    if code is not None:
        content = base64.b64decode(code) if isinstance(code, str) else code
        if not zipfile.is_zipfile(io.BytesIO(content)):
            message = "Could not unzip uploaded file. Please check your file, then try to upload again."
            raise AwsError("InvalidParameterValueException", message, status=400)
    return forward()


@around("lambda", "AddPermission")
def refuse_principal(call: Call, forward: Forward) -> Answer:
    """A service that AWS has, an account, a role, or everybody."""
    principal = call.params["Principal"]
    if not (re.fullmatch(r"\*|\d{12}|arn:[^:]+:iam::\d{12}:.+", principal) or is_service(principal)):
        message = "The provided principal was invalid. Please check the principal and try again."
        raise AwsError("InvalidParameterValueException", message, status=400)
    return forward()


@around("lambda", "PutFunctionConcurrency")
def refuse_reservation(call: Call, forward: Forward) -> Answer:
    """An account keeps a hundred for the functions without a reservation."""
    if call.params["ReservedConcurrentExecutions"] > CONCURRENT - UNRESERVED:
        message = (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
            f"its minimum value of [{UNRESERVED}]."
        )
        raise AwsError("InvalidParameterValueException", message, status=400)
    return forward()
