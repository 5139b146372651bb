# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.realtime.aws.plugins.filter.web_acl_rules import web_acl_rules

GROUPS = ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"]


def test_the_limit_comes_first_and_the_groups_in_their_order():
    rules = web_acl_rules(GROUPS, rate_limit=100, rate_seconds=60)
    assert [(rule["name"], rule["priority"]) for rule in rules] == [("rate-limit", 0), (GROUPS[0], 1), (GROUPS[1], 2)]
    assert rules[0]["statement"] == {
        "RateBasedStatement": {"Limit": 100, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}
    }
    assert [rule.get("action") for rule in rules] == ["block", None, None]
    assert [rule.get("override_action") for rule in rules] == [None, "none", "none"]


def test_no_limit_is_no_rule():
    assert [rule["name"] for rule in web_acl_rules(GROUPS)] == GROUPS


def test_counted_rules_are_of_their_group_alone():
    common, inputs = web_acl_rules(GROUPS, counted={GROUPS[0]: ["SizeRestrictions_BODY"]})
    overrides = common["statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert inputs["statement"] == {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": GROUPS[1]}}


def test_each_rule_looks_at_that_host_alone():
    """What comes from a CDN has its addresses, which a limit must not count."""
    for rule in web_acl_rules(GROUPS, rate_limit=100, host="API.example.com"):
        (statement,) = rule["statement"].values()
        match = statement["ScopeDownStatement"]["ByteMatchStatement"]
        assert (match["SearchString"], match["PositionalConstraint"]) == ("api.example.com", "STARTS_WITH")
        assert match["TextTransformations"] == [{"Priority": 0, "Type": "LOWERCASE"}]
