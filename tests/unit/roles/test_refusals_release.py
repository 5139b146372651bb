# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release refuses before it writes anything, one row a case."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.template import Templar
from test_refusals import ROOT, faults, faults_of_task, load, loader, variables_of

FOUND = {"image": {"state": "available", "architecture": "x86_64"}, "supported_architectures": ["x86_64"]}
RECORDS = [
    {"id": number, "kind": kind, "status": status, "release": release, "image": "", "ami_id": f"ami-{number}"}
    for number, kind, status, release in [
        (6, "release", "running", 6),
        (5, "rollback", "succeeded", 2),
        (4, "release", "rolled_back", 4),
        (3, "release", "succeeded", 3),
        (2, "release", "succeeded", 2),
        (1, "release", "succeeded", 1),
    ]
]


@pytest.mark.parametrize(
    "preferences",
    [
        {},
        {"min_healthy_percentage": 0},
        {"min_healthy_percentage": 0, "max_healthy_percentage": 100},
        {"min_healthy_percentage": "90", "max_healthy_percentage": "120"},
        {"checkpoint_percentages": [20, 100], "checkpoint_delay": 600},
        {"bake_time": 0, "instance_warmup": 0, "standby_instances": "Ignore"},
    ],
    ids=str,
)
def test_accepted_preferences(preferences):
    assert faults("release", release_preferences=preferences) == []


@pytest.mark.parametrize(
    ("preferences", "allowed"),
    [
        ({"min_healthy_percentage": -1}, "0 to 100 as min_healthy_percentage"),
        ({"min_healthy_percentage": 101}, "0 to 100 as min_healthy_percentage"),
        ({"min_healthy_percentage": 90, "max_healthy_percentage": 99}, "100 to 200 as max_healthy_percentage"),
        ({"min_healthy_percentage": 100, "max_healthy_percentage": 201}, "100 to 200 as max_healthy_percentage"),
        ({"max_healthy_percentage": 120}, "max_healthy_percentage together with min_healthy_percentage"),
        ({"min_healthy_percentage": 0, "max_healthy_percentage": 101}, "at most 100 above it"),
        ({"min_healthy_percentage": 95, "max_healthy_percentage": 90}, "not below min_healthy_percentage"),
        ({"instance_warmup": -1}, "0 seconds or more as instance_warmup"),
        ({"checkpoint_percentages": [50, 20, 100]}, "checkpoint_percentages in ascending order, each once"),
        ({"checkpoint_percentages": [50, 50, 100]}, "checkpoint_percentages in ascending order, each once"),
        ({"checkpoint_percentages": [0, 100]}, "1 to 100 as checkpoint_percentages"),
        ({"checkpoint_percentages": [20, 50]}, "the last one 100"),
        ({"checkpoint_percentages": [100], "checkpoint_delay": 172801}, "0 to 172800 seconds as checkpoint_delay"),
        ({"checkpoint_delay": 60}, "checkpoint_delay together with checkpoint_percentages"),
        ({"bake_time": 172801}, "0 to 172800 seconds as bake_time"),
    ],
    ids=str,
)
def test_refused_preferences(preferences, allowed):
    found = faults("release", release_preferences=preferences)
    shown = str(preferences)[1:-1]
    assert any(text.startswith("release_preferences is {") and allowed in text for text in found), found
    assert all(part in found[0] for part in shown.split(", '")), found


@pytest.mark.parametrize("preferences", [{"min_healthy": 90}, {"standby_instances": "Stop"}, {"bake_time": "long"}])
def test_preferences_that_are_unknown_or_of_the_wrong_type(preferences):
    (found,) = faults("release", release_preferences=preferences)
    assert found.startswith(f"release_preferences is {preferences}; ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("release_image_tag", "v1 latest"),
        ("release_image_tag", "sha256:0"),
        ("release_ami_id", "ami-xyz"),
        ("release_return_to", "last"),
        ("release_return_to", "0"),
        ("release_by", "x" * 201),
        ("release_alarms", [f"alarm-{number}" for number in range(11)]),
        ("release_timeout", 59),
        ("release_smoke_urls", ["www.example.com/health"]),
        ("release_smoke_timeout", -1),
        ("release_assets_directory", "/none/such"),
        ("release_keep", 0),
    ],
    ids=str,
)
def test_refused(variable, value):
    (found,) = faults("release", **{variable: value})
    assert found.startswith(f"{variable} is {value!r}; allowed: ")


def faults_in(file: str, **changed: Any) -> list[str]:
    """Return what the validate_inputs tasks of one of the role's files refuse; set_fact tasks go before."""
    variables = variables_of("release", **changed)
    for task in load(ROOT / f"roles/release/tasks/{file}.yml"):
        scope = {**variables, **task.get("vars", {})}
        if "ansible.builtin.set_fact" in task:
            variables |= Templar(loader=loader, variables=scope).template(task["ansible.builtin.set_fact"])
        elif "realtime.aws.validate_inputs" in task and (found := faults_of_task("release", task, scope)):
            return found
    return []


