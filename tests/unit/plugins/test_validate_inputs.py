# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.realtime.aws.plugins.action.validate_inputs import ActionModule

OPTIONS = {
    "web_state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "web_size": {"type": "int", "default": 2},
    "web_sites": {"type": "dict", "default": {}},
    "web_rules": {"type": "list", "elements": "dict", "options": {"port": {"type": "int", "required": True}}},
    "web_token": {"type": "str", "no_log": True},
}
SITES = {"port": {"type": "int", "default": 80}, "owner": {"type": "str", "required": True}}
LARGE = {"that": "web_size > 1", "variable": "web_size", "allowed": "2 or more"}


@pytest.fixture
def check(tmp_path):
    """Return check(variables, *rules): the faults that the action finds."""
    role = tmp_path / "roles/web"
    (role / "meta").mkdir(parents=True)
    (tmp_path / "roles/other").mkdir()
    specs = {"main": {"options": OPTIONS}, "web_sites": {"options": SITES}}
    (role / "meta/argument_specs.yml").write_text(yaml.safe_dump({"argument_specs": specs}), encoding="utf-8")

    def run(variables, *rules, in_role=True):
        rules = [{**rule, "that": trust_as_template(rule["that"])} for rule in rules]
        task = SimpleNamespace(
            args={"rules": rules},
            async_val=0,
            check_mode=False,
            diff=False,
            _role=SimpleNamespace(_role_path=str(role)) if in_role else None,
        )
        action = ActionModule(
            task=task,
            connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir="")),
            play_context=None,
            loader=DataLoader(),
            templar=Templar(loader=DataLoader(), variables=variables),
            shared_loader_obj=None,
        )
        result = action.run(task_vars=variables)
        assert result.get("failed", False) is bool(result.get("faults"))
        return result.get("faults", [])

    return run


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"web_size": 3, "web_state": "absent"},
        {"web_size": "3"},
        {"web_rules": [{"port": 80}]},
        {"web_sites": {"a": {"owner": "me"}}},
        {"web_outputs": {}, "web_live": {}, "_web_internal": 1, "ansible_web_size": 1, "unrelated": 1},
        {"web_leftovers": [], "web_preflight": {}, "web_doomed": {}, "web_kept": []},  # of an earlier play
        {"other_size": 1},
    ],
    ids=str,
)
def test_accepted(check, variables):
    assert check(variables, {**LARGE, "that": "web_size | default(2) > 1"}) == []


@pytest.mark.parametrize(
    ("variables", "start"),
    [
        ({"web_size": "many"}, "web_size is 'many'; "),
        ({"web_state": "gone"}, "web_state is 'gone'; value of web_state must be one of: present, absent"),
        ({"web_size": 1}, "web_size is 1; allowed: 2 or more"),
        ({"web_size": "1"}, "web_size is 1; allowed: 2 or more"),
        ({"web_szie": 3}, "web_szie is not a variable of the role web; did you mean web_size?"),
        ({"web_colour": 3}, "web_colour is not a variable of the role web; see the role's README"),
        ({"webb_size": 3}, "webb_size is not a variable of the role web; did you mean web_size?"),
        ({"web_rules": [{"port": 80, "prot": "tcp"}]}, "web_rules is [{"),
        ({"web_rules": [{}]}, "web_rules is [{}]; missing required arguments: port"),
        ({"web_sites": {"a": {}}}, "web_sites.a is {}; missing required arguments: owner"),
        ({"web_sites": {"a": {"owner": "me", "prot": 1}}}, "web_sites.a is {"),
        ({"web_sites": {"a": ["me"]}}, "web_sites.a is ['me']; allowed: a mapping"),
    ],
    ids=str,
)
def test_refused(check, variables, start):
    found = check({"web_size": 2, **variables}, LARGE)
    assert len(found) == 1
    assert found[0].startswith(start)


def test_all_faults_are_told_at_once(check):
    assert len(check({"web_szie": 3, "web_state": "gone", "web_sites": []}, LARGE)) == 3


def test_rules_wait_until_the_types_are_right(check):
    assert len(check({"web_size": "many"}, LARGE)) == 1


def test_a_variable_that_cannot_be_evaluated(check):
    (found,) = check({"web_size": trust_as_template("{{ nowhere }}")})
    assert found.startswith("web_size can't be evaluated")


EACH = {"that": "entry.port < 1024", "variable": "web_sites", "each": "port", "allowed": "a low port"}


def test_a_rule_for_each_entry_of_a_mapping(check):
    sites = {"a": {"owner": "me"}, "b": {"owner": "me", "port": "8080"}}
    assert check({"web_sites": sites}, EACH) == ["web_sites.b.port is 8080; allowed: a low port"]


def test_a_rule_for_each_name_of_a_mapping(check):
    rule = {"that": "key is match('[a-z]+$')", "variable": "web_sites", "each": "key", "allowed": "letters"}
    sites = {"a": {"owner": "me"}, "1": {"owner": "me"}}
    assert check({"web_sites": sites}, rule) == ["web_sites is '1'; allowed: letters"]


def test_secrets_are_not_shown(check):
    rule = {"that": "web_token | length > 8", "variable": "web_token", "allowed": "more than 8 characters"}
    (found,) = check({"web_token": "geheim"}, rule)
    assert "geheim" not in found
    (found,) = check({"web_token": ["geheim"]} | {"web_size": 2}, {**rule, "that": "false"})
    assert "geheim" not in found


def test_outside_of_a_role(check):
    with pytest.raises(AnsibleError, match="it stands in none"):
        check({}, in_role=False)
