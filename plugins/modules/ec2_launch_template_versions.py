#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_launch_template_versions
short_description: Delete the versions of a launch template that nothing needs
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Deletes all versions of a launch template but those in O(keep_versions), the default and the newest one, those that Auto Scaling
    groups use, and those that instances were launched from which are not terminated.
  - A launch template that does not exist has no versions, and nothing is done.
attributes:
  check_mode:
    support: full
    description: Says which versions would go.
  diff_mode:
    support: full
    description: Shows the versions before and after.
options:
  template_name:
    description: Name of the launch template.
    type: str
    required: true
    aliases: [name]
  keep_versions:
    description: Numbers of the versions that stay whether they are used or not.
    type: list
    elements: int
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep what runs
  realtime.aws.ec2_launch_template_versions:
    template_name: production-web-server-template

- name: Keep what can be rolled back to as well
  realtime.aws.ec2_launch_template_versions:
    template_name: production-web-server-template
    keep_versions: [12, 14, 15]

- name: Say what would go, and why the rest stays
  realtime.aws.ec2_launch_template_versions:
    template_name: production-web-server-template
  check_mode: true
  register: preview
"""

RETURN = r"""
deleted_versions:
  description: Numbers of the versions that were deleted; in check mode, that would be.
  returned: success
  type: list
  elements: int
  sample: [3, 4]
used_versions:
  description: Numbers of the versions that groups or instances use, and of the default and the newest version.
  returned: success
  type: list
  elements: int
  sample: [1, 15]
changes:
  description: What changes, one entry or none.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::LaunchTemplate", "name": "production-web-server-template", "action": "update", "note": "versions 3, 4 go"}]
"""

from collections.abc import Iterator
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    first,
    missing_is_none,
    named,
    report,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::EC2::LaunchTemplate"
BATCH = 200  # versions that one call takes
GONE = "launchTemplateVersionDoesNotExist"
ALIVE = ["pending", "running", "shutting-down", "stopping", "stopped"]


def group_specifications(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every place where a group, or an instance of it, names a launch template."""
    policy = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    yield group.get("LaunchTemplate") or {}
    yield policy.get("LaunchTemplateSpecification") or {}
    for override in policy.get("Overrides", []):
        yield override.get("LaunchTemplateSpecification") or {}
    for instance in group.get("Instances", []):
        yield instance.get("LaunchTemplate") or {}


def resolve(version: str, template: dict[str, Any]) -> int:
    """Return the number; a specification without a version means the default one."""
    if version.isdigit():
        return int(version)
    return template["LatestVersionNumber" if version == "$Latest" else "DefaultVersionNumber"]


def used_versions(template: dict[str, Any], groups: list[dict[str, Any]], instances: list[dict[str, Any]]) -> list[int]:
    """Return the numbers of the versions that must stay."""
    used = {template["DefaultVersionNumber"], template["LatestVersionNumber"]}
    for group in groups:
        for specification in group_specifications(group):
            if specification.get("LaunchTemplateId") == template["LaunchTemplateId"]:
                used.add(resolve(specification.get("Version", "$Default"), template))
    for instance in instances:
        tags = boto3_tag_list_to_ansible_dict(instance.get("Tags", []))
        used.add(resolve(tags["aws:ec2launchtemplate:version"], template))
    return sorted(used)


@missing_is_none("find the launch template", "InvalidLaunchTemplateName.NotFoundException")
def find(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"])


@named("list the versions of the launch template")
def list_versions(client: Any, template_id: str) -> list[int]:
    found = pages(client, "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateId=template_id)
    return sorted(version["VersionNumber"] for version in found)


@named("list the Auto Scaling groups")
def list_groups(client: Any) -> list[dict[str, Any]]:
    return pages(client, "describe_auto_scaling_groups", "AutoScalingGroups")


@named("list the instances launched from the template")
def list_instances(client: Any, template_id: str) -> list[dict[str, Any]]:
    """EC2 tags what it launches; this finds instances that no group has any more."""
    filters = [
        {"Name": "tag:aws:ec2launchtemplate:id", "Values": [template_id]},
        {"Name": "instance-state-name", "Values": ALIVE},
    ]
    reservations = pages(client, "describe_instances", "Reservations", Filters=filters)
    return [instance for reservation in reservations for instance in reservation["Instances"]]


@named("delete versions of the launch template")
def delete_versions(client: Any, template_id: str, numbers: list[int]) -> None:
    for start in range(0, len(numbers), BATCH):
        batch = [str(number) for number in numbers[start : start + BATCH]]
        answer = client.delete_launch_template_versions(LaunchTemplateId=template_id, Versions=batch)
        for fault in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
            if fault["ResponseError"]["Code"] != GONE:
                raise AnsibleAWSError(
                    message=f"Failed to delete version {fault['VersionNumber']}: {fault['ResponseError']['Message']}"
                )


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "template_name": {"type": "str", "required": True, "aliases": ["name"]},
            "keep_versions": {"type": "list", "elements": "int", "default": []},
        },
        supports_check_mode=True,
    )
    name, keep = module.params["template_name"], set(module.params["keep_versions"])
    ec2 = module.client("ec2", retry_decorator=RETRY)
    autoscaling = module.client("autoscaling", retry_decorator=RETRY)
    try:
        template = find(ec2, name)
        if template is None:
            module.exit_json(changed=False, deleted_versions=[], used_versions=[], changes=[])
        template_id = template["LaunchTemplateId"]
        used = used_versions(template, list_groups(autoscaling), list_instances(ec2, template_id))
        found = list_versions(ec2, template_id)
        unneeded = [number for number in found if number not in keep and number not in used]
        plan = Plan(
            KIND,
            name,
            {"versions": found},
            {"versions": [number for number in found if number not in unneeded]},
            note=f"versions {', '.join(map(str, unneeded))} go",
        )
        if not module.check_mode:
            delete_versions(ec2, template_id, unneeded)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(deleted_versions=unneeded, used_versions=used, **report(plan))


if __name__ == "__main__":
    main()
