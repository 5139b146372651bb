#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: account_defaults
short_description: Manage the defaults that an account has for everything in it
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Manages the public access block of Amazon S3, which counts for the whole account, and what Amazon EC2 does by default in a region about the
    encryption of volumes, the sharing of snapshots and the metadata service of instances.
  - An option that is omitted is left alone. What exists already keeps its own encryption and metadata options; what is public already is so no longer.
attributes:
  check_mode:
    support: full
    description: Predicts the defaults without writing them.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  account_id:
    description: Id of the account, 12 digits, which is the one of the credentials.
    type: str
    required: true
  s3_block_public_access:
    description: Whether no bucket of the account can be public, by ACLs or policies that are there or come later.
    type: bool
  ebs_encryption_by_default:
    description: Whether new volumes and copies of snapshots in the region are encrypted, whatever they are made with.
    type: bool
  ebs_default_kms_key_id:
    description: ARN of the KMS key for volumes that are made without one.
    type: str
  snapshot_block_public_access:
    description: >-
      Which snapshots of volumes in the region can't be public. V(block-new-sharing) leaves those public that are so already.
    type: str
    choices: [block-all-sharing, block-new-sharing, unblocked]
  instance_metadata_defaults:
    description: What instances in the region get that are launched without metadata options of their own.
    type: dict
    suboptions:
      http_tokens:
        description: Whether the metadata service demands session tokens (IMDSv2).
        type: str
        choices: [required, optional, no-preference]
      http_put_response_hop_limit:
        description: How many network hops a token may travel, 1 to 64; 2 lets containers have it, -1 is no preference.
        type: int
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep an account private and encrypted
  realtime.aws.account_defaults:
    account_id: "123456789012"
    region: us-east-1
    s3_block_public_access: true
    ebs_encryption_by_default: true
    snapshot_block_public_access: block-all-sharing
    instance_metadata_defaults: {http_tokens: required, http_put_response_hop_limit: 2}
"""

RETURN = r"""
defaults:
  description: The defaults as they are after the module, in check mode as they would be.
  returned: success
  type: dict
  contains:
    s3_public_access_block:
      description: The four settings of the public access block.
      returned: when O(s3_block_public_access) is given
      type: dict
      sample: {block_public_acls: true, block_public_policy: true, ignore_public_acls: true, restrict_public_buckets: true}
    ebs_encryption_by_default:
      description: Whether new volumes are encrypted.
      returned: when O(ebs_encryption_by_default) is given
      type: bool
      sample: true
    ebs_default_kms_key_id:
      description: Key of volumes that are made without one.
      returned: when O(ebs_default_kms_key_id) is given
      type: str
      sample: arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    snapshot_block_public_access:
      description: Which snapshots can't be public.
      returned: when O(snapshot_block_public_access) is given
      type: str
      sample: block-all-sharing
    instance_metadata_defaults:
      description: What instances get that say nothing themselves.
      returned: when O(instance_metadata_defaults) is given
      type: dict
      sample: {http_tokens: required, http_put_response_hop_limit: 2}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, missing_is_none, named, report
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::::Account"  # as AWS Config and Security Hub call it; CloudFormation has no such type
PUBLIC_ACCESS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
METADATA = {"http_tokens": "HttpTokens", "http_put_response_hop_limit": "HttpPutResponseHopLimit"}
NO_PREFERENCE = {"http_tokens": "no-preference", "http_put_response_hop_limit": -1}


