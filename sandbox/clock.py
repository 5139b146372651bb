"""The sandbox's clock: what takes AWS minutes may take seconds here, or stand still while a test looks at it."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

SPEED = 300.0
"""Seconds of AWS in a second of ours: a database instance takes AWS a quarter of an hour, and three seconds here."""
AT_ONCE = 1e6
"""A speed at which everything is ready by the next call, for those who do not care; at a higher one dates run out."""


@dataclass
class Clock:
    """Seconds of AWS's time. It runs `speed` times as fast as ours; at speed 0 it stands still."""

    speed: float = SPEED
    _at: float = 0.0
    _since: float = field(default_factory=time.monotonic)
    _coming: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: Any = field(default_factory=itertools.count)

    def now(self) -> float:
        """Seconds since the sandbox started, in AWS's time."""
        return self._at + (time.monotonic() - self._since) * self.speed

    def set(self, speed: float | None = None, advance: float = 0.0) -> None:
        """Go on at another speed, or jump ahead by some of AWS's seconds."""
        self._at, self._since = self.now() + advance, time.monotonic()
        if speed is not None:
            self.speed = speed

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something when so many of AWS's seconds have passed, before the first call that comes then."""
        heapq.heappush(self._coming, (self.now() + seconds, next(self._count), action))

    def catch_up(self) -> None:
        """Do what is due."""
        while self._coming and self._coming[0][0] <= self.now():
            heapq.heappop(self._coming)[2]()

    def forget(self) -> None:
        """Nothing is coming any more; the time goes on."""
        self._coming.clear()


CLOCK = Clock()


def pass_through(thing: Any, attribute: str, first: Any, *later: tuple[float, Any]) -> None:
    """Let an attribute of one of moto's objects go through states: the first at once, each other after so many seconds.

    Who sets the attribute meanwhile, or sends it through other states, ends the journey.
    """
    journey = vars(thing)[f"_sandbox_{attribute}"] = object()
    setattr(thing, attribute, first)

    def reach(before: Any, state: Any) -> None:
        if vars(thing)[f"_sandbox_{attribute}"] is journey and getattr(thing, attribute) == before:
            setattr(thing, attribute, state)

    passed, before = 0.0, first
    for seconds, state in later:
        passed += seconds
        CLOCK.after(passed, partial(reach, before, state))
        before = state
