"""Calls that look good, and that AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_helpers import IMAGE, REGION, Aws, Network, function_code, refused, trust

NOWHERE = "subnet-0123456789abcdef0"


@pytest.fixture
def other(aws: Aws) -> dict[str, str]:
    """Another VPC, with a subnet, a security group and a target group."""
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = elbv2.create_target_group(Name="other", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    return {
        "vpc": vpc,
        "subnet": ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"],
        "security_group": ec2.create_security_group(GroupName="o", Description="d", VpcId=vpc)["GroupId"],
        "target_group": group["TargetGroupArn"],
    }


# Networks


def test_vpc_has_one_internet_gateway(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    second = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    text = refused("InvalidParameterValue", ec2.attach_internet_gateway, InternetGatewayId=second, VpcId=network.vpc)
    assert text == f"Network {network.vpc} already has an internet gateway attached"
    again = {"InternetGatewayId": network.gateway, "VpcId": network.vpc}
    refused("Resource.AlreadyAssociated", ec2.attach_internet_gateway, **again)


def test_subnet_has_one_route_table_of_its_vpc(aws: Aws, network: Network, other: dict[str, str]) -> None:
    ec2 = aws("ec2")
    one, two = (ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"] for _copy in range(2))
    ec2.associate_route_table(RouteTableId=one, SubnetId=network.subnets[0])
    refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=two, SubnetId=network.subnets[0])
    refused("InvalidParameterValue", ec2.associate_route_table, RouteTableId=two, SubnetId=other["subnet"])


def test_main_route_table_goes_with_its_vpc(aws: Aws, other: dict[str, str]) -> None:
    ec2 = aws("ec2")
    (main,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [other["vpc"]]}])["RouteTables"]
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=main["RouteTableId"])
    ec2.delete_subnet(SubnetId=other["subnet"])
    ec2.delete_security_group(GroupId=other["security_group"])
    ec2.delete_vpc(VpcId=other["vpc"])


def test_public_nat_gateway_has_an_address(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    refused("MissingParameter", ec2.create_nat_gateway, SubnetId=network.subnets[0])
    ec2.create_nat_gateway(SubnetId=network.subnets[0], ConnectivityType="private")


def test_private_names_need_the_vpc_s_own(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    endpoint = {"VpcId": network.vpc, "VpcEndpointType": "Interface", "SubnetIds": network.subnets}
    endpoint["ServiceName"] = "com.amazonaws.eu-west-1.ssm"
    refused("InvalidParameter", ec2.create_vpc_endpoint, **endpoint)
    ec2.create_vpc_endpoint(**endpoint, PrivateDnsEnabled=False)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**endpoint)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ({"UserIdGroupPairs": "security_group"}, "InvalidGroup.NotFound"),
        ({"PrefixListIds": "pl-0123456789abcdef0"}, "InvalidPrefixListID.NotFound"),
    ],
    ids=["group of another VPC", "prefix list"],
)
def test_rules_name_what_the_vpc_knows(
    aws: Aws, network: Network, other: dict[str, str], end: dict[str, str], code: str
) -> None:
    ((kind, name),) = end.items()
    named = {"GroupId": other[name]} if kind == "UserIdGroupPairs" else {"PrefixListId": name}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, kind: [named]}
    for way in ("ingress", "egress"):
        authorize = getattr(aws("ec2"), f"authorize_security_group_{way}")
        refused(code, authorize, GroupId=network.security_group, IpPermissions=[permission])


def test_instance_has_groups_of_its_vpc(aws: Aws, network: Network, other: dict[str, str]) -> None:
    run = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": network.subnets[0]}
    refused("InvalidParameter", aws("ec2").run_instances, **run, SecurityGroupIds=[other["security_group"]])


# Load balancers


@pytest.fixture
def listener(aws: Aws, network: Network) -> dict[str, Any]:
    """A load balancer with a listener, and its target group."""
    elbv2 = aws("elbv2")
    balancer = elbv2.create_load_balancer(Name="alb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)["TargetGroups"][0]
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
    made = elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    arn = made["Listeners"][0]["ListenerArn"]
    return {"balancer": balancer, "group": group["TargetGroupArn"], "forward": forward, "arn": arn}


def test_load_balancer_is_in_subnets_that_there_are(aws: Aws, network: Network) -> None:
    subnets = [network.subnets[0], NOWHERE]
    refused("SubnetNotFound", aws("elbv2").create_load_balancer, Name="alb", Subnets=subnets)


@pytest.mark.parametrize(
    ("key", "value"),
    [("idle_timeout.timeout_seconds", "4001"), ("access_logs.s3.enabled", "true")],
    ids=["idle timeout", "logs without a bucket"],
)
def test_limits_of_load_balancer_attributes(aws: Aws, listener: dict[str, Any], key: str, value: str) -> None:
    change = aws("elbv2").modify_load_balancer_attributes
    wanted = [{"Key": key, "Value": value}]
    refused("ValidationError", change, LoadBalancerArn=listener["balancer"], Attributes=wanted)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "10"),
        ("stickiness.seconds", "10"),
    ],
)
def test_limits_of_target_group_attributes(aws: Aws, listener: dict[str, Any], key: str, value: str) -> None:
    change = aws("elbv2").modify_target_group_attributes
    wanted = [{"Key": key, "Value": value}]
    refused("ValidationError", change, TargetGroupArn=listener["group"], Attributes=wanted)


def test_slow_start_takes_turns(aws: Aws, listener: dict[str, Any]) -> None:
    change, arn = aws("elbv2").modify_target_group_attributes, listener["group"]
    slow = {"Key": "slow_start.duration_seconds", "Value": "60"}
    least = {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"}
    refused("InvalidConfigurationRequest", change, TargetGroupArn=arn, Attributes=[slow, least])
    change(TargetGroupArn=arn, Attributes=[slow])
    refused("InvalidConfigurationRequest", change, TargetGroupArn=arn, Attributes=[least])


def test_targets_are_in_the_group_s_vpc(
    aws: Aws, network: Network, listener: dict[str, Any], other: dict[str, str]
) -> None:
    run = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": other["subnet"]}
    instance = aws("ec2").run_instances(**run)["Instances"][0]["InstanceId"]
    elbv2 = aws("elbv2")
    targets = [{"Id": instance}]
    refused("InvalidTarget", elbv2.register_targets, TargetGroupArn=listener["group"], Targets=targets)
    elbv2.register_targets(TargetGroupArn=other["target_group"], Targets=targets)
    forward = [{"Type": "forward", "TargetGroupArn": other["target_group"]}]
    made = {"LoadBalancerArn": listener["balancer"], "Protocol": "HTTP", "Port": 81, "DefaultActions": forward}
    refused("InvalidConfigurationRequest", elbv2.create_listener, **made)


def test_redirect_leads_elsewhere(aws: Aws, listener: dict[str, Any]) -> None:
    elbv2, made = aws("elbv2"), {"LoadBalancerArn": listener["balancer"], "Protocol": "HTTP", "Port": 81}
    same = [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]
    refused("InvalidLoadBalancerAction", elbv2.create_listener, **made, DefaultActions=same)
    https = [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}}]
    elbv2.create_listener(**made, DefaultActions=https)


def test_rules_of_a_listener(aws: Aws, listener: dict[str, Any]) -> None:
    elbv2, arn = aws("elbv2"), listener["arn"]
    rule = {"ListenerArn": arn, "Priority": 1, "Actions": [listener["forward"]]}
    refused("ValidationError", elbv2.create_rule, **rule, Conditions=[])
    made = elbv2.create_rule(**rule, Conditions=[{"Field": "host-header", "Values": ["a.example.com"]}])["Rules"][0]
    (default,) = [each for each in elbv2.describe_rules(ListenerArn=arn)["Rules"] if each["IsDefault"]]
    refused("OperationNotPermitted", elbv2.delete_rule, RuleArn=default["RuleArn"])
    elbv2.delete_rule(RuleArn=made["RuleArn"])


# Groups of servers


def test_group_has_a_template_and_subnets_that_there_are(aws: Aws, network: Network) -> None:
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    made = aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    template = {"LaunchTemplateId": made["LaunchTemplateId"], "Version": "1"}
    group = {"AutoScalingGroupName": "g", "MinSize": 0, "MaxSize": 1}
    here = {"VPCZoneIdentifier": network.subnets[0]}
    for wrong in (
        {**here, "LaunchTemplate": {**template, "Version": "9"}},
        {**here, "LaunchTemplate": {**template, "LaunchTemplateId": "lt-0123456789abcdef0"}},
        {"VPCZoneIdentifier": NOWHERE, "LaunchTemplate": template},
    ):
        refused("ValidationError", aws("autoscaling").create_auto_scaling_group, **group, **wrong)
    aws("autoscaling").create_auto_scaling_group(**group, **here, LaunchTemplate=template)


# The CDN

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
NO_POLICY = "00000000-0000-0000-0000-000000000000"
READING = {"Quantity": 2, "Items": ["GET", "HEAD"]}


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        ({"CachePolicyId": NO_POLICY}, "NoSuchCachePolicy"),
        ({"OriginRequestPolicyId": NO_POLICY}, "NoSuchOriginRequestPolicy"),
        ({"ResponseHeadersPolicyId": NO_POLICY}, "NoSuchResponseHeadersPolicy"),
        ({"ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "all"}}}, "InvalidArgument"),
        ({"MinTTL": 5}, "InvalidArgument"),
        ({"AllowedMethods": {"Quantity": 2, "Items": ["GET", "POST"], "CachedMethods": READING}}, "InvalidArgument"),
        ({"TargetOriginId": "nowhere"}, "NoSuchOrigin"),
    ],
    ids=["cache", "request", "headers", "forwarded", "ttl", "methods", "origin"],
)
def test_behaviors_of_a_distribution(aws: Aws, behavior: dict[str, Any], code: str) -> None:
    config = distribution()
    config["DefaultCacheBehavior"] |= behavior
    refused(code, aws("cloudfront").create_distribution, DistributionConfig=config)


def test_origins_and_names_of_a_distribution(aws: Aws) -> None:
    cloudfront, origin = aws("cloudfront"), distribution()["Origins"]["Items"][0]
    for code, changed in (
        ("InvalidArgument", {**origin, "DomainName": "https://origin.example.com"}),
        ("InvalidOrigin", {"Id": origin["Id"], "DomainName": origin["DomainName"]}),
    ):
        config = distribution(Origins={"Quantity": 1, "Items": [changed]})
        refused(code, cloudfront.create_distribution, DistributionConfig=config)
    named = distribution(Aliases={"Quantity": 1, "Items": ["www.example.com"]})
    refused("InvalidViewerCertificate", cloudfront.create_distribution, DistributionConfig=named)
    made = cloudfront.create_distribution(DistributionConfig=distribution())
    update = {"Id": made["Distribution"]["Id"], "IfMatch": made["ETag"]}
    changed = made["Distribution"]["DistributionConfig"] | {"CallerReference": "another"}
    refused("IllegalUpdate", cloudfront.update_distribution, **update, DistributionConfig=changed)


def distribution(**changed: Any) -> dict[str, Any]:
    """A configuration that CloudFront takes, but for what is changed."""
    https = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "o", "DomainName": "origin.example.com", "CustomOriginConfig": https}
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_DISABLED}
    config = {"CallerReference": "r", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behavior}
    return {**config, "Origins": {"Quantity": 1, "Items": [origin]}, **changed}


# Databases

DATABASE = {
    "DBInstanceIdentifier": "db",
    "DBInstanceClass": "db.r7g.large",
    "Engine": "mysql",
    "AllocatedStorage": 100,
    "MasterUsername": "dbadmin",
    "MasterUserPassword": "not-a-secret-1",
    "BackupRetentionPeriod": 7,
}
KEY = f"arn:aws:kms:{REGION}:123456789012:key/00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"KmsKeyId": KEY}, "InvalidParameterCombination"),
        ({"ManageMasterUserPassword": True}, "InvalidParameterCombination"),
        ({"MultiAZ": True, "AvailabilityZone": f"{REGION}a"}, "InvalidParameterCombination"),
        ({"StorageType": "io1"}, "InvalidParameterCombination"),
        ({"EnableCloudwatchLogsExports": ["postgresql"]}, "InvalidParameterCombination"),
        ({"EnablePerformanceInsights": True, "DBInstanceClass": "db.t4g.micro"}, "InvalidParameterCombination"),
        ({"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 8}, "InvalidParameterValue"),
        ({"MasterUsername": "root"}, "InvalidParameterValue"),
    ],
    ids=["key", "password", "zone", "iops", "logs", "small", "insights", "user"],
)
def test_what_a_database_can_t_have(aws: Aws, given: dict[str, Any], code: str) -> None:
    refused(code, aws("rds").create_db_instance, **{**DATABASE, **given})


def test_database_grows_by_a_tenth_and_keeps_its_replica_s_backups(aws: Aws) -> None:
    rds = aws("rds")
    rds.create_db_instance(**DATABASE)
    change = {"DBInstanceIdentifier": "db", "ApplyImmediately": True}
    refused("InvalidParameterCombination", rds.modify_db_instance, **change, AllocatedStorage=105)
    rds.modify_db_instance(**change, AllocatedStorage=110)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="r", SourceDBInstanceIdentifier="db")
    refused("InvalidParameterCombination", rds.modify_db_instance, **change, BackupRetentionPeriod=0)


# Buckets


@pytest.mark.parametrize("name", ["Upper", "10.0.0.1", "a..b", "under_score", "end-"])
def test_names_of_buckets(aws: Aws, name: str) -> None:
    here = {"LocationConstraint": REGION}
    refused("InvalidBucketName", aws("s3").create_bucket, Bucket=name, CreateBucketConfiguration=here)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({}, "InvalidRequest"),
        ({"Expiration": {"Days": 0}}, "InvalidArgument"),
        (
            {"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 59, "StorageClass": "GLACIER"}]},
            "InvalidArgument",
        ),
    ],
    ids=["no action", "at once", "out of IA too soon"],
)
def test_rules_of_a_lifecycle(aws: Aws, rule: dict[str, Any], code: str) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    rules = {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]}
    put = s3.put_bucket_lifecycle_configuration
    refused(code, put, Bucket="bucket", LifecycleConfiguration=rules)


# Alarms, topics, functions, roles

TOPIC = f"arn:aws:sns:{REGION}:123456789012:t"


@pytest.mark.parametrize(
    "given",
    [
        {"ExtendedStatistic": "p95"},
        {"Statistic": None},
        {"Statistic": None, "ExtendedStatistic": "p101"},
        {"DatapointsToAlarm": 3},
        {"TreatMissingData": "whatever"},
        {"Period": 10},
        {"AlarmActions": ["arn:aws:sns:t"]},
        {"AlarmActions": [TOPIC.replace(REGION, "us-east-1")]},
        {"Dimensions": [{"Name": "A", "Value": "1"}, {"Name": "A", "Value": "2"}]},
    ],
    ids=["two statistics", "none", "percentile", "datapoints", "missing", "period", "arn", "region", "dimensions"],
)
def test_what_an_alarm_can_t_have(aws: Aws, given: dict[str, Any]) -> None:
    alarm = {"AlarmName": "a", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average"}
    alarm |= {"Period": 60, "EvaluationPeriods": 2, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    wanted = {key: value for key, value in {**alarm, **given}.items() if value is not None}
    refused("ValidationError", aws("cloudwatch").put_metric_alarm, **wanted)


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [("sms", "12"), ("https", "http://example.com"), ("lambda", "alert-processor"), ("sqs", "queue"), ("fax", "1")],
)
def test_endpoints_of_subscriptions(aws: Aws, protocol: str, endpoint: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    refused("InvalidParameter", sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


@pytest.mark.parametrize("action", ["sns:*", "sqs:SendMessage", None])
def test_policies_of_topics_and_queues(aws: Aws, action: str | None) -> None:
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}) if action else "{"
    change = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy}
    refused("InvalidParameter", sns.set_topic_attributes, **change)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    refused("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=queue, Attributes={"Policy": "{"})


def test_functions_that_there_can_t_be_or_are_not(aws: Aws) -> None:
    function = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Handler": "a.handler"}
    code = {"ZipFile": function_code()}
    refused("InvalidParameterValueException", aws("lambda").create_function, **function, Runtime="python3.8", Code=code)
    permission = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    refused("ResourceNotFoundException", aws("lambda").add_permission, FunctionName="f", **permission)


def test_documents_of_a_role(aws: Aws) -> None:
    iam, trusted = aws("iam"), trust("ec2.amazonaws.com")
    nobody = trusted.replace("Principal", "NotAction")
    refused("MalformedPolicyDocument", iam.create_role, RoleName="r", AssumeRolePolicyDocument=nobody)
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    role = {"RoleName": "r", "AssumeRolePolicyDocument": trusted}
    refused("NoSuchEntity", iam.create_role, **role, PermissionsBoundary=boundary)
    iam.create_role(**role)
    statement = {"Sid": "read-objects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    policy = {"RoleName": "r", "PolicyName": "p"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused("MalformedPolicyDocument", iam.put_role_policy, **policy, PolicyDocument=document)
    iam.put_role_policy(**policy, PolicyDocument=document.replace("read-objects", "ReadObjects"))


@pytest.mark.parametrize("schedule", ["rate(1 hours)", "cron(0 9 * * SUN *)", "cron(0 9 ? * ? *)", "every day"])
def test_schedules(aws: Aws, schedule: str) -> None:
    events, backup = aws("events"), aws("backup")
    refused("ValidationException", events.put_rule, Name="r", ScheduleExpression=schedule)
    rule = {"RuleName": "r", "TargetBackupVaultName": "vault", "ScheduleExpression": schedule}
    plan = {"BackupPlanName": "p", "Rules": [rule]}
    refused("InvalidParameterValueException", backup.create_backup_plan, BackupPlan=plan)
    for good in ("rate(1 hour)", "cron(0 9 ? * SUN *)", "cron(0 7 * * ? *)", "cron(0/15 8-17 1,15 * ? 2026)"):
        events.put_rule(Name="r", ScheduleExpression=good)
