"""Limits that AWS documents and its models do not show: names, descriptions, sizes of policies, rules of security groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sandbox.hooks import Answer, AwsError, Call, Forward, around

EC2_TEXT = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"
EC2_CHARACTERS = "strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
GROUP_RULES = tuple(f"IpPermissions.{kind}" for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"))
# Of a cron expression's six fields, one of the two days is a question mark.
SCHEDULE = (
    r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)"
    r"|cron\(\S+ \S+ ([^\s?]+ \S+ \?|\? \S+ [^\s?]+) \S+\)"
)
IDENTIFIER = r"(?=.{1,63}$)[A-Za-z](-?[A-Za-z0-9])*"
LONG_IDENTIFIER = r"(?=.{1,255}$)[A-Za-z](-?[A-Za-z0-9])*"
NO_IDENTIFIER = (
    "The parameter {} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, "
    "digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
)


class Text(NamedTuple):
    """What a text has to look like: where it is given, its pattern, the answer if it does not match."""

    service: str
    operations: tuple[str, ...]
    members: tuple[str, ...]
    pattern: str
    code: str
    message: str


TEXTS = (
    Text(
        "ec2",
        ("CreateSecurityGroup",),
        ("GroupName",),
        r"(?!sg-)" + EC2_TEXT,
        "InvalidParameterValue",
        f"Invalid security group name. Valid names are {EC2_CHARACTERS}, and not in the format sg-*",
    ),
    Text(
        "ec2",
        ("CreateSecurityGroup",),
        ("Description",),
        EC2_TEXT,
        "InvalidParameterValue",
        f"Invalid security group description. Valid descriptions are {EC2_CHARACTERS}",
    ),
    Text(
        "ec2",
        (
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "UpdateSecurityGroupRuleDescriptionsIngress",
            "UpdateSecurityGroupRuleDescriptionsEgress",
        ),
        tuple(f"{rules}.Description" for rules in GROUP_RULES),
        EC2_TEXT,
        "InvalidParameterValue",
        f"Invalid rule description. Valid descriptions are {EC2_CHARACTERS}",
    ),
    Text(
        "ec2",
        ("CreateLaunchTemplate",),
        ("LaunchTemplateName",),
        r"[a-zA-Z0-9().\-/_]{3,128}",
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and ().-/_",
    ),
    Text(
        "rds",
        ("CreateDBInstance", "CreateDBInstanceReadReplica"),
        ("DBInstanceIdentifier",),
        IDENTIFIER,
        "InvalidParameterValue",
        NO_IDENTIFIER.format("DBInstanceIdentifier"),
    ),
    Text(
        "rds",
        ("DeleteDBInstance",),
        ("FinalDBSnapshotIdentifier",),
        LONG_IDENTIFIER,
        "InvalidParameterValue",
        NO_IDENTIFIER.format("FinalDBSnapshotIdentifier"),
    ),
    Text(
        "rds",
        ("CreateDBParameterGroup",),
        ("DBParameterGroupName",),
        LONG_IDENTIFIER,
        "InvalidParameterValue",
        NO_IDENTIFIER.format("DBParameterGroupName"),
    ),
    Text(
        "rds",
        ("CreateDBSubnetGroup",),
        ("DBSubnetGroupName",),
        r"(?!default$)[A-Za-z][A-Za-z0-9._ -]{0,254}",
        "InvalidParameterValue",
        "The parameter DBSubnetGroupName is not a valid name.",
    ),
    Text(
        "rds",
        ("CreateDBInstance",),
        ("MasterUsername",),
        r"(?!rdsadmin$)[A-Za-z][A-Za-z0-9_]{0,31}",
        "InvalidParameterValue",
        "The parameter MasterUsername is not a valid name: it is too long, has other characters, or is reserved.",
    ),
    Text(
        "rds",
        ("CreateDBInstance",),
        ("DBName",),
        r"[A-Za-z][A-Za-z0-9_]{0,63}",
        "InvalidParameterValue",
        "DBName must begin with a letter and contain only alphanumeric characters.",
    ),
    Text(
        "autoscaling",
        ("CreateAutoScalingGroup",),
        ("AutoScalingGroupName",),
        r"[^:]+",
        "ValidationError",
        "The name of a group contains no colon.",
    ),
    Text(
        "sns",
        ("CreateTopic", "SetTopicAttributes"),
        ("Attributes.DisplayName", "DisplayName"),
        r"[^\x00-\x1f]{0,100}",
        "InvalidParameter",
        "Invalid parameter: DisplayName",
    ),
    Text(
        "sqs",
        ("CreateQueue",),
        ("QueueName",),
        r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo",
        "InvalidParameterValue",
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    ),
    Text(
        "cloudfront",
        ("CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution"),
        ("DistributionConfig.Comment", "DistributionConfigWithTags.DistributionConfig.Comment"),
        r"[\s\S]{0,128}",
        "InvalidArgument",
        "The parameter Comment is too long.",
    ),
    Text(
        "cloudfront",
        ("CreateOriginAccessControl", "UpdateOriginAccessControl"),
        ("OriginAccessControlConfig.Name",),
        r"[\s\S]{1,64}",
        "InvalidArgument",
        "The parameter Name is too long.",
    ),
    Text(
        "cloudfront",
        ("CreateOriginAccessControl", "UpdateOriginAccessControl"),
        ("OriginAccessControlConfig.Description",),
        r"[\s\S]{0,256}",
        "InvalidArgument",
        "The parameter Description is too long.",
    ),
    Text(
        "cloudwatch",
        ("PutDashboard",),
        ("DashboardName",),
        r"[A-Za-z0-9_-]{1,255}",
        "InvalidParameterInput",
        "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash and underscore.",
    ),
    Text(
        "logs",
        ("CreateLogGroup",),
        ("logGroupName",),
        r"(?!(?i:aws/)).*",
        "InvalidParameterException",
        "Log groups starting with AWS/ are reserved for AWS.",
    ),
    Text(
        "events",
        ("PutRule",),
        ("ScheduleExpression",),
        SCHEDULE,
        "ValidationException",
        "Parameter ScheduleExpression is not valid.",
    ),
    Text(
        "backup",
        ("CreateBackupPlan", "UpdateBackupPlan"),
        ("BackupPlan.Rules.ScheduleExpression",),
        SCHEDULE,
        "InvalidParameterValueException",
        "Invalid schedule expression.",
    ),
    Text(
        "backup",
        ("CreateBackupPlan", "UpdateBackupPlan"),
        ("BackupPlan.BackupPlanName",),
        r"[a-zA-Z0-9\-_.]{1,50}",
        "InvalidParameterValueException",
        "Invalid backup plan name: 1 to 50 letters, numbers and -_.",
    ),
    Text(
        "secretsmanager",
        ("CreateSecret",),
        ("Name",),
        r"[A-Za-z0-9/_+=.@!-]+",
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ),
    Text(
        "acm",
        ("RequestCertificate",),
        ("DomainName",),
        r".{1,64}",
        "ValidationException",
        "The first domain name can be no longer than 64 characters.",
    ),
)


class Size(NamedTuple):
    """The most bytes, or characters, that a policy has, and the answer if it has more."""

    service: str
    operations: tuple[str, ...]
    members: tuple[str, ...]
    most: int
    code: str
    message: str
    status: int = 400


# IAM does not count white space.
SIZES = (
    Size(
        "iam",
        ("CreatePolicy", "CreatePolicyVersion"),
        ("PolicyDocument",),
        6144,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
        409,
    ),
    Size(
        "iam",
        ("CreateRole", "UpdateAssumeRolePolicy"),
        ("AssumeRolePolicyDocument", "PolicyDocument"),
        2048,
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
        409,
    ),
    Size(
        "kms",
        ("CreateKey", "PutKeyPolicy"),
        ("Policy",),
        32768,
        "LimitExceededException",
        "Cannot exceed quota for PolicySize: 32768",
    ),
    Size(
        "s3",
        ("PutBucketPolicy",),
        ("Policy",),
        20480,
        "PolicyTooLarge",
        "Policy exceeds the maximum allowed document size.",
    ),
    Size(
        "sns",
        ("CreateTopic", "SetTopicAttributes"),
        ("Attributes.Policy", "Policy"),
        30720,
        "InvalidParameter",
        "Invalid parameter: Policy too large",
    ),
    Size(
        "sqs",
        ("CreateQueue", "SetQueueAttributes"),
        ("Attributes.Policy",),
        8192,
        "InvalidAttributeValue",
        "Invalid value for the parameter Policy.",
    ),
)


def _given(call: Call, members: Iterable[str]) -> Iterator[str]:
    """The texts at these places; SNS's calls set one attribute by its name."""
    params = call.params
    if "AttributeName" in params:
        params = {**params, params["AttributeName"]: params.get("AttributeValue")}
    for member in members:
        values: list[Any] = [params]
        for name in member.split("."):
            inside = [each.get(name) for each in values if isinstance(each, dict)]
            values = [each for found in inside for each in (found if isinstance(found, list) else [found])]
        yield from (value for value in values if isinstance(value, str))


