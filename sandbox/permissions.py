"""What IAM is asked about a call: which actions on which resources, and what the conditions of policies may look at.

After AWS's Service Authorization Reference: some operations are not called as their actions, most need their action on
each resource they name, and many need further actions: to tag what they make, to pass a role, to use a key.
An operation that is not known here raises `NotImplementedError`, so that nothing is allowed by oversight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend
from moto.utilities.utils import get_partition

from sandbox.wire import Message

# IAM's prefix of a service's actions, where it is not boto3's name of the service.
PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "service-quotas": "servicequotas",
}
# Actions that are not called as their operations.
ACTIONS = {
    ("budgets", "CreateBudget"): "ModifyBudget",
    ("budgets", "CreateNotification"): "ModifyBudget",
    ("budgets", "CreateSubscriber"): "ModifyBudget",
    ("budgets", "DeleteBudget"): "ModifyBudget",
    ("budgets", "DeleteNotification"): "ModifyBudget",
    ("budgets", "DeleteSubscriber"): "ModifyBudget",
    ("budgets", "DescribeBudget"): "ViewBudget",
    ("budgets", "DescribeBudgets"): "ViewBudget",
    ("budgets", "DescribeNotificationsForBudget"): "ViewBudget",
    ("budgets", "DescribeSubscribersForNotification"): "ViewBudget",
    ("budgets", "UpdateBudget"): "ModifyBudget",
    ("budgets", "UpdateNotification"): "ModifyBudget",
    ("cloudfront", "CreateDistributionWithTags"): "CreateDistribution",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "DeleteBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "DeleteBucketLifecycle"): "PutLifecycleConfiguration",
    ("s3", "DeleteBucketTagging"): "PutBucketTagging",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "DeletePublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListMultipartUploads"): "ListBucketMultipartUploads",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutLifecycleConfiguration",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "UploadPart"): "PutObject",
    ("s3control", "DeletePublicAccessBlock"): "PutAccountPublicAccessBlock",
    ("s3control", "GetPublicAccessBlock"): "GetAccountPublicAccessBlock",
    ("s3control", "PutPublicAccessBlock"): "PutAccountPublicAccessBlock",
}
# Nobody needs a permission for these.
FREE = {("sts", "GetCallerIdentity"), ("sts", "AssumeRoleWithWebIdentity")}
# Operations whose actions know no resources.
UNSCOPED = {
    "acm": r"ListCertificates|RequestCertificate",
    "autoscaling": r"Describe.*",
    "backup": r"ListBackupPlans|ListBackupVaults|ListBackupJobs",
    "cloudfront": r"CreateDistribution.*|CreateOriginAccessControl|ListDistributions|ListOriginAccessControls|GetCachePolicy|.*CachePolicies",
    "cloudwatch": r"ListMetrics|GetMetricData|GetMetricStatistics|ListDashboards",
    "ec2": r"Describe(?!VpcAttribute).*|.*(EbsEncryptionByDefault|EbsDefaultKmsKeyId|SnapshotBlockPublicAccess.*|InstanceMetadataDefaults)",
    "ecr": r"GetAuthorizationToken",
    "elbv2": r"Describe.*",
    "events": r"ListRules",
    "iam": r"List(OpenIDConnectProviders|Roles|Policies|Users|InstanceProfiles)|GetAccountSummary",
    "kms": r"CreateKey|ListAliases|ListKeys",
    "logs": r"DescribeLogGroups",
    "resourcegroupstaggingapi": r"GetResources",
    "route53": r"CreateHostedZone|ListHostedZones.*|TestDNSAnswer",
    "s3": r"ListBuckets",
    "s3control": r".*PublicAccessBlock",
    "secretsmanager": r"GetRandomPassword|ListSecrets",
    "service-quotas": r"GetServiceQuota|GetAWSDefaultServiceQuota",
    "sns": r"ListTopics|ListSubscriptions|GetSubscriptionAttributes|SetSubscriptionAttributes|Unsubscribe",
    "sqs": r"ListQueues",
    "ssm": r"DescribeParameters",
}
# Which parameters of a service's operations name resources, and what their ARNs are; {here} is region:account. Of these parameters every
# one counts in EC2 and RDS, elsewhere the first that is there.
RESOURCES = {
    "acm": {"CertificateArn": "{name}"},
    "autoscaling": {
        "AutoScalingGroupName": "autoscaling:{here}:autoScalingGroup:0:autoScalingGroupName/{name}",
        "Tags.ResourceId": "autoscaling:{here}:autoScalingGroup:0:autoScalingGroupName/{name}",
    },
    "backup": {
        "BackupVaultName": "backup:{here}:backup-vault:{name}",
        "BackupPlanId": "backup:{here}:backup-plan:{name}",
        "BackupPlan.BackupPlanName": "backup:{here}:backup-plan:*",
        "ResourceArn": "{name}",
    },
    "budgets": {
        "BudgetName": "budgets::{account}:budget/{name}",
        "Budget.BudgetName": "budgets::{account}:budget/{name}",
        "NewBudget.BudgetName": "budgets::{account}:budget/{name}",
        "ResourceARN": "{name}",
        "AccountId": "budgets::{account}:budget/*",
    },
    "cloudfront": {
        "DistributionId": "cloudfront::{account}:distribution/{name}",
        "Id": "cloudfront::{account}:distribution/{name}",
        "Resource": "{name}",
    },
    "cloudwatch": {
        "AlarmName": "cloudwatch:{here}:alarm:{name}",
        "AlarmNames": "cloudwatch:{here}:alarm:{name}",
        "AlarmNamePrefix": "cloudwatch:{here}:alarm:*",
        "DashboardName": "cloudwatch::{account}:dashboard/{name}",
        "DashboardNames": "cloudwatch::{account}:dashboard/{name}",
        "ResourceARN": "{name}",
    },
    "ec2": {
        "AllocationId": "ec2:{here}:elastic-ip/{name}",
        "FlowLogIds": "ec2:{here}:vpc-flow-log/{name}",
        "GroupId": "ec2:{here}:security-group/{name}",
        "InternetGatewayId": "ec2:{here}:internet-gateway/{name}",
        "LaunchTemplateId": "ec2:{here}:launch-template/{name}",
        "NatGatewayId": "ec2:{here}:natgateway/{name}",
        "NetworkInterfaceId": "ec2:{here}:network-interface/{name}",
        "RouteTableId": "ec2:{here}:route-table/{name}",
        "SubnetId": "ec2:{here}:subnet/{name}",
        "VpcEndpointId": "ec2:{here}:vpc-endpoint/{name}",
        "VpcEndpointIds": "ec2:{here}:vpc-endpoint/{name}",
        "VpcId": "ec2:{here}:vpc/{name}",
    },
    "ecr": {
        "repositoryName": "ecr:{here}:repository/{name}",
        "repositoryNames": "ecr:{here}:repository/{name}",
        "resourceArn": "{name}",
    },
    "elbv2": {
        "LoadBalancerArn": "{name}",
        "ListenerArn": "{name}",
        "RuleArn": "{name}",
        "TargetGroupArn": "{name}",
        "ResourceArns": "{name}",
    },
    "events": {
        "Name": "events:{here}:rule/{name}",
        "Rule": "events:{here}:rule/{name}",
        "ResourceARN": "{name}",
    },
    "iam": {
        "InstanceProfileName": "iam::{account}:instance-profile{path}{name}",
        "RoleName": "iam::{account}:role{path}{name}",
        "UserName": "iam::{account}:user{path}{name}",
        "PolicyArn": "{name}",
        "PolicyName": "iam::{account}:policy{path}{name}",
        "OpenIDConnectProviderArn": "{name}",
        "Url": "iam::{account}:oidc-provider/{name}",
        "AWSServiceName": "iam::{account}:role/aws-service-role/{name}/*",
    },
    "kms": {
        "AliasName": "kms:{here}:{name}",
        "KeyId": "kms:{here}:key/{name}",
    },
    "lambda": {"FunctionName": "lambda:{here}:function:{name}", "Resource": "{name}"},
    "logs": {"logGroupName": "logs:{here}:log-group:{name}:log-stream:", "resourceArn": "{name}"},
    "rds": {
        "DBInstanceIdentifier": "rds:{here}:db:{name}",
        "SourceDBInstanceIdentifier": "rds:{here}:db:{name}",
        "DBParameterGroupName": "rds:{here}:pg:{name}",
        "DBSubnetGroupName": "rds:{here}:subgrp:{name}",
        "DBSnapshotIdentifier": "rds:{here}:snapshot:{name}",
        "FinalDBSnapshotIdentifier": "rds:{here}:snapshot:{name}",
        "ResourceName": "{name}",
    },
    "route53": {
        "HostedZoneId": "route53:::hostedzone/{name}",
        "ResourceIds": "route53:::hostedzone/{name}",
        "ResourceId": "route53:::hostedzone/{name}",
        "Id": "route53:::hostedzone/{name}",
    },
    "secretsmanager": {
        "SecretId": "secretsmanager:{here}:secret:{name}-SUFFIX",
        "Name": "secretsmanager:{here}:secret:{name}-SUFFIX",
    },
    "sns": {"TopicArn": "{name}", "ResourceArn": "{name}", "Name": "sns:{here}:{name}"},
    "sqs": {"QueueUrl": "sqs:{here}:{name}", "QueueName": "sqs:{here}:{name}"},
    "ssm": {
        "Name": "ssm:{here}:parameter{name}",
        "Names": "ssm:{here}:parameter{name}",
        "Path": "ssm:{here}:parameter{name}",
        "ResourceId": "ssm:{here}:parameter{name}",
    },
    "sts": {"RoleArn": "{name}"},
}
# What an operation makes that has no name yet, or that its parameters name elsewhere.
NEW = {
    ("ec2", "AllocateAddress"): "ec2:{here}:elastic-ip/*",
    ("ec2", "CreateFlowLogs"): "ec2:{here}:vpc-flow-log/*",
    ("ec2", "CreateInternetGateway"): "ec2:{here}:internet-gateway/*",
    ("ec2", "CreateLaunchTemplate"): "ec2:{here}:launch-template/*",
    ("ec2", "CreateNatGateway"): "ec2:{here}:natgateway/*",
    ("ec2", "CreateRouteTable"): "ec2:{here}:route-table/*",
    ("ec2", "CreateSecurityGroup"): "ec2:{here}:security-group/*",
    ("ec2", "CreateSubnet"): "ec2:{here}:subnet/*",
    ("ec2", "CreateVpc"): "ec2:{here}:vpc/*",
    ("ec2", "CreateVpcEndpoint"): "ec2:{here}:vpc-endpoint/*",
    ("elbv2", "CreateLoadBalancer"): "elasticloadbalancing:{here}:loadbalancer/app/{Name}/*",
    ("elbv2", "CreateTargetGroup"): "elasticloadbalancing:{here}:targetgroup/{Name}/*",
}
# What an operation reads that names nothing.
ALL = {
    ("cloudwatch", "DescribeAlarms"): "cloudwatch:{here}:alarm:*",
    ("ecr", "DescribeRepositories"): "ecr:{here}:repository/*",
    ("rds", "DescribeDBInstances"): "rds:{here}:db:*",
    ("rds", "DescribeDBParameterGroups"): "rds:{here}:pg:*",
    ("rds", "DescribeDBSnapshots"): "rds:{here}:snapshot:*",
    ("rds", "DescribeDBSubnetGroups"): "rds:{here}:subgrp:*",
    ("rds", "DescribeDBEngineVersions"): "*",
    ("rds", "DescribeOrderableDBInstanceOptions"): "*",
}
# What EC2 calls things by the start of their ids.
EC2_KINDS = {
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
# The action that a call needs besides its own when it brings tags.
TAG_ACTIONS = {
    "acm": "acm:AddTagsToCertificate",
    "autoscaling": "autoscaling:CreateOrUpdateTags",
    "backup": "backup:TagResource",
    "budgets": "budgets:TagResource",
    "cloudfront": "cloudfront:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "ecr": "ecr:TagResource",
    "elbv2": "elasticloadbalancing:AddTags",
    "events": "events:TagResource",
    "kms": "kms:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
    "ssm": "ssm:AddTagsToResource",
    "wafv2": "wafv2:TagResource",
}
# Operations that take tags which conditions can't look at, or are not said to.
UNSEEN_TAGS = {("cloudwatch", "PutDashboard"), ("route53", "ChangeTagsForResource"), ("s3", "CreateBucket")}
# What is tagged when a thing is made that has no name yet.
TAGGED = {
    ("acm", "RequestCertificate"): "acm:{here}:certificate/*",
    ("cloudfront", "CreateDistributionWithTags"): "cloudfront::{account}:distribution/*",
    ("kms", "CreateKey"): "kms:{here}:key/*",
}
IAM_TAG_ACTIONS = {
    "CreateRole": "iam:TagRole",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
}
TAGGING = re.compile(
    r"(Untag|Tag(?!ging)|AddTags|RemoveTags|CreateTags|DeleteTags|CreateOrUpdateTags|ChangeTags|PutBucketTagging)"
)
# Whom a call hands which role to.
PASSED = {
    ("backup", "CreateBackupSelection"): ("BackupSelection.IamRoleArn", "backup.amazonaws.com"),
    ("ec2", "CreateFlowLogs"): ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("events", "PutTargets"): ("Targets.RoleArn", "events.amazonaws.com"),
    ("iam", "AddRoleToInstanceProfile"): ("RoleName", "ec2.amazonaws.com"),
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
    ("rds", "CreateDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
    ("rds", "CreateDBInstanceReadReplica"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
    ("rds", "ModifyDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
}
# What a call does with a key that it names, through which service.
_GRANT = ["CreateGrant", "DescribeKey"]
KEYS = {
    ("backup", "CreateBackupVault"): (
        "EncryptionKeyArn",
        ["CreateGrant", "DescribeKey", "RetireGrant", "Decrypt", "GenerateDataKey"],
    ),
    ("ecr", "CreateRepository"): ("encryptionConfiguration.kmsKey", ["CreateGrant", "DescribeKey", "RetireGrant"]),
    ("rds", "CreateDBInstance"): ("KmsKeyId", [*_GRANT, "Decrypt", "GenerateDataKey"]),
    ("secretsmanager", "CreateSecret"): ("KmsKeyId", ["Decrypt", "GenerateDataKey"]),
    ("secretsmanager", "UpdateSecret"): ("KmsKeyId", ["Decrypt", "GenerateDataKey"]),
}
# The service-linked role that a service makes with its first resource, as the caller.
SERVICE_LINKED = {
    ("autoscaling", "CreateAutoScalingGroup"): "autoscaling.amazonaws.com",
    ("elbv2", "CreateLoadBalancer"): "elasticloadbalancing.amazonaws.com",
    ("rds", "CreateDBInstance"): "rds.amazonaws.com",
}


@dataclass
class Request:
    """One thing that IAM is asked."""

    action: str
    resource: str = "*"
    context: dict[str, str] = field(default_factory=dict)


class Asked:
    """What IAM is asked about one call."""

    def __init__(self, message: Message) -> None:
        self.service, self.operation = message.service, message.operation
        self.params: dict[str, Any] = message.params or {}
        self.region, self.account = message.region, message.account
        self.partition = get_partition(message.region)
        self.here = f"{self.region}:{self.account}"
        self.prefix = PREFIXES.get(self.service, self.service)

    def requests(self) -> list[Request]:
        """Everything, the call's own action first."""
        if (self.service, self.operation) in FREE:
            return []
        action = ACTIONS.get((self.service, self.operation), self.operation)
        resources = self.resources()
        own = [self.request(f"{self.prefix}:{action}", each) for each in resources]
        if (self.service, self.operation) == ("s3", "DeleteObjects"):
            own = [
                self.request(self.delete_action(each), self.arn(f"s3:::{self.params['Bucket']}/{each['Key']}"))
                for each in self.params["Delete"]["Objects"]
            ]
        return [*own, *self.tagging(resources), *self.dependent()]

    # --- resources ---

    def arn(self, pattern: str, **names: str) -> str:
        filled = pattern.format(here=self.here, account=self.account, **names)
        if filled.startswith(f"ssm:{self.here}:parameter/aws/"):  # AWS's own
            filled = filled.replace(f":{self.account}:", "::")
        return filled if filled.startswith("arn:") or filled == "*" else f"arn:{self.partition}:{filled}"

    def resources(self) -> list[str]:
        service, operation, params = self.service, self.operation, self.params
        found = []
        if (service, operation) in NEW:
            found.append(self.arn(NEW[service, operation], Name=params.get("Name", "")))
        if special := SPECIAL.get((service, operation)) or SPECIAL.get((service, "*")):
            return found + [self.arn(each) for each in special(self)]
        if re.fullmatch(UNSCOPED.get(service, ""), operation):
            return ["*"]
        for parameter, pattern in RESOURCES.get(service, {}).items():
            for name in self.values(parameter):
                path = params.get("Path") or self.path_of(name)
                found.append(self.arn(pattern, name=self.named(name), path=path))
            if found and service not in ("ec2", "rds"):
                break
        if not found and (service, operation) in ALL:
            found.append(self.arn(ALL[service, operation]))
        if not found:
            raise NotImplementedError(f"what IAM is asked about {service} {operation}")
        return list(dict.fromkeys(found))

    def named(self, name: str) -> str:
        """A name as ARNs have it."""
        if self.service == "sqs":
            return name.split("/")[-1]
        if self.service == "ssm":
            return re.sub(r"^/?", "/", re.sub(r":[^/:]*$", "", name)) if not name.startswith("arn:") else name
        if self.service == "route53":
            return name.split("/")[-1]
        if self.service in ("logs", "backup"):
            return name.removesuffix(":*")
        if (self.service, self.operation) == ("iam", "CreateOpenIDConnectProvider"):
            return name.removeprefix("https://")
        return name

    def path_of(self, name: str) -> str:
        """The path of a role or an instance profile that exists."""
        if self.service != "iam":
            return "/"
        iam = self.backend("iam")
        known = {
            **{each.name: each for each in iam.roles.values()},
            **{each.name: each for each in iam.instance_profiles.values()},
        }
        return getattr(known.get(name), "path", None) or "/"

    def values(self, parameter: str, within: Any = None) -> list[str]:
        """What a parameter says; dots lead into structures and lists."""
        value: Any = self.params if within is None else within
        for part in parameter.split("."):
            if isinstance(value, list):
                value = [each[part] for each in value if part in each]
            else:
                value = (value or {}).get(part)
        return [value] if isinstance(value, str) else list(value or [])

    def backend(self, service: str) -> Any:
        backends: Any = get_backend(service)[self.account]  # type: ignore[arg-type]
        return backends[self.region if self.region in backends.regions else self.partition]

    # --- what conditions look at ---

    def request(self, action: str, resource: str, **context: str) -> Request:
        """One request, with the tags of the call and of the resource."""
        seen = {} if (self.service, self.operation) in UNSEEN_TAGS else self.request_tags(resource)
        found = {f"aws:RequestTag/{key}": value for key, value in seen.items()}
        found |= {f"aws:ResourceTag/{key}": value for key, value in self.resource_tags(resource).items()}
        if self.service == "s3" and action in ("s3:ListBucket", "s3:ListBucketVersions"):
            found["s3:prefix"] = self.params.get("Prefix") or ""
        if self.service == "iam":
            found |= self.iam_context()
        return Request(action, resource, found | {key.replace("__", ":"): value for key, value in context.items()})

    def iam_context(self) -> dict[str, str]:
        found = {}
        boundary = self.params.get("PermissionsBoundary")
        role = next(
            (each for each in self.backend("iam").roles.values() if each.name == self.params.get("RoleName")), None
        )
        if boundary or (role and role.permissions_boundary_arn):
            found["iam:PermissionsBoundary"] = boundary or role.permissions_boundary_arn
        if self.operation == "CreateServiceLinkedRole":
            found["iam:AWSServiceName"] = self.params["AWSServiceName"]
        if "PolicyArn" in self.params:
            found["iam:PolicyARN"] = self.params["PolicyArn"]
        return found

    def request_tags(self, resource: str = "") -> dict[str, str]:
        """The tags that the call brings; in EC2 each kind of resource has its own."""
        params = self.params
        if self.service == "ec2" and "TagSpecifications" in params:
            kind = resource.split(":")[-1].split("/")[0]
            return {
                tag["Key"]: tag["Value"]
                for specification in params["TagSpecifications"]
                if specification["ResourceType"] == kind
                for tag in specification["Tags"]
            }
        with_tags = params.get("DistributionConfigWithTags") or params.get("CreateBucketConfiguration") or params
        for name in ("Tags", "tags", "BackupPlanTags", "BackupVaultTags", "ResourceTags", "AddTags"):
            tags = with_tags.get(name)
            if isinstance(tags, dict):
                tags = tags.get("Items", tags)
            if isinstance(tags, dict):
                return tags
            if tags:
                lower = {each.get("Key", each.get("key", each.get("TagKey"))): each for each in tags}
                return {
                    key: each.get("Value", each.get("value", each.get("TagValue", ""))) for key, each in lower.items()
                }
        return {}

    def resource_tags(self, resource: str) -> dict[str, str]:
        """The tags of a resource that exists, where AWS judges by them and its name does not say whose it is."""
        arn = resource.split(":", 5)
        if len(arn) < 6 or resource.endswith("*"):
            return {}
        read = TAGS.get(arn[2])
        return read(self, resource, re.split(r"[:/]", arn[5], maxsplit=1)) if read else {}

    # --- what else a call needs ---

    def tagging(self, resources: list[str]) -> Iterator[Request]:
        """The right to tag what is made."""
        if TAGGING.match(self.operation):
            return
        if self.service == "ec2":
            for specification in self.params.get("TagSpecifications", []):
                resource = self.arn(f"ec2:{{here}}:{specification['ResourceType']}/*")
                yield self.request("ec2:CreateTags", resource, ec2__CreateAction=self.operation)
        elif self.request_tags():
            action = IAM_TAG_ACTIONS.get(self.operation) if self.service == "iam" else TAG_ACTIONS.get(self.service)
            made = {"CreateListener": "listener/app", "CreateRule": "listener-rule/app"}.get(self.operation)
            created = {"elasticloadbalancing__CreateAction": self.operation} if self.service == "elbv2" else {}
            if self.service == "s3":
                action = "s3:TagResource"
            if (self.service, self.operation) in TAGGED:
                resources = [self.arn(TAGGED[self.service, self.operation])]
            for each in resources[:1]:
                of = re.sub(r":(loadbalancer|listener)/app(/.*)$", rf":{made}\2/*", each) if made else each
                yield self.request(str(action), of, **created)

    def dependent(self) -> Iterator[Request]:
        """Further actions: roles that are passed, keys that are used, what a launch takes."""
        call = (self.service, self.operation)
        if call in PASSED:
            parameter, service = PASSED[call]
            for role in self.values(parameter):
                yield self.pass_role(role, service)
        if call in KEYS:
            parameter, actions = KEYS[call]
            for key in self.values(parameter):
                yield from self.use_key(key, actions)
        if call in SERVICE_LINKED and not self.has_service_linked_role(SERVICE_LINKED[call]):
            name = SERVICE_LINKED[call]
            resource = self.arn(f"iam::{{account}}:role/aws-service-role/{name}/*")
            yield Request("iam:CreateServiceLinkedRole", resource, {"iam:AWSServiceName": name})
        yield from ALSO.get(call, lambda _asked: iter(()))(self)

    def pass_role(self, role: str, service: str) -> Request:
        if not role.startswith("arn:"):
            role = self.arn(f"iam::{{account}}:role{self.path_of(role)}{role}")
        if self.partition == "aws-cn" and service.startswith("ec2."):
            service += ".cn"
        return Request("iam:PassRole", role, {"iam:PassedToService": service})

    def use_key(self, key: str, actions: list[str]) -> Iterator[Request]:
        """A key used through the service, as the caller."""
        resource = key if key.startswith("arn:") else self.arn(f"kms:{{here}}:key/{key}")
        via = {"kms:ViaService": f"{self.service}.{self.region}.amazonaws.com"}
        tags = {f"aws:ResourceTag/{name}": value for name, value in self.resource_tags(resource).items()}
        for action in actions:
            grant = {"kms:GrantIsForAWSResource": "true"} if action == "CreateGrant" else {}
            yield Request(f"kms:{action}", resource, via | tags | grant)

    def has_service_linked_role(self, service: str) -> bool:
        return any(f"/aws-service-role/{service}/" in role.arn for role in self.backend("iam").roles.values())

    def delete_action(self, item: dict[str, str]) -> str:
        return "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject"

    def template(self, wanted: dict[str, Any]) -> Any:
        """The launch template that parameters name, by id or by name."""
        templates = self.backend("ec2").launch_templates.values()
        by = wanted.get("LaunchTemplateId"), wanted.get("LaunchTemplateName")
        return next((each for each in templates if each.id == by[0] or each.name == by[1]), None)

    def launch(self, wanted: dict[str, Any]) -> Iterator[Request]:
        """Auto Scaling tries as the caller whether the template can be launched: with its image, its tags, its role."""
        template = self.template(wanted)
        if template is None:
            return
        arn = self.arn(f"ec2:{{here}}:launch-template/{template.id}")
        data = template.get_version(wanted.get("Version", "$Default")).data
        image = f"arn:{self.partition}:ec2:{self.region}::image/{data.get('ImageId', '')}"
        launched = [self.arn(f"ec2:{{here}}:{kind}/*") for kind in ("instance", "volume", "network-interface")]
        groups = [self.arn(f"ec2:{{here}}:security-group/{group}") for group in data.get("SecurityGroupIds", [])]
        subnets = ["subnet/" + each for each in (self.params.get("VPCZoneIdentifier") or "").split(",") if each]
        for resource in [arn, image, *launched, *groups, *(self.arn(f"ec2:{{here}}:{each}") for each in subnets)]:
            yield self.request("ec2:RunInstances", resource, ec2__LaunchTemplate=arn)
        for specification in data.get("TagSpecifications", []):
            tagged = self.arn(f"ec2:{{here}}:{specification['ResourceType']}/*")
            yield Request("ec2:CreateTags", tagged, {"ec2:CreateAction": "RunInstances"})
        profile = data.get("IamInstanceProfile", {})
        name = profile.get("Name") or profile.get("Arn", "").split("/")[-1]
        profiles = self.backend("iam").instance_profiles.values()
        for role in (role.arn for each in profiles if each.name == name for role in each.roles):
            yield self.pass_role(role, "ec2.amazonaws.com")


