# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which runs may write: the first that makes something and the first that removes it, and no other."""

from __future__ import annotations

import json
import os
from pathlib import Path


def runs() -> list[tuple[str, list[str]]]:
    """Return each run's mark (check, present, absent) and the write calls it made, in order."""
    found: list[tuple[str, list[str]]] = []
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8")
    for entry in map(json.loads, log.splitlines()):
        if "mark" in entry:
            found.append((entry["mark"], []))
        elif found and entry["write"] and entry["status"] != 403:  # a run would fail of it; tests try what is forbidden
            found[-1][1].append(f"{entry['service']}:{entry['operation']}")
    return found


def test_only_the_first_run_of_a_state_writes():
    seen = set()
    for mark, writes in runs():
        if mark == "check" or mark in seen:
            assert writes == [], f"a {mark} run wrote"
        seen.add(mark)
    assert "present" in seen
