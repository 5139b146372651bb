# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflows: nothing that moves is trusted, nothing is allowed that is not needed, nothing runs twice at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
APP = ROOT / "examples/app/.github/workflows"
FILES = sorted(
    [*(ROOT / ".github/workflows").glob("*.yml"), *APP.glob("*.yml"), *ROOT.glob("examples/workflows/*.yml")]
)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def load(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in found.items()}  # YAML 1.1 reads on as true


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return load(path)["jobs"]


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def test_there_are_some():
    assert {path.stem for path in FILES} >= {"ci", "release", "ship", "drift"}


@each_file
def test_actions_are_pinned_to_commits_and_say_their_version(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s*(?:- )?uses: (\S+)(.*)", line):
            used, comment = match.groups()
            if used.startswith("./"):
                assert (path.parents[2] / used).exists(), used
            else:
                assert re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40}", used), used
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), line


def test_one_version_of_each_action():
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for action, pin in re.findall(r"uses: ([\w/-]+)@(.+)", path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(pin)
    assert {action for action, found in pins.items() if len(found) > 1} == set()
    assert len(pins) >= 5


@each_file
def test_permissions_are_the_least(path):
    assert load(path).get("permissions") in ({}, {"contents": "read"})
    for name, job in jobs(path).items():
        granted = job.get("permissions", {})
        assert set(granted.items()) <= {("contents", "read"), ("id-token", "write")}, name
        if "id-token" in granted:  # only where an environment's rules decide, or in who calls such a job
            assert "environment" in job or job.get("uses", "").startswith("./"), name


@each_file
def test_two_runs_do_not_meet(path):
    found = [load(path).get("concurrency"), *(job.get("concurrency") for job in jobs(path).values())]
    groups = [each for each in found if each]
    assert groups
    if path.stem != "ci":
        assert not any(each["cancel-in-progress"] for each in groups), "a release is not cut off in the middle"


@each_file
def test_jobs_end(path):
    for name, job in jobs(path).items():
        assert "uses" in job or 1 <= job["timeout-minutes"] <= 240, name


@each_file
def test_no_long_lived_keys(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|access-key|ACCESS_KEY", text)


@each_file
def test_what_comes_from_outside_is_no_code(path):
    """GitHub pastes expressions into scripts before the shell reads them."""
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step


@each_file
def test_the_token_does_not_stay_in_the_checkout(path):
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_file
def test_scripts_are_sound(path):
    shellcheck = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))
    for step in steps(path):
        if script := step.get("run"):
            command = [shellcheck, "--shell=bash", "-"]
            result = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
            assert result.returncode == 0, result.stdout


def test_ci_runs_every_gate_of_make_test():
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    asked = subprocess.run(
        ["make", "--dry-run", "test"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    (command,) = re.findall(r"^make .*--keep-going.*", asked.stdout, flags=re.MULTILINE)
    gates = {word.partition("-")[0] for word in command.split()[1:] if not word.startswith("-")}
    ci = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    run = set(ci["check"]["strategy"]["matrix"]["target"])
    run |= set(re.findall(r"run': 'make (\w+)", str(ci)))
    assert run == gates


def test_credentials_outlast_the_release():
    (job,) = load(APP / "ship.yml")["jobs"].values()
    (credentials,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    allowed = yaml.safe_load((ROOT / "roles/pipeline/defaults/main.yml").read_text(encoding="utf-8"))
    assert job["timeout-minutes"] * 60 < credentials["role-duration-seconds"] <= allowed["pipeline_session_duration"]


def test_the_application_is_released_by_its_digest():
    script = "\n".join(step.get("run", "") for step in steps(APP / "ship.yml"))
    assert "--preserve-digests" in script
    assert 'realtime.aws.release -i "inventories/$ENVIRONMENT" -e "image_tag=$GITHUB_SHA"' in script
