# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import converge
from ansible_collections.realtime.aws.plugins.modules import lambda_function
from botocore.exceptions import ClientError

NAME = "production-alert-processor"
TOPIC = "arn:aws:sns:us-east-1:123456789012:production-alerts"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
PERMISSION = {"statement_id": "alerts", "principal": "sns.amazonaws.com", "source_arn": TOPIC}


@pytest.fixture
def client(aws):
    return boto3.client("lambda")


@pytest.fixture
def options(aws, tmp_path):
    role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")
    return {
        "name": NAME,
        "source": str(tmp_path),
        "runtime": "python3.13",
        "handler": "app.handler",
        "role": role,
        "architecture": "arm64",
        "environment_variables": {"MODE": "test"},
        "permissions": [PERMISSION],
        "tags": {"Project": "realtime"},
    }


def test_create(client, options, run_module):
    result = run_module("lambda_function", **options)
    assert result["changes"] == [{"type": "AWS::Lambda::Function", "name": NAME, "action": "create"}]
    found = client.get_function(FunctionName=NAME)
    assert found["Configuration"]["Architectures"] == ["arm64"]
    assert found["Configuration"]["CodeSha256"] == result["function"]["code_sha256"]
    assert found["Tags"] == {"Project": "realtime"}
    statement = json.loads(client.get_policy(FunctionName=NAME)["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": TOPIC}}


def test_second_run_writes_nothing(client, options, run_module, writes):
    run_module("lambda_function", **options)
    writes.clear()
    assert not run_module("lambda_function", **options)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"timeout": 30}, ["UpdateFunctionConfiguration"]),
        ({"environment_variables": {}}, ["UpdateFunctionConfiguration"]),
        ({"tags": {"Project": "other"}}, ["TagResource"]),
        ({"permissions": []}, ["RemovePermission"]),
        ({"permissions": [{**PERMISSION, "source_arn": TOPIC + "-2"}]}, ["RemovePermission", "AddPermission"]),
    ],
)
def test_update_writes_what_differs(client, options, run_module, writes, change, calls):
    run_module("lambda_function", **options)
    writes.clear()
    result = run_module("lambda_function", **{**options, **change})
    assert result["changes"][0]["action"] == "update"
    assert writes == calls
    assert not run_module("lambda_function", **{**options, **change})["changed"]


def test_changed_code_is_uploaded(client, options, run_module, writes, tmp_path):
    run_module("lambda_function", **options)
    (tmp_path / "app.py").write_text("def handler(event, context): return 1\n", encoding="utf-8")
    writes.clear()
    assert "code_sha256" in run_module("lambda_function", **options)["diff"][0]["after"]
    assert writes == ["UpdateFunctionCode"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(client, options, run_module, writes, state):
    if state == "absent":
        run_module("lambda_function", **options)
    writes.clear()
    result = run_module("lambda_function", check=True, **{**options, "state": state})
    assert result["changed"]
    assert (result["function"] is None) == (state == "absent")
    assert writes == []


def test_delete_and_delete_again(client, options, run_module):
    run_module("lambda_function", **options)
    assert run_module("lambda_function", name=NAME, state="absent")["changed"]
    assert client.list_functions()["Functions"] == []
    assert not run_module("lambda_function", name=NAME, state="absent")["changed"]


def test_con_2_waits_for_the_role(client, options, run_module, monkeypatch):
    monkeypatch.setattr(converge.time, "sleep", lambda seconds: None)
    messages = [
        "The role defined for the function cannot be assumed by Lambda.",
        "The provided execution role does not have permissions to call SendMessage on SQS",
    ]
    original = lambda_function.AnsibleAWSModule.client

    def patched(self, *args, **kwargs):
        made = original(self, *args, **kwargs)
        create = made.client.create_function

        def refuse_first(**request):
            if messages:
                error = {"Code": "InvalidParameterValueException", "Message": messages.pop(0)}
                raise ClientError({"Error": error}, "CreateFunction")
            return create(**request)

        monkeypatch.setattr(made.client, "create_function", refuse_first)
        return made

    monkeypatch.setattr(lambda_function.AnsibleAWSModule, "client", patched)
    assert run_module("lambda_function", **options)["changed"]
    assert messages == []


def test_the_same_content_gives_the_same_bytes(tmp_path):
    trees = []
    for number, names in enumerate((["b.py", "a.py"], ["a.py", "b.py"])):
        root = tmp_path / str(number)
        (root / "__pycache__").mkdir(parents=True)
        (root / "__pycache__" / f"{number}.pyc").write_text("x", encoding="utf-8")
        for name in names:
            (root / name).write_text(name, encoding="utf-8")
            os.utime(root / name, (number * 10**8, number * 10**8))
            (root / name).chmod(0o600 if number else 0o755)
        trees.append(lambda_function.pack(root))
    assert trees[0] == trees[1]


def test_an_error_is_reported(options, run_module):
    with pytest.raises(Exception, match="Failed to create the function"):
        run_module("lambda_function", **{**options, "role": "arn:aws:iam::123456789012:role/other"}, wait_timeout=0)


def test_a_missing_directory_is_refused(options, run_module):
    with pytest.raises(Exception, match="source is /nowhere; allowed: a directory"):
        run_module("lambda_function", **{**options, "source": "/nowhere"})
