"""Bad days: calls that AWS throttles, fails, or answers too late or not at all; and the moment to kill a client at.

Which call meets which fault depends on the seed, the operation and how often that was called before, on nothing else: not
on the order in which a client's threads happen to call.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterable
from random import Random
from threading import Condition
from typing import Any

from sandbox import wire
from sandbox.hooks import AwsError
from sandbox.journal import is_write

SHARE = 0.2  # of the calls meet a fault
SLOW = 1.0  # seconds of ours that a slow answer takes

THROTTLED, REFUSED, LOST, CUT, SLOWED = "throttled", "refused", "lost", "cut", "slow"
# refused: failed, with no effect. lost: the effect is there, the answer says that it failed. cut: the effect is there, the
# connection ends in the middle of the answer.
KINDS = (THROTTLED, THROTTLED, REFUSED, LOST, CUT, SLOWED)

# Codes and statuses differ by service, then by protocol.
THROTTLING = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "lambda": ("TooManyRequestsException", 429),
    "sqs": ("RequestThrottled", 403),
    "query": ("Throttling", 400),
    "rest-xml": ("Throttling", 400),
    "json": ("ThrottlingException", 400),
    "rest-json": ("ThrottlingException", 429),
    "smithy-rpc-v2-cbor": ("ThrottlingException", 400),
}
FAILURES = {
    "ec2": (("InternalError", 500), ("Unavailable", 503)),
    "s3": (("InternalError", 500), ("ServiceUnavailable", 503)),
    "lambda": (("ServiceException", 500), ("ServiceUnavailable", 503)),
    "query": (("InternalFailure", 500), ("ServiceUnavailable", 503)),
    "rest-xml": (("InternalFailure", 500), ("ServiceUnavailable", 503)),
    "json": (("InternalFailure", 500), ("ServiceUnavailable", 503)),
    "rest-json": (("InternalServerErrorException", 500), ("ServiceUnavailableException", 503)),
    "smithy-rpc-v2-cbor": (("InternalServiceFault", 500), ("ServiceUnavailable", 503)),
}


class Faults:
    """What goes wrong; nothing does until `set`."""

    def __init__(self) -> None:
        self._moved = Condition()
        self.set()

    def set(
        self, seed: str | None = None, share: float = SHARE, lose: str | None = None, hold: int | None = None
    ) -> None:
        """Let `share` of the calls meet a fault, chosen by `seed`.

        Or `lose` the answer (lost or cut) to every other write call of each kind: every one is repeated. Or answer nobody from
        the `hold`-th write call on. Without any, all is well again, and who was held gets its answer.
        """
        with self._moved:
            self.seed, self.share, self.lose, self.hold = seed, share, lose, hold
            self._calls: Counter[tuple[str, str]] = Counter()
            self._writes = 0
            self._moved.notify_all()

    @property
    def held(self) -> bool:
        """Whether the call to be held has had its effect: the moment to kill who made it."""
        return self.hold is not None and self._writes >= self.hold

    def draw(self, message: wire.Message) -> str:
        """The fault that a call meets, or ""."""
        writes = is_write(message.service, message.operation)
        self._writes += writes
        call = (message.service, message.operation)
        self._calls[call] += 1
        if message.model is None:
            return ""
        if self.lose and writes and self._calls[call] % 2:
            return self.lose
        if self.seed is None:
            return ""
        random = Random(f"{self.seed} {call} {self._calls[call]}")
        return random.choice(KINDS) if random.random() < self.share else ""

    def error(self, message: wire.Message, kind: str) -> wire.Answer:
        """AWS's answer to a call that was throttled, or failed on its side."""
        if kind == THROTTLED:
            code, status = THROTTLING.get(message.service) or THROTTLING[message.protocol]
            return wire.write_answer(message, AwsError(code, "Rate exceeded", status=status))
        failures = FAILURES.get(message.service) or FAILURES[message.protocol]
        code, status = failures[sum(self._calls.values()) % len(failures)]
        return wire.write_answer(message, AwsError(code, "We encountered an internal error. Try again.", status=status))

    def wait_while_held(self) -> None:
        """Keep the caller waiting until `set`."""
        with self._moved:
            self._moved.wait_for(lambda: not self.held)

    def deliver(self, answer: wire.Answer, environ: wire.Environ, start_response: Any) -> Iterable[bytes]:
        """Send the answer; slowly, or half of it, if that is its fault."""
        if answer.fault == SLOWED:
            time.sleep(SLOW)
        if answer.fault != CUT:
            start_response(f"{answer.status} -", answer.headers)
            return [answer.body]
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        start_response(f"{answer.status} -", [*headers, ("Content-Length", str(len(answer.body)))])
        return _half(answer.body, environ["werkzeug.socket"])


def _half(body: bytes, connection: socket.socket) -> Iterable[bytes]:
    """The first half of an answer (of one without a body, nothing at all); then the connection is gone."""
    if body:
        yield body[: len(body) // 2]
    connection.shutdown(socket.SHUT_RDWR)


FAULTS = Faults()
