#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: Read what an environment has, layer by layer
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Reads the live resources of one environment, the layers side by side, by name and tag. What a name finds that does
    not carry the environment's tags C(Project) and C(Environment) is not returned but listed as O(ignore:foreign).
  - Needs no local state. Each layer's part of the result is what the role of that name builds its outputs from.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  project:
    description: Value of the tag C(Project).
    type: str
    required: true
  environment:
    description: Value of the tag C(Environment), and the prefix of the names.
    type: str
    required: true
  domain:
    description: The environment's domain, by which its hosted zone and certificates are found.
    type: str
    required: true
  adopt:
    description: What was there before and is to be used, to be looked at for RV(adoptable).
    type: dict
    suboptions:
      vpc_id:
        description: Id of a VPC.
        type: str
        default: ""
      keys:
        description: Ids, ARNs or aliases (with C(alias/)) of KMS keys.
        type: list
        elements: str
        default: []
      buckets:
        description: Names of buckets.
        type: list
        elements: str
        default: []
  strays:
    description: Whether to look for what carries the environment's tags and is nothing that a layer knows.
    type: bool
    default: false
  layers:
    description: The layers to read; all of them when omitted.
    type: list
    elements: str
    choices:
      - encryption
      - network
      - security
      - dns
      - storage
      - database
      - messaging
      - load_balancing
      - compute
      - frontend
      - pipeline
      - release
      - monitoring
      - cost
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Read the network and the load balancer of production
  realtime.aws.stack_info:
    project: realtime
    environment: production
    domain: example.com
    layers: [network, load_balancing]
  register: found

- name: Read everything
  realtime.aws.stack_info:
    project: realtime
    environment: production
    domain: example.com
"""

RETURN = r"""
account_id:
  description: The AWS account, twelve digits.
  returned: always
  type: str
  sample: "123456789012"
partition:
  description: The AWS partition.
  returned: always
  type: str
  sample: aws
region:
  description: The region.
  returned: always
  type: str
  sample: us-east-1
availability_zones:
  description: The region's availability zones that the account may use, in order; no local zones.
  returned: always
  type: list
  elements: str
  sample: [us-east-1a, us-east-1b, us-east-1c]
layers:
  description: What each layer has; C(none), an empty list or an empty mapping where there is nothing.
  returned: always
  type: dict
  sample: {"network": {"vpc_id": "vpc-0a1b2c3d4e5f60718", "private_subnet_ids": {"us-east-1a": "subnet-0a1b2c3d"}}}
adoptable:
  description: What O(adopt) names, by kind and name; C(none) for what does not exist.
  returned: always
  type: dict
  sample:
    vpcs: {"vpc-0a1b2c3d4e5f60718": {"owner": "", "cidrs": ["10.0.0.0/16"], "other_subnets": ["10.0.0.0/24"], "other_groups": ["default"]}}
    keys: {"alias/company": {"owner": "", "arn": "arn:aws:kms:us-east-1:123456789012:key/3f1b7c6e-0000", "usable": true}}
    buckets: {"company-assets": {"owner": "", "region": "us-east-1", "encryption": "AES256"}}
strays:
  description: >-
    With O(strays), whatever carries the environment's tags and C(ManagedBy=realtime.aws) and is nothing that a layer knows, by kind and
    name or id, with the layer that it was made for as C(purpose).
  returned: always
  type: dict
  sample: {"functions": {"production-old": {"name": "production-old", "purpose": "messaging"}}}
lock:
  description: Which run holds the environment's lock and may still be at work; empty when none does.
  returned: always
  type: str
  sample: alice on build-7 since 2026-11-24T10:00:00+00:00, until 2026-11-24T10:15:00+00:00 unless renewed
foreign:
  description: Resources that have the environment's names but not its tags; the collection leaves them alone.
  returned: always
  type: list
  elements: dict
  sample: [{"type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "name": "production-alb"}]
"""

import time
from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.early import is_unknown
from ansible_collections.realtime.aws.plugins.module_utils.live import LAYERS
from ansible_collections.realtime.aws.plugins.module_utils.live.adoptable import read as read_adoptable
from ansible_collections.realtime.aws.plugins.module_utils.live.strays import read as read_strays
from ansible_collections.realtime.aws.plugins.module_utils.lock import get_claim, parameter_name
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

PAUSES = (1, 2, 4, 8)  # seconds


def identify(stack: Stack) -> None:
    """Learn from the credentials in which account and partition the stack is."""
    caller = stack.client("sts").get_caller_identity()
    stack.account = caller["Account"]
    stack.partition = caller["Arn"].split(":")[1]


def availability_zones(stack: Stack) -> list[str]:
    """Return the zones a subnet may be put in, in order."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    zones = stack.client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return sorted(zone["ZoneName"] for zone in zones)


def read_layer(layer: str, stack: Stack) -> dict[str, Any]:
    """Return what AWS has of a layer; read again if it lists what it does not know everywhere yet, or any more."""
    for pause in PAUSES:
        try:
            return LAYERS[layer](stack)
        except (AnsibleAWSError, ClientError) as error:
            refusal = getattr(error, "exception", error)
            if not isinstance(refusal, ClientError) or not is_unknown(refusal.response["Error"]):
                raise
        time.sleep(pause)
    return LAYERS[layer](stack)


def lock_holder(stack: Stack) -> str:
    """Return who holds the environment's lock; a lock that may be taken over has no holder."""
    claim = get_claim(stack.client("ssm"), parameter_name(stack.project, stack.environment))
    return "" if claim is None or claim.over else str(claim)


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "environment": {"type": "str", "required": True},
            "domain": {"type": "str", "required": True},
            "adopt": {
                "type": "dict",
                "options": {
                    "vpc_id": {"type": "str", "default": ""},
                    "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
                    "buckets": {"type": "list", "elements": "str", "default": []},
                },
                "apply_defaults": True,
            },
            "strays": {"type": "bool", "default": False},
            "layers": {"type": "list", "elements": "str", "choices": list(LAYERS)},
        },
        supports_check_mode=True,
    )
    params = module.params
    stack = Stack(module, params["project"], params["environment"], params["domain"])
    try:
        identify(stack)
        wanted = params["layers"] if params["layers"] is not None else list(LAYERS)
        zones = availability_zones(stack)
        reads = {layer: lambda layer=layer: read_layer(layer, stack) for layer in wanted}
        besides = {
            "lock": lambda: lock_holder(stack),
            "adoptable": lambda: read_adoptable(stack, **params["adopt"]),
            "strays": lambda: read_strays(stack) if params["strays"] else {},
        }
        layers = stack.together({**besides, **reads})
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    except (BotoCoreError, ClientError) as error:
        # One line that says what to mend (no credentials, no such host, access denied), without a traceback.
        module.fail_json(msg=f"Can't read environment {stack.environment} in {stack.region}: {error}")
    module.exit_json(
        changed=False,
        account_id=stack.account,
        partition=stack.partition,
        region=stack.region,
        availability_zones=zones,
        adoptable=layers.pop("adoptable"),
        strays=layers.pop("strays"),
        lock=layers.pop("lock"),
        layers=layers,
        foreign=stack.foreign,
    )


if __name__ == "__main__":
    main()