def desired_defaults(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which defaults are read."""
    wanted = {key: params[key] for key in READERS if params.get(key) is not None}
    if params["s3_block_public_access"] is not None:
        wanted["s3_public_access_block"] = dict.fromkeys(PUBLIC_ACCESS, params["s3_block_public_access"])
    if metadata := wanted.get("instance_metadata_defaults"):
        wanted["instance_metadata_defaults"] = {key: value for key, value in metadata.items() if value is not None}
    return wanted


# --- reading ------------------------------------------------------------------------------------------------------


@missing_is_none("read the account's public access block", "NoSuchPublicAccessBlockConfiguration")
def find_public_access_block(s3control: Any, account_id: str) -> dict[str, bool]:
    found = s3control.get_public_access_block(AccountId=account_id)["PublicAccessBlockConfiguration"]
    return {key: found.get(member, False) for key, member in PUBLIC_ACCESS.items()}


@named("read whether volumes are encrypted by default")
def get_encryption(ec2: Any) -> bool:
    return ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]


@named("read the default key of volumes")
def get_default_key(ec2: Any) -> str:
    return ec2.get_ebs_default_kms_key_id()["KmsKeyId"]


@named("read which snapshots can't be public")
def get_snapshot_block(ec2: Any) -> str:
    return ec2.get_snapshot_block_public_access_state()["State"]


@named("read the defaults of instance metadata")
def get_metadata_defaults(ec2: Any) -> dict[str, Any]:
    found = ec2.get_instance_metadata_defaults().get("AccountLevel", {})
    return {key: found.get(member, NO_PREFERENCE[key]) for key, member in METADATA.items()}


READERS = {
    "ebs_encryption_by_default": get_encryption,
    "ebs_default_kms_key_id": get_default_key,
    "snapshot_block_public_access": get_snapshot_block,
    "instance_metadata_defaults": get_metadata_defaults,
}


def read_defaults(s3control: Any, ec2: Any, account_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what is there of the defaults that are wanted; the credentials need no more rights than those."""
    found = {key: read(ec2) for key, read in READERS.items() if key in wanted}
    if "s3_public_access_block" in wanted:
        nothing = dict.fromkeys(PUBLIC_ACCESS, False)
        found["s3_public_access_block"] = find_public_access_block(s3control, account_id) or nothing
    if metadata := found.get("instance_metadata_defaults"):
        found["instance_metadata_defaults"] = {key: metadata[key] for key in wanted["instance_metadata_defaults"]}
    return found


# --- writing ------------------------------------------------------------------------------------------------------


@named("set the account's public access block")
def put_public_access_block(s3control: Any, account_id: str, block: dict[str, bool]) -> None:
    settings = {member: block[key] for key, member in PUBLIC_ACCESS.items()}
    s3control.put_public_access_block(AccountId=account_id, PublicAccessBlockConfiguration=settings)


@named("set whether volumes are encrypted by default")
def put_encryption(ec2: Any, enabled: bool) -> None:
    if enabled:
        ec2.enable_ebs_encryption_by_default()
    else:
        ec2.disable_ebs_encryption_by_default()


@named("set the default key of volumes")
def put_default_key(ec2: Any, key: str) -> None:
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)


@named("set which snapshots can't be public")
def put_snapshot_block(ec2: Any, state: str) -> None:
    if state == "unblocked":
        ec2.disable_snapshot_block_public_access()
    else:
        ec2.enable_snapshot_block_public_access(State=state)


@named("set the defaults of instance metadata")
def put_metadata_defaults(ec2: Any, metadata: dict[str, Any]) -> None:
    ec2.modify_instance_metadata_defaults(**{METADATA[key]: value for key, value in metadata.items()})


WRITERS = {
    "ebs_default_kms_key_id": put_default_key,  # before the encryption that takes it
    "ebs_encryption_by_default": put_encryption,
    "snapshot_block_public_access": put_snapshot_block,
    "instance_metadata_defaults": put_metadata_defaults,
}


def apply(s3control: Any, ec2: Any, account_id: str, changes: dict[str, Any]) -> None:
    if "s3_public_access_block" in changes:
        put_public_access_block(s3control, account_id, changes["s3_public_access_block"])
    for key, write in WRITERS.items():
        if key in changes:
            write(ec2, changes[key])


def main():
    metadata = {
        "http_tokens": {"type": "str", "choices": ["required", "optional", "no-preference"], "no_log": False},
        "http_put_response_hop_limit": {"type": "int"},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "account_id": {"type": "str", "required": True},
            "s3_block_public_access": {"type": "bool"},
            "ebs_encryption_by_default": {"type": "bool"},
            "ebs_default_kms_key_id": {"type": "str"},
            "snapshot_block_public_access": {
                "type": "str",
                "choices": ["block-all-sharing", "block-new-sharing", "unblocked"],
            },
            "instance_metadata_defaults": {"type": "dict", "options": metadata},
        },
        supports_check_mode=True,
    )
    account_id = module.params["account_id"]
    s3control = module.client("s3control", retry_decorator=RETRY)
    ec2 = module.client("ec2", retry_decorator=RETRY)
    try:
        wanted = desired_defaults(module.params)
        before = read_defaults(s3control, ec2, account_id, wanted)
        plan = Plan(KIND, f"{account_id} in {module.region}", before, wanted)
        if plan.changed and not module.check_mode:
            apply(s3control, ec2, account_id, plan.changes)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(defaults=plan.after, **report(plan))


if __name__ == "__main__":
    main()
