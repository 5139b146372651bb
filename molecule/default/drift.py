# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drift: what somebody changes by hand in the production stack that stands.

CASES has a change for every attribute that the roles manage; each is made by a call that a person could make. FIXED are the
attributes that no call can change, or only one that AWS refuses while the stack stands. test_drift.py holds both
against what the first run reported, so that an attribute that is newly managed needs a case here. WHOLE has things that are deleted or made.

drift.py RECORD makes the changes, and fails unless the gate notices each of them: RECORD is the directory in which the run before was
recorded.
"""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(Path(".cache/collections").resolve()))

from ansible_collections.realtime.aws.plugins.module_utils import gate

ENVIRONMENT, REGION, ACCOUNT = "production", "us-east-1", "123456789012"
OURS = [{"Name": "tag:Environment", "Values": [ENVIRONMENT]}]
ROOT_ALONE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
OFTEN = {"Delay": 0.1, "MaxAttempts": 1200}  # for waiters: the sandbox's time goes fast
MARK = {"ManagedBy": "hand"}
MARKS = [{"Key": "ManagedBy", "Value": "hand"}]


@cache
def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def named(name: str) -> str:
    return f"{ENVIRONMENT}-{name}"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def ec2_id(operation: str, key: str, field: str, name: str) -> str:
    found = getattr(client("ec2"), operation)(Filters=[*OURS, {"Name": "tag:Name", "Values": [name]}])[key]
    return found[0][field]


def vpc() -> str:
    return ec2_id("describe_vpcs", "Vpcs", "VpcId", named("vpc"))


def group(name: str) -> str:
    return client("ec2").describe_security_groups(Filters=[*OURS, {"Name": "group-name", "Values": [name]}])[
        "SecurityGroups"
    ][0]["GroupId"]


def subnet(name: str) -> str:
    return ec2_id("describe_subnets", "Subnets", "SubnetId", named(name))


def table(name: str) -> dict[str, Any]:
    filters = [*OURS, {"Name": "tag:Name", "Values": [named(name)]}]
    return client("ec2").describe_route_tables(Filters=filters)["RouteTables"][0]


def tag_ec2(resource: str) -> None:
    client("ec2").create_tags(Resources=[resource], Tags=MARKS)


def balancer() -> str:
    return client("elbv2").describe_load_balancers(Names=[named("alb")])["LoadBalancers"][0]["LoadBalancerArn"]


def target_group() -> str:
    return client("elbv2").describe_target_groups(Names=[named("web-servers")])["TargetGroups"][0]["TargetGroupArn"]


def listener(port: int) -> str:
    found = client("elbv2").describe_listeners(LoadBalancerArn=balancer())["Listeners"]
    return next(each["ListenerArn"] for each in found if each["Port"] == port)


def rule(priority: str) -> str:
    found = client("elbv2").describe_rules(ListenerArn=listener(443))["Rules"]
    return next(each["RuleArn"] for each in found if each["Priority"] == priority)


def tag_elb(resource: str) -> None:
    client("elbv2").add_tags(ResourceArns=[resource], Tags=MARKS)


def queue() -> str:
    return client("sqs").get_queue_url(QueueName=named("order-processing-queue"))["QueueUrl"]


def set_queue(**attributes: str) -> None:
    client("sqs").set_queue_attributes(QueueUrl=queue(), Attributes=attributes)


def key(name: str) -> str:
    return client("kms").describe_key(KeyId=f"alias/{named(name)}")["KeyMetadata"]["KeyId"]


def function(**configuration: Any) -> None:
    client("lambda").update_function_configuration(FunctionName=named("alert-processor"), **configuration)
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName=named("alert-processor"), WaiterConfig=OFTEN)


def database(name: str = "db", /, **settings: Any) -> None:
    rds, instance = client("rds"), {"DBInstanceIdentifier": named(name)}
    rds.modify_db_instance(**instance, ApplyImmediately=True, **settings)
    time.sleep(1)  # it takes AWS a moment to begin
    rds.get_waiter("db_instance_available").wait(**instance, WaiterConfig=OFTEN)


def autoscale(**settings: Any) -> None:
    client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=named("asg"), **settings)


def tag_asg(name: str, value: str, launch: bool) -> None:
    entry = {"ResourceId": named("asg"), "ResourceType": "auto-scaling-group", "Key": name, "Value": value}
    client("autoscaling").create_or_update_tags(Tags=[{**entry, "PropagateAtLaunch": launch}])


def subscription(endpoint: str, topic_name: str = "order-events") -> str:
    found = client("sns").list_subscriptions_by_topic(TopicArn=arn("sns", named(topic_name)))["Subscriptions"]
    return next(each["SubscriptionArn"] for each in found if each["Endpoint"].endswith(endpoint))


def deny(action: str) -> str:
    """Return a policy that lets nobody do it."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def topic(**attributes: str) -> None:
    for name, value in attributes.items():
        client("sns").set_topic_attributes(
            TopicArn=arn("sns", named("order-events")), AttributeName=name, AttributeValue=value
        )


def bucket() -> str:
    return f"{named('backups')}-{ACCOUNT}-{REGION}"


def static_bucket() -> str:
    return f"{named('static-assets')}-{ACCOUNT}-{REGION}"


def forget_statement() -> None:
    """Leave the first statement alone in the policy of the bucket of static assets."""
    policy = json.loads(client("s3").get_bucket_policy(Bucket=static_bucket())["Policy"])
    policy["Statement"] = policy["Statement"][:1]
    client("s3").put_bucket_policy(Bucket=static_bucket(), Policy=json.dumps(policy))


def zone() -> str:
    return client("route53").list_hosted_zones()["HostedZones"][0]["Id"].split("/")[-1]


def alias(name: str, **target: Any) -> None:
    """Change the alias record of that name."""
    records = client("route53").list_resource_record_sets(HostedZoneId=zone())["ResourceRecordSets"]
    record = next(each for each in records if each["Name"] == f"{name}." and each["Type"] == "A")
    change = {"Action": "UPSERT", "ResourceRecordSet": {**record, "AliasTarget": {**record["AliasTarget"], **target}}}
    client("route53").change_resource_record_sets(HostedZoneId=zone(), ChangeBatch={"Changes": [change]})


