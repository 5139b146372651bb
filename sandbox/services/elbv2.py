"""Elastic Load Balancing: real zone ids, complete attributes, refusals.

- `CanonicalHostedZoneId` is a placeholder in moto: alias records made from it are wrong (SRC-11).
- Attributes that were never set are missing from moto's answer; AWS lists every one with its default.
- moto deletes protected load balancers and makes them with one subnet or an unknown log bucket.
- A load balancer takes minutes to provision, and its interfaces outlive it (TDN-7); targets get healthy after a while.
"""

from __future__ import annotations

import re
from typing import Any

from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup

from sandbox.clock import CLOCK, pass_through
from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend
from sandbox.policy import allows
from sandbox.services.vpc import has_internet_gateway, linger

PROVISIONING = 150
INTERFACES_LINGER = 120
HEALTH_CHECKING = 60

PUBLIC = "internet-facing"
ZONE_IDS = {
    "af-south-1": "Z268VQBMOI5EKX",
    "ap-east-1": "Z3DQVH9N71FHZ0",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX",
    "ap-northeast-3": "Z5LXEXXYW11ES",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-south-1": "Z3ULH7SSC9OV64",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "me-south-1": "ZS929ML54UICD",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
}

# The accounts that deliver the access logs of load balancers in the older regions.
LOG_ACCOUNTS = {
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}

