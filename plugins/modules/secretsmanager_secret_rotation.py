#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_secret_rotation
short_description: Make a database's secret fit for rotation, and rotate it by a function
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Adds to the value of a secret where its database is, which AWS's rotation functions ask for, as C(SecretTargetAttachment) of
    CloudFormation does. The rest of the value, the password above all, stays as it is, and appears in no output or diff.
  - The version that says so has a staging label C(<host>:<port>). By that label the module knows that it is done, so it reads the value
    only to change it, and never again after a rotation.
  - Turns rotation by a function on and off.
attributes:
  check_mode:
    support: full
    description: Predicts both without writing. The secret need not exist.
  diff_mode:
    support: full
    description: Shows where the database is, and the schedule.
options:
  name:
    description: Name or ARN of the secret, whose value is a JSON object.
    type: str
    required: true
  target:
    description: Where the database is.
    type: dict
    required: true
    suboptions:
      host:
        description: DNS name of its endpoint.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        required: true
      db_instance_identifier:
        description: Its name in RDS.
        type: str
        required: true
  rotation_lambda_arn:
    description: ARN of the function that rotates it, which Secrets Manager has to be allowed to call. When omitted, there is no rotation.
    type: str
  automatically_after_days:
    description: How many days after a rotation the next one begins; 1 to 1000.
    type: int
    default: 30
  rotate_immediately:
    description: Whether the first rotation begins at once, when the function or the days change. Otherwise AWS only tests the function.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Say in the secret where the database is
  realtime.aws.secretsmanager_secret_rotation:
    name: production/database
    target:
      host: production-db.cabcdefghijk.us-east-1.rds.amazonaws.com
      port: 3306
      db_instance_identifier: production-db

- name: Let a function rotate it each month as well
  realtime.aws.secretsmanager_secret_rotation:
    name: production/database
    target:
      host: production-db.cabcdefghijk.us-east-1.rds.amazonaws.com
      port: 3306
      db_instance_identifier: production-db
    rotation_lambda_arn: arn:aws:lambda:us-east-1:123456789012:function:rotate
    automatically_after_days: 30
"""

RETURN = r"""
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::SecretsManager::RotationSchedule", "name": "production/database", "action": "update"}]
"""

import json
import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, missing_is_none, named, report
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
SCHEDULE = "AWS::SecretsManager::RotationSchedule"
OFF: dict[str, Any] = {"rotation_lambda_arn": "", "automatically_after_days": 0}
# The value's fields, as AWS's rotation functions call them.
FIELDS = {"host": "host", "port": "port", "db_instance_identifier": "dbInstanceIdentifier"}


def label(target: dict[str, Any]) -> str:
    """Return the staging label of the version that knows this target."""
    return f"{target['host']}:{target['port']}"


def stages(secret: dict[str, Any] | None) -> set[str]:
    """Return the staging labels of all versions."""
    versions = (secret or {}).get("VersionIdsToStages") or {}
    return {stage for labels in versions.values() for stage in labels}


def attached(secret: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return which host and port the secret has been told, None if none."""
    labels = sorted(stage for stage in stages(secret) if ":" in stage)
    return {"target": labels} if labels else None


def normalize_schedule(secret: dict[str, Any] | None) -> dict[str, Any]:
    """Return the managed attributes of the secret's rotation."""
    if not (secret or {}).get("RotationEnabled"):
        return OFF
    days = (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays")
    return {"rotation_lambda_arn": secret.get("RotationLambdaARN"), "automatically_after_days": days}


def desired_attachment(before: dict[str, Any] | None, target: dict[str, Any]) -> dict[str, Any]:
    """Return before with the target, for older labels stay on the versions that they were given to."""
    labels = (before or {"target": []})["target"]
    return {"target": sorted({*labels, label(target)})}


def desired_schedule(params: dict[str, Any]) -> dict[str, Any]:
    if not params["rotation_lambda_arn"]:
        return OFF
    return {key: params[key] for key in ("rotation_lambda_arn", "automatically_after_days")}


def in_rotation(secret: dict[str, Any]) -> bool:
    """Return whether a rotation has begun and not come to its end."""
    versions = (secret.get("VersionIdsToStages") or {}).values()
    return any("AWSPENDING" in labels and "AWSCURRENT" not in labels for labels in versions)


@missing_is_none("read the secret", "ResourceNotFoundException")
def describe_secret(client: Any, name: str) -> dict[str, Any]:
    return client.describe_secret(SecretId=name)


@named("say in the secret where the database is")
def attach(client: Any, name: str, target: dict[str, Any]) -> None:
    """Add the fields to the value, and the label, in one call."""
    value = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    value |= {field: target[option] for option, field in FIELDS.items()}
    client.put_secret_value(
        SecretId=name,
        SecretString=json.dumps(value),
        VersionStages=["AWSCURRENT", label(target)],
        ClientRequestToken=str(uuid.uuid4()),
    )


@named("rotate the secret by a function")
def schedule(client: Any, name: str, wanted: dict[str, Any], immediately: bool) -> None:
    client.rotate_secret(
        SecretId=name,
        RotationLambdaARN=wanted["rotation_lambda_arn"],
        RotationRules={"AutomaticallyAfterDays": wanted["automatically_after_days"]},
        RotateImmediately=immediately,
        ClientRequestToken=str(uuid.uuid4()),
    )


@named("stop the rotation of the secret")
def cancel(client: Any, name: str) -> None:
    client.cancel_rotate_secret(SecretId=name)


def main():
    target = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "db_instance_identifier": {"type": "str", "required": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "target": {"type": "dict", "required": True, "options": target},
            "rotation_lambda_arn": {"type": "str"},
            "automatically_after_days": {"type": "int", "default": 30},
            "rotate_immediately": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    name, days = params["name"], params["automatically_after_days"]
    if not 1 <= days <= 1000:
        module.fail_json(msg=f"automatically_after_days is {days}; allowed: 1 to 1000")
    client = module.client("secretsmanager", retry_decorator=RETRY)
    try:
        secret = describe_secret(client, name)
        if secret is None and not module.check_mode:
            module.fail_json(msg=f"There is no secret {name}")
        before = attached(secret)
        attachment = Plan(ATTACHMENT, name, before, desired_attachment(before, params["target"]))
        rotation = Plan(SCHEDULE, name, normalize_schedule(secret), desired_schedule(params))
        if attachment.changed and secret and in_rotation(secret):
            module.fail_json(msg=f"{name} is being rotated; run again when that has come to its end")
        if not module.check_mode:
            if attachment.changed:
                attach(client, name, params["target"])
            if rotation.changed and rotation.desired == OFF:
                cancel(client, name)
            elif rotation.changed:
                schedule(client, name, rotation.desired, params["rotate_immediately"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**report(attachment, rotation))


if __name__ == "__main__":
    main()