def forget_origin() -> None:
    """Delete the record by which the distribution finds the load balancer."""
    records = client("route53").list_resource_record_sets(HostedZoneId=zone())["ResourceRecordSets"]
    record = next(each for each in records if each["Name"] == "origin.example.com." and each["Type"] == "A")
    batch = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
    client("route53").change_resource_record_sets(HostedZoneId=zone(), ChangeBatch=batch)


def bypass() -> None:
    """Lead the apex past the distribution."""
    (found,) = client("elbv2").describe_load_balancers(Names=[named("alb")])["LoadBalancers"]
    alias("example.com", DNSName=f"{found['DNSName']}.", HostedZoneId=found["CanonicalHostedZoneId"])


def alarm(suffix: str, **settings: Any) -> None:
    """Write the alarm anew with some settings changed; a setting that is None is left out."""
    (found,) = client("cloudwatch").describe_alarms(AlarmNames=[named(suffix)])["MetricAlarms"]
    kept = client("cloudwatch").meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    wanted = {name: value for name, value in {**found, **settings}.items() if name in kept and value is not None}
    client("cloudwatch").put_metric_alarm(**wanted)


def certificate() -> str:
    """Return another certificate that is issued for the domain."""
    acm = client("acm")
    found = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS", IdempotencyToken="drift")
    acm.get_waiter("certificate_validated").wait(CertificateArn=found["CertificateArn"], WaiterConfig=OFTEN)
    return found["CertificateArn"]


def distribution(change: Callable[[dict[str, Any]], Any]) -> None:
    cloudfront = client("cloudfront")
    identifier = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]
    found = cloudfront.get_distribution_config(Id=identifier)
    config = found["DistributionConfig"]
    change(config)
    cloudfront.update_distribution(Id=identifier, IfMatch=found["ETag"], DistributionConfig=config)


def web_acl(scope: str) -> dict[str, str]:
    return client("wafv2").list_web_acls(Scope=scope)["WebACLs"][0]


@cache
def open_web_acl(scope: str) -> None:
    """Let the web ACL do nothing but block."""
    found = web_acl(scope)
    client("wafv2").update_web_acl(
        **{name: found[name] for name in ("Name", "Id", "LockToken")},
        Scope=scope,
        Description="by hand",
        DefaultAction={"Block": {}},
        Rules=[],
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "by-hand"},
    )


@cache
def log_web_acl(scope: str) -> None:
    """Have each request written down, to another log group than the layers'."""
    name = f"aws-waf-logs-by-hand-{scope.lower()}"
    client("logs").create_log_group(logGroupName=name)
    logging = {"LogDestinationConfigs": [arn("logs", f"log-group:{name}")], "ResourceArn": web_acl(scope)["ARN"]}
    redacted = [{"SingleHeader": {"Name": "x-token"}}]
    client("wafv2").put_logging_configuration(LoggingConfiguration={**logging, "RedactedFields": redacted})


def changes_of_web_acl(scope: str) -> dict[str, Callable[[], Any]]:
    write, log = partial(open_web_acl, scope), partial(log_web_acl, scope)
    return {
        **dict.fromkeys(("description", "default_action", "rules", "visibility"), write),
        **dict.fromkeys(("log_destination_arn", "redacted_headers"), log),
        "tags": lambda: client("wafv2").tag_resource(ResourceARN=web_acl(scope)["ARN"], Tags=MARKS),
    }


def access_control(**settings: str) -> None:
    cloudfront = client("cloudfront")
    identifier = cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Items"][0]["Id"]
    found = cloudfront.get_origin_access_control(Id=identifier)
    config = {**found["OriginAccessControl"]["OriginAccessControlConfig"], **settings}
    cloudfront.update_origin_access_control(Id=identifier, IfMatch=found["ETag"], OriginAccessControlConfig=config)


def budget(**settings: Any) -> None:
    (found,) = client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    kept = {name: found[name] for name in ("BudgetName", "BudgetLimit", "CostFilters", "TimeUnit", "BudgetType")}
    client("budgets").update_budget(AccountId=ACCOUNT, NewBudget={**kept, **settings})


def forget_notification() -> None:
    name = named("monthly")
    notification = client("budgets").describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName=name)
    client("budgets").delete_notification(
        AccountId=ACCOUNT,
        BudgetName=name,
        Notification={
            field: value for field, value in notification["Notifications"][0].items() if field != "NotificationState"
        },
    )


def backup_plan() -> dict[str, Any]:
    return next(
        plan for plan in client("backup").list_backup_plans()["BackupPlansList"] if named("") in plan["BackupPlanName"]
    )


def shift_backups() -> None:
    identifier = backup_plan()["BackupPlanId"]
    plan = client("backup").get_backup_plan(BackupPlanId=identifier)["BackupPlan"]
    fields = (
        "RuleName",
        "TargetBackupVaultName",
        "ScheduleExpression",
        "StartWindowMinutes",
        "CompletionWindowMinutes",
        "Lifecycle",
    )
    rules = [{field: each[field] for field in fields if field in each} for each in plan["Rules"]]
    rules[0]["ScheduleExpression"] = "cron(0 9 * * ? *)"
    client("backup").update_backup_plan(
        BackupPlanId=identifier, BackupPlan={"BackupPlanName": plan["BackupPlanName"], "Rules": rules}
    )


def deselect() -> None:
    identifier = backup_plan()["BackupPlanId"]
    (selection,) = client("backup").list_backup_selections(BackupPlanId=identifier)["BackupSelectionsList"]
    client("backup").delete_backup_selection(BackupPlanId=identifier, SelectionId=selection["SelectionId"])


@cache
def relaunch() -> None:
    """Have the group launch from a version that differs in whatever is managed, but what a release decides."""
    ec2, template = client("ec2"), named("web-server-template")
    (current,) = ec2.describe_launch_template_versions(LaunchTemplateName=template, Versions=["$Latest"])[
        "LaunchTemplateVersions"
    ]
    changed = {
        "InstanceType": "t3.micro",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 9, "VolumeType": "gp2"}}],
        "MetadataOptions": {"HttpTokens": "optional"},
        "Monitoring": {"Enabled": False},
        "SecurityGroupIds": [group(named("alb-security-group"))],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": MARKS}],
        "IamInstanceProfile": {"Name": ROLE},
        "UserData": "I2Nsb3VkLWNvbmZpZwo=",
    }
    made = ec2.create_launch_template_version(
        LaunchTemplateName=template, LaunchTemplateData={"ImageId": current["LaunchTemplateData"]["ImageId"], **changed}
    )
    version = str(made["LaunchTemplateVersion"]["VersionNumber"])
    autoscale(LaunchTemplate={"LaunchTemplateName": template, "Version": version})


