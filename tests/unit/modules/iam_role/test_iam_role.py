# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from module_failed import ModuleFailed

NAME = "production-web-server-role"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::bucket/*"}],
}
ROLE = {
    "name": NAME,
    "description": "Web servers",
    "assume_role_policy_document": TRUST,
    "inline_policies": {"read": READ},
    "create_instance_profile": True,
    "tags": {"Environment": "production"},
}


@pytest.fixture
def iam(aws):
    return boto3.client("iam")


def test_create(iam, run_module):
    result = run_module("iam_role", **ROLE)
    assert [each["type"] for each in result["changes"]] == ["AWS::IAM::Role", "AWS::IAM::InstanceProfile"]
    assert iam.get_role_policy(RoleName=NAME, PolicyName="read")["PolicyDocument"] == READ
    profile = iam.get_instance_profile(InstanceProfileName=NAME)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [NAME]


def test_second_run_writes_nothing(iam, run_module, writes):
    run_module("iam_role", **ROLE)
    same = {**READ, "Statement": [{**READ["Statement"][0], "Action": "s3:GetObject"}]}
    iam.put_role_policy(RoleName=NAME, PolicyName="read", PolicyDocument=json.dumps(same))
    writes.clear()
    assert not run_module("iam_role", **ROLE)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("drift", "shown"),
    [
        (lambda iam: iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=json.dumps(READ)), "more"),
        (lambda iam: iam.delete_role_policy(RoleName=NAME, PolicyName="read"), "inline_policies"),
        (lambda iam: iam.update_role(RoleName=NAME, Description="x"), "description"),
        (lambda iam: iam.tag_role(RoleName=NAME, Tags=[{"Key": "a", "Value": "b"}]), "tags"),
        (lambda iam: iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME), "roles"),
        (
            lambda iam: iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=json.dumps({**TRUST, "Id": "x"})),
            "assume",
        ),
    ],
)
def test_drift_is_shown_and_mended(iam, run_module, drift, shown):
    run_module("iam_role", **ROLE)
    drift(iam)
    result = run_module("iam_role", **ROLE)
    assert [each["action"] for each in result["changes"]] == ["update"]
    assert shown in result["diff"][0]["before"]
    assert not run_module("iam_role", **ROLE)["changed"]


def test_managed_policies_and_boundary(iam, run_module):
    arns = [
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ))["Policy"]["Arn"] for name in ("one", "two")
    ]
    run_module("iam_role", **ROLE, managed_policies=[arns[0]], boundary=arns[1])
    role = run_module("iam_role", **ROLE, managed_policies=[arns[1]])["role"]
    assert (role["managed_policies"], role["boundary"]) == ([arns[1]], "")


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(iam, run_module, writes, state):
    if state == "absent":
        run_module("iam_role", **ROLE)
    writes.clear()
    assert len(run_module("iam_role", check=True, **ROLE, state=state)["changes"]) == 2
    assert writes == []


def test_delete_and_delete_again(iam, run_module):  # TDN-8
    run_module("iam_role", **ROLE)
    iam.create_instance_profile(InstanceProfileName="other")
    assert len(run_module("iam_role", name=NAME, state="absent")["changes"]) == 2
    assert [each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]] == ["other"]
    assert not run_module("iam_role", name=NAME, state="absent")["changed"]


def test_refusal_is_one_line(iam, run_module):
    with pytest.raises(ModuleFailed, match="Failed to write the role's policy"):
        run_module("iam_role", **{**ROLE, "inline_policies": {"bad": {"Version": "1999"}}})


def test_session_duration(iam, run_module, writes):
    run_module("iam_role", **ROLE)
    assert iam.get_role(RoleName=NAME)["Role"]["MaxSessionDuration"] == 3600
    writes.clear()
    run_module("iam_role", **ROLE, max_session_duration=7200)
    assert writes == ["UpdateRole"]
    found = iam.get_role(RoleName=NAME)["Role"]
    assert (found["MaxSessionDuration"], found["Description"]) == (7200, "Web servers")
