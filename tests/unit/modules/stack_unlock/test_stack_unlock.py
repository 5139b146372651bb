# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import importlib
import json
from pathlib import Path

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import lock, modules

NAME = lock.parameter_name("realtime", "production")
LOCKLESS = {
    "packed",
    "stack_layer_host",
    "stack_leftovers",
    "stack_plan",
    "stack_unlock",
    "validate_inputs",
    "web_endpoint_info",
}


@pytest.fixture
def run(aws, run_module):
    return lambda check=False, **more: run_module(
        "stack_unlock", check=check, project="realtime", environment="production", **more
    )


@pytest.fixture
def held(aws, monkeypatch):
    """Return hold(run): this run's modules work as that run, and one of them wrote; now the lock is held."""

    def hold(name):
        settings = {
            "name": NAME,
            "tags": {},
            "run": name,
            "holder": "alice",
            "host": "here",
            "process": "",
            "expiry": 900,
        }
        monkeypatch.setenv(lock.VARIABLE, json.dumps(settings))
        if not boto3.client("ssm").describe_parameters()["Parameters"]:
            client = boto3.client("s3")
            lock.Lock(settings, lambda: boto3.client("ssm")).guard(client)
            client.create_bucket(Bucket="one")

    return hold


def there():
    return [parameter["Name"] for parameter in boto3.client("ssm").describe_parameters()["Parameters"]]


def test_this_run_s_lock_goes(run, held):
    held("a")
    assert run(check=True)["changed"]
    assert there() == [NAME]
    result = run()
    assert result["changed"]
    assert result["released"].startswith("alice on here since ")
    assert there() == []
    assert not run()["changed"]


def test_another_run_s_stays_unless_forced(run, held):
    held("a")
    held("b")
    assert not run()["changed"]
    assert there() == [NAME]
    assert run(force=True)["changed"]
    assert there() == []


def test_the_lock_of_a_run_that_is_over_goes_with_the_next_run(run, held, monkeypatch):
    held("a")
    monkeypatch.setattr(lock.Claim, "over", True)
    held("b")
    assert run()["changed"]
    assert there() == []


def test_without_a_run_nothing_is_released(run, held, monkeypatch):
    held("a")
    monkeypatch.setenv(lock.VARIABLE, "{}")
    assert not run()["changed"]


def test_a_module_writes_only_under_the_lock(held, run_module):
    queues = {"queues": [{"name": "production-orders"}]}
    held("a")
    held("b")
    with pytest.raises(Exception, match="Another run is at work on this environment: alice on here"):
        run_module("sqs_queues", **queues)
    assert "QueueUrls" not in boto3.client("sqs").list_queues()
    assert run_module("sqs_queues", check=True, **queues)["changed"]
    held("a")
    assert run_module("sqs_queues", **queues)["changed"]


@pytest.mark.parametrize(
    "path", sorted(Path(modules.__file__).parents[1].glob("modules/*.py")), ids=lambda path: path.stem
)
def test_every_module_s_clients_are_guarded(path):
    module = importlib.import_module(f"ansible_collections.realtime.aws.plugins.modules.{path.stem}")
    guarded = getattr(module, "AnsibleAWSModule", None) is modules.AnsibleAWSModule
    assert guarded == (path.stem not in LOCKLESS)