@cache
def other_code() -> None:
    """Replace the function's code by another."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("alert_processor.py", "def handler(*_): ...")
    client("lambda").update_function_code(FunctionName=FUNCTION, ZipFile=archive.getvalue())
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName=FUNCTION, WaiterConfig=OFTEN)


@cache
def serve_tls() -> None:
    """Make the listener that redirects one that serves."""
    client("elbv2").modify_listener(
        ListenerArn=listener(80),
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-2016-08",
        Certificates=[{"CertificateArn": certificate()}],
    )


@cache
def compute_the_metric() -> None:
    """Make the alarm one on metric math."""
    name = "DatabaseLowStorage"
    without = dict.fromkeys(("MetricName", "Namespace", "Period", "Statistic", "Dimensions", "Unit"))
    query = {
        "Id": "a",
        "ReturnData": True,
        "MetricStat": {"Metric": {"Namespace": "Other", "MetricName": "b"}, "Period": 60, "Stat": "Sum"},
    }
    alarm(name, **without, Metrics=[query])


@cache
def rotate() -> None:
    """Have a function rotate the database's password."""
    client("lambda").add_permission(
        FunctionName=FUNCTION,
        StatementId="by-hand",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    client("secretsmanager").rotate_secret(
        SecretId=f"{ENVIRONMENT}/database",
        RotationLambdaARN=arn("lambda", f"function:{FUNCTION}"),
        RotationRules={"AutomaticallyAfterDays": 30},
    )


def other_parameters() -> None:
    client("rds").create_db_parameter_group(
        DBParameterGroupName="by-hand", DBParameterGroupFamily="mysql8.4", Description="by hand"
    )
    database(DBParameterGroupName="by-hand")


def event(**settings: Any) -> None:
    found = client("events").describe_rule(Name=EXPORTER)
    kept = {
        name: found[name]
        for name in ("Name", "Description", "EventPattern", "ScheduleExpression", "State")
        if name in found
    }
    client("events").put_rule(**{**kept, **settings})


ROLE = named("web-server-role")
REPOSITORY = named("app")
EXPORTER = named("db-snapshot-exporter")
WEB_GROUP = named("web-server-security-group")
ALARM = "HighCPUUtilization"
PARAMETERS = named("db-mysql8-4")
LOGS = f"/{ENVIRONMENT}/web"
FUNCTION = named("alert-processor")
MESSAGES = arn("sns", named("order-events"))
ALL = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]

