#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_generated_secret
short_description: Manage a secret whose value is generated and seen by nobody
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates a secret in AWS Secrets Manager with a value that Secrets Manager itself makes up. The value is in no option,
    output, diff, fact or process list; who needs it reads it from Secrets Manager.
  - A value that exists is never changed again. Only description, key and tags are compared.
  - A secret of that name that is scheduled for deletion is restored, with the value that it had; the entry in
    RV(changes) says so. A secret without a current value, as an interrupted creation leaves it, gets one.
  - Options are named after C(GenerateSecretString) of CloudFormation's C(AWS::SecretsManager::Secret).
attributes:
  check_mode:
    support: full
    description: Predicts the secret without writing it.
  diff_mode:
    support: full
    description: Shows everything but the value.
options:
  name:
    description: Name of the secret; 1 to 512 letters, digits and C(/_+=.@-).
    type: str
    required: true
  description:
    description: What it is for; left as it is when omitted.
    type: str
  kms_key_id:
    description: Id or ARN of the KMS key that encrypts it; when omitted, AWS's own key for a new secret and no change for an old one.
    type: str
  generate_secret_string:
    description: How the value is made, when there is none yet.
    type: dict
    default: {}
    suboptions:
      secret_string_template:
        description:
          - The fields of the value that are no secret, such as a user name. The value becomes a JSON object of them and of
            O(generate_secret_string.generate_string_key). When omitted, the value is the generated string alone.
        type: dict
      generate_string_key:
        description: Name of the field that holds the generated string. Needed with O(generate_secret_string.secret_string_template).
        type: str
      password_length:
        description: How long the generated string is; 1 to 4096.
        type: int
        default: 32
      exclude_characters:
        description: Characters that it must not have.
        type: str
        default: ""
      exclude_punctuation:
        description: Whether it goes without punctuation.
        type: bool
        default: false
      require_each_included_type:
        description: Whether it has at least one character of each kind (lower case, upper case, digits, punctuation).
        type: bool
        default: true
  tags:
    description: Tags of the secret; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  recovery_window_in_days:
    description:
      - How long a removed secret can be restored; 7 to 30.
      - V(0) removes it at once and for good, also when it is already scheduled for deletion.
    type: int
    default: 30
  state:
    description: Whether the secret exists. One that is scheduled for deletion counts as V(absent).
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make the credentials of a database
  realtime.aws.secretsmanager_generated_secret:
    name: production/database
    description: Master user of production-db
    kms_key_id: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    generate_secret_string:
      secret_string_template:
        username: dbadmin
        dbname: app
      generate_string_key: password
      exclude_characters: "/@\"' \\"

- name: Make a plain token
  realtime.aws.secretsmanager_generated_secret:
    name: production/origin-verify
    generate_secret_string:
      password_length: 48
      exclude_punctuation: true

- name: Schedule it for deletion in a week
  realtime.aws.secretsmanager_generated_secret:
    name: production/database
    recovery_window_in_days: 7
    state: absent

- name: Remove it at once and for good
  realtime.aws.secretsmanager_generated_secret:
    name: production/origin-verify
    recovery_window_in_days: 0
    state: absent
"""

RETURN = r"""
name:
  description: Name of the secret.
  returned: success
  type: str
  sample: production/database
arn:
  description: ARN of the secret, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: str
  sample: arn:aws:secretsmanager:us-east-1:123456789012:secret:production/database-a1B2c3
version_id:
  description: Id of the current version, or C(none) as for RV(arn).
  returned: success
  type: str
  sample: 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0
changes:
  description: What changes, one entry a resource; C(note) says when a secret is restored or completed.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::SecretsManager::Secret", "name": "production/database", "action": "create"}]
"""

import json
import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
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

KIND = "AWS::SecretsManager::Secret"
SETTLE = 120  # seconds that AWS may take to really forget a secret that was deleted without a recovery window


def normalize_secret(secret: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the managed attributes of what DescribeSecret answered."""
    if secret is None:
        return None
    return {
        "description": secret.get("Description") or "",
        "kms_key_id": secret.get("KmsKeyId"),
        "tags": boto3_tag_list_to_ansible_dict(secret.get("Tags") or []),
        "has_value": current_version(secret) is not None,
        "scheduled_for_deletion": secret.get("DeletedDate") is not None,
    }


def current_version(secret: dict[str, Any] | None) -> str | None:
    """Return the id of the version that readers get."""
    versions = ((secret or {}).get("VersionIdsToStages") or {}).items()
    return next((version for version, stages in versions if "AWSCURRENT" in stages), None)


