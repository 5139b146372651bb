# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands is verified layer beside layer, by playbooks/verify.yml, with roles that are as it should be, differ, or fail."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
STEPS = {
    "fine": [
        {"ansible.builtin.assert": {"that": "fine_cidr == '10.0.0.0/16' and stack_live.fine == 1", "quiet": True}}
    ],
    "differing": [{"ansible.builtin.include_tasks": "step.yml"}],
    "failing": [{"ansible.builtin.fail": {"msg": "AWS says no"}}],
    "narrow": [{"ansible.builtin.assert": {"that": "fine_cidr is not defined and stack_live.fine is not defined"}}],
}
STEP = [{"ansible.builtin.copy": {"content": "", "dest": "{{ playbook_dir }}/written"}}]
STACKS = {
    "fine_cidr": "10.{{ second }}.0.0/16",
    "second": 0,
    "stack_live": {"adoptable": {}, **dict.fromkeys(STEPS, 1)},
    "gate_passed": False,
    "stack_region": "us-east-1",
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}


@pytest.fixture
def verify(tmp_path):
    """Verify layers of one stack; return whether they are verified, and what the run prints."""
    collection = tmp_path / "ansible_collections/realtime/aws"
    collection.mkdir(parents=True)
    for name in ("plugins", "meta", "galaxy.yml", "playbooks"):
        (collection / name).symlink_to(ROOT / name)
    for name in ("amazon", "community"):
        (collection.parents[1] / name).symlink_to(ROOT / ".cache/collections/ansible_collections" / name)
    for layer, steps in STEPS.items():
        tasks = collection / "roles" / layer / "tasks"
        tasks.mkdir(parents=True)
        (tasks / "steps.yml").write_text(yaml.safe_dump(steps))
        (tasks / "step.yml").write_text(yaml.safe_dump(STEP))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"stacks": {"hosts": {"shop": STACKS}}}))
    said = {"hosts": "stacks", "gather_facts": False}
    playbook = [
        {**said, "tasks": [{"ansible.builtin.include_vars": str(ROOT / "playbooks/vars/wiring.yml")}]},
        {"ansible.builtin.import_playbook": str(ROOT / "playbooks/verify.yml")},
        {
            **said,
            "tasks": [{"ansible.builtin.copy": {"content": "{{ layers_verified }}", "dest": str(tmp_path / "found")}}],
        },
    ]
    (tmp_path / "site.yml").write_text(yaml.safe_dump(playbook))

    def run(*layers: str, **variables: Any) -> tuple[bool, str]:
        given = json.dumps({"layers_chosen": layers, "layers_standing": layers, **variables})
        done = subprocess.run(
            ["ansible-playbook", "site.yml", "-i", "hosts.yml", "-e", given],
            cwd=tmp_path,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return (tmp_path / "found").read_text() == "True", done.stdout

    return run


def test_layers_that_are_as_they_should_be_are_verified(verify):
    verified, said = verify("fine", "narrow")
    assert verified
    assert "fine@shop" in said and "narrow@shop" in said


@pytest.mark.parametrize("layer", ["differing", "failing"])
def test_one_with_something_to_do_or_that_fails_by_itself_is_not(verify, layer, tmp_path):
    verified, _said = verify("fine", layer)
    assert not verified
    assert not (tmp_path / "written").exists()


def test_without_layers_that_stand_none_is_verified(verify):
    verified, said = verify()
    assert not verified
    assert "WARNING" not in said and "@shop" not in said
