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
    """This process has just made queue q, and role old some time ago."""
    now = time.monotonic()
    monkeypatch.setattr(early, "MADE", {"q": now, "old": now - early.PATIENCE})


def pause(named: str, code: str = UNKNOWN, attempts: int = 1, operation: str = "TagQueue") -> int | None:
    response: Any = (None, {"Error": {"Code": code, "Message": ""}})
    request = {"context": {early.NAMED: {named}}}
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
        ({"named": "others", "attempts": early.FOREIGN_ATTEMPTS + 1}, None),
        ({"named": "q", "code": "AccessDenied"}, None),
        ({"named": "q", "code": "NoSuchBucketPolicy"}, None),
        ({"named": "q", "code": "ResourceNotFoundException", "operation": "GetPolicy"}, None),
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
        ("NoSuchEntity", "", True),
        ("ValidationError", "AutoScalingGroup name not found - null", True),
        ("ValidationError", "Max size is too small", False),
    ],
)
def test_words_of_services(code, message, unknown):
    assert early.is_unknown({"Code": code, "Message": message}) == unknown


def test_what_is_made_is_noted():
    names = {early.NAMED: {"web"}}
    answer = {"Role": {"Arn": "arn:web"}, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r"}}
    early._note_made(SimpleNamespace(name="GetRole"), answer, names)
    assert early.MADE.keys() == {"q", "old"}
    early._note_made(SimpleNamespace(name="CreateRole"), answer, names)
    assert early.MADE.keys() == {"q", "old", "web", "arn:web"}
