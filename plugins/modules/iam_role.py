#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_role
short_description: Manage an IAM role with all its policies
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a role with its trust policy, inline and managed policies, boundary and instance profile in
    one step. The options have the names of M(amazon.aws.iam_role), which has no inline policies.
  - Policies are compared as parsed values, not as text. Policies that are not listed are removed.
attributes:
  check_mode:
    support: full
    description: Predicts the role without writing it.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  name:
    description: Name of the role, and of its instance profile.
    type: str
    required: true
  path:
    description: Path of the role. AWS can't change it.
    type: str
    default: /
  description:
    description: What the role is for.
    type: str
    default: ""
  assume_role_policy_document:
    description: Who may assume the role. Required when O(state=present).
    type: dict
  inline_policies:
    description: The inline policies by name.
    type: dict
    default: {}
  managed_policies:
    description: ARNs of the managed policies.
    type: list
    elements: str
    default: []
  boundary:
    description: ARN of the permissions boundary; an empty string means none.
    type: str
    default: ""
  max_session_duration:
    description: How long a session of the role may last, in seconds; 3600 to 43200.
    type: int
    default: 3600
    version_added: 1.1.0
  create_instance_profile:
    description: Whether the role has an instance profile of its name, for EC2.
    type: bool
    default: false
  tags:
    description: Tags of the role and its instance profile.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the role exists. With V(absent), it is first taken out of all its instance profiles, and the one of its name is deleted (TDN-8).
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let a function write its logs
  realtime.aws.iam_role:
    name: production-function-role
    assume_role_policy_document:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Service: lambda.amazonaws.com}
          Action: sts:AssumeRole
    inline_policies:
      logs:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [logs:CreateLogStream, logs:PutLogEvents]
            Resource: arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/production-function:*

- name: Let instances be managed by Systems Manager
  realtime.aws.iam_role:
    name: production-web-server-role
    assume_role_policy_document: "{{ lookup('ansible.builtin.file', 'ec2_trust.json') | from_json }}"
    managed_policies: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore]
    create_instance_profile: true

- name: Remove the role and its instance profile
  realtime.aws.iam_role:
    name: production-web-server-role
    state: absent
"""

RETURN = r"""
role:
  description: The role, C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"arn": "arn:aws:iam::123456789012:role/production-web-server-role", "managed_policies": []}
changes:
  description: What changes, one entry for the role and one for its instance profile.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::IAM::Role", "name": "production-web-server-role", "action": "create"}]
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

ROLE = "AWS::IAM::Role"
PROFILE = "AWS::IAM::InstanceProfile"
# IAM tells all its servers of a new role or boundary one after the other.
SETTLING = ["NoSuchEntity", "MalformedPolicyDocument", "ConcurrentModification"]
TIMEOUT = 60


