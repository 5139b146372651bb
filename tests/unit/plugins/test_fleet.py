# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The example of many stacks is what it says: each is complete, and no two get into each other's way."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def stacks() -> dict[str, dict[str, Any]]:
    command = ["ansible-inventory", "--list", "--inventory", "inventories/fleet"]
    output = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    listed = json.loads(output, object_hook=lambda found: found.get("__ansible_unsafe", found))
    return listed["_meta"]["hostvars"]


def test_there_are_fifty_and_each_is_another_environment(stacks: dict[str, dict[str, Any]]) -> None:
    assert len(stacks) == 50
    assert [name for name in stacks if not re.fullmatch("[a-z][a-z0-9-]{0,14}[a-z0-9]", name)] == []
    assert [name for name, stack in stacks.items() if stack["stack_environment"] != name] == []
    assert len({stack["stack_domain"] for stack in stacks.values()}) == 50


def test_regions_profiles_and_accounts(stacks: dict[str, dict[str, Any]]) -> None:
    regions = {stack["stack_region"] for stack in stacks.values()}
    assert len(regions) == 5 and regions <= set(boto3.Session().get_available_regions("ec2"))
    assert [stack["database_multi_az"] for name, stack in stacks.items() if name.endswith("-prod")] == [True] * 25
    assert [stack["database_multi_az"] for name, stack in stacks.items() if name.endswith("-stg")] == [False] * 25
    assert {stack["stack_sdk_environment"]["AWS_PROFILE"] for stack in stacks.values()} == {
        "acme",
        "birch",
        "cedar",
        "delta",
        "ember",
    }
