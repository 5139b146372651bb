# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of answers that get lost.

botocore repeats a call that was throttled, failed on AWS's side, or lost its connection. Two things it leaves open. It takes
an answer that ends early for the whole, so that half a JSON document reads as an empty one, as if nothing existed. And it
repeats also what AWS then does twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

try:
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError

    UNSENT: tuple[type[Exception], ...] = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
except ImportError:
    UNSENT = ()  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

# What each of these calls makes has no name, and the call takes no client token: repeated, it makes another one.
REPEATED_MAKES_TWO = {"CreateVpc", "CreateInternetGateway", "AllocateAddress", "CreateKey"}
# Codes of what AWS has not even tried, though some services answer them with a status of 5xx.
THROTTLED = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled", "SlowDown"}
UNAVAILABLE = 503
LOST = "AnswerLost"  # in the metadata of an answer: an earlier attempt may have had its effect
ATTEMPTS = 8
SETTLING = 3  # seconds after which AWS lists what it has just made


class AnswerLost(AnsibleAWSError):
    """The call may have had its effect, or not."""


def heed(client: Any) -> None:
    """Let botocore repeat a call of client whose answer is not whole, and not repeat what would make a second one."""
    client.meta.events.register("before-parse", _before_parse)
    service = (
        client.meta.service_model.service_id.hyphenize()
    )  # as specific as botocore's own handler, which comes next
    client.meta.events.register_first(f"needs-retry.{service}", _needs_retry)


def is_cut(operation: Any, headers: Any, body: bytes) -> bool:
    """Return whether the connection ended in the middle of the answer; a body that is streamed is not here yet."""
    if operation.has_streaming_output or operation.http.get("method") == "HEAD":
        return False
    return len(body) < int(headers.get("Content-Length") or 0)


def _before_parse(operation_model: Any, response_dict: dict[str, Any], **kwargs: Any) -> None:
    if is_cut(operation_model, response_dict["headers"], response_dict["body"]):
        response_dict |= {"status_code": UNAVAILABLE, "body": b""}


def _needs_retry(operation: Any, response: Any, caught_exception: Any, request_dict: Any, **kwargs: Any) -> None:
    """Make an answer that was cut count as AWS's failure, which is repeated; raise AnswerLost where that would make two.

    Of a call that was repeated, the answer says whether an earlier one got lost: see written_once.
    """
    context, status, code = request_dict["context"], 0, ""
    if response is not None:
        http, parsed = response
        if is_cut(operation, http.headers, b"" if operation.has_streaming_output else http.content):
            http.status_code = UNAVAILABLE
        status, code = http.status_code, parsed.get("Error", {}).get("Code", "")
        parsed.setdefault("ResponseMetadata", {})[LOST] = context.get(LOST, False)
    sent = not isinstance(caught_exception, UNSENT)
    if code not in THROTTLED and (status >= 500 or (caught_exception is not None and sent)):
        context[LOST] = True
        if operation.name in REPEATED_MAKES_TWO:
            raise AnswerLost(message=f"AWS failed to say what became of {operation.name}: {caught_exception or code}")


def create_or_find(create: Callable[[], Any], find: Callable[[], Any]) -> Any:
    """Return what create makes or, where its answer got lost, what find finds of it; if that is nothing, try again."""
    for _attempt in range(ATTEMPTS - 1):
        try:
            return create()
        except AnswerLost:
            time.sleep(SETTLING)
            if found := find():
                return found
    return create()


def written_once(description: str, *codes: str) -> Callable:
    """Decorate a call that AWS refuses, by these codes, to repeat: it is done then, and None is returned.

    Only where the answer to an earlier attempt got lost, since otherwise somebody else did it.
    """

    def decorate(func: Callable) -> Callable:
        def handler(*args: Any, **kwargs: Any) -> Any:
            try:
                return func(*args, **kwargs)
            except is_boto3_error_code(list(codes)) as error:
                if not error.response["ResponseMetadata"].get(LOST):
                    raise
                return None

        return AWSErrorHandler.common_error_handler(description)(handler)

    return decorate
