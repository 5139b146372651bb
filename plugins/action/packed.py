# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a module of this collection with the utilities of all of them, which Ansible then packs once a run and not once a module."""

from __future__ import annotations

import base64
import dataclasses
import importlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

# The control process loads this file, and so its workers have the connection, which each would compile anew.
importlib.import_module("ansible_collections.realtime.aws.plugins.connection.preloaded")

PACK = "realtime.aws.packed"
# The lines of AnsiballZ's wrapper that say what is run, and its zip.
NAME = re.compile(
    rb"^((?:ansible_module='realtime|module_fqn='ansible_collections\.realtime)\.aws\.(?:\w+\.)*)packed',$",
    re.MULTILINE,
)
ZIP = re.compile(rb"^zip_data='([A-Za-z0-9+/=]+)',$", re.MULTILINE)


class Packed:
    """For an action: build this collection's modules from the pack. They are as AnsiballZ makes them, and run everywhere."""

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        if not module_name.startswith("realtime.aws."):  # async's wrapper
            return super()._configure_module(module_name, module_args, task_vars)
        built, pack = super()._configure_module(PACK, module_args, task_vars)
        path = Path(pack).with_stem(module_name.rpartition(".")[2])
        return dataclasses.replace(built, b_module_data=put_in(built.b_module_data, path)), str(path)

    def _compute_environment_string(self, raw_environment_out: dict[str, Any] | None = None) -> str:
        """Tell the module which layer it works for: here, for a play's environment would be evaluated by every task."""
        given, role = self._task.environment, self._task._role
        layer = role.get_name() if role else "realtime.aws.stack"
        self._task.environment = [{"AWS_SDK_UA_APP_ID": layer}, *(given or [])]
        try:
            return super()._compute_environment_string(raw_environment_out)
        finally:
            self._task.environment = given


class ActionModule(Packed, NormalAction):
    """What runs each module that has no action of its own; meta/runtime.yml says so."""


def put_in(wrapper: bytes, path: Path) -> bytes:
    """Return the pack's wrapper with the module of that path in it, to be run in the pack's stead."""
    named = NAME.sub(rb"\1%s'," % path.stem.encode(), wrapper)
    data = ZIP.search(named)
    content = io.BytesIO(base64.b64decode(data[1]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"ansible_collections/realtime/aws/plugins/modules/{path.name}")
    return named[: data.start(1)] + base64.b64encode(content.getvalue()) + named[data.end(1) :]