# Type of resource -> its name -> attribute -> the change.
CASES: dict[str, dict[str, dict[str, Callable[[], Any]]]] = {
    "AWS::KMS::Key": {
        named("messaging"): {
            "description": lambda: client("kms").update_key_description(KeyId=key("messaging"), Description="by hand"),
            **dict.fromkeys(
                ("enable_key_rotation", "rotation_period"),
                lambda: client("kms").disable_key_rotation(KeyId=key("messaging")),
            ),
            "tags": lambda: client("kms").tag_resource(
                KeyId=key("messaging"), Tags=[{"TagKey": "ManagedBy", "TagValue": "hand"}]
            ),
        },
        named("logs"): {
            "rotation_period": lambda: client("kms").enable_key_rotation(KeyId=key("logs"), RotationPeriodInDays=100),
        },
        named("data"): {
            "policy": lambda: client("kms").put_key_policy(
                KeyId=key("data"), PolicyName="default", Policy=json.dumps(ROOT_ALONE)
            ),
            "key_state": lambda: client("kms").disable_key(KeyId=key("data")),
        },
    },
    "AWS::EC2::VPC": {
        named("vpc"): {
            "dns_hostnames": lambda: client("ec2").modify_vpc_attribute(
                VpcId=vpc(), EnableDnsHostnames={"Value": False}
            ),
            "dns_support": lambda: client("ec2").modify_vpc_attribute(VpcId=vpc(), EnableDnsSupport={"Value": False}),
            "tags": lambda: tag_ec2(vpc()),
        }
    },
    "AWS::EC2::InternetGateway": {
        named("vpc-igw"): {
            "tags": lambda: tag_ec2(
                ec2_id("describe_internet_gateways", "InternetGateways", "InternetGatewayId", named("vpc-igw"))
            )
        }
    },
    "AWS::EC2::SecurityGroup": {
        WEB_GROUP: {
            "rules": lambda: client("ec2").authorize_security_group_ingress(
                GroupId=group(WEB_GROUP), IpPermissions=ALL
            ),
            "tags": lambda: tag_ec2(group(WEB_GROUP)),
        },
        named("database-security-group"): {
            "rules_egress": lambda: client("ec2").authorize_security_group_egress(
                GroupId=group(named("database-security-group")), IpPermissions=ALL
            )
        },
    },
    "AWS::EC2::Subnet": {
        named("public-subnet-1"): {
            "map_public": lambda: client("ec2").modify_subnet_attribute(
                SubnetId=subnet("public-subnet-1"), MapPublicIpOnLaunch={"Value": False}
            ),
            "tags": lambda: tag_ec2(subnet("public-subnet-1")),
        }
    },
    "AWS::EC2::NatGateway": {
        named("nat-us-east-1a"): {
            "tags": lambda: tag_ec2(
                next(
                    each["NatGatewayId"]
                    for each in client("ec2").describe_nat_gateways()["NatGateways"]
                    if each["State"] == "available"
                    and {"Key": "Name", "Value": named("nat-us-east-1a")} in each["Tags"]
                )
            )
        }
    },
    "AWS::EC2::EIP": {
        named("nat-us-east-1a"): {
            "tags": lambda: tag_ec2(ec2_id("describe_addresses", "Addresses", "AllocationId", named("nat-us-east-1a")))
        }
    },
    "AWS::EC2::RouteTable": {
        named("private-us-east-1a"): {
            "routes": lambda: client("ec2").delete_route(
                RouteTableId=table("private-us-east-1a")["RouteTableId"], DestinationCidrBlock="0.0.0.0/0"
            ),
        },
        named("database"): {
            "subnet_ids": lambda: client("ec2").disassociate_route_table(
                AssociationId=table("database")["Associations"][0]["RouteTableAssociationId"]
            ),
            "tags": lambda: tag_ec2(table("database")["RouteTableId"]),
        },
    },
    "AWS::EC2::VPCEndpoint": {
        named("s3"): {
            "route_table_ids": lambda: client("ec2").modify_vpc_endpoint(
                VpcEndpointId=ec2_id("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", named("s3")),
                RemoveRouteTableIds=[table("database")["RouteTableId"]],
            ),
            "tags": lambda: tag_ec2(ec2_id("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", named("s3"))),
        }
    },
    "AWS::EC2::FlowLog": {
        named("vpc"): {
            "tags": lambda: tag_ec2(client("ec2").describe_flow_logs(Filters=OURS)["FlowLogs"][0]["FlowLogId"])
        }
    },
    "AWS::Logs::LogGroup": {
        LOGS: {
            "retention": lambda: client("logs").put_retention_policy(logGroupName=LOGS, retentionInDays=1),
            "kms_key_id": lambda: client("logs").disassociate_kms_key(logGroupName=LOGS),
            "tags": lambda: client("logs").tag_resource(resourceArn=arn("logs", f"log-group:{LOGS}"), tags=MARK),
        }
    },
    "AWS::IAM::Role": {
        ROLE: {
            "assume_role_policy_document": lambda: client("iam").update_assume_role_policy(
                RoleName=ROLE,
                PolicyDocument=json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
                    }
                ),
            ),
            "boundary": lambda: client("iam").put_role_permissions_boundary(
                RoleName=ROLE, PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
            ),
            **dict.fromkeys(
                ("description", "max_session_duration"),
                lambda: client("iam").update_role(RoleName=ROLE, Description="by hand", MaxSessionDuration=7200),
            ),
            "inline_policies": lambda: client("iam").put_role_policy(
                RoleName=ROLE,
                PolicyName="by-hand",
                PolicyDocument=json.dumps(
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
                ),
            ),
            "managed_policies": lambda: client("iam").attach_role_policy(
                RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
            ),
            "tags": lambda: client("iam").tag_role(RoleName=ROLE, Tags=MARKS),
        }
    },
    "AWS::IAM::InstanceProfile": {
        ROLE: {
            "roles": lambda: client("iam").remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE),
            "tags": lambda: client("iam").tag_instance_profile(InstanceProfileName=ROLE, Tags=MARKS),
        }
    },
    "AWS::Route53::HostedZone": {
        "example.com": {
            "comment": lambda: client("route53").update_hosted_zone_comment(Id=zone(), Comment="by hand"),
            "tags": lambda: client("route53").change_tags_for_resource(
                ResourceType="hostedzone", ResourceId=zone(), AddTags=MARKS
            ),
        }
    },
    "AWS::S3::Bucket": {
        bucket(): {
            "encryption": lambda: client("s3").put_bucket_encryption(
                Bucket=bucket(),
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
            ),
            "lifecycle_rules": lambda: client("s3").delete_bucket_lifecycle(Bucket=bucket()),
            "object_ownership": lambda: client("s3").put_bucket_ownership_controls(
                Bucket=bucket(), OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            ),
            "policy": lambda: client("s3").delete_bucket_policy(Bucket=bucket()),
            "public_access": lambda: client("s3").delete_public_access_block(Bucket=bucket()),
            "tags": lambda: client("s3").put_bucket_tagging(
                Bucket=bucket(),
                Tagging={
                    "TagSet": [
                        *(
                            each
                            for each in client("s3").get_bucket_tagging(Bucket=bucket())["TagSet"]
                            if each["Key"] != "ManagedBy"
                        ),
                        *MARKS,
                    ]
                },
            ),
            "versioning": lambda: client("s3").put_bucket_versioning(
                Bucket=bucket(), VersioningConfiguration={"Status": "Suspended"}
            ),
            "logging": lambda: client("s3").put_bucket_logging(Bucket=bucket(), BucketLoggingStatus={}),
        }
    },
    "AWS::S3::BucketPolicy": {static_bucket(): {"policy": forget_statement}},
    "AWS::SecretsManager::Secret": {
        f"{ENVIRONMENT}/database": {
            "description": lambda: client("secretsmanager").update_secret(
                SecretId=f"{ENVIRONMENT}/database", Description="by hand"
            ),
            "tags": lambda: client("secretsmanager").tag_resource(SecretId=f"{ENVIRONMENT}/database", Tags=MARKS),
        },
        f"{ENVIRONMENT}/origin-verify": {
            "kms_key_id": lambda: client("secretsmanager").update_secret(
                SecretId=f"{ENVIRONMENT}/origin-verify", KmsKeyId="alias/aws/secretsmanager"
            ),
        },
    },
    "AWS::SecretsManager::RotationSchedule": {
        f"{ENVIRONMENT}/database": dict.fromkeys(("rotation_lambda_arn", "automatically_after_days"), rotate)
    },
    "AWS::RDS::DBSubnetGroup": {
        named("db-subnet-group"): {
            "description": lambda: client("rds").modify_db_subnet_group(
                DBSubnetGroupName=named("db-subnet-group"),
                DBSubnetGroupDescription="by hand",
                SubnetIds=[subnet(f"database-subnet-{number}") for number in (1, 2)],
            ),
            "subnets": lambda: client("rds").modify_db_subnet_group(
                DBSubnetGroupName=named("db-subnet-group"),
                DBSubnetGroupDescription="by hand",
                SubnetIds=[subnet("database-subnet-1"), subnet("private-subnet-2")],
            ),
            "tags": lambda: client("rds").add_tags_to_resource(
                ResourceName=arn("rds", f"subgrp:{named('db-subnet-group')}"), Tags=MARKS
            ),
        }
    },
    "AWS::RDS::DBParameterGroup": {
        PARAMETERS: {
            "params": lambda: client("rds").modify_db_parameter_group(
                DBParameterGroupName=PARAMETERS,
                Parameters=[
                    {"ParameterName": "long_query_time", "ParameterValue": "9", "ApplyMethod": "immediate"},
                ],
            ),
            "tags": lambda: client("rds").add_tags_to_resource(ResourceName=arn("rds", f"pg:{PARAMETERS}"), Tags=MARKS),
        }
    },
    "AWS::RDS::DBInstance": {
        named("db"): {
            "auto_minor_version_upgrade": lambda: database(AutoMinorVersionUpgrade=False),
            "backup_retention_period": lambda: database(BackupRetentionPeriod=3),
            "copy_tags_to_snapshot": lambda: database(CopyTagsToSnapshot=False),
            "db_instance_class": lambda: database(DBInstanceClass="db.t4g.micro"),
            "deletion_protection": lambda: database(DeletionProtection=False),
            "enable_cloudwatch_logs_exports": lambda: database(
                CloudwatchLogsExportConfiguration={"DisableLogTypes": ["error"]}
            ),
            "enable_iam_database_authentication": lambda: database(EnableIAMDatabaseAuthentication=False),
            "enable_performance_insights": lambda: database(EnablePerformanceInsights=False),
            "max_allocated_storage": lambda: database(MaxAllocatedStorage=500),
            "monitoring_interval": lambda: database(MonitoringInterval=5),
            "multi_az": lambda: database(MultiAZ=False),
            "preferred_backup_window": lambda: database(PreferredBackupWindow="06:00-06:30"),
            "preferred_maintenance_window": lambda: database(PreferredMaintenanceWindow="mon:09:00-mon:09:30"),
            "publicly_accessible": lambda: database(PubliclyAccessible=True),
            "db_parameter_group_name": other_parameters,
            "engine_lifecycle_support": lambda: database(EngineLifecycleSupport="open-source-rds-extended-support"),
            "monitoring_role_arn": lambda: database(MonitoringRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
            "storage_type": lambda: database(StorageType="gp2"),
            "vpc_security_group_ids": lambda: database(VpcSecurityGroupIds=[group(WEB_GROUP)]),
            "tags": lambda: client("rds").add_tags_to_resource(
                ResourceName=arn("rds", f"db:{named('db')}"), Tags=MARKS
            ),
        },
        named("db-read-replica"): {
            "performance_insights_retention_period": lambda: database(
                "db-read-replica", PerformanceInsightsRetentionPeriod=31
            )
        },
    },
    "AWS::Backup::BackupVault": {
        named("database"): {
            "tags": lambda: client("backup").tag_resource(
                ResourceArn=arn("backup", f"backup-vault:{named('database')}"), Tags=MARK
            )
        }
    },
    "AWS::Backup::BackupPlan": {
        named("database"): {
            "rules": shift_backups,
            "selections": deselect,
            "tags": lambda: client("backup").tag_resource(ResourceArn=backup_plan()["BackupPlanArn"], Tags=MARK),
        }
    },
    "AWS::SQS::Queue": {
        named("order-processing-queue"): {
            "kms_master_key_id": lambda: set_queue(KmsMasterKeyId="alias/aws/sqs"),
            "message_retention_period": lambda: set_queue(MessageRetentionPeriod="60"),
            "policy": lambda: set_queue(Policy=deny("sqs:*")),
            "receive_message_wait_time_seconds": lambda: set_queue(ReceiveMessageWaitTimeSeconds="1"),
            "redrive_policy": lambda: set_queue(
                RedrivePolicy=json.dumps(
                    {"deadLetterTargetArn": arn("sqs", named("order-processing-dlq")), "maxReceiveCount": 9}
                )
            ),
            "visibility_timeout": lambda: set_queue(VisibilityTimeout="1"),
            "tags": lambda: client("sqs").tag_queue(QueueUrl=queue(), Tags=MARK),
        },
        named("order-processing-dlq"): {
            "redrive_allow_policy": lambda: client("sqs").set_queue_attributes(
                QueueUrl=client("sqs").get_queue_url(QueueName=named("order-processing-dlq"))["QueueUrl"],
                Attributes={"RedriveAllowPolicy": json.dumps({"redrivePermission": "allowAll"})},
            )
        },
    },
    "AWS::Lambda::Function": {
        FUNCTION: {
            "dead_letter_arn": lambda: function(DeadLetterConfig={"TargetArn": ""}),
            "description": lambda: function(Description="by hand"),
            "environment_variables": lambda: function(Environment={"Variables": {"WEBHOOK_SECRET": "other"}}),
            "handler": lambda: function(Handler="other.handler"),
            "memory_size": lambda: function(MemorySize=256),
            "role": lambda: function(Role=f"arn:aws:iam::{ACCOUNT}:role/{named('db-exporter-role')}"),
            "runtime": lambda: function(Runtime="python3.12"),
            "timeout": lambda: function(Timeout=5),
            "code_sha256": other_code,
            "permissions": lambda: client("lambda").remove_permission(FunctionName=FUNCTION, StatementId="db-alert"),
            "tags": lambda: client("lambda").tag_resource(Resource=arn("lambda", f"function:{FUNCTION}"), Tags=MARK),
        }
    },
    "AWS::SNS::Topic": {
        named("order-events"): {
            "display_name": lambda: topic(DisplayName="by hand"),
            "kms_master_key_id": lambda: topic(KmsMasterKeyId="alias/aws/sns"),
            "policy": lambda: topic(Policy=deny("sns:Publish")),
            "tags": lambda: client("sns").tag_resource(ResourceArn=MESSAGES, Tags=MARKS),
        }
    },
    "AWS::SNS::Subscription": {
        f"{named('order-events')} sqs {arn('sqs', named('inventory-queue'))}": {
            "filter_policy": lambda: client("sns").set_subscription_attributes(
                SubscriptionArn=subscription("inventory-queue"),
                AttributeName="FilterPolicy",
                AttributeValue='{"kind": ["a"]}',
            ),
            "raw_message_delivery": lambda: client("sns").set_subscription_attributes(
                SubscriptionArn=subscription("inventory-queue"),
                AttributeName="RawMessageDelivery",
                AttributeValue="true",
            ),
        }
    },
    "AWS::ElasticLoadBalancingV2::TargetGroup": {
        named("web-servers"): {
            "attributes": lambda: client("elbv2").modify_target_group_attributes(
                TargetGroupArn=target_group(),
                Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
            ),
            "health_check": lambda: client("elbv2").modify_target_group(
                TargetGroupArn=target_group(), HealthCheckPath="/other"
            ),
            "tags": lambda: tag_elb(target_group()),
        }
    },
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        named("alb"): {
            "attributes": lambda: client("elbv2").modify_load_balancer_attributes(
                LoadBalancerArn=balancer(), Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "5"}]
            ),
            "ip_address_type": lambda: client("elbv2").set_ip_address_type(
                LoadBalancerArn=balancer(), IpAddressType="dualstack"
            ),
            "security_groups": lambda: client("elbv2").set_security_groups(
                LoadBalancerArn=balancer(), SecurityGroups=[group(WEB_GROUP)]
            ),
            "subnets": lambda: client("elbv2").set_subnets(
                LoadBalancerArn=balancer(), Subnets=[subnet("public-subnet-1"), subnet("private-subnet-2")]
            ),
            "tags": lambda: tag_elb(balancer()),
        }
    },
    "AWS::ElasticLoadBalancingV2::Listener": {
        f"{named('alb')}:443": {
            "certificate_arn": lambda: client("elbv2").modify_listener(
                ListenerArn=listener(443), Certificates=[{"CertificateArn": certificate()}]
            ),
            "default_actions": lambda: client("elbv2").modify_listener(
                ListenerArn=listener(443),
                DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
            ),
            "ssl_policy": lambda: client("elbv2").modify_listener(
                ListenerArn=listener(443), SslPolicy="ELBSecurityPolicy-2016-08"
            ),
            "tags": lambda: tag_elb(listener(443)),
        },
        f"{named('alb')}:80": dict.fromkeys(("protocol", "certificate_arn", "ssl_policy"), serve_tls),
    },
    "AWS::ElasticLoadBalancingV2::ListenerRule": {
        f"{named('alb')}:443 rule 10": {
            "actions": lambda: client("elbv2").modify_rule(
                RuleArn=rule("10"), Actions=[{"Type": "forward", "TargetGroupArn": target_group()}]
            ),
            "conditions": lambda: client("elbv2").modify_rule(
                RuleArn=rule("10"),
                Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["other.example.com"]}}],
            ),
            "tags": lambda: tag_elb(rule("10")),
        }
    },
    "AWS::AutoScaling::AutoScalingGroup": {
        named("asg"): {
            "capacity_rebalance": lambda: autoscale(CapacityRebalance=True),
            "default_instance_warmup": lambda: autoscale(DefaultInstanceWarmup=9),
            "health_check_period": lambda: autoscale(HealthCheckGracePeriod=9),
            "health_check_type": lambda: autoscale(HealthCheckType="EC2"),
            "instance_maintenance_policy": lambda: autoscale(
                InstanceMaintenancePolicy={"MinHealthyPercentage": 50, "MaxHealthyPercentage": 100}
            ),
            "max_size": lambda: autoscale(MaxSize=20),
            "min_size": lambda: autoscale(MinSize=1),
            "termination_policies": lambda: autoscale(TerminationPolicies=["Default"]),
            "vpc_zone_identifier": lambda: autoscale(VPCZoneIdentifier=subnet("private-subnet-1")),
            "metrics": lambda: client("autoscaling").disable_metrics_collection(
                AutoScalingGroupName=named("asg"), Metrics=["GroupMaxSize"]
            ),
            "target_group_arns": lambda: client("autoscaling").detach_load_balancer_target_groups(
                AutoScalingGroupName=named("asg"), TargetGroupARNs=[target_group()]
            ),
            "tags": lambda: tag_asg("ManagedBy", "hand", True),
            "unpropagated_tags": lambda: tag_asg("Layer", "compute", False),
            "launch_template": relaunch,
        }
    },
    "AWS::EC2::LaunchTemplate": {
        named("web-server-template"): {
            **dict.fromkeys(
                (
                    "BlockDeviceMappings",
                    "IamInstanceProfile",
                    "InstanceType",
                    "MetadataOptions",
                    "Monitoring",
                    "SecurityGroupIds",
                    "TagSpecifications",
                    "UserData",
                ),
                relaunch,
            ),
            "tags": lambda: tag_ec2(
                client("ec2").describe_launch_templates(LaunchTemplateNames=[named("web-server-template")])[
                    "LaunchTemplates"
                ][0]["LaunchTemplateId"]
            ),
        }
    },
    "AWS::CertificateManager::Certificate": {
        "example.com (us-east-1)": {
            "tags": lambda: client("acm").add_tags_to_certificate(
                CertificateArn=client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"],
                Tags=MARKS,
            )
        }
    },
    "AWS::ECR::Repository": {
        REPOSITORY: {
            "image_tag_mutability": lambda: client("ecr").put_image_tag_mutability(
                repositoryName=REPOSITORY, imageTagMutability="MUTABLE"
            ),
            "lifecycle_policy": lambda: client("ecr").delete_lifecycle_policy(repositoryName=REPOSITORY),
            "scan_on_push": lambda: client("ecr").put_image_scanning_configuration(
                repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": False}
            ),
            "tags": lambda: client("ecr").tag_resource(resourceArn=arn("ecr", f"repository/{REPOSITORY}"), tags=MARKS),
        }
    },
    "AWS::Events::Rule": {
        EXPORTER: {
            "description": lambda: event(Description="by hand"),
            "enabled": lambda: client("events").disable_rule(Name=EXPORTER),
            "event_pattern": lambda: event(EventPattern='{"source": ["aws.rds"]}'),
            "schedule_expression": lambda: event(ScheduleExpression="rate(5 days)"),
            "targets": lambda: client("events").remove_targets(Rule=EXPORTER, Ids=["exporter"]),
            "tags": lambda: client("events").tag_resource(ResourceARN=arn("events", f"rule/{EXPORTER}"), Tags=MARKS),
        }
    },
    "AWS::AutoScaling::ScalingPolicy": {
        f"{named('asg')}/cpu-target-tracking": {
            "TargetTrackingConfiguration": lambda: client("autoscaling").put_scaling_policy(
                AutoScalingGroupName=named("asg"),
                PolicyName="cpu-target-tracking",
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration={
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
                    "TargetValue": 9,
                },
            )
        }
    },
    "AWS::CloudFront::OriginAccessControl": {
        static_bucket(): {
            "description": lambda: access_control(Description="by hand"),
            "signing_behavior": lambda: access_control(SigningBehavior="never"),
        }
    },
    "AWS::CloudFront::Distribution": {
        f"{ENVIRONMENT} example.com": {
            "Aliases": lambda: distribution(
                lambda config: config.update(Aliases={"Quantity": 1, "Items": ["www.example.com"]})
            ),
            "CacheBehaviors": lambda: distribution(lambda config: config.update(CacheBehaviors={"Quantity": 0})),
            "DefaultCacheBehavior": lambda: distribution(
                lambda config: config["DefaultCacheBehavior"].update(ViewerProtocolPolicy="allow-all")
            ),
            "DefaultRootObject": lambda: distribution(lambda config: config.update(DefaultRootObject="index.html")),
            "HttpVersion": lambda: distribution(lambda config: config.update(HttpVersion="http1.1")),
            "IsIPV6Enabled": lambda: distribution(lambda config: config.update(IsIPV6Enabled=False)),
            "Logging": lambda: distribution(lambda config: config["Logging"].update(Prefix="other/")),
            "Origins": lambda: distribution(lambda config: config["Origins"]["Items"][0].update(OriginPath="/other")),
            "Comment": lambda: distribution(lambda config: config.update(Comment="by hand")),
            "Enabled": lambda: distribution(lambda config: config.update(Enabled=False)),
            "WebACLId": lambda: distribution(lambda config: config.update(WebACLId="")),
            "PriceClass": lambda: distribution(lambda config: config.update(PriceClass="PriceClass_200")),
            "ViewerCertificate": lambda: distribution(
                lambda config: config["ViewerCertificate"].update(MinimumProtocolVersion="TLSv1")
            ),
            "Tags": lambda: client("cloudfront").tag_resource(
                Resource=client("cloudfront").list_distributions()["DistributionList"]["Items"][0]["ARN"],
                Tags={"Items": MARKS},
            ),
        }
    },
    "AWS::WAFv2::WebACL": {
        named("cdn"): changes_of_web_acl("CLOUDFRONT"),
        named("alb"): {
            **changes_of_web_acl("REGIONAL"),
            "load_balancer_arns": lambda: client("wafv2").disassociate_web_acl(ResourceArn=balancer()),
        },
    },
    "AWS::Route53::RecordSet": {
        "www.example.com. A": {
            "alias_evaluate_target_health": lambda: alias("www.example.com", EvaluateTargetHealth=True)
        },
        "example.com. A": dict.fromkeys(("value", "alias_hosted_zone_id"), bypass),
    },
    "AWS::CloudWatch::Alarm": {
        named(ALARM): {
            "ActionsEnabled": lambda: client("cloudwatch").disable_alarm_actions(AlarmNames=[named(ALARM)]),
            "AlarmActions": lambda: alarm(ALARM, AlarmActions=[MESSAGES]),
            "AlarmDescription": lambda: alarm(ALARM, AlarmDescription="by hand"),
            "ComparisonOperator": lambda: alarm(ALARM, ComparisonOperator="LessThanThreshold"),
            "EvaluationPeriods": lambda: alarm(ALARM, EvaluationPeriods=5),
            "DatapointsToAlarm": lambda: alarm(ALARM, DatapointsToAlarm=1),
            "Dimensions": lambda: alarm(ALARM, Dimensions=[{"Name": "AutoScalingGroupName", "Value": "other"}]),
            "InsufficientDataActions": lambda: alarm(ALARM, InsufficientDataActions=[MESSAGES]),
            "MetricName": lambda: alarm(ALARM, MetricName="NetworkIn"),
            "Namespace": lambda: alarm(ALARM, Namespace="Other"),
            "OKActions": lambda: alarm(ALARM, OKActions=[MESSAGES]),
            "Period": lambda: alarm(ALARM, Period=60),
            "Threshold": lambda: alarm(ALARM, Threshold=1),
            "TreatMissingData": lambda: alarm(ALARM, TreatMissingData="breaching"),
            "Unit": lambda: alarm(ALARM, Unit="Percent"),
            "tags": lambda: client("cloudwatch").tag_resource(
                ResourceARN=arn("cloudwatch", f"alarm:{named(ALARM)}"), Tags=MARKS
            ),
        },
        named("DatabaseLowStorage"): dict.fromkeys(
            ("Dimensions", "MetricName", "Metrics", "Namespace", "Period", "Statistic"), compute_the_metric
        ),
        named("DatabaseHighCPU"): {
            "Statistic": lambda: alarm("DatabaseHighCPU", Statistic="Maximum"),
        },
        named("SlowResponses"): {
            "ExtendedStatistic": lambda: alarm("SlowResponses", ExtendedStatistic="p50"),
        },
    },
    "AWS::CloudWatch::Dashboard": {
        ENVIRONMENT: {
            "body": lambda: client("cloudwatch").put_dashboard(
                DashboardName=ENVIRONMENT, DashboardBody=json.dumps({"widgets": []})
            ),
            "tags": lambda: client("cloudwatch").tag_resource(
                ResourceARN=f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{ENVIRONMENT}", Tags=MARKS
            ),
        }
    },
    "AWS::Budgets::Budget": {
        named("monthly"): {
            "cost_filters": lambda: budget(CostFilters={"Region": [REGION]}),
            "time_unit": lambda: budget(TimeUnit="QUARTERLY"),
            "limit": lambda: budget(BudgetLimit={"Amount": "9", "Unit": "USD"}),
            "notifications": forget_notification,
            "tags": lambda: client("budgets").tag_resource(
                ResourceARN=f"arn:aws:budgets::{ACCOUNT}:budget/{named('monthly')}", ResourceTags=MARKS
            ),
        }
    },
}

