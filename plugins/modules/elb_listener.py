#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elb_listener
short_description: Manage a listener of an Application Load Balancer and its rules
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes one listener with its default action and rules.
  - A header value that a rule looks for may come from Secrets Manager. Header values are never returned or shown;
    differences show their SHA-256.
attributes:
  check_mode:
    support: full
    description: Predicts the listener without writing it; ARNs are left out until they exist.
  diff_mode:
    support: full
    description: Shows what changes, header values as their SHA-256.
options:
  load_balancer_arn:
    description: The load balancer.
    type: str
    required: true
  port:
    description: The port it listens on.
    type: int
    required: true
  protocol:
    description: The protocol it speaks.
    type: str
    choices: [HTTP, HTTPS]
    default: HTTPS
  certificate_arn:
    description: The certificate of an HTTPS listener, in the load balancer's region.
    type: str
  ssl_policy:
    description: The TLS versions and ciphers of an HTTPS listener.
    type: str
    default: ELBSecurityPolicy-TLS13-1-2-2021-06
  default_action:
    description: What happens to a request that no rule matches. Required when O(state=present).
    type: dict
    suboptions: &action_options
      type:
        description: What to do.
        type: str
        choices: [forward, redirect, fixed-response]
        required: true
      target_group_arn:
        description: Where to forward to.
        type: str
      protocol:
        description: Protocol to redirect to.
        type: str
        default: HTTPS
      port:
        description: Port to redirect to.
        type: str
        default: "443"
      host:
        description: Host to redirect to.
        type: str
        default: "#{host}"
      path:
        description: Path to redirect to.
        type: str
        default: "/#{path}"
      query:
        description: Query to redirect to.
        type: str
        default: "#{query}"
      status_code:
        description: V(HTTP_301) or V(HTTP_302) for a redirect, a number such as V(403) for a fixed response.
        type: str
      content_type:
        description: Content type of a fixed response.
        type: str
        default: text/plain
      message_body:
        description: Body of a fixed response, up to 1024 characters.
        type: str
        default: ""
  rules:
    description: The rules, tried in the order of their priority. Rules that are not listed are removed.
    type: list
    elements: dict
    default: []
    suboptions:
      priority:
        description: Order of the rule, 1 to 50000, the lowest first; it also identifies the rule.
        type: int
        required: true
      host_header:
        description: Hosts that match.
        type: list
        elements: str
      path_pattern:
        description: Paths that match.
        type: list
        elements: str
      http_header:
        description: A header that must match.
        type: dict
        suboptions:
          name:
            description: Name of the header.
            type: str
            required: true
          values:
            description: Values that match.
            type: list
            elements: str
          value_from_secret:
            description: Name or ARN of the Secrets Manager secret that holds the value.
            type: str
      action:
        description: What happens to a request that matches.
        type: dict
        required: true
        suboptions: *action_options
  state:
    description: Whether the listener exists.
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
- name: Send plain HTTP to HTTPS
  realtime.aws.elb_listener:
    load_balancer_arn: "{{ load_balancer_arn }}"
    port: 80
    protocol: HTTP
    default_action: {type: redirect, status_code: HTTP_301}

- name: Serve the site, and the API by its host name
  realtime.aws.elb_listener:
    load_balancer_arn: "{{ load_balancer_arn }}"
    port: 443
    certificate_arn: "{{ certificate_arn }}"
    default_action: {type: forward, target_group_arn: "{{ web_arn }}"}
    rules:
      - priority: 10
        host_header: [api.example.com]
        action: {type: forward, target_group_arn: "{{ api_arn }}"}

- name: Answer only to requests that carry a secret header
  realtime.aws.elb_listener:
    load_balancer_arn: "{{ load_balancer_arn }}"
    port: 443
    certificate_arn: "{{ certificate_arn }}"
    default_action: {type: fixed-response, status_code: "403", message_body: Forbidden}
    rules:
      - priority: 20
        http_header: {name: X-Origin-Verify, value_from_secret: production/origin-verify}
        action: {type: forward, target_group_arn: "{{ web_arn }}"}

- name: Remove the listener
  realtime.aws.elb_listener:
    load_balancer_arn: "{{ load_balancer_arn }}"
    port: 443
    state: absent
"""

RETURN = r"""
listener:
  description: The listener, or C(none) when it is absent; in check mode as it would be.
  returned: success
  type: dict
  sample:
    arn: arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/production-alb/50dc6c495c0c9188/f2f7dc8efc522ab2
    protocol: HTTPS
    certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
    ssl_policy: ELBSecurityPolicy-TLS13-1-2-2021-06
    default_actions: [{"type": "fixed-response", "StatusCode": "403", "ContentType": "text/plain", "MessageBody": "Forbidden"}]
    tags: {"Environment": "production"}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::ElasticLoadBalancingV2::Listener", "name": "production-alb:443", "action": "create"}]
