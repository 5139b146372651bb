# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The converged gate: what counts of an answer, what is recorded, and what is kept of it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import boto3
import botocore.session
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import gate

REGION, SALT = "us-east-1", "00" * 16


def counts(operation, answer, service="sqs"):
    return gate.normal(service, operation, answer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b"}]}, {"Tags": [{"Key": "b"}, {"Key": "a", "Value": "1"}]}),
        ({"Things": [{"Id": "a"}, {"Id": "b"}]}, {"Things": [{"Id": "b"}, {"Id": "a"}]}),
        ({"Things": [{"Tags": [{"Key": "a"}, {"Key": "b"}]}]}, {"Things": [{"Tags": [{"Key": "b"}, {"Key": "a"}]}]}),
        ({"ResponseMetadata": {"RequestId": "1"}}, {"ResponseMetadata": {"RequestId": "2"}}),
        ({"NextToken": "1"}, {"NextToken": "2"}),
        ({"Error": {"Code": "NoSuchThing", "Message": "1"}}, {"Error": {"Code": "NoSuchThing", "Message": "2"}}),
    ],
)
def test_what_does_not_count(one, other):
    assert counts("ListThings", one) == counts("ListThings", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Things": [{"Policies": ["a", "b"]}]}, {"Things": [{"Policies": ["b", "a"]}]}),
        ({"Tags": [{"Key": "a", "Value": "1"}]}, {"Tags": [{"Key": "a", "Value": "2"}]}),
        ({"Since": datetime(2026, 1, 1, tzinfo=UTC)}, {"Since": datetime(2026, 1, 2, tzinfo=UTC)}),
        ({"Code": b"1"}, {"Code": b"2"}),
        ({"NextToken": "1"}, {}),
        ({"Error": {"Code": "NoSuchThing"}}, {"Error": {"Code": "AccessDenied"}}),
        ({"Unheard": 1}, {"Unheard": 2}),
    ],
)
def test_what_counts(one, other):
    assert counts("ListThings", one) != counts("ListThings", other)


def test_what_aws_changes_by_itself_does_not_count_and_the_rest_of_it_does():
    def group(**members):
        return counts("DescribeAutoScalingGroups", {"AutoScalingGroups": [members]}, "autoscaling")

    assert group(MinSize=1, DesiredCapacity=2, Instances=[{}]) == group(MinSize=1, DesiredCapacity=3, Instances=[])
    assert group(MinSize=1, DesiredCapacity=2) != group(MinSize=2, DesiredCapacity=2)
    secret = {"Name": "a", "VersionId": "1", "SecretString": "hush"}
    assert "hush" not in str(counts("GetSecretValue", secret, "secretsmanager"))


@pytest.mark.parametrize(
    ("service", "operation", "path"),
    [(service, each, path) for service, of in gate.VOLATILE.items() for each, paths in of.items() for path in paths],
)
def test_volatile_members_exist(service, operation, path):
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    for name in path.split("."):
        shape = shape.member if shape.type_name == "list" else shape
        if shape.type_name == "map":  # SQS's attributes have their names in the keys
            assert name in shape.key.enum
            return
        assert name in shape.members
        shape = shape.members[name]


@pytest.fixture
def record(aws, tmp_path):
    """Return a client's maker that records as the layer given, in tmp_path."""

    def make(service, layer="messaging"):
        client = boto3.client(service)
        gate.run_recorder(str(tmp_path), layer).listen(client, REGION)
        return client

    return make


def again(questions):
    return gate.ask_again(questions, lambda service, region: boto3.client(service, region_name=region))


def recorded(tmp_path):
    return gate.read_record(str(tmp_path))


def test_a_question_is_asked_again_page_by_page(record, tmp_path):
    iam = boto3.client("iam")
    for name in ("a", "b", "c"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    client = record("iam", "security")
    list(client.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1}))
    client.get_role(RoleName="a")
    questions = recorded(tmp_path)
    assert [(each.operation, len(each.answer), each.layers) for each in questions] == [
        ("GetRole", 1, {"security"}),
        ("ListRoles", 3, {"security"}),
    ]
    assert again(questions) == {each.key: each.answer for each in questions}
    iam.create_role(RoleName="d", AssumeRolePolicyDocument="{}")
    assert again(questions)[questions[1].key] != questions[1].answer


