# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module that waits says meanwhile, a line at a time on standard error.

Ansible shows no module's standard error while it runs; the connection plugin realtime.aws.preloaded does so for these lines, by their mark.
"""

from __future__ import annotations

import sys
import time

MARK = "realtime.aws waits: "
FIRST, NEXT = 15, 60  # seconds: what takes less than the first is not worth a line


class Progress:
    """The lines of one wait: what for, and how long it usually takes ("2 to 3 min")."""

    def __init__(self, what: str, typical: str) -> None:
        self.what, self.typical = what, typical
        self.start = time.monotonic()
        self.due = self.start + FIRST

    def say(self) -> None:
        """Write a line, if one is due."""
        now = time.monotonic()
        if self.typical and now >= self.due:
            self.due = now + NEXT
            sys.stderr.write(f"{MARK}{self.what}: {spent(now - self.start)} so far, usually {self.typical}\n")
            sys.stderr.flush()


def spent(seconds: float) -> str:
    """Return seconds as people say them: "45 s", "12 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
