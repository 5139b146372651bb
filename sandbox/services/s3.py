"""S3: log delivery policies, lifecycle rules, and what a new bucket has since 2023.

- PutBucketLogging fails in moto when a `Principal: "*"` statement precedes the logging one.
- Calls stand for HTTPS: a statement that denies the rest denies nothing here (moto takes every condition for met).
- A new bucket is private, encrypted and without ACLs; moto's has none of that.
- IA classes before day 30 are refused; so is removing a bucket with any version left (moto does).
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.s3.models import FakeBucket, s3_backends

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend, store

LOGGING = "logging.s3.amazonaws.com"
EARLIEST = {"STANDARD_IA": 30, "ONEZONE_IA": 30}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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
    for rule in call.params.get("LifecycleConfiguration", {}).get("Rules", []):
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
    forward()
    return None


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
