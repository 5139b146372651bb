# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input is refused, with the variable, its value and what is allowed: one row a case.

Each row runs the real tasks/validate.yml of a role on top of inventories/production, with one variable changed.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import action_loader, init_plugin_loader
from ansible.template import Templar

ROOT = Path(__file__).parents[3]
FACTS = {
    "stack_outputs": {
        "account_id": "123456789012",
        "partition": "aws",
        "region": "us-east-1",
        "availability_zones": [f"us-east-1{letter}" for letter in "abcdef"],
        "tags": {"Project": "realtime", "Environment": "production", "ManagedBy": "realtime.aws"},
    },
}

loader = DataLoader()
init_plugin_loader([str(ROOT / ".cache/collections")])


def load(path: Path) -> dict[str, Any]:
    return (loader.load_from_file(str(path), trusted_as_template=True) or {}) if path.exists() else {}


def variables_of(role: str, **changed: Any) -> dict[str, Any]:
    """Return what the role sees: its defaults, the production inventory, its internals, and what a case changes."""
    inventory = ROOT / "inventories/production/group_vars/all"
    return {
        **load(ROOT / "roles/stack/defaults/main.yml"),
        **load(inventory / "stack.yml"),
        **load(ROOT / f"roles/{role}/defaults/main.yml"),
        **load(inventory / f"{role}.yml"),
        **load(ROOT / f"roles/{role}/vars/main.yml"),
        **load(ROOT / "playbooks/vars/wiring.yml"),
        **FACTS,
        **changed,
    }


def faults(role: str, **changed: Any) -> list[str]:
    """Run the role's validate.yml and return what it refuses."""
    (task,) = load(ROOT / f"roles/{role}/tasks/validate.yml")
    variables = {**variables_of(role, **changed), **task.get("vars", {})}
    templar = Templar(loader=loader, variables=variables)
    rules = (task["realtime.aws.validate_inputs"] or {}).get("rules", [])
    # As the executor does: everything but the expressions is templated first.
    finalized = [
        {"that": rule["that"], **templar.template({k: rule[k] for k in rule if k != "that"})} for rule in rules
    ]
    stand_in = SimpleNamespace(
        args={"rules": finalized},
        async_val=0,
        check_mode=False,
        diff=False,
        _role=SimpleNamespace(_role_path=str(ROOT / "roles" / role), get_name=lambda: f"realtime.aws.{role}"),
    )
    action = action_loader.get(
        "realtime.aws.validate_inputs",
        task=stand_in,
        connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir="")),
        play_context=None,
        loader=loader,
        templar=templar,
        shared_loader_obj=None,
    )
    return action.run(task_vars=variables).get("faults", [])


ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/tasks/validate.yml"))


@pytest.mark.parametrize("role", ROLES)
def test_the_production_inventory_is_accepted(role):
    assert faults(role) == []


CASES = [
    ("stack", "stack_environment", "Production"),
    ("stack", "stack_environment", "a-name-that-is-too-long"),
    ("stack", "stack_environment", "production-"),
    ("stack", "stack_region", "us-east"),
    ("stack", "stack_domain", "example"),
    ("stack", "stack_domain", "-bad.example.com"),
    ("stack", "stack_domain", "exa mple.com"),
    ("stack", "stack_tags", {"Environment": "mine"}),
    ("stack", "stack_tags", {"aws:mine": "x"}),
    ("stack", "stack_tags", "Owner"),
    ("storage", "storage_static_ia_days", 29),
    ("storage", "storage_backups_ia_days", 5),
    ("storage", "storage_logs_glacier_days", 31),
    ("storage", "storage_static_noncurrent_expiration_days", 60),
]


@pytest.mark.parametrize(("role", "variable", "value"), CASES, ids=[f"{c[1]}={c[2]}"[:60] for c in CASES])
def test_refused(role, variable, value):
    found = faults(role, **{variable: value})
    assert any(text.startswith(f"{variable} is {value!r}") for text in found), found


@pytest.mark.parametrize(
    ("role", "typo", "meant"),
    [
        ("stack", "stack_enviroment", "stack_environment"),
        ("stack", "stak_domain", "stack_domain"),
        ("storage", "storage_static_ia_day", "storage_static_ia_days"),
    ],
)
def test_misspelt_name(role, typo, meant):
    assert any(text.startswith(f"{typo} is not") and meant in text for text in faults(role, **{typo: "x"}))