def _s3(asked: Asked) -> list[str]:
    if "Bucket" not in asked.params:
        return ["*"]
    key = asked.params.get("Key")
    return [f"s3:::{asked.params['Bucket']}" + (f"/{key}" if key else "")]


def _alias(asked: Asked) -> list[str]:
    """An alias, and the key that it is of."""
    name = asked.params["AliasName"]
    target = asked.params.get("TargetKeyId")
    if not target:
        target = next((key.id for key in asked.backend("kms").keys.values() if name in key.aliases), None)
    return [f"kms:{{here}}:{name}", *([f"kms:{{here}}:key/{target}"] if target else [])]


def _tagged_ec2(asked: Asked) -> list[str]:
    return [
        f"ec2:{{here}}:{EC2_KINDS.get(each.rsplit('-', 1)[0], each.rsplit('-', 1)[0])}/{each}"
        for each in asked.params["Resources"]
    ]


def _flow_logs(asked: Asked) -> list[str]:
    kind = {"VPC": "vpc", "Subnet": "subnet", "NetworkInterface": "network-interface"}[asked.params["ResourceType"]]
    return [f"ec2:{{here}}:{kind}/{each}" for each in asked.params["ResourceIds"]]


def _association(asked: Asked) -> list[str]:
    """The route table and subnet of an association."""
    tables = asked.backend("ec2").route_tables.values()
    wanted = asked.params["AssociationId"]
    found = [(table.id, table._associations[wanted]) for table in tables if wanted in table._associations]
    return [
        f"ec2:{{here}}:{part}" for table, subnet in found for part in (f"route-table/{table}", f"subnet/{subnet}")
    ] or ["*"]