def test_a_refusal_is_an_answer(record, tmp_path):
    client = record("iam")
    with pytest.raises(client.exceptions.NoSuchEntityException):
        client.get_role(RoleName="a")
    (question,) = recorded(tmp_path)
    assert again([question]) == {question.key: question.answer}
    boto3.client("iam").create_role(RoleName="a", AssumeRolePolicyDocument="{}")
    assert again([question]) != {question.key: question.answer}


def test_the_same_question_of_many_threads_is_one(record, tmp_path):
    for name in ("a", "b"):
        boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    client = record("iam")

    def read():
        list(client.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1}))

    threads = [threading.Thread(target=read) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (question,) = recorded(tmp_path)
    assert len(question.answer) == 2


def test_a_run_that_writes_is_no_verification(record, tmp_path):
    record("sqs").create_queue(QueueName="a")
    with pytest.raises(gate.Unverified, match="sqs:CreateQueue"):
        recorded(tmp_path)


def test_nor_is_one_during_which_answers_change(record, tmp_path):
    client = record("sqs")
    client.list_queues()
    boto3.client("sqs").create_queue(QueueName="a")
    client.list_queues()
    with pytest.raises(gate.Unverified, match="sqs:ListQueues"):
        recorded(tmp_path)


def asked(names, answer="1", layer="messaging"):
    return [gate.Question("sqs", REGION, "GetQueueUrl", {"QueueName": each}, {layer}, [answer]) for each in names]


def test_what_is_packed_is_the_same_and_says_nothing_of_the_answers():
    taken = gate.take([*asked("ab"), *asked("c", layer="storage")], "inputs", SALT, {"summary": {"a": 1}})
    parts = gate.pack(taken)
    found = gate.unpack(parts)
    assert (found.salt, found.layers, found.shown) == (SALT, taken.layers, {"summary": {"a": 1}})
    answers = {each.key: each.answer for each in taken.questions}
    assert found.has_inputs("inputs")
    assert found.differing("inputs", answers) == []
    assert found.differing("inputs", {**answers, taken.questions[2].key: ["2"]}) == ["storage"]
    assert found.differing("inputs", dict(list(answers.items())[1:])) == ["messaging"]
    assert not found.has_inputs("others")
    assert {each.answer[0] for each in found.questions} == {""}
    assert gate.take(asked("a"), "others", SALT, {}).layers != gate.take(asked("a"), "inputs", SALT, {}).layers


@pytest.mark.parametrize("parts", [["half of it"], gate.pack(gate.take(asked("a"), "", SALT, {}))[0][:-8:], ["e30="]])
def test_what_can_t_be_read_is_as_nothing(parts):
    with pytest.raises(gate.Unverified):
        gate.unpack(list(parts))


def test_a_fingerprint_that_is_too_big_is_refused():
    shown = {str(number): gate.digest(number) for number in range(2000)}
    with pytest.raises(gate.Unverified, match="allowed: 10"):
        gate.pack(gate.take(asked("a"), "", SALT, shown))
    assert all(
        len(part) <= 4096 for part in gate.pack(gate.take(asked("a"), "", SALT, dict(list(shown.items())[:300])))
    )


def test_the_record_holds_no_answers(record, tmp_path):
    boto3.client("secretsmanager").create_secret(Name="a", SecretString="hush")
    record("secretsmanager").get_secret_value(SecretId="a")
    file = tmp_path / gate.CALLS
    assert "hush" not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text(encoding="utf-8"))["question"][2] == "GetSecretValue"


def test_a_client_may_be_asked_by_several(aws):
    client = boto3.client("sqs")
    questions = [gate.Question("sqs", REGION, "ListQueues", {}, answer=[""])]
    one, two = (gate.ask_again(questions, lambda service, region: client) for _time in range(2))
    assert one == two != {}
