# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: plan
type: aggregate
short_description: Collect what a run changes, resource by resource
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Appends a line of JSON for the run to a file, with what each host's tasks changed or, in check mode, would change.
  - C(check) says whether it was a preview. C(hosts) has an entry a host with C(changes), in order, each with C(layer) (the role),
    C(resource) (C(type) and C(name) in one, such as C(AWS::SQS::Queue/production-orders)), C(type), C(name), C(action) (create, update,
    replace or delete), C(before) and C(after) (what changes; C(null) where there is nothing), C(interruption) (what the change means for
    the service, C(null) when it means nothing) and, where there is such, C(note); and with C(failures), the messages of tasks that failed.
  - What M(realtime.aws.stack_leftovers) keeps, and a hosted zone that is adopted, stand there too, with the action C(keep), for the run
    does nothing about them.
  - A task of another collection that changes something stands as one update, with the module as type.
requirements:
  - enabled in the configuration, as by E(ANSIBLE_CALLBACKS_ENABLED)
options:
  path:
    description: The file.
    type: path
    required: true
    env:
      - name: REALTIME_AWS_PLAN
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

KEEPERS = ("realtime.aws.stack_leftovers", "realtime.aws.route53_hosted_zone")


def parsed(text: str) -> Any:
    """Return one side of a diff, which converge.Plan writes as JSON, or as nothing."""
    return json.loads(text) if text else None


def entries(layer: str, action: str, name: str, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the result of a task (or of one item of its loop) changed."""
    if not result.get("changed"):
        return []
    if "changes" not in result:
        return [entry(layer, {"type": action, "name": name, "action": "update"}, {"before": "", "after": ""})]
    return [entry(layer, change, diff) for change, diff in zip(result["changes"], result["diff"], strict=True)]


def entry(layer: str, change: dict[str, Any], diff: dict[str, Any]) -> dict[str, Any]:
    """Return what a plan says of one resource, from what its module reports of it."""
    return {
        "layer": layer,
        "resource": f"{change['type']}/{change['name']}",
        "interruption": None,
        **change,
        "before": parsed(diff["before"]),
        "after": parsed(diff["after"]),
    }


def kept(layer: str, action: str, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is left as it is, and worth saying; stack_leftovers says of which layer it is."""
    found = result.get("kept", []) if action in KEEPERS else []
    return [entry(each.get("layer", layer), each, {"before": "", "after": ""}) for each in found]


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "realtime.aws.plan"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hosts: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {"changes": [], "failures": []})

    def v2_runner_on_ok(self, result: Any) -> None:
        if not (result.task.loop and "results" in result.result):  # the items came one by one
            self.v2_runner_item_on_ok(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        task = result.task
        layer = task._role.get_name().rpartition(".")[2] if task._role else ""
        changes = self._hosts[result.host.name]["changes"]
        changes += entries(layer, task.action, task.get_name(), result.result) + kept(layer, task.action, result.result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._hosts[result.host.name]["failures"].append(f"{result.task.get_name()}: {result.result.get('msg')}")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self.v2_runner_on_failed(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        line = json.dumps({"check": context.CLIARGS["check"], "hosts": self._hosts})
        with Path(self.get_option("path")).open("a", encoding="utf-8") as runs:
            runs.write(line + "\n")
