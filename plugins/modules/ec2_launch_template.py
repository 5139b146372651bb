#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_launch_template
short_description: Manage an EC2 launch template
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates and deletes a launch template, and adds a version when what it describes changes.
  - The options are the whole content. What is omitted is not in the new version; unlike in
    M(amazon.aws.ec2_launch_template), nothing is inherited from an older version, so a field can be removed.
    With O(source_version) they are what differs from that version.
  - No version is added when the content equals that of O(current_version) or of the newest version.
  - The default version of the template stays as it is. Use the number that RV(version) returns.
attributes:
  check_mode:
    support: full
    description: Predicts the version number without writing it.
  diff_mode:
    support: full
    description: Shows which fields change, user data as text.
options:
  template_name:
    description: Name of the launch template; 3 to 128 letters, digits and C(()./_-).
    type: str
    required: true
    aliases: [name]
  current_version:
    description: The version to compare with, such as the one that a group uses. The newest when omitted.
    type: int
  source_version:
    description:
      - The version that a new one is made from. What is omitted stays as it is there, and the tags of O(tag_specifications) are added
        to those that are there.
      - It must exist.
    type: int
  user_data_variables:
    description:
      - Values for shell variables in the user data of O(source_version), where a line C(NAME='value') sets each of them. Values have no
        quotes and one line.
      - It fails when there is no such line.
    type: dict
  version_description:
    description: What a new version is; up to 255 characters. It is not compared.
    type: str
  image_id:
    description: The machine image.
    type: str
  instance_type:
    description: The instance type.
    type: str
  iam_instance_profile:
    description: Name or ARN of the instance profile.
    type: str
  key_name:
    description: Name of the SSH key pair.
    type: str
  security_group_ids:
    description: Ids of the security groups.
    type: list
    elements: str
  user_data:
    description: What runs at the first boot, in base64; up to 16 KB before that.
    type: str
  ebs_optimized:
    description: Whether the instance is EBS-optimized.
    type: bool
  monitoring:
    description: Detailed monitoring.
    type: dict
    suboptions:
      enabled:
        description: Whether metrics come each minute instead of each five.
        type: bool
        default: false
  metadata_options:
    description: The instance metadata service. When omitted, without O(source_version), only the second version of the service is enabled.
    type: dict
    suboptions:
      http_endpoint:
        description: Whether there is a metadata service.
        type: str
        choices: [enabled, disabled]
        default: enabled
      http_tokens:
        description: Whether requests need a token, which makes it the second version of the service.
        type: str
        choices: [required, optional]
        default: required
      http_put_response_hop_limit:
        description: How many network hops an answer may take, 1 to 64; containers need 2.
        type: int
        default: 1
      http_protocol_ipv6:
        description: Whether it answers on IPv6.
        type: str
        choices: [enabled, disabled]
        default: disabled
      instance_metadata_tags:
        description: Whether the instance can read its tags there; tag keys may then have neither spaces nor slashes.
        type: str
        choices: [enabled, disabled]
        default: disabled
  block_device_mappings:
    description: The volumes.
    type: list
    elements: dict
    suboptions:
      device_name:
        description: The device's name, such as V(/dev/xvda).
        type: str
        required: true
      ebs:
        description: The volume.
        type: dict
        suboptions:
          volume_size:
            description: Size in GiB.
            type: int
          volume_type:
            description: Type of the volume.
            type: str
            choices: [gp3, gp2, io2, io1, st1, sc1, standard]
          iops:
            description: Operations per second.
            type: int
          throughput:
            description: MiB per second.
            type: int
          encrypted:
            description: Whether it is encrypted.
            type: bool
          kms_key_id:
            description: Id or ARN of the KMS key; AWS's own when omitted.
            type: str
          delete_on_termination:
            description: Whether it goes with the instance.
            type: bool
          snapshot_id:
            description: The snapshot it is made from.
            type: str
  tag_specifications:
    description: Tags for what is launched; O(tags) are those of the launch template itself.
    type: list
    elements: dict
    suboptions:
      resource_type:
        description: What gets the tags.
        type: str
        choices: [instance, volume, network-interface, spot-instances-request]
        default: instance
      tags:
        description: The tags.
        type: dict
        default: {}
  state:
    description: Whether the launch template exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Describe a web server
  realtime.aws.ec2_launch_template:
    template_name: production-web-server-template
    image_id: ami-0a1b2c3d4e5f60718
    instance_type: t3.medium
    security_group_ids: [sg-0a1b2c3d]
    iam_instance_profile: arn:aws:iam::123456789012:instance-profile/production-web-server-role
    user_data: "{{ lookup('ansible.builtin.template', 'user_data.sh.j2') | b64encode }}"
    metadata_options: {http_put_response_hop_limit: 2}
    block_device_mappings:
      - device_name: /dev/xvda
        ebs: {volume_size: 20, volume_type: gp3, encrypted: true, delete_on_termination: true}
    tag_specifications:
      - {resource_type: instance, tags: {Name: production-web}}

