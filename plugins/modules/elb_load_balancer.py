#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elb_load_balancer
short_description: Manage an Application Load Balancer
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes an Application Load Balancer with its attributes. Listeners are made by
    M(realtime.aws.elb_listener), target groups by M(realtime.aws.elb_target_groups).
  - Unlike M(amazon.aws.elb_application_lb) it leaves listeners alone, waits until the load balancer is active or gone,
    and predicts in check mode what does not exist yet.
attributes:
  check_mode:
    support: full
    description: Predicts the load balancer without writing it; its ARN and addresses are left out until it exists.
  diff_mode:
    support: full
    description: Shows what changes.
options:
  name:
    description: Name of the load balancer; up to 32 letters, digits and hyphens, no hyphen at either end, not starting with C(internal-).
    type: str
    required: true
  scheme:
    description: Whether it has public addresses. AWS can't change it later.
    type: str
    choices: [internet-facing, internal]
    default: internet-facing
  ip_address_type:
    description: Whether it also has IPv6 addresses.
    type: str
    choices: [ipv4, dualstack]
    default: ipv4
  subnets:
    description: Ids of its subnets, in at least two availability zones. Required when O(state=present).
    type: list
    elements: str
  security_groups:
    description: Ids of its security groups. Required when O(state=present).
    type: list
    elements: str
  deletion_protection:
    description: Whether AWS refuses to delete it.
    type: bool
    default: false
  http2:
    description: Whether clients may use HTTP/2.
    type: bool
    default: true
  http_desync_mitigation_mode:
    description: How it treats requests that a target might read differently.
    type: str
    choices: ["off", monitor, defensive, strictest]
    default: defensive
  http_drop_invalid_header_fields:
    description: Whether header fields with invalid names are removed.
    type: bool
    default: true
  idle_timeout:
    description: Seconds, 1 to 4000, after which an idle connection is closed.
    type: int
    default: 60
  access_logs_enabled:
    description: Whether requests are logged to O(access_logs_s3_bucket).
    type: bool
    default: false
  access_logs_s3_bucket:
    description: The bucket for the access logs; its policy must already allow log delivery. Required when O(access_logs_enabled=true).
    type: str
  access_logs_s3_prefix:
    description: Prefix of the access logs in the bucket.
    type: str
    default: ""
  force:
    description: With O(state=absent), also delete a load balancer that has deletion protection.
    type: bool
    default: false
  wait:
    description: Whether to wait until it is active, or gone.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 600
  state:
    description: Whether the load balancer exists.
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
- name: Make a public load balancer
  realtime.aws.elb_load_balancer:
    name: production-alb
    subnets: [subnet-0a1b2c3d, subnet-4e5f6071]
    security_groups: [sg-0a1b2c3d]

- name: Protect it and keep its access logs
  realtime.aws.elb_load_balancer:
    name: production-alb
    subnets: [subnet-0a1b2c3d, subnet-4e5f6071]
    security_groups: [sg-0a1b2c3d]
    deletion_protection: true
    access_logs_enabled: true
    access_logs_s3_bucket: production-access-logs-123456789012-us-east-1
    access_logs_s3_prefix: alb

- name: Remove it, protected or not
  realtime.aws.elb_load_balancer:
    name: production-alb
    state: absent
    force: true
