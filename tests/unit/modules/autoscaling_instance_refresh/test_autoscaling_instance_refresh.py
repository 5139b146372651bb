# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import botocore.client
import botocore.exceptions
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.instance_refresh import failure, goal
from ansible_collections.realtime.aws.plugins.modules.autoscaling_instance_refresh import Target

NAME = "production-asg"
SNAG = {"min_healthy_percentage": 75}


def test_replaces_every_instance_and_lets_aws_change_the_group(fleet, refresh, writes):
    result = refresh(**fleet.options())
    assert result["changed"]
    assert result["changes"][0]["note"] == "4 of 4 instances are replaced"
    assert result["instances_to_replace"] == 4
    found = result["instance_refresh"]
    assert (found["status"], found["percentage_complete"], found["instances_to_update"]) == ("Successful", 100, 0)
    assert (found["reason"], found["rollback"]) == ("", None)
    assert found["timeline"]["started"] < found["timeline"]["ended"]
    assert found["desired_configuration"]["launch_template"]["version"] == "2"
    assert fleet.versions == {"2": 4}
    assert fleet.group["LaunchTemplate"]["Version"] == "2"
    assert writes == ["StartInstanceRefresh"]  # never UpdateAutoScalingGroup


def test_second_run_writes_nothing(fleet, refresh, writes):
    refresh(**fleet.options())
    writes.clear()
    result = refresh(**fleet.options())
    assert (result["changed"], result["instance_refresh"], result["instances_to_replace"]) == (False, None, 0)
    assert writes == []


def test_a_template_may_be_named(fleet, refresh, writes):
    named = {"launch_template": {"launch_template_name": "web", "version": 2}}
    refresh(**fleet.options(wait=False))
    assert not refresh(**fleet.options(desired_configuration=named))["changed"]  # joins what was started by id
    assert not refresh(**fleet.options(desired_configuration=named))["changed"]
    assert writes == ["StartInstanceRefresh"]


def test_every_preference_reaches_aws(fleet, refresh):
    preferences = {
        "min_healthy_percentage": 100,
        "max_healthy_percentage": 125,
        "instance_warmup": 30,
        "checkpoint_percentages": [50, 100],
        "checkpoint_delay": 60,
        "skip_matching": True,
        "auto_rollback": True,
        "alarm_specification": {"alarms": ["production-5xx"]},
        "bake_time": 300,
        "scale_in_protected_instances": "Ignore",
        "standby_instances": "Terminate",
    }
    result = refresh(**fleet.options(preferences=preferences, wait=False))
    assert result["instance_refresh"]["preferences"] == preferences
    assert result["instance_refresh"]["status"] == "Pending"


@pytest.mark.parametrize(("skip", "count"), [(False, 4), (True, 2)])
def test_check_mode_says_how_many_are_replaced(fleet, refresh, writes, skip, count):
    fleet.start(MinHealthyPercentage=0, InstanceWarmup=0, CheckpointPercentages=[50])
    assert fleet.later(100) == "Successful"
    writes.clear()
    result = refresh(check=True, **fleet.options(preferences={"skip_matching": skip}))
    assert (result["changed"], result["instances_to_replace"], result["instance_refresh"]) == (True, count, None)
    assert result["changes"][0]["note"] == f"{count} of 4 instances are replaced"
    assert f'"{fleet.template}:2": 4' in result["diff"][0]["after"]
    assert writes == []


def test_a_group_whose_instances_match_still_gets_the_configuration(fleet, refresh, writes):
    fleet.client.update_auto_scaling_group(
        AutoScalingGroupName=NAME, LaunchTemplate={"LaunchTemplateId": fleet.template, "Version": "$Default"}
    )
    writes.clear()
    result = refresh(**fleet.options(version=1, preferences={"skip_matching": True}))
    assert (result["changed"], result["instances_to_replace"]) == (True, 0)
    assert fleet.group["LaunchTemplate"]["Version"] == "1"


def test_an_empty_group_gets_the_configuration(fleet, refresh):
    fleet.client.set_desired_capacity(AutoScalingGroupName=NAME, DesiredCapacity=0)
    assert refresh(**fleet.options())["changed"]
    assert fleet.group["LaunchTemplate"]["Version"] == "2"
    assert not refresh(**fleet.options())["changed"]


