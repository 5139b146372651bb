#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repository
short_description: Manage an ECR repository
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a private repository of container images, with its lifecycle policy and tags.
  - Options have the names of M(community.aws.ecs_ecr) where they exist. One that is omitted is left alone.
  - Lifecycle policies are compared as parsed values, not as text.
attributes:
  check_mode:
    support: full
    description: Predicts the repository without writing it.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  name:
    description: Name of the repository; 2 to 256 lowercase letters, digits and V(._-/).
    type: str
    required: true
  image_tag_mutability:
    description: Whether a tag may be moved to another image. V(mutable) for a new repository when omitted.
    type: str
    choices: [mutable, immutable]
  scan_on_push:
    description: >-
      Whether an image is scanned for vulnerabilities when it is pushed. Where the registry's own scanning is the enhanced one, AWS ignores it.
    type: bool
  encryption_configuration:
    description: How images are encrypted, AES256 when omitted. AWS can't change it; the module fails when it differs from what is there.
    type: dict
    suboptions:
      encryption_type:
        description: The kind of encryption; by a key of Amazon S3, by a KMS key, or by two layers of the latter.
        type: str
        choices: [AES256, KMS, KMS_DSSE]
        default: AES256
      kms_key:
        description: ARN of the KMS key, in the repository's region; AWS's own C(alias/aws/ecr) when omitted.
        type: str
  lifecycle_policy:
    description: Which images expire; an empty mapping means none.
    type: dict
  force_absent:
    description: With O(state=absent), whether a repository goes with the images in it; otherwise AWS refuses to delete one that has some.
    type: bool
    default: false
  tags:
    description: Tags of the repository.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  state:
    description: Whether the repository exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep a repository whose tags never move and whose images are scanned
  realtime.aws.ecr_repository:
    name: production-app
    image_tag_mutability: immutable
    scan_on_push: true
    encryption_configuration:
      encryption_type: KMS
      kms_key: arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9

- name: Let images that lost their tag expire after two weeks, whatever else the repository has
  realtime.aws.ecr_repository:
    name: production-app
    lifecycle_policy:
      rules:
        - rulePriority: 1
          selection: {tagStatus: untagged, countType: sinceImagePushed, countUnit: days, countNumber: 14}
          action: {type: expire}

- name: Remove the repository with all its images
  realtime.aws.ecr_repository:
    name: production-app
    force_absent: true
    state: absent
"""

RETURN = r"""
repository:
  description: The repository, C(none) when it is absent; in check mode as it would be, without C(arn) and C(uri) where it is yet to be made.
  returned: success
  type: dict
  sample:
    arn: arn:aws:ecr:us-east-1:123456789012:repository/production-app
    uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/production-app
    image_tag_mutability: immutable
    scan_on_push: true
changes:
  description: What changes.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::ECR::Repository", "name": "production-app", "action": "create"}]
"""

import json
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
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::ECR::Repository"
ABSENT = "RepositoryNotFoundException"


def normalize_lifecycle_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """Return the policy with its rules by priority, whatever their order was."""
    rules = policy.get("rules") or []
    return {"rules": sorted(rules, key=lambda rule: int(rule["rulePriority"]))} if rules else {}


def normalize_encryption(configuration: dict[str, Any]) -> dict[str, str]:
    """Return type and key, from the options or from AWS; no key means AWS's own."""
    found = {"encryption_type": configuration.get("encryption_type") or configuration.get("encryptionType")}
    key = configuration.get("kms_key") or configuration.get("kmsKey")
    return {**found, "kms_key": key} if key else found


