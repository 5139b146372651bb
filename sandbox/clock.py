"""The sandbox's clock: what takes AWS minutes may take seconds here, or stand still while a test looks at it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

SPEED = 300.0
"""Seconds of AWS in a second of ours: a database instance takes AWS a quarter of an hour, and three seconds here."""


@dataclass
class Clock:
    """Seconds of AWS's time. It runs `speed` times as fast as ours; at speed 0 it stands still."""

    speed: float = SPEED
    _at: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Seconds since the sandbox started, in AWS's time."""
        return self._at + (time.monotonic() - self._since) * self.speed

    def set(self, speed: float | None = None, advance: float = 0.0) -> None:
        """Go on at another speed, or jump ahead by some of AWS's seconds."""
        self._at, self._since = self.now() + advance, time.monotonic()
        if speed is not None:
            self.speed = speed


CLOCK = Clock()