@pytest.mark.parametrize("kind", ["protected", "standby"])
def test_ignored_instances_are_no_reason_to_start_again(fleet, refresh, kind):
    one = {"AutoScalingGroupName": NAME, "InstanceIds": [fleet.group["Instances"][0]["InstanceId"]]}
    if kind == "protected":
        fleet.client.set_instance_protection(**one, ProtectedFromScaleIn=True)
    else:
        fleet.client.enter_standby(**one, ShouldDecrementDesiredCapacity=True)
    ignore = {"scale_in_protected_instances": "Ignore", "standby_instances": "Ignore"}
    options = fleet.options(preferences=ignore)
    assert refresh(check=True, **options)["instances_to_replace"] == 3
    refresh(**options)
    assert fleet.versions == {"1": 1, "2": 3}
    assert not refresh(**options)["changed"]


def test_joins_a_refresh_to_the_same_configuration(fleet, refresh, writes):
    started = fleet.start(MinHealthyPercentage=0, InstanceWarmup=60)
    writes.clear()
    for check in (True, False):
        result = refresh(check=check, **fleet.options())
        assert (result["changed"], result["instance_refresh"]["id"]) == (False, started)
    assert result["instance_refresh"]["status"] == "Successful"
    assert writes == []


def test_joins_while_it_bakes(fleet, refresh, writes):
    fleet.start(MinHealthyPercentage=0, InstanceWarmup=0, BakeTime=600)
    assert fleet.later(100) == "Baking"
    writes.clear()
    assert refresh(**fleet.options())["instance_refresh"]["status"] == "Successful"
    assert writes == []


@pytest.mark.parametrize("check", [True, False])
def test_another_configuration_is_a_conflict(fleet, refresh, writes, check):
    started = fleet.start(version=3)
    writes.clear()
    with pytest.raises(
        Exception, match=f"Another instance refresh of {NAME} runs: {started} to {fleet.template}:3, Pend"
    ):
        refresh(check=check, **fleet.options())
    assert writes == []


def test_replaces_another_configuration_when_told(fleet, refresh, writes):
    started = fleet.start(version=3, MinHealthyPercentage=50)
    fleet.later(100)
    writes.clear()
    options = fleet.options(on_conflict="replace")
    predicted = refresh(check=True, **options)
    assert f"the refresh that runs ({started}, InProgress) is cancelled first" in predicted["changes"][0]["note"]
    assert writes == []
    assert refresh(**options)["changes"] == predicted["changes"]
    assert writes == ["CancelInstanceRefresh", "StartInstanceRefresh"]
    assert fleet.versions == {"2": 4}


def test_replacing_with_what_already_is_only_cancels(fleet, refresh, writes):
    fleet.start(version=3)
    writes.clear()
    result = refresh(**fleet.options(version=1, on_conflict="replace"))
    assert (result["changed"], result["instance_refresh"]) == (True, None)
    assert writes == ["CancelInstanceRefresh"]


def test_waits_for_a_cancellation_before_it_starts(fleet, refresh, writes):
    fleet.start(version=3)
    fleet.client.cancel_instance_refresh(AutoScalingGroupName=NAME)
    writes.clear()
    assert refresh(check=True, **fleet.options())["changed"]
    assert refresh(**fleet.options(wait=False))["instance_refresh"]["status"] == "Pending"
    assert writes == ["StartInstanceRefresh"]


def test_joins_a_rollback_to_the_same_configuration(fleet, refresh, writes):
    fleet.start(version=2, MinHealthyPercentage=0)
    fleet.later(100)
    fleet.client.rollback_instance_refresh(AutoScalingGroupName=NAME)
    writes.clear()
    with pytest.raises(Exception, match="to lt-.*:2, RollbackInProgress"):  # the one that is being rolled back
        refresh(**fleet.options(version=2))
    result = refresh(**fleet.options(version=1))
    assert (result["changed"], result["instance_refresh"]["status"]) == (False, "RollbackSuccessful")
    assert writes == []


def test_somebody_else_is_quicker(fleet, refresh, monkeypatch):
    original = botocore.client.BaseClient._make_api_call

    def start_first(self, operation, kwargs):
        if operation == "StartInstanceRefresh" and kwargs["Preferences"].get("BakeTime") != 7:
            monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", original)
            fleet.start(version=2, MinHealthyPercentage=0, BakeTime=7)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", start_first)
    result = refresh(**fleet.options())
    assert result["instance_refresh"]["preferences"]["bake_time"] == 7


def test_contention_is_tried_again(fleet, refresh, monkeypatch):
    original, tries = botocore.client.BaseClient._make_api_call, []

    def refuse_twice(self, operation, kwargs):
        if operation == "StartInstanceRefresh" and len(tries) < 2:
            tries.append(operation)
            raise botocore.exceptions.ClientError({"Error": {"Code": "ResourceContention", "Message": "x"}}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse_twice)
    assert refresh(**fleet.options())["changed"]
    assert len(tries) == 2


