"""S3: log delivery policies, lifecycle rules, and what a new bucket has since 2023.

- PutBucketLogging fails in moto when a `Principal: "*"` statement precedes the logging one.
- Calls stand for HTTPS: a statement that denies the rest denies nothing here (moto takes every condition for met).
- A new bucket is private, encrypted and without ACLs; moto's has none of that.
- IA classes before day 30 are refused; so is removing a bucket with any version left (moto does).
"""

from __future__ import annotations

import itertools
import json
import re
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import FakeBucket, s3_backends

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store
from sandbox.policy import listed as _listed
from sandbox.policy import missing_principals, statements, unknown_services

LOGGING = "logging.s3.amazonaws.com"
EARLIEST = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@mend(FakeBucket, "_log_permissions_enabled_policy")
def may_deliver_logs(original: Any, target_bucket: Any, target_prefix: str | None) -> bool:
    """Whether the target's policy lets the logging service write under the prefix."""
    if not target_bucket.policy:
        return False
    resource = f"{target_bucket.arn}/{target_prefix or ''}x"
    for statement in _listed(json.loads(target_bucket.policy)["Statement"]):
        principal = statement.get("Principal", {})
        if (
            statement.get("Effect") == "Allow"
            and isinstance(principal, dict)
            and LOGGING in _listed(principal.get("Service"))
            and any(fnmatchcase("s3:PutObject", action) for action in _listed(statement.get("Action", [])))
            and any(fnmatchcase(resource, pattern) for pattern in _listed(statement.get("Resource", [])))
        ):
            return True
    return False


FakeBucket._log_permissions_enabled_policy = staticmethod(FakeBucket._log_permissions_enabled_policy)  # type: ignore[method-assign]


s3_backends.bucket_accounts = store()
"""whose a bucket's name is; moto's reset may forget the bucket and not this, and then looks for it for ever"""


@mend(FakeBucket, "get_permission")
def judge(original: Any, bucket: Any, action: str, resource: str) -> Any:
    """As moto does, without the statements about calls that are not encrypted."""
    policy = bucket.policy
    if policy is None:
        return original(bucket, action, resource)
    document = json.loads(policy)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    document["Statement"] = [each for each in _listed(document["Statement"]) if each.get("Condition") != insecure]
    bucket.policy = json.dumps(document).encode()
    try:
        return original(bucket, action, resource)
    finally:
        bucket.policy = policy


@around("s3", "CreateBucket")
def refuse_bucket_name(call: Call, forward: Forward) -> Answer:
    """Lower case, digits, dots and hyphens."""
    if not NAME.fullmatch(call.params["Bucket"]):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", status=400)
    forward()
    return None


@around("s3", "CreateBucket")
def create_bucket(call: Call, forward: Forward) -> Answer:
    """Private, encrypted, owned by its owner, tagged."""
    bucket = call.params["Bucket"]
    known = bucket in call.backend().buckets
    forward()
    if not known:
        blocks = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
        ownership = call.params.get("ObjectOwnership", "BucketOwnerEnforced")
        call.ask(
            "PutPublicAccessBlock",
            {"Bucket": bucket, "PublicAccessBlockConfiguration": dict.fromkeys(blocks, True)},
        )
        call.ask("PutBucketEncryption", {"Bucket": bucket, "ServerSideEncryptionConfiguration": {"Rules": [rule]}})
        call.ask(
            "PutBucketOwnershipControls",
            {"Bucket": bucket, "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}},
        )
        if tags := call.params.get("CreateBucketConfiguration", {}).get("Tags"):
            call.ask("PutBucketTagging", {"Bucket": bucket, "Tagging": {"TagSet": tags}})
    return None


@around("s3", "PutBucketLifecycleConfiguration")
def refuse_early_transition(call: Call, forward: Forward) -> Answer:
    """Objects stay 30 days before an IA class."""
    rules = call.params.get("LifecycleConfiguration", {}).get("Rules", [])
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(names)) < len(names):
        message = "Rule ID must be unique. Found same ID for more than one rule"
        raise AwsError("InvalidArgument", message, status=400)
    for rule in rules:
        if rule.get("AbortIncompleteMultipartUpload") and "Tag" in str(rule.get("Filter")):
            message = "AbortIncompleteMultipartUpload cannot be specified with Tags."
            raise AwsError("InvalidRequest", message, status=400)
        if not any(rule.get(action) for action in ACTIONS):
            raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule.", status=400)
        moves = [(each, "Days") for each in rule.get("Transitions") or []]
        moves += [(each, "NoncurrentDays") for each in rule.get("NoncurrentVersionTransitions") or []]
        for move, unit in moves:
            least = EARLIEST.get(move.get("StorageClass", ""), 0)
            if unit in move and move[unit] < least:
                action = "Transition" if unit == "Days" else "NoncurrentVersionTransition"
                message = (
                    f"'{unit}' in {action} action must be greater than or equal to {least} "
                    f"for storageClass '{move['StorageClass']}'"
                )
                raise AwsError("InvalidArgument", message, status=400)
        _check_order(rule)
    forward()
    return None