"""

RETURN = r"""
load_balancer:
  description: The load balancer, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample:
    arn: arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/production-alb/50dc6c495c0c9188
    dns_name: production-alb-1234567890.us-east-1.elb.amazonaws.com
    hosted_zone_id: Z35SXDOTRQ7X7K
    scheme: internet-facing
    ip_address_type: ipv4
    subnets: [subnet-0a1b2c3d, subnet-4e5f6071]
    security_groups: [sg-0a1b2c3d]
    attributes: {"idle_timeout.timeout_seconds": "60"}
    tags: {"Environment": "production"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "name": "production-alb", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    first,
    missing_is_none,
    named,
    report,
    retry_on,
    wait_until,
    when_removed,
)
from ansible_collections.realtime.aws.plugins.module_utils.elb import (
    attribute_value,
    attributes_to_dict,
    changed_attributes,
    read_tags,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::ElasticLoadBalancingV2::LoadBalancer"
DISRUPTS = {"subnets": when_removed("connections through zones that are removed end")}
ATTRIBUTES = {
    "deletion_protection": "deletion_protection.enabled",
    "http2": "routing.http2.enabled",
    "http_desync_mitigation_mode": "routing.http.desync_mitigation_mode",
    "http_drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
    "access_logs_enabled": "access_logs.s3.enabled",
    "access_logs_s3_bucket": "access_logs.s3.bucket",
    "access_logs_s3_prefix": "access_logs.s3.prefix",
}
# TDN-1: what stands in the way of a deletion, or would write to the log bucket after it was emptied.
LIFTED = {"deletion_protection.enabled": "false", "access_logs.s3.enabled": "false"}
LOG_POLICY_TIMEOUT = 60  # seconds until a new bucket policy holds everywhere


def normalize(balancer: dict[str, Any], attributes: dict[str, str], tags: dict[str, str]) -> dict[str, Any]:
    """Return the load balancer as this module compares it."""
    return {
        "arn": balancer["LoadBalancerArn"],
        "dns_name": balancer["DNSName"],
        "hosted_zone_id": balancer["CanonicalHostedZoneId"],
        "scheme": balancer["Scheme"],
        "ip_address_type": balancer["IpAddressType"],
        "subnets": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
        "security_groups": sorted(balancer.get("SecurityGroups", [])),
        "attributes": attributes,
        "tags": tags,
    }


def desired_state(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the load balancer should be."""
    if params["state"] == "absent":
        return None
    current = before or {"attributes": {}, "tags": {}}
    wanted = {key: attribute_value(params[option]) for option, key in ATTRIBUTES.items()}
    if not params["access_logs_enabled"]:  # AWS keeps the old bucket's name, and refuses an empty one
        del wanted["access_logs.s3.bucket"], wanted["access_logs.s3.prefix"]
    return {
        "scheme": params["scheme"],
        "ip_address_type": params["ip_address_type"],
        "subnets": sorted(params["subnets"]),
        "security_groups": sorted(params["security_groups"]),
        "attributes": {**current["attributes"], **wanted},
        "tags": desired_tags(current["tags"], params["tags"], params["purge_tags"]),
    }


@missing_is_none("find the load balancer", "LoadBalancerNotFound")
def find(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_load_balancers(Names=[name])["LoadBalancers"])


@named("read the load balancer's attributes")
def read_attributes(client: Any, arn: str) -> dict[str, str]:
    return attributes_to_dict(client.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])


def read(client: Any, name: str) -> dict[str, Any] | None:
    balancer = find(client, name)
    if balancer is None:
        return None
    arn = balancer["LoadBalancerArn"]
    return normalize(balancer, read_attributes(client, arn), read_tags(client, [arn]).get(arn, {}))


@written_once("create the load balancer", "DuplicateLoadBalancerName")
def create(client: Any, name: str, desired: dict[str, Any]) -> str:
    response = client.create_load_balancer(
        Name=name,
        Type="application",
        Scheme=desired["scheme"],
        IpAddressType=desired["ip_address_type"],
        Subnets=desired["subnets"],
        SecurityGroups=desired["security_groups"],
        **({"Tags": ansible_dict_to_boto3_tag_list(desired["tags"])} if desired["tags"] else {}),
    )
    return response["LoadBalancers"][0]["LoadBalancerArn"]


@named("write the load balancer's attributes")
def write_attributes(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    attributes = changed_attributes(current, wanted)
    if attributes:
        # ORD-2: the bucket policy that allows the logs may be seconds old.
        retry_on(
            ["InvalidConfigurationRequest"],
            lambda: client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes),
            timeout=LOG_POLICY_TIMEOUT,
            message="access denied for bucket",
        )


@named("update the load balancer")
def update(client: Any, arn: str, changes: dict[str, Any]) -> None:
    if "subnets" in changes:
        client.set_subnets(LoadBalancerArn=arn, Subnets=changes["subnets"])
    if "security_groups" in changes:
        client.set_security_groups(LoadBalancerArn=arn, SecurityGroups=changes["security_groups"])
    if "ip_address_type" in changes:
        client.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=changes["ip_address_type"])


@missing_is_none("delete the load balancer", "LoadBalancerNotFound")
def delete(client: Any, arn: str) -> None:
    client.delete_load_balancer(LoadBalancerArn=arn)


def is_active(client: Any, name: str) -> bool:
    state = find(client, name)["State"]
    if state["Code"] == "failed":
        raise AnsibleAWSError(
            message=f"AWS could not provision load balancer {name}: {state.get('Reason', 'no reason given')}"
        )
    return state["Code"] != "provisioning"


def apply(client: Any, plan: Plan) -> None:
    before, desired = plan.before, plan.desired
    if plan.action == "delete":
        lifted = {key: value for key, value in LIFTED.items() if key in before["attributes"]}
        write_attributes(client, before["arn"], before["attributes"], lifted)
        delete(client, before["arn"])
    elif plan.action == "create":
        arn = create(client, plan.name, desired) or find(client, plan.name)["LoadBalancerArn"]
        write_attributes(client, arn, {}, desired["attributes"])
    elif plan.changed:
        update(client, before["arn"], plan.changes)
        write_attributes(client, before["arn"], before["attributes"], desired["attributes"])
        write_tags(client, before["arn"], before["tags"], desired["tags"])


def wait(client: Any, plan: Plan, timeout: int) -> None:
    if plan.desired:
        wait_until(
            f"load balancer {plan.name} to be active",
            lambda: is_active(client, plan.name),
            timeout,
            typical="2 to 4 min",
        )
    elif plan.changed:
        wait_until(f"load balancer {plan.name} to be gone", lambda: find(client, plan.name) is None, timeout)


def check_possible(module: AnsibleAWSModule, plan: Plan) -> None:
    """Refuse what AWS can't do, or what the caller did not mean."""
    if plan.action == "update" and "scheme" in plan.changes:
        module.fail_json(
            msg=f"Load balancer {plan.name} is {plan.before['scheme']}, and AWS can't change that. "
            f"Remove it first to make it {module.params['scheme']}."
        )
    protected = plan.action == "delete" and plan.before["attributes"].get("deletion_protection.enabled") == "true"
    if protected and not module.params["force"]:
        module.fail_json(msg=f"Load balancer {plan.name} has deletion protection; force: true deletes it nevertheless.")


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "scheme": {"type": "str", "choices": ["internet-facing", "internal"], "default": "internet-facing"},
            "ip_address_type": {"type": "str", "choices": ["ipv4", "dualstack"], "default": "ipv4"},
            "subnets": {"type": "list", "elements": "str"},
            "security_groups": {"type": "list", "elements": "str"},
            "deletion_protection": {"type": "bool", "default": False},
            "http2": {"type": "bool", "default": True},
            "http_desync_mitigation_mode": {
                "type": "str",
                "choices": ["off", "monitor", "defensive", "strictest"],
                "default": "defensive",
            },
            "http_drop_invalid_header_fields": {"type": "bool", "default": True},
            "idle_timeout": {"type": "int", "default": 60},
            "access_logs_enabled": {"type": "bool", "default": False},
            "access_logs_s3_bucket": {"type": "str"},
            "access_logs_s3_prefix": {"type": "str", "default": ""},
            "force": {"type": "bool", "default": False},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 600},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[
            ("state", "present", ["subnets", "security_groups"]),
            ("access_logs_enabled", True, ["access_logs_s3_bucket"]),
        ],
        supports_check_mode=True,
    )
    client = module.client("elbv2", retry_decorator=RETRY)
    name = module.params["name"]
    try:
        before = read(client, name)
        plan = Plan(KIND, name, before, desired_state(module.params, before), disrupts=DISRUPTS)
        check_possible(module, plan)
        after = plan.after
        if not module.check_mode:
            apply(client, plan)
            if module.params["wait"]:
                wait(client, plan, module.params["wait_timeout"])
            after = read(client, name) if plan.action == "create" else after
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(load_balancer=after, **report(plan))


if __name__ == "__main__":
    main()
