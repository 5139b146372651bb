# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible.plugins.action import ActionBase

NAMED = 'with its data, and only when named: -e prune=true -e \'{{"prune_data": ["{name}"]}}\''


class ActionModule(ActionBase):
    """Decide which leftovers are deleted and which are kept."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            argument_spec={
                "leftovers": {"type": "dict", "required": True},
                "prune": {"type": "bool", "default": False},
                "prune_data": {"type": "list", "elements": "str", "default": []},
            }
        )
        leftovers, prune, named = args["leftovers"], args["prune"], args["prune_data"]
        if faults := list(refusals(leftovers, prune, named)):
            return {**result, "failed": True, "msg": "\n".join(["Refused before anything was touched:", *faults])}
        return {**result, "changed": False, **decide(leftovers, prune, named)}


def refusals(leftovers: dict[str, list[dict[str, Any]]], prune: bool, named: Collection[str]) -> list[str]:
    """Say what is wrong with the names of the data to be deleted."""
    if named and not prune:
        return ["prune_data names what prune is to delete; it needs -e prune=true"]
    names = sorted({each["name"] for layer in leftovers.values() for each in layer if each["holds_data"]})
    allowed = ", ".join(names) or "nothing, for nothing is left over that holds data"
    return [f"prune_data has {name!r}; allowed: {allowed}" for name in named if name not in names]


def decide(leftovers: dict[str, list[dict[str, Any]]], prune: bool, named: Collection[str]) -> dict[str, Any]:
    """Return what is deleted, by layer and type, and what is kept. Layers go in the order of a teardown."""
    doomed: dict[str, dict[str, list[str]]] = {}
    kept = []
    for layer in reversed(leftovers):
        for each in leftovers[layer]:
            if prune and (not each["holds_data"] or each["name"] in named):
                doomed.setdefault(layer, {}).setdefault(each["type"], []).append(each["id"])
            else:
                how = NAMED.format(name=each["name"]) if each["holds_data"] else "with -e prune=true"
                entry = {"layer": layer, "type": each["type"], "name": each["name"], "action": "keep"}
                what = "given back" if each["adopted"] else "deleted"
                kept.append({**entry, "note": f"not wanted any more; {what} {how}"})
    return {"doomed": doomed, "kept": kept}
