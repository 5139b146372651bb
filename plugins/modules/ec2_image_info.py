#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_image_info
short_description: Find a machine image, and say which architectures an instance type boots
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Says what an AMI is, and with O(instance_type) whether instances of that type can boot it.
  - An image that is not there, or not for this account, is no failure; nor is an instance type that the region does not have.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  image_id:
    description: Id of the machine image.
    type: str
    required: true
  instance_type:
    description: An instance type.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Find an image
  realtime.aws.ec2_image_info:
    image_id: ami-0a1b2c3d4e5f60718
  register: found

- name: Find out whether an ARM instance boots it
  realtime.aws.ec2_image_info:
    image_id: ami-0a1b2c3d4e5f60718
    instance_type: m7g.large
  register: found

- name: Refuse what would not boot
  ansible.builtin.assert:
    that:
      - found.image.state == 'available'
      - found.image.architecture in found.supported_architectures
"""

RETURN = r"""
image:
  description: The image; C(none) when there is none.
  returned: success
  type: dict
  sample: {"image_id": "ami-0a1b2c3d4e5f60718", "name": "web-2026-11-24", "architecture": "arm64", "state": "available"}
supported_architectures:
  description: What the instance type boots; empty without O(instance_type), and when the region does not have it.
  returned: success
  type: list
  elements: str
  sample: [arm64]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


@missing_is_none("find the image", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")
def get_image(client: Any, image_id: str) -> dict[str, Any] | None:
    images = client.describe_images(ImageIds=[image_id])["Images"]
    if not images:
        return None
    names = {"image_id": "ImageId", "name": "Name", "architecture": "Architecture", "state": "State"}
    return {option: images[0].get(name) for option, name in names.items()}


@missing_is_none("find the instance type", "InvalidInstanceType")
def get_architectures(client: Any, instance_type: str) -> list[str]:
    found = client.describe_instance_types(InstanceTypes=[instance_type])["InstanceTypes"]
    return found[0]["ProcessorInfo"]["SupportedArchitectures"]


def main():
    module = AnsibleAWSModule(
        argument_spec={"image_id": {"type": "str", "required": True}, "instance_type": {"type": "str"}},
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        image = get_image(client, params["image_id"])
        architectures = get_architectures(client, params["instance_type"]) if params["instance_type"] else []
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, image=image, supported_architectures=architectures or [])


if __name__ == "__main__":
    main()