- name: Add a version only when the content differs from the version that a group uses
  realtime.aws.ec2_launch_template:
    template_name: production-web-server-template
    current_version: 7
    image_id: ami-0a1b2c3d4e5f60718
    instance_type: t3.large
  register: template

- name: Change the image that the boot script starts, and nothing else
  realtime.aws.ec2_launch_template:
    template_name: production-web-server-template
    source_version: 7
    user_data_variables:
      IMAGE: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

- name: Remove the launch template with all versions
  realtime.aws.ec2_launch_template:
    template_name: production-web-server-template
    state: absent
"""

RETURN = r"""
launch_template_id:
  description: Id of the launch template; C(none) when it is absent, also in check mode before it is made.
  returned: success
  type: str
  sample: lt-0a1b2c3d4e5f60718
version:
  description: Number of the version with this content; C(none) when the launch template is absent.
  returned: success
  type: int
  sample: 8
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::LaunchTemplate", "name": "production-web-server-template", "action": "update", "note": "version 8"}]
"""

import base64
import binascii
import re
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    first,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::EC2::LaunchTemplate"
USER_DATA_LIMIT = 16384
METADATA_DEFAULTS = {
    "http_endpoint": "enabled",
    "http_tokens": "required",
    "http_put_response_hop_limit": 1,
    "http_protocol_ipv6": "disabled",
    "instance_metadata_tags": "disabled",
}
METADATA = {
    "http_endpoint": "HttpEndpoint",
    "http_tokens": "HttpTokens",
    "http_put_response_hop_limit": "HttpPutResponseHopLimit",
    "http_protocol_ipv6": "HttpProtocolIpv6",
    "instance_metadata_tags": "InstanceMetadataTags",
}
EBS = {
    "volume_size": "VolumeSize",
    "volume_type": "VolumeType",
    "iops": "Iops",
    "throughput": "Throughput",
    "encrypted": "Encrypted",
    "kms_key_id": "KmsKeyId",
    "delete_on_termination": "DeleteOnTermination",
    "snapshot_id": "SnapshotId",
}
SIMPLE = {
    "image_id": "ImageId",
    "instance_type": "InstanceType",
    "key_name": "KeyName",
    "security_group_ids": "SecurityGroupIds",
    "user_data": "UserData",
    "ebs_optimized": "EbsOptimized",
}


def renamed(options: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the options that are given, under AWS's names."""
    return {name: options[option] for option, name in names.items() if options.get(option) is not None}


def build_data(params: dict[str, Any]) -> dict[str, Any]:
    """Return the content in AWS's form, without what is omitted."""
    data = renamed(params, SIMPLE)
    if metadata := params["metadata_options"] or (METADATA_DEFAULTS if params["source_version"] is None else None):
        data["MetadataOptions"] = renamed(metadata, METADATA)
    if params["iam_instance_profile"]:
        key = "Arn" if params["iam_instance_profile"].startswith("arn:") else "Name"
        data["IamInstanceProfile"] = {key: params["iam_instance_profile"]}
    if params["monitoring"]:
        data["Monitoring"] = {"Enabled": params["monitoring"]["enabled"]}
    if params["block_device_mappings"]:
        data["BlockDeviceMappings"] = [
            {"DeviceName": device["device_name"], **({"Ebs": renamed(device["ebs"], EBS)} if device["ebs"] else {})}
            for device in params["block_device_mappings"]
        ]
    if params["tag_specifications"]:
        data["TagSpecifications"] = [
            {"ResourceType": each["resource_type"], "Tags": ansible_dict_to_boto3_tag_list(each["tags"])}
            for each in params["tag_specifications"]
            if each["tags"]
        ]
    return data


def set_variables(user_data: str, variables: dict[str, str]) -> str:
    """Return the user data, in base64 like the given one, with the values of its shell variables replaced."""
    script = base64.b64decode(user_data).decode()
    for name, value in variables.items():
        if not re.fullmatch(r"[^'\r\n]*", str(value)):
            raise AnsibleAWSError(message=f"user_data_variables: {name} is {value!r}; allowed: one line without quotes")
        script, found = re.subn(
            rf"^{re.escape(name)}='[^']*'$", lambda _, line=f"{name}='{value}'": line, script, flags=re.MULTILINE
        )
        if found != 1:
            message = f"The user data has {found} lines {name}='...', and one is needed to set the variable {name}"
            raise AnsibleAWSError(message=message)
    return base64.b64encode(script.encode()).decode()


