"""The WSGI application: understands each AWS call, asks the hooks, falls through to moto, writes the journal."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import RLock
from typing import Any
from urllib.parse import parse_qs

from moto.core.exceptions import ServiceException
from moto.moto_api._internal.models import moto_api_backend
from moto.server import DomainDispatcherApplication, create_backend_app

from sandbox import constraints, tokens, wire
from sandbox.authorization import authorize, caller
from sandbox.broken import BROKEN
from sandbox.clock import CLOCK
from sandbox.early import EARLY
from sandbox.faults import FAULTS, LOST, REFUSED, THROTTLED
from sandbox.hooks import HOOKS, AwsError, Call, Hook, clear_stores
from sandbox.journal import Journal
from sandbox.permissions import Asked
from sandbox.services import load

STATUS_PATH, RESET_PATH, CLOCK_PATH, LATENCY_PATH, BREAK_PATH, FAULTS_PATH, MOTO_RESET_PATH = (
    "/_sandbox/status",
    "/_sandbox/reset",
    "/_sandbox/clock",
    "/_sandbox/latency",
    "/_sandbox/break",
    "/_sandbox/faults",
    "/moto-api/reset",
)

FAULT_SETTINGS: dict[str, Callable[[str], Any]] = {"seed": str, "share": float, "lose": str, "hold": int}


class Refused(Exception):
    """moto answered with an error; a hook may catch it, otherwise the client gets that answer as it is."""

    def __init__(self, answer: wire.Answer, code: str | None) -> None:
        super().__init__(code)
        self.answer, self.code = answer, code


class Gateway:
    """moto behind the hooks. One call at a time: moto's state is not made for concurrent writers."""

    def __init__(self, journal: Journal | None = None, name: str = "default") -> None:
        load()
        self.name = name
        self.journal = journal or Journal()
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = RLock()
        self.latency = 0.0  # seconds that a call takes on its way, beside others

    def __call__(self, environ: wire.Environ, start_response: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/_sandbox/"):
            time.sleep(self.latency)
        with self.lock:
            control = self.control(environ)
            answer = control or (wire.Answer(503, [], b"") if FAULTS.held else self.answer(environ))
        if control is None:
            FAULTS.wait_while_held()
        return FAULTS.deliver(answer, environ, start_response)

    def control(self, environ: wire.Environ) -> wire.Answer | None:
        """The sandbox's own paths."""
        path = environ["PATH_INFO"]
        if path in (RESET_PATH, MOTO_RESET_PATH):
            self.reset()
        elif path == CLOCK_PATH:
            wanted = {key: float(values[0]) for key, values in parse_qs(environ["QUERY_STRING"]).items()}
            CLOCK.set(**wanted)
        elif path == LATENCY_PATH:
            self.latency = float(parse_qs(environ["QUERY_STRING"])["seconds"][0])
        elif path == BREAK_PATH:
            BROKEN.clear()
            BROKEN.update(parse_qs(environ["QUERY_STRING"]).get("version", []))
        elif path == FAULTS_PATH:
            asked = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
            EARLY.set(asked.pop("early", "") == "True")
            FAULTS.set(**{key: FAULT_SETTINGS[key](value) for key, value in asked.items()})
        elif path != STATUS_PATH:
            return None
        status = {"name": self.name, "pid": os.getpid(), "requests": len(self.journal.entries), "speed": CLOCK.speed}
        status["held"] = FAULTS.held
        return wire.Answer(200, [("Content-Type", "application/json")], json.dumps(status).encode())

    def reset(self) -> None:
        """An empty account, and an empty journal."""
        moto_api_backend.reset()
        clear_stores()
        CLOCK.forget()
        BROKEN.clear()
        EARLY.set()
        FAULTS.set()
        self.latency = 0.0
        self.journal.clear()

    def answer(self, environ: wire.Environ) -> wire.Answer:
        """Answer a request and write it down."""
        message = wire.read(environ)
        if message is None:
            return self.ask_moto(environ)
        fault = FAULTS.draw(message)
        answer = FAULTS.error(message, fault) if fault in (THROTTLED, REFUSED) else self.dispatch(message)
        answer = FAULTS.error(message, fault) if fault == LOST else replace(answer, fault=fault)
        self.journal.record(
            service=message.service,
            operation=message.operation,
            region=message.region,
            account=message.account,
            status=answer.status,
            error=wire.error_code(message, answer),
            params=message.params or {},
            fault=fault,
            application=message.application,
            caller=message.caller,
            asked=[vars(request) for request in message.asked],
        )
        return answer

    def dispatch(self, message: wire.Message) -> wire.Answer:
        """Ask the hooks of the operation, the last registered first, then moto."""
        hooks = HOOKS.get((message.service, message.operation), [])
        try:
            CLOCK.catch_up()
            constraints.check(message)
            self.judge(message)
            EARLY.check(message)
            if known := tokens.recall(message):
                return known
            answer = self.ask_hook(message, hooks) if hooks else self.ask_moto(message.request())
            tokens.remember(message, answer)
            EARLY.note(message, answer)
            return EARLY.hide(message, answer)
        except Refused as refused:
            return refused.answer
        except ServiceException as error:
            return wire.write_answer(message, error)
        except Exception as error:  # noqa: BLE001 - a gap or a bug; 501, since SDKs retry a 500 for a long time
            traceback.print_exc()
            text = f"The sandbox cannot answer {message.service} {message.operation}: {error!r}"
            if message.model is None:
                return wire.Answer(501, [("Content-Type", "text/plain")], text.encode())
            return wire.write_answer(message, AwsError("NotImplemented", text, status=501))

    def judge(self, message: wire.Message) -> None:
        """Find what IAM is asked about the call, and refuse what the caller's policies do not allow."""
        principal = caller(message)
        message.caller = principal.arn if principal else None
        if message.model is None or not (principal or message.application):
            return
        message.asked = Asked(message).requests()
        if principal:
            authorize(message, principal, message.asked)

    def ask_hook(self, message: wire.Message, hooks: list[Hook]) -> wire.Answer:
        """Let the last hook answer; its `forward` asks the ones before it, and moto in the end."""
        *rest, hook = hooks
        raw: list[wire.Answer] = []

        def forward(params: dict[str, Any] | None = None) -> dict[str, Any]:
            onward = message if params is None else self.rewrite(message, params)
            answer = self.ask_hook(onward, rest) if rest else self.ask_moto(onward.request())
            raw.append(answer)
            if answer.status >= 300:
                raise Refused(answer, wire.error_code(onward, answer))
            return wire.parse_answer(onward, answer)

        call = Call(
            service=message.service,
            operation=message.operation,
            region=message.region,
            account=message.account,
            params=message.params or {},
            ask=lambda operation, params=None, service=message.service, region=message.region: self.ask(
                message, operation, params or {}, service, region
            ),
        )
        result = hook(call, forward)
        return raw[-1] if result is None and raw else wire.write_answer(message, result or {})

    def ask(
        self, message: wire.Message, operation: str, params: dict[str, Any], service: str, region: str
    ) -> dict[str, Any]:
        """Another call on behalf of the same caller: hooks apply, the journal does not see it."""
        model = wire.operation_model(service, operation)
        inner = wire.read(wire.compose(message, model, params, service, region))
        assert inner
        hooks = HOOKS.get((service, operation), [])
        answer = self.ask_hook(inner, hooks) if hooks else self.ask_moto(inner.request())
        if answer.status >= 300:
            raise Refused(answer, wire.error_code(inner, answer))
        return wire.parse_answer(inner, answer)

    def rewrite(self, message: wire.Message, params: dict[str, Any]) -> wire.Message:
        """The same call with other parameters."""
        assert message.model
        environ = wire.compose(message, message.model, params, message.service, message.region)
        rewritten = wire.read(environ)
        assert rewritten
        return rewritten

    def ask_moto(self, environ: wire.Environ) -> wire.Answer:
        """moto's own answer."""
        captured: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            if exc_info:
                raise exc_info[1]
            captured[:] = [int(status.split(" ", 1)[0]), headers]

        chunks = self.moto(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        if captured[0] == 404 and body.startswith(b"<!doctype html>"):  # no such path in moto
            raise NotImplementedError(f"moto has no {environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return wire.Answer(captured[0], captured[1], body)
