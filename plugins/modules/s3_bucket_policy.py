#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket_policy
short_description: Manage the policy of an S3 bucket
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Writes and deletes the policy of a bucket that somebody else manages, as when the policy names what is made later.
  - Policies are compared by meaning, so order, white space and single values in place of lists are no change.
attributes:
  check_mode:
    support: full
    description: Predicts the policy without writing it. The bucket need not exist.
  diff_mode:
    support: full
    description: Shows the policy before and after.
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
  policy:
    description: The policy. Required when O(state=present), and when O(purge_statements=false).
    type: dict
  purge_statements:
    description:
      - Whether statements that are not in O(policy) are removed. With V(false), each statement of O(policy) takes the place of one of the
        same Sid, and O(state=absent) removes just these.
    type: bool
    default: true
  state:
    description: Whether the bucket has a policy.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let nobody in without TLS
  realtime.aws.s3_bucket_policy:
    name: production-static-assets
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Deny
          Principal: "*"
          Action: s3:*
          Resource: [arn:aws:s3:::production-static-assets, arn:aws:s3:::production-static-assets/*]
          Condition: {Bool: {aws:SecureTransport: "false"}}

- name: Take the policy from a file
  realtime.aws.s3_bucket_policy:
    name: production-static-assets
    policy: "{{ lookup('ansible.builtin.file', 'policy.json') | from_json }}"

- name: Take back what was added to the policy of somebody else's bucket
  realtime.aws.s3_bucket_policy:
    name: company-assets
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: CdnReads
          Effect: Allow
          Principal: {Service: cloudfront.amazonaws.com}
          Action: s3:GetObject
          Resource: arn:aws:s3:::company-assets/static/*
          Condition: {StringEquals: {aws:SourceArn: "arn:aws:cloudfront::123456789012:distribution/E2QWRUHEXAMPLE"}}
    purge_statements: false
    state: absent

- name: Remove the policy
  realtime.aws.s3_bucket_policy:
    name: production-static-assets
    state: absent
"""

RETURN = r"""
policy:
  description: The policy, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample: {"Version": "2012-10-17", "Statement": []}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::S3::BucketPolicy", "name": "production-static-assets", "action": "create"}]
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, missing_is_none, named, report
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.statements import with_statements, without_statements

KIND = "AWS::S3::BucketPolicy"


@missing_is_none("read the bucket policy", "NoSuchBucketPolicy", "NoSuchBucket")
def get_policy(client: Any, name: str) -> dict[str, Any]:
    return {"policy": json.loads(client.get_bucket_policy(Bucket=name)["Policy"])}


@named("write the bucket policy")
def put_policy(client: Any, name: str, policy: dict[str, Any]) -> None:
    client.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


@missing_is_none("delete the bucket policy", "NoSuchBucket")
def delete_policy(client: Any, name: str) -> None:
    client.delete_bucket_policy(Bucket=name)


def desired(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any] | None:
    """Return the policy wanted, in the present spelling when that means the same."""
    current, policy, present = (before or {}).get("policy"), params["policy"], params["state"] == "present"
    if not params["purge_statements"]:
        wanted = with_statements(current, policy) if present else without_statements(current, policy)
    else:
        same = current is not None and present and not compare_policies(current, policy)
        wanted = current if same else policy if present else None
    return {"policy": wanted} if wanted else None


def apply(client: Any, plan: Plan) -> None:
    if plan.action == "delete":
        delete_policy(client, plan.name)
    elif plan.changed:
        put_policy(client, plan.name, plan.desired["policy"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "policy": {"type": "dict"},
            "purge_statements": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["policy"]), ("purge_statements", False, ["policy"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("s3", retry_decorator=RETRY)
    try:
        before = get_policy(client, params["name"])
        plan = Plan(KIND, params["name"], before, desired(before, params))
        if not module.check_mode:
            apply(client, plan)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(policy=(plan.after or {}).get("policy"), **report(plan))


if __name__ == "__main__":
    main()
