# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: web_acl_rules
short_description: Write the rules of a web ACL
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Turns names of AWS's rule groups and a limit for each address into rules for M(realtime.aws.wafv2_web_acl), the limit first.
options:
  _input:
    description: AWS's rule groups, in the order in which they are asked.
    type: list
    elements: str
    required: true
  counted:
    description: Names of rules by rule group that only count what they match.
    type: dict
    default: {}
  rate_limit:
    description: How many requests one address may send in O(rate_seconds); 0 means that there is no limit.
    type: int
    default: 0
  rate_seconds:
    description: The time in which the requests of one address are counted.
    type: int
    default: 300
  host:
    description: The host whose requests are looked at, whatever the case of its letters, and with any port; all when empty.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Say the rules
  ansible.builtin.debug:
    msg: "{{ ['AWSManagedRulesCommonRuleSet'] | realtime.aws.web_acl_rules(rate_limit=2000, host='api.example.com') }}"
"""

RETURN = r"""
_value:
  description: The rules, as the option O(realtime.aws.wafv2_web_acl#module:rules) takes them.
  type: list
  elements: dict
"""


def scoped(statement: dict[str, Any], host: str) -> dict[str, Any]:
    """Return the statement for the requests to that host alone."""
    if not host:
        return statement
    match = {
        "SearchString": host.lower(),
        "FieldToMatch": {"SingleHeader": {"Name": "host"}},
        "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}],
        "PositionalConstraint": "STARTS_WITH",  # a port may follow
    }
    return {**statement, "ScopeDownStatement": {"ByteMatchStatement": match}}


def managed_rule(group: str, priority: int, counted: list[str], host: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"VendorName": "AWS", "Name": group}
    if counted:
        statement["RuleActionOverrides"] = [{"Name": name, "ActionToUse": {"Count": {}}} for name in counted]
    return {
        "name": group,
        "priority": priority,
        "override_action": "none",
        "statement": {"ManagedRuleGroupStatement": scoped(statement, host)},
    }


def rate_rule(limit: int, seconds: int, host: str) -> dict[str, Any]:
    statement = {"Limit": limit, "EvaluationWindowSec": seconds, "AggregateKeyType": "IP"}
    return {
        "name": "rate-limit",
        "priority": 0,
        "action": "block",
        "statement": {"RateBasedStatement": scoped(statement, host)},
    }


def web_acl_rules(
    groups: list[str],
    counted: dict[str, list[str]] | None = None,
    rate_limit: int = 0,
    rate_seconds: int = 300,
    host: str = "",
) -> list[dict[str, Any]]:
    """Return the rules by priority."""
    limits = [rate_rule(rate_limit, rate_seconds, host)] if rate_limit else []
    return limits + [
        managed_rule(group, priority, (counted or {}).get(group, []), host)
        for priority, group in enumerate(groups, start=1)
    ]


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"web_acl_rules": web_acl_rules}
