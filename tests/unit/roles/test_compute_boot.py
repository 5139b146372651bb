# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The boot script of the role compute, rendered."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

TEMPLATE = Path(__file__).parents[3] / "roles/compute/templates/user_data.sh.j2"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:" + "0" * 64
VALUES = {
    "stack_environment": "production",
    "stack_outputs": {"region": "us-east-1"},
    "compute_database_identifier": "production-db",
    "compute_database_secret_name": "production/database",
    "compute_queue_urls": {
        "order-processing-queue": "https://sqs.us-east-1.amazonaws.com/1/production-order-processing-queue"
    },
    "compute_topic_arns": {"order-events": "arn:aws:sns:us-east-1:1:production-order-events"},
    "compute_environment": {"GREETING": 'it\'s "quoted" $HOME'},
    "compute_target_group_ports": {"web": 80, "api": 8080},
    "_compute_group_name": "production-asg",
    "_compute_log_group": "/production/web",
    "_compute_image": "",
}
NOTHING = dict.fromkeys(["image_id", "container_image", "instance_type"])
BARE = {
    "compute_database_identifier": "",
    "compute_database_secret_name": "",
    "compute_queue_urls": {},
    "compute_topic_arns": {},
}


def rendered(**values: Any) -> str:
    templar = Templar(loader=DataLoader(), variables={**VALUES, **values})
    # As the lookup ansible.builtin.template does it: blocks leave no lines behind.
    source = "#jinja2:trim_blocks:True\n" + TEMPLATE.read_text(encoding="utf-8")
    return templar.template(trust_as_template(source))


