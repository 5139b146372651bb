#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: wafv2_web_acl
short_description: Manage a web ACL of AWS WAF
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a web ACL with its rules, metrics, logging and tags.
  - The web ACL is compared as a whole, and written in one call. What this module has no option for stays as it is, the rule that
    Shield Advanced adds by itself too.
  - Options have the names of M(community.aws.wafv2_web_acl) where they exist there.
  - A web ACL with O(scope=CLOUDFRONT) lives in us-east-1, so O(region) has to be that one.
attributes:
  check_mode:
    support: full
    description: Predicts the web ACL without writing it.
  diff_mode:
    support: full
    description: Shows the settings that change.
options:
  name:
    description: Its name; 1 to 128 letters, digits, C(_) and C(-).
    type: str
    required: true
  scope:
    description: What it protects, distributions of CloudFront or what lies in a region.
    type: str
    choices: [CLOUDFRONT, REGIONAL]
    required: true
  description:
    description: What it is for; 3 to 256 characters. Left as it is when omitted.
    type: str
  default_action:
    description: What happens to requests that no rule decides about.
    type: str
    choices: [Allow, Block]
    default: Allow
  rules:
    description: The rules, as many as it has in the end.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, from which its metric has the end of its name.
        type: str
        required: true
      priority:
        description: Its place; lower ones come first, and no two have the same.
        type: int
        required: true
      statement:
        description: What it looks for, as C(Statement) of WAF's API has it, with that spelling.
        type: dict
        required: true
      action:
        description: What happens to a request that it matches. Needed but for statements of rule groups.
        type: str
        choices: [allow, block, count, captcha, challenge]
      override_action:
        description: Whether a rule group decides by itself, or only counts. Needed for statements of rule groups, and only for them.
        type: str
        choices: [none, count]
  cloudwatch_metrics:
    description: Whether web ACL and rules have metrics in CloudWatch.
    type: bool
    default: true
  sampled_requests:
    description: Whether WAF keeps a sample of the requests that match a rule.
    type: bool
    default: true
  metric_name:
    description: Name of its metric; O(name) when omitted.
    type: str
  log_destination_arn:
    description:
      - ARN of a log group, a bucket or a delivery stream that gets a line for each request; its name begins with C(aws-waf-logs-).
      - When omitted, logging stays as it is; when empty, there is none.
    type: str
  redacted_headers:
    description: Headers whose value is left out of the logs; only with O(log_destination_arn).
    type: list
    elements: str
    default: [authorization, cookie]
  load_balancer_arns:
    description:
      - ARNs of the Application Load Balancers that it is before, with O(scope=REGIONAL); they have to be active. Each leaves the web ACL that it
        has, and a load balancer that is not listed is let go.
      - When omitted, these stay as they are.
    type: list
    elements: str
  tags:
    description: Tags of the web ACL; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait until a load balancer can have a new web ACL, or until nothing uses one that is to be deleted.
    type: int
    default: 600
  state:
    description: Whether the web ACL exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Keep known attacks, and who asks too much, away from a distribution
  realtime.aws.wafv2_web_acl:
    name: production-cdn
    scope: CLOUDFRONT
    region: us-east-1
    rules:
      - name: common
        priority: 0
        statement: {ManagedRuleGroupStatement: {VendorName: AWS, Name: AWSManagedRulesCommonRuleSet}}
        override_action: none
      - name: rate
        priority: 1
        statement: {RateBasedStatement: {Limit: 2000, AggregateKeyType: IP}}
        action: block
  register: acl

- name: Keep them away from a load balancer, only count what a rule group finds, and log to a log group
  realtime.aws.wafv2_web_acl:
    name: production-alb
    scope: REGIONAL
    rules:
      - name: common
        priority: 0
        statement: {ManagedRuleGroupStatement: {VendorName: AWS, Name: AWSManagedRulesCommonRuleSet}}
        override_action: count
    log_destination_arn: arn:aws:logs:eu-west-1:123456789012:log-group:aws-waf-logs-production
    load_balancer_arns: [arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/production-alb/50dc6c495c0c9188]