def _endpoint(asked: Asked) -> list[str]:
    """The parts of an endpoint that a call names."""
    params, found = asked.params, []
    for parameter, kind in (("VpcId", "vpc"), ("VpcEndpointId", "vpc-endpoint")):
        found += [f"{kind}/{each}" for each in asked.values(parameter)]
    for parameter, kind in (
        ("RouteTableIds", "route-table"),
        ("SubnetIds", "subnet"),
        ("SecurityGroupIds", "security-group"),
    ):
        for name in (parameter, f"Add{parameter}", f"Remove{parameter}"):
            found += [f"{kind}/{each}" for each in params.get(name, [])]
    return [f"ec2:{{here}}:{each}" for each in found]


def _launch_template(asked: Asked) -> list[str]:
    template = asked.template(asked.params)
    return [f"ec2:{{here}}:launch-template/{template.id if template else '*'}"]


def _web_acl(asked: Asked) -> list[str]:
    """A web ACL; who writes its rules needs the rule groups of AWS too."""
    params = asked.params
    if asked.operation in ("ListWebACLs", "DisassociateWebACL"):
        return ["*"]
    named = params.get("WebACLArn") or params.get("ResourceARN") or params.get("ResourceArn")
    named = named or params.get("LoggingConfiguration", {}).get("ResourceArn")
    if named:
        return [named]
    where = "global" if params["Scope"] == "CLOUDFRONT" else "regional"
    found = [f"wafv2:{{here}}:{where}/webacl/{params['Name']}/{params.get('Id', '*')}"]
    if asked.operation in ("CreateWebACL", "UpdateWebACL"):
        found.append(f"wafv2:{{here}}:{where}/managedruleset/*")
    return found


