# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.ec2_launch_template import normalize_data, user_data_fault

NAME = "production-web-server-template"
OPTIONS = {
    "template_name": NAME,
    "image_id": "ami-12c6146b",
    "instance_type": "t3.medium",
    "iam_instance_profile": "arn:aws:iam::123456789012:instance-profile/web",
    "security_group_ids": ["sg-2", "sg-1"],
    "monitoring": {"enabled": True},
    "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": {"volume_size": 20, "encrypted": True}}],
    "tag_specifications": [{"resource_type": "instance", "tags": {"Name": "web", "Owner": "x"}}],
}


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def options(aws):
    return {**OPTIONS}


def versions(ec2):
    found = ec2.describe_launch_template_versions(LaunchTemplateName=NAME)["LaunchTemplateVersions"]
    return {each["VersionNumber"]: each["LaunchTemplateData"] for each in found}


def test_create(ec2, run_module, options):
    result = run_module("ec2_launch_template", **options, user_data=encoded("#!/bin/bash\n"), tags={"Layer": "compute"})
    assert result["version"] == 1
    assert result["changes"] == [
        {"type": "AWS::EC2::LaunchTemplate", "name": NAME, "action": "create", "note": "version 1"}
    ]
    data = versions(ec2)[1]
    assert data["MetadataOptions"]["HttpTokens"] == "required"  # IDM-3
    assert data["IamInstanceProfile"] == {"Arn": options["iam_instance_profile"]}
    assert data["BlockDeviceMappings"][0]["Ebs"] == {"VolumeSize": 20, "Encrypted": True}
    assert "KeyName" not in data
    template = ec2.describe_launch_templates(LaunchTemplateNames=[NAME])["LaunchTemplates"][0]
    assert template["LaunchTemplateId"] == result["launch_template_id"]
    assert template["Tags"] == [{"Key": "Layer", "Value": "compute"}]


def test_second_run_writes_nothing(run_module, options, writes):
    run_module("ec2_launch_template", **options)
    writes.clear()
    result = run_module("ec2_launch_template", **{**options, "security_group_ids": ["sg-1", "sg-2"]})
    assert (result["changed"], result["version"]) == (False, 1)
    assert writes == []


def test_a_change_adds_a_version(ec2, run_module, options):
    run_module("ec2_launch_template", **options)
    result = run_module("ec2_launch_template", **{**options, "instance_type": "t3.large"})
    assert result["version"] == 2
    assert "t3.large" in result["diff"][0]["after"]
    assert "ImageId" not in result["diff"][0]["after"]
    assert sorted(versions(ec2)) == [1, 2]


def test_a_field_can_be_removed(ec2, run_module, options):  # IDM-3
    run_module("ec2_launch_template", **options, key_name="old")
    assert run_module("ec2_launch_template", **options)["version"] == 2
    assert "KeyName" not in versions(ec2)[2]


def test_compares_with_the_version_in_use(ec2, run_module, options):
    run_module("ec2_launch_template", **options)
    run_module("ec2_launch_template", **{**options, "instance_type": "t3.large"})
    rolled_back = run_module("ec2_launch_template", **options, current_version=1)
    assert (rolled_back["changed"], rolled_back["version"]) == (False, 1)


def test_an_interrupted_run_leaves_no_second_version(ec2, run_module, options):
    run_module("ec2_launch_template", **options)
    run_module("ec2_launch_template", **{**options, "instance_type": "t3.large"})
    again = run_module("ec2_launch_template", **{**options, "instance_type": "t3.large"}, current_version=1)
    assert (again["changed"], again["version"]) == (False, 2)


def test_tags_alone_add_no_version(ec2, run_module, options):
    run_module("ec2_launch_template", **options)
    result = run_module("ec2_launch_template", **options, tags={"Owner": "y"})
    assert (result["changed"], result["version"]) == (True, 1)
    tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [result["launch_template_id"]]}])["Tags"]
    assert [(tag["Key"], tag["Value"]) for tag in tags] == [("Owner", "y")]


@pytest.mark.parametrize(("made", "version"), [(False, 1), (True, 2)])
def test_check_mode_predicts_and_writes_nothing(run_module, options, writes, made, version):
    if made:
        run_module("ec2_launch_template", **options)
        options["instance_type"] = "t3.large"
    writes.clear()
    result = run_module("ec2_launch_template", check=True, **options)
    assert (result["changed"], result["version"]) == (True, version)
    assert writes == []


def test_delete_and_delete_again(ec2, run_module, options, writes):
    run_module("ec2_launch_template", **options)
    writes.clear()
    assert run_module("ec2_launch_template", check=True, name=NAME, state="absent")["changed"]
    assert writes == []
    assert run_module("ec2_launch_template", name=NAME, state="absent")["changed"]
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert not run_module("ec2_launch_template", name=NAME, state="absent")["changed"]


def test_too_much_user_data_is_refused_before_aws_is_asked(run_module, options, writes):
    with pytest.raises(Exception, match="has 16385 bytes before base64, and AWS takes 16384"):
        run_module("ec2_launch_template", **options, user_data=encoded("x" * 16385))
    assert writes == []