def changes_to(source: dict[str, Any], data: dict[str, Any], variables: dict[str, str] | None) -> dict[str, Any]:
    """Return what of the content, all of it in AWS's form, replaces the source's."""
    changes = dict(data)
    if variables:
        changes["UserData"] = set_variables(source.get("UserData", ""), variables)
    if "TagSpecifications" in data:
        tags = {each["ResourceType"]: each["Tags"] for each in source.get("TagSpecifications", [])}
        for each in data["TagSpecifications"]:
            given = {tag["Key"] for tag in each["Tags"]}
            kept = [tag for tag in tags.get(each["ResourceType"], []) if tag["Key"] not in given]
            tags[each["ResourceType"]] = kept + each["Tags"]
        changes["TagSpecifications"] = [{"ResourceType": kind, "Tags": each} for kind, each in tags.items()]
    return changes


def normalize_data(data: dict[str, Any]) -> dict[str, Any]:
    """Return content, AWS's or ours, in one form: no empty fields, no order where there is none, user data as text."""
    found = {key: value for key, value in data.items() if value not in (None, "", [], {})}
    if "MetadataOptions" in found:  # AWS adds whether the options are applied yet
        found["MetadataOptions"] = {key: value for key, value in found["MetadataOptions"].items() if key != "State"}
    if "SecurityGroupIds" in found:
        found["SecurityGroupIds"] = sorted(found["SecurityGroupIds"])
    if "TagSpecifications" in found:
        found["TagSpecifications"] = {
            each["ResourceType"]: boto3_tag_list_to_ansible_dict(each["Tags"]) for each in found["TagSpecifications"]
        }
    if "UserData" in found:
        found["UserData"] = base64.b64decode(found["UserData"]).decode(errors="replace")
    return found


def user_data_fault(user_data: str | None) -> str | None:
    """Say what AWS would refuse."""
    try:
        size = len(base64.b64decode(user_data or "", validate=True))
    except binascii.Error:
        return "user_data is not base64"
    if size > USER_DATA_LIMIT:
        return f"user_data has {size} bytes before base64, and AWS takes {USER_DATA_LIMIT}"
    return None


@missing_is_none("find the launch template", "InvalidLaunchTemplateName.NotFoundException")
def find(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"])


@missing_is_none("read a version", "InvalidLaunchTemplateId.VersionNotFound")
def read_version(client: Any, template_id: str, number: int) -> dict[str, Any]:
    response = client.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=[str(number)])
    return response["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def read_source(client: Any, template: dict[str, Any] | None, number: int) -> dict[str, Any]:
    source = read_version(client, template["LaunchTemplateId"], number) if template else None
    if source is None:
        raise AnsibleAWSError(message=f"source_version is {number}; allowed: a version of the launch template")
    return source


@named("create the launch template")
def create(client: Any, name: str, data: dict[str, Any], description: str | None, tags: dict[str, str]) -> str:
    specification = {"ResourceType": "launch-template", "Tags": ansible_dict_to_boto3_tag_list(tags)}
    response = client.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=data,
        **({"VersionDescription": description} if description else {}),
        **({"TagSpecifications": [specification]} if tags else {}),
    )
    made = response["LaunchTemplate"]["LaunchTemplateId"]
    await_listed([made], lambda: [find(client, name) or {}])
    return made


@named("add a version to the launch template")
def add_version(
    client: Any, template_id: str, data: dict[str, Any], source: int | None, description: str | None
) -> int:
    # IDM-3: without a source version nothing is inherited.
    response = client.create_launch_template_version(
        LaunchTemplateId=template_id,
        LaunchTemplateData=data,
        **({"SourceVersion": str(source)} if source is not None else {}),
        **({"VersionDescription": description} if description else {}),
    )
    return response["LaunchTemplateVersion"]["VersionNumber"]


