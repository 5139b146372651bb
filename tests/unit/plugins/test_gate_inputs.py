# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the gate takes for inputs and code."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.template import Templar, trust_as_template
from ansible_collections.realtime.aws.plugins.action.stack_gate_info import Unknown, files, known, runs_all


def inputs(**variables):
    trusted = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in variables.items()}
    return known(trusted, Templar(variables=trusted).template)


def test_values_count_and_not_how_they_are_written():
    one = inputs(network_cidr="{{ range }}", range="10.0.0.0/16")
    assert one["network_cidr"] == inputs(network_cidr="10.0.0.0/16")["network_cidr"]
    assert one != inputs(network_cidr="{{ range }}", range="10.1.0.0/16")


def test_lookups_count_by_what_they_find(monkeypatch):
    monkeypatch.setenv("SIZE", "1")
    one = inputs(compute_min="{{ lookup('env', 'SIZE') }}")
    monkeypatch.setenv("SIZE", "2")
    assert one != inputs(compute_min="{{ lookup('env', 'SIZE') }}")


def test_what_depends_on_the_run_counts_as_it_is_written():
    assert "network_outputs.vpc_id" in inputs(security_vpc_id="{{ network_outputs.vpc_id }}")["security_vpc_id"]


def test_what_depends_on_the_run_and_looks_something_up_can_t_be_known():
    with pytest.raises(Unknown, match="compute_data"):
        inputs(compute_data="{{ lookup('ansible.builtin.file', 'x') ~ network_outputs.vpc_id }}")


def test_ansible_s_own_variables_and_the_gate_s_do_not_count():
    assert (
        inputs(
            ansible_check_mode=False,
            inventory_dir="/a",
            playbook_dir="/a",
            verify="full",
            stack_gate=True,
            gate_found={},
        )
        == {}
    )
    assert set(inputs(stack_gateway="a", prune=True)) == {"stack_gateway", "prune"}


def test_the_layers_that_a_run_is_about_do_not_count():
    """A run by tag is skipped, too, when nothing has changed since everything was verified."""
    wiring = yaml.safe_load((Path(__file__).parents[3] / "playbooks/vars/wiring.yml").read_text())
    layers = {name: value for name, value in wiring.items() if name.startswith("layers")}
    whole, part = (inputs(**layers, ansible_run_tags=tags, ansible_skip_tags=[]) for tags in (["all"], ["compute"]))
    assert whole == part


def test_the_code_is_all_that_decides_what_a_run_does(tmp_path):
    for name in ("galaxy.yml", "roles/a/tasks/main.yml", "plugins/b.py", "plugins/__pycache__/b.pyc", "docs/c.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [str(path.relative_to(tmp_path)) for path in files(tmp_path)]
    assert found == ["galaxy.yml", "plugins/b.py", "roles/a/tasks/main.yml"]


@pytest.mark.parametrize(
    ("called", "all_of_it"),
    [
        ({"tags": ["all"]}, True),
        ({}, True),
        ({"tags": ["compute"]}, False),
        ({"tags": ["all"], "skip_tags": ["dns"]}, False),
        ({"tags": ["all"], "start_at_task": "x"}, False),
        ({"tags": ["all"], "step": True}, False),
    ],
)
def test_a_part_of_a_run_is_no_verification(called, all_of_it):
    assert runs_all(called) is all_of_it
