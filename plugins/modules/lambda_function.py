#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_function
short_description: Manage a Lambda function, its code from a directory, and who may invoke it
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a function. Its code is the content of a directory, packed the same way on every
    machine, so that it is uploaded only when it differs.
  - Options have the names of M(amazon.aws.lambda) and M(amazon.aws.lambda_policy) where they exist.
  - A role that was just made, or whose policy was, is not usable at once; the module retries for a while.
attributes:
  check_mode:
    support: full
    description: Predicts the function without writing it.
  diff_mode:
    support: full
    description: Shows the attributes that change, before and after; the code as its checksum.
options:
  name:
    description: Name of the function; 1 to 64 letters, digits, hyphens and underscores.
    type: str
    required: true
  source:
    description: Directory that holds the code, on the machine that runs the module. Required when O(state=present).
    type: path
  runtime:
    description: What runs the code, such as V(python3.13). Required when O(state=present).
    type: str
  handler:
    description: Module and function that are called, such as V(app.handler). Required when O(state=present).
    type: str
  role:
    description: ARN of the role that the function has. Required when O(state=present).
    type: str
  architecture:
    description: The processor that runs it.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  description:
    description: What the function is for.
    type: str
    default: ""
  timeout:
    description: Seconds after which a call is ended; 1 to 900.
    type: int
    default: 3
  memory_size:
    description: Memory in MiB; 128 to 10240.
    type: int
    default: 128
  environment_variables:
    description: Environment variables of the function; no place for secrets.
    type: dict
    default: {}
  dead_letter_arn:
    description: ARN of the queue or topic that gets asynchronous calls that failed for good; nothing when empty.
    type: str
    default: ""
  permissions:
    description: All statements of the function's policy; statements that are not listed are removed.
    type: list
    elements: dict
    default: []
    suboptions:
      statement_id:
        description: Name of the statement.
        type: str
        required: true
      principal:
        description: Service that may invoke the function, such as V(sns.amazonaws.com).
        type: str
        required: true
      source_arn:
        description: ARN of the resource on whose behalf it may.
        type: str
        required: true
      source_account:
        description: Account of that resource, for ARNs that don't have it, such as those of buckets.
        type: str
        default: ""
  tags:
    description: Tags of the function.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the role, and for the function to take each change.
    type: int
    default: 120
  state:
    description: Whether the function exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Run the code of a directory
  realtime.aws.lambda_function:
    name: production-alert-processor
    source: files/alert_processor
    runtime: python3.13
    handler: alert_processor.handler
    role: arn:aws:iam::123456789012:role/production-alert-processor

- name: Let a topic invoke it, and keep what it fails on
  realtime.aws.lambda_function:
    name: production-alert-processor
    source: files/alert_processor
    runtime: python3.13
    handler: alert_processor.handler
    role: arn:aws:iam::123456789012:role/production-alert-processor
    architecture: arm64
    dead_letter_arn: arn:aws:sqs:us-east-1:123456789012:production-alert-processor-dlq
    permissions:
      - statement_id: alerts
        principal: sns.amazonaws.com
        source_arn: arn:aws:sns:us-east-1:123456789012:production-alerts

- name: Remove the function
  realtime.aws.lambda_function:
    name: production-alert-processor
    state: absent
"""

RETURN = r"""
function:
  description: The managed attributes of the function, C(none) when it is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"runtime": "python3.13", "handler": "alert_processor.handler", "code_sha256": "Mk1kYr0pUbSv1c6cyQlFIRXIlOKEuXRDh0rGuVKbR6k="}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Lambda::Function", "name": "production-alert-processor", "action": "create"}]