- name: Remove it, after the distribution that used it
  realtime.aws.wafv2_web_acl:
    name: production-cdn
    scope: CLOUDFRONT
    region: us-east-1
    state: absent
"""

RETURN = r"""
arn:
  description: ARN of the web ACL, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: str
  sample: arn:aws:wafv2:us-east-1:123456789012:global/webacl/production-cdn/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::WAFv2::WebACL", "name": "production-cdn", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
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
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.wafv2 import find_web_acl, read_tags

KIND = "AWS::WAFv2::WebACL"
SETTLE = 120  # seconds that WAF may take to know everywhere what was just made
# Members of an update that this module has no option for: what is left out of the call, AWS removes.
KEPT = (
    "ApplicationConfig",
    "AssociationConfig",
    "CaptchaConfig",
    "ChallengeConfig",
    "CustomResponseBodies",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
    "TokenDomains",
)
SHIELD = "ShieldMitigationRuleGroup_"  # how the name of the rule begins that Shield Advanced adds
RATE_DEFAULTS = {"EvaluationWindowSec": 300}


def plain(value: Any) -> Any:
    """Return a value of WAF's as JSON has it: text in place of bytes, nothing for what is not there."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return value


def normalize_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules by priority, with AWS's defaults filled in, without Shield's."""
    found = [plain(rule) for rule in rules if not rule["Name"].startswith(SHIELD)]
    for rule in found:
        if rate := rule["Statement"].get("RateBasedStatement"):
            rule["Statement"] = {"RateBasedStatement": {**RATE_DEFAULTS, **rate}}
    return sorted(found, key=lambda rule: rule["Priority"])


def normalize(
    acl: dict[str, Any], logging: dict[str, Any] | None, balancers: list[str], tags: dict[str, str]
) -> dict[str, Any]:
    """Return the managed attributes of what WAF has."""
    redacted = (logging or {}).get("RedactedFields") or []
    return {
        "description": acl.get("Description") or "",
        "default_action": acl["DefaultAction"],
        "rules": normalize_rules(acl.get("Rules") or []),
        "visibility": plain(acl["VisibilityConfig"]),
        "log_destination_arn": (logging or {"LogDestinationConfigs": [""]})["LogDestinationConfigs"][0],
        "redacted_headers": sorted(each["SingleHeader"]["Name"] for each in redacted if "SingleHeader" in each),
        "load_balancer_arns": sorted(balancers),
        "tags": tags,
    }


def visibility(params: dict[str, Any], metric: str) -> dict[str, Any]:
    return {
        "SampledRequestsEnabled": params["sampled_requests"],
        "CloudWatchMetricsEnabled": params["cloudwatch_metrics"],
        "MetricName": metric,
    }


def build_rule(rule: dict[str, Any], params: dict[str, Any], metric: str) -> dict[str, Any]:
    built = {
        "Name": rule["name"],
        "Priority": rule["priority"],
        "Statement": rule["statement"],
        "VisibilityConfig": visibility(params, f"{metric}-{rule['name']}"),
    }
    for key, name in (("action", "Action"), ("override_action", "OverrideAction")):
        if rule[key]:
            built[name] = {rule[key].capitalize(): {}}
    return built


