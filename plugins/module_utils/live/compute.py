# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.realtime.aws.plugins.module_utils.converge import first
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack


def find_group(stack: Stack) -> dict[str, Any]:
    name = stack.name("asg")
    groups = stack.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if groups and stack.claim("AWS::AutoScaling::AutoScalingGroup", name, groups[0].get("Tags")):
        return groups[0]
    return {}


def find_template(stack: Stack) -> dict[str, Any]:
    name = stack.name("web-server-template")
    try:
        template = first(stack.client("ec2").describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"])
    except is_boto3_error_code("InvalidLaunchTemplateName.NotFoundException"):
        return {}
    return template if template and stack.claim("AWS::EC2::LaunchTemplate", name, template.get("Tags")) else {}


def used_version(group: dict[str, Any], template: dict[str, Any]) -> int | None:
    """Return the version that the group uses (SRC-12); the newest while there is no group."""
    version = group.get("LaunchTemplate", {}).get("Version", "")
    return int(version) if version.isdigit() else template.get("LatestVersionNumber")


def read_version(stack: Stack, template_id: str, number: int) -> dict[str, Any]:
    response = stack.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[str(number)]
    )
    return response["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def container_image(data: dict[str, Any]) -> str | None:
    """Return the container image, which the instances carry as a tag."""
    for specification in data.get("TagSpecifications", []):
        if specification["ResourceType"] == "instance":
            return next((tag["Value"] for tag in specification["Tags"] if tag["Key"] == "Image"), None)
    return None


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer compute has."""
    found = stack.together({"group": lambda: find_group(stack), "template": lambda: find_template(stack)})
    group, template = found["group"], found["template"]
    version = used_version(group, template)
    data = read_version(stack, template["LaunchTemplateId"], version) if template else {}
    return {
        "autoscaling_group_name": group.get("AutoScalingGroupName"),
        "launch_template_id": template.get("LaunchTemplateId"),
        "launch_template_version": version,
        "image_id": data.get("ImageId"),
        "instance_type": data.get("InstanceType"),
        "container_image": container_image(data),
    }
