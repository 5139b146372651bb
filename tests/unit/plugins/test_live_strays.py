# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the environment owns and no layer knows: by its tags, and never what is somebody's of the same name or tags."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
import yaml
from ansible_collections.realtime.aws.plugins.module_utils.live import strays
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

ROLES = Path(__file__).parents[3] / "roles"
OURS = {"Project": "realtime", "Environment": "production", "ManagedBy": "realtime.aws", "Layer": "messaging"}
BY_OTHERS = {**OURS, "ManagedBy": "terraform"}
OTHERS = {**OURS, "Environment": "production-eu"}
NOTHING = {"event_rules": {}, "functions": {}, "secrets": {}, "keys": {}, "roles": {}}


@pytest.fixture
def stack(sandbox_aws):
    def client(service, retry_decorator=None, region="us-east-1"):
        return boto3.client(service, region_name=region)

    return Stack(SimpleNamespace(region="us-east-1", client=client), "realtime", "production", "example.com")


def client(service):
    return boto3.client(service, region_name="us-east-1")


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def make_role(name, tags):
    principal = {"Service": "lambda.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document, Tags=pairs(tags))


def make_secret(name, tags):
    client("secretsmanager").create_secret(Name=name, SecretString="x", Tags=pairs(tags))


def make_rule(name, tags):
    client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=pairs(tags))


def make_key(tags, alias=""):
    tags = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    key = client("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    if alias:
        client("kms").create_alias(AliasName=f"alias/{alias}", TargetKeyId=key)
    return key


MADE = [
    ("roles", make_role, "production-old", "production-web-server-role"),
    ("event_rules", make_rule, "production-old", "production-db-snapshot-exporter"),
    ("secrets", make_secret, "production/old", "production/database"),
]


@pytest.mark.parametrize(("kind", "make", "name", "known"), MADE, ids=[each[0] for each in MADE])
def test_what_no_layer_knows(stack, kind, make, name, known):
    make(name, OURS)
    make(known, OURS)
    assert strays.read(stack) == {**NOTHING, kind: {name: {"name": name, "purpose": "messaging"}}}


@pytest.mark.parametrize("tags", [{}, BY_OTHERS, OTHERS], ids=["nobody's", "another tool's", "another environment's"])
@pytest.mark.parametrize(("kind", "make", "name", "known"), MADE, ids=[each[0] for each in MADE])
def test_what_is_not_ours(stack, kind, make, name, known, tags):
    make(name, tags)
    assert strays.read(stack) == NOTHING


def test_keys(stack):
    for name in ("data", "messaging", "logs"):
        make_key({**OURS, "Name": f"production-{name}"}, f"production-{name}")
    make_key(BY_OTHERS)
    make_key({**OURS, "Adopted": "true"})
    gone, old, aliased = make_key(OURS), make_key(OURS), make_key(OURS, "production-older")
    client("kms").schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    assert strays.read(stack)["keys"].keys() == {old, aliased}


def test_a_key_that_has_lost_its_alias_is_taken_back_and_no_stray(stack):
    make_key({**OURS, "Name": "production-data"})
    assert strays.read(stack) == NOTHING


def test_a_secret_that_waits_for_its_deletion_is_none(stack):
    make_secret("production/old", OURS)
    client("secretsmanager").delete_secret(SecretId="production/old")
    assert strays.read(stack) == NOTHING


MODULES = {
    "realtime.aws.events_rule": "event_rules",
    "realtime.aws.lambda_function": "functions",
    "realtime.aws.iam_role": "roles",
    "realtime.aws.secretsmanager_generated_secret": "secrets",
}


def read_yaml(path):
    return yaml.safe_load(path.read_text(encoding="utf-8")) or []


def given(task, module, variables):
    """Return the names that a task gives what it makes."""
    if "loop" in task:
        return [each["name"] for each in variables[re.fullmatch(r"\{\{ (_\w+) \}\}", task["loop"])[1]]]
    return [task[module]["name"]]


def resolved(name, variables):
    """Return a name without the environment's prefix."""
    while variable := re.fullmatch(r"\{\{ (_\w+) \}\}", name):
        name = variables[variable[1]]
    return re.fullmatch(r"\{\{ stack_environment \}\}[-/]([a-z-]+)", name)[1]


def test_each_name_of_the_layers_is_known():
    """A name that a layer gives and that is not known would be listed as left over right after it is made."""
    named = {kind: set() for kind in MODULES.values()}
    for path in sorted(ROLES.glob("*/tasks/*.yml")):
        if path.parents[1].name == "stack" or not (path.parents[1] / "vars/main.yml").exists():
            continue
        variables = read_yaml(path.parents[1] / "vars/main.yml")
        for task in read_yaml(path):
            for module in MODULES.keys() & task.keys():
                named[MODULES[module]] |= {resolved(name, variables) for name in given(task, module, variables)}
    keys = read_yaml(ROLES / "encryption/vars/main.yml")["_encryption_keys"]
    assert {**named, "keys": {resolved(key["alias"], {}) for key in keys}} == strays.KNOWN
