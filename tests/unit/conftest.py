# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run modules in process against moto, the way Ansible runs them."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from botocore import hooks
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser
from botocore.model import ServiceModel
from module_failed import ModuleFailed
from moto import mock_aws
from moto.core import models as moto_models

from sandbox.clock import AT_ONCE
from sandbox.control import Sandbox
from sandbox.services import speed as _speed  # noqa: F401 - takes from moto and botocore what makes them slow

REGION = "us-east-1"

# What would take most of the tests' time: each session and client finds out again what is the same for all of them.
_alias = functools.cache(EventAliaser(None)._alias_event_name)
EventAliaser._alias_event_name = lambda self, event_name: _alias(event_name)
_takes_keywords = functools.cache(hooks.accepts_kwargs)
hooks.accepts_kwargs = lambda handler: _takes_keywords(getattr(handler, "__func__", handler))
_methods: dict[str, dict[str, Any]] = {}


def _methods_of(creator: ClientCreator, model: ServiceModel) -> dict[str, Any]:
    if model.service_name not in _methods:
        _methods[model.service_name] = _create_methods(creator, model)
    return dict(_methods[model.service_name])


_create_methods, ClientCreator._create_methods = ClientCreator._create_methods, _methods_of
# 1,100 answers that moto prepares for each test, to what asks without botocore: nothing does.
moto_models.RESPONSES_METHODS.clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account for one test."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The session's sandbox."""
    sandbox = Sandbox("unit", tmp_path_factory.mktemp("unit"))
    sandbox.start(speed=AT_ONCE)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox_aws(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """As aws, but in the sandbox: for modules that need calls which moto lacks."""
    running_sandbox.reset()
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    for name, value in {**running_sandbox.environment, **region}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Return run(module_name, check=False, **params): what the module returns; ModuleFailed when it fails."""
    early = importlib.import_module("ansible_collections.realtime.aws.plugins.module_utils.early")
    monkeypatch.setattr(early, "PAUSE", 0.05)  # what is unknown here stays so, or is known to the next call

    def run(module_name: str, /, check: bool = False, **params: Any) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.realtime.aws.plugins.modules.{module_name}")
        for memory in (early.MADE, early.SHOWN, early.FOUND, early.REMOVED):
            memory.clear()  # each run is a process of its own
        capsys.readouterr()
        arguments = {**params, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        result = json.loads(capsys.readouterr().out)
        if result.get("failed"):
            raise ModuleFailed(result)
        return result

    return run


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the write calls made so far; clear() it before the part of a test that must not write."""
    import botocore.client

    calls: list[str] = []
    original = botocore.client.BaseClient._make_api_call

    def record(self: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        if not operation.startswith(("Describe", "Get", "List", "Head", "Search", "BatchGet")):
            calls.append(operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", record)
    return calls