LOAD_BALANCER_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
TARGET_GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
# The numbers that attributes take.
RANGES = {
    "client_keep_alive.seconds": (60, 604800),
    "deregistration_delay.timeout_seconds": (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
}
SLOW_START = (30, 900)  # or none
HEALTHY = range(200, 500)
ONCE = {"host-header", "http-request-method", "path-pattern", "source-ip"}
CONDITION_VALUES = 5
LISTENER_ATTRIBUTES = {"routing.http.response.server.enabled": "true"}


@around("elbv2", "CreateLoadBalancer", "CreateTargetGroup")
def refuse_name(call: Call, forward: Forward) -> Answer:
    """32 letters, digits and hyphens."""
    name, what = call.params["Name"], call.operation.removeprefix("Create")
    called = {"LoadBalancer": "load balancer", "TargetGroup": "target group"}[what]
    reason = None
    if len(name) > 32:
        reason = f"The {called} name '{name}' cannot be longer than '32' characters"
    elif not name.replace("-", "").isalnum():
        reason = (
            f"The {called} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )
    elif name.startswith("-") or name.endswith("-"):
        reason = f"The {called} name '{name}' cannot begin or end with a hyphen(-)"
    elif what == "LoadBalancer" and name.startswith("internal-"):
        reason = f"The {called} name '{name}' cannot begin with 'internal-'"
    if reason:
        raise AwsError("ValidationError", reason)
    forward()
    return None


@around("elbv2", "CreateLoadBalancer", "DescribeLoadBalancers")
def real_zone_id(call: Call, forward: Forward) -> Answer:
    """The hosted zone of the region's load balancers."""
    answer = forward()
    for balancer in answer["LoadBalancers"]:
        balancer["CanonicalHostedZoneId"] = ZONE_IDS.get(call.region, balancer["CanonicalHostedZoneId"])
    return answer


@around("elbv2", "CreateLoadBalancer")
def refuse_single_zone(call: Call, forward: Forward) -> Answer:
    """An application load balancer spans two zones, one subnet in each."""
    subnets = call.params.get("Subnets") or [m["SubnetId"] for m in call.params.get("SubnetMappings", [])]
    if call.params.get("Type", "application") == "application":
        if len(subnets) < 2:
            message = "At least two subnets in two different Availability Zones must be specified"
            raise AwsError("ValidationError", message)
        known = {s.id: s.availability_zone for zone in call.backend("ec2").subnets.values() for s in zone.values()}
        if missing := next((subnet for subnet in subnets if subnet not in known), None):
            raise AwsError("SubnetNotFound", f"The subnet ID '{missing}' does not exist")
        zones = [known.get(subnet) for subnet in subnets]
        if len(set(zones)) < len(zones):
            message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
            raise AwsError("InvalidConfigurationRequest", message)
        _check_network(call, subnets)
    answer = forward()
    created = call.backend().load_balancers[answer["LoadBalancers"][0]["LoadBalancerArn"]]
    pass_through(created, "state", "provisioning", (PROVISIONING, "active"))
    return answer


def _check_network(call: Call, subnets: list[str]) -> None:
    """Its VPC has an internet gateway, if it faces the internet, and its security groups are that VPC's."""
    backend = call.backend("ec2")
    vpcs = {s.vpc_id for zone in backend.subnets.values() for s in zone.values() if s.id in subnets}
    for vpc in vpcs:
        if call.params.get("Scheme", PUBLIC) == PUBLIC and not has_internet_gateway(call, vpc):
            raise AwsError("InvalidSubnet", f"VPC {vpc} has no internet gateway")
        _check_security_groups(call, vpc)


@around("elbv2", "SetSecurityGroups")
def refuse_security_groups(call: Call, forward: Forward) -> Answer:
    """As for a new one."""
    balancer = call.backend().load_balancers.get(call.params["LoadBalancerArn"])
    if balancer is not None:
        _check_security_groups(call, balancer.vpc_id)
    return forward()


def _check_security_groups(call: Call, vpc: str) -> None:
    for group in call.params.get("SecurityGroups") or []:
        found = call.backend("ec2").get_security_group_from_id(group)
        if found is None:
            raise AwsError("InvalidSecurityGroup", f"The security group '{group}' does not exist")
        if found.vpc_id != vpc:
            message = f"The following security groups are not in VPC {vpc}: {group}"
            raise AwsError("InvalidConfigurationRequest", message)


@around("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def refuse_foreign_group(call: Call, forward: Forward) -> Answer:
    """A target group has one load balancer, in its own VPC."""
    params, backend = call.params, call.backend()
    of = params.get("LoadBalancerArn") or next(
        (
            balancer
            for listener in (params.get("ListenerArn"), _listener_of(params.get("RuleArn", "")))
            for balancer in backend.load_balancers
            if listener and listener in backend.load_balancers[balancer].listeners
        ),
        None,
    )
    for arn in (each.get("TargetGroupArn") for each in params.get("DefaultActions") or params.get("Actions") or []):
        group = backend.target_groups.get(arn)
        if of and group is not None and group.vpc_id not in (None, backend.load_balancers[of].vpc_id):
            message = f"The following target groups are not in the load balancer's VPC: {arn}"
            raise AwsError("InvalidConfigurationRequest", message)
        if of and arn and _balancers_of(backend, arn) - {of}:
            message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
            raise AwsError("TargetGroupAssociationLimit", message)
    forward()
    return None


def _balancers_of(backend: Any, group: str) -> set[str]:
    """The load balancers that forward to a target group now; moto's own list forgets none."""
    return {
        arn
        for arn, balancer in backend.load_balancers.items()
        for listener in balancer.listeners.values()
        for rule in listener.rules.values()
        for action in rule.actions
        if group in backend._get_target_group_arns_from(action_data=action.data)
    }


def _listener_of(rule: str) -> str:
    return rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]


@around("elbv2", "CreateTargetGroup", "ModifyTargetGroup")
def refuse_health_check(call: Call, forward: Forward) -> Answer:
    """A path, a port and status codes."""
    params = call.params
    path, port = params.get("HealthCheckPath", "/"), params.get("HealthCheckPort", "traffic-port")
    if not path.startswith("/"):
        raise AwsError("ValidationError", f"Health check path '{path}' must begin with a '/' character")
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        message = f"Health check port '{port}' must be 'traffic-port' or in the inclusive range of 1 and 65535"
        raise AwsError("ValidationError", message)
    codes = params.get("Matcher", {}).get("HttpCode", "200")
    for part in codes.split(","):
        first, _dash, last = part.partition("-")
        bounds = [first, last or first]
        if not all(bound.isdigit() and int(bound) in HEALTHY for bound in bounds) or int(bounds[0]) > int(bounds[1]):
            message = f"Health check matcher HTTP code '{codes}' must be within '{HEALTHY[0]}-{HEALTHY[-1]}' inclusive"
            raise AwsError("ValidationError", message)
    group = call.backend().target_groups.get(params.get("TargetGroupArn"))
    interval = params.get("HealthCheckIntervalSeconds", group.health_check_interval_seconds if group else 30)
    timeout = params.get("HealthCheckTimeoutSeconds", group.health_check_timeout_seconds if group else 5)
    if int(timeout) >= int(interval):
        message = f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        raise AwsError("ValidationError", message)
    forward()
    return None


@around("elbv2", "CreateListener", "ModifyListener")
def refuse_listener(call: Call, forward: Forward) -> Answer:
    """It has a default action; a policy and a certificate go with TLS, and the policy is one of AWS's."""
    params, policy = call.params, call.params.get("SslPolicy")
    protocol = params.get("Protocol")
    if protocol is None:
        asked = {"ListenerArns": [params["ListenerArn"]]}
        protocol = call.ask("DescribeListeners", asked)["Listeners"][0]["Protocol"]
    if call.operation == "CreateListener" and not params["DefaultActions"]:
        raise AwsError("ValidationError", "A listener must have exactly one default action")
    if protocol == "HTTP" and (policy or params.get("Certificates")):
        what = "An SSL policy" if policy else "A certificate"
        raise AwsError("ValidationError", f"{what} cannot be specified for HTTP listeners")
    if policy and not re.fullmatch(r"ELBSecurityPolicy-([A-Za-z0-9-]+-)?\d{4}-\d{2}", policy):
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{policy}' not found", status=400)
    forward()
    return None


@around("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def refuse_missing_group(call: Call, forward: Forward) -> Answer:
    """What is forwarded to is there."""
    for action in call.params.get("DefaultActions") or call.params.get("Actions") or []:
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or []
        for arn in filter(None, [action.get("TargetGroupArn"), *(each.get("TargetGroupArn") for each in groups)]):
            if arn not in call.backend().target_groups:
                raise AwsError("TargetGroupNotFound", f"Target group '{arn}' not found", status=400)
    forward()
    return None


@around("elbv2", "CreateRule", "ModifyRule")
def refuse_conditions(call: Call, forward: Forward) -> Answer:
    """One of a kind, of those that a rule has once; five values at most in all."""
    conditions = call.params.get("Conditions") or []
    fields = [condition.get("Field") for condition in conditions]
    for field in fields:
        if field in ONCE and fields.count(field) > 1:
            raise AwsError("ValidationError", f"A rule can only have one '{field}' condition")
    if sum(len(_values(condition)) for condition in conditions) > CONDITION_VALUES:
        message = f"Rules cannot have more than '{CONDITION_VALUES}' condition values"
        raise AwsError("TooManyConditionValues", message, status=400)
    if call.operation == "CreateRule" and not call.params["Actions"]:
        raise AwsError("ValidationError", "A rule must have exactly one routing action")
    forward()
    return None


def _values(condition: dict[str, Any]) -> list[Any]:
    configs = [value for key, value in condition.items() if key.endswith("Config")]
    return [*(condition.get("Values") or []), *(each for config in configs for each in config.get("Values") or [])]


@around("elbv2", "CreateListener", "CreateRule")
def refuse_actions(call: Call, forward: Forward) -> Answer:
    """A redirect leads elsewhere than it comes from; a rule has a condition."""
    params = call.params
    if call.operation == "CreateRule" and not params["Conditions"]:
        raise AwsError("ValidationError", "A rule must have at least one condition")
    for action in params.get("DefaultActions") or []:
        to = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
        to |= action.get("RedirectConfig") or {}
        same_end = to["Protocol"] in ("#{protocol}", params["Protocol"]) and to["Port"] in (
            "#{port}",
            str(params["Port"]),
        )
        kept = (to["Host"], to["Path"], to["Query"]) == ("#{host}", "/#{path}", "#{query}")
        if action["Type"] == "redirect" and same_end and kept:
            message = "The redirect configuration is not valid because it creates a loop."
            raise AwsError("InvalidLoadBalancerAction", message)
    forward()
    return None


@around("elbv2", "DeleteRule")
def refuse_default_rule(call: Call, forward: Forward) -> Answer:
    """It is the listener's."""
    arn = call.params["RuleArn"]
    listener = _listener_of(arn)
    known = any(listener in each.listeners for each in call.backend().load_balancers.values())
    rules = call.ask("DescribeRules", {"ListenerArn": listener})["Rules"] if known else []
    if any(rule["RuleArn"] == arn and rule["IsDefault"] for rule in rules):
        raise AwsError("OperationNotPermitted", f"Default rule '{arn}' cannot be deleted", status=400)
    forward()
    return None


@around("elbv2", "RegisterTargets")
def refuse_unknown_targets(call: Call, forward: Forward) -> Answer:
    """Instances that exist, in the group's VPC."""
    group = call.backend().target_groups.get(call.params["TargetGroupArn"])
    if group is not None and group.target_type == "instance":
        reservations = call.backend("ec2").reservations.values()
        known = {each.id: each.vpc_id for reservation in reservations for each in reservation.instances}
        for target in call.params["Targets"]:
            if target["Id"] not in known:
                raise AwsError("InvalidTarget", f"Instance ID '{target['Id']}' is not valid")
            if known[target["Id"]] not in (None, group.vpc_id):
                message = f"The following targets are not in the target group VPC '{group.vpc_id}': '{target['Id']}'"
                raise AwsError("InvalidTarget", message)
    forward()
    return None


@mend(FakeLoadBalancer, "activate")
def stay_as_it_is(original: Any, balancer: Any) -> None:
    """moto: active from the second look on."""


@mend(FakeTargetGroup, "register")
def register(original: Any, group: Any, targets: list[dict[str, Any]]) -> None:
    """Remember since when a target is one."""
    original(group, targets)
    since = vars(group).setdefault("sandbox_since", {})
    for target in group.targets:
        since.setdefault(target, CLOCK.now())
    for target in since.keys() - group.targets.keys():
        del since[target]


@around("elbv2", "DescribeTargetHealth")
def target_health(call: Call, forward: Forward) -> Answer:
    """Unused without a load balancer, initial until the first checks have passed."""
    answer = forward()
    group = call.backend().target_groups[call.params["TargetGroupArn"]]
    used = call.backend()._any_listener_using(group.arn)
    for each in answer["TargetHealthDescriptions"]:
        since = vars(group).get("sandbox_since", {}).get(each["Target"]["Id"])
        if each["TargetHealth"]["State"] != "healthy":
            continue
        if not used:
            each["TargetHealth"] = {
                "State": "unused",
                "Reason": "Target.NotInUse",
                "Description": "Target group is not configured to receive traffic from the load balancer",
            }
        elif since is not None and CLOCK.now() < since + HEALTH_CHECKING:
            each["TargetHealth"] = {
                "State": "initial",
                "Reason": "Elb.RegistrationInProgress",
                "Description": "Target registration is in progress",
            }
    return answer


def _attributes(defaults: dict[str, str], answer: dict[str, Any]) -> dict[str, Any]:
    given = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    return {"Attributes": [{"Key": key, "Value": value} for key, value in (defaults | given).items()]}


@around("elbv2", "DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes")
def load_balancer_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute; a log bucket must exist, with a policy that lets the logs in (ORD-2)."""
    wanted = {each["Key"]: each.get("Value", "") for each in call.params.get("Attributes", [])}
    if unknown := wanted.keys() - LOAD_BALANCER_ATTRIBUTES.keys() - {"dns_record.client_routing_policy"}:
        message = f"Load balancer attribute key '{min(unknown)}' is not recognized"
        raise AwsError("ValidationError", message)
    _check_ranges(wanted)
    balancer = call.backend().load_balancers.get(call.params["LoadBalancerArn"])
    for kind in ("access_logs", "connection_logs"):
        bucket = wanted.get(f"{kind}.s3.bucket")
        before = balancer.attrs.get(f"{kind}.s3.bucket") if balancer is not None else None
        if wanted.get(f"{kind}.s3.enabled") == "true" and not (bucket or before):
            raise AwsError("ValidationError", f"The value of '{kind}.s3.bucket' cannot be empty")
        prefix = wanted.get(f"{kind}.s3.prefix", "")
        if wanted.get(f"{kind}.s3.enabled") == "true" and bucket and not _takes_logs(call, bucket, prefix):
            message = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
            raise AwsError("InvalidConfigurationRequest", message)
    if balancer is not None and balancer.attrs.get("load_balancing.cross_zone.enabled") == "false":
        balancer.attrs["load_balancing.cross_zone.enabled"] = "true"  # always on for an ALB
    return _attributes(LOAD_BALANCER_ATTRIBUTES, forward())


def _check_ranges(wanted: dict[str, str]) -> None:
    for key, value in wanted.items():
        least, most = RANGES.get(key, (None, None))
        if least is not None and most is not None and not (value.isdigit() and least <= int(value) <= most):
            raise AwsError("ValidationError", f"'{key}' value '{value}' must be between '{least}-{most}' inclusive")


@around("elbv2", "ModifyTargetGroupAttributes")
def refuse_target_group_attributes(call: Call, forward: Forward) -> Answer:
    """Those that there are, in their limits; a slow start goes with taking turns."""
    wanted = {each["Key"]: each.get("Value", "") for each in call.params["Attributes"]}
    if unknown := wanted.keys() - TARGET_GROUP_ATTRIBUTES.keys():
        raise AwsError("ValidationError", f"Target group attribute key '{min(unknown)}' is not recognized")
    _check_ranges(wanted)
    slow, (least, most) = wanted.get("slow_start.duration_seconds", "0"), SLOW_START
    if slow != "0" and not (slow.isdigit() and least <= int(slow) <= most):
        message = f"'slow_start.duration_seconds' value '{slow}' must be 0 or between '{least}-{most}' inclusive"
        raise AwsError("ValidationError", message)
    group = call.backend().target_groups.get(call.params["TargetGroupArn"])
    settings = (dict(group.attributes) if group is not None else {}) | wanted
    in_turn = settings.get("load_balancing.algorithm.type", "round_robin") == "round_robin"
    if settings.get("slow_start.duration_seconds", "0") != "0" and not in_turn:
        message = "Slow start is only supported with the round robin algorithm"
        raise AwsError("InvalidConfigurationRequest", message)
    forward()
    return None


def _takes_logs(call: Call, name: str, prefix: str) -> bool:
    """Load balancers can't write with a customer's key; older regions' have an account of their own that writes."""
    bucket = call.backend("s3").buckets.get(name)
    if bucket is None or _encrypted_by_key(bucket):
        return False
    folder = f"{bucket.arn}/{prefix}/" if prefix else f"{bucket.arn}/"
    written = f"{folder}AWSLogs/{call.account}/elasticloadbalancing/x"
    context = {
        "aws:SourceAccount": call.account,
        "aws:SecureTransport": "true",
        "s3:x-amz-acl": "bucket-owner-full-control",
    }
    context["aws:SourceArn"] = (
        f"arn:{call.partition}:elasticloadbalancing:{call.region}:{call.account}:loadbalancer/app/x/x"
    )
    writers = [("Service", "logdelivery.elasticloadbalancing.amazonaws.com")]
    if call.region in LOG_ACCOUNTS:
        writers.append(("AWS", f"arn:{call.partition}:iam::{LOG_ACCOUNTS[call.region]}:root"))
    return any(allows(bucket.policy, writer, "s3:PutObject", written, context) for writer in writers)


def _encrypted_by_key(bucket: Any) -> bool:
    rule = (bucket.encryption or {}).get("Rule", {})
    return rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "").startswith("aws:kms")


@around("elbv2", "CreateListener", "ModifyListener", "AddListenerCertificates")
def refuse_certificate(call: Call, forward: Forward) -> Answer:
    """ORD-3: an HTTPS listener has a certificate, and ACM has issued it."""
    if (
        call.operation == "CreateListener"
        and call.params.get("Protocol") == "HTTPS"
        and not call.params.get("Certificates")
    ):
        raise AwsError("ValidationError", "A certificate must be specified for HTTPS listeners")
    known = call.backend("acm")._certificates
    for arn in [each["CertificateArn"] for each in call.params.get("Certificates") or []]:
        if ":acm:" in arn and arn not in known:
            raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found", status=400)
        if arn in known and known[arn].status != "ISSUED":
            message = (
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
                "and a supported key size."
            )
            raise AwsError("UnsupportedCertificate", message, status=400)
    forward()
    return None


@around("elbv2", "CreateLoadBalancer")
def one_balancer_a_name(call: Call, forward: Forward) -> Answer:
    """The same one again is the one that is there; moto makes another."""
    there = call.ask("DescribeLoadBalancers")["LoadBalancers"]
    same_name = [each for each in there if each["LoadBalancerName"] == call.params["Name"]]
    if not same_name:
        return forward()
    subnets = {zone["SubnetId"] for zone in same_name[0]["AvailabilityZones"]}
    if subnets != set(call.params.get("Subnets", [])) or same_name[0].get("Scheme", PUBLIC) != call.params.get(
        "Scheme", PUBLIC
    ):
        raise AwsError(
            "DuplicateLoadBalancerName", "A load balancer with the specified name already exists", status=400
        )
    return {"LoadBalancers": same_name}


@around("elbv2", "CreateListener")
def one_listener_a_port(call: Call, forward: Forward) -> Answer:
    """The same one again is the one that is there; moto makes another."""
    there = call.ask("DescribeListeners", {"LoadBalancerArn": call.params["LoadBalancerArn"]})["Listeners"]
    same_port = [each for each in there if each["Port"] == call.params["Port"]]
    if same_port and same_port[0]["Protocol"] != call.params["Protocol"]:
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer", status=400)
    return {"Listeners": same_port} if same_port else forward()


@around("elbv2", "DescribeTargetGroupAttributes")
def target_group_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute."""
    return _attributes(TARGET_GROUP_ATTRIBUTES, forward())


@around("elbv2", "DescribeListenerAttributes")
def listener_attributes(call: Call, forward: Forward) -> Answer:
    """Every attribute; idle timeouts are for TCP only."""
    answer = _attributes(LISTENER_ATTRIBUTES, forward())
    answer["Attributes"] = [each for each in answer["Attributes"] if each["Key"] != "tcp.idle_timeout.seconds"]
    return answer


@around("elbv2", "CreateListener", "DescribeListeners", "ModifyListener")
def no_policy_without_tls(call: Call, forward: Forward) -> Answer:
    """moto gives a plain HTTP listener a TLS policy, and lets one that was HTTPS keep its certificate."""
    answer = forward()
    for listener in answer["Listeners"]:
        if listener.get("Protocol") == "HTTP":
            listener.pop("SslPolicy", None)
            listener.pop("Certificates", None)
    return answer


@around("elbv2", "DeleteLoadBalancer")
def refuse_protected(call: Call, forward: Forward) -> Answer:
    """Deletion protection protects."""
    arn = call.params["LoadBalancerArn"]
    balancer = call.backend().load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message, status=400)
    forward()
    if balancer is not None:
        linger(call, INTERFACES_LINGER, [subnet.id for subnet in balancer.subnets], balancer.security_groups)
    return None
