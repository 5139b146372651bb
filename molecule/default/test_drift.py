# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was changed by hand is shown as exactly that, and mended; what AWS changed by itself is not shown."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from drift import CASES, ENVIRONMENT, FIXED, expected

KEPT = Path(".cache/molecule")


def made() -> list[dict[str, Any]]:
    """Return what the run that made the stack reported."""
    lines = (KEPT / "default-runs.jsonl").read_text(encoding="utf-8").splitlines()
    runs = [run for run in map(json.loads, lines) if ENVIRONMENT in run["hosts"] and not run["check"]]
    return max((run["hosts"][ENVIRONMENT]["changes"] for run in runs), key=len)


def preview(changed: str) -> list[dict[str, Any]]:
    return json.loads((KEPT / f"drift-{changed}.json").read_text(encoding="utf-8"))


def test_every_managed_attribute_has_a_case():
    managed: dict[str, set[str]] = defaultdict(set)
    for change in made():
        managed[change["type"]] |= set(change["after"] or {})
    cases = {kind: {name for resource in resources.values() for name in resource} for kind, resources in CASES.items()}
    without = {kind: names - cases.get(kind, set()) - FIXED.get(kind, set()) for kind, names in managed.items()}
    assert {kind: names for kind, names in without.items() if names} == {}


def test_the_preview_shows_each_change_and_nothing_else():
    shown = {(change["type"], change["name"]): set(change["after"] or {}) for change in preview("by-hand")}
    assert shown == expected()


def test_the_run_mended_it_and_what_aws_changes_is_no_drift():
    assert preview("by-aws") == []
