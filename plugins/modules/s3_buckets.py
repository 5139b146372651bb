#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_buckets
short_description: Manage S3 buckets with all their settings
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes buckets. The settings of all of them are read side by side, and only what differs is
    written. A setting that is omitted is neither read nor changed.
  - Options have the names of M(amazon.aws.s3_bucket), M(community.aws.s3_lifecycle) and M(community.aws.s3_logging) where they exist.
  - Policies are compared as parsed values, not as text.
  - A bucket whose name belongs to another account, or that is in another region, is refused.
  - What has the tag C(Adopted=true) is never deleted or emptied by O(state=absent); it loses the tag, the tags of O(buckets[].tags) and
    the statements of O(buckets[].policy).
attributes:
  check_mode:
    support: full
    description: Predicts the settings without writing them.
  diff_mode:
    support: full
    description: Shows the settings that change, before and after.
options:
  buckets:
    description: The buckets, in the order in which they are written; a bucket that others log to comes first.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the bucket.
        type: str
        required: true
      adopt:
        description:
          - Whether the bucket was there before, and is to be used as it is. It gets O(buckets[].tags) beside those that it has, and
            C(Adopted=true), and in its policy the statements of O(buckets[].policy), each in place of one of the same Sid; other options are
            left out of account.
        type: bool
        default: false
      object_ownership:
        description: Who owns the objects; anything but V(BucketOwnerEnforced) leaves ACLs on.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
      public_access:
        description: Which kinds of public access are blocked; all of them unless said otherwise.
        type: dict
        suboptions:
          block_public_acls:
            description: Refuse new public ACLs.
            type: bool
            default: true
          ignore_public_acls:
            description: Ignore public ACLs.
            type: bool
            default: true
          block_public_policy:
            description: Refuse public bucket policies.
            type: bool
            default: true
          restrict_public_buckets:
            description: Let nobody but AWS services and the owner use a public policy.
            type: bool
            default: true
      tags:
        description: Tags of the bucket.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(buckets[].tags) are removed.
        type: bool
        default: true
      encryption:
        description: How objects are encrypted by default.
        type: str
        choices: [AES256, aws:kms]
      encryption_key_id:
        description: ARN of the KMS key. Required when O(buckets[].encryption=aws:kms).
        type: str
      bucket_key_enabled:
        description: Whether S3 uses one data key for many objects, which saves KMS requests.
        type: bool
        default: true
      versioning:
        description: Whether overwritten and deleted objects are kept as versions.
        type: bool
      lifecycle_rules:
        description: All lifecycle rules of the bucket; an empty list removes them. A rule in which everything is off is left out.
        type: list
        elements: dict
        suboptions:
          rule_id:
            description: Name of the rule.
            type: str
            required: true
          prefix:
            description: Which objects it is about.
            type: str
            default: ""
          transitions:
            description: Storage classes that objects move to.
            type: list
            elements: dict
            default: []
            suboptions: &transition
              transition_days:
                description: After how many days.
                type: int
                required: true
              storage_class:
                description: To which class.
                type: str
                required: true
          noncurrent_version_transitions:
            description: Storage classes that replaced versions move to, counted from when they were replaced.
            type: list
            elements: dict
            default: []
            suboptions: *transition
          expiration_days:
            description: When objects are deleted; V(0) means never.
            type: int
            default: 0
          noncurrent_version_expiration_days:
            description: When replaced versions are deleted, counted from when they were replaced; V(0) means never.
            type: int
            default: 0
          abort_incomplete_multipart_upload_days:
            description: When uploads that were never finished are dropped; V(0) means never.
            type: int
            default: 0
          expire_object_delete_marker:
            description: Whether delete markers with no version behind them are removed; not together with O(buckets[].lifecycle_rules[].expiration_days).
            type: bool
            default: false
      policy:
        description: The bucket's policy.
        type: dict
      logging:
        description: Where requests are logged.
        type: dict
        suboptions:
          target_bucket:
            description: Name of the bucket that receives the logs; an empty string turns logging off.
            type: str
            required: true
          target_prefix:
            description: Start of the logs' keys.
            type: str
            default: ""
  force:
    description: With O(state=absent), delete the policy and every object, version and unfinished upload first. Nothing brings them back.
    type: bool
    default: false
  state:
    description: Whether the buckets exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep dumps, encrypted and for a year
  realtime.aws.s3_buckets:
    buckets:
      - name: production-backups-123456789012-us-east-1
        versioning: true
        public_access: {}
        encryption: aws:kms
        encryption_key_id: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
        lifecycle_rules:
          - rule_id: archive
            transitions:
              - {transition_days: 30, storage_class: STANDARD_IA}
              - {transition_days: 90, storage_class: GLACIER}
            expiration_days: 365

