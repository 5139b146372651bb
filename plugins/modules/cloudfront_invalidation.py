#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_invalidation
short_description: Make CloudFront forget what it has cached
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Starts an invalidation of paths, and waits until no edge location serves what it had cached of them.
  - Each run starts one, unless there are no paths or O(modified) says that one was started since, so run it for what has changed;
    then it is idempotent with what changes it.
attributes:
  check_mode:
    support: full
    description: Says what would be invalidated.
  diff_mode:
    support: full
    description: Shows the paths.
options:
  distribution_id:
    description: Id of the distribution.
    type: str
    required: true
  paths:
    description:
      - Paths with a leading slash, as viewers ask for them; C(*) at the end stands for all below. Nothing is done when there are none.
      - AWS invalidates up to 3000 paths and 15 with C(*) at a time, and bills each beyond 1000 a month, where one with C(*) is one.
    type: list
    elements: str
    required: true
  modified:
    description:
      - When the last of what the paths stand for was modified, in ISO 8601. An invalidation of all paths that was started after that, by
        a run that was interrupted, does instead of a new one.
      - When omitted, a new one is started.
    type: str
  wait:
    description: Whether to wait until it is complete.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Serve the new stylesheet from now on
  realtime.aws.cloudfront_invalidation:
    distribution_id: E1A2B3C4D5E6F7
    paths: [/static/css/site.css]

- name: Forget what changed, and go on at once
  realtime.aws.cloudfront_invalidation:
    distribution_id: E1A2B3C4D5E6F7
    paths: "{{ uploaded.changed_keys | map('regex_replace', '^', '/') }}"
    wait: false

- name: Forget what an interrupted run has uploaded, unless it has seen to that
  realtime.aws.cloudfront_invalidation:
    distribution_id: E1A2B3C4D5E6F7
    paths: "{{ uploaded.modified_keys | map('regex_replace', '^', '/') }}"
    modified: "{{ uploaded.modified or omit }}"

- name: Forget all static assets
  realtime.aws.cloudfront_invalidation:
    distribution_id: E1A2B3C4D5E6F7
    paths: [/static/*]
"""

RETURN = r"""
invalidation:
  description: The invalidation that was started or found; C(none) when there are no paths, and when check mode would start one.
  returned: success
  type: dict
  sample: {"id": "I2J3K4L5M6N7O8", "status": "Completed", "paths": ["/static/css/site.css"]}
changes:
  description: What changes, one entry or none.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CloudFront::Distribution", "name": "E1A2B3C4D5E6F7", "action": "update", "note": "1 path is invalidated"}]
"""

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    instant,
    named,
    report,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::CloudFront::Distribution"
GRAIN = timedelta(seconds=1)  # S3 tells times of modification in whole seconds


def normalize_path(path: str) -> str:
    """Return the path as CloudFront caches by it: what a URL can't hold is escaped."""
    return quote(path, safe="/*%~!$&'()+,;=:@-._?")


@named("look for an invalidation")
def find_invalidation(client: Any, distribution_id: str, paths: list[str], modified: datetime) -> str | None:
    """Return the id of an invalidation of these paths, or more, that was started after they were modified."""
    for page in client.get_paginator("list_invalidations").paginate(DistributionId=distribution_id):
        for each in page["InvalidationList"].get("Items", []):
            if each["CreateTime"] < modified + GRAIN:  # the newest are listed first
                return None
            found = client.get_invalidation(DistributionId=distribution_id, Id=each["Id"])["Invalidation"]
            if {*paths} <= {*found["InvalidationBatch"]["Paths"]["Items"]}:
                return each["Id"]
    return None


@named("start the invalidation")
def create_invalidation(client: Any, distribution_id: str, paths: list[str]) -> str:
    # The reference makes the SDK's own retries one invalidation.
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": str(uuid.uuid4())}
    answer = client.create_invalidation(DistributionId=distribution_id, InvalidationBatch=batch)
    return answer["Invalidation"]["Id"]


@named("read the invalidation")
def get_status(client: Any, distribution_id: str, invalidation_id: str) -> str:
    return client.get_invalidation(DistributionId=distribution_id, Id=invalidation_id)["Invalidation"]["Status"]


def invalidate(client: Any, params: dict[str, Any], paths: list[str], invalidation_id: str | None) -> dict[str, Any]:
    """Start an invalidation, or join that of the id, and return it."""
    distribution_id = params["distribution_id"]
    invalidation_id = invalidation_id or create_invalidation(client, distribution_id, paths)
    if params["wait"]:
        wait_until(
            f"invalidation {invalidation_id} of {distribution_id} to complete",
            lambda: get_status(client, distribution_id, invalidation_id) == "Completed",
            params["wait_timeout"],
        )
    return {"id": invalidation_id, "status": "Completed" if params["wait"] else "InProgress", "paths": paths}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "distribution_id": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "str", "required": True},
            "modified": {"type": "str"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    params = module.params
    paths = sorted(set(map(normalize_path, params["paths"])))
    if faults := [path for path in paths if not path.startswith("/")]:
        module.fail_json(msg=f"paths has {', '.join(faults)}; allowed: paths with a leading slash")
    client = module.client("cloudfront", retry_decorator=RETRY)
    try:
        modified = instant(params["modified"])
    except ValueError:
        module.fail_json(msg=f"modified is {params['modified']!r}; allowed: a time in ISO 8601")
    note = f"{len(paths)} path{' is' if len(paths) == 1 else 's are'} invalidated"
    name, invalidation = params["distribution_id"], None
    try:
        joined = find_invalidation(client, name, paths, modified) if paths and modified else None
        plan = Plan(KIND, name, {"invalidated": paths if joined else []}, {"invalidated": paths}, note=note)
        if joined or (plan.changed and not module.check_mode):
            invalidation = invalidate(client, params, paths, joined)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(invalidation=invalidation, **report(plan))


if __name__ == "__main__":
    main()