def _access_control(asked: Asked) -> list[str]:
    return [f"cloudfront::{{account}}:origin-access-control/{asked.params['Id']}"]


def _first_launch(asked: Asked) -> Iterator[Request]:
    if template := asked.params.get("LaunchTemplate"):
        yield from asked.launch(template)


def _refresh(asked: Asked) -> Iterator[Request]:
    if template := asked.params.get("DesiredConfiguration", {}).get("LaunchTemplate"):
        yield from asked.launch(template)


def _read_secret(asked: Asked) -> Iterator[Request]:
    """A secret is decrypted with its key, as the caller."""
    secrets = asked.backend("secretsmanager").secrets
    secret = secrets.get(asked.params["SecretId"])
    if secret is not None and secret.kms_key_id:
        yield from asked.use_key(secret.kms_key_id, ["Decrypt"])


def _message_key(*actions: str) -> Callable[[Asked], Iterator[Request]]:
    """The key of the topic or queue; AWS's own lets everybody in who may use the service."""

    def ask(asked: Asked) -> Iterator[Request]:
        if asked.service == "sns":
            holder = asked.backend("sns").topics.get(asked.params.get("TopicArn"))
        else:
            holder = asked.backend("sqs").queues.get(asked.params["QueueUrl"].split("/")[-1])
        key = getattr(holder, "kms_master_key_id", None)
        if key and not key.startswith("alias/aws/"):
            yield from asked.use_key(key, list(actions))

    return ask


