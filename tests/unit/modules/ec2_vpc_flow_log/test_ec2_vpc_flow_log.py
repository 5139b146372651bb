# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from module_failed import ModuleFailed

TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def options(ec2):
    boto3.client("logs").create_log_group(logGroupName="/flow")
    role = boto3.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    return {
        "vpc_id": ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"],
        "name": "vpc",
        "log_group_name": "/flow",
        "deliver_logs_permission_arn": role,
        "tags": {"a": "b"},
    }


def test_create(ec2, options, run_module):
    result = run_module("ec2_vpc_flow_log", **options)
    assert result["changes"] == [{"type": "AWS::EC2::FlowLog", "name": "vpc", "action": "create"}]
    (found,) = ec2.describe_flow_logs()["FlowLogs"]
    assert (found["FlowLogId"], found["TrafficType"]) == (result["flow_log"]["id"], "ALL")


def test_second_run_writes_nothing(options, run_module, writes):
    run_module("ec2_vpc_flow_log", **options)
    writes.clear()
    assert not run_module("ec2_vpc_flow_log", **options)["changed"]
    assert writes == []


def test_tags_are_changed_in_place(ec2, options, run_module):
    made = run_module("ec2_vpc_flow_log", **options)["flow_log"]["id"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": "x"}])
    result = run_module("ec2_vpc_flow_log", **options)
    assert result["changes"] == [{"type": "AWS::EC2::FlowLog", "name": "vpc", "action": "update"}]
    assert result["flow_log"]["id"] == made


def test_anything_else_replaces_it(ec2, options, run_module):
    made = run_module("ec2_vpc_flow_log", **options)["flow_log"]["id"]
    result = run_module("ec2_vpc_flow_log", **options, traffic_type="REJECT")
    assert result["changes"][0]["action"] == "replace"
    (found,) = ec2.describe_flow_logs()["FlowLogs"]
    assert found["FlowLogId"] != made and found["TrafficType"] == "REJECT"


def test_check_mode_with_a_stand_in(ec2, options, run_module, writes):
    writes.clear()
    assert run_module("ec2_vpc_flow_log", check=True, **{**options, "vpc_id": "vpc-00000000c893a4320"})["changed"]
    assert writes == []


def test_delete_and_delete_again(ec2, options, run_module, writes):
    run_module("ec2_vpc_flow_log", **options)
    writes.clear()
    assert run_module("ec2_vpc_flow_log", check=True, **options, state="absent")["changed"]
    assert writes == []
    assert run_module("ec2_vpc_flow_log", **options, state="absent")["changed"]
    assert ec2.describe_flow_logs()["FlowLogs"] == []
    assert not run_module("ec2_vpc_flow_log", **options, state="absent")["changed"]


def test_a_role_that_is_not_known_yet_is_waited_for(ec2, options, run_module, monkeypatch):
    import botocore.client

    original, refusals = botocore.client.BaseClient._make_api_call, [1]

    def refuse_once(self, operation, kwargs):
        if operation == "CreateFlowLogs" and refusals:
            refusals.pop()
            error = {"Code": "400", "Message": "Unable to assume given IAM role"}
            return {"Unsuccessful": [{"ResourceId": options["vpc_id"], "Error": error}]}
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse_once)
    assert run_module("ec2_vpc_flow_log", **options)["flow_log"]["id"]


def test_refusal_is_one_line(options, run_module):
    with pytest.raises(ModuleFailed, match="Failed to create the flow log"):
        run_module("ec2_vpc_flow_log", **{**options, "vpc_id": "vpc-0a1b2c3d"})