def desired_secret(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the managed attributes as they are wanted."""
    current = before or {}
    wanted: dict[str, Any] = {"has_value": True, "scheduled_for_deletion": False}
    wanted["tags"] = desired_tags(current.get("tags"), params["tags"], params["purge_tags"])
    if params["description"] is not None:
        wanted["description"] = params["description"]
    if params["kms_key_id"] and not same_key(current.get("kms_key_id"), params["kms_key_id"]):
        wanted["kms_key_id"] = params["kms_key_id"]
    return wanted


def same_key(one: str | None, other: str | None) -> bool:
    """Return whether two names (ids, ARNs) mean the same key: AWS gives back the spelling it was given."""
    return (one or "").rsplit("/", 1)[-1] == (other or "").rsplit("/", 1)[-1]


def explain(before: dict[str, Any] | None, wanted: dict[str, Any] | None) -> str | None:
    """Return what a reader of the result should know."""
    if before is None or wanted is None:
        return None
    if before["scheduled_for_deletion"]:
        return "It was scheduled for deletion and is restored with the value that it had."
    return None if before["has_value"] else "It had no current value, and gets one."


def compose(rules: dict[str, Any], generated: str) -> str:
    """Return the secret's value."""
    if rules["secret_string_template"] is None:
        return generated
    return json.dumps({**rules["secret_string_template"], rules["generate_string_key"]: generated})


@missing_is_none("read the secret", "ResourceNotFoundException")
def describe_secret(client: Any, name: str) -> dict[str, Any]:
    return client.describe_secret(SecretId=name)


@named("generate the secret's value")
def generate(client: Any, rules: dict[str, Any]) -> str:
    return client.get_random_password(
        PasswordLength=rules["password_length"],
        ExcludeCharacters=rules["exclude_characters"],
        ExcludePunctuation=rules["exclude_punctuation"],
        RequireEachIncludedType=rules["require_each_included_type"],
    )["RandomPassword"]


@named("create the secret")
def create_secret(client: Any, name: str, wanted: dict[str, Any], value: str) -> None:
    request = {
        "Name": name,
        "SecretString": value,
        "Tags": ansible_dict_to_boto3_tag_list(wanted["tags"]),
        "ClientRequestToken": str(uuid.uuid4()),  # a repeated request, after a lost answer, is the same request
    }
    if wanted.get("description"):
        request["Description"] = wanted["description"]
    if wanted.get("kms_key_id"):
        request["KmsKeyId"] = wanted["kms_key_id"]
    # TDN-10: the name of a secret that was deleted for good is taken for some seconds more.
    retry_on(["InvalidRequestException"], lambda: client.create_secret(**request), SETTLE, "scheduled for deletion")


@named("restore the secret")
def restore_secret(client: Any, name: str) -> None:
    client.restore_secret(SecretId=name)


@named("give the secret a value")
def put_value(client: Any, name: str, value: str) -> None:
    client.put_secret_value(SecretId=name, SecretString=value, ClientRequestToken=str(uuid.uuid4()))


@named("update the secret")
def update_secret(client: Any, name: str, changes: dict[str, Any]) -> None:
    keys = {"description": "Description", "kms_key_id": "KmsKeyId"}
    client.update_secret(SecretId=name, **{keys[key]: value for key, value in changes.items()})


@named("tag the secret")
def tag_secret(client: Any, name: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.tag_resource(SecretId=name, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(SecretId=name, TagKeys=to_remove)


# It is gone, or waits for its end, which AWS won't schedule anew.
@written_once("delete the secret", "ResourceNotFoundException", "InvalidRequestException")
def delete_secret(client: Any, name: str, days: int) -> None:
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    client.delete_secret(SecretId=name, **window)
    if not days:
        wait_until("the secret to be gone", lambda: describe_secret(client, name) is None, SETTLE)


def apply(client: Any, plan: Plan, params: dict[str, Any]) -> None:
    name, rules = plan.name, params["generate_secret_string"]
    if plan.action == "create":
        create_secret(client, name, plan.desired, compose(rules, generate(client, rules)))
    elif plan.action == "delete":
        delete_secret(client, name, params["recovery_window_in_days"])
    elif plan.action == "update":
        changes = plan.changes
        if "scheduled_for_deletion" in changes:
            restore_secret(client, name)
        settings = {key: changes[key] for key in ("description", "kms_key_id") if key in changes}
        if settings:
            update_secret(client, name, settings)
        if "has_value" in changes:
            put_value(client, name, compose(rules, generate(client, rules)))
        if "tags" in changes:
            tag_secret(client, name, plan.before["tags"], changes["tags"])


def main():
    rules = {
        "secret_string_template": {"type": "dict", "no_log": False},
        "generate_string_key": {"type": "str", "no_log": False},
        "password_length": {"type": "int", "default": 32, "no_log": False},
        "exclude_characters": {"type": "str", "default": ""},
        "exclude_punctuation": {"type": "bool", "default": False},
        "require_each_included_type": {"type": "bool", "default": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "kms_key_id": {"type": "str"},
            "generate_secret_string": {
                "type": "dict",
                "default": {},
                "apply_defaults": True,
                "no_log": False,
                "options": rules,
                "required_together": [("secret_string_template", "generate_string_key")],
            },
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "recovery_window_in_days": {"type": "int", "default": 30},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    name, days, present = params["name"], params["recovery_window_in_days"], params["state"] == "present"
    if days and not 7 <= days <= 30:
        module.fail_json(msg=f"recovery_window_in_days is {days}; allowed: 7 to 30, or 0 to delete without recovery")
    client = module.client("secretsmanager", retry_decorator=RETRY)
    try:
        secret = describe_secret(client, name)
        before = normalize_secret(secret)
        if not present and before and before["scheduled_for_deletion"] and days:
            before = None
        wanted = desired_secret(before, params) if present else None
        plan = Plan(KIND, name, before, wanted, note=explain(before, wanted))
        if plan.changed and not module.check_mode:
            apply(client, plan, params)
            secret = describe_secret(client, name)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    if not present:
        secret = None
    module.exit_json(name=name, arn=(secret or {}).get("ARN"), version_id=current_version(secret), **report(plan))


if __name__ == "__main__":
    main()
