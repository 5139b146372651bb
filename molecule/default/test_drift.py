# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was changed by hand is shown as exactly that, and mended; what AWS changed by itself is not shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drift import CASES, ENVIRONMENT, FIXED, WHOLE, expected

KEPT = Path(".cache/molecule")


def made() -> list[dict[str, Any]]:
    """Return what the run that made the stack reported."""
    lines = (KEPT / "default-runs.jsonl").read_text(encoding="utf-8").splitlines()
    runs = [run for run in map(json.loads, lines) if ENVIRONMENT in run["hosts"] and not run["check"]]
    return max((run["hosts"][ENVIRONMENT]["changes"] for run in runs), key=len)


def preview(changed: str) -> list[dict[str, Any]]:
    return json.loads((KEPT / f"drift-{changed}.json").read_text(encoding="utf-8"))


def test_every_managed_attribute_has_a_case():
    managed = {(change["type"], name) for change in made() if change["layer"] for name in change["after"] or {}}
    cases = {(kind, name) for kind, resources in CASES.items() for each in resources.values() for name in each}
    fixed = {(kind, name) for kind, names in FIXED.items() for name in names}
    assert sorted(managed - cases - fixed) == []


def test_the_preview_shows_each_change_and_nothing_else():
    shown = {}
    for change in preview("by-hand"):
        attributes = set(change["after"]) if change["action"] == "update" else change["action"]
        shown[change["type"], change["name"]] = attributes
    assert shown == {**expected(), **{(kind, name): action for action, kind, name in WHOLE}}


def test_the_run_mended_it_and_what_aws_changes_is_no_drift():
    assert preview("by-aws") == []
