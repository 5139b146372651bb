# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Show how a refresh goes while the module would wait in silence."""

from __future__ import annotations

import time
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.action.packed import Packed
from ansible_collections.realtime.aws.plugins.module_utils.converge import wait_until
from ansible_collections.realtime.aws.plugins.module_utils.instance_refresh import ACTIVE, failure, goal, waited_for

MODULE = "realtime.aws.autoscaling_instance_refresh"
OPTIONS = {"desired_configuration", "on_conflict", "preferences", "state", "strategy", "wait", "wait_timeout"}


class ActionModule(Packed, ActionBase):
    """Run the module without waiting, then read the refresh until it has ended; the result is the module's."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args, began = self._task.args, time.monotonic()
        result = self._module(MODULE, {**args, "wait": False}, task_vars)
        started = result.get("instance_refresh")
        if result.get("failed") or self._task.check_mode or not started or not boolean(args.get("wait", True)):
            return result
        told = result["invocation"]["module_args"]
        told["wait"] = True
        lines = [""]

        def ended() -> dict[str, Any] | None:
            refresh, group = self._read(started["id"], task_vars)
            line = progress(told["name"], refresh, group)
            if line != lines[-1]:
                lines.append(line)
                self._display.display(f"{line}, {duration(time.monotonic() - began)}")
            return None if refresh["status"] in ACTIVE else refresh

        try:
            what, left = waited_for(told["name"], started["id"]), told["wait_timeout"] - (time.monotonic() - began)
            refresh = wait_until(what, ended, timeout=max(0.0, left))
        except AnsibleAWSError as error:
            return {**result, "failed": True, "msg": str(error)}
        wanted = goal(told["state"], started["status"], joined=not result["changed"])
        reason = failure(told["name"], refresh, wanted)
        return {**result, "instance_refresh": refresh, **({"failed": True, "msg": reason} if reason else {})}

    def _read(self, refresh_id: str, task_vars: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the refresh and its group, with the credentials of the task."""
        common = {name: value for name, value in self._task.args.items() if name not in OPTIONS}
        found = self._module(f"{MODULE}_info", {**common, "ids": [refresh_id]}, task_vars)
        if found.get("failed") or not found["instance_refreshes"]:
            raise AnsibleAWSError(
                message=found.get("msg") or f"The instance refresh {refresh_id} is gone with its group"
            )
        return found["instance_refreshes"][0], found["auto_scaling_group"]

    def _module(self, name: str, args: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        return self._execute_module(module_name=name, module_args=args, task_vars=task_vars)


def progress(name: str, refresh: dict[str, Any], group: dict[str, Any]) -> str:
    """Return how a refresh stands, in a line."""
    healthy = [
        each
        for each in group["instances"]
        if each["lifecycle_state"] == "InService" and each["health_status"] == "Healthy"
    ]
    count = f"{len(healthy)} of {group['desired_capacity']} healthy"
    return f"{name}: {refresh['status']}, {refresh['percentage_complete']} percent, {count}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