def _log_delivery(action: str) -> Callable[[Asked], Iterator[Request]]:
    """Flow logs are vended logs: their delivery is the caller's."""
    return lambda _asked: iter([Request(f"logs:{action}")])


def _rotation(asked: Asked) -> Iterator[Request]:
    """The function is called, as the caller."""
    if function := asked.params.get("RotationLambdaARN"):
        yield Request("lambda:InvokeFunction", function)


def _write_secret(asked: Asked) -> Iterator[Request]:
    """A value is encrypted with its secret's key, as the caller."""
    secret = asked.backend("secretsmanager").secrets.get(asked.params["SecretId"])
    if secret is not None and secret.kms_key_id:
        yield from asked.use_key(secret.kms_key_id, ["Decrypt", "GenerateDataKey"])


def _default_options(asked: Asked) -> Iterator[Request]:
    """A database gets its engine's default option group, if none is named."""
    yield asked.request(f"rds:{asked.operation}", asked.arn("rds:{here}:og:default:*"))


def _mount(_asked: Asked) -> Iterator[Request]:
    yield Request("backup-storage:MountCapsule")


def _standard_logging(asked: Asked) -> Iterator[Request]:
    """CloudFront gives itself access to the bucket of its logs, and reads the web ACL, as the caller."""
    config = asked.params.get("DistributionConfig") or asked.params["DistributionConfigWithTags"]["DistributionConfig"]
    bucket = config.get("Logging", {}).get("Bucket", "").split(".")[0]
    if config.get("Logging", {}).get("Enabled") and bucket:
        for action in ("GetBucketAcl", "PutBucketAcl"):
            yield Request(f"s3:{action}", asked.arn(f"s3:::{bucket}"))
    if acl := config.get("WebACLId"):  # CloudFront verifies that the caller may read it
        yield Request("wafv2:GetWebACL", acl)