def documents(script: str, container: bool = False) -> dict[str, str]:
    """Return the files that the script writes, by path: with an image the container's, without one the page's."""
    released, page = re.search(r"^if .*? then\n(.*?)^else\n(.*?)^fi\n", script, re.MULTILINE | re.DOTALL).groups()
    script = script.replace(page if container else released, "")
    return dict(re.findall(r"^cat >(\S+) <<'END'\n(.*?)^END$", script, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("image", ["", IMAGE], ids=["page", "container"])
@pytest.mark.parametrize("below", [{}, BARE], ids=["all", "bare"])
def test_scripts_are_sound(image, below):
    script = rendered(_compute_image=image, **below)
    assert len(script.encode()) <= 16384 / 2, "leave room for the inputs"
    assert "--username" not in script, "scanners take it and --password-stdin for a password"
    written = [*documents(script).values(), *documents(script, container=True).values()]
    shells = [script, *(text for text in written if text.startswith("#!/bin/bash"))]
    shellcheck = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))
    for shell in shells:
        result = subprocess.run([shellcheck, "-"], input=shell, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


def test_the_page_answers_on_every_port():
    page = documents(rendered())["/usr/local/bin/app"]
    ast.parse(page)
    assert "for port in [80, 8080]:" in page


def test_the_container_listens_on_every_port():
    unit = documents(rendered(), container=True)["/etc/systemd/system/app.service"]
    assert "-p 80:80" in unit
    assert "-p 8080:8080" in unit
    assert "Restart=always" in unit
    assert "--log-opt awslogs-group=/production/web" in unit


def test_the_image_comes_from_its_own_region(tmp_path):
    """Run what pulls, with stand-ins for docker and aws that say what they were called with."""
    pull = documents(rendered(), container=True)["/usr/local/bin/pull-image"]
    for name in ("docker", "aws"):
        (tmp_path / name).write_text(f'#!/bin/bash\necho {name} "$@" >&2\n[[ $2 != inspect ]]\n', encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "IMAGE": IMAGE}
    done = subprocess.run(["bash", "-c", pull], env=environment, capture_output=True, text=True, check=True)
    assert "aws ecr get-login-password --region eu-west-1" in done.stderr
    assert "--password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com" in done.stderr
    assert f"docker pull -q {IMAGE}" in done.stderr


def test_a_release_changes_one_line():
    page, container = rendered().splitlines(), rendered(_compute_image=IMAGE).splitlines()
    changed = [(old, new) for old, new in zip(page, container, strict=True) if old != new]
    assert changed == [("IMAGE=''", f"IMAGE='{IMAGE}'")]


def test_environment():
    lines = documents(rendered())["/etc/stack.env"].splitlines()
    assert "ORDER_PROCESSING_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/1/production-order-processing-queue" in lines
    assert "ORDER_EVENTS_TOPIC_ARN=arn:aws:sns:us-east-1:1:production-order-events" in lines
    assert "DATABASE_IDENTIFIER=production-db" in lines
    assert 'GREETING=it\'s "quoted" $HOME' in lines


def test_nothing_waits_for_the_database():  # ORD-6
    script = rendered(_compute_image=IMAGE)
    files = documents(script)
    assert "find-database" not in files["/etc/systemd/system/app.service"]
    assert script.index("start --no-block app.service") < script.index("find-database")
    assert "find-database" not in rendered(**BARE)


def test_the_agent_is_configured():
    config = json.loads(documents(rendered())["/opt/aws/amazon-cloudwatch-agent/etc/stack.json"])
    assert set(config["metrics"]["metrics_collected"]) == {"mem", "disk"}
    assert config["agent"]["omit_hostname"], "each server would be a metric of its own"
    for collected in config["metrics"]["metrics_collected"].values():
        assert collected["append_dimensions"] == {"AutoScalingGroupName": "production-asg"}
    assert "${aws:" not in json.dumps(config), "the agent would need ec2:DescribeTags, which the role has not"
    logs = config["logs"]["logs_collected"]["files"]["collect_list"]
    assert {log["log_group_name"] for log in logs} == {"/production/web"}
    assert [log["file_path"] for log in logs] == ["/var/log/cloud-init-output.log", "/var/log/pull-image.log"]


def container_unit() -> str:
    """Return the unit that runs the container, which the script writes first."""
    script = rendered(_compute_image=IMAGE)
    return re.search(r"^cat >/etc/systemd/system/app.service <<'END'\n(.*?)^END$", script, re.MULTILINE | re.DOTALL)[1]


def test_without_its_image_the_container_does_not_start_and_is_tried_again():
    lines = container_unit().splitlines()
    (pull,) = [line for line in lines if "pull-image" in line]
    assert pull.startswith("ExecStartPre=/"), "a minus would let the container start without it"
    assert pull.endswith(">>/var/log/pull-image.log 2>&1'")
    assert {"StartLimitIntervalSec=0", "Restart=always", "RestartSec=10"} <= set(lines)


@pytest.mark.parametrize("broken", ["aws", "docker login", "docker pull"])
def test_a_pull_that_fails_is_a_failure(tmp_path, broken):
    script = rendered(_compute_image=IMAGE)
    pull = re.search(r"^cat >/usr/local/bin/pull-image <<'END'\n(.*?)^END$", script, re.MULTILINE | re.DOTALL)[1]
    for name in ("docker", "aws"):
        stand_in = f'#!/bin/bash\n[[ $2 != inspect && "{name} $1" != "{broken}"* ]]\n'
        (tmp_path / name).write_text(stand_in, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "IMAGE": IMAGE}
    assert subprocess.run(["bash", "-c", pull], env=environment, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    ("changed", "ami", "image"),
    [
        ({}, "ami-released", "released"),
        ({"compute_image": "mine", "compute_ami_id": "ami-mine"}, "ami-released", "released"),
        ({"compute_image": "mine", "compute_keep_released": False}, "ami-released", "mine"),
        ({"compute_ami_id": "ami-mine", "compute_keep_released": "false"}, "ami-mine", "released"),
        ({"compute_ami_id": "ami-mine", "compute_ami_refresh": True}, "ami-mine", "released"),
        ({"compute_ami_id": "ami-mine", "compute_instance_type": "t4g.medium"}, "ami-mine", "released"),
        ({"compute_instance_type": "t3.large"}, "ami-released", "released"),
        (
            {"compute_image": "mine", "compute_ami_id": "ami-mine", "stack_live": {"compute": NOTHING}},
            "ami-mine",
            "mine",
        ),
    ],
    ids=str,
)
def test_the_site_keeps_what_was_released(changed, ami, image):
    role, loader = TEMPLATE.parents[1], DataLoader()
    variables = {
        **loader.load_from_file(str(role / "defaults/main.yml"), trusted_as_template=True),
        **loader.load_from_file(str(role / "vars/main.yml"), trusted_as_template=True),
        "stack_live": {
            "compute": {"image_id": "ami-released", "container_image": "released", "instance_type": "t3.medium"}
        },
        **changed,
    }
    templar = Templar(loader=loader, variables=variables)
    found = templar.template(trust_as_template("{{ _compute_ami_id }} {{ _compute_image }}"))
    assert found.split() == [ami, image]
