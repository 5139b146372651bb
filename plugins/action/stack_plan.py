# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.action import ActionBase

SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
WIDTH = 72  # of a value in the summary


class ActionModule(ActionBase):
    """Run a playbook in check mode, as this run was called, and return what it would change for this host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = variables["inventory_hostname"]
        alone = variables["ansible_play_hosts_all"] == [host] and not context.CLIARGS.get("subset")
        command = arguments(self._task.args["playbook"], "" if alone else host)
        with tempfile.TemporaryDirectory() as directory:
            runs = Path(directory, "runs.jsonl")
            collect = {"ANSIBLE_CALLBACKS_ENABLED": "realtime.aws.plan", "REALTIME_AWS_PLAN": str(runs)}
            preview = subprocess.run(
                [sys.executable, "-m", "ansible", "playbook", *command],
                env={**os.environ, **collect},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            found = json.loads(runs.read_text(encoding="utf-8")) if runs.exists() else {"hosts": {}}
        mine = found["hosts"].get(host, {"changes": [], "failures": []})
        if preview.returncode:
            reasons = mine["failures"] or [preview.stderr.strip() or preview.stdout.strip()[-2000:]]
            return {**result, "failed": True, "msg": "\n".join(["The preview failed:", *reasons])}
        changes = mine["changes"]
        return {**result, "changed": to_do(changes), "plan": changes, "summary": list(summary(changes))}


def arguments(playbook: str, host: str) -> list[str]:
    """Return the command line of the preview: that of this run, in check mode, and limited to a host where that is said."""
    called = context.CLIARGS
    given = {
        "--inventory": called.get("inventory") or (),
        "--extra-vars": called.get("extra_vars") or (),
        "--tags": called.get("tags") or (),
        "--skip-tags": called.get("skip_tags") or (),
        "--vault-id": called.get("vault_ids") or (),
        "--vault-password-file": called.get("vault_password_files") or (),
        "--limit": (host,) if host else (),
    }
    options = [part for option, values in given.items() for value in values for part in (option, value)]
    return [playbook, "--check", "--diff", *options]


def to_do(changes: list[dict[str, Any]]) -> bool:
    """Return whether anything changes; what is kept does not."""
    return any(change["action"] in SIGNS for change in changes)


def summary(changes: list[dict[str, Any]]) -> Iterator[str]:
    """Say what changes, grouped by layer; an update with each attribute's old and new value. What is kept comes last."""
    layers: dict[str, list[dict[str, Any]]] = {}
    kept = [change for change in changes if change["action"] == "keep"]
    for change in changes:
        if change not in kept:
            layers.setdefault(change["layer"], []).append(change)
    for layer, its in layers.items():
        yield f"{layer}:"
        for change in its:
            yield from lines(change)
    if kept:
        yield "kept:"
        yield from (f"  ! {each['type']} {each['name']} ({each['layer']}: {each['note']})" for each in kept)
    counts = Counter(change["action"] for change in changes)
    yield ", ".join(f"{counts[action]} to {action}" for action in SIGNS if counts[action]) or "nothing to do"


def lines(change: dict[str, Any]) -> Iterator[str]:
    remarks = "".join(f" ({change[key]})" for key in ("interruption", "note") if change.get(key))
    yield f"  {SIGNS[change['action']]} {change['type']} {change['name']}{remarks}"
    if change["action"] in ("update", "replace"):
        before, after = change["before"] or {}, change["after"] or {}
        for key in sorted(before.keys() | after.keys()):
            yield f"      {key}: {shown(before.get(key))} → {shown(after.get(key))}"


def shown(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