"""

import hashlib
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.elb import read_tags, write_tags
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::ElasticLoadBalancingV2::Listener"
RULE_KIND = "AWS::ElasticLoadBalancingV2::ListenerRule"
# Another certificate means nothing: new connections get it, and those that are open go on.
DISRUPTS = {
    "protocol": "clients have to speak the other protocol",
    "ssl_policy": "clients that speak none of the new policy's protocols and ciphers can't connect",
    "default_actions": "requests are answered in the new way at once",
}
RULE_DISRUPTS = {
    "conditions": "other requests meet the rule at once",
    "actions": "requests that meet the rule are answered in the new way at once",
}
REDIRECT = {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
CERTIFICATE_TIMEOUT = 60  # seconds until ACM's news has reached the load balancer
ACTION = {
    "type": {"type": "str", "choices": ["forward", "redirect", "fixed-response"], "required": True},
    "target_group_arn": {"type": "str"},
    **{key.lower(): {"type": "str", "default": value} for key, value in REDIRECT.items()},
    "status_code": {"type": "str"},
    "content_type": {"type": "str", "default": "text/plain"},
    "message_body": {"type": "str", "default": ""},
}
ACTION_REQUIRES = [
    ("type", "forward", ["target_group_arn"]),
    ("type", "redirect", ["status_code"]),
    ("type", "fixed-response", ["status_code"]),
]
HEADER = {
    "name": {"type": "str", "required": True},
    "values": {"type": "list", "elements": "str"},
    "value_from_secret": {"type": "str", "no_log": False},
}
RULE = {
    "priority": {"type": "int", "required": True},
    "host_header": {"type": "list", "elements": "str"},
    "path_pattern": {"type": "list", "elements": "str"},
    "http_header": {
        "type": "dict",
        "options": HEADER,
        "required_one_of": [("values", "value_from_secret")],
        "mutually_exclusive": [("values", "value_from_secret")],
    },
    "action": {"type": "dict", "required": True, "options": ACTION, "required_if": ACTION_REQUIRES},
}


def action_params(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action in AWS's form."""
    if action["type"] == "forward":
        return {"Type": "forward", "TargetGroupArn": action["target_group_arn"]}
    if action["type"] == "redirect":
        redirect = {key: action[key.lower()] for key in REDIRECT}
        return {"Type": "redirect", "RedirectConfig": {**redirect, "StatusCode": action["status_code"]}}
    response = {"StatusCode": action["status_code"], "ContentType": action["content_type"]}
    return {"Type": "fixed-response", "FixedResponseConfig": {**response, "MessageBody": action["message_body"]}}


def normalize_actions(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return actions, AWS's or ours, in one form: AWS fills in what it was not told."""
    return [_normalize_action(action) for action in sorted(actions, key=lambda each: each.get("Order", 0))]


def _normalize_action(action: dict[str, Any]) -> dict[str, Any]:
    kind = action["Type"]
    if kind == "forward":
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
        shares = groups if len(groups) > 1 else [{"TargetGroupArn": groups[0]["TargetGroupArn"]}]
        sticky = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {}).get("Enabled", False)
        return {"type": kind, "target_groups": shares, **({"sticky": True} if sticky else {})}
    if kind == "redirect":
        return {"type": kind, **REDIRECT, **action["RedirectConfig"]}
    if kind == "fixed-response":
        return {"type": kind, "MessageBody": "", **action["FixedResponseConfig"]}
    return {"type": kind}


def conditions_params(rule: dict[str, Any], secrets: dict[str, str | None]) -> list[dict[str, Any]]:
    """Return a rule's conditions in AWS's form; a secret that does not exist yet has no value."""
    conditions: list[dict[str, Any]] = []
    if rule["host_header"]:
        conditions.append({"Field": "host-header", "HostHeaderConfig": {"Values": rule["host_header"]}})
    if rule["path_pattern"]:
        conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": rule["path_pattern"]}})
    if header := rule["http_header"]:
        values = header["values"] or [secrets[header["value_from_secret"]] or ""]
        config = {"HttpHeaderName": header["name"], "Values": values}
        conditions.append({"Field": "http-header", "HttpHeaderConfig": config})
    return conditions


