"""WAF: what AWS refuses in a web ACL, its defaults, that a web ACL in use stays, and what it is before.

moto takes any rule, deletes what a distribution uses, keeps the rules of an update without any, shows members that are not there, puts web
ACLs before anything, and lists nothing of that.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from moto.backends import get_backend

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.services.cloudfront import distributions_of_web_acl

GLOBAL_REGION = "us-east-1"
WINDOWS = (60, 120, 300, 600)
SPREADING = 10.0  # seconds until a new web ACL can be before something

_known_at: dict[str, float] = store()
# The capacity that AWS's own rule groups take, of which a web ACL has 5000.
MANAGED = {
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWordPressRuleSet": 100,
}


@around("wafv2", "CreateWebACL", "UpdateWebACL")
def check_web_acl(call: Call, forward: Forward) -> Answer:
    """Rules have names and priorities of their own, an action if they are no group, and known groups."""
    _check_scope(call)
    rules = call.params.get("Rules") or []
    for member in ("Name", "Priority"):
        if len({rule[member] for rule in rules}) < len(rules):
            raise _invalid("The parameter contains a duplicate.", "RULE", member)
    for rule in rules:
        _check_rule(rule)
    if call.operation == "CreateWebACL" and any(acl.name == call.params["Name"] for acl in _acls(call).values()):
        message = "AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an existing one."
        raise AwsError("WAFDuplicateItemException", message)
    answer = forward(call.params)
    if call.operation == "CreateWebACL":
        _known_at[answer["Summary"]["ARN"]] = CLOCK.now() + SPREADING
    if call.operation == "UpdateWebACL" and not rules:
        next(acl for acl in _acls(call).values() if acl.id == call.params["Id"]).rules = []
    return answer


def _check_rule(rule: dict[str, Any]) -> None:
    statement = rule["Statement"]
    group = statement.get("ManagedRuleGroupStatement")
    if (group or "RuleGroupReferenceStatement" in statement) and ("OverrideAction" not in rule or "Action" in rule):
        raise _invalid("A reference in your rule statement is not valid.", "RULE", rule["Name"])
    if not group and "RuleGroupReferenceStatement" not in statement and "Action" not in rule:
        raise _invalid(
            "You have used none or multiple values for a field that requires exactly one.", "RULE", rule["Name"]
        )
    if group and group["VendorName"] == "AWS" and group["Name"] not in MANAGED:
        raise AwsError(
            "WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist."
        )
    if (rate := statement.get("RateBasedStatement")) and rate.setdefault("EvaluationWindowSec", 300) not in WINDOWS:
        raise _invalid("The parameter contains a value that is not valid.", "EVALUATION_WINDOW_SEC", rule["Name"])


@around("wafv2", "ListWebACLs")
def check_scope(call: Call, forward: Forward) -> Answer:
    """Web ACLs of distributions are in us-east-1 alone."""
    _check_scope(call)
    return forward()


@around("wafv2", "GetWebACL")
def show_web_acl(call: Call, forward: Forward) -> Answer:
    """Without the members that are not there, and with a capacity."""
    _check_scope(call)
    answer = forward()
    acl = _without_none(answer["WebACL"])
    groups = [rule["Statement"].get("ManagedRuleGroupStatement", {}) for rule in acl.get("Rules", [])]
    acl["Capacity"] = sum(MANAGED.get(group.get("Name", ""), 2) for group in groups)
    return {**answer, "WebACL": acl}


@around("wafv2", "DeleteWebACL")
def keep_what_is_used(call: Call, forward: Forward) -> Answer:
    """A web ACL that a distribution or a load balancer uses stays."""
    _check_scope(call)
    acl = next((acl for acl in _acls(call).values() if acl.id == call.params["Id"]), None)
    if acl and (_balancers(call, acl) or distributions_of_web_acl(acl.arn)):
        message = "AWS WAF couldn't perform the operation because your resource is being used by another resource or it's associated with another resource."
        raise AwsError("WAFAssociatedItemException", message)
    return forward()


@around("wafv2", "AssociateWebACL")
def check_association(call: Call, forward: Forward) -> Answer:
    """A regional web ACL that WAF knows everywhere comes before an active load balancer, in place of another one."""
    arn, resource = call.params["WebACLArn"], call.params["ResourceArn"]
    if ":global/" in arn:
        raise _invalid("The ARN isn't valid.", "RESOURCE_ARN", arn)
    balancer = call.backend("elbv2").load_balancers.get(resource)
    if balancer is None:
        raise AwsError(
            "WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist."
        )
    if balancer.state != "active" or CLOCK.now() < _known_at.get(arn, 0.0):
        message = "AWS WAF couldn't retrieve the resource that you requested. Retry your request."
        raise AwsError("WAFUnavailableEntityException", message)
    call.ask("DisassociateWebACL", {"ResourceArn": resource})
    return forward()


@around("wafv2", "ListResourcesForWebACL")
def list_resources(call: Call, _forward: Forward) -> Answer:
    """The load balancers that it is before."""
    acl = call.backend().wacls.get(call.params["WebACLArn"])
    if acl is None:
        raise AwsError(
            "WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist."
        )
    return {"ResourceArns": _balancers(call, acl)}


def _balancers(call: Call, acl: Any) -> list[str]:
    """A load balancer that is gone has left its web ACL."""
    return [each for each in acl.associated_resources if each in call.backend("elbv2").load_balancers]


@around("wafv2", "PutLoggingConfiguration")
def check_destination(call: Call, forward: Forward) -> Answer:
    """The destination's name begins with aws-waf-logs-, and a log group is there."""
    (destination,) = call.params["LoggingConfiguration"]["LogDestinationConfigs"]
    parts = destination.removesuffix(":*").split(":", 5)
    name = parts[5].removeprefix("log-group:").rpartition("/")[2]
    if not name.startswith("aws-waf-logs-"):
        raise _invalid(
            "The ARN isn't valid. A valid ARN begins with arn: and includes other information.",
            "LOG_DESTINATION",
            destination,
        )
    if parts[2] == "logs" and name not in get_backend("logs")[call.account][parts[3]].groups:
        message = "AWS WAF couldn't find the log destination, or isn't permitted to write to it."
        raise AwsError("WAFLogDestinationPermissionIssueException", message)
    return forward()


