# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of calls that come too early.

AWS does not know at once everywhere what it has just made: for some seconds, a call that names it may be answered as if it did not
exist. botocore does not repeat such a call. Its clients do here, where this process has made what the call names, and, for a shorter
time, where the call builds on what another task of the run may have made, or names what AWS has just shown to this process.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.answers import LOST

MAKING = ("Allocate", "Create", "Put", "Request")  # how the names of operations begin that make something
# And of those that build on something: who asks for that has seen it.
BUILDING = (
    *MAKING,
    "Add",
    "Associate",
    "Attach",
    "Authorize",
    "Change",
    "DescribeTargetHealth",
    "Enable",
    "GetSecretValue",
    "ListObjectsV2",
    "Modify",
    "Register",
    "Replace",
    "Rotate",
    "Set",
    "Start",
    "Subscribe",
    "Tag",
    "Update",
)
UNKNOWN = re.compile(
    r"AWS\.SimpleQueueService\.NonExistentQueue|QueueDoesNotExist|DB(Instance|ParameterGroup)NotFound|DBSubnetGroupNotFoundFault"
    r"|Invalid(?!Permission)\w+\.NotFound(Exception)?|(Listener|LoadBalancer|NatGateway|Rule|Subnet|TargetGroup)NotFound"
    r"|NoSuch(Bucket|Entity|HostedZone|OriginAccessControl)|NotFound|((Repository|Resource)?NotFound|WAFNonexistentItem)Exception"
)
UNKNOWN_TEXT = re.compile("not found|does not exist", re.IGNORECASE)  # in Auto Scaling's ValidationError
# Members of an answer that a call may name; a Name alone can be anything's.
IDENTIFIES = re.compile("(Arn|Id|Url|.Name)s?$")
OPTIONAL = {"GetLoggingConfiguration"}  # what these read may be missing of a thing that is there
# And what GetPolicy (Lambda) and GetRolePolicy read, which have the same codes for the thing itself.
PART_IS_MISSING = re.compile("The resource you requested does not exist|The role policy with name")
NAMED = "NamedByTheCall"  # in the context of a request: the texts in its parameters
PATIENCE = 60  # seconds for which something is new
ATTEMPTS, PAUSE = 9, 5  # with pauses of one second, then two, up to PAUSE: half a minute
FOREIGN_ATTEMPTS = 4  # ten seconds, for what this process has not made

READING = ("Describe", "Get", "Head", "List")
REMOVING = ("Delete", "Release", "Schedule")
# How the names of those end that remove a part of something, which is there without it.
PIECES = (
    "Boundary",
    "Configuration",
    "Lifecycle",
    "Objects",
    "Point",
    "Policy",
    "Route",
    "Selection",
    "Tagging",
    "Tags",
    "Versions",
)

MADE: dict[str, float] = {}  # by its name, id or ARN: when it was made
SHOWN: set[str] = set()  # names, ids and ARNs in what AWS has answered
FOUND: dict[str, set[str]] = {}  # by what AWS was asked for, and has shown: the ids and ARNs in that answer
REMOVED: set[str] = set()  # what this process has removed


def await_new(client: Any) -> None:
    """Let botocore repeat a call of client that names what this process has just made, while AWS does not know that."""
    events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
    events.register("before-parameter-build", _note_names)
    events.register("after-call", _note_answer)
    events.register_first(f"needs-retry.{service}", _needs_retry)


def _note_names(params: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    context[NAMED] = {text for _member, text in _texts(params)}


def _note_answer(model: Any, parsed: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
    if parsed["ResponseMetadata"]["HTTPStatusCode"] >= 300:
        return
    names = context[NAMED]
    answer = list(_texts({key: value for key, value in parsed.items() if key != "ResponseMetadata"}))
    found = {text for _member, text in answer}
    if model.name.startswith(MAKING):
        MADE.update(dict.fromkeys(names | found, time.monotonic()))
    elif model.name.startswith(READING):
        SHOWN.update(found)
        ids = {text for member, text in answer if IDENTIFIES.search(member) and not text.isdigit()}
        FOUND.update({text: {text} for text in ids})
        asked = names if model.name.startswith("Head") else names & found  # the answer to that is empty
        FOUND.update({text: ids | {text} for text in asked})
    elif model.name.startswith(REMOVING) and not model.name.endswith(PIECES):
        REMOVED.update(names)


def _needs_retry(
    operation: Any, attempts: int, response: Any, request_dict: dict[str, Any], **kwargs: Any
) -> int | None:
    """Return the seconds after which to repeat the call, if it comes too early, or may do so."""
    if (
        response is None
        or attempts >= ATTEMPTS
        or operation.name in OPTIONAL
        or not is_unknown(response[1].get("Error", {}))
    ):
        return None
    context, now = request_dict["context"], time.monotonic()
    names = context.get(NAMED, set())
    new = any(now - MADE[text] < PATIENCE for text in names if text in MADE)
    if new or (attempts <= FOREIGN_ATTEMPTS and _should_be_there(operation.name, names, context)):
        return min(attempts, PAUSE)
    return None


def _should_be_there(operation: str, names: set[str], context: dict[str, Any]) -> bool:
    """Return whether AWS has shown what the call names, or who makes it has seen that."""
    if operation.startswith(BUILDING):
        return True
    if context.get(LOST) and not operation.startswith(READING):
        return False  # the call whose answer was lost has done it
    if operation.startswith(REMOVING):
        return bool(names & (SHOWN | FOUND.keys()))
    return any(not FOUND[text] & REMOVED for text in names if text in FOUND)


def is_unknown(error: dict[str, str]) -> bool:
    """Return whether AWS says by this error that something does not exist, which is no mere part of another thing."""
    code, message = error.get("Code", ""), error.get("Message", "")
    if code == "ValidationError":
        return bool(UNKNOWN_TEXT.search(message))
    return bool(UNKNOWN.fullmatch(code)) and not PART_IS_MISSING.match(message)


def _texts(value: Any, member: str = "") -> Iterator[tuple[str, str]]:
    """Each text in parameters or an answer, with the member that has it."""
    if isinstance(value, str):
        yield member, value.removeprefix("/hostedzone/")
    elif isinstance(value, dict):
        for name, inside in value.items():
            yield from _texts(inside, name)
    elif isinstance(value, (list, tuple)):
        for inside in value:
            yield from _texts(inside, member)
