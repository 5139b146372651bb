"""Too early: what was made a moment ago is not known everywhere yet, and lists do not show it.

On such days each operation that names something new is refused the first time, as its service refuses what does not exist, and
each operation that lists leaves it out the first time: whatever the clock says, so that nobody passes because they were slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sandbox import wire
from sandbox.hooks import AwsError


class New(NamedTuple):
    """A kind of thing: what makes it, where its id is in the answer (or its name in the call), how later calls are refused."""

    service: str
    operation: str
    path: str
    listed: str
    """The member of lists' answers that has such things."""
    code: str
    status: int = 400
    members: tuple[str, ...] = ()
    """The members of later calls that name it; () where its id is like no other text."""
    refused_by: tuple[tuple[str, str], ...] = ()
    """Services beside its own that are asked at once, and the code by which they refuse."""
    nameless: str = ""
    """The code for a name that a list is asked for and does not know, if it is another."""


KINDS = (
    New("acm", "RequestCertificate", "CertificateArn", "CertificateSummaryList", "ResourceNotFoundException"),
    New(
        "autoscaling",
        "CreateAutoScalingGroup",
        "AutoScalingGroupName",
        "AutoScalingGroups",
        "ValidationError",
        members=("AutoScalingGroupName",),
    ),
    New(
        "backup",
        "CreateBackupVault",
        "BackupVaultName",
        "BackupVaultList",
        "ResourceNotFoundException",
        members=("BackupVaultName",),
    ),
    New("backup", "CreateBackupPlan", "BackupPlanId", "BackupPlansList", "ResourceNotFoundException"),
    New("backup", "CreateBackupSelection", "SelectionId", "BackupSelectionsList", "ResourceNotFoundException"),
    New(
        "cloudfront",
        "CreateOriginAccessControl",
        "OriginAccessControl.Id",
        "OriginAccessControlList.Items",
        "NoSuchOriginAccessControl",
        404,
    ),
    New("ec2", "AllocateAddress", "AllocationId", "Addresses", "InvalidAllocationID.NotFound"),
    New(
        "ec2",
        "CreateInternetGateway",
        "InternetGateway.InternetGatewayId",
        "InternetGateways",
        "InvalidInternetGatewayID.NotFound",
    ),
    New(
        "ec2",
        "CreateLaunchTemplate",
        "LaunchTemplate.LaunchTemplateId",
        "LaunchTemplates",
        "InvalidLaunchTemplateId.NotFound",
        refused_by=(("autoscaling", "ValidationError"),),
        nameless="InvalidLaunchTemplateName.NotFoundException",
    ),
    New("ec2", "CreateNatGateway", "NatGateway.NatGatewayId", "NatGateways", "NatGatewayNotFound"),
    New("ec2", "CreateRouteTable", "RouteTable.RouteTableId", "RouteTables", "InvalidRouteTableID.NotFound"),
    New("ec2", "CreateSecurityGroup", "GroupId", "SecurityGroups", "InvalidGroup.NotFound"),
    New(
        "ec2",
        "CreateSubnet",
        "Subnet.SubnetId",
        "Subnets",
        "InvalidSubnetID.NotFound",
        refused_by=(("elbv2", "SubnetNotFound"),),
    ),
    New("ec2", "CreateVpc", "Vpc.VpcId", "Vpcs", "InvalidVpcID.NotFound"),
    New("ec2", "CreateVpcEndpoint", "VpcEndpoint.VpcEndpointId", "VpcEndpoints", "InvalidVpcEndpointId.NotFound"),
    New(
        "ecr",
        "CreateRepository",
        "repositoryName",
        "repositories",
        "RepositoryNotFoundException",
        members=("repositoryName", "repositoryNames"),
    ),
    New("elbv2", "CreateListener", "Listeners.0.ListenerArn", "Listeners", "ListenerNotFound"),
    New("elbv2", "CreateLoadBalancer", "LoadBalancers.0.LoadBalancerArn", "LoadBalancers", "LoadBalancerNotFound"),
    New("elbv2", "CreateRule", "Rules.0.RuleArn", "Rules", "RuleNotFound"),
    New("elbv2", "CreateTargetGroup", "TargetGroups.0.TargetGroupArn", "TargetGroups", "TargetGroupNotFound"),
    New("events", "PutRule", "Name", "Rules", "ResourceNotFoundException", members=("Rule",)),
    New(
        "iam",
        "CreateInstanceProfile",
        "InstanceProfileName",
        "InstanceProfiles",
        "NoSuchEntity",
        404,
        ("InstanceProfileName",),
    ),
    New("iam", "CreateRole", "RoleName", "Roles", "NoSuchEntity", 404, ("RoleName",)),
    New("kms", "CreateKey", "KeyMetadata.KeyId", "Keys", "NotFoundException"),
    New("lambda", "CreateFunction", "FunctionName", "Functions", "ResourceNotFoundException", 404, ("FunctionName",)),
    New("logs", "CreateLogGroup", "logGroupName", "logGroups", "ResourceNotFoundException", members=("logGroupName",)),
    New(
        "rds",
        "CreateDBInstance",
        "DBInstanceIdentifier",
        "DBInstances",
        "DBInstanceNotFound",
        404,
        ("DBInstanceIdentifier",),
    ),
    New(
        "rds",
        "CreateDBParameterGroup",
        "DBParameterGroupName",
        "DBParameterGroups",
        "DBParameterGroupNotFound",
        404,
        ("DBParameterGroupName",),
    ),
    New(
        "rds",
        "CreateDBSubnetGroup",
        "DBSubnetGroupName",
        "DBSubnetGroups",
        "DBSubnetGroupNotFoundFault",
        404,
        ("DBSubnetGroupName",),
    ),
    New("route53", "CreateHostedZone", "HostedZone.Id", "HostedZones", "NoSuchHostedZone", 404),
    New("s3", "CreateBucket", "Bucket", "Buckets", "NoSuchBucket", 404, ("Bucket",)),
    New("secretsmanager", "CreateSecret", "Name", "SecretList", "ResourceNotFoundException", members=("SecretId",)),
    New("sns", "CreateTopic", "TopicArn", "Topics", "NotFound", 404),
    New("sqs", "CreateQueue", "QueueUrl", "QueueUrls", "AWS.SimpleQueueService.NonExistentQueue"),
    New(
        "wafv2",
        "CreateWebACL",
        "Summary.Id",
        "WebACLs",
        "WAFNonexistentItemException",
        members=("Id",),
    ),
)
# What the operations of VPC endpoints call the same.
ENDPOINTS = {
    "InvalidGroup.NotFound": "InvalidSecurityGroupId.NotFound",
    "InvalidRouteTableID.NotFound": "InvalidRouteTableId.NotFound",
    "InvalidSubnetID.NotFound": "InvalidSubnetId.NotFound",
    "InvalidVpcID.NotFound": "InvalidVpcId.NotFound",
}
TAGGING = ("resourcegroupstaggingapi", "GetResources")
SERVICES = {"elbv2": "elasticloadbalancing"}  # what ARNs call otherwise
LISTING = ("Describe", "List", "Get")
BY_NAME = {"LaunchTemplateNames", "Names"}  # lists that are asked for these refuse a name that they do not know
_BY_OPERATION = {(kind.service, kind.operation): kind for kind in KINDS}


