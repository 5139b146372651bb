# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules are killed after a write call: the next run finishes, doubles nothing and leaves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import boto3
import botocore.client
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import tag_filters
from bad_days import CASES, TAGS, Case, make_below, make_network, removals, resources, standing_on

from sandbox.journal import is_write


class Killed(BaseException):
    """What no module catches."""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch, run_module: Callable[..., dict[str, Any]]) -> Callable[[int, Case], bool]:
    """Return killed(writes, case): run the module, but no further than so many write calls; whether it got so far."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    original, turn, left = botocore.client.BaseClient._make_api_call, Lock(), [0]

    def make_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        with turn:
            if left[0] == 0:
                raise Killed
            answer = original(client, operation, parameters)
            left[0] -= is_write(client.meta.service_model.service_name, operation)
            if left[0] == 0:
                raise Killed
            return answer

    def run(writes: int, case: Case) -> bool:
        left[0] = writes
        with monkeypatch.context() as patched:
            patched.setattr(botocore.client.BaseClient, "_make_api_call", make_call)
            try:
                run_module(case[0], **case[1])
            except Killed:
                return True
        return False

    return run


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_the_next_run_finishes(sandbox_aws, run_module, killed, tmp_path, writes):
    cases = [*CASES, *standing_on(make_below(tmp_path))]
    before = resources()
    for module, options in cases:
        if killed(writes, (module, options)):
            run_module(module, **options)
            assert not run_module(module, **options)["changed"], (
                f"the run after the one that was killed left {module} undone"
            )
    made = {name: count - before.get(name, 0) for name, count in resources().items()}
    assert {name: count for name, count in made.items() if count not in (0, 1)} == {}
    for module, options in removals(cases):
        if killed(writes, (module, options)):
            run_module(module, **options)
    assert resources() == before


def test_what_is_half_made_is_removed(sandbox_aws, run_module, killed):
    before = resources()
    for case in CASES:
        assert killed(1, case), case[0]
        for module, options in removals([case]):
            run_module(module, **options)
    assert resources() == before


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_network_is_not_doubled(running_sandbox, sandbox_aws, run_module, killed, writes):
    """An address before its NAT gateway, a gateway before it is attached, a table before its routes."""
    make_network(run_module)
    undisturbed = resources()
    running_sandbox.reset()

    def run(module: str, **options: Any) -> dict[str, Any]:
        killed(writes, (module, options))
        if module == "ec2_vpc":  # which the role looks up by its tags
            options["vpc_id"] = boto3.client("ec2").describe_vpcs(Filters=tag_filters(TAGS))["Vpcs"][0]["VpcId"]
        return run_module(module, **options)

    make_network(run)
    assert resources() == undisturbed
