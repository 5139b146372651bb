# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import rds_parameter_group
from module_failed import ModuleFailed

NAME = "production-db-mysql8-4"


@pytest.fixture
def rds(aws):
    return boto3.client("rds")


@pytest.fixture
def run(run_module):
    base = {
        "name": NAME,
        "engine": "mysql8.4",
        "description": "Parameters",
        "params": {"require_secure_transport": True, "long_query_time": 2},
        "tags": {"Environment": "production"},
    }
    return lambda check=False, **more: run_module("rds_parameter_group", check=check, **{**base, **more})


def parameters(rds):
    own = rds.describe_db_parameters(DBParameterGroupName=NAME, Source="user")["Parameters"]
    return {entry["ParameterName"]: entry["ParameterValue"] for entry in own}


def test_create(rds, run):
    assert run()["changes"][0]["action"] == "create"
    assert parameters(rds) == {"require_secure_transport": "1", "long_query_time": "2"}


def test_second_run_writes_nothing(rds, run, writes):
    run()
    writes.clear()
    assert not run()["changed"]
    assert writes == []


def test_update(rds, run, writes):
    run()
    writes.clear()
    result = run(params={"require_secure_transport": 1, "long_query_time": 5}, tags={})
    assert '"long_query_time": "5"' in result["diff"][0]["after"]
    assert parameters(rds)["long_query_time"] == "5"
    assert writes == ["ModifyDBParameterGroup", "RemoveTagsFromResource"]


def test_a_parameter_that_is_no_longer_given_is_reset(rds, run, monkeypatch):
    run()
    reset = []  # moto has no ResetDBParameterGroup
    monkeypatch.setattr(rds_parameter_group, "reset_parameters", lambda client, name, keys, dynamic: reset.extend(keys))
    run(params={"require_secure_transport": 1})
    assert reset == ["long_query_time"]


def test_dynamic_parameters_take_effect_at_once():
    assert rds_parameter_group.applied("a", {"a"}) == {"ParameterName": "a", "ApplyMethod": "immediate"}
    assert rds_parameter_group.applied("b", {"a"}) == {"ParameterName": "b", "ApplyMethod": "pending-reboot"}


def test_twenty_parameters_a_request(rds, run, writes):
    run(params={f"p{n}": n for n in range(45)})
    assert writes.count("ModifyDBParameterGroup") == 3
    assert len(parameters(rds)) == 45


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(rds, run, writes, state):
    if state == "absent":
        run()
    writes.clear()
    result = run(check=True, state=state)
    assert result["changed"]
    assert (result["parameter_group"] is None) == (state == "absent")
    assert writes == []


def test_delete_and_delete_again(rds, run, writes):
    run()
    assert run(state="absent")["changed"]
    writes.clear()
    assert not run(state="absent")["changed"]
    assert writes == []


def test_the_family_cannot_be_changed(rds, run):
    run()
    with pytest.raises(ModuleFailed, match="of the family mysql8.4 and can't be changed to postgres17"):
        run(engine="postgres17")


def test_bad_input_is_refused(rds, run):
    with pytest.raises(ModuleFailed, match="engine"):
        run(engine=None)