@around("wafv2", "GetLoggingConfiguration")
def show_destination(call: Call, forward: Forward) -> Answer:
    """Without the members that are not there."""
    return _without_none(forward())


def _check_scope(call: Call) -> None:
    if call.params.get("Scope") == "CLOUDFRONT" and call.region != GLOBAL_REGION:
        raise _invalid("The scope is not valid.", "SCOPE_VALUE", "CLOUDFRONT")


def _acls(call: Call) -> dict[str, Any]:
    where = "global" if call.params["Scope"] == "CLOUDFRONT" else call.region
    return get_backend("wafv2")[call.account][where].wacls


def _invalid(reason: str, field: str, parameter: str) -> AwsError:
    return AwsError("WAFInvalidParameterException", f"Error reason: {reason}, field: {field}, parameter: {parameter}")


def _without_none(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_none(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return value


@around("wafv2", "CreateIPSet", "UpdateIPSet")
def refuse_addresses(call: Call, forward: Forward) -> Answer:
    """Blocks of the set's own family, not everybody."""
    version = call.params.get("IPAddressVersion")
    for address in call.params["Addresses"]:
        try:
            block = ip_network(address, strict=False)
        except ValueError:
            block = None
        is_wrong = block is None or "/" not in address or block.prefixlen == 0
        if is_wrong or (version and version != f"IPV{block.version}"):  # type: ignore[union-attr]
            message = (
                "Error reason: The parameter contains formatting that is not valid., field: IP_ADDRESS, "
                f"parameter: {address}"
            )
            raise AwsError("WAFInvalidParameterException", message, status=400)
    forward()
    return None