- name: Change the policy of a bucket and nothing else
  realtime.aws.s3_buckets:
    buckets:
      - name: production-static-assets-123456789012-us-east-1
        policy: "{{ lookup('ansible.builtin.template', 'bucket_policy.json.j2') | from_json }}"

- name: Log the requests of one bucket to another, which comes first
  realtime.aws.s3_buckets:
    buckets:
      - name: example-logs
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {Service: logging.s3.amazonaws.com}
              Action: s3:PutObject
              Resource: arn:aws:s3:::example-logs/s3/*
      - name: example-data
        logging: {target_bucket: example-logs, target_prefix: s3/data/}

- name: Let the load balancer log to a bucket that was there before
  realtime.aws.s3_buckets:
    buckets:
      - name: company-logs
        adopt: true
        tags: {Project: realtime, Environment: production}
        policy:
          Version: "2012-10-17"
          Statement:
            - Sid: LoadBalancerLogs
              Effect: Allow
              Principal: {Service: logdelivery.elasticloadbalancing.amazonaws.com}
              Action: s3:PutObject
              Resource: arn:aws:s3:::company-logs/AWSLogs/123456789012/*

- name: Remove a bucket and all that is in it
  realtime.aws.s3_buckets:
    buckets:
      - name: example-data
    force: true
    state: absent
"""

RETURN = r"""
buckets:
  description: The managed settings by bucket, C(none) for a bucket that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"example-data": {"versioning": true, "tags": {"Environment": "production"}}}
changes:
  description: What changes, one entry a bucket.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::S3::Bucket", "name": "example-data", "action": "create"}]
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    ADOPTION,
    RELEASE,
    RETRY,
    Plan,
    adopting_tags,
    desired_tags,
    is_adopted,
    missing_is_none,
    named,
    released_tags,
    report,
    retry_on,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.statements import with_statements, without_statements

KIND = "AWS::S3::Bucket"
WORKERS = 8
FORGETTING = 600  # TDN-10: seconds until the name of a deleted bucket is free again
SETTLING = ["NoSuchBucket", "OperationAborted"]  # a new bucket takes a moment to take its settings
ACTIONS = {
    "Transitions",
    "NoncurrentVersionTransitions",
    "Expiration",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
}
PUBLIC_ACCESS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


def normalize_encryption(rule: dict[str, Any]) -> dict[str, Any]:
    """Return the default encryption in the names of the options; the rest of the rule is AWS's business."""
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm") != "aws:kms":
        return {"encryption": default.get("SSEAlgorithm")}
    return {
        "encryption": "aws:kms",
        "encryption_key_id": default.get("KMSMasterKeyID"),
        "bucket_key_enabled": rule.get("BucketKeyEnabled", False),
    }


def build_encryption(value: dict[str, Any]) -> dict[str, Any]:
    default = {"SSEAlgorithm": value["encryption"]}
    if value["encryption"] != "aws:kms":
        return {"ApplyServerSideEncryptionByDefault": default}
    default["KMSMasterKeyID"] = value["encryption_key_id"]
    return {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": value["bucket_key_enabled"]}


def normalize_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lifecycle rules as AWS writes them, in one order and one of the ways to write a prefix."""
    result = []
    for rule in rules:
        found = dict(rule)
        prefix = found.pop("Prefix", "")
        found["Filter"] = found.get("Filter") or {"Prefix": prefix}
        for key in ("Transitions", "NoncurrentVersionTransitions"):
            if key in found:
                found[key] = sorted(found[key], key=lambda item: item.get("Days") or item.get("NoncurrentDays") or 0)
        result.append(found)
    return sorted(result, key=lambda rule: rule.get("ID", ""))


def build_rule(options: dict[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule as AWS writes it; actions that are off are left out, and a rule has to have one."""

    def moves(option: str, unit: str) -> list[dict[str, Any]]:
        return [{unit: move["transition_days"], "StorageClass": move["storage_class"]} for move in options[option]]

    def days(option: str, unit: str) -> dict[str, int] | None:
        return {unit: options[option]} if options[option] else None

    marker = {"ExpiredObjectDeleteMarker": True} if options["expire_object_delete_marker"] else None
    actions = {
        "Transitions": moves("transitions", "Days"),
        "NoncurrentVersionTransitions": moves("noncurrent_version_transitions", "NoncurrentDays"),
        "Expiration": days("expiration_days", "Days") or marker,
        "NoncurrentVersionExpiration": days("noncurrent_version_expiration_days", "NoncurrentDays"),
        "AbortIncompleteMultipartUpload": days("abort_incomplete_multipart_upload_days", "DaysAfterInitiation"),
    }
    return {
        "ID": options["rule_id"],
        "Status": "Enabled",
        "Filter": {"Prefix": options["prefix"]},
        **{action: value for action, value in actions.items() if value},
    }


def desired_settings(options: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that the options ask for, in the shape in which they are read."""
    wanted = {key: options[key] for key in SETTINGS if options.get(key) is not None}
    if "tags" in wanted:
        wanted["tags"] = desired_tags(before.get("tags"), wanted["tags"], options["purge_tags"])
    if "encryption" in wanted:
        rule = build_encryption({**options, "encryption": wanted["encryption"]})
        wanted["encryption"] = normalize_encryption(rule)
    if "lifecycle_rules" in wanted:
        rules = [build_rule(rule) for rule in wanted["lifecycle_rules"]]
        wanted["lifecycle_rules"] = normalize_rules([rule for rule in rules if ACTIONS & set(rule)])
    if "logging" in wanted and not wanted["logging"]["target_bucket"]:
        wanted["logging"] = {}
    current = before.get("policy")
    if "policy" in wanted and current and not compare_policies(current, wanted["policy"]):
        wanted["policy"] = current  # the same policy, written another way
    return wanted


def get_ownership(client: Any, name: str) -> str | None:
    read = missing_is_none("read the object ownership", "OwnershipControlsNotFoundError")
    found = read(client.get_bucket_ownership_controls)(Bucket=name)
    return found["OwnershipControls"]["Rules"][0]["ObjectOwnership"] if found else None


def put_ownership(client: Any, name: str, value: str) -> None:
    client.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": value}]})


def get_public_access(client: Any, name: str) -> dict[str, bool]:
    read = missing_is_none("read the public access block", "NoSuchPublicAccessBlockConfiguration")
    found = (read(client.get_public_access_block)(Bucket=name) or {}).get("PublicAccessBlockConfiguration", {})
    return {option: found.get(key, False) for option, key in PUBLIC_ACCESS.items()}


def put_public_access(client: Any, name: str, value: dict[str, bool]) -> None:
    blocks = {key: value[option] for option, key in PUBLIC_ACCESS.items()}
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocks)


def get_tags(client: Any, name: str) -> dict[str, str]:
    found = missing_is_none("read the tags", "NoSuchTagSet")(client.get_bucket_tagging)(Bucket=name)
    return boto3_tag_list_to_ansible_dict(found["TagSet"]) if found else {}


def put_tags(client: Any, name: str, value: dict[str, str]) -> None:
    if value:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": ansible_dict_to_boto3_tag_list(value)})
    else:
        client.delete_bucket_tagging(Bucket=name)


def get_encryption(client: Any, name: str) -> dict[str, Any]:
    read = missing_is_none("read the encryption", "ServerSideEncryptionConfigurationNotFoundError")
    found = read(client.get_bucket_encryption)(Bucket=name)
    return normalize_encryption(found["ServerSideEncryptionConfiguration"]["Rules"][0] if found else {})


def put_encryption(client: Any, name: str, value: dict[str, Any]) -> None:
    configuration = {"Rules": [build_encryption(value)]}
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=configuration)


@named("read the versioning")
def get_versioning(client: Any, name: str) -> bool:
    return client.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"


def put_versioning(client: Any, name: str, value: bool) -> None:
    configuration = {"Status": "Enabled" if value else "Suspended"}
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration=configuration)


def get_lifecycle(client: Any, name: str) -> list[dict[str, Any]]:
    read = missing_is_none("read the lifecycle rules", "NoSuchLifecycleConfiguration")
    found = read(client.get_bucket_lifecycle_configuration)(Bucket=name)
    return normalize_rules(found["Rules"]) if found else []


def put_lifecycle(client: Any, name: str, value: list[dict[str, Any]]) -> None:
    if value:
        client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": value})
    else:
        client.delete_bucket_lifecycle(Bucket=name)


def get_policy(client: Any, name: str) -> dict[str, Any] | None:
    found = missing_is_none("read the policy", "NoSuchBucketPolicy")(client.get_bucket_policy)(Bucket=name)
    return json.loads(found["Policy"]) if found else None


def put_policy(client: Any, name: str, value: dict[str, Any] | None) -> None:
    if value:
        client.put_bucket_policy(Bucket=name, Policy=json.dumps(value))
    else:
        client.delete_bucket_policy(Bucket=name)


@named("read the logging")
def get_logging(client: Any, name: str) -> dict[str, str]:
    found = client.get_bucket_logging(Bucket=name).get("LoggingEnabled")
    return {"target_bucket": found["TargetBucket"], "target_prefix": found["TargetPrefix"]} if found else {}


def put_logging(client: Any, name: str, value: dict[str, str]) -> None:
    target = {"TargetBucket": value["target_bucket"], "TargetPrefix": value["target_prefix"]} if value else None
    client.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": target} if target else {})


class Setting(NamedTuple):
    get: Callable[[Any, str], Any]
    put: Callable[[Any, str, Any], None]


# In the order in which they are written: nothing is open, untagged or unencrypted on the way.
SETTINGS = {
    "object_ownership": Setting(get_ownership, put_ownership),
    "public_access": Setting(get_public_access, put_public_access),
    "tags": Setting(get_tags, put_tags),
    "encryption": Setting(get_encryption, put_encryption),
    "versioning": Setting(get_versioning, put_versioning),
    "lifecycle_rules": Setting(get_lifecycle, put_lifecycle),
    "policy": Setting(get_policy, put_policy),
    "logging": Setting(get_logging, put_logging),
}


def refuse_foreign(name: str) -> AnsibleAWSError:
    return AnsibleAWSError(
        message=f"Bucket {name} belongs to somebody else, or you may not use it; choose another name"
    )


@named("look for the bucket")
def bucket_exists(client: Any, name: str) -> bool:
    try:
        region = client.head_bucket(Bucket=name).get("BucketRegion")
    except is_boto3_error_code(["404", "NoSuchBucket"]):
        return False
    except is_boto3_error_code(["403", "AccessDenied"]) as error:
        raise refuse_foreign(name) from error
    if region and region != client.meta.region_name:
        raise AnsibleAWSError(message=f"Bucket {name} is in {region}, not in {client.meta.region_name}")
    return True


def read_buckets(client: Any, wanted: dict[str, list[str]]) -> dict[str, dict[str, Any] | None]:
    """Return the wanted settings by bucket, read side by side; None for a bucket that does not exist."""
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        found = dict(zip(wanted, pool.map(lambda name: bucket_exists(client, name), wanted)))
        jobs = [(name, key) for name, keys in wanted.items() if found[name] for key in keys]
        values = pool.map(lambda job: SETTINGS[job[1]].get(client, job[0]), jobs)
        states: dict[str, Any] = {name: {} if exists else None for name, exists in found.items()}
        for (name, key), value in zip(jobs, values):
            states[name][key] = value
    return states


@named("create the bucket")
def create_bucket(client: Any, name: str, tags: dict[str, str]) -> None:
    """Create it with its tags, so that a run that is interrupted right after knows it for its own."""
    configuration: dict[str, Any] = {}
    if client.meta.region_name != "us-east-1":  # S3 refuses to be told its default
        configuration["LocationConstraint"] = client.meta.region_name
    if tags:
        configuration["Tags"] = ansible_dict_to_boto3_tag_list(tags)
    request = {"CreateBucketConfiguration": configuration} if configuration else {}
    try:
        retry_on(["OperationAborted"], lambda: client.create_bucket(Bucket=name, **request), timeout=FORGETTING)
    except is_boto3_error_code("BucketAlreadyOwnedByYou"):
        pass  # an earlier attempt got through, its answer did not
    except is_boto3_error_code("BucketAlreadyExists") as error:
        raise refuse_foreign(name) from error


def write_setting(client: Any, name: str, key: str, value: Any) -> None:
    describe = named(f"write {key} of bucket {name}")
    describe(lambda: retry_on(SETTLING, lambda: SETTINGS[key].put(client, name, value), timeout=60))()


@named("empty the bucket")
def empty_bucket(client: Any, name: str) -> None:
    """Remove every version, delete marker and unfinished upload; first the policy, so that no logs are delivered."""
    client.delete_bucket_policy(Bucket=name)
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        if objects:
            errors = client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True}).get("Errors")
            if errors:
                raise AnsibleAWSError(message=f"{len(errors)} objects of {name} stay: {errors[0]['Message']}")
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])


@missing_is_none("delete the bucket", "NoSuchBucket")
def delete_bucket(client: Any, name: str, force: bool) -> None:
    def delete() -> None:
        if force:
            empty_bucket(client, name)
        client.delete_bucket(Bucket=name)

    # Logs that were on their way may still arrive after the bucket was emptied.
    retry_on(["BucketNotEmpty"] if force else [], delete, timeout=120)


def apply(client: Any, plan: Plan, force: bool) -> None:
    if plan.action == "delete":
        delete_bucket(client, plan.name, force)
        return
    if plan.action == "create":
        create_bucket(client, plan.name, plan.desired.get("tags", {}))
    for key, value in plan.changes.items():
        write_setting(client, plan.name, key, value)
    if plan.action == "create":
        wait_until(f"S3 to know bucket {plan.name}", lambda: bucket_exists(client, plan.name), 60)
        get_tags(client, plan.name)  # by which its layer is read next; it is repeated while S3 does not know the bucket


def settings_needed(options: dict[str, Any], present: bool) -> list[str]:
    """Return the settings to read: those that are asked for; of what may have been adopted those that it was given."""
    if options["adopt"] or not present:
        return ["tags", "policy"]
    return [key for key in SETTINGS if options.get(key) is not None]


def make_plan(options: dict[str, Any], before: dict[str, Any] | None, present: bool) -> Plan:
    name, tags, policy = options["name"], options["tags"] or {}, options["policy"]
    if present and options["adopt"]:
        if before is None:
            raise AnsibleAWSError(message=f"There is no bucket {name} to adopt")
        wanted = {"tags": adopting_tags(before["tags"], tags), "policy": with_statements(before["policy"], policy)}
        return Plan(KIND, name, before, wanted, ADOPTION)
    if present:
        return Plan(KIND, name, before, desired_settings(options, before or {}))
    if before and (options["adopt"] or is_adopted(before["tags"])):
        wanted = {"tags": released_tags(before["tags"], tags), "policy": without_statements(before["policy"], policy)}
        return Plan(KIND, name, before, wanted, RELEASE)
    return Plan(KIND, name, before, None)


def argument_spec() -> dict[str, Any]:
    transition = {
        "transition_days": {"type": "int", "required": True},
        "storage_class": {"type": "str", "required": True},
    }
    moves = {"type": "list", "elements": "dict", "default": [], "options": transition}
    rule = {
        "rule_id": {"type": "str", "required": True},
        "prefix": {"type": "str", "default": ""},
        "transitions": moves,
        "noncurrent_version_transitions": moves,
        "expiration_days": {"type": "int", "default": 0},
        "noncurrent_version_expiration_days": {"type": "int", "default": 0},
        "abort_incomplete_multipart_upload_days": {"type": "int", "default": 0},
        "expire_object_delete_marker": {"type": "bool", "default": False},
    }
    logging = {
        "target_bucket": {"type": "str", "required": True},
        "target_prefix": {"type": "str", "default": ""},
    }
    bucket = {
        "name": {"type": "str", "required": True},
        "adopt": {"type": "bool", "default": False},
        "object_ownership": {
            "type": "str",
            "choices": ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"],
        },
        "public_access": {
            "type": "dict",
            "options": {option: {"type": "bool", "default": True} for option in PUBLIC_ACCESS},
        },
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "encryption": {"type": "str", "choices": ["AES256", "aws:kms"]},
        "encryption_key_id": {"type": "str", "no_log": False},
        "bucket_key_enabled": {"type": "bool", "default": True, "no_log": False},
        "versioning": {"type": "bool"},
        "lifecycle_rules": {"type": "list", "elements": "dict", "options": rule},
        "policy": {"type": "dict"},
        "logging": {"type": "dict", "options": logging},
    }
    return {
        "buckets": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": bucket,
            "required_if": [("encryption", "aws:kms", ["encryption_key_id"])],
        },
        "force": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    present = module.params["state"] == "present"
    buckets = {bucket["name"]: bucket for bucket in module.params["buckets"]}
    wanted = {name: settings_needed(bucket, present) for name, bucket in buckets.items()}
    client = module.client("s3", retry_decorator=RETRY)
    try:
        plans = [make_plan(buckets[name], before, present) for name, before in read_buckets(client, wanted).items()]
        if not module.check_mode:
            for plan in plans:
                apply(client, plan, module.params["force"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(buckets={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
