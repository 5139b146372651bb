# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest

ORDERS = {"name": "/production/orders", "value": "100", "tags": {"Owner": "platform"}}
USERS = {"name": "/production/users", "value": "1000"}


@pytest.fixture
def ssm(aws):
    return boto3.client("ssm")


def value(ssm, name):
    return ssm.get_parameter(Name=name)["Parameter"]["Value"]


def tags(ssm, name):
    found = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_create(ssm, run_module):
    result = run_module("ssm_parameters", parameters=[{**ORDERS, "description": "A limit"}, USERS])
    assert [change["action"] for change in result["changes"]] == ["create", "create"]
    (described,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [ORDERS["name"]]}])["Parameters"]
    assert (described["Type"], described["Description"]) == ("String", "A limit")
    assert value(ssm, USERS["name"]) == "1000"
    assert tags(ssm, ORDERS["name"]) == {"Owner": "platform"}


def test_second_run_writes_nothing(ssm, run_module, writes):
    run_module("ssm_parameters", parameters=[ORDERS, USERS])
    writes.clear()
    assert not run_module("ssm_parameters", parameters=[ORDERS, USERS])["changed"]
    assert writes == []


def test_update_touches_only_what_differs(ssm, run_module, writes):
    run_module("ssm_parameters", parameters=[ORDERS, USERS])
    writes.clear()
    result = run_module("ssm_parameters", parameters=[{**ORDERS, "value": "200"}, USERS])
    assert [change["name"] for change in result["changes"]] == [ORDERS["name"]]
    assert writes == ["PutParameter"]
    assert value(ssm, ORDERS["name"]) == "200"
    assert tags(ssm, ORDERS["name"]) == {"Owner": "platform"}


def test_tags_are_purged_unless_told(ssm, run_module):
    run_module("ssm_parameters", parameters=[ORDERS])
    run_module("ssm_parameters", parameters=[{**ORDERS, "tags": {"Stage": "x"}, "purge_tags": False}])
    assert tags(ssm, ORDERS["name"]) == {"Owner": "platform", "Stage": "x"}
    run_module("ssm_parameters", parameters=[{**ORDERS, "tags": {"Stage": "x"}}])
    assert tags(ssm, ORDERS["name"]) == {"Stage": "x"}


@pytest.mark.parametrize("made", [False, True])
def test_check_mode_predicts_and_writes_nothing(ssm, run_module, writes, made):
    if made:
        run_module("ssm_parameters", parameters=[{**ORDERS, "value": "1"}])
    writes.clear()
    result = run_module("ssm_parameters", check=True, parameters=[ORDERS])
    assert result["changed"]
    assert result["parameters"] == {ORDERS["name"]: {"value": "100", "tags": {"Owner": "platform"}}}
    assert writes == []


def test_delete_more_than_one_call_takes(ssm, run_module, writes):
    many = [{"name": f"/production/{number}", "value": "x"} for number in range(23)]
    run_module("ssm_parameters", parameters=many)
    writes.clear()
    names = [{"name": each["name"]} for each in many]
    assert len(run_module("ssm_parameters", parameters=names, state="absent")["changes"]) == 23
    assert writes == ["DeleteParameters"] * 3
    assert ssm.describe_parameters()["Parameters"] == []
    writes.clear()
    assert not run_module("ssm_parameters", parameters=names, state="absent")["changed"]
    assert writes == []


@pytest.mark.parametrize(("wrong", "size"), [("", 0), ("é" * 2049, 4098), (None, 0)])
def test_a_value_that_aws_would_refuse(ssm, run_module, writes, wrong, size):
    with pytest.raises(Exception, match=f"/production/orders has {size} bytes; allowed: 1 to 4096"):
        run_module("ssm_parameters", parameters=[USERS, {**ORDERS, "value": wrong}])
    assert writes == []


def test_aws_error_is_reported(ssm, run_module):
    with pytest.raises(Exception, match="Failed to create the parameter"):
        run_module("ssm_parameters", parameters=[{"name": "/aws/mine", "value": "x"}])
