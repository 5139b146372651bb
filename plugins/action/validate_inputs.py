# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from ansible.template import Templar, trust_as_template

FACTS = ("outputs", "live", "leftovers", "preflight", "doomed", "kept")  # what roles publish, maybe in an earlier play
NEAR = 0.88  # how alike two names are when one is taken for a slip of the other


class ActionModule(ActionBase):
    """Check all inputs of the role that the task stands in, and report every fault at once."""

    TRANSFERS_FILES = False
    _requires_connection = False

    @classmethod
    def finalize_task_arg(cls, name: str, value: Any, templar: Any, context: Any) -> Any:
        """Leave the rules as they are written: what is allowed is worked out for a rule that does not hold."""
        return value if name == "rules" else super().finalize_task_arg(name, value, templar, context)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if self._task._role is None:
            raise AnsibleError("validate_inputs checks the role that it stands in, and it stands in none")
        role_path = Path(self._task._role._role_path)
        specs = read_specs(role_path)
        options = specs["main"]

        values = {}
        faults = list(unknown_names(task_vars, role_path, options))
        for name in options:
            if name in task_vars:
                try:
                    values[name] = self._templar.template(task_vars[name])
                except AnsibleUndefinedVariable as error:
                    faults.append(f"{name} can't be evaluated: {error}")
        faults += type_faults(options, values)
        if not faults:  # what is in mappings, when they are mappings
            faults += entry_faults(specs, values)
        if not faults:  # rules may take the types for granted
            faults += self._rule_faults(specs, typed(options, values), task_vars)
        if faults:
            result.update(failed=True, faults=faults, msg="\n".join(["Refused before anything was touched:", *faults]))
        return result

    def _rule_faults(self, specs: dict[str, Any], values: dict[str, Any], task_vars: dict[str, Any]) -> Iterator[str]:
        rules = self._task.args.get("rules") or []
        named = [{**rule, "variable": self._templar.template(rule["variable"])} for rule in rules]
        for extra, checks in together(named, specs, values):
            templar = self._templar.copy_with_new_env(available_variables={**task_vars, **values, **extra})
            if not all_hold(templar, [rule["that"] for rule, _name, _value in checks]):
                for rule, name, value in checks:
                    if not templar.evaluate_conditional(rule["that"]):
                        yield fault(name, value, self._templar.template(rule["allowed"]))


def together(
    rules: Iterable[dict[str, Any]], specs: dict[str, Any], values: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list[tuple[dict[str, Any], str, Any]]]]:
    """Return what is checked with the same variables: those, and the rules with name and value for the message."""
    groups: dict[tuple[str, Any], tuple[dict[str, Any], list[tuple[dict[str, Any], str, Any]]]] = {}
    for rule in rules:
        for name, value, extra in cases(rule, specs, values):
            of = (rule["variable"], extra["key"]) if extra else ("", None)
            groups.setdefault(of, (extra, []))[1].append((rule, name, value))
    yield from groups.values()


def all_hold(templar: Templar, expressions: list[str]) -> bool:
    """Return whether all expressions are true: as one expression they take a fraction of the time."""
    try:
        return templar.evaluate_conditional(trust_as_template(" and ".join(f"({each})" for each in expressions)))
    except AnsibleError:
        return False  # which one it is, and why, they say one by one


def cases(rule: dict[str, Any], specs: dict[str, Any], values: dict[str, Any]) -> Iterator[tuple[str, Any, dict]]:
    """Return what a rule is checked on: name and value for the message, and variables for the expression."""
    variable, part = rule["variable"], rule.get("each")
    if not part:
        hidden = specs["main"].get(variable, {}).get("no_log")
        yield variable, "hidden" if hidden else values.get(variable), {}
        return
    for key, entry in typed_entries(specs[variable], values[variable]).items():
        extra = {"key": key, "entry": entry}
        yield (variable, key, extra) if part == "key" else (f"{variable}.{key}.{part}", entry.get(part), extra)


def read_specs(role_path: Path) -> dict[str, dict[str, Any]]:
    """Return the options of the role's entry points, as its argument spec has them.

    Beside main, an entry point that has the name of an option says what the entries of that mapping are.
    """
    spec = yaml_load((role_path / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return {name: entry_point.get("options") or {} for name, entry_point in spec["argument_specs"].items()}


def fault(name: str, value: Any, allowed: str) -> str:
    return f"{name} is {value!r}; allowed: {allowed}"


def unknown_names(variables: Iterable[str], role_path: Path, options: dict[str, Any]) -> Iterator[str]:
    """Name the variables that have the role's prefix, or nearly an option's name, and are no option of it."""
    role = role_path.name
    public = {f"{role}_{fact}" for fact in FACTS}
    others = tuple(f"{path.name}_" for path in role_path.parent.iterdir() if path.name != role)
    for name in sorted(set(variables) - set(options) - public):
        ours = name.startswith(f"{role}_")
        if not ours and name.startswith(("_", "ansible_", *others)):
            continue
        near = difflib.get_close_matches(name, options, n=1, cutoff=0.6 if ours else NEAR)
        if ours or near:
            hint = f"did you mean {near[0]}?" if near else "see the role's README for those that are"
            yield f"{name} is not a variable of the role {role}; {hint}"


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


def typed_entries(options: dict[str, dict[str, Any]], mapping: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a mapping's entries with the types and defaults of their options."""
    return {
        key: ArgumentSpecValidator(options).validate(entry or {}, validate_role_argument_spec=True).validated_parameters
        for key, entry in mapping.items()
    }


def entry_faults(specs: dict[str, dict[str, Any]], values: dict[str, Any]) -> Iterator[str]:
    """Say which entries of the mappings have an option that is unknown, missing or of the wrong type."""
    for name in set(specs) & set(values):
        for key, entry in values[name].items():
            if not isinstance(entry, (dict, type(None))):
                yield fault(f"{name}.{key}", entry, "a mapping")
                continue
            validator = ArgumentSpecValidator(specs[name])
            for error in validator.validate(entry or {}, validate_role_argument_spec=True).errors:
                yield f"{name}.{key} is {entry!r}; {error.msg}"