@pytest.mark.parametrize(
    "asked", [{}, {"release_image_tag": "v1", "release_ami_id": "ami-0123456789abcdef0"}], ids=["neither", "both"]
)
def test_one_thing_is_released(asked):
    (found,) = faults_in("release", **asked)
    assert found.endswith("allowed: exactly one of image_tag and ami_id (-e image_tag=v1.2.0)")


def test_one_thing_is_enough():
    assert faults_in("release", release_image_tag="v1") == []


@pytest.mark.parametrize(("tags", "end"), [(["v2", "v1"], ", such as v2, v1"), ([], ", which has none yet")])
def test_unknown_tag(tags, end):
    (found,) = faults_in("find_image", release_image_tag="v9", _release_image={"image": None, "newest_tags": tags})
    assert (
        found == f"release_image_tag is 'v9'; allowed: a tag in the repository production-app{end} (-e image_tag=...)"
    )


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"image": None}, "a machine image that this account may use in us-east-1"),
        ({"image": {**FOUND["image"], "state": "failed"}}, "in the state available; this one is failed"),
        ({"image": {**FOUND["image"], "architecture": "arm64"}}, "for t3.medium (x86_64); this one is for arm64"),
    ],
    ids=str,
)
def test_a_machine_image_that_would_not_boot(changed, allowed):
    ami = {"release_ami_id": "ami-0123456789abcdef0"}
    assert faults_in("find_machine_image", **ami, _release_ami=FOUND) == []
    (found,) = faults_in("find_machine_image", **ami, _release_ami={**FOUND, **changed})
    assert found.startswith("release_ami_id is 'ami-0123456789abcdef0'; allowed: ")
    assert allowed in found


def earlier(asked: str, records: list[dict[str, Any]], **changed: Any) -> tuple[list[str], int | None]:
    """Return what is refused first, and the number of the release to return to."""
    variables = variables_of("release", stack_live={"release": {"records": records}}, release_return_to=asked)
    lookup, find = (
        load(ROOT / "roles/release/tasks/lookup.yml"),
        load(ROOT / "roles/release/tasks/find_earlier_release.yml"),
    )
    facts = {**variables, "_release_ami": FOUND, "_release_image": {"skipped": True}, **changed}
    for task in [lookup[0], find[0]]:
        scope = {**facts, **task.get("vars", {})}
        facts |= Templar(loader=loader, variables=scope).template(task["ansible.builtin.set_fact"])
    validations = (task for task in find if "realtime.aws.validate_inputs" in task)
    found = (faults_of_task("release", task, {**facts, **task.get("vars", {})}) for task in validations)
    return next(filter(None, found), []), facts["_release_target"].get("id")


@pytest.mark.parametrize(
    ("asked", "records", "target"),
    [
        ("previous", RECORDS[1:], 1),  # 2 runs, since 5 went back to it from 3
        ("previous", RECORDS[2:], 2),  # 4 was rolled back by itself
        ("previous", RECORDS[3:], 2),
        ("previous", [{**RECORDS[0], "status": "succeeded"}, *RECORDS[1:]], 2),  # 6 replaced 2, not 3
        ("3", RECORDS, 3),
        ("previous", [{**RECORDS[1], "status": "running"}, *RECORDS[2:]], 2),  # killed: it goes on, not further
    ],
)
def test_where_a_rollback_goes(asked, records, target):
    assert earlier(asked, records) == ([], target)


@pytest.mark.parametrize(
    ("asked", "records", "allowed"),
    [
        ("previous", [], "nothing, since there is no good release yet"),
        ("previous", RECORDS[5:], "one of the good releases 1, of which none is older than the one that runs"),
        ("4", RECORDS, "one of the good releases 3, 2, 1"),
        ("5", RECORDS, "one of the good releases 3, 2, 1"),
        ("6", RECORDS, "one of the good releases 3, 2, 1"),
    ],
)
def test_where_no_rollback_goes(asked, records, allowed):
    found, _dummy = earlier(asked, records)
    assert found[0] == f"release_return_to is {asked!r}; allowed: {allowed} (-e release=...)"


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"_release_image": {"image": None}}, "a release whose container image exists"),
        ({"_release_ami": {**FOUND, "image": None}}, "a release whose machine image exists, unlike ami-3"),
        ({"_release_ami": {**FOUND, "supported_architectures": ["arm64"]}}, "t3.medium boots (arm64), unlike ami-3"),
    ],
    ids=str,
)
def test_a_release_whose_images_are_gone(changed, allowed):
    (found,), _dummy = earlier("3", RECORDS, **changed)
    assert allowed in found
