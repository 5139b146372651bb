# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.action.add_host import ActionModule as AddHost

GROUP = "stack_layers"
# What the tasks of a layer read beside its own variables: which stack it is, what was found of it, and how it is reached.
SHARED = (
    r"stack_(project|environment|domain|region|outputs|live)|sdk_environment"
    r"|ansible_(connection|python_interpreter|pipelining|realtime_preloaded\w*|local_become_\w+)"
)


class ActionModule(AddHost):
    """Add a host for one layer of the host's stack: see the module."""

    BYPASS_HOST_LOOP = False  # each stack has its layers
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables, layer = task_vars or {}, self._task.args["layer"]
        known = re.compile(rf"{layer}_\w+|{SHARED}")
        values = {name: self._templar.template(variables[name]) for name in variables if known.fullmatch(name)}
        values["stack_live"] = {name: values["stack_live"][name] for name in (layer, "adoptable")}
        name = f"{layer}@{variables['inventory_hostname']}"
        self._task.args = {**values, "layer": layer, "name": name, "groups": [GROUP]}
        # The variables are many, and of use to Ansible alone.
        return {**super().run(tmp, task_vars), "_ansible_verbose_override": True}
