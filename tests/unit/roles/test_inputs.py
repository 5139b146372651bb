# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for the inputs of every role: defaults, argument specs, inventories and wiring say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/meta/main.yml"))
INVENTORIES = sorted(ROOT.glob("inventories/*/group_vars/all/*.yml"))
NO_LAYERS = ("stack", "smoke", "account")
TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def defaults_of(role: str) -> dict[str, Any]:
    return load(ROOT / "roles" / role / "defaults/main.yml")


def specs_of(role: str) -> dict[str, Any]:
    return load(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]


def options_of(role: str) -> dict[str, Any]:
    return specs_of(role)["main"].get("options") or {}


def nested(options: dict[str, Any], parents: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Name every option, and what is in it."""
    for name, option in options.items():
        yield parents + name, option
        yield from nested(option.get("options") or {}, f"{parents}{name}.")


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_spec_are_equal(role):
    options = options_of(role)
    assert {name: option.get("default") for name, option in options.items()} == defaults_of(role)


@pytest.mark.parametrize("role", ROLES)
def test_defaults_have_their_types(role):
    for name, option in options_of(role).items():
        value = option.get("default")
        assert isinstance(value, TYPES[option["type"]]), f"{name} is {value!r}, not of type {option['type']}"
        assert option["type"] == "bool" or not isinstance(value, bool), f"{name} is {value!r}"
        chosen = value if isinstance(value, list) else [value]
        assert set(map(str, chosen)) <= set(map(str, option.get("choices", chosen))), name


@pytest.mark.parametrize("role", ROLES)
def test_every_option_has_type_and_description(role):
    for entry_point, spec in specs_of(role).items():
        assert spec.get("short_description"), entry_point
        for name, option in nested(spec.get("options") or {}):
            assert option.get("type") in TYPES, f"{entry_point}: {name}"
            assert option.get("description"), f"{entry_point}: {name}"


@pytest.mark.parametrize("role", ROLES)
def test_other_entry_points_say_what_a_mapping_has(role):
    for name in set(specs_of(role)) - {"main"}:
        if not (ROOT / "roles" / role / "tasks" / f"{name}.yml").exists():
            assert options_of(role)[name]["type"] == "dict", name


@pytest.mark.parametrize("role", ROLES)
def test_every_default_has_its_reason(role):
    """A comment on the line, or above it or above the group of lines that it is in."""
    lines = (ROOT / "roles" / role / "defaults/main.yml").read_text(encoding="utf-8").splitlines()
    explained = False
    for line in lines:
        if not line.strip():
            explained = False
        elif line.startswith("#"):
            explained = True
        elif re.match(r"\w+:", line):
            assert explained or " # " in line, line


@pytest.mark.parametrize("role", ROLES)
def test_inputs_have_the_role_s_prefix(role):
    assert [name for name in options_of(role) if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_internal_variables_have_it_too(role):
    internals = load(path) if (path := ROOT / "roles" / role / "vars/main.yml").exists() else {}
    assert [name for name in internals if not name.startswith(f"_{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_files(role):
    folder = ROOT / "roles" / role
    wanted = ["README.md", "tasks/main.yml", "tasks/validate.yml"]
    wanted += [] if role in NO_LAYERS else ["tasks/lookup.yml"]
    assert [name for name in wanted if not (folder / name).exists()] == []


@pytest.mark.parametrize("role", ROLES)
def test_meta(role):
    meta = load(ROOT / "roles" / role / "meta/main.yml")
    assert meta["galaxy_info"]["role_name"] == role
    assert meta["dependencies"] == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "stack"])
def test_a_role_by_itself_begins_with_the_stack(role):
    # No dependency, which would be loaded with each file of the role that a playbook includes.
    first = load(ROOT / "roles" / role / "tasks/main.yml")[0]
    assert first["ansible.builtin.import_role"] == {"name": "realtime.aws.stack"}


@pytest.mark.parametrize("role", [role for role in ROLES if role not in NO_LAYERS])
def test_states(role):
    option = options_of(role)[f"{role}_state"]
    assert (option["choices"], option["default"]) == (["present", "absent"], "present")


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: f"{path.parents[2].name}-{path.stem}")
def test_inventories_set_inputs_of_the_role_of_the_file_s_name(path):
    assert path.stem in ROLES
    assert sorted(set(load(path)) - set(options_of(path.stem))) == []


def test_every_inventory_has_a_file_for_each_layer():
    for inventory in ("production", "staging"):
        there = {path.stem for path in INVENTORIES if path.parents[2].name == inventory}
        assert sorted(set(ROLES) - there) == ["account"], inventory  # which is no environment's


def test_wiring_sets_inputs():
    wiring = load(ROOT / "playbooks/vars/wiring.yml")
    inputs = {name for role in ROLES for name in options_of(role)}
    public = {name for name in wiring if not name.startswith(("_", "layers"))}
    assert sorted(public - inputs - {"sdk_environment", "gate_passed", "gate_record"}) == []


def test_wiring_reads_outputs_of_lower_layers():
    wiring = load(ROOT / "playbooks/vars/wiring.yml")
    for name, value in wiring.items():
        if name in ("sdk_environment", "layers"):
            continue
        for layer in re.findall(r"(\w+)_outputs", str(value)):
            assert layer in ROLES, f"{name} reads {layer}_outputs"
            assert not name.startswith(f"{layer}_"), f"{name} is wired to its own layer"


def taken_from(wiring, text):
    """Return the layers whose outputs an expression of the wiring names, through its internals too."""
    inner = [wiring[name] for name in re.findall(r"\b_\w+\b", text) if name in wiring]
    return set(re.findall(r"([a-z_]+)_outputs", text)).union(*(taken_from(wiring, str(each)) for each in inner))


def test_a_run_by_tag_looks_at_what_its_layers_take_from():
    wiring = load(ROOT / "playbooks/vars/wiring.yml")
    layers = wiring["layers"]
    for name, value in wiring.items():
        layer = max((each for each in layers if name.startswith(f"{each}_")), key=len, default=None)
        if layer:
            missing = taken_from(wiring, str(value)) & set(layers) - set(wiring["layers_below"][layer])
            assert missing == set(), f"{name} takes from {missing}, which layers_below.{layer} lacks"
    assert list(wiring["layers_below"]) == layers


def test_every_layer_that_the_site_builds_has_its_tag():
    site = (ROOT / "playbooks/site.yml").read_text()
    shown = re.search(r"meta: noop\n +tags: \[(.*)\]", site)[1].split(", ")
    built = {task["tags"][0] for task in load(ROOT / "playbooks/tasks/layers.yml")}
    assert set(shown) == built == set(load(ROOT / "playbooks/vars/wiring.yml")["layers"]) - {"release"}


def test_layers_are_the_roles():
    layers = load(ROOT / "playbooks/vars/wiring.yml")["layers"]
    assert sorted(layers) == [role for role in ROLES if role not in NO_LAYERS]
