"""The clock that provisioning times follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import SPEED, Clock
from sandbox.control import Sandbox


def test_stands_still_at_speed_zero() -> None:
    clock = Clock(speed=0)
    assert clock.now() == clock.now() == 0


def test_jumps_ahead_and_keeps_its_time_when_the_speed_changes() -> None:
    clock = Clock(speed=0)
    clock.set(advance=90)
    clock.set(speed=0)
    assert clock.now() == 90


def test_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(speed=1e6)
    before = clock.now()
    assert clock.now() > before


@pytest.fixture
def at_normal_speed(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.clock(speed=SPEED)


def test_is_set_from_outside(at_normal_speed: Sandbox) -> None:
    at_normal_speed.clock(speed=0)
    status = at_normal_speed.status()
    assert status and status["speed"] == 0
