# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules are packed with the utilities of all of them, once a run, and can't tell."""

from __future__ import annotations

import ast
import base64
import importlib.util
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
import yaml
from ansible.executor.module_common import ModuleDepFinder
from ansible_collections.realtime.aws.plugins.action import autoscaling_instance_refresh, packed, stack_gate_info

ROOT = Path(packed.__file__).parents[2]
PLUGINS = "ansible_collections.realtime.aws.plugins"
MODULES = {path.stem: path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__"}
OWN_ACTIONS = {path.stem for path in (ROOT / "plugins/action").glob("*.py")}

# Ansible's own importer of collections, which this needs, and pytest's don't go together in one process.
BUILD = """
import sys
from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar
init_plugin_loader()
built = modify_module(
    module_name=sys.argv[1], module_path=module_loader.find_plugin(sys.argv[1]), module_args={"note": ".packed',"},
    templar=Templar(loader=DataLoader()), task_vars={"ansible_python_interpreter": sys.executable},
)
sys.stdout.buffer.write(built.b_module_data)
"""


def build(name: str) -> bytes:
    """Return what Ansible pipes into Python to run a module of this collection."""
    command = [sys.executable, "-c", BUILD, f"realtime.aws.{name}"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


@pytest.fixture(scope="module")
def pack() -> bytes:
    return build("packed")


def content(wrapper: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed.ZIP.search(wrapper)[1]))) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def imports(name: str, path: Path) -> set[tuple[str, ...]]:
    """Return what AnsiballZ would pack for the imports of this file alone."""
    return ModuleDepFinder(name, ast.parse(path.read_text()), path.name == "__init__.py").submodules


def brought(wanted: Iterable[tuple[str, ...]]) -> set[str]:
    """Return the names of these utilities and of all that they import."""
    found: set[str] = set()
    todo = [".".join(name) for name in wanted]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            spec = None
        if spec is None:  # from a.b import c, and c is no module
            todo.append(name.rpartition(".")[0])
            continue
        if spec.origin:  # no namespace
            found.add(name)
            todo += map(".".join, imports(name, Path(spec.origin)))
    return found


def test_every_module_without_an_action_of_its_own_is_run_from_the_pack() -> None:
    routed = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]
    assert routed == {name: {"action_plugin": packed.PACK} for name in sorted(MODULES.keys() - OWN_ACTIONS)}
    for own in OWN_ACTIONS - {"packed"}:
        runs_modules = "_execute_module" in (ROOT / f"plugins/action/{own}.py").read_text()
        assert runs_modules == (own in ("autoscaling_instance_refresh", "stack_gate_info"))
    assert issubclass(autoscaling_instance_refresh.ActionModule, packed.Packed)
    assert issubclass(stack_gate_info.ActionModule, packed.Packed)


def test_the_pack_brings_what_the_modules_import() -> None:
    pack = brought(imports(f"{PLUGINS}.modules.packed", MODULES["packed"]))
    lacking = {name: brought(imports(f"{PLUGINS}.modules.{name}", path)) - pack for name, path in MODULES.items()}
    assert {name: utilities for name, utilities in lacking.items() if utilities} == {}


def test_a_packed_module_is_what_ansible_makes_of_it(pack: bytes) -> None:
    plain = build("stack_unlock")
    quick = packed.put_in(pack, MODULES["stack_unlock"])
    assert content(plain).items() <= content(quick).items()
    told = re.compile(rb"^(?:zip_data|date_time)=.*$", re.MULTILINE)
    assert told.sub(b"", quick) == told.sub(b"", plain)  # name, arguments, profile and all


def test_a_packed_module_runs_as_ever(pack: bytes) -> None:
    plain, quick = (
        subprocess.run([sys.executable], input=wrapper, capture_output=True, check=False)
        for wrapper in (build("stack_unlock"), packed.put_in(pack, MODULES["stack_unlock"]))
    )
    assert b"missing required arguments: environment, project" in quick.stdout
    assert (quick.returncode, quick.stdout, quick.stderr) == (plain.returncode, plain.stdout, plain.stderr)
