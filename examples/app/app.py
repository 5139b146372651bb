"""A small shop: what the stack needs of an application, and no more. See README.md."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

PORTS = [int(port) for port in os.environ.get("PORTS", "80,8080").split(",")]
VERSION = os.environ.get("VERSION", "development")
INSTANCE = os.environ.get("INSTANCE_ID", "")
RDS_AUTHORITIES = os.environ.get("RDS_AUTHORITIES", "rds.pem")
# Longer than a Multi-AZ failover takes: until then a database that is lost for a while costs no server its life.
DATABASE_GRACE = float(os.environ.get("DATABASE_GRACE", "300"))
LARGEST_BODY = 16 * 1024

PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="stylesheet" href="/static/app.css"></head>
<body><h1>Shop</h1><p>Version {VERSION}</p><script src="/static/app.js" defer></script></body></html>
"""


class BadRequest(Exception):
    """What the caller did wrong; args are the status and the reason."""


@cache
def client(service: str) -> Any:
    """The AWS client of a service; the instance's role has the credentials, and AWS_REGION is set."""
    return boto3.client(service)


def connect() -> Any:
    """A connection to the database, by TLS, which it requires, with the credentials from Secrets Manager."""
    import pymysql  # here, so that the tests need no driver

    secret = json.loads(
        client("secretsmanager").get_secret_value(SecretId=os.environ["DATABASE_SECRET_NAME"])["SecretString"]
    )
    return pymysql.connect(
        host=os.environ["DATABASE_HOST"],
        port=int(os.environ["DATABASE_PORT"]),
        user=secret["username"],
        password=secret["password"],
        database=secret["dbname"],
        ssl_ca=RDS_AUTHORITIES,
        ssl_verify_identity=True,
        connect_timeout=3,
        read_timeout=3,
    )


class Database:
    """The database as the health check sees it."""

    def __init__(
        self, open_connection: Callable[[], Any] = connect, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.open_connection, self.clock = open_connection, clock
        self.connection: Any = None
        self.last_seen: float | None = None
        self.lock = threading.Lock()

    def check(self) -> tuple[bool, str]:
        """Whether this server may serve, and what to say of the database.

        It may before the database has an address, and for a while after it lost one that it had reached. One that it can't
        reach from the start is a bad release.
        """
        if not os.environ.get("DATABASE_HOST"):
            return True, "has no address yet"
        with self.lock:
            try:
                self.ask()
            except Exception as error:  # noqa: BLE001 - whatever it is, the health check has to answer
                say("database unreachable", error=repr(error))
                self.connection = None
                lost = None if self.last_seen is None else self.clock() - self.last_seen
                return lost is not None and lost < DATABASE_GRACE, "unreachable"
            self.last_seen = self.clock()
            return True, "ok"

    def ask(self) -> None:
        """Ask it something."""
        if self.connection is None:
            self.connection = self.open_connection()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def read_order(body: bytes) -> dict[str, Any]:
    """The order that a request asks for: an item and how many."""
    try:
        wanted = json.loads(body)
        item, quantity = wanted["item"], wanted.get("quantity", 1)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadRequest(400, "an order is a JSON object with an item and a quantity") from None
    if not isinstance(item, str) or not 1 <= len(item) <= 100:
        raise BadRequest(400, "item is a text of 1 to 100 characters")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= 1000:
        raise BadRequest(400, "quantity is a whole number, 1 to 1000")
    return {"order": str(uuid.uuid4()), "item": item, "quantity": quantity}


def publish(order: dict[str, Any]) -> None:
    """Tell whoever subscribed to order events: inventory and shipping."""
    client("sns").publish(
        TopicArn=os.environ["ORDER_EVENTS_TOPIC_ARN"],
        Message=json.dumps(order),
        MessageAttributes={"type": {"DataType": "String", "StringValue": "order-placed"}},
    )


def say(message: str, **more: Any) -> None:
    """Write a line of JSON to the log, which goes to CloudWatch."""
    print(json.dumps({"message": message, "version": VERSION, **more}), flush=True)


class Handler(BaseHTTPRequestHandler):
    """Both ports answer to everything: the load balancer decides who comes by which."""

    protocol_version = "HTTP/1.1"
    timeout = 75  # longer than the load balancer's 60 s, or it would meet closed connections
    database = Database()

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok", "version": VERSION, "instance": INSTANCE})
        elif self.path == "/api/health":
            healthy, database = self.database.check()
            self.answer(
                200 if healthy else 503,
                {"status": "ok" if healthy else "failing", "database": database, "version": VERSION},
            )
        elif self.path == "/":
            self.answer(200, PAGE)
        else:
            self.answer(404, {"error": "not found"})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        try:
            if self.path != "/api/orders":
                raise BadRequest(404, "not found")
            order = read_order(self.body())
            publish(order)
        except BadRequest as refused:
            status, reason = refused.args
            self.close_connection = True  # what is left of the body is nobody's request
            self.answer(status, {"error": reason})
        except Exception as error:  # noqa: BLE001 - the log has to say what the caller need not know
            say("order lost", error=repr(error))
            self.answer(502, {"error": "try again later"})
        else:
            say("order placed", **order)
            self.answer(202, order)

    def body(self) -> bytes:
        """What was sent, if it is of a sensible size."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise BadRequest(411, "Content-Length is missing")
        if int(length) > LARGEST_BODY:
            raise BadRequest(413, f"at most {LARGEST_BODY} bytes")
        return self.rfile.read(int(length))

    def answer(self, status: int, content: dict[str, Any] | str) -> None:
        """Send JSON, or a page."""
        kind, text = (
            ("application/json", json.dumps(content))
            if isinstance(content, dict)
            else ("text/html; charset=utf-8", content)
        )
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say what was asked; health checks every few seconds are no news."""
        if self.path not in ("/health", "/api/health"):
            say("request", method=self.command, path=self.path, status=int(code))


def main() -> None:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the first process of a container has to do that itself
    for port in PORTS:
        threading.Thread(target=ThreadingHTTPServer(("", port), Handler).serve_forever, daemon=True).start()
    say("started", ports=PORTS)
    signal.pause()


if __name__ == "__main__":
    main()
