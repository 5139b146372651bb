# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a run: what is collected from the tasks, and how it is told."""

from __future__ import annotations

import pytest
from ansible.utils.context_objects import CLIArgs
from ansible_collections.realtime.aws.plugins.action import stack_plan
from ansible_collections.realtime.aws.plugins.callback import plan as callback
from ansible_collections.realtime.aws.plugins.module_utils.converge import Plan, report

CREATE = Plan("AWS::SQS::Queue", "a", None, {"timeout": 3})
UPDATE = Plan(
    "AWS::RDS::DBInstance",
    "b",
    {"class": "r7g", "port": 1},
    {"class": "r8g", "port": 1},
    disrupts={"class": "restarts"},
)
DELETE = Plan("AWS::SNS::Topic", "c", {"name": "c"}, None, note="with its messages")
SAME = Plan("AWS::EC2::VPC", "d", {"cidr": "x"}, {"cidr": "x"})


def collected(layer="messaging"):
    return callback.entries(layer, "realtime.aws.any", "Manage it", report(CREATE, UPDATE, DELETE, SAME))


def test_each_change_is_an_entry_with_what_changes_alone():
    create, update, delete = collected()
    assert create == {
        "layer": "messaging",
        "resource": "AWS::SQS::Queue/a",
        "type": "AWS::SQS::Queue",
        "name": "a",
        "interruption": None,
        "action": "create",
        "before": None,
        "after": {"timeout": 3},
    }
    assert (update["before"], update["after"]) == ({"class": "r7g"}, {"class": "r8g"})
    assert update["interruption"] == "class: restarts"
    assert (delete["action"], delete["after"], delete["note"]) == ("delete", None, "with its messages")


@pytest.mark.parametrize(
    "result", [{}, {"changed": False, "changes": [], "diff": []}, {"changed": False, "skipped": True}]
)
def test_what_changes_nothing_has_no_entry(result):
    assert callback.entries("cost", "realtime.aws.any", "Manage it", result) == []


def test_a_module_that_tells_nothing_is_not_left_out():
    (entry,) = callback.entries("", "ansible.builtin.file", "Make it", {"changed": True})
    assert (entry["type"], entry["name"], entry["action"]) == ("ansible.builtin.file", "Make it", "update")


def test_the_summary_is_grouped_by_layer():
    lines = list(stack_plan.summary([*collected("messaging"), *collected("cost"), *collected("messaging")]))
    assert [line for line in lines if not line.startswith(" ")] == [
        "messaging:",
        "cost:",
        "3 to create, 3 to update, 3 to delete",
    ]
    assert lines[1:6] == [
        "  + AWS::SQS::Queue a",
        "  ~ AWS::RDS::DBInstance b (class: restarts)",
        '      class: "r7g" → "r8g"',
        "  - AWS::SNS::Topic c (with its messages)",
        "  + AWS::SQS::Queue a",
    ]
    assert list(stack_plan.summary([])) == ["nothing to do"]


def test_the_preview_is_called_as_the_run_was(monkeypatch):
    called = {"inventory": ("/inventory",), "extra_vars": ("@vars.yml", "a=1"), "tags": ("cost",), "check": False}
    monkeypatch.setattr(stack_plan.context, "CLIARGS", CLIArgs(called))
    arguments = stack_plan.arguments("site.yml", "production")
    assert arguments[:3] == ["site.yml", "--check", "--diff"]
    options = list(zip(arguments[3::2], arguments[4::2], strict=True))
    assert options == [
        ("--inventory", "/inventory"),
        ("--extra-vars", "@vars.yml"),
        ("--extra-vars", "a=1"),
        ("--tags", "cost"),
        ("--limit", "production"),
    ]
    assert stack_plan.arguments("site.yml", "") == arguments[:-2]
