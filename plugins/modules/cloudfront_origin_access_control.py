#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_origin_access_control
short_description: Manage an origin access control of CloudFront
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes an origin access control, by which CloudFront signs its requests to a private origin.
  - It is known by its name, which is unique in an account; CloudFront gives it no tags.
attributes:
  check_mode:
    support: full
    description: Predicts the origin access control without writing it.
  diff_mode:
    support: full
    description: Shows the settings before and after.
options:
  name:
    description: Its name; at most 64 characters.
    type: str
    required: true
  description:
    description: What it is for.
    type: str
    default: ""
  origin_type:
    description: What kind of origin it is for.
    type: str
    choices: [s3, lambda, mediastore, mediapackagev2]
    default: s3
  signing_behavior:
    description: Which requests are signed.
    type: str
    choices: [always, never, no-override]
    default: always
  state:
    description: Whether it exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let CloudFront sign its requests to a bucket
  realtime.aws.cloudfront_origin_access_control:
    name: production-static-assets
  register: control

- name: Leave requests alone that the viewer has signed
  realtime.aws.cloudfront_origin_access_control:
    name: production-static-assets
    signing_behavior: no-override

- name: Remove it, after the distribution
  realtime.aws.cloudfront_origin_access_control:
    name: production-static-assets
    state: absent
"""

RETURN = r"""
origin_access_control_id:
  description: Its id, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: str
  sample: E2QWRUHAPOMQZL
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CloudFront::OriginAccessControl", "name": "production-static-assets", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.cloudfront import find_origin_access_control
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    missing_is_none,
    report,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::CloudFront::OriginAccessControl"


def normalize(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the managed attributes of what CloudFront lists."""
    if summary is None:
        return None
    return {
        "description": summary.get("Description") or "",
        "origin_type": summary["OriginAccessControlOriginType"],
        "signing_behavior": summary["SigningBehavior"],
        "signing_protocol": summary["SigningProtocol"],
    }


def build_config(name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": name,
        "Description": wanted["description"],
        "OriginAccessControlOriginType": wanted["origin_type"],
        "SigningBehavior": wanted["signing_behavior"],
        "SigningProtocol": wanted["signing_protocol"],
    }


@written_once("create the origin access control", "OriginAccessControlAlreadyExists")
def create_control(client: Any, config: dict[str, Any]) -> None:
    client.create_origin_access_control(OriginAccessControlConfig=config)


@written_once("update the origin access control", "PreconditionFailed", "InvalidIfMatchVersion")
def update_control(client: Any, control_id: str, config: dict[str, Any]) -> None:
    etag = client.get_origin_access_control(Id=control_id)["ETag"]
    client.update_origin_access_control(Id=control_id, IfMatch=etag, OriginAccessControlConfig=config)


@missing_is_none("delete the origin access control", "NoSuchOriginAccessControl")
def delete_control(client: Any, control_id: str) -> None:
    etag = client.get_origin_access_control(Id=control_id)["ETag"]
    client.delete_origin_access_control(Id=control_id, IfMatch=etag)


def apply(client: Any, plan: Plan, control_id: str | None) -> str | None:
    """Write the plan; return the id of what is there then."""
    if plan.action == "delete":
        return delete_control(client, control_id)
    config = build_config(plan.name, plan.desired)
    if plan.action == "create":
        create_control(client, config)
        return wait_until(f"AWS to list {plan.name}", lambda: find_origin_access_control(client, plan.name), 60)["Id"]
    update_control(client, control_id, config)
    return control_id


def main():
    types = ["s3", "lambda", "mediastore", "mediapackagev2"]
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "description": {"type": "str", "default": ""},
            "origin_type": {"type": "str", "choices": types, "default": "s3"},
            "signing_behavior": {"type": "str", "choices": ["always", "never", "no-override"], "default": "always"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    wanted = {key: params[key] for key in ("description", "origin_type", "signing_behavior")}
    desired = {**wanted, "signing_protocol": "sigv4"} if params["state"] == "present" else None
    client = module.client("cloudfront", retry_decorator=RETRY)
    try:
        control = find_origin_access_control(client, params["name"])
        control_id = control["Id"] if control else None
        plan = Plan(KIND, params["name"], normalize(control), desired)
        if plan.changed and not module.check_mode:
            control_id = apply(client, plan, control_id)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(origin_access_control_id=control_id, **report(plan))


if __name__ == "__main__":
    main()
