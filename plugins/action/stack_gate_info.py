# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible_collections.amazon.aws.plugins.module_utils.common import AMAZON_AWS_COLLECTION_VERSION
from ansible_collections.realtime.aws.plugins.action.packed import Packed

COLLECTION = Path(__file__).resolve().parents[2]
CODE = ("galaxy.yml", "MANIFEST.json", "meta", "playbooks", "plugins", "roles")
# Variables that Ansible makes, and those that say how this run deals with the gate, and which layers it is about (playbooks/vars/wiring.yml).
NOT_INPUTS = re.compile(
    r"ansible_\w+|environment|group_names|groups|hostvars|inventory_\w+|omit|play_hosts|playbook_dir|role_\w+|vars"
    r"|discovered_interpreter_python|gate_\w+|stack_gate|verify|_?layers_\w+"
)
# What says something else at each time, or reads what a digest of the text misses.
LIVE = re.compile(r"\b(lookup|query|q|now)\s*\(")


class ActionModule(Packed, ActionBase):
    """Digest code and inputs, then compare on: see the module."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        record = tempfile.mkdtemp(prefix="verified-", dir=C.DEFAULT_LOCAL_TMP)  # the run's own, and removed by it
        try:
            inputs = known(task_vars, self._templar.template)
        except Unknown as reason:
            return {
                **result,
                "changed": False,
                "unchanged": False,
                "reason": str(reason),
                "layers": [],
                "shown": {},
                "record": "",
                "whole": False,
            }
        versions = [core_version, AMAZON_AWS_COLLECTION_VERSION, importlib.metadata.version("botocore"), sys.version]
        digest = hashlib.sha256(json.dumps([versions, inputs], sort_keys=True).encode())
        for file in files(COLLECTION):
            digest.update(f"{file.relative_to(COLLECTION)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
        module_args = {**self._task.args, "record": record, "inputs": digest.hexdigest()}
        found = self._execute_module(
            module_name="realtime.aws.stack_gate_info", module_args=module_args, task_vars=task_vars
        )
        return {**result, **found, "whole": runs_all(context.CLIARGS)}


class Unknown(Exception):
    """Why the inputs can't be known before the run."""


def known(variables: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, str]:
    """Return the inputs as text: their values, or what is written where they depend on what the run finds out."""
    found = {}
    for name in variables:
        if NOT_INPUTS.fullmatch(name):
            continue
        try:
            found[name] = text(template(variables[name]))
        except AnsibleError:
            found[name] = text(variables[name])
            if LIVE.search(found[name]):
                raise Unknown(f"{name} looks something up, and depends on what the run finds out") from None
    return found


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def files(collection: Path) -> Iterator[Path]:
    """The files that decide what a run does, in order."""
    for name in CODE:
        below = sorted(Path(collection, name).rglob("*")) if Path(collection, name).is_dir() else [collection / name]
        yield from (path for path in below if path.is_file() and path.suffix != ".pyc")


def runs_all(called: Mapping[str, Any]) -> bool:
    """Return whether the command line asks for all tasks."""
    selects = called.get("skip_tags") or called.get("start_at_task") or called.get("step")
    return not selects and set(called.get("tags") or ["all"]) == {"all"}