@pytest.mark.parametrize(("auto", "status"), [(False, "Failed"), (True, "RollbackSuccessful")])
def test_a_bad_version_fails_the_task_with_awss_reason(fleet, refresh, auto, status):
    fleet.sandbox.break_versions("ami-35e92e4c")
    options = fleet.options(version=3, preferences={**SNAG, "auto_rollback": auto})
    with pytest.raises(Exception, match=f"ended as {status}: .*is not passing its health checks") as caught:
        refresh(**options)
    result = caught.value.args[0]
    assert (result["changed"], result["instance_refresh"]["status"]) == (True, status)
    assert (result["instance_refresh"]["rollback"] is not None) == auto
    assert fleet.group["LaunchTemplate"]["Version"] == "1"
    assert fleet.versions == {"1": 4}
    note = refresh(check=True, **options)["changes"][0]["note"]  # it may be tried again, knowing that
    assert f"the last refresh ended as {status}" in note


def test_a_failed_rollback_fails_the_task(fleet, refresh):
    fleet.sandbox.break_versions("ami-12c6146b", "ami-35e92e4c")
    with pytest.raises(Exception, match="ended as RollbackFailed"):
        refresh(**fleet.options(version=3, preferences={**SNAG, "auto_rollback": True}))


def test_cancelled_by_somebody_else_fails_the_task(fleet, refresh, monkeypatch):
    def cancel(seconds):
        monkeypatch.setattr("time.sleep", lambda seconds: fleet.sandbox.clock(advance=60))
        fleet.client.cancel_instance_refresh(AutoScalingGroupName=NAME)

    monkeypatch.setattr("time.sleep", cancel)
    with pytest.raises(Exception, match="ended as Cancelled: Cancelled due to user request"):
        refresh(**fleet.options())


