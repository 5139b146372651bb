# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

NEAR = 0.88  # how alike two names are when one is taken for a slip of the other


class ActionModule(ActionBase):
    """Check all inputs of the role that the task stands in, and report every fault at once."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if self._task._role is None:
            raise AnsibleError("validate_inputs checks the role that it stands in, and it stands in none")
        options = read_options(Path(self._task._role._role_path))
        prefix = self._task._role.get_name().split(".")[-1] + "_"

        values = {}
        faults = list(unknown_names(task_vars, prefix, options))
        for name in options:
            if name in task_vars:
                try:
                    values[name] = self._templar.template(task_vars[name])
                except AnsibleUndefinedVariable as error:
                    faults.append(f"{name} can't be evaluated: {error}")
        faults += type_faults(options, values)
        if not faults:  # rules may take the types for granted
            faults = list(self._rule_faults(typed(options, values), task_vars))
        if faults:
            result.update(failed=True, faults=faults, msg="\n".join(["Refused before anything was touched:", *faults]))
        return result

    def _rule_faults(self, values: dict[str, Any], task_vars: dict[str, Any]) -> Iterator[str]:
        templar = self._templar.copy_with_new_env(available_variables={**task_vars, **values})
        for rule in self._task.args.get("rules") or []:
            if not templar.evaluate_conditional(rule["that"]):
                yield fault(rule["variable"], values.get(rule["variable"]), rule["allowed"])


def read_options(role_path: Path) -> dict[str, dict[str, Any]]:
    """Return the options of the role's main entry point, as its argument spec has them."""
    spec = yaml.safe_load((role_path / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return spec["argument_specs"]["main"].get("options") or {}


def fault(name: str, value: Any, allowed: str) -> str:
    return f"{name} is {value!r}; allowed: {allowed}"


def unknown_names(variables: Iterable[str], prefix: str, options: dict[str, Any]) -> Iterator[str]:
    """Name the variables that have the role's prefix, or nearly an option's name, and are no option of it."""
    public = {f"{prefix}outputs", f"{prefix}live"}
    for name in sorted(set(variables) - set(options) - public):
        near = difflib.get_close_matches(name, options, n=1, cutoff=NEAR if not name.startswith(prefix) else 0.6)
        if name.startswith(prefix) or (near and not name.startswith(("_", "ansible_"))):
            hint = f"did you mean {near[0]}?" if near else "see the role's README for those that are"
            yield f"{name} is not a variable of the role {prefix.rstrip('_')}; {hint}"


def typed(options: dict[str, dict[str, Any]], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values in their options' types: what comes by -e name=3 is a string till then."""
    result = ArgumentSpecValidator(options).validate(values, validate_role_argument_spec=True)
    return {name: result.validated_parameters[name] for name in values}


def type_faults(options: dict[str, dict[str, Any]], values: dict[str, Any]) -> Iterator[str]:
    """Say which values their option's type, choices or requirement refuses."""
    for name, option in options.items():
        provided = {name: values[name]} if name in values else {}
        for error in ArgumentSpecValidator({name: option}).validate(provided, validate_role_argument_spec=True).errors:
            shown = "hidden" if option.get("no_log") else repr(values.get(name))
            yield f"{name} is {shown}; {error.msg}"