def _refuse_text(limit: Text) -> Any:
    def hook(call: Call, forward: Forward) -> Answer:
        if any(not re.fullmatch(limit.pattern, text) for text in _given(call, limit.members)):
            raise AwsError(limit.code, limit.message, status=400)
        forward()
        return None

    return hook


def _refuse_size(limit: Size) -> Any:
    def hook(call: Call, forward: Forward) -> Answer:
        for text in _given(call, limit.members):
            counted = "".join(text.split()) if limit.service == "iam" else text
            if len(counted.encode()) > limit.most:
                raise AwsError(limit.code, limit.message, status=limit.status)
        forward()
        return None

    return hook


for _limit in TEXTS:
    around(_limit.service, *_limit.operations)(_refuse_text(_limit))
for _limit in SIZES:
    around(_limit.service, *_limit.operations)(_refuse_size(_limit))


RULES = 60  # of a security group, each way, for IPv4 and IPv6 apart
CLOUDFRONT, CLOUDFRONT_WEIGHT = "com.amazonaws.global.cloudfront.origin-facing", 55


@around("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def limit_rules(call: Call, forward: Forward) -> Answer:
    """A prefix list counts as the entries it may have, which for CloudFront's are 55."""
    group = call.backend().get_security_group_from_id(call.params.get("GroupId"))
    if group is not None:
        rules = group.ingress_rules if call.operation.endswith("Ingress") else group.egress_rules
        asked = [rule for each in call.params.get("IpPermissions") or [] for rule in _asked(each)]
        weights = [(_family(rule.ip_range), _weight(call, rule.prefix_list_id)) for rule in rules]
        weights += [(_family(rule), _weight(call, rule.get("PrefixListId"))) for rule in asked]
        if any(sum(weight for of, weight in weights if of != other) > RULES for other in ("IPv4", "IPv6")):
            message = "The maximum number of rules per security group has been reached."
            raise AwsError("RulesPerSecurityGroupLimitExceeded", message, status=400)
    forward()
    return None


def _asked(permission: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
    return [rule for kind in kinds for rule in permission.get(kind) or []]


def _family(rule: dict[str, Any]) -> str:
    """IPv4 or IPv6; a group counts for both."""
    return "IPv4" if "CidrIp" in rule else "IPv6" if "CidrIpv6" in rule else "both"


def _weight(call: Call, prefix_list: str | None) -> int:
    if prefix_list is None:
        return 1
    found = call.backend().managed_prefix_lists.get(prefix_list)
    if found is None:
        return 1
    return CLOUDFRONT_WEIGHT if found.prefix_list_name == CLOUDFRONT else int(found.max_entries or 1)