def desired_repository(params: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a repository is read."""
    wanted = {key: params[key] for key in ("image_tag_mutability", "scan_on_push") if params[key] is not None}
    if params["lifecycle_policy"] is not None:
        wanted["lifecycle_policy"] = normalize_lifecycle_policy(params["lifecycle_policy"])
    if params["encryption_configuration"] is not None:
        encryption = normalize_encryption(params["encryption_configuration"])
        current = before.get("encryption_configuration", {})
        if "kms_key" not in encryption and current.get("encryption_type") == encryption["encryption_type"]:
            encryption = current  # by AWS's own key, whose ARN nobody asked for
        wanted["encryption_configuration"] = encryption
    if params["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), params["tags"], params["purge_tags"])
    return wanted


def build_repository(desired: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of CreateRepository."""
    arguments: dict[str, Any] = {}
    if "image_tag_mutability" in desired:
        arguments["imageTagMutability"] = desired["image_tag_mutability"].upper()
    if "scan_on_push" in desired:
        arguments["imageScanningConfiguration"] = {"scanOnPush": desired["scan_on_push"]}
    if encryption := desired.get("encryption_configuration"):
        names = {"encryption_type": "encryptionType", "kms_key": "kmsKey"}
        arguments["encryptionConfiguration"] = {names[key]: value for key, value in encryption.items()}
    if desired.get("tags"):
        arguments["tags"] = ansible_dict_to_boto3_tag_list(desired["tags"])
    return arguments


@missing_is_none("read the lifecycle policy", "LifecyclePolicyNotFoundException")
def get_lifecycle_policy(client: Any, name: str) -> dict[str, Any]:
    return normalize_lifecycle_policy(
        json.loads(client.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    )


@missing_is_none("read the repository", ABSENT)
def get_repository(client: Any, name: str) -> dict[str, Any]:
    found = client.describe_repositories(repositoryNames=[name])["repositories"][0]
    tags = client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    return {
        "arn": found["repositoryArn"],
        "uri": found["repositoryUri"],
        "image_tag_mutability": found["imageTagMutability"].lower(),
        "scan_on_push": found.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        "encryption_configuration": normalize_encryption(found.get("encryptionConfiguration", {})),
        "lifecycle_policy": get_lifecycle_policy(client, name) or {},
        "tags": boto3_tag_list_to_ansible_dict(tags),
    }


@written_once("create the repository", "RepositoryAlreadyExistsException")
def create_repository(client: Any, plan: Plan) -> None:
    client.create_repository(repositoryName=plan.name, **build_repository(plan.desired))


@named("set the lifecycle policy")
def put_lifecycle_policy(client: Any, name: str, policy: dict[str, Any]) -> None:
    if policy:
        client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(policy))
    else:
        client.delete_lifecycle_policy(repositoryName=name)


@named("update the repository")
def update_repository(client: Any, plan: Plan) -> None:
    name, changes = plan.name, plan.changes
    if "image_tag_mutability" in changes:
        client.put_image_tag_mutability(repositoryName=name, imageTagMutability=changes["image_tag_mutability"].upper())
    if "scan_on_push" in changes:
        scanning = {"scanOnPush": changes["scan_on_push"]}
        client.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=scanning)
    if "tags" in changes:
        to_set, to_remove = tag_changes(plan.before["tags"], changes["tags"])
        if to_remove:
            client.untag_resource(resourceArn=plan.before["arn"], tagKeys=to_remove)
        if to_set:
            client.tag_resource(resourceArn=plan.before["arn"], tags=ansible_dict_to_boto3_tag_list(to_set))


@missing_is_none("delete the repository", ABSENT)
def delete_repository(client: Any, name: str, force: bool) -> None:
    client.delete_repository(repositoryName=name, force=force)


def refuse_other_encryption(plan: Plan) -> None:
    if plan.action == "update" and "encryption_configuration" in plan.changes:
        raise AnsibleAWSError(
            message=f"Repository {plan.name} is encrypted by {plan.before['encryption_configuration']}, and AWS can't change that to "
            f"{plan.desired['encryption_configuration']}. Make another repository, or delete this one first"
        )


def apply(client: Any, plan: Plan, force: bool) -> None:
    if plan.action == "delete":
        delete_repository(client, plan.name, force)
    elif plan.action == "create":
        create_repository(client, plan)
        if plan.desired.get("lifecycle_policy"):
            put_lifecycle_policy(client, plan.name, plan.desired["lifecycle_policy"])
    elif plan.changed:
        update_repository(client, plan)
        if "lifecycle_policy" in plan.changes:
            put_lifecycle_policy(client, plan.name, plan.changes["lifecycle_policy"])


def argument_spec() -> dict[str, Any]:
    encryption = {
        "encryption_type": {"type": "str", "choices": ["AES256", "KMS", "KMS_DSSE"], "default": "AES256"},
        "kms_key": {"type": "str", "no_log": False},
    }
    return {
        "name": {"type": "str", "required": True},
        "image_tag_mutability": {"type": "str", "choices": ["mutable", "immutable"]},
        "scan_on_push": {"type": "bool"},
        "encryption_configuration": {"type": "dict", "options": encryption},
        "lifecycle_policy": {"type": "dict"},
        "force_absent": {"type": "bool", "default": False},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    client = module.client("ecr", retry_decorator=RETRY)
    try:
        before = get_repository(client, params["name"])
        wanted = desired_repository(params, before or {}) if params["state"] == "present" else None
        plan = Plan(KIND, params["name"], before, wanted)
        refuse_other_encryption(plan)
        after = plan.after
        if plan.changed and not module.check_mode:
            apply(client, plan, params["force_absent"])
            after = get_repository(client, params["name"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(repository=after, **report(plan))


if __name__ == "__main__":
    main()
