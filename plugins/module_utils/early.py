# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of calls that come too early.

AWS does not know at once everywhere what it has just made: for some seconds, a call that names it may be answered as if it did not
exist. botocore does not repeat such a call. Its clients do here, where this process has made what the call names, and, for a shorter
time, where the call builds on what another task of the run may have made.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

MAKING = ("Allocate", "Create", "Put", "Request")  # how the names of operations begin that make something
# And of those that build on something: who asks for that has seen it.
BUILDING = (
    *MAKING,
    "Add",
    "Associate",
    "Attach",
    "Authorize",
    "GetSecretValue",
    "Modify",
    "Register",
    "Set",
    "Subscribe",
    "Tag",
    "Update",
)
UNKNOWN = re.compile(
    r"AWS\.SimpleQueueService\.NonExistentQueue|QueueDoesNotExist|DB(Instance|ParameterGroup)NotFound|DBSubnetGroupNotFoundFault"
    r"|Invalid(?!Permission)\w+\.NotFound|(Listener|LoadBalancer|NatGateway|Subnet|TargetGroup)NotFound"
    r"|NoSuch(Bucket|Entity|HostedZone|OriginAccessControl)|NotFound|((Repository|Resource)?NotFound|WAFNonexistentItem)Exception"
)
UNKNOWN_TEXT = re.compile("not found|does not exist", re.IGNORECASE)  # in Auto Scaling's ValidationError
# What these read may be missing of a thing that is there.
PARTS = {"GetLoggingConfiguration", "GetPolicy", "GetRolePolicy"}
NAMED = "NamedByTheCall"  # in the context of a request: the texts in its parameters
PATIENCE = 60  # seconds for which something is new
ATTEMPTS, PAUSE = 9, 5  # with pauses of one second, then two, up to PAUSE: half a minute
FOREIGN_ATTEMPTS = 4  # ten seconds, for what this process has not made

MADE: dict[str, float] = {}  # by its name, id or ARN: when it was made


def await_new(client: Any) -> None:
    """Let botocore repeat a call of client that names what this process has just made, while AWS does not know that."""
    events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
    events.register("before-parameter-build", _note_names)
    events.register("after-call", _note_made)
    events.register_first(f"needs-retry.{service}", _needs_retry)


def _note_names(params: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    context[NAMED] = set(_texts(params))


def _note_made(model: Any, parsed: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    if model.name.startswith(MAKING) and parsed["ResponseMetadata"]["HTTPStatusCode"] < 300:
        found = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        MADE.update(dict.fromkeys([*context[NAMED], *_texts(found)], time.monotonic()))


def _needs_retry(
    operation: Any, attempts: int, response: Any, request_dict: dict[str, Any], **kwargs: Any
) -> int | None:
    """Return the seconds after which to repeat the call, if it comes too early, or may do so."""
    if (
        response is None
        or attempts >= ATTEMPTS
        or operation.name in PARTS
        or not is_unknown(response[1].get("Error", {}))
    ):
        return None
    now = time.monotonic()
    new = any(now - MADE[text] < PATIENCE for text in request_dict["context"].get(NAMED, ()) if text in MADE)
    built = operation.name.startswith(BUILDING) and attempts <= FOREIGN_ATTEMPTS
    return min(attempts, PAUSE) if new or built else None


def is_unknown(error: dict[str, str]) -> bool:
    """Return whether AWS says by this error that something does not exist."""
    code = error.get("Code", "")
    return bool(UNKNOWN.fullmatch(code)) or (code == "ValidationError" and bool(UNKNOWN_TEXT.search(error["Message"])))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.removeprefix("/hostedzone/")
    elif isinstance(value, dict):
        for inside in value.values():
            yield from _texts(inside)
    elif isinstance(value, (list, tuple)):
        for inside in value:
            yield from _texts(inside)