def desired_acl(before: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    """Return the managed attributes as they are wanted."""
    metric = params["metric_name"] or params["name"]
    wanted: dict[str, Any] = {
        "default_action": {params["default_action"]: {}},
        "rules": normalize_rules([build_rule(rule, params, metric) for rule in params["rules"]]),
        "visibility": visibility(params, metric),
        "tags": desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"]),
    }
    if params["description"] is not None:
        wanted["description"] = params["description"]
    if params["log_destination_arn"] is not None:
        wanted["log_destination_arn"] = params["log_destination_arn"]
        wanted["redacted_headers"] = sorted(params["redacted_headers"]) if params["log_destination_arn"] else []
    if params["load_balancer_arns"] is not None:
        wanted["load_balancer_arns"] = sorted(params["load_balancer_arns"])
    return wanted


def build_request(after: dict[str, Any], acl: dict[str, Any]) -> dict[str, Any]:
    """Return what a creation or an update says, with what acl has beyond the managed attributes."""
    shield = [rule for rule in acl.get("Rules") or [] if rule["Name"].startswith(SHIELD)]
    request = {
        "DefaultAction": after["default_action"],
        "Rules": [*after["rules"], *shield],
        "VisibilityConfig": after["visibility"],
        **{key: acl[key] for key in KEPT if acl.get(key)},
    }
    return {**request, "Description": after["description"]} if after.get("description") else request


@named("read the web ACL")
def get_web_acl(client: Any, identity: dict[str, str]) -> dict[str, Any]:
    """Return the web ACL and its lock token."""
    return client.get_web_acl(**identity)


@missing_is_none("read the web ACL's logging", "WAFNonexistentItemException")
def get_logging(client: Any, arn: str) -> dict[str, Any]:
    return client.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]


@named("list the load balancers of the web ACL")
def list_load_balancers(client: Any, arn: str) -> list[str]:
    """Return their ARNs; this listing has no pages."""
    found = client.list_resources_for_web_acl(WebACLArn=arn, ResourceType="APPLICATION_LOAD_BALANCER")
    return found.get("ResourceArns", [])


@written_once("create the web ACL", "WAFDuplicateItemException")
def create_web_acl(client: Any, identity: dict[str, str], request: dict[str, Any], tags: dict[str, str]) -> None:
    tagged = {"Tags": ansible_dict_to_boto3_tag_list(tags)} if tags else {}
    client.create_web_acl(**identity, **request, **tagged)


@written_once("update the web ACL", "WAFOptimisticLockException")
def update_web_acl(client: Any, identity: dict[str, str], token: str, request: dict[str, Any]) -> None:
    client.update_web_acl(**identity, LockToken=token, **request)


@missing_is_none("delete the web ACL", "WAFNonexistentItemException")
def delete_web_acl(client: Any, identity: dict[str, str], timeout: float) -> None:
    """Delete it once nothing uses it: WAF hears of a distribution's end some time after CloudFront."""

    def delete() -> None:
        token = client.get_web_acl(**identity)["LockToken"]
        client.delete_web_acl(**identity, LockToken=token)

    retry_on(["WAFAssociatedItemException", "WAFOptimisticLockException"], delete, timeout)


@named("manage the web ACL's logging")
def put_logging(client: Any, arn: str, destination: str, headers: list[str]) -> None:
    configuration: dict[str, Any] = {"ResourceArn": arn, "LogDestinationConfigs": [destination]}
    if headers:
        configuration["RedactedFields"] = [{"SingleHeader": {"Name": name}} for name in headers]
    put = {"LoggingConfiguration": configuration}
    retry_on(["WAFUnavailableEntityException"], lambda: client.put_logging_configuration(**put), SETTLE)


@missing_is_none("remove the web ACL's logging", "WAFNonexistentItemException")
def delete_logging(client: Any, arn: str) -> None:
    client.delete_logging_configuration(ResourceArn=arn)


@named("put the web ACL before the load balancer")
def associate(client: Any, arn: str, balancer: str, timeout: float) -> None:
    """It takes WAF some time to know a web ACL, or a load balancer, everywhere."""
    codes = ["WAFUnavailableEntityException", "WAFNonexistentItemException"]
    retry_on(codes, lambda: client.associate_web_acl(WebACLArn=arn, ResourceArn=balancer), timeout)


@missing_is_none("take the web ACL from the load balancer", "WAFNonexistentItemException")
def disassociate(client: Any, balancer: str) -> None:
    client.disassociate_web_acl(ResourceArn=balancer)