def _check_order(rule: dict[str, Any]) -> None:
    """One class after the other, and the end last; from an IA class on after 30 days."""
    moves = sorted((each for each in rule.get("Transitions") or [] if "Days" in each), key=lambda each: each["Days"])
    prefix = (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix", ""))
    for before, after in itertools.pairwise(moves):
        if before["StorageClass"] == "GLACIER" and after["StorageClass"] in EARLIEST:
            message = (
                f"'Days' in the Transition action for StorageClass '{before['StorageClass']}' for filter "
                f"'(prefix={prefix})' must be greater than 'Days' of StorageClass '{after['StorageClass']}'"
            )
            raise AwsError("InvalidArgument", message, status=400)
        if before["StorageClass"] in EARLIEST and after["Days"] < before["Days"] + EARLIEST[before["StorageClass"]]:
            message = (
                f"'Days' in the Transition action for StorageClass '{after['StorageClass']}' for filter "
                f"'(prefix={prefix})' must be {EARLIEST[before['StorageClass']]} days more than in the Transition action "
                f"for StorageClass '{before['StorageClass']}'"
            )
            raise AwsError("InvalidArgument", message, status=400)
    end = rule.get("Expiration", {}).get("Days")
    if end == 0:
        message = "'Days' for Expiration action must be a positive integer"
        raise AwsError("InvalidArgument", message, status=400)
    if end is not None and moves and end <= moves[-1]["Days"]:
        message = (
            f"'Days' in the Expiration action for filter '(prefix={prefix})' must be greater than 'Days' in the "
            "Transition action"
        )
        raise AwsError("InvalidArgument", message, status=400)


_newest_kept: dict[str, dict[str, int]] = store(dict)
"""bucket -> rule id -> `NewerNoncurrentVersions` of its expiration, which moto drops"""


@around("s3", "PutBucketLifecycleConfiguration")
def keep_newest(call: Call, forward: Forward) -> Answer:
    """Remember it."""
    forward()
    rules = call.params.get("LifecycleConfiguration", {}).get("Rules", [])
    _newest_kept[call.params["Bucket"]] = {
        rule["ID"]: rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"]
        for rule in rules
        if "ID" in rule and "NewerNoncurrentVersions" in rule.get("NoncurrentVersionExpiration", {})
    }
    return None


@around("s3", "GetBucketLifecycleConfiguration")
def return_newest(call: Call, forward: Forward) -> Answer:
    """Return it."""
    answer = forward()
    for rule in answer["Rules"]:
        if kept := _newest_kept[call.params["Bucket"]].get(rule.get("ID", "")):
            rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = kept
    return answer


NAME_TAKEN = 10

_free_at: dict[str, float] = store()
"""when the name of a deleted bucket can be used again"""


@around("s3", "DeleteBucket")
def delete_bucket(call: Call, forward: Forward) -> Answer:
    """S3 needs a moment to forget a name."""
    forward()
    _free_at[call.params["Bucket"]] = CLOCK.now() + NAME_TAKEN
    return None


@around("s3", "CreateBucket")
def refuse_recent_name(call: Call, forward: Forward) -> Answer:
    """TDN-10: a deploy may follow a teardown, after that moment."""
    if CLOCK.now() < _free_at.get(call.params["Bucket"], 0.0):
        message = (
            "A conflicting conditional operation is currently in progress against this resource. Please try again."
        )
        raise AwsError("OperationAborted", message, status=409)
    forward()
    return None


@around("s3", "PutBucketPolicy")
def refuse_unknown_principals(call: Call, forward: Forward) -> Answer:
    """A policy names who exists, and nobody at large where that is blocked."""
    try:
        unknown = [*missing_principals(call, call.params["Policy"]), *unknown_services(call.params["Policy"])]
    except ValueError:
        message = "Policies must be valid JSON and the first byte must be '{'"
        raise AwsError("MalformedPolicy", message, status=400) from None
    if unknown:
        raise AwsError("MalformedPolicy", "Invalid principal in policy", status=400)
    if any(not _within(call, each) for each in _resources(call.params["Policy"])):
        raise AwsError("MalformedPolicy", "Policy has invalid resource", status=400)
    bucket = call.backend().buckets.get(call.params["Bucket"])
    block = bucket.public_access_block if bucket is not None else None
    if block is not None and str(block.block_public_policy).lower() == "true" and _is_public(call.params["Policy"]):
        message = (
            f"User: arn:{call.partition}:iam::{call.account}:root is not authorized to perform: s3:PutBucketPolicy on "
            f'resource: "{bucket.arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
            "Public Access."
        )
        raise AwsError("AccessDenied", message, status=403)
    forward()
    return None


def _resources(policy: str) -> list[str]:
    return [each for statement in _listed(json.loads(policy)["Statement"]) for each in _listed(statement["Resource"])]


def _within(call: Call, resource: str) -> bool:
    """Whether it is the bucket, or in it."""
    name = resource.rpartition(":::")[2].partition("/")[0]
    return name == call.params["Bucket"] or name == "*"


@around("s3", "PutBucketAcl")
def refuse_acl(call: Call, forward: Forward) -> Answer:
    """None where the bucket's owner owns all that is in it."""
    bucket = call.backend().buckets.get(call.params["Bucket"])
    controls = bucket.ownership_rule if bucket is not None else None
    if "BucketOwnerEnforced" in str(controls) and call.params.get("ACL", "private") != "private":
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", status=400)
    forward()
    return None


def _is_public(policy: str) -> bool:
    """Whether it lets in everybody, without a condition (AWS knows conditions that do not help; this does not)."""
    return any(
        statement["Effect"] == "Allow"
        and not statement.get("Condition")
        and (statement.get("Principal") == "*" or "*" in _listed((statement.get("Principal") or {}).get("AWS")))
        for statement in statements(policy)
    )


@around("s3", "PutBucketEncryption")
def refuse_key_without_kms(call: Call, forward: Forward) -> Answer:
    """A key goes with KMS; whether there is one shows with the first object."""
    for rule in call.params["ServerSideEncryptionConfiguration"]["Rules"]:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if default.get("KMSMasterKeyID") and not default.get("SSEAlgorithm", "").startswith("aws:kms"):
            message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
            raise AwsError("InvalidArgument", message, status=400)
    forward()
    return None