def same(current: dict[str, Any] | None, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the policy as it is, if it says what is wanted in another way."""
    return current if current and not compare_policies(current, wanted) else wanted


def desired_role(params: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    current = before.get("inline_policies", {})
    return {
        "description": params["description"],
        "max_session_duration": params["max_session_duration"],
        "assume_role_policy_document": same(
            before.get("assume_role_policy_document"), params["assume_role_policy_document"]
        ),
        "inline_policies": {name: same(current.get(name), each) for name, each in params["inline_policies"].items()},
        "managed_policies": sorted(params["managed_policies"]),
        "boundary": params["boundary"],
        "tags": desired_tags(before.get("tags"), params["tags"], params["purge_tags"]),
    }


def items(client: Any, operation: str, key: str, name: str) -> list[Any]:
    pages = client.get_paginator(operation).paginate(RoleName=name)
    return [item for page in pages for item in page[key]]


@missing_is_none("read the role", "NoSuchEntity")
def get_role(client: Any, name: str) -> dict[str, Any]:
    role = client.get_role(RoleName=name)["Role"]
    inline = items(client, "list_role_policies", "PolicyNames", name)
    documents = {each: client.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in inline}
    attached = items(client, "list_attached_role_policies", "AttachedPolicies", name)
    return {
        "arn": role["Arn"],
        "description": role.get("Description", ""),
        "max_session_duration": role.get("MaxSessionDuration", 3600),
        "assume_role_policy_document": role["AssumeRolePolicyDocument"],
        "inline_policies": documents,
        "managed_policies": sorted(policy["PolicyArn"] for policy in attached),
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "tags": boto3_tag_list_to_ansible_dict(role.get("Tags") or []),
    }


@missing_is_none("read the instance profile", "NoSuchEntity")
def get_profile(client: Any, name: str) -> dict[str, Any]:
    profile = client.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    return {
        "arn": profile["Arn"],
        "roles": [role["RoleName"] for role in profile["Roles"]],
        "tags": boto3_tag_list_to_ansible_dict(profile.get("Tags") or []),
    }


def gone(description: str, call: Any) -> Any:
    """Return the call that removes something, for which it is well if that is not there."""
    return missing_is_none(description, "NoSuchEntity")(call)


@written_once("create the role", "EntityAlreadyExists")
def create_role(client: Any, plan: Plan, path: str) -> None:
    desired = plan.desired
    kwargs = {
        "RoleName": plan.name,
        "Path": path,
        "Description": desired["description"],
        "MaxSessionDuration": desired["max_session_duration"],
        "AssumeRolePolicyDocument": json.dumps(desired["assume_role_policy_document"]),
        "Tags": ansible_dict_to_boto3_tag_list(desired["tags"]),
    }
    if desired["boundary"]:
        kwargs["PermissionsBoundary"] = desired["boundary"]
    retry_on(["MalformedPolicyDocument"], lambda: client.create_role(**kwargs), timeout=TIMEOUT)


@named("update the role")
def update_role(client: Any, plan: Plan) -> None:
    name, changes = plan.name, plan.changes
    if changes.get("boundary"):
        client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=changes["boundary"])
    elif "boundary" in changes:
        client.delete_role_permissions_boundary(RoleName=name)
    if changes.keys() & {"description", "max_session_duration"}:
        client.update_role(
            RoleName=name,
            Description=plan.desired["description"],
            MaxSessionDuration=plan.desired["max_session_duration"],
        )
    if "assume_role_policy_document" in changes:
        document = json.dumps(changes["assume_role_policy_document"])
        client.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    to_set, to_remove = tag_changes(plan.before["tags"], plan.desired["tags"])
    if to_remove:
        client.untag_role(RoleName=name, TagKeys=to_remove)
    if to_set:
        client.tag_role(RoleName=name, Tags=ansible_dict_to_boto3_tag_list(to_set))


def write_policies(client: Any, plan: Plan) -> None:
    """Bring inline and managed policies to what they should be: nothing is taken away before its replacement is there."""
    before = plan.before or {"inline_policies": {}, "managed_policies": []}
    for name, document in plan.desired["inline_policies"].items():
        if before["inline_policies"].get(name) != document:
            put_policy(client, plan.name, name, document)
    for arn in plan.desired["managed_policies"]:
        if arn not in before["managed_policies"]:
            attach(client, plan.name, arn)
    drop_policies(
        client,
        plan.name,
        set(before["inline_policies"]) - set(plan.desired["inline_policies"]),
        set(before["managed_policies"]) - set(plan.desired["managed_policies"]),
    )


@named("write the role's policy")
def put_policy(client: Any, role: str, name: str, document: dict[str, Any]) -> None:
    kwargs = {"RoleName": role, "PolicyName": name, "PolicyDocument": json.dumps(document)}
    retry_on(["NoSuchEntity"], lambda: client.put_role_policy(**kwargs), timeout=TIMEOUT)


@named("attach the managed policy")
def attach(client: Any, role: str, arn: str) -> None:
    retry_on(SETTLING, lambda: client.attach_role_policy(RoleName=role, PolicyArn=arn), timeout=TIMEOUT)


def drop_policies(client: Any, role: str, inline: set[str], managed: set[str]) -> None:
    delete = gone("remove the role's policy", client.delete_role_policy)
    detach = gone("detach the managed policy", client.detach_role_policy)
    for name in sorted(inline):
        delete(RoleName=role, PolicyName=name)
    for arn in sorted(managed):
        detach(RoleName=role, PolicyArn=arn)


def leave_profile(client: Any, profile: str, role: str) -> None:
    leave = gone("take the role out of the instance profile", client.remove_role_from_instance_profile)
    leave(InstanceProfileName=profile, RoleName=role)


@written_once("create the instance profile", "EntityAlreadyExists")
def create_profile(client: Any, plan: Plan, path: str) -> None:
    tags = ansible_dict_to_boto3_tag_list(plan.desired["tags"])
    client.create_instance_profile(InstanceProfileName=plan.name, Path=path, Tags=tags)


@written_once("put the role into the instance profile", "LimitExceeded")
def enter_profile(client: Any, profile: str, role: str) -> None:
    kwargs = {"InstanceProfileName": profile, "RoleName": role}
    retry_on(["NoSuchEntity"], lambda: client.add_role_to_instance_profile(**kwargs), timeout=TIMEOUT)


@named("write the instance profile")
def write_profile(client: Any, plan: Plan, path: str) -> None:
    name, before = plan.name, plan.before or {"roles": [], "tags": plan.desired["tags"]}
    if plan.action == "create":
        create_profile(client, plan, path)
        client.get_waiter("instance_profile_exists").wait(
            InstanceProfileName=name, WaiterConfig={"Delay": 1, "MaxAttempts": TIMEOUT}
        )
    to_set, to_remove = tag_changes(before["tags"], plan.desired["tags"])
    if to_remove:
        client.untag_instance_profile(InstanceProfileName=name, TagKeys=to_remove)
    if to_set:
        client.tag_instance_profile(InstanceProfileName=name, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if before["roles"] == plan.desired["roles"]:
        return
    for role in before["roles"]:  # a profile has one role at most
        leave_profile(client, name, role)
    enter_profile(client, name, plan.desired["roles"][0])


def delete_profile(client: Any, plan: Plan) -> None:
    for role in plan.before["roles"]:
        leave_profile(client, plan.name, role)
    gone("delete the instance profile", client.delete_instance_profile)(InstanceProfileName=plan.name)


def delete_role(client: Any, plan: Plan) -> None:
    drop_policies(client, plan.name, set(plan.before["inline_policies"]), set(plan.before["managed_policies"]))
    # A role that was made a moment ago is not known everywhere yet.
    profiles = retry_on(
        ["NoSuchEntity"], lambda: items(client, "list_instance_profiles_for_role", "InstanceProfiles", plan.name), 10
    )
    for profile in profiles:
        leave_profile(client, profile["InstanceProfileName"], plan.name)
    gone("delete the role", client.delete_role)(RoleName=plan.name)


def apply(client: Any, role: Plan, profile: Plan, path: str) -> None:
    """Profile → role to delete (TDN-8), role → profile to make."""
    if profile.action == "delete":
        delete_profile(client, profile)
    if role.action == "delete":
        delete_role(client, role)
    elif role.action == "create":
        create_role(client, role, path)
        client.get_waiter("role_exists").wait(RoleName=role.name, WaiterConfig={"Delay": 1, "MaxAttempts": TIMEOUT})
        write_policies(client, role)
    elif role.action == "update":
        update_role(client, role)
        write_policies(client, role)
    if profile.action in ("create", "update"):
        write_profile(client, profile, path)


def make_plans(client: Any, params: dict[str, Any]) -> tuple[Plan, Plan]:
    """Return the plans for the role and for its instance profile."""
    name, present = params["name"], params["state"] == "present"
    role = get_role(client, name)
    profile = get_profile(client, name) if params["create_instance_profile"] or not present else None
    wanted = None
    if present and params["create_instance_profile"]:
        tags = desired_tags((profile or {}).get("tags"), params["tags"], params["purge_tags"])
        wanted = {"roles": [name], "tags": tags}
    return (
        Plan(ROLE, name, role, desired_role(params, role or {}) if present else None),
        Plan(PROFILE, name, profile, wanted),
    )


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "path": {"type": "str", "default": "/"},
            "description": {"type": "str", "default": ""},
            "assume_role_policy_document": {"type": "dict"},
            "inline_policies": {"type": "dict", "default": {}},
            "managed_policies": {"type": "list", "elements": "str", "default": []},
            "boundary": {"type": "str", "default": ""},
            "max_session_duration": {"type": "int", "default": 3600},
            "create_instance_profile": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["assume_role_policy_document"])],
        supports_check_mode=True,
    )
    client = module.client("iam", retry_decorator=RETRY)
    try:
        role, profile = make_plans(client, module.params)
        after = role.after
        if not module.check_mode and (role.changed or profile.changed):
            apply(client, role, profile, module.params["path"])
            after = get_role(client, module.params["name"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(role=after, **report(role, profile))


if __name__ == "__main__":
    main()