def normalize_conditions(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return conditions, AWS's or ours, by field, and header values as their digest: they may be secret."""
    found = {}
    for condition in conditions:
        config = next((value for key, value in condition.items() if key.endswith("Config")), condition)
        values = sorted(config.get("Values") or [])
        if condition["Field"] == "http-header":
            values = sorted(hashlib.sha256(value.encode()).hexdigest() for value in values)
            found[f"http-header {config['HttpHeaderName'].lower()}"] = values
        else:
            found[condition["Field"]] = values
    return found


def normalize_rule(rule: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    return {
        "arn": rule["RuleArn"],
        "conditions": normalize_conditions(rule["Conditions"]),
        "actions": normalize_actions(rule["Actions"]),
        "tags": tags,
    }


def normalize_listener(listener: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    certificates = listener.get("Certificates") or [{}]
    return {
        "arn": listener["ListenerArn"],
        "protocol": listener["Protocol"],
        "certificate_arn": certificates[0].get("CertificateArn"),
        "ssl_policy": listener.get("SslPolicy") if listener["Protocol"] == "HTTPS" else None,
        "default_actions": normalize_actions(listener["DefaultActions"]),
        "tags": tags,
    }


def desired_listener(params: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    secure = params["protocol"] == "HTTPS"
    return {
        "protocol": params["protocol"],
        "certificate_arn": params["certificate_arn"] if secure else None,
        "ssl_policy": params["ssl_policy"] if secure else None,
        "default_actions": normalize_actions([action_params(params["default_action"])]),
        "tags": desired_tags(before["tags"] if before else {}, params["tags"], params["purge_tags"]),
    }


@missing_is_none("find the listener", "LoadBalancerNotFound")
def find(client: Any, load_balancer_arn: str, port: int) -> dict[str, Any] | None:
    listeners = pages(client, "describe_listeners", "Listeners", LoadBalancerArn=load_balancer_arn)
    return next((listener for listener in listeners if listener["Port"] == port), None)


@named("read the rules")
def find_rules(client: Any, listener_arn: str) -> list[dict[str, Any]]:
    return [
        rule for rule in pages(client, "describe_rules", "Rules", ListenerArn=listener_arn) if not rule["IsDefault"]
    ]


def read(client: Any, load_balancer_arn: str, port: int) -> tuple[dict[str, Any] | None, dict[int, dict[str, Any]]]:
    """Return the listener, and its rules by priority."""
    listener = None if is_pending(load_balancer_arn) else find(client, load_balancer_arn, port)
    if listener is None:
        return None, {}
    rules = find_rules(client, listener["ListenerArn"])
    tags = read_tags(client, [listener["ListenerArn"], *(rule["RuleArn"] for rule in rules)])
    return (
        normalize_listener(listener, tags.get(listener["ListenerArn"], {})),
        {int(rule["Priority"]): normalize_rule(rule, tags.get(rule["RuleArn"], {})) for rule in rules},
    )


@missing_is_none("read the secret", "ResourceNotFoundException")
def read_secret(client: Any, name: str) -> str:
    return client.get_secret_value(SecretId=name)["SecretString"]


def read_secrets(module: AnsibleAWSModule) -> dict[str, str | None]:
    """Return the values of the secrets that rules name; one that is missing may be made before the real run."""
    names = {(rule["http_header"] or {}).get("value_from_secret") for rule in module.params["rules"]} - {None}
    if not names:
        return {}
    client = module.client("secretsmanager", retry_decorator=RETRY)
    secrets = {name: None if is_pending(name) else read_secret(client, name) for name in names}
    module.no_log_values.update(value for value in secrets.values() if value)
    missing = sorted(name for name, value in secrets.items() if value is None)
    if missing and not module.check_mode:
        module.fail_json(
            msg=f"The secret {missing[0]}, which a rule of port {module.params['port']} needs, does not exist."
        )
    return secrets


def listener_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return the listener in AWS's form."""
    secure = {"Certificates": [{"CertificateArn": params["certificate_arn"]}], "SslPolicy": params["ssl_policy"]}
    return {
        "Port": params["port"],
        "Protocol": params["protocol"],
        "DefaultActions": [action_params(params["default_action"])],
        **(secure if params["protocol"] == "HTTPS" else {}),
    }


def tags_param(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": ansible_dict_to_boto3_tag_list(tags)} if tags else {}


@written_once("create the listener", "DuplicateListener")
def create(client: Any, params: dict[str, Any], tags: dict[str, str]) -> None:
    retry_on(  # ORD-3
        ["CertificateNotFound", "UnsupportedCertificate"],
        lambda: client.create_listener(
            LoadBalancerArn=params["load_balancer_arn"], **listener_params(params), **tags_param(tags)
        ),
        timeout=CERTIFICATE_TIMEOUT,
    )


@named("update the listener")
def update(client: Any, arn: str, params: dict[str, Any]) -> None:
    client.modify_listener(ListenerArn=arn, **listener_params(params))


@missing_is_none("delete the listener", "ListenerNotFound")
def delete(client: Any, arn: str) -> None:
    client.delete_listener(ListenerArn=arn)


@written_once("create a rule", "PriorityInUse")
def create_rule(
    client: Any, listener_arn: str, priority: int, conditions: list, actions: list, tags: dict[str, str]
) -> None:
    client.create_rule(
        ListenerArn=listener_arn, Priority=priority, Conditions=conditions, Actions=actions, **tags_param(tags)
    )


@named("update a rule")
def update_rule(client: Any, arn: str, conditions: list, actions: list) -> None:
    client.modify_rule(RuleArn=arn, Conditions=conditions, Actions=actions)


@missing_is_none("delete a rule", "RuleNotFound")
def delete_rule(client: Any, arn: str) -> None:
    client.delete_rule(RuleArn=arn)


def plan_rules(
    params: dict[str, Any], before: dict[int, dict[str, Any]], secrets: dict[str, str | None]
) -> dict[int, Plan]:
    """Return a plan for each rule that is wanted or there, by priority."""
    name = f"{load_balancer_name(params['load_balancer_arn'])}:{params['port']}"
    wanted = {rule["priority"]: rule for rule in params["rules"]}
    plans = {}
    for priority in sorted({*before, *wanted}):
        current, desired = before.get(priority), None
        if rule := wanted.get(priority):
            desired = {
                "conditions": normalize_conditions(conditions_params(rule, secrets)),
                "actions": normalize_actions([action_params(rule["action"])]),
                "tags": desired_tags(current["tags"] if current else {}, params["tags"], params["purge_tags"]),
            }
        plans[priority] = Plan(RULE_KIND, f"{name} rule {priority}", current, desired, disrupts=RULE_DISRUPTS)
    return plans


def load_balancer_name(arn: str) -> str:
    return arn.split("/")[2]


def apply(client: Any, params: dict[str, Any], plan: Plan) -> str | None:
    """Bring the listener about and return its ARN."""
    if plan.action == "delete":
        delete(client, plan.before["arn"])
        return None
    if plan.action == "create":
        create(client, params, plan.desired["tags"])
        place = params["load_balancer_arn"], params["port"]
        return wait_until(f"AWS to list {plan.name}", lambda: find(client, *place), 60)["ListenerArn"]
    if plan.changed:
        if set(plan.changes) - {"tags"}:
            update(client, plan.before["arn"], params)
        write_tags(client, plan.before["arn"], plan.before["tags"], plan.desired["tags"])
    return plan.before["arn"] if plan.before else None


def apply_rule(client: Any, listener_arn: str, plan: Plan, rule: dict[str, Any] | None, secrets: dict) -> None:
    if plan.action == "delete":
        delete_rule(client, plan.before["arn"])
    elif plan.changed:
        conditions, actions = conditions_params(rule, secrets), [action_params(rule["action"])]
        if plan.action == "create":
            create_rule(client, listener_arn, rule["priority"], conditions, actions, plan.desired["tags"])
            return
        if set(plan.changes) - {"tags"}:
            update_rule(client, plan.before["arn"], conditions, actions)
        write_tags(client, plan.before["arn"], plan.before["tags"], plan.desired["tags"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "load_balancer_arn": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTPS"},
            "certificate_arn": {"type": "str"},
            "ssl_policy": {"type": "str", "default": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
            "default_action": {"type": "dict", "options": ACTION, "required_if": ACTION_REQUIRES},
            "rules": {"type": "list", "elements": "dict", "default": [], "options": RULE},
            "tags": {"type": "dict", "aliases": ["resource_tags"]},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["default_action"])],
        supports_check_mode=True,
    )
    params = module.params
    present = params["state"] == "present"
    if present and params["protocol"] == "HTTPS" and not params["certificate_arn"]:
        module.fail_json(msg=f"The HTTPS listener on port {params['port']} needs certificate_arn.")
    client = module.client("elbv2", retry_decorator=RETRY)
    try:
        secrets = read_secrets(module) if present else {}
        before, rules_before = read(client, params["load_balancer_arn"], params["port"])
        name = f"{load_balancer_name(params['load_balancer_arn'])}:{params['port']}"
        plan = Plan(KIND, name, before, desired_listener(params, before) if present else None, disrupts=DISRUPTS)
        rule_plans = plan_rules(params, rules_before, secrets) if present else {}
        if not module.check_mode:
            arn = apply(client, params, plan)
            wanted = {rule["priority"]: rule for rule in params["rules"]}
            for priority, rule_plan in rule_plans.items():
                apply_rule(client, arn, rule_plan, wanted.get(priority), secrets)
            made = [str(priority) for priority, rule_plan in rule_plans.items() if rule_plan.action == "create"]
            await_listed(made, lambda: find_rules(client, arn))
            if plan.after:
                plan.after["arn"] = arn
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(listener=plan.after, **report(plan, *rule_plans.values()))


if __name__ == "__main__":
    main()