@named("tag the web ACL")
def tag_web_acl(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceARN=arn, TagKeys=to_remove)


def apply(client: Any, plan: Plan, found: dict[str, Any], scope: str, timeout: float) -> str | None:
    """Write the plan; return the ARN of what is there then."""
    identity, changes = {"Name": plan.name, "Scope": scope}, plan.changes
    if plan.action == "delete":
        for balancer in plan.before["load_balancer_arns"]:
            disassociate(client, balancer)
        return delete_web_acl(client, {**identity, "Id": found["Id"]}, timeout)
    if plan.action == "create":
        create_web_acl(client, identity, build_request(plan.after, {}), plan.desired["tags"])
        arn = wait_until("WAF to list the web ACL", lambda: find_web_acl(client, plan.name, scope), SETTLE)["ARN"]
    else:
        arn, own = found["ARN"], {**identity, "Id": found["Id"]}
        if changes.keys() & {"description", "default_action", "rules", "visibility"}:
            current = get_web_acl(client, own)
            update_web_acl(client, own, current["LockToken"], build_request(plan.after, current["WebACL"]))
        if "tags" in changes:
            tag_web_acl(client, arn, plan.before["tags"], changes["tags"])
    if changes.keys() & {"log_destination_arn", "redacted_headers"}:
        if destination := plan.after["log_destination_arn"]:
            put_logging(client, arn, destination, plan.after["redacted_headers"])
        elif plan.before and plan.before["log_destination_arn"]:
            delete_logging(client, arn)
    if "load_balancer_arns" in changes:
        there, wanted = set((plan.before or {}).get("load_balancer_arns", [])), set(changes["load_balancer_arns"])
        for balancer in sorted(there - wanted):
            disassociate(client, balancer)
        for balancer in sorted(wanted - there):
            associate(client, arn, balancer, timeout)
    return arn


def read(client: Any, name: str, scope: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return what WAF lists of the web ACL, and its managed attributes."""
    found = find_web_acl(client, name, scope)
    if found is None:
        return None, None
    arn = found["ARN"]
    acl = get_web_acl(client, {"Name": name, "Scope": scope, "Id": found["Id"]})["WebACL"]
    balancers = list_load_balancers(client, arn) if scope == "REGIONAL" else []
    return found, normalize(acl, get_logging(client, arn), balancers, read_tags(client, arn))


def main():
    rule = {
        "name": {"type": "str", "required": True},
        "priority": {"type": "int", "required": True},
        "statement": {"type": "dict", "required": True},
        "action": {"type": "str", "choices": ["allow", "block", "count", "captcha", "challenge"]},
        "override_action": {"type": "str", "choices": ["none", "count"]},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "scope": {"type": "str", "choices": ["CLOUDFRONT", "REGIONAL"], "required": True},
            "description": {"type": "str"},
            "default_action": {"type": "str", "choices": ["Allow", "Block"], "default": "Allow"},
            "rules": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": rule,
                "required_one_of": [("action", "override_action")],
                "mutually_exclusive": [("action", "override_action")],
            },
            "cloudwatch_metrics": {"type": "bool", "default": True},
            "sampled_requests": {"type": "bool", "default": True},
            "metric_name": {"type": "str"},
            "log_destination_arn": {"type": "str"},
            "redacted_headers": {"type": "list", "elements": "str", "default": ["authorization", "cookie"]},
            "load_balancer_arns": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 600},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    name, scope = params["name"], params["scope"]
    client = module.client("wafv2", retry_decorator=RETRY)
    try:
        found, before = read(client, name, scope)
        wanted = desired_acl(before, params) if params["state"] == "present" else None
        plan = Plan(KIND, name, before, wanted)
        arn = found["ARN"] if found else None
        if plan.changed and not module.check_mode:
            arn = apply(client, plan, found or {}, scope, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(arn=arn if wanted else None, **report(plan))


if __name__ == "__main__":
    main()