def _of_load_balancer(*actions: str) -> Callable[[Asked], Iterator[Request]]:
    """What the load balancer's side of an association is asked; SetWebACL is its older name."""
    return lambda asked: (Request(f"elasticloadbalancing:{each}", asked.params["ResourceArn"]) for each in actions)


def _waf_logs(asked: Asked) -> Iterator[Request]:
    """Logs are delivered as the caller; WAF lets itself in to the log group or bucket, or gives itself a role for a stream."""
    (destination,) = asked.params["LoggingConfiguration"]["LogDestinationConfigs"]
    service, name = destination.split(":")[2], destination.split(":")[-1]
    if service == "firehose":
        if not asked.has_service_linked_role("wafv2.amazonaws.com"):
            resource = asked.arn("iam::{account}:role/aws-service-role/wafv2.amazonaws.com/*")
            yield Request("iam:CreateServiceLinkedRole", resource, {"iam:AWSServiceName": "wafv2.amazonaws.com"})
        return
    for action in ("CreateLogDelivery", "DeleteLogDelivery"):
        yield Request(f"logs:{action}")
    if service == "s3":
        for action in ("GetBucketPolicy", "PutBucketPolicy"):
            yield Request(f"s3:{action}", asked.arn(f"s3:::{name.split('/')[0]}"))
        return
    for action in ("DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy"):
        yield Request(f"logs:{action}")


