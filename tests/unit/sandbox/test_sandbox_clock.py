"""The clock that provisioning times follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.clock import AT_ONCE, CLOCK, Clock, pass_through
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


def test_does_things_in_their_order_when_they_are_due() -> None:
    clock, done = Clock(speed=0), []
    clock.after(60, lambda: done.append("second"))
    clock.after(30, lambda: done.append("first"))
    clock.set(advance=59)
    clock.catch_up()
    assert done == ["first"]
    clock.set(advance=1)
    clock.catch_up()
    clock.catch_up()
    assert done == ["first", "second"]


def test_forgets_what_was_coming() -> None:
    clock, done = Clock(speed=0), []
    clock.after(1, lambda: done.append(True))
    clock.forget()
    clock.set(advance=2)
    clock.catch_up()
    assert not done


class Thing:
    """Something with a state."""

    state = ""


def test_states_follow_one_another_until_a_new_journey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CLOCK, "speed", 0.0)
    thing = Thing()
    pass_through(thing, "state", "creating", (60, "backing-up"), (60, "available"))
    assert thing.state == "creating"
    CLOCK.set(advance=60)
    CLOCK.catch_up()
    assert thing.state == "backing-up"
    pass_through(thing, "state", "deleting", (600, "gone"))
    CLOCK.set(advance=300)
    CLOCK.catch_up()
    assert thing.state == "deleting"
    thing.state = "kept"
    CLOCK.set(advance=300)
    CLOCK.catch_up()
    assert thing.state == "kept"


@pytest.fixture
def at_once_again(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.clock(speed=AT_ONCE)


def test_is_set_from_outside(at_once_again: Sandbox) -> None:
    at_once_again.clock(speed=0)
    status = at_once_again.status()
    assert status and status["speed"] == 0