# Action, type and name of the difference -> the change. What is deleted by hand is made anew, and what came by hand goes.
WHOLE: dict[tuple[str, str, str], Callable[[], Any]] = {
    ("create", "AWS::CloudWatch::Alarm", named("HighErrorRate")): lambda: client("cloudwatch").delete_alarms(
        AlarmNames=[named("HighErrorRate")]
    ),
    ("create", "AWS::SQS::Queue", named("shipping-queue")): lambda: client("sqs").delete_queue(
        QueueUrl=client("sqs").get_queue_url(QueueName=named("shipping-queue"))["QueueUrl"]
    ),
    ("create", "AWS::SNS::Subscription", f"{named('db-alert')} lambda {arn('lambda', f'function:{FUNCTION}')}"): (
        lambda: client("sns").unsubscribe(SubscriptionArn=subscription(FUNCTION, "db-alert"))
    ),
    ("create", "AWS::Logs::LogGroup", f"/{ENVIRONMENT}/api"): lambda: client("logs").delete_log_group(
        logGroupName=f"/{ENVIRONMENT}/api"
    ),
    ("create", "AWS::AutoScaling::ScalingPolicy", f"{named('asg')}/request-count-tracking"): (
        lambda: client("autoscaling").delete_policy(
            AutoScalingGroupName=named("asg"), PolicyName="request-count-tracking"
        )
    ),
    ("create", "AWS::ElasticLoadBalancingV2::ListenerRule", f"{named('alb')}:443 rule 20"): (
        lambda: client("elbv2").delete_rule(RuleArn=rule("20"))
    ),
    ("create", "AWS::Route53::RecordSet", "origin.example.com. A"): forget_origin,
    ("delete", "AWS::ElasticLoadBalancingV2::ListenerRule", f"{named('alb')}:443 rule 99"): (
        lambda: client("elbv2").create_rule(
            ListenerArn=listener(443),
            Priority=99,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/by-hand"]}}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        )
    ),
    (
        "delete",
        "AWS::SNS::Subscription",
        f"{named('order-events')} sqs {arn('sqs', named('order-processing-queue'))}",
    ): (
        lambda: client("sns").subscribe(
            TopicArn=MESSAGES, Protocol="sqs", Endpoint=arn("sqs", named("order-processing-queue"))
        )
    ),
}

# What no call changes while the stack stands; what each of them is, is decided when the resource is made.
FIXED: dict[str, set[str]] = {
    "AWS::KMS::Key": {"alias"},
    "AWS::EC2::VPC": {"cidr_block"},
    "AWS::EC2::InternetGateway": {"vpc_id"},
    "AWS::EC2::Subnet": {"az", "cidr"},
    "AWS::EC2::NatGateway": {"subnet_id"},
    "AWS::EC2::VPCEndpoint": {"vpc_endpoint_type"},
    "AWS::EC2::FlowLog": {"deliver_logs_permission_arn", "max_aggregation_interval", "traffic_type"},
    "AWS::CertificateManager::Certificate": {"domain_name", "key_algorithm", "names"},
    "AWS::SecretsManager::SecretTargetAttachment": {"target"},  # told once: a value that was rotated is not read
    "AWS::SecretsManager::Secret": {"has_value", "scheduled_for_deletion"},
    "AWS::ECR::Repository": {"encryption_configuration"},
    "AWS::RDS::DBParameterGroup": {"engine"},
    "AWS::RDS::DBInstance": {
        "allocated_storage",  # grows only: see by_aws.py
        "db_name",
        "db_subnet_group_name",
        "engine",
        "engine_version",  # rises only: see by_aws.py
        "kms_key_id",
        "master_username",
        "performance_insights_kms_key_id",
        "port",  # AWS can, the sandbox can't
        "source_db_instance_identifier",
        "storage_encrypted",
    },
    "AWS::SQS::Queue": {"url"},
    "AWS::SNS::Topic": {"arn"},
    "AWS::Lambda::Function": {"architecture"},  # AWS can, the sandbox can't
    "AWS::SNS::Subscription": {"arn"},
    "AWS::EC2::LaunchTemplate": {"ImageId"},  # what a release decides
    "AWS::ElasticLoadBalancingV2::Listener": {"arn"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"arn", "port", "protocol", "target_type", "vpc_id"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"scheme"},
    "AWS::AutoScaling::AutoScalingGroup": {"desired_capacity"},  # autoscaling's own: see by_aws.py
    "AWS::AutoScaling::ScalingPolicy": {"PolicyType"},
    "AWS::CloudWatch::Alarm": {"EvaluateLowSampleCountPercentile"},  # left alone: no alarm of the roles says it
    "AWS::CloudFront::OriginAccessControl": {"origin_type", "signing_protocol"},
}


def expected() -> dict[tuple[str, str], set[str]]:
    """Return which attributes of which resources CASES change."""
    return {
        (kind, name): set(attributes) for kind, resources in CASES.items() for name, attributes in resources.items()
    }


class Gate:
    """The gate of the run that was recorded, as far as the last change may concern it."""

    def __init__(self, record: str) -> None:
        self.questions = gate.read_record(record)
        self.session = boto3.Session()
        self.asked: list[gate.Question] = []
        self.answers: dict[str, list[str]] = {}

    def look_at(self, kind: str, name: str) -> None:
        """Ask what may concern one resource, before it is changed: its service and tags, and of large services what says its name or kind."""
        service, noun = kind.lower().split("::")[1:]
        service = SERVICES.get(service, service)
        of_service = [each for each in self.questions if each.service in (service, "resourcegroupstaggingapi")]
        narrow = [
            each
            for each in of_service
            if (service == "ec2" and noun in each.operation.lower())
            or (service in NAMING and name in json.dumps(each.params))
        ]
        self.asked = narrow or of_service
        self.answers = self.ask()

    def ask(self) -> dict[str, list[str]]:
        # Clients of its own, for it listens to them.
        return gate.ask_again(self.asked, lambda service, region: self.session.client(service, region_name=REGION))

    def notices(self) -> bool:
        """Return whether anything is answered another way since the last look."""
        before, self.answers = self.answers, self.ask()
        return before != self.answers


SERVICES = {"elasticloadbalancingv2": "elbv2", "certificatemanager": "acm"}
NAMING = {"iam", "s3", "sqs"}  # services of which each question names a resource


def changes_by_hand(record: str | None = None) -> Iterator[str]:
    """Make each change once; yield what is wrong with them."""
    watched, noticed = Gate(record) if record else None, {}
    for kind, resources in CASES.items():
        for name, attributes in resources.items():
            if watched:
                watched.look_at(kind, name)
            for attribute, change in attributes.items():
                if fault := attempt(change):
                    yield f"{kind} {name} {attribute}: {fault}"
                if watched and not noticed.setdefault(change, watched.notices()):
                    yield f"{kind} {name} {attribute}: the gate does not notice it"
    for (action, kind, name), change in WHOLE.items():
        if watched:
            watched.look_at(kind, name)
        if fault := attempt(change):
            yield f"{action} {kind} {name}: {fault}"
        if watched and not watched.notices():
            yield f"{action} {kind} {name}: the gate does not notice it"


def attempt(change: Callable[[], Any]) -> str:
    """Make the change; return why it can't be made."""
    try:
        change()
    except (BotoCoreError, ClientError, LookupError, StopIteration) as error:
        return repr(error)
    return ""


if __name__ == "__main__":
    sys.exit("\n".join(changes_by_hand(*sys.argv[1:])) or 0)
