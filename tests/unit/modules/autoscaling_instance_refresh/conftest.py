# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""A group of four servers in the sandbox, whose clock only runs while a module waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sandbox.clock import AT_ONCE
from sandbox.control import Sandbox

NAME = "production-asg"


class Fleet:
    """The group, and a launch template with three versions of which the group has the first."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client, ec2 = boto3.client("autoscaling"), boto3.client("ec2")
        data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
        made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
        self.template = made["LaunchTemplate"]["LaunchTemplateId"]
        for image in ("ami-1e749f67", "ami-35e92e4c"):
            ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData={**data, "ImageId": image})
        self.client.create_auto_scaling_group(
            AutoScalingGroupName=NAME,
            MinSize=0,
            MaxSize=8,
            DesiredCapacity=4,
            AvailabilityZones=["us-east-1a"],
            LaunchTemplate={"LaunchTemplateId": self.template, "Version": "1"},
        )
        sandbox.clock(advance=60)  # until the first four are in service

    def options(self, version: int = 2, **more: Any) -> dict[str, Any]:
        template = {"launch_template_id": self.template, "version": version}
        preferences = {"min_healthy_percentage": 0, "instance_warmup": 60}
        return {
            "name": NAME,
            "desired_configuration": {"launch_template": template},
            "preferences": preferences | more.pop("preferences", {}),
            **more,
        }

    def start(self, version: int = 2, **preferences: Any) -> str:
        """Start a refresh as somebody else would."""
        desired = {"LaunchTemplate": {"LaunchTemplateId": self.template, "Version": str(version)}}
        return self.client.start_instance_refresh(
            AutoScalingGroupName=NAME, DesiredConfiguration=desired, Preferences=preferences
        )["InstanceRefreshId"]

    def later(self, seconds: float) -> str:
        """Let time pass; the status of the newest refresh."""
        self.sandbox.clock(advance=seconds)
        return self.client.describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"][0]["Status"]

    @property
    def group(self) -> dict[str, Any]:
        """The group, without the instances that are on their way out."""
        group = self.client.describe_auto_scaling_groups()["AutoScalingGroups"][0]
        return group | {"Instances": [each for each in group["Instances"] if each["LifecycleState"] != "Terminating"]}

    @property
    def versions(self) -> dict[str, int]:
        return Counter(each["LaunchTemplate"]["Version"] for each in self.group["Instances"])


@pytest.fixture
def fleet(
    sandbox_aws: None, running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, writes: list[str]
) -> Iterator[Fleet]:
    running_sandbox.clock(speed=0)
    fleet = Fleet(running_sandbox)
    monkeypatch.setattr("time.sleep", lambda seconds: running_sandbox.clock(advance=60))
    writes.clear()
    yield fleet
    running_sandbox.clock(speed=AT_ONCE)


@pytest.fixture
def refresh(run_module: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Run the module."""
    return lambda check=False, **options: run_module("autoscaling_instance_refresh", check=check, **options)
