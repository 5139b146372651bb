# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.ec2_launch_template_versions import (
    delete_versions,
    used_versions,
)

NAME = "production-web-server-template"
TEMPLATE = {"LaunchTemplateId": "lt-1", "DefaultVersionNumber": 1, "LatestVersionNumber": 20}


def specification(version, template_id="lt-1"):
    return {"LaunchTemplateId": template_id, "Version": version}


@pytest.mark.parametrize(
    ("group", "used"),
    [
        ({"LaunchTemplate": specification("7")}, [7]),
        ({"LaunchTemplate": specification("$Latest")}, []),
        ({"LaunchTemplate": {"LaunchTemplateId": "lt-1"}}, []),
        ({"LaunchTemplate": specification("7", "lt-2")}, []),
        ({"LaunchConfigurationName": "old"}, []),
        ({"Instances": [{"LaunchTemplate": specification("7")}, {"LaunchTemplate": specification("8")}, {}]}, [7, 8]),
        (
            {
                "MixedInstancesPolicy": {
                    "LaunchTemplate": {
                        "LaunchTemplateSpecification": specification("5"),
                        "Overrides": [
                            {"LaunchTemplateSpecification": specification("6")},
                            {"InstanceType": "m7g.large"},
                        ],
                    }
                }
            },
            [5, 6],
        ),
    ],
    ids=str,
)
def test_what_a_group_uses(group, used):
    assert used_versions(TEMPLATE, [group], []) == [1, *used, 20]


def test_what_instances_without_a_group_use():
    instance = {"Tags": [{"Key": "aws:ec2launchtemplate:version", "Value": "9"}]}
    assert used_versions(TEMPLATE, [], [instance]) == [1, 9, 20]


@pytest.mark.parametrize(("code", "fails"), [("launchTemplateVersionDoesNotExist", False), ("unexpectedError", True)])
def test_a_version_that_is_gone_is_no_failure_and_another_fault_is(code, fails):
    error = {"VersionNumber": 3, "ResponseError": {"Code": code, "Message": "the reason"}}
    answer = {"UnsuccessfullyDeletedLaunchTemplateVersions": [error]}
    client = SimpleNamespace(delete_launch_template_versions=lambda **_: answer)
    expected = pytest.raises(Exception, match="Failed to delete version 3: the reason") if fails else nullcontext()
    with expected:
        delete_versions(client, "lt-1", [3])


@pytest.fixture
def ec2(sandbox_aws):
    """Six versions; an instance runs from the second."""
    ec2 = boto3.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName=NAME, LaunchTemplateData={"ImageId": image})
    for size in ("nano", "micro", "small", "medium", "large"):
        data = {"ImageId": image, "InstanceType": f"t3.{size}"}
        ec2.create_launch_template_version(LaunchTemplateName=NAME, LaunchTemplateData=data)
    ec2.run_instances(LaunchTemplate={"LaunchTemplateName": NAME, "Version": "2"}, MinCount=1, MaxCount=1)
    return ec2


def versions(ec2):
    found = ec2.describe_launch_template_versions(LaunchTemplateName=NAME)["LaunchTemplateVersions"]
    return sorted(version["VersionNumber"] for version in found)


def test_delete(ec2, run_module, writes):
    result = run_module("ec2_launch_template_versions", template_name=NAME, keep_versions=[4, 99])
    assert (result["deleted_versions"], result["used_versions"]) == ([3, 5], [1, 2, 6])
    assert result["changes"][0]["note"] == "versions 3, 5 go"
    assert versions(ec2) == [1, 2, 4, 6]
    writes.clear()
    assert not run_module("ec2_launch_template_versions", template_name=NAME, keep_versions=[4, 99])["changed"]
    assert writes == []


def test_a_terminated_instance_keeps_nothing(ec2, run_module):
    (reservation,) = ec2.describe_instances()["Reservations"]
    ec2.terminate_instances(InstanceIds=[reservation["Instances"][0]["InstanceId"]])
    assert run_module("ec2_launch_template_versions", template_name=NAME)["deleted_versions"] == [2, 3, 4, 5]


def test_check_mode_writes_nothing(ec2, run_module, writes):
    writes.clear()
    result = run_module("ec2_launch_template_versions", check=True, template_name=NAME)
    assert (result["changed"], result["deleted_versions"]) == (True, [3, 4, 5])
    assert writes == []
    assert versions(ec2) == [1, 2, 3, 4, 5, 6]


def test_no_launch_template(sandbox_aws, run_module):
    assert not run_module("ec2_launch_template_versions", template_name="none-such")["changed"]