def _final_snapshot(asked: Asked) -> Iterator[Request]:
    if name := asked.params.get("FinalDBSnapshotIdentifier"):
        for kind, of in (("db", asked.params["DBInstanceIdentifier"]), ("snapshot", name)):
            yield asked.request("rds:CreateDBSnapshot", asked.arn(f"rds:{{here}}:{kind}:{of}"))
        yield asked.request("rds:AddTagsToResource", asked.arn(f"rds:{{here}}:snapshot:{name}"))


def _delete(asked: Asked) -> list[str]:
    return [f"rds:{{here}}:db:{asked.params['DBInstanceIdentifier']}"]


# Operations whose resources no table tells: what is behind an id, or is of another kind than usual.
SPECIAL: dict[tuple[str, str], Callable[[Asked], list[str]]] = {
    ("cloudfront", "DeleteOriginAccessControl"): _access_control,
    ("cloudfront", "GetOriginAccessControl"): _access_control,
    ("cloudfront", "UpdateOriginAccessControl"): _access_control,
    ("ec2", "CreateFlowLogs"): _flow_logs,
    ("ec2", "CreateLaunchTemplate"): lambda _asked: [],
    ("ec2", "CreateLaunchTemplateVersion"): _launch_template,
    ("ec2", "CreateRoute"): lambda asked: [f"ec2:{{here}}:route-table/{asked.params['RouteTableId']}"],
    ("ec2", "CreateTags"): _tagged_ec2,
    ("ec2", "CreateVpcEndpoint"): _endpoint,
    ("ec2", "DeleteLaunchTemplate"): _launch_template,
    ("ec2", "DeleteLaunchTemplateVersions"): _launch_template,
    ("ec2", "DeleteTags"): _tagged_ec2,
    ("ec2", "DisassociateRouteTable"): _association,
    ("ec2", "ModifyLaunchTemplate"): _launch_template,
    ("ec2", "ModifyVpcEndpoint"): _endpoint,
    ("elbv2", "CreateLoadBalancer"): lambda _asked: [],
    ("elbv2", "CreateTargetGroup"): lambda _asked: [],
    ("kms", "CreateAlias"): _alias,
    ("kms", "DeleteAlias"): _alias,
    ("rds", "DeleteDBInstance"): _delete,
    ("s3", "*"): _s3,
    ("wafv2", "*"): _web_acl,
}
# Actions that only some calls need, by what they name.
ALSO: dict[tuple[str, str], Callable[[Asked], Iterator[Request]]] = {
    ("autoscaling", "CreateAutoScalingGroup"): _first_launch,
    ("autoscaling", "StartInstanceRefresh"): _refresh,
    ("autoscaling", "UpdateAutoScalingGroup"): _first_launch,
    ("backup", "CreateBackupVault"): _mount,
    ("cloudfront", "CreateDistribution"): _standard_logging,
    ("cloudfront", "CreateDistributionWithTags"): _standard_logging,
    ("cloudfront", "UpdateDistribution"): _standard_logging,
    ("ec2", "CreateFlowLogs"): _log_delivery("CreateLogDelivery"),
    ("ec2", "DeleteFlowLogs"): _log_delivery("DeleteLogDelivery"),
    ("rds", "CreateDBInstance"): _default_options,
    ("rds", "CreateDBInstanceReadReplica"): _default_options,
    ("rds", "DeleteDBInstance"): _final_snapshot,
    ("secretsmanager", "GetSecretValue"): _read_secret,
    ("sns", "Publish"): _message_key("GenerateDataKey", "Decrypt"),
    ("sqs", "ReceiveMessage"): _message_key("Decrypt"),
    ("sqs", "SendMessage"): _message_key("GenerateDataKey", "Decrypt"),
    ("secretsmanager", "PutSecretValue"): _write_secret,
    ("secretsmanager", "RotateSecret"): _rotation,
    ("wafv2", "AssociateWebACL"): _of_load_balancer("CreateWebACLAssociation", "SetWebACL"),
    ("wafv2", "DisassociateWebACL"): _of_load_balancer("DeleteWebACLAssociation", "SetWebACL"),
    ("wafv2", "DeleteLoggingConfiguration"): _log_delivery("DeleteLogDelivery"),
    ("wafv2", "ListResourcesForWebACL"): lambda _asked: iter(
        [Request("elasticloadbalancing:DescribeWebACLAssociation")]
    ),
    ("wafv2", "PutLoggingConfiguration"): _waf_logs,
}


