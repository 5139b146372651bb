"""Client tokens: a call repeated with the same token is answered as the first was, and has no effect.

moto knows hardly any. AWS's services differ in what they call the token and in how long they know it (ACM for an hour);
here it is known until `reset`.
"""

from __future__ import annotations

from sandbox import wire
from sandbox.hooks import AwsError, store

MEMBERS = ("ClientToken", "ClientRequestToken", "CreatorRequestId", "IdempotencyToken")

_first = store()  # (account, region, service, operation, token): the parameters, and the answer


def _key(message: wire.Message) -> tuple[str, ...] | None:
    token = (
        next((message.params[member] for member in MEMBERS if member in message.params), "") if message.params else ""
    )
    return (message.account, message.region, message.service, message.operation, token) if token else None


def recall(message: wire.Message) -> wire.Answer | None:
    """The answer to the first call with this token; `None` if this one is it."""
    key = _key(message)
    if key not in _first:
        return None
    params, answer = _first[key]
    if params == message.params:
        return answer
    if message.service == "ec2":
        text = "The client token you have provided is not valid: it was used with other parameters."
        return wire.write_answer(message, AwsError("IdempotentParameterMismatch", text, status=400))
    return None  # where services differ in their error, or take it for a new call: moto's answer


def remember(message: wire.Message, answer: wire.Answer) -> None:
    """Keep the answer to a call that has had its effect."""
    if answer.status < 300 and (key := _key(message)):
        _first[key] = message.params, answer