def test_an_alarm_fails_the_task(fleet, refresh, monkeypatch):
    import boto3

    cloudwatch = boto3.client("cloudwatch")
    metric = {"MetricName": "5xx", "Namespace": "x", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(AlarmName="5xx", Threshold=1, ComparisonOperator="GreaterThanThreshold", **metric)
    cloudwatch.set_alarm_state(AlarmName="5xx", StateValue="ALARM", StateReason="test")
    with pytest.raises(Exception, match="ended as Failed: CloudWatch alarms in ALARM state: 5xx"):
        refresh(**fleet.options(preferences={"alarm_specification": {"alarms": ["5xx"]}}))


def test_timeout_leaves_the_refresh_alone(fleet, refresh):
    with pytest.raises(
        Exception, match=f"Timed out after 0 s waiting for the instance refresh .* of {NAME}, which goes"
    ):
        refresh(**fleet.options(wait_timeout=0))
    assert not refresh(**fleet.options())["changed"]  # joined, and waited for


def test_cancelled(fleet, refresh, writes):
    fleet.start(MinHealthyPercentage=50)
    fleet.later(100)
    writes.clear()
    assert refresh(check=True, name=NAME, state="cancelled")["changed"]
    assert writes == []
    result = refresh(name=NAME, state="cancelled")
    assert (result["changed"], result["instance_refresh"]["status"]) == (True, "Cancelled")
    assert "instances_to_replace" not in result
    assert fleet.versions == {"1": 2, "2": 2}
    assert not refresh(name=NAME, state="cancelled")["changed"]
    assert writes == ["CancelInstanceRefresh"]


def test_cancels_a_rollback(fleet, refresh):
    fleet.start(MinHealthyPercentage=0)
    fleet.later(100)
    fleet.client.rollback_instance_refresh(AutoScalingGroupName=NAME)
    assert refresh(name=NAME, state="cancelled")["instance_refresh"]["status"] == "Cancelled"


def test_waits_for_a_cancellation_that_runs(fleet, refresh, writes):
    fleet.start()
    fleet.client.cancel_instance_refresh(AutoScalingGroupName=NAME)
    writes.clear()
    result = refresh(name=NAME, state="cancelled")
    assert (result["changed"], result["instance_refresh"]["status"]) == (False, "Cancelled")
    assert not refresh(name=NAME, state="rolled_back")["changed"]
    assert writes == []


def test_rolled_back(fleet, refresh, writes):
    fleet.start(MinHealthyPercentage=0, InstanceWarmup=0, BakeTime=3600)
    assert fleet.later(100) == "Baking"
    writes.clear()
    assert refresh(check=True, name=NAME, state="rolled_back")["changed"]
    assert writes == []
    result = refresh(name=NAME, state="rolled_back")
    assert (result["changed"], result["instance_refresh"]["status"]) == (True, "RollbackSuccessful")
    assert result["instance_refresh"]["rollback"]["percentage_complete"] == 100
    assert fleet.versions == {"1": 4}
    assert not refresh(name=NAME, state="rolled_back")["changed"]
    assert writes == ["RollbackInstanceRefresh"]


def test_joins_a_rollback_that_runs(fleet, refresh, writes):
    fleet.start(AutoRollback=True)
    fleet.client.rollback_instance_refresh(AutoScalingGroupName=NAME)
    writes.clear()
    result = refresh(name=NAME, state="rolled_back")
    assert (result["changed"], result["instance_refresh"]["status"]) == (False, "RollbackSuccessful")
    assert writes == []


def test_no_way_back_fails(fleet, refresh):
    fleet.client.start_instance_refresh(AutoScalingGroupName=NAME)
    with pytest.raises(Exception, match="Failed to roll the instance refresh back.*IrreversibleInstanceRefresh"):
        refresh(name=NAME, state="rolled_back")


@pytest.mark.parametrize("operation", ["CancelInstanceRefresh", "RollbackInstanceRefresh"])
def test_it_has_ended_meanwhile(fleet, refresh, monkeypatch, operation):
    fleet.start(MinHealthyPercentage=0)
    original = botocore.client.BaseClient._make_api_call

    def end_first(self, name, kwargs):
        if name == operation:
            fleet.sandbox.clock(advance=1000)
        return original(self, name, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", end_first)
    state = "cancelled" if operation.startswith("Cancel") else "rolled_back"
    assert not refresh(name=NAME, state=state)["changed"]


@pytest.mark.parametrize("state", ["cancelled", "rolled_back"])
def test_nothing_to_stop_in_a_group_that_is_not_there(fleet, refresh, state):
    assert not refresh(name="none", state=state)["changed"]


def test_a_group_that_is_not_there(fleet, refresh):
    options = {**fleet.options(), "name": "none"}
    result = refresh(check=True, **options)
    assert (result["changed"], result["instances_to_replace"]) == (False, 0)
    with pytest.raises(Exception, match="There is no Auto Scaling group none"):
        refresh(**options)


@pytest.mark.parametrize("template", ["lt-00000000123456789", "lt-0123456789abcdef0"])
def test_a_template_that_is_not_there(fleet, refresh, writes, template):
    options = fleet.options(desired_configuration={"launch_template": {"launch_template_id": template, "version": 1}})
    assert refresh(check=True, **options)["instances_to_replace"] == 4
    with pytest.raises(Exception, match=f"There is no launch template {template}:1"):
        refresh(**options)
    assert writes == []


def test_an_error_of_aws_is_reported(fleet, refresh):
    with pytest.raises(Exception, match="Failed to start the instance refresh.*valid fully-formed launch template"):
        refresh(**fleet.options(version=9))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preferences": {"min_healthy_percentage": -1}}, "min_healthy_percentage is -1; allowed: 0 to 100"),
        ({"preferences": {"min_healthy_percentage": 101}}, "min_healthy_percentage is 101; allowed: 0 to 100"),
        ({"preferences": {"min_healthy_percentage": 50, "max_healthy_percentage": 99}}, "99; allowed: 100 to 200"),
        ({"preferences": {"min_healthy_percentage": 50, "max_healthy_percentage": 151}}, "up to 100 above"),
        ({"preferences": {"min_healthy_percentage": None, "max_healthy_percentage": 110}}, "needs min_healthy"),
        ({"preferences": {"instance_warmup": -1}}, "instance_warmup is -1; allowed: 0 or more"),
        ({"preferences": {"bake_time": 172801}}, "bake_time is 172801; allowed: 0 to 172800"),
        ({"preferences": {"checkpoint_percentages": [50, 20]}}, "ascending"),
        ({"preferences": {"checkpoint_percentages": [20, 20]}}, "ascending"),
        ({"preferences": {"checkpoint_percentages": [0, 100]}}, "1 to 100"),
        ({"preferences": {"checkpoint_delay": 60}}, "checkpoint_delay needs checkpoint_percentages"),
        (
            {"preferences": {"alarm_specification": {"alarms": [str(n) for n in range(11)]}}},
            "11 alarms; allowed: up to",
        ),
        ({"desired_configuration": {"launch_template": {"launch_template_id": "lt-1", "version": "$Latest"}}}, "int"),
        ({"desired_configuration": {"launch_template": {"version": 1}}}, "launch_template_id, launch_template_name"),
        ({"desired_configuration": {}}, "launch_template, mixed_instances_policy"),
        ({"strategy": "Immutable"}, "value of strategy must be one of"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_bad_input_is_refused_before_anything(fleet, refresh, writes, options, message, check):
    with pytest.raises(Exception, match=message):
        refresh(check=check, **fleet.options(**options))
    assert writes == []


def test_a_configuration_is_needed(fleet, refresh):
    with pytest.raises(Exception, match="state is present but all of the following are missing: desired_configuration"):
        refresh(name=NAME)


def test_null_is_no_configuration(fleet, refresh):
    with pytest.raises(Exception, match="desired_configuration is null; allowed: "):
        refresh(name=NAME, desired_configuration=None)


def test_auto_rollback_needs_a_numbered_version_in_the_group(fleet, refresh, writes):
    fleet.client.update_auto_scaling_group(
        AutoScalingGroupName=NAME, LaunchTemplate={"LaunchTemplateId": fleet.template, "Version": "$Latest"}
    )
    writes.clear()
    with pytest.raises(Exception, match=r"auto_rollback is refused: .* itself has lt-.*:\$Latest"):
        refresh(check=True, **fleet.options(preferences={"auto_rollback": True}))
    assert writes == []


def test_mixed_instances_policy(fleet, refresh, writes):
    def policy(version):
        template = {"launch_template_name": "web", "version": version}
        overrides = [{"instance_type": "t3.small", "weighted_capacity": 1}, {"instance_type": "t3a.small"}]
        launch = {"launch_template_specification": template, "overrides": overrides}
        return {"mixed_instances_policy": {"launch_template": launch}}

    options = fleet.options(desired_configuration=policy(2))
    assert refresh(**options)["instances_to_replace"] == 4
    found = fleet.group
    assert {each["InstanceType"] for each in found["Instances"]} == {"t3.small"}
    assert found["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"][0]["WeightedCapacity"] == "1"
    assert not refresh(**options)["changed"]
    assert refresh(check=True, **fleet.options(desired_configuration=policy(3)))["changed"]


MIXED = {
    "LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "2"},
        "Overrides": [{"InstanceType": "c5.large", "ImageId": "ami-1e749f67"}],
    },
    "InstancesDistribution": {"OnDemandBaseCapacity": 1},
}
OTHER_DISTRIBUTION = {"InstancesDistribution": {"OnDemandBaseCapacity": 2}}
OTHER_OVERRIDES = {"LaunchTemplate": {**MIXED["LaunchTemplate"], "Overrides": []}}


@pytest.mark.parametrize(
    ("policy", "same"),
    [
        ({**MIXED, "InstancesDistribution": {"OnDemandBaseCapacity": 1, "SpotInstancePools": 2}}, True),
        ({**MIXED, **OTHER_DISTRIBUTION}, False),
        ({**MIXED, **OTHER_OVERRIDES}, False),
        (None, False),
    ],
)
def test_policies_are_compared_by_what_is_asked(policy, same):
    target = Target({"MixedInstancesPolicy": MIXED}, {"LaunchTemplateId": "lt-1", "Version": "2"})
    template = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    assert target.is_configuration_of({"MixedInstancesPolicy": policy} if policy else template) == same


@pytest.mark.parametrize(
    ("kind", "image", "met"),
    [
        ("c5.large", "ami-1e749f67", True),
        ("c5.large", "ami-12c6146b", False),
        ("m5.large", "ami-1e749f67", False),
    ],
)
def test_instances_are_compared_by_type_and_image(kind, image, met):
    target = Target({"MixedInstancesPolicy": MIXED}, {"LaunchTemplateId": "lt-1", "Version": "2"})
    template = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": "2"}
    assert target.is_met_by({"InstanceType": kind, "ImageId": image, "LaunchTemplate": template}) == met


@pytest.mark.parametrize(
    ("state", "begun", "joined", "wanted"),
    [
        ("present", "Pending", False, "Successful"),
        ("present", "RollbackInProgress", True, "RollbackSuccessful"),
        ("present", "RollbackInProgress", False, "Successful"),  # its own, gone wrong at once
        ("cancelled", "Cancelling", True, "Cancelled"),
        ("rolled_back", "RollbackInProgress", False, "RollbackSuccessful"),
    ],
)
def test_every_state_has_its_end(state, begun, joined, wanted):
    assert goal(state, begun, joined) == wanted
    ends = {"Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"}
    good = {end for end in ends if failure(NAME, {"id": "1", "status": end, "reason": ""}, wanted) is None}
    assert good == {wanted}
