# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate and the fingerprint, with a queue as the environment."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils import gate
from botocore.exceptions import ClientError

WHO = {"project": "realtime", "environment": "production"}
TAGS = {"Project": "realtime", "Environment": "production"}
SHOWN = {"summary": {"environment": "production"}, "kept": []}


@pytest.fixture
def verify(aws, run_module, monkeypatch, tmp_path_factory):
    """Return verify(...): pass the gate, have the layer messaging run, and try to remember it; what the two modules return."""

    def run(inputs="0123456789", bypass=False, shown=None):
        directory = str(tmp_path_factory.mktemp("record"))
        monkeypatch.delenv(gate.VARIABLE, raising=False)
        found = run_module("stack_gate_info", **WHO, inputs=inputs, bypass=bypass, record=directory)
        if found["unchanged"]:
            return found, None
        monkeypatch.setenv(gate.VARIABLE, directory)
        monkeypatch.setenv("AWS_SDK_UA_APP_ID", "realtime.aws.messaging")
        run_module("sqs_queues", queues=[{"name": "orders", "visibility_timeout": 60, "tags": TAGS}])
        return found, run_module("stack_fingerprint", **WHO, record=directory, shown=shown or SHOWN, tags=TAGS)

    return run


@pytest.fixture
def verified(verify):
    """An environment that a run has verified."""
    verify()
    verify()


def parameters():
    return {
        each["Name"]: each["Value"]
        for each in boto3.client("ssm").get_parameters_by_path(Path="/", Recursive=True)["Parameters"]
    }


def test_the_first_run_writes_the_second_is_remembered_the_third_is_skipped(verify, writes):
    found, kept = verify()
    assert (found["reason"], kept["reason"]) == ("nothing was verified before", "the run has written (sqs:CreateQueue)")
    assert (kept["changed"], parameters()) == (False, {})
    found, kept = verify()
    assert (found["unchanged"], kept["changed"], kept["reason"]) == (False, True, "")
    assert list(parameters()) == ["/realtime.aws/realtime/production/verified/0"]
    tags = boto3.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=next(iter(parameters())))
    assert {tag["Key"]: tag["Value"] for tag in tags["TagList"]} == TAGS
    writes.clear()
    found, kept = verify()
    assert (found["unchanged"], found["reason"], found["shown"], found["layers"]) == (True, "", SHOWN, ["messaging"])
    assert writes == []


def test_what_was_verified_again_is_not_written_again(verify, verified, writes):
    writes.clear()
    found, kept = verify(bypass=True)
    assert found["reason"] == "everything is to be verified"
    assert (kept["changed"], kept["reason"], writes) == (False, "", [])


def test_drift_is_noticed_and_its_layer_named(verify, verified):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    found, kept = verify()
    assert found["reason"] == "changed since then: messaging"
    assert found["shown"] == {}
    assert kept["reason"] == "the run has written (sqs:SetQueueAttributes)"  # the roles did run


def test_other_inputs_are_noticed_and_remembered(verify, verified):
    found, kept = verify(inputs="9876543210")
    assert found["reason"] == "the inputs or the collection have changed since then"
    assert kept["changed"]
    assert verify(inputs="9876543210")[0]["unchanged"]
    assert not verify()[0]["unchanged"]


def test_in_doubt_the_roles_run(verify, verified, monkeypatch):
    name = next(iter(parameters()))
    boto3.client("ssm").put_parameter(Name=name, Value="not ours", Overwrite=True)
    found, kept = verify()
    assert found["reason"] == "it can't be told: the fingerprint can't be read"
    assert kept["changed"]

    def refuse(*args, **kwargs):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetParametersByPath")

    monkeypatch.setattr(gate, "get_parts", refuse)
    found, kept = verify()
    assert found["reason"].startswith("it can't be told: An error occurred (AccessDeniedException)")
    assert (kept["changed"], "AccessDenied" in kept["reason"]) == (False, True)
    assert kept["warnings"]


def test_a_smaller_fingerprint_leaves_no_rest(verify):
    verify()
    verify(shown={str(number): gate.digest(number) for number in range(200)})
    assert len(parameters()) > 1
    verify(bypass=True)
    assert len(parameters()) == 1
    assert verify()[0]["unchanged"]


def test_a_teardown_forgets(verify, verified, run_module, monkeypatch, writes):
    monkeypatch.delenv(gate.VARIABLE)
    assert run_module("stack_fingerprint", check=True, **WHO, state="absent")["changed"]
    assert len(parameters()) == 1
    assert run_module("stack_fingerprint", **WHO, state="absent")["changed"]
    assert parameters() == {}
    writes.clear()
    assert not run_module("stack_fingerprint", **WHO, state="absent")["changed"]
    assert writes == []
