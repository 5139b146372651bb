"""Instance refreshes: every state, what is replaced and when, what is refused."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_helpers import Aws, Network, refused

from sandbox.clock import AT_ONCE
from sandbox.control import Sandbox
from sandbox.services.instance_refresh import LAUNCH, PATIENCE, PENDING, SETTLE

WARMUP, GRACE = 120, 300
FOUR_AT_ONCE = {"MinHealthyPercentage": 0, "InstanceWarmup": WARMUP}


class Group:
    """A group of four instances of version 1 behind a target group, and a clock that stands still."""

    name = "web"

    def __init__(self, aws: Aws, network: Network, sandbox: Sandbox) -> None:
        self.sandbox, self.aws = sandbox, aws
        self.autoscaling, ec2, elbv2 = aws("autoscaling"), aws("ec2"), aws("elbv2")
        data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
        made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
        self.template = made["LaunchTemplate"]["LaunchTemplateId"]
        for image in ("ami-1e749f67", "ami-35e92e4c"):
            ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData={**data, "ImageId": image})
        created = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)
        self.target_group = created["TargetGroups"][0]["TargetGroupArn"]
        balancer = elbv2.create_load_balancer(Name="web", Subnets=network.subnets)["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        forward = {"Type": "forward", "TargetGroupArn": self.target_group}
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
        self.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            MinSize=0,
            MaxSize=8,
            DesiredCapacity=4,
            HealthCheckGracePeriod=GRACE,
            VPCZoneIdentifier=",".join(network.subnets),
            LaunchTemplate={"LaunchTemplateId": self.template, "Version": "1"},
            TargetGroupARNs=[self.target_group],
        )
        sandbox.clock(advance=LAUNCH)  # until the first four are in service

    def configuration(self, version: str = "2") -> dict[str, Any]:
        return {"LaunchTemplate": {"LaunchTemplateId": self.template, "Version": version}}

    def start(self, version: str = "2", **params: Any) -> str:
        params = {"DesiredConfiguration": self.configuration(version), "Preferences": FOUR_AT_ONCE, **params}
        return self.autoscaling.start_instance_refresh(AutoScalingGroupName=self.name, **params)["InstanceRefreshId"]

    def later(self, seconds: float) -> dict[str, Any]:
        """Let time pass; the newest refresh."""
        self.sandbox.clock(advance=seconds + 1)
        return self.refresh

    @property
    def refresh(self) -> dict[str, Any]:
        return self.autoscaling.describe_instance_refreshes(AutoScalingGroupName=self.name)["InstanceRefreshes"][0]

    @property
    def described(self) -> dict[str, Any]:
        """The group, without the instances that are on their way out."""
        group = self.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
        return group | {"Instances": [each for each in group["Instances"] if each["LifecycleState"] != "Terminating"]}

    @property
    def versions(self) -> dict[str, int]:
        return Counter(instance["LaunchTemplate"]["Version"] for instance in self.described["Instances"])

    @property
    def own_version(self) -> str:
        return self.described["LaunchTemplate"]["Version"]

    @property
    def health(self) -> dict[str, int]:
        """The states of the targets; those in their first checks have found nothing wrong yet."""
        found = self.aws("elbv2").describe_target_health(TargetGroupArn=self.target_group)
        states = (each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"])
        return Counter("healthy" if state == "initial" else state for state in states)


@pytest.fixture
def group(aws: Aws, network: Network, sandbox: Sandbox) -> Iterator[Group]:
    sandbox.clock(speed=0)
    yield Group(aws, network, sandbox)
    sandbox.clock(speed=AT_ONCE)


def test_pending_in_progress_baking_successful(group: Group) -> None:
    started = group.start(Preferences={**FOUR_AT_ONCE, "BakeTime": 600})
    before = {instance["InstanceId"] for instance in group.described["Instances"]}
    assert (group.refresh["Status"], group.refresh["PercentageComplete"]) == ("Pending", 0)
    assert "StartTime" not in group.refresh
    found = group.later(PENDING)
    assert (found["Status"], found["InstancesToUpdate"]) == ("InProgress", 0)
    assert {instance["LifecycleState"] for instance in group.described["Instances"]} == {"Pending"}
    found = group.later(LAUNCH)
    assert found["StatusReason"].startswith("Waiting for instances to warm up before continuing. For example: i-")
    assert (group.own_version, group.health) == ("1", {"healthy": 4})
    found = group.later(WARMUP)
    assert (found["Status"], found["PercentageComplete"], group.own_version) == ("Baking", 100, "1")
    found = group.later(600)
    assert (found["Status"], found["InstanceRefreshId"]) == ("Successful", started)
    assert found["EndTime"] > found["StartTime"]
    assert "StatusReason" not in found
    assert (group.versions, group.own_version, group.health) == ({"2": 4}, "2", {"healthy": 4})
    assert not before & {instance["InstanceId"] for instance in group.described["Instances"]}


@pytest.mark.parametrize(
    ("preferences", "during", "after"),
    [
        ({"MinHealthyPercentage": 50}, {"1": 2, "2": 2}, {"1": 2, "2": 2}),
        ({"MinHealthyPercentage": 75, "MaxHealthyPercentage": 125}, {"1": 3, "2": 2}, {"1": 2, "2": 2}),
        ({"MinHealthyPercentage": 100, "MaxHealthyPercentage": 125}, {"1": 4, "2": 1}, {"1": 3, "2": 1}),
        ({"MinHealthyPercentage": 100, "MaxHealthyPercentage": 100}, {"1": 4, "2": 1}, {"1": 3, "2": 1}),
        ({"MinHealthyPercentage": 100}, {"1": 4, "2": 1}, {"1": 3, "2": 1}),
        ({}, {"1": 3, "2": 1}, {"1": 3, "2": 1}),
    ],
)
def test_batches(group: Group, preferences: dict[str, int], during: dict[str, int], after: dict[str, int]) -> None:
    group.start(Preferences={"InstanceWarmup": WARMUP, **preferences})
    group.later(PENDING)
    assert group.versions == during
    group.later(LAUNCH)
    assert group.versions == during
    group.autoscaling.cancel_instance_refresh(AutoScalingGroupName=group.name, WaitForTransitioningInstances=False)
    assert group.versions == after
    assert group.own_version == "1"


def test_group_policy_and_warmup_are_the_defaults(group: Group) -> None:
    group.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=group.name,
        DefaultInstanceWarmup=33,
        InstanceMaintenancePolicy={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150},
    )
    group.start(Preferences={})
    preferences = group.refresh["Preferences"]
    assert (preferences["MinHealthyPercentage"], preferences["MaxHealthyPercentage"]) == (100, 150)
    assert preferences["InstanceWarmup"] == 33
    assert (preferences["SkipMatching"], preferences["StandbyInstances"]) == (False, "Wait")


def test_percentage_and_instances_to_update(group: Group) -> None:
    group.start(Preferences={"MinHealthyPercentage": 75, "InstanceWarmup": WARMUP})
    seen = []
    found = group.later(PENDING)
    while found["Status"] == "InProgress":
        seen.append((found["PercentageComplete"], found["InstancesToUpdate"]))
        found = group.later(LAUNCH + WARMUP)
    assert seen == [(0, 3), (25, 2), (50, 1), (75, 0)]


def test_checkpoints(group: Group) -> None:
    group.start(Preferences={**FOUR_AT_ONCE, "CheckpointPercentages": [20, 25, 75, 100], "CheckpointDelay": 600})
    found = group.later(PENDING + LAUNCH + WARMUP)
    assert (found["PercentageComplete"], found["StatusReason"]) == (25, "Waiting after the checkpoint at 25 percent.")
    assert group.later(500)["PercentageComplete"] == 25
    group.later(100)
    assert group.later(LAUNCH + WARMUP)["PercentageComplete"] == 75
    assert group.later(600 + LAUNCH + WARMUP)["Status"] == "Successful"


def test_last_checkpoint_below_100_ends_there(group: Group) -> None:
    group.start(Preferences={**FOUR_AT_ONCE, "CheckpointPercentages": [50]})
    assert group.refresh["Preferences"]["CheckpointDelay"] == 3600
    found = group.later(PENDING + LAUNCH + WARMUP)
    assert (found["Status"], found["PercentageComplete"], group.versions) == ("Successful", 50, {"1": 2, "2": 2})


def test_skip_matching(group: Group) -> None:
    group.start(Preferences={**FOUR_AT_ONCE, "CheckpointPercentages": [25]})
    group.later(PENDING + LAUNCH + WARMUP)
    new = {i["InstanceId"] for i in group.described["Instances"] if i["LaunchTemplate"]["Version"] == "2"}
    group.start(Preferences={**FOUR_AT_ONCE, "SkipMatching": True})
    assert group.later(PENDING)["InstancesToUpdate"] == 0
    assert group.later(LAUNCH + WARMUP)["Status"] == "Successful"
    assert new < {instance["InstanceId"] for instance in group.described["Instances"]}
    assert group.versions == {"2": 4}


def test_nothing_to_replace(group: Group) -> None:
    group.autoscaling.set_desired_capacity(AutoScalingGroupName=group.name, DesiredCapacity=0)
    group.start()
    found = group.later(PENDING)
    assert (found["Status"], found["PercentageComplete"], group.own_version) == ("Successful", 100, "2")


def test_without_a_desired_configuration_the_groups_own_is_used(group: Group) -> None:
    group.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group.name, **group.configuration("2"))
    group.autoscaling.start_instance_refresh(AutoScalingGroupName=group.name, Preferences=FOUR_AT_ONCE)
    assert "DesiredConfiguration" not in group.later(PENDING + LAUNCH + WARMUP)
    assert group.versions == {"2": 4}


@pytest.mark.parametrize("mark", ["{template}:2", "ami-1e749f67"])
def test_broken_version_fails_after_an_hour(group: Group, mark: str) -> None:
    group.sandbox.break_versions(mark.format(template=group.template))
    group.start(Preferences={"MinHealthyPercentage": 75, "InstanceWarmup": WARMUP})
    found = group.later(PENDING + LAUNCH)
    assert "is not passing its health checks" in found["StatusReason"]
    assert group.health == {"healthy": 3, "unhealthy": 1}
    found = group.later(PATIENCE / 2)
    assert (found["Status"], found["PercentageComplete"]) == ("InProgress", 0)
    found = group.later(PATIENCE)
    assert (found["Status"], group.own_version) == ("Failed", "1")
    assert "is not passing its health checks" in found["StatusReason"]
    assert (group.versions, group.health) == ({"1": 4}, {"healthy": 4})  # the group replaces what is unhealthy


def test_broken_version_that_heals_goes_on(group: Group) -> None:
    group.sandbox.break_versions(f"{group.template}:2")
    group.start()
    group.later(PENDING + LAUNCH)
    group.sandbox.break_versions()
    assert group.later(GRACE + LAUNCH + WARMUP)["Status"] == "Successful"


def test_broken_by_what_the_user_data_says(group: Group) -> None:
    data = {"UserData": base64.b64encode(b"#!/bin/bash\nrun shop:v4\n").decode()}
    group.aws("ec2").create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="2", LaunchTemplateData=data
    )
    group.sandbox.break_versions("shop:v4")
    group.start("4")
    assert "is not passing its health checks" in group.later(PENDING + LAUNCH)["StatusReason"]


def test_reset_heals(group: Group, network: Network) -> None:
    group.sandbox.break_versions("ami-12c6146b")
    group.sandbox.reset()
    again = Group(group.aws, Network(group.aws), group.sandbox)
    assert again.health == {"healthy": 4}


def test_auto_rollback(group: Group) -> None:
    group.sandbox.break_versions("ami-35e92e4c")
    preferences = {"MinHealthyPercentage": 50, "InstanceWarmup": WARMUP, "AutoRollback": True}
    group.start("3", Preferences=preferences)
    found = group.later(PENDING + LAUNCH + PATIENCE)
    assert found["Status"] == "RollbackInProgress"
    details = found["RollbackDetails"]
    assert "is not passing its health checks" in details["RollbackReason"]
    assert (details["PercentageCompleteOnRollback"], details["InstancesToUpdateOnRollback"]) == (0, 2)
    found = group.later(LAUNCH + WARMUP + SETTLE)
    assert (found["Status"], found["PercentageComplete"], group.own_version) == ("RollbackSuccessful", 0, "1")
    assert (group.versions, group.health) == ({"1": 4}, {"healthy": 4})


def test_rollback_goes_back_down(group: Group) -> None:
    group.start(Preferences={"MinHealthyPercentage": 75, "InstanceWarmup": WARMUP})
    group.later(PENDING + 2 * (LAUNCH + WARMUP))
    assert group.refresh["PercentageComplete"] == 50
    group.autoscaling.rollback_instance_refresh(AutoScalingGroupName=group.name)
    assert group.refresh["Status"] == "RollbackInProgress"
    assert group.versions == {"1": 2, "2": 2}  # what was on its way is gone, and replaced
    assert group.later(LAUNCH + WARMUP)["PercentageComplete"] == 25
    assert group.later(LAUNCH + WARMUP)["PercentageComplete"] == 0
    found = group.later(LAUNCH + WARMUP)
    assert (found["Status"], found["InstancesToUpdate"]) == ("RollbackSuccessful", 1)
    assert (group.versions, group.own_version) == ({"1": 4}, "1")


def test_rollback_fails_when_the_old_version_is_broken_too(group: Group) -> None:
    group.start()
    group.later(PENDING + LAUNCH)
    group.sandbox.break_versions("ami-12c6146b")
    group.autoscaling.rollback_instance_refresh(AutoScalingGroupName=group.name)
    assert group.later(2 * PATIENCE)["Status"] == "RollbackFailed"


@pytest.mark.parametrize("auto", [False, True])
def test_alarm_fails_the_refresh(group: Group, auto: bool) -> None:
    cloudwatch = group.aws("cloudwatch")
    metric = {"MetricName": "5xx", "Namespace": "x", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(AlarmName="5xx", Threshold=1, ComparisonOperator="GreaterThanThreshold", **metric)
    alarms = {"AlarmSpecification": {"Alarms": ["5xx"]}, "AutoRollback": auto, "BakeTime": 600}
    group.start(Preferences={**FOUR_AT_ONCE, **alarms})
    assert group.later(PENDING + LAUNCH + WARMUP)["Status"] == "Baking"
    cloudwatch.set_alarm_state(AlarmName="5xx", StateValue="ALARM", StateReason="test")
    found = group.refresh
    assert found["Status"] == ("RollbackInProgress" if auto else "Failed")
    reason = found["RollbackDetails"]["RollbackReason"] if auto else found["StatusReason"]
    assert reason == "CloudWatch alarms in ALARM state: 5xx."
    assert group.own_version == "1"


def test_cancel(group: Group) -> None:
    group.start(Preferences={"MinHealthyPercentage": 75, "InstanceWarmup": WARMUP})
    group.later(PENDING + LAUNCH + WARMUP)
    group.autoscaling.cancel_instance_refresh(AutoScalingGroupName=group.name)
    assert group.refresh["Status"] == "Cancelling"
    refused("InstanceRefreshInProgress", group.start)
    found = group.later(LAUNCH)
    assert (found["Status"], found["StatusReason"]) == ("Cancelled", "Cancelled due to user request.")
    assert (group.versions, group.own_version) == ({"1": 2, "2": 2}, "1")
    assert {instance["LifecycleState"] for instance in group.described["Instances"]} == {"InService"}


def test_only_what_runs_can_be_stopped(group: Group) -> None:
    name = {"AutoScalingGroupName": group.name}
    cancel, rollback = group.autoscaling.cancel_instance_refresh, group.autoscaling.rollback_instance_refresh
    message = refused("ActiveInstanceRefreshNotFound", cancel, **name)
    assert message == "No in progress or pending Instance Refresh found for Auto Scaling group web"
    refused("ActiveInstanceRefreshNotFound", rollback, **name)
    group.start()
    rollback(**name)
    refused("ActiveInstanceRefreshNotFound", rollback, **name)
    cancel(**name)
    refused("ActiveInstanceRefreshNotFound", cancel, **name)


def test_rollback_needs_to_know_where_to(group: Group) -> None:
    group.autoscaling.start_instance_refresh(AutoScalingGroupName=group.name)
    refused("IrreversibleInstanceRefresh", group.autoscaling.rollback_instance_refresh, AutoScalingGroupName=group.name)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"DesiredConfiguration": {}, "Preferences": {"AutoRollback": True}},
            "DesiredConfiguration parameter is empty",
        ),
        ({"version": "$Latest", "Preferences": {"AutoRollback": True}}, "$Latest"),
        ({"version": "9"}, "valid fully-formed launch template"),
        ({"Preferences": {"MinHealthyPercentage": 101}}, "'preferences.minHealthyPercentage'"),
        (
            {"Preferences": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 201}},
            "'preferences.maxHealthyPercentage'",
        ),
        ({"Preferences": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 151}}, "cannot exceed 100"),
        ({"Preferences": {"MaxHealthyPercentage": 110}}, "must specify MinHealthyPercentage"),
        ({"Preferences": {"BakeTime": 172801}}, "'preferences.bakeTime'"),
        ({"Preferences": {"CheckpointDelay": 60}}, "without CheckpointPercentages"),
        ({"Preferences": {"CheckpointPercentages": [50, 50]}}, "ascending"),
        ({"Preferences": {"CheckpointPercentages": [50, 20]}}, "ascending"),
        ({"Preferences": {"CheckpointPercentages": [50, 120]}}, "less than or equal to 100"),
        ({"Preferences": {"AlarmSpecification": {"Alarms": [f"a{n}" for n in range(11)]}}}, "10 alarms"),
        ({"Strategy": "ReplaceRootVolume"}, "requires a mixed instances policy"),
    ],
)
def test_bad_requests(group: Group, params: dict[str, Any], message: str) -> None:
    assert message in refused("ValidationError", group.start, **params)
    assert group.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group.name)["InstanceRefreshes"] == []


def test_auto_rollback_needs_a_numbered_version_in_the_group(group: Group) -> None:
    group.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group.name, **group.configuration("$Default"))
    assert "$Default" in refused("ValidationError", group.start, Preferences={"AutoRollback": True})


def test_unknown_group(group: Group) -> None:
    for call in ("start", "describe", "cancel", "rollback"):
        operation = getattr(group.autoscaling, f"{call}_instance_refresh{'es' if call == 'describe' else ''}")
        assert "not found" in refused("ValidationError", operation, AutoScalingGroupName="none")


def test_the_groups_configuration_is_locked_meanwhile(group: Group) -> None:
    group.start()
    update = group.autoscaling.update_auto_scaling_group
    message = refused("ValidationError", update, AutoScalingGroupName=group.name, **group.configuration("3"))
    assert message.startswith("An active instance refresh with a desired configuration exists.")
    update(AutoScalingGroupName=group.name, MaxSize=9)
    group.later(PENDING + LAUNCH + WARMUP)
    update(AutoScalingGroupName=group.name, **group.configuration("3"))


def test_scaling_meanwhile(group: Group) -> None:
    group.start(Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 125, "InstanceWarmup": WARMUP})
    group.later(PENDING)
    group.autoscaling.set_desired_capacity(AutoScalingGroupName=group.name, DesiredCapacity=6)
    assert group.versions == {"1": 4, "2": 3}  # from the desired configuration, beside the one that replaces another
    group.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group.name, DesiredCapacity=3)
    assert sum(group.versions.values()) == 4
    assert group.later(4 * (LAUNCH + WARMUP))["Status"] == "Successful"
    assert (group.versions, group.health) == ({"2": 3}, {"healthy": 3})


@pytest.mark.parametrize(
    ("preference", "status", "versions"),
    [("Wait", "Failed", {"1": 1, "2": 3}), ("Ignore", "Successful", {"1": 1, "2": 3}), (None, "Successful", {"2": 4})],
)
@pytest.mark.parametrize("kind", ["protected", "standby"])
def test_protected_and_standby(
    group: Group, kind: str, preference: str | None, status: str, versions: dict[str, int]
) -> None:
    one = {"AutoScalingGroupName": group.name, "InstanceIds": [group.described["Instances"][0]["InstanceId"]]}
    if kind == "protected":
        group.autoscaling.set_instance_protection(**one, ProtectedFromScaleIn=True)
        chosen = {"ScaleInProtectedInstances": preference or "Refresh"}
    else:
        group.autoscaling.enter_standby(**one, ShouldDecrementDesiredCapacity=True)
        chosen = {"StandbyInstances": preference or "Terminate"}
        versions = versions if preference else {"2": 3}  # standby is beyond the capacity
    group.start(Preferences={**FOUR_AT_ONCE, **chosen})
    found = group.later(PENDING + 2 * (LAUNCH + WARMUP) + PATIENCE + 200)
    assert (found["Status"], group.versions) == (status, versions)
    if status == "Failed":
        assert "in standby or protected from scale in" in found["StatusReason"]


def test_mixed_instances_policy_and_root_volumes(group: Group, network: Network) -> None:
    def policy(image: str) -> dict[str, Any]:
        template = {"LaunchTemplateId": group.template, "Version": "1" if image == "ami-12c6146b" else "2"}
        overrides = [{"InstanceType": "t3.small", "ImageId": image}]
        return {"LaunchTemplate": {"LaunchTemplateSpecification": template, "Overrides": overrides}}

    group.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=group.name, ForceDelete=True)
    group.sandbox.clock(advance=LAUNCH)  # until the old group is gone
    group.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group.name,
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=2,
        HealthCheckGracePeriod=GRACE,
        VPCZoneIdentifier=network.subnets[0],
        MixedInstancesPolicy=policy("ami-12c6146b"),
    )
    group.sandbox.clock(advance=LAUNCH)
    before = {instance["InstanceId"] for instance in group.described["Instances"]}
    group.start(Strategy="ReplaceRootVolume", DesiredConfiguration={"MixedInstancesPolicy": policy("ami-1e749f67")})
    group.later(PENDING)
    assert {instance["LifecycleState"] for instance in group.described["Instances"]} == {"ReplacingRootVolume"}
    assert group.later(LAUNCH + WARMUP)["Strategy"] == "ReplaceRootVolume"
    assert {instance["InstanceId"] for instance in group.described["Instances"]} == before
    assert group.versions == {"2": 2}
    specification = group.described["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert specification["Version"] == "2"


def test_pages_newest_first(group: Group) -> None:
    started = []
    for dummy in range(3):
        started.append(group.start())
        group.autoscaling.cancel_instance_refresh(AutoScalingGroupName=group.name, WaitForTransitioningInstances=False)
    describe, name = group.autoscaling.describe_instance_refreshes, {"AutoScalingGroupName": group.name}
    first = describe(**name, MaxRecords=2)
    assert [each["InstanceRefreshId"] for each in first["InstanceRefreshes"]] == started[:0:-1]
    second = describe(**name, MaxRecords=2, NextToken=first["NextToken"])
    assert [each["InstanceRefreshId"] for each in second["InstanceRefreshes"]] == started[:1]
    assert "NextToken" not in second
    (one,) = describe(**name, InstanceRefreshIds=[started[1]])["InstanceRefreshes"]
    assert one["InstanceRefreshId"] == started[1]
    refused("InvalidNextToken", describe, **name, NextToken="x")


def test_deleting_the_group_forgets_its_refreshes(group: Group, network: Network) -> None:
    group.start()
    group.later(PENDING)
    group.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=group.name, ForceDelete=True)
    assert group.health == {}
    states = group.aws("ec2").describe_instances()["Reservations"]
    assert {i["State"]["Name"] for r in states for i in r["Instances"]} == {"shutting-down"}
