# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action: its results are the module's, and it shows what changes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.realtime.aws.plugins.action.autoscaling_instance_refresh import ActionModule, duration

NAME = "production-asg"


@pytest.fixture
def act(run_module):
    """Return run(check, **args): the action's result, and the lines that it showed and the modules that it ran."""

    def run(check=False, **args):
        lines, ran = [], []

        def execute(module_name, module_args, task_vars):
            ran.append(module_name.rsplit(".", 1)[1])
            try:
                return run_module(ran[-1], check=check, **module_args)
            except Exception as failed:  # noqa: BLE001 - the fixture's own class, which no test can import
                return failed.args[0]

        task = SimpleNamespace(args=args, check_mode=check, async_val=0, diff=False, action="x", delegate_to=None)
        display = SimpleNamespace(display=lines.append)
        action = ActionModule.__new__(ActionModule)
        action._task, action._display, action._execute_module = task, display, execute
        action._cleanup_remote_tmp, action._supports_async = False, True
        action._supports_check_mode, action._connection = True, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        return action.run(), lines, ran

    return run


def test_shows_one_line_a_change(fleet, act):
    result, lines, ran = act(**fleet.options(preferences={"min_healthy_percentage": 50, "instance_warmup": 180}))
    assert (result["changed"], result["instance_refresh"]["status"]) == (True, "Successful")
    assert result["instances_to_replace"] == 4
    shown = [line.rsplit(",", 1)[0] for line in lines]
    assert shown == [
        f"{NAME}: Pending, 0 percent, 4 of 4 healthy",
        f"{NAME}: InProgress, 0 percent, 2 of 4 healthy",
        f"{NAME}: InProgress, 0 percent, 4 of 4 healthy",
        f"{NAME}: InProgress, 50 percent, 2 of 4 healthy",
        f"{NAME}: InProgress, 50 percent, 4 of 4 healthy",
        f"{NAME}: Successful, 100 percent, 4 of 4 healthy",
    ]
    assert ran.count("autoscaling_instance_refresh") == 1
    assert ran.count("autoscaling_instance_refresh_info") > len(lines)
    assert result["invocation"]["module_args"]["wait"] is True


@pytest.mark.parametrize("auto", [False, True])
def test_fails_as_the_module_does(fleet, act, refresh, auto):
    fleet.sandbox.break_versions("ami-35e92e4c")
    options = fleet.options(version=3, preferences={"auto_rollback": auto})
    result, _lines, _ran = act(**options)
    with pytest.raises(Exception, match="ended as") as caught:
        refresh(**options)
    expected = caught.value.args[0]
    ends = [found["msg"].split(" ended as ")[1].split(" For example")[0] for found in (result, expected)]
    assert ends[0] == ends[1]
    assert set(result) >= set(expected) - {"invocation"}
    assert result["failed"]


def test_joins(fleet, act):
    started = fleet.start(MinHealthyPercentage=0)
    result, lines, _ran = act(**fleet.options())
    assert (result["changed"], result["instance_refresh"]["id"]) == (False, started)
    assert lines


def test_a_joined_rollback_is_good(fleet, act):
    fleet.start(MinHealthyPercentage=0)
    fleet.later(100)
    fleet.client.rollback_instance_refresh(AutoScalingGroupName=NAME)
    result, _lines, _ran = act(**fleet.options(version=1))
    assert not result.get("failed")
    assert result["instance_refresh"]["status"] == "RollbackSuccessful"


@pytest.mark.parametrize("state", ["cancelled", "rolled_back"])
def test_waits_for_a_stop(fleet, act, state):
    fleet.start(MinHealthyPercentage=0)
    fleet.later(100)
    result, _lines, _ran = act(name=NAME, state=state)
    assert not result.get("failed")
    assert result["instance_refresh"]["status"] in ("Cancelled", "RollbackSuccessful")


@pytest.mark.parametrize("more", [{"check": True}, {"wait": False}, {"wait": "no"}, {"version": 1}])
def test_does_not_wait_for_nothing(fleet, act, more):
    check, version = more.pop("check", False), more.pop("version", 2)
    result, lines, ran = act(check=check, **fleet.options(version=version, **more))
    assert result["changed"] == (version == 2)
    assert (lines, ran) == ([], ["autoscaling_instance_refresh"])


def test_passes_on_what_the_module_refuses(fleet, act):
    result, lines, _ran = act(**fleet.options(preferences={"min_healthy_percentage": 101}))
    assert "allowed: 0 to 100" in result["msg"]
    assert lines == []


def test_times_out_as_the_module_does(fleet, act):
    result, _lines, _ran = act(**fleet.options(wait_timeout=0))
    assert result["failed"]
    assert "Timed out after 0 s waiting for the instance refresh" in result["msg"]
    assert result["instance_refresh"]["status"] == "Pending"


def test_the_group_goes_away(fleet, act, monkeypatch):
    def delete(seconds):
        """Delete the group, and let its instances terminate."""
        fleet.client.delete_auto_scaling_group(AutoScalingGroupName=NAME, ForceDelete=True)
        fleet.sandbox.clock(advance=60)

    monkeypatch.setattr("time.sleep", delete)
    result, _lines, _ran = act(**fleet.options())
    assert result["failed"]
    assert "is gone with its group" in result["msg"]


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0 s"), (59, "59 s"), (130, "2 min 10 s")])
def test_duration(seconds, shown):
    assert duration(seconds) == shown