def test_user_data_must_be_base64():
    assert user_data_fault("#!/bin/bash") == "user_data is not base64"
    assert user_data_fault(encoded("x" * 16384)) is None


def test_data_has_one_form():
    theirs = {
        "KeyName": "",
        "MetadataOptions": {"HttpTokens": "required", "State": "pending"},
        "TagSpecifications": [
            {"ResourceType": "volume", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}
        ],
        "UserData": encoded("text"),
    }
    expected = {"MetadataOptions": {"HttpTokens": "required"}, "TagSpecifications": {"volume": {"a": "1", "b": "2"}}}
    assert normalize_data(theirs) == {**expected, "UserData": "text"}


def test_aws_error_is_reported(run_module, options):
    with pytest.raises(Exception, match="Failed to find the launch template"):
        run_module("ec2_launch_template", **{**options, "template_name": ""})


@pytest.fixture
def released(sandbox_aws, run_module):
    """Version 1, whose boot script names an image; in the sandbox, since moto ignores SourceVersion."""
    specifications = [*OPTIONS["tag_specifications"], {"resource_type": "volume", "tags": {"Owner": "x"}}]
    first = {
        "user_data": encoded("#!/bin/bash\nIMAGE=''\nrun $IMAGE\n"),
        "tag_specifications": specifications,
        "iam_instance_profile": None,
        "metadata_options": {"http_put_response_hop_limit": 2},
    }
    run_module("ec2_launch_template", **{**OPTIONS, **first})
    return {
        "template_name": NAME,
        "source_version": 1,
        "user_data_variables": {"IMAGE": "shop@sha256:1"},
        "tag_specifications": [{"resource_type": "instance", "tags": {"Image": "shop@sha256:1"}}],
    }


def test_a_version_from_another_changes_only_what_is_given(run_module, released):
    result = run_module("ec2_launch_template", **released)
    assert (result["changed"], result["version"]) == (True, 2)
    found = {number: normalize_data(data) for number, data in versions(boto3.client("ec2")).items()}
    assert found[2].pop("UserData") == "#!/bin/bash\nIMAGE='shop@sha256:1'\nrun $IMAGE\n"
    assert found[2].pop("TagSpecifications") == {
        "instance": {"Name": "web", "Owner": "x", "Image": "shop@sha256:1"},
        "volume": {"Owner": "x"},
    }
    assert found[2] == {key: found[1][key] for key in found[2]}
    assert found[2]["MetadataOptions"]["HttpPutResponseHopLimit"] == 2


@pytest.mark.parametrize("source", [1, 2], ids=["killed before the group had it", "after"])
def test_the_same_content_adds_no_version(run_module, released, writes, source):
    run_module("ec2_launch_template", **released)
    writes.clear()
    result = run_module("ec2_launch_template", **{**released, "source_version": source}, current_version=source)
    assert (result["changed"], result["version"]) == (False, 2)
    assert writes == []


def test_going_back_finds_the_old_version(run_module, released, writes):
    for number, image in ((2, "shop@sha256:1"), (3, "shop@sha256:2")):
        changes = [{"resource_type": "instance", "tags": {"Image": image}}]
        run_module("ec2_launch_template", template_name=NAME, source_version=number - 1, tag_specifications=changes)
    tags = versions(boto3.client("ec2"))[3]["TagSpecifications"][0]["Tags"]
    assert [tag["Value"] for tag in tags if tag["Key"] == "Image"] == ["shop@sha256:2"]  # AWS refuses a key twice
    writes.clear()
    changes = [{"resource_type": "instance", "tags": {"Image": "shop@sha256:1"}}]
    back = {"template_name": NAME, "source_version": 3, "current_version": 2, "tag_specifications": changes}
    assert run_module("ec2_launch_template", **back)["version"] == 2
    assert writes == []


def test_check_mode_predicts_the_version_made_from_another(run_module, released, writes):
    writes.clear()
    result = run_module("ec2_launch_template", check=True, **released)
    assert (result["changed"], result["version"]) == (True, 2)
    assert "shop@sha256:1" in result["diff"][0]["after"]
    assert "InstanceType" not in result["diff"][0]["after"]
    assert writes == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"source_version": 9}, "source_version is 9; allowed: a version of the launch template"),
        ({"template_name": "none-such"}, "source_version is 1; allowed: a version of the launch template"),
        ({"user_data_variables": {"PICTURE": "x"}}, "has 0 lines PICTURE='...', and one is needed"),
        ({"user_data_variables": {"IMAGE": "'; rm -rf /'"}}, "allowed: one line without quotes"),
        ({"source_version": None}, "missing parameter.s. required by 'user_data_variables': source_version"),
    ],
    ids=str,
)
def test_a_wrong_source_is_refused_before_a_write(run_module, released, writes, changed, fault):
    writes.clear()
    with pytest.raises(Exception, match=fault):
        run_module("ec2_launch_template", **{**released, **changed})
    assert writes == []