class Early:
    """What is new, and who has been refused it; nothing is new unless `on`."""

    def __init__(self) -> None:
        self.set()

    def set(self, on: bool = False) -> None:
        """Begin with nothing new."""
        self.on = on
        self._new: dict[tuple[str, str], New] = {}  # (account, its id or name)
        self._refused: set[tuple[str, ...]] = set()  # and the service and operation that did not know it

    def check(self, message: wire.Message) -> None:
        """Refuse the call if it is the first of its operation to name something new."""
        if not self._new or message.model is None:
            return
        for member, text in _texts(message.params or {}):
            kind = self._new.get((message.account, text))
            if kind is None or message.operation == kind.operation or (kind.members and member not in kind.members):
                continue
            code = kind.code if message.service == kind.service else dict(kind.refused_by).get(message.service)
            if message.operation.endswith("VpcEndpoint"):
                code = ENDPOINTS.get(kind.code, kind.code)
            refusal = (message.account, text, message.service, message.operation)
            if code and refusal not in self._refused:
                self._refused.add(refusal)
                raise AwsError(code, f"{text} does not exist", status=kind.status)

    def hide(self, message: wire.Message, answer: wire.Answer) -> wire.Answer:
        """Leave new things out of the first answer of each operation that lists them."""
        if (message.service, message.operation) == TAGGING:
            return self._hide_tagged(message, answer)
        kinds = {kind.listed: kind for kind in self._new.values() if kind.service == message.service}
        if not kinds or message.model is None or answer.status >= 300 or not message.operation.startswith(LISTING):
            return answer
        named = set(_texts(message.params or {}))
        hidden: set[tuple[str, ...]] = set()

        def is_hidden(listed: Any, kind: New) -> bool:
            for _member, text in _texts(listed):
                sight = (message.account, text, message.service, message.operation)
                is_named = any(
                    text == other and (not kind.members or member in kind.members) for member, other in named
                )
                if self._new.get(sight[:2]) == kind and not is_named and sight not in self._refused:
                    hidden.add(sight)
                    return True
            return False

        found = wire.parse_answer(message, answer)
        for path, kind in kinds.items():
            *above, last = path.split(".")
            inside = found
            for part in above:
                inside = inside.get(part) or {}
            if inside.get(last):
                inside[last] = [each for each in inside[last] if not is_hidden(each, kind)]
        self._refused |= hidden
        if hidden and BY_NAME & message.params.keys():
            kind = self._new[next(iter(hidden))[:2]]
            raise AwsError(kind.nameless or kind.code, "One or more of these do not exist", status=kind.status)
        return wire.write_answer(message, found) if hidden else answer

    def _hide_tagged(self, message: wire.Message, answer: wire.Answer) -> wire.Answer:
        """The tagging API hears late of what is new, whoever asks for it."""
        if not self._new or answer.status >= 300:
            return answer
        found = wire.parse_answer(message, answer)
        hidden = {
            (account, text, *TAGGING)
            for (account, text), kind in self._new.items()
            if account == message.account
            and any(_is_of(each["ResourceARN"], kind.service, text) for each in found["ResourceTagMappingList"])
        } - self._refused
        self._refused |= hidden
        found["ResourceTagMappingList"] = [
            each
            for each in found["ResourceTagMappingList"]
            if not any(_is_of(each["ResourceARN"], self._new[sight[:2]].service, sight[1]) for sight in hidden)
        ]
        return wire.write_answer(message, found) if hidden else answer

    def note(self, message: wire.Message, answer: wire.Answer) -> None:
        """Remember what a call has made."""
        kind = _BY_OPERATION.get((message.service, message.operation))
        if not self.on or kind is None or answer.status >= 300:
            return
        found: Any = message.params if kind.path in (message.params or {}) else wire.parse_answer(message, answer)
        for part in kind.path.split("."):
            found = found[int(part)] if part.isdigit() else found[part]
        self._new.setdefault((message.account, found.removeprefix("/hostedzone/")), kind)


def _texts(value: Any, member: str = "") -> Iterator[tuple[str, str]]:
    """Each text in parameters, with the member that has it."""
    if isinstance(value, str):
        yield member, value.removeprefix("/hostedzone/")
    elif isinstance(value, dict):
        for name, inside in value.items():
            if name not in ("Filter", "Filters"):  # what a filter names may well not exist
                yield from _texts(inside, name)
    elif isinstance(value, list):
        for inside in value:
            yield from _texts(inside, member)


def _is_of(arn: str, service: str, text: str) -> bool:
    """Whether an ARN is that of what is known by this id, name, URL or ARN."""
    name = text.split("/")[-1] if text.startswith("http") else text
    is_named = arn.endswith((f":{name}", f"/{name}")) or f":secret:{name}-" in arn
    return arn == text or (arn.split(":")[2] == SERVICES.get(service, service) and is_named)


EARLY = Early()
