# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest

NAME = "/production/app"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GROUP = {"log_group_name": NAME, "retention": 30, "tags": {"Project": "realtime"}}


@pytest.fixture
def logs(aws):
    return boto3.client("logs")


def test_create(logs, run_module):
    result = run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    assert result["changes"] == [{"type": "AWS::Logs::LogGroup", "name": NAME, "action": "create"}]
    group = logs.describe_log_groups()["logGroups"][0]
    assert group["retentionInDays"] == 30
    assert logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"] == {"Project": "realtime"}


def test_second_run_writes_nothing(logs, run_module, writes):
    run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    writes.clear()
    assert not run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("change", "call"),
    [
        ({"retention": 7}, "PutRetentionPolicy"),
        ({"retention": 0}, "DeleteRetentionPolicy"),
        ({"tags": {"Project": "other"}}, "TagResource"),
        ({"tags": {}}, "UntagResource"),
    ],
)
def test_update_writes_what_differs(logs, run_module, writes, change, call):
    run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    writes.clear()
    result = run_module("cloudwatchlogs_log_groups", log_groups=[{**GROUP, **change}])
    assert result["changes"][0]["action"] == "update"
    assert writes == [call]


def test_a_changed_key_is_associated(logs, run_module, writes):
    run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    writes.clear()
    with pytest.raises(NotImplementedError, match="associate_kms_key"):  # by moto
        run_module("cloudwatchlogs_log_groups", log_groups=[{**GROUP, "kms_key_id": KEY}])
    assert writes == ["AssociateKmsKey"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(logs, run_module, writes, state):
    if state == "absent":
        run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    writes.clear()
    result = run_module("cloudwatchlogs_log_groups", check=True, log_groups=[GROUP], state=state)
    assert result["changed"]
    assert (result["log_groups"][NAME] is None) == (state == "absent")
    assert writes == []


def test_a_longer_name_is_another_group(logs, run_module):
    logs.create_log_group(logGroupName=NAME + "-2")
    assert run_module("cloudwatchlogs_log_groups", check=True, log_groups=[GROUP])["changes"][0]["action"] == "create"


def test_delete_and_delete_again(logs, run_module):
    run_module("cloudwatchlogs_log_groups", log_groups=[GROUP])
    assert run_module("cloudwatchlogs_log_groups", log_groups=[{"log_group_name": NAME}], state="absent")["changed"]
    assert logs.describe_log_groups()["logGroups"] == []
    assert not run_module("cloudwatchlogs_log_groups", log_groups=[{"log_group_name": NAME}], state="absent")["changed"]


def test_an_error_is_reported(logs, run_module):
    with pytest.raises(Exception, match="Failed to create the log group"):
        run_module("cloudwatchlogs_log_groups", log_groups=[{"log_group_name": "x" * 513}])


def test_a_retention_that_aws_does_not_have_is_refused(aws, run_module):
    with pytest.raises(Exception, match="retention"):
        run_module("cloudwatchlogs_log_groups", log_groups=[{**GROUP, "retention": 31}])


@pytest.mark.parametrize("names", [["/a/one", "/a/two"], ["/a/one", "/b/one"], ["/a/one"]], ids=str)
def test_no_group_is_taken_for_another(logs, run_module, names):
    for name in ["/a/one-more", "/a/one", "/a/two", "/b/one"]:
        run_module("cloudwatchlogs_log_groups", log_groups=[{"log_group_name": name, "retention": 7}])
    result = run_module("cloudwatchlogs_log_groups", log_groups=[{"log_group_name": name} for name in names])
    assert not result["changed"]
    assert {name: group["arn"].split(":log-group:")[1] for name, group in result["log_groups"].items()} == {
        name: name for name in names
    }
