# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest

NAME = "production"
BODY = {"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]}


@pytest.fixture
def cloudwatch(aws):
    return boto3.client("cloudwatch")


def test_create(cloudwatch, run_module):
    result = run_module("cloudwatch_dashboard", name=NAME, body=BODY)
    assert result["changed"]
    assert result["changes"] == [{"type": "AWS::CloudWatch::Dashboard", "name": NAME, "action": "create"}]
    assert json.loads(cloudwatch.get_dashboard(DashboardName=NAME)["DashboardBody"]) == BODY


def test_second_run_writes_nothing(cloudwatch, run_module, writes):
    # The same value, spelt with other white space and another order of keys.
    text = json.dumps({"widgets": [dict(reversed(BODY["widgets"][0].items()))]}, indent=4)
    cloudwatch.put_dashboard(DashboardName=NAME, DashboardBody=text)
    writes.clear()
    assert not run_module("cloudwatch_dashboard", name=NAME, body=BODY)["changed"]
    assert writes == []


def test_update_shows_the_difference(cloudwatch, run_module):
    run_module("cloudwatch_dashboard", name=NAME, body={"widgets": []})
    result = run_module("cloudwatch_dashboard", name=NAME, body=BODY)
    assert result["changes"][0]["action"] == "update"
    assert "hello" in result["diff"][0]["after"]
    assert "hello" not in result["diff"][0]["before"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(cloudwatch, run_module, writes, state):
    if state == "absent":
        run_module("cloudwatch_dashboard", name=NAME, body=BODY)
    writes.clear()
    result = run_module("cloudwatch_dashboard", check=True, name=NAME, body=BODY, state=state)
    assert result["changed"]
    assert (result["dashboard"] or {}).get("body") == (BODY if state == "present" else None)
    assert writes == []


def test_delete_and_delete_again(cloudwatch, run_module):
    run_module("cloudwatch_dashboard", name=NAME, body=BODY)
    assert run_module("cloudwatch_dashboard", name=NAME, state="absent")["changed"]
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert not run_module("cloudwatch_dashboard", name=NAME, state="absent")["changed"]


def tags(arn):
    return {
        tag["Key"]: tag["Value"] for tag in boto3.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    }


def test_tags(sandbox_aws, run_module, writes):
    run_module("cloudwatch_dashboard", name=NAME, body=BODY, tags={"a": "1"})
    arn = boto3.client("cloudwatch").get_dashboard(DashboardName=NAME)["DashboardArn"]
    assert tags(arn) == {"a": "1"}
    writes.clear()
    assert not run_module("cloudwatch_dashboard", name=NAME, body=BODY, tags={"a": "1"})["changed"]
    assert not run_module("cloudwatch_dashboard", name=NAME, body=BODY)["changed"]
    assert writes == []
    assert run_module("cloudwatch_dashboard", name=NAME, body=BODY, tags={"b": "2"})["changed"]
    assert writes == ["TagResource", "UntagResource"]
    assert tags(arn) == {"b": "2"}
