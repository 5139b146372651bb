"""The application without a container: pytest test_app.py. AWS is moto's, the database a stand-in."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import app
import boto3
import pytest
from moto import mock_aws


class Clock:
    """Time that passes when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Server(SimpleNamespace):
    """A database server that can be switched off."""

    up, connections = True, 0

    def connect(self) -> Any:
        self.ask()
        self.connections += 1
        return SimpleNamespace(cursor=lambda: self)

    def ask(self, *_: Any) -> None:
        if not self.up:
            raise OSError("gone")

    execute = ask

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, server: Server, clock: Clock) -> Iterator[Any]:
    """Ask a running application: `ask("GET", "/health")` is its status and what it says."""
    monkeypatch.setattr(app.Handler, "database", app.Database(server.connect, clock))
    monkeypatch.setenv("DATABASE_HOST", "db.example.com")
    running = ThreadingHTTPServer(("127.0.0.1", 0), app.Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()

    def ask(method: str, path: str, body: str | bytes | None = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", running.server_port, timeout=10)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data, kind = response.read(), response.getheader("Content-Type", "")
        connection.close()
        return response.status, json.loads(data) if kind == "application/json" and data else data.decode()

    yield ask
    running.shutdown()
    running.server_close()


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What has been published: `queue()` is the messages."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    app.client.cache_clear()
    with mock_aws():
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="orders")["TopicArn"]
        url = sqs.create_queue(QueueName="inventory")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        monkeypatch.setenv("ORDER_EVENTS_TOPIC_ARN", topic)
        yield lambda: [m["Body"] for m in sqs.receive_message(QueueUrl=url).get("Messages", [])]
    app.client.cache_clear()


def test_health_asks_nobody(ask: Any, server: Server) -> None:
    server.up = False
    status, said = ask("GET", "/health")
    assert (status, said["status"], said["version"]) == (200, "ok", "development")
    assert ask("HEAD", "/health") == (200, "")


def test_the_page_loads_its_assets_from_where_they_are_served(ask: Any) -> None:
    status, page = ask("GET", "/")
    assert status == 200
    for asset in ("static/app.css", "static/app.js"):
        assert f'"/{asset}"' in page
        assert (Path(app.__file__).parent / asset).exists()


def test_api_health_asks_the_database_by_one_connection(ask: Any, server: Server) -> None:
    healthy = (200, {"status": "ok", "database": "ok", "version": "development"})
    assert [ask("GET", "/api/health") for time in range(3)] == [healthy] * 3
    assert server.connections == 1


def test_a_database_that_was_never_reached_is_a_bad_release(ask: Any, server: Server) -> None:
    server.up = False
    assert ask("GET", "/api/health")[0] == 503


def test_a_database_without_an_address_is_not_waited_for(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_HOST")
    status, said = ask("GET", "/api/health")
    assert (status, said["database"]) == (200, "has no address yet")


def test_a_failover_costs_no_server_its_life(ask: Any, server: Server, clock: Clock) -> None:
    ask("GET", "/api/health")
    server.up, clock.now = False, app.DATABASE_GRACE - 1
    status, said = ask("GET", "/api/health")
    assert (status, said["database"]) == (200, "unreachable")
    clock.now += 1
    assert ask("GET", "/api/health")[0] == 503
    server.up = True
    assert ask("GET", "/api/health")[0] == 200
    assert server.connections == 2


def test_an_order_is_published(ask: Any, queue: Any) -> None:
    status, order = ask("POST", "/api/orders", json.dumps({"item": "tea", "quantity": 2}))
    assert status == 202
    assert (order["item"], order["quantity"]) == ("tea", 2)
    assert [json.loads(message) for message in queue()] == [order]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ("null", 400),
        ("{}", 400),
        ('{"item": ""}', 400),
        ('{"item": 1}', 400),
        ('{"item": "tea", "quantity": 0}', 400),
        ('{"item": "tea", "quantity": true}', 400),
        ('{"item": "tea", "quantity": "2"}', 400),
        (b"\xff", 400),
        ("x" * (app.LARGEST_BODY + 1), 413),
    ],
)
def test_no_order(ask: Any, queue: Any, body: str | bytes, status: int) -> None:
    answered, said = ask("POST", "/api/orders", body)
    assert (answered, list(said)) == (status, ["error"])
    assert queue() == []


def test_without_a_length(ask: Any) -> None:
    assert ask("POST", "/api/orders", **{"Transfer-Encoding": "chunked"})[0] == 411


def test_an_order_that_can_t_be_published_is_not_accepted(
    ask: Any, queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDER_EVENTS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:gone")
    status, said = ask("POST", "/api/orders", '{"item": "tea"}')
    assert (status, said) == (502, {"error": "try again later"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/orders"), ("GET", "/nothing"), ("POST", "/health")])
def test_not_found(ask: Any, method: str, path: str) -> None:
    assert ask(method, path, "")[0] == 404


def test_health_checks_are_not_logged(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("/health", "/api/health", "/"):
        ask("GET", path)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["path"], line["status"]) for line in lines] == [("/", 200)]