@named("write the launch template's tags")
def write_tags(client: Any, template_id: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_remove:
        client.delete_tags(Resources=[template_id], Tags=[{"Key": key} for key in to_remove])
    if to_set:
        client.create_tags(Resources=[template_id], Tags=ansible_dict_to_boto3_tag_list(to_set))


@missing_is_none(
    "delete the launch template", "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"
)
def delete(client: Any, template_id: str) -> None:
    client.delete_launch_template(LaunchTemplateId=template_id)


def read_current(
    client: Any, template: dict[str, Any], wanted: dict[str, Any], number: int | None
) -> tuple[int, dict[str, Any]]:
    """Return the version to compare with; an interrupted run may have left what is wanted in the newest."""
    template_id, newest = template["LaunchTemplateId"], template["LatestVersionNumber"]
    found = read_version(client, template_id, number) if number else None
    current = normalize_data(found) if found else None
    if current is None or current != wanted:
        newest_data = normalize_data(read_version(client, template_id, newest))
        if current is None or newest_data == wanted:
            return newest, newest_data
    return number, current


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "template_name": {"type": "str", "required": True, "aliases": ["name"]},
            "current_version": {"type": "int"},
            "source_version": {"type": "int"},
            "user_data_variables": {"type": "dict"},
            "version_description": {"type": "str"},
            "image_id": {"type": "str"},
            "instance_type": {"type": "str"},
            "iam_instance_profile": {"type": "str"},
            "key_name": {"type": "str", "no_log": False},
            "security_group_ids": {"type": "list", "elements": "str"},
            "user_data": {"type": "str"},
            "ebs_optimized": {"type": "bool"},
            "monitoring": {"type": "dict", "options": {"enabled": {"type": "bool", "default": False}}},
            "metadata_options": {
                "type": "dict",
                "options": {
                    "http_endpoint": {"type": "str", "choices": ["enabled", "disabled"], "default": "enabled"},
                    "http_tokens": {
                        "type": "str",
                        "choices": ["required", "optional"],
                        "default": "required",
                        "no_log": False,
                    },
                    "http_put_response_hop_limit": {"type": "int", "default": 1},
                    "http_protocol_ipv6": {"type": "str", "choices": ["enabled", "disabled"], "default": "disabled"},
                    "instance_metadata_tags": {
                        "type": "str",
                        "choices": ["enabled", "disabled"],
                        "default": "disabled",
                    },
                },
            },
            "block_device_mappings": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "device_name": {"type": "str", "required": True},
                    "ebs": {
                        "type": "dict",
                        "options": {
                            "volume_size": {"type": "int"},
                            "volume_type": {
                                "type": "str",
                                "choices": ["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"],
                            },
                            "iops": {"type": "int"},
                            "throughput": {"type": "int"},
                            "encrypted": {"type": "bool"},
                            "kms_key_id": {"type": "str"},
                            "delete_on_termination": {"type": "bool"},
                            "snapshot_id": {"type": "str"},
                        },
                    },
                },
            },
            "tag_specifications": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "resource_type": {
                        "type": "str",
                        "choices": ["instance", "volume", "network-interface", "spot-instances-request"],
                        "default": "instance",
                    },
                    "tags": {"type": "dict", "default": {}},
                },
            },
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        mutually_exclusive=[("user_data", "user_data_variables")],
        required_by={"user_data_variables": "source_version"},
        supports_check_mode=True,
    )
    params = module.params
    if fault := user_data_fault(params["user_data"]):
        module.fail_json(msg=fault)
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        result = ensure_present(client, module) if params["state"] == "present" else ensure_absent(client, module)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


def ensure_present(client: Any, module: AnsibleAWSModule) -> dict[str, Any]:
    params, name = module.params, module.params["template_name"]
    data, source_version = build_data(params), params["source_version"]
    template = find(client, name)
    source = {}
    if source_version is not None:
        source = read_source(client, template, source_version)
        data = changes_to(source, data, params["user_data_variables"])
    wanted = normalize_data({**source, **data})
    if template is None:
        desired = {**wanted, "tags": desired_tags(None, params["tags"], params["purge_tags"])}
        plan = Plan(KIND, name, None, desired, note="version 1")
        made = None if module.check_mode else create(client, name, data, params["version_description"], desired["tags"])
        return {"launch_template_id": made, "version": 1, **report(plan)}

    template_id = template["LaunchTemplateId"]
    number, current = read_current(client, template, wanted, params["current_version"])
    if current != wanted:
        number = template["LatestVersionNumber"] + 1
    tags = boto3_tag_list_to_ansible_dict(template.get("Tags", []))
    plan = Plan(
        KIND,
        name,
        {**current, "tags": tags},
        {**dict.fromkeys(current), **wanted, "tags": desired_tags(tags, params["tags"], params["purge_tags"])},
        note=f"version {number}",
    )
    if not module.check_mode:
        if current != wanted:
            number = add_version(client, template_id, data, source_version, params["version_description"])
        write_tags(client, template_id, tags, plan.desired["tags"])
    return {"launch_template_id": template_id, "version": number, **report(plan)}


def ensure_absent(client: Any, module: AnsibleAWSModule) -> dict[str, Any]:
    name = module.params["template_name"]
    template = find(client, name)
    plan = Plan(KIND, name, template, None)
    if plan.changed and not module.check_mode:
        delete(client, template["LaunchTemplateId"])
    return {"launch_template_id": None, "version": None, **report(plan)}


if __name__ == "__main__":
    main()