def _listed(tags: Any) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags or []}


def _ec2_tags(asked: Asked, _arn: str, parts: list[str]) -> dict[str, str]:
    return dict(asked.backend("ec2").tags.get(parts[1], {}))


def _kms_tags(asked: Asked, _arn: str, parts: list[str]) -> dict[str, str]:
    return dict(asked.backend("kms").tagger.get_tag_dict_for_resource(parts[1])) if parts[0] == "key" else {}


def _acm_tags(asked: Asked, arn: str, _parts: list[str]) -> dict[str, str]:
    certificate = asked.backend("acm")._certificates.get(arn)
    return {key: value or "" for key, value in certificate.tags.items()} if certificate else {}


def _cloudfront_tags(asked: Asked, arn: str, parts: list[str]) -> dict[str, str]:
    tagger = asked.backend("cloudfront").tagger
    return dict(tagger.get_tag_dict_for_resource(arn)) if parts[0] == "distribution" else {}


def _backup_tags(asked: Asked, arn: str, _parts: list[str]) -> dict[str, str]:
    return dict(asked.backend("backup").tagger.get_tag_dict_for_resource(arn))


def _rds_tags(asked: Asked, arn: str, parts: list[str]) -> dict[str, str]:
    instances = asked.backend("rds").databases
    return _listed(instances[parts[1]].tags) if parts[0] == "db" and parts[1] in instances else {}


# The tags of what is there, by IAM's name of the service.
TAGS: dict[str, Callable[[Asked, str, list[str]], dict[str, str]]] = {
    "acm": _acm_tags,
    "backup": _backup_tags,
    "cloudfront": _cloudfront_tags,
    "ec2": _ec2_tags,
    "kms": _kms_tags,
    "rds": _rds_tags,
}
