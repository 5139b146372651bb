# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""One release after the other, each a run of its own: what is left of the one is where the next begins."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3

from sandbox.control import Sandbox

HERE = Path(__file__).parent
LOG = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl")
DIGESTS = json.loads(Path(os.environ["SANDBOX_DIRECTORY"], "images.json").read_text(encoding="utf-8"))["digests"]
SANDBOX = Sandbox(os.environ["SANDBOX"])
STARTS = ["CreateLaunchTemplateVersion", "StartInstanceRefresh", "RollbackInstanceRefresh"]


def command(playbook: str, *arguments: str, **variables: Any) -> list[str]:
    inventory = os.environ["MOLECULE_INVENTORY_FILE"]
    return ["ansible-playbook", str(HERE / playbook), "-i", inventory, "-e", json.dumps(variables), *arguments]


def run(playbook: str, *arguments: str, **variables: Any) -> tuple[int, str, list[str]]:
    """Run a playbook; return its exit code, what it said, and the write calls."""
    before = len(LOG.read_text(encoding="utf-8").splitlines())
    done = subprocess.run(command(playbook, *arguments, **variables), capture_output=True, text=True, check=False)
    print(done.stdout)  # shown when a test fails
    return done.returncode, done.stdout, writes(before)


def writes(before: int) -> list[str]:
    entries = map(json.loads, LOG.read_text(encoding="utf-8").splitlines()[before:])
    return [entry["operation"] for entry in entries if entry.get("write")]


def records() -> dict[int, dict[str, Any]]:
    answer = boto3.client("ssm").get_parameters_by_path(Path="/realtime.aws/realtime/molecule/releases")
    return {record["id"]: record for record in (json.loads(each["Value"]) for each in answer["Parameters"])}


def versions() -> tuple[str, set[str]]:
    """Return the group's launch template version and its servers'."""
    group = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    return group["LaunchTemplate"]["Version"], {each["LaunchTemplate"]["Version"] for each in group["Instances"]}


@contextlib.contextmanager
def site_that_wakes_up() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Serve HTTP, each path with 503 at first and then 200; give the URL and what was answered."""
    answered: list[tuple[str, int]] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 200 if (self.path, 503) in answered else 503
            answered.append((self.path, status))
            self.send_response(status)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answered
        server.shutdown()


def test_what_answers_badly_goes_back_although_aws_is_content():
    nobody = {
        "release_smoke_test": True,
        "release_smoke_urls": ["http://127.0.0.1:9/health"],
        "release_smoke_timeout": 5,
    }
    code, said, wrote = run("converge.yml", release_image_tag="v2", **nobody)
    assert code == 2
    assert "Release 2 (v2) failed. Ask for what users ask for: http://127.0.0.1:9/health" in said
    assert "It was rolled back." in said
    assert "4 on launch template version 2" in said
    assert [call for call in wrote if call in STARTS] == [STARTS[0], STARTS[1], STARTS[1]]
    assert versions() == ("2", {"2"})
    assert records()[2]["status"] == "rolled_back"
    assert "127.0.0.1:9" in records()[2]["reason"]


def test_a_preview_says_how_many_and_writes_nothing():
    code, said, wrote = run("converge.yml", "--check", release_image_tag="v2")
    assert (code, wrote) == (0, [])
    assert "would replace 4 servers" in said


def test_a_run_that_was_killed_is_joined():
    before = len(LOG.read_text(encoding="utf-8").splitlines())
    SANDBOX.clock(speed=1)
    with subprocess.Popen(
        command("converge.yml", release_image_tag="v2"), stdout=subprocess.DEVNULL, start_new_session=True
    ) as killed:
        while "StartInstanceRefresh" not in writes(before):
            assert killed.poll() is None
            time.sleep(0.1)
        os.killpg(killed.pid, signal.SIGKILL)
    assert records()[3]["status"] == "running"
    SANDBOX.clock(speed=300)
    with site_that_wakes_up() as (url, answered):
        urls = [f"{url}/health", f"{url}/api/health"]
        smoke = {"release_smoke_test": True, "release_smoke_urls": urls, "release_smoke_timeout": 30}
        code, _dummy, wrote = run("converge.yml", release_image_tag="v2", **smoke)
    assert code == 0
    assert answered == [("/health", 503), ("/health", 200), ("/api/health", 503), ("/api/health", 200)]
    assert "StartInstanceRefresh" not in wrote
    assert [call for call in writes(before) if call in STARTS] == ["StartInstanceRefresh"]  # version 3 is there already
    assert versions() == ("3", {"3"})
    assert {number: record["status"] for number, record in records().items()} == {
        1: "succeeded",
        2: "rolled_back",
        3: "succeeded",
    }


def test_a_bad_release_rolls_itself_back():
    SANDBOX.break_versions(DIGESTS["v3"])
    code, said, wrote = run("converge.yml", release_image_tag="v3")
    assert code == 2
    assert "Release 4 (v3) failed. Replace the servers: " in said
    assert "4 on launch template version 3" in said
    assert [call for call in wrote if call in STARTS] == STARTS[:2]  # AWS went back by itself
    assert versions() == ("3", {"3"})
    assert records()[4]["status"] == "rolled_back"


def test_the_servers_layer_keeps_what_was_released():
    code, said, wrote = run("servers.yml")
    assert (code, wrote) == (0, [])
    assert "changed=0" in said


def test_an_unknown_tag_is_refused():
    code, said, wrote = run("converge.yml", release_image_tag="v9")
    assert (code, wrote) == (2, [])
    assert "release_image_tag is 'v9'; allowed: a tag in the repository upstream-app, such as v" in said.replace(
        "''", "'"
    )


def test_rollback_goes_to_the_release_before_and_to_its_version():
    code, _dummy, wrote = run("converge.yml", release_image_tag="", release_return_to="previous")
    assert code == 0
    assert [call for call in wrote if call in STARTS] == ["StartInstanceRefresh"]
    assert versions() == ("2", {"2"})
    assert (records()[5]["kind"], records()[5]["release"]) == ("rollback", 1)


def test_the_list_of_releases():
    code, said, wrote = run("../../playbooks/releases.yml")
    assert (code, wrote) == (0, [])
    assert re.findall(r"^ +- '?([*]?[0-9]+) +([a-z]+) +([a-z_]+) ", said, re.MULTILINE) == [
        ("*5", "rollback", "succeeded"),
        ("4", "release", "rolled_back"),
        ("3", "release", "succeeded"),
        ("2", "release", "rolled_back"),
        ("1", "release", "succeeded"),
    ]


def test_a_machine_image_and_what_is_pruned():
    group = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    ec2, template = boto3.client("ec2"), group["LaunchTemplate"]["LaunchTemplateId"]
    asked = {"LaunchTemplateId": template, "Versions": ["2"]}
    now = ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]
    other = next(
        image["ImageId"]
        for image in ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
        if image["ImageId"] != now
    )
    code, *_dummy = run("converge.yml", release_image_tag="", release_ami_id=other, release_keep=1)
    assert code == 0
    assert versions() == ("5", {"5"})
    assert records()[6]["ami_id"] == other
    # 6 runs, 1 is the good one before; 4 was never good, so its version goes, and 5 only pointed to 1.
    assert sorted(records()) == [1, 6]
    left = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    assert sorted(version["VersionNumber"] for version in left) == [1, 2, 5]


def test_the_records_can_be_removed():
    assert run("converge.yml", wanted_state="absent")[0] == 0
    assert records() == {}
    assert run("converge.yml", wanted_state="absent")[2] == []
