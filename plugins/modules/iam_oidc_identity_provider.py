#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_oidc_identity_provider
short_description: Manage an OpenID Connect identity provider of IAM
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a provider, by which roles can be assumed with the tokens of an issuer such as GitHub Actions, without long-lived keys.
  - >-
    An account has one provider an issuer, whoever made it, so others may use it too. Therefore it is not deleted as long as the trust policy of
    a role names it, unless told otherwise. An option that is omitted is left alone.
attributes:
  check_mode:
    support: full
    description: Predicts the provider without writing it.
  diff_mode:
    support: full
    description: Shows what changes, before and after.
options:
  url:
    description: URL of the issuer, such as V(https://token.actions.githubusercontent.com), as in its tokens' claim C(iss).
    type: str
    required: true
  client_id_list:
    description: The audiences that tokens may be for, as in their claim C(aud); up to 100.
    type: list
    elements: str
  purge_client_ids:
    description: Whether audiences that are not in O(client_id_list) are removed.
    type: bool
    default: true
  thumbprint_list:
    description: >-
      Thumbprints of the certificate authorities that the issuer's server may be certified by, up to 5. AWS finds one itself when they are omitted,
      and looks at none where it knows the authority, as it does for GitHub.
    type: list
    elements: str
  tags:
    description: Tags of the provider.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  keep_while_trusted:
    description: With O(state=absent), whether the provider stays while the trust policy of a role of the account names it.
    type: bool
    default: true
  disregard_roles:
    description: Names of roles that do not count for O(keep_while_trusted), such as one that is about to be removed as well.
    type: list
    elements: str
    default: []
  state:
    description: Whether the provider exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Trust the tokens that GitHub Actions gives out for AWS
  realtime.aws.iam_oidc_identity_provider:
    url: https://token.actions.githubusercontent.com
    client_id_list: [sts.amazonaws.com]

- name: Make sure of an audience, and leave those of others alone
  realtime.aws.iam_oidc_identity_provider:
    url: https://token.actions.githubusercontent.com
    client_id_list: [sts.amazonaws.com]
    purge_client_ids: false

- name: Remove the provider, unless a role other than this one trusts it
  realtime.aws.iam_oidc_identity_provider:
    url: https://token.actions.githubusercontent.com
    disregard_roles: [production-deploy]
    state: absent
"""

RETURN = r"""
provider:
  description: The provider, C(none) when it is absent; in check mode as it would be, without C(arn) where it is yet to be made.
  returned: success
  type: dict
  sample:
    arn: arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com
    client_id_list: [sts.amazonaws.com]
    thumbprint_list: []
    tags: {Project: realtime}
trusted_by:
  description: With O(state=absent), names of the roles that the provider is kept for.
  returned: success
  type: list
  elements: str
  sample: [staging-deploy]
changes:
  description: What changes.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::IAM::OIDCProvider", "name": "token.actions.githubusercontent.com", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
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

KIND = "AWS::IAM::OIDCProvider"
# IAM refuses changes that overlap, such as those of two environments that share the provider.
BUSY = ["ConcurrentModification"]


def issuer(url: str) -> str:
    """Return the URL as ARNs and condition keys have it."""
    return url.removeprefix("https://").rstrip("/")


def desired_provider(params: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in the shape in which a provider is read."""
    wanted: dict[str, Any] = {}
    if params["client_id_list"] is not None:
        kept = [] if params["purge_client_ids"] else before.get("client_id_list", [])
        wanted["client_id_list"] = sorted({*kept, *params["client_id_list"]})
    if params["thumbprint_list"] is not None:
        wanted["thumbprint_list"] = sorted(each.lower() for each in params["thumbprint_list"])
    if params["tags"] is not None:
        wanted["tags"] = desired_tags(before.get("tags"), params["tags"], params["purge_tags"])
    return wanted


def federated(document: dict[str, Any]) -> list[str]:
    """Return the identity providers that a trust policy lets in."""
    statements = document.get("Statement", [])
    found: list[str] = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        if isinstance(principal, dict) and statement.get("Effect") == "Allow":
            arns = principal.get("Federated", [])
            found += [arns] if isinstance(arns, str) else arns
    return found


@named("list the roles")
def trusting_roles(client: Any, arn: str) -> list[str]:
    """Return the names of the roles that can be assumed by way of the provider."""
    pages = client.get_paginator("list_roles").paginate()
    roles = [role for page in pages for role in page["Roles"]]
    return sorted(role["RoleName"] for role in roles if arn in federated(role["AssumeRolePolicyDocument"]))


@missing_is_none("read the identity provider", "NoSuchEntity")
def get_provider(client: Any, name: str) -> dict[str, Any] | None:
    arns = [each["Arn"] for each in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    arn = next((arn for arn in arns if arn.split(":oidc-provider/")[-1] == name), None)
    if not arn:
        return None
    found = client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return {
        "arn": arn,
        "client_id_list": sorted(found.get("ClientIDList") or []),
        "thumbprint_list": sorted(found.get("ThumbprintList") or []),
        "tags": boto3_tag_list_to_ansible_dict(found.get("Tags") or []),
    }


@written_once("create the identity provider", "EntityAlreadyExists")
def create_provider(client: Any, plan: Plan) -> None:
    desired = plan.desired
    arguments: dict[str, Any] = {"ClientIDList": desired.get("client_id_list", [])}
    if desired.get("thumbprint_list"):
        arguments["ThumbprintList"] = desired["thumbprint_list"]
    if desired.get("tags"):
        arguments["Tags"] = ansible_dict_to_boto3_tag_list(desired["tags"])
    client.create_open_id_connect_provider(Url=f"https://{plan.name}", **arguments)


@named("update the identity provider")
def update_provider(client: Any, plan: Plan) -> None:
    before, after = plan.before, plan.after

    def change(operation: str, **arguments: Any) -> None:
        call = getattr(client, f"{operation}_open_id_connect_provider")
        retry_on(BUSY, lambda: call(OpenIDConnectProviderArn=before["arn"], **arguments), timeout=30)

    for each in sorted(set(after["client_id_list"]) - set(before["client_id_list"])):
        change("add_client_id_to", ClientID=each)
    for each in sorted(set(before["client_id_list"]) - set(after["client_id_list"])):
        change("remove_client_id_from", ClientID=each)
    if "thumbprint_list" in plan.changes:
        client.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=before["arn"], ThumbprintList=after["thumbprint_list"]
        )
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_remove:
        change("untag", TagKeys=to_remove)
    if to_set:
        change("tag", Tags=ansible_dict_to_boto3_tag_list(to_set))


@missing_is_none("delete the identity provider", "NoSuchEntity")
def delete_provider(client: Any, arn: str) -> None:
    client.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_provider(client, plan.before["arn"])
    elif plan.action == "create":
        create_provider(client, plan)
    elif plan.changed:
        update_provider(client, plan)


def keepers(client: Any, params: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    """Return the roles for whose sake the provider can't go."""
    if params["state"] == "present" or not before or not params["keep_while_trusted"]:
        return []
    return [role for role in trusting_roles(client, before["arn"]) if role not in params["disregard_roles"]]


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "client_id_list": {"type": "list", "elements": "str"},
            "purge_client_ids": {"type": "bool", "default": True},
            "thumbprint_list": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "keep_while_trusted": {"type": "bool", "default": True},
            "disregard_roles": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    name = issuer(params["url"])
    client = module.client("iam", retry_decorator=RETRY)
    try:
        before = get_provider(client, name)
        trusted_by = keepers(client, params, before)
        if params["state"] == "present":
            wanted = desired_provider(params, before or {})
        else:
            wanted = {} if trusted_by else None
        plan = Plan(KIND, name, before, wanted)
        after = plan.after
        if plan.changed and not module.check_mode:
            apply(client, plan)
            after = get_provider(client, name)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(provider=after, trusted_by=trusted_by, **report(plan))


if __name__ == "__main__":
    main()
