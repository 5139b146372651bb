# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

NAME = "production-asg"


def read(run_module, **options):
    return run_module("autoscaling_instance_refresh_info", **{"name": NAME, **options})


def test_reads_every_page_newest_first(fleet, run_module, writes):
    started = []
    for _number in range(51):  # AWS returns 50 a page
        started.append(fleet.start())
        fleet.client.cancel_instance_refresh(AutoScalingGroupName=NAME, WaitForTransitioningInstances=False)
    writes.clear()
    result = read(run_module)
    assert [refresh["id"] for refresh in result["instance_refreshes"]] == started[::-1]
    (one,) = read(run_module, ids=[started[7]])["instance_refreshes"]
    assert (one["id"], one["status"]) == (started[7], "Cancelled")
    assert not result["changed"]
    assert writes == []


def test_says_how_the_instances_are(fleet, run_module):
    fleet.sandbox.break_versions("ami-1e749f67")
    fleet.start(MinHealthyPercentage=75)
    fleet.later(100)
    group = read(run_module)["auto_scaling_group"]
    assert group["desired_capacity"] == 4
    found = {(each["launch_template_version"], each["health_status"]) for each in group["instances"]}
    assert found == {("1", "Healthy"), ("2", "Unhealthy")}
    assert {each["launch_template_id"] for each in group["instances"]} == {fleet.template}


def test_no_group(fleet, run_module):
    result = read(run_module, name="none")
    assert (result["instance_refreshes"], result["auto_scaling_group"]) == ([], None)


def test_an_error_of_aws_is_reported(fleet, run_module, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Exception, match="Failed to find the Auto Scaling group"):
        read(run_module)