"""

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::Lambda::Function"
ABSENT = "ResourceNotFoundException"
# CON-2: the role can't be assumed yet, or its permission to write to the dead-letter queue isn't there yet.
BUSY = "ResourceConflictException"  # it exists, or an update is in progress
NOT_YET = ["InvalidParameterValueException"]
CONFIGURATION = {
    "runtime": "Runtime",
    "handler": "Handler",
    "role": "Role",
    "description": "Description",
    "timeout": "Timeout",
    "memory_size": "MemorySize",
}


def pack(source: Path) -> bytes:
    """Return a zip of the directory; the same bytes from the same content, whoever packs it, wherever and whenever."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix())  # dated 1980
                entry.create_system = 3  # Unix, for the mode below
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def checksum(code: bytes) -> str:
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def normalize_function(configuration: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Return what AWS says of the function under the names of the options."""
    found = {option: configuration.get(name, "") for option, name in CONFIGURATION.items()}
    return {
        **found,
        "architecture": configuration.get("Architectures", ["x86_64"])[0],
        "environment_variables": configuration.get("Environment", {}).get("Variables", {}),
        "dead_letter_arn": configuration.get("DeadLetterConfig", {}).get("TargetArn", ""),
        "code_sha256": configuration["CodeSha256"],
        "tags": tags,
    }


def normalize_permissions(policy: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the statements of a function's policy by id."""
    found = {}
    for statement in policy["Statement"]:
        principal, condition = statement["Principal"], statement.get("Condition", {})
        found[statement["Sid"]] = {
            "principal": principal.get("Service", "") if isinstance(principal, dict) else principal,
            "source_arn": condition.get("ArnLike", {}).get("AWS:SourceArn", ""),
            "source_account": condition.get("StringEquals", {}).get("AWS:SourceAccount", ""),
        }
    return found


def desired_function(options: dict[str, Any], before: dict[str, Any], code_sha256: str) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which the function is read."""
    direct = (*CONFIGURATION, "architecture", "dead_letter_arn")
    wanted: dict[str, Any] = {option: options[option] for option in direct}
    wanted["environment_variables"] = {key: str(value) for key, value in options["environment_variables"].items()}
    wanted["code_sha256"] = code_sha256
    wanted["permissions"] = {
        item["statement_id"]: {key: item[key] for key in ("principal", "source_arn", "source_account")}
        for item in options["permissions"]
    }
    if options["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), options["tags"], options["purge_tags"])
    return wanted


def build_configuration(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the part of settings that UpdateFunctionConfiguration takes."""
    request = {name: settings[option] for option, name in CONFIGURATION.items() if option in settings}
    if "environment_variables" in settings:
        request["Environment"] = {"Variables": settings["environment_variables"]}
    if "dead_letter_arn" in settings:
        request["DeadLetterConfig"] = {"TargetArn": settings["dead_letter_arn"]}
    return request


def build_permission(statement_id: str, permission: dict[str, str]) -> dict[str, str]:
    names = {"principal": "Principal", "source_arn": "SourceArn", "source_account": "SourceAccount"}
    given = {name: permission[key] for key, name in names.items() if permission[key]}
    return {"StatementId": statement_id, "Action": "lambda:InvokeFunction", **given}


@missing_is_none("read the function", ABSENT)
def get_function(client: Any, name: str) -> dict[str, Any]:
    found = client.get_function(FunctionName=name)
    return normalize_function(found["Configuration"], found.get("Tags", {}))


@missing_is_none("read the function's policy", ABSENT)
def get_permissions(client: Any, name: str) -> dict[str, dict[str, str]]:
    return normalize_permissions(json.loads(client.get_policy(FunctionName=name)["Policy"]))


def read_function(client: Any, name: str) -> dict[str, Any] | None:
    found = get_function(client, name)
    return found and {**found, "permissions": get_permissions(client, name) or {}}


def wait_until_settled(client: Any, name: str, timeout: int) -> None:
    """Lambda refuses a change while it takes the one before."""

    def settled() -> bool:
        found = client.get_function_configuration(FunctionName=name)
        return found.get("State", "Active") != "Pending" and found.get("LastUpdateStatus") != "InProgress"

    wait_until(f"function {name}", settled, timeout)


@written_once("create the function", BUSY)
def create_function(client: Any, plan: Plan, code: bytes, timeout: int) -> None:
    request = {
        "FunctionName": plan.name,
        "Code": {"ZipFile": code},
        "Architectures": [plan.desired["architecture"]],
        "Tags": plan.desired.get("tags", {}),
        **build_configuration(plan.desired),
    }
    retry_on(NOT_YET, lambda: client.create_function(**request), timeout, message="role")


@written_once("update the function's code", BUSY)
def update_code(client: Any, name: str, code: bytes, architecture: str) -> None:
    client.update_function_code(FunctionName=name, ZipFile=code, Architectures=[architecture])


@written_once("change the function", BUSY)
def update_configuration(client: Any, name: str, changes: dict[str, Any], timeout: int) -> None:
    request = {"FunctionName": name, **changes}
    retry_on(NOT_YET, lambda: client.update_function_configuration(**request), timeout, message="role")


@missing_is_none("remove a permission of the function", ABSENT)
def remove_permission(client: Any, name: str, statement_id: str) -> None:
    client.remove_permission(FunctionName=name, StatementId=statement_id)


@written_once("add a permission to the function", BUSY)
def add_permission(client: Any, name: str, statement_id: str, permission: dict[str, Any]) -> None:
    client.add_permission(FunctionName=name, **build_permission(statement_id, permission))


def write_permissions(client: Any, name: str, before: dict[str, Any], wanted: dict[str, Any]) -> None:
    for statement_id, permission in before.items():
        if permission != wanted.get(statement_id):
            remove_permission(client, name, statement_id)
    for statement_id, permission in wanted.items():
        if before.get(statement_id) != permission:
            add_permission(client, name, statement_id, permission)


@named("change the function's tags")
def write_tags(client: Any, name: str, before: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(before, wanted)
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    if to_set:
        client.tag_resource(Resource=arn, Tags=to_set)
    if to_remove:
        client.untag_resource(Resource=arn, TagKeys=to_remove)


@missing_is_none("delete the function", ABSENT)
def delete_function(client: Any, name: str) -> None:
    client.delete_function(FunctionName=name)


def update_function(client: Any, plan: Plan, code: bytes, timeout: int) -> None:
    changes, wanted = plan.changes, plan.desired
    if {"code_sha256", "architecture"} & set(changes):
        update_code(client, plan.name, code, wanted["architecture"])
        wait_until_settled(client, plan.name, timeout)
    if configuration := build_configuration(changes):
        update_configuration(client, plan.name, configuration, timeout)
        wait_until_settled(client, plan.name, timeout)
    if "tags" in changes:
        write_tags(client, plan.name, plan.before["tags"], wanted["tags"])


def apply(client: Any, plan: Plan, code: bytes, timeout: int) -> None:
    if plan.action == "delete":
        delete_function(client, plan.name)
        return
    if plan.action == "create":
        create_function(client, plan, code, timeout)
        wait_until_settled(client, plan.name, timeout)
    elif plan.changed:
        update_function(client, plan, code, timeout)
    if "permissions" in plan.changes:
        write_permissions(client, plan.name, (plan.before or {}).get("permissions", {}), plan.desired["permissions"])


def argument_spec() -> dict[str, Any]:
    permission = {
        "statement_id": {"type": "str", "required": True},
        "principal": {"type": "str", "required": True},
        "source_arn": {"type": "str", "required": True},
        "source_account": {"type": "str", "default": ""},
    }
    return {
        "name": {"type": "str", "required": True},
        "source": {"type": "path"},
        "runtime": {"type": "str"},
        "handler": {"type": "str"},
        "role": {"type": "str"},
        "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
        "description": {"type": "str", "default": ""},
        "timeout": {"type": "int", "default": 3},
        "memory_size": {"type": "int", "default": 128},
        "environment_variables": {"type": "dict", "default": {}},
        "dead_letter_arn": {"type": "str", "default": ""},
        "permissions": {"type": "list", "elements": "dict", "default": [], "options": permission},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 120},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["source", "runtime", "handler", "role"])],
        supports_check_mode=True,
    )
    options = module.params
    present = options["state"] == "present"
    if present and not Path(options["source"]).is_dir():
        module.fail_json(msg=f"source is {options['source']}; allowed: a directory")
    code = pack(Path(options["source"])) if present else b""
    client = module.client("lambda", retry_decorator=RETRY)
    try:
        before = read_function(client, options["name"])
        desired = desired_function(options, before or {}, checksum(code)) if present else None
        plan = Plan(KIND, options["name"], before, desired)
        if not module.check_mode:
            apply(client, plan, code, options["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(function=plan.after, **report(plan))


if __name__ == "__main__":
    main()
