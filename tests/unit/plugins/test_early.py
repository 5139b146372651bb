# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which calls come too early: those that name what this process has just made, or build on anything, and are refused as if that did not exist."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.realtime.aws.plugins.module_utils import early

UNKNOWN = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has just made queue q, and role old some time ago; it was shown s, found f, and has removed r."""
    now = time.monotonic()
    monkeypatch.setattr(early, "MADE", {"q": now, "old": now - early.PATIENCE})
    monkeypatch.setattr(early, "SHOWN", {"s", "r"})
    monkeypatch.setattr(early, "FOUND", {"f": {"arn:f"}, "r": {"arn:r"}})
    monkeypatch.setattr(early, "REMOVED", {"arn:r"})


def pause(
    named: str,
    code: str = UNKNOWN,
    attempts: int = 1,
    operation: str = "TagQueue",
    lost: bool = False,
    message: str = "",
) -> int | None:
    response: Any = (None, {"Error": {"Code": code, "Message": message}})
    request = {"context": {early.NAMED: {named}, early.LOST: lost}}
    return early._needs_retry(SimpleNamespace(name=operation), attempts, response, request)


@pytest.mark.parametrize(
    ("case", "seconds"),
    [
        ({"named": "q"}, 1),
        ({"named": "q", "attempts": 8}, early.PAUSE),
        ({"named": "q", "attempts": early.ATTEMPTS}, None),
        ({"named": "others", "operation": "GetQueueAttributes"}, None),
        ({"named": "old", "operation": "GetQueueAttributes"}, None),
        ({"named": "others", "operation": "DeleteQueue"}, None),
        ({"named": "others"}, 1),
        ({"named": "others", "operation": "ChangeResourceRecordSets"}, 1),
        ({"named": "others", "operation": "EnableKeyRotation"}, 1),
        ({"named": "others", "operation": "DescribeTargetHealth"}, 1),
        ({"named": "others", "operation": "ListObjectsV2"}, 1),
        ({"named": "others", "attempts": early.FOREIGN_ATTEMPTS + 1}, None),
        ({"named": "f", "operation": "GetQueueAttributes"}, 1),
        ({"named": "f", "operation": "GetQueueAttributes", "attempts": early.FOREIGN_ATTEMPTS + 1}, None),
        ({"named": "f", "operation": "GetPolicy", "message": "Function not found: f"}, 1),
        ({"named": "f", "operation": "GetPolicy", "message": "The resource you requested does not exist."}, None),
        ({"named": "f", "operation": "GetLoggingConfiguration"}, None),
        ({"named": "s", "operation": "GetQueueAttributes"}, None),
        ({"named": "r", "operation": "GetQueueAttributes"}, None),
        ({"named": "s", "operation": "DeleteQueue"}, 1),
        ({"named": "r", "operation": "DeleteQueue"}, 1),
        ({"named": "f", "operation": "DeleteQueue"}, 1),
        ({"named": "s", "operation": "DeleteQueue", "lost": True}, None),
        ({"named": "q", "code": "AccessDenied"}, None),
        ({"named": "q", "code": "NoSuchBucketPolicy"}, None),
        ({"named": "q", "operation": "GetPolicy", "message": "Function not found: q"}, 1),
        ({"named": "q", "operation": "GetPolicy", "message": "The resource you requested does not exist."}, None),
    ],
)
def test_only_what_is_new_is_waited_for(case, seconds):
    assert pause(**case) == seconds


@pytest.mark.parametrize(
    ("code", "message", "unknown"),
    [
        ("InvalidSubnetID.NotFound", "", True),
        ("SubnetNotFound", "", True),
        ("InvalidPermission.NotFound", "", False),
        ("InvalidLaunchTemplateName.NotFoundException", "", True),
        ("NoSuchEntity", "The role with name web cannot be found.", True),
        ("NoSuchEntity", "The role policy with name read cannot be found.", False),
        ("ValidationError", "AutoScalingGroup name not found - null", True),
        ("ValidationError", "Max size is too small", False),
    ],
)
def test_words_of_services(code, message, unknown):
    assert early.is_unknown({"Code": code, "Message": message}) == unknown


def answer(operation: str, *names: str, **members: Any) -> None:
    parsed = {**members, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r"}}
    early._note_answer(SimpleNamespace(name=operation), parsed, {early.NAMED: {*names}})


def test_what_is_shown_is_noted_and_what_is_removed():
    answer(
        "ListPlans",
        "a",
        "alias",
        Plans=[{"Name": "a", "Arn": "arn:a", "OwnerId": "123"}, {"Name": "b", "VaultName": "v", "Id": "b-1"}],
    )
    answer("HeadBucket", "bucket")
    answer("DeletePlan", "b-1")
    answer("DeleteBucketPolicy", "bucket")
    assert early.SHOWN == {"s", "r", "a", "arn:a", "123", "b", "v", "b-1"}
    alone = {text: {text} for text in ("arn:a", "b-1", "v", "bucket")}
    assert early.FOUND == {"f": {"arn:f"}, "r": {"arn:r"}, "a": {"a", "arn:a", "b-1", "v"}, **alone}
    assert early.REMOVED == {"arn:r", "b-1"}


def test_a_list_of_urls_shows_each():
    answer("ListQueues", "q-", QueueUrls=["https://sqs/q-1", "https://sqs/q-2"])
    assert {"https://sqs/q-1", "https://sqs/q-2"} <= early.FOUND.keys()
    assert pause("https://sqs/q-1", operation="ListQueueTags") == 1


def test_what_is_made_is_noted():
    answer("GetRole", "web", Role={"Arn": "arn:web"})
    assert early.MADE.keys() == {"q", "old"}
    answer("CreateRole", "web", Role={"Arn": "arn:web"})
    assert early.MADE.keys() == {"q", "old", "web", "arn:web"}
