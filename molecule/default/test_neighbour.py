# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Production is deployed again right after its teardown; staging beside it comes and goes, and production stays what it was."""

from __future__ import annotations

import os
import subprocess
import sys

from sandbox.inventory import descriptions

REGION = "us-east-1"
RETAINED = ("kms ", "secretsmanager ")  # by AWS, for some days
GONE = ('"Name": "terminated"', '"State": "deleted"')  # AWS lists instances and NAT gateways for an hour


def play(name: str, *options: str, inventory: str = "staging", profile: str = "default") -> None:
    """Run a playbook of the collection, as whom the profile says."""
    command = [sys.executable, "-m", "ansible", "playbook", f"playbooks/{name}.yml", "-i", f"inventories/{inventory}"]
    subprocess.run([*command, *options], env={**os.environ, "AWS_PROFILE": profile}, check=True)


def test_another_environment_is_left_alone():
    play("site", inventory="production", profile="actor")  # right after its teardown
    before = descriptions("production", region_name=REGION)
    assert len(before) > 80

    play("site")
    assert len(descriptions("staging", region_name=REGION)) > 60
    assert descriptions("production", region_name=REGION) == before

    play(
        "teardown", "-e", "confirm=staging", "-e", '{"storage_delete_data": true, "database_skip_final_snapshot": true}'
    )
    left = [each for each in descriptions("staging", region_name=REGION) if not each.startswith(RETAINED)]
    assert descriptions("production", region_name=REGION) == before
    assert [each for each in left if not any(sign in each for sign in GONE)] == []
