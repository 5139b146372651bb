"""Values that services do not take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_helpers import IMAGE, REGION, Aws, Network, eventually, function_code, key_for, refused, trust

ACCOUNT = "123456789012"

# Networks


@pytest.mark.parametrize("block", ["10.0.8.0/29", "10.0.0.0/15", "10.1.0.0/24", "10.0.0.0/24"])
def test_sizes_of_subnets(aws: Aws, network: Network, block: str) -> None:
    """/16 to /28, in the VPC, apart from the others."""
    code = "InvalidSubnet.Conflict" if block == "10.0.0.0/24" else "InvalidSubnet.Range"
    assert block in refused(code, aws("ec2").create_subnet, VpcId=network.vpc, CidrBlock=block)
    aws("ec2").create_subnet(VpcId=network.vpc, CidrBlock="10.0.8.0/28")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"FromPort": 90}, "InvalidParameterValue"),
        ({"FromPort": -1}, "InvalidParameterValue"),
        ({"ToPort": 65536}, "InvalidParameterValue"),
        ({"ToPort": None}, "InvalidParameterValue"),
        ({"IpProtocol": "tpc"}, "InvalidParameterValue"),
        ({"IpRanges": []}, "MissingParameter"),
    ],
    ids=["backwards", "below", "beyond", "half", "protocol", "nobody"],
)
def test_ports_of_rules(aws: Aws, network: Network, changed: dict[str, Any], code: str) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}], **changed}
    given = {key: value for key, value in rule.items() if value is not None}
    for way in ("ingress", "egress"):
        authorize = getattr(aws("ec2"), f"authorize_security_group_{way}")
        refused(code, authorize, GroupId=network.security_group, IpPermissions=[given])


@pytest.mark.parametrize(
    ("service", "code"),
    [
        (f"{REGION}.nonsense", "InvalidServiceName"),
        ("us-east-1.s3", "InvalidServiceName"),
        (f"{REGION}.ssm", "InvalidParameter"),
    ],
    ids=["service", "region", "kind"],
)
def test_services_of_endpoints(aws: Aws, network: Network, service: str, code: str) -> None:
    create = aws("ec2").create_vpc_endpoint
    refused(code, create, VpcId=network.vpc, ServiceName=f"com.amazonaws.{service}")
    create(VpcId=network.vpc, ServiceName=f"com.amazonaws.{REGION}.s3")


def test_targets_of_routes(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    out = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    refused("InvalidParameterCombination", ec2.create_route, **out)
    refused("InvalidNatGatewayID.NotFound", ec2.create_route, **out, NatGatewayId="nat-0123456789abcdef0")
    inside = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/24"}
    refused("InvalidParameterValue", ec2.create_route, **inside, GatewayId=network.gateway)
    ec2.create_route(**out, GatewayId=network.gateway)


# Instances and volumes


@pytest.mark.parametrize(
    ("volume", "text"),
    [
        ({"Iops": 15000}, "Iops to volume size ratio of 750.000000 is too high; maximum is 500"),
        ({"Iops": 2999}, "minimum is 3000"),
        ({"Throughput": 1000}, "Throughput (MiBps) to iops ratio of 0.333333 is too high"),
        ({"Throughput": 2001, "Iops": 10000}, "maximum is 2000"),
        ({"VolumeSize": 0}, "minimum is 1GiB"),
        ({"VolumeType": "gp2", "Iops": 3000}, "not supported for gp2 volumes"),
        ({"VolumeType": "gp2", "Throughput": 125}, "not supported for gp2 volumes"),
        ({"VolumeType": "io2"}, "must contain the parameter iops"),
        ({"KmsKeyId": "alias/aws/ebs"}, "requires the parameter Encrypted"),
    ],
    ids=["iops", "few iops", "throughput", "much", "small", "gp2 iops", "gp2 throughput", "io2", "key"],
)
def test_volumes_that_there_can_t_be(aws: Aws, network: Network, volume: dict[str, Any], text: str) -> None:
    """A launch template takes them, a group does not."""
    volume = {"VolumeType": "gp3", "VolumeSize": 20, **volume}
    assert text in not_launched(aws, network, BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": volume}])
    given = {"Size" if key == "VolumeSize" else key: value for key, value in volume.items()}
    with pytest.raises(ClientError, match=re.escape(text)):
        aws("ec2").create_volume(AvailabilityZone=f"{REGION}a", **given)


def not_launched(aws: Aws, network: Network, **data: Any) -> str:
    """Why a group can't have a template with these data."""
    template = {"LaunchTemplateName": "web"}
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", **data}
    aws("ec2").create_launch_template(**template, LaunchTemplateData=data)
    group = {"AutoScalingGroupName": "g", "MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": network.subnets[0]}
    create = aws("autoscaling").create_auto_scaling_group
    text = refused("ValidationError", create, **group, LaunchTemplate={**template, "Version": "1"})
    assert text.startswith("You must use a valid fully-formed launch template. ")
    return text


def test_instances_that_there_can_t_be(aws: Aws, network: Network) -> None:
    arm = "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64'"
    assert arm in not_launched(aws, network, InstanceType="t4g.micro")
    run = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "SubnetId": network.subnets[0]}
    refused("InvalidParameterValue", aws("ec2").run_instances, **run, InstanceType="t4g.micro")
    hops = {"HttpPutResponseHopLimit": 65}
    refused("InvalidParameterValue", aws("ec2").run_instances, **run, MetadataOptions=hops)


def test_groups_of_an_instance_or_of_its_interface(aws: Aws, network: Network) -> None:
    groups = [network.security_group]
    interface = {"DeviceIndex": 0, "Groups": groups}
    text = not_launched(aws, network, SecurityGroupIds=groups, NetworkInterfaces=[interface])
    assert "may not be specified on the same request" in text


# Groups of servers


@pytest.fixture
def group(aws: Aws, network: Network) -> dict[str, Any]:
    """What a group needs; nothing is launched."""
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    template = {"LaunchTemplateName": "web", "Version": "1"}
    about = {"AutoScalingGroupName": "g", "MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": network.subnets[0]}
    return {**about, "LaunchTemplate": template}


@pytest.mark.parametrize(
    "given",
    [
        {"MinSize": -1},
        {"HealthCheckType": "NONE"},
        {"HealthCheckGracePeriod": -1},
        {"TerminationPolicies": ["Oldest"]},
        {"MaxInstanceLifetime": 3600},
        {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 200}},
    ],
    ids=lambda given: next(iter(given)),
)
def test_settings_of_a_group(aws: Aws, group: dict[str, Any], given: dict[str, Any]) -> None:
    autoscaling = aws("autoscaling")
    refused("ValidationError", autoscaling.create_auto_scaling_group, **{**group, **given})
    autoscaling.create_auto_scaling_group(**group)
    refused("ValidationError", autoscaling.update_auto_scaling_group, AutoScalingGroupName="g", **given)


def test_metrics_and_notifications_of_a_group(aws: Aws, group: dict[str, Any]) -> None:
    autoscaling, of = aws("autoscaling"), {"AutoScalingGroupName": "g"}
    autoscaling.create_auto_scaling_group(**group)
    metrics = autoscaling.enable_metrics_collection
    refused("ValidationError", metrics, **of, Granularity="5Minute")
    refused("ValidationError", metrics, **of, Granularity="1Minute", Metrics=["GroupHappiness"])
    topic = {"TopicARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:t"}
    launched = ["autoscaling:EC2_INSTANCE_LAUNCH"]
    put = autoscaling.put_notification_configuration
    assert "Unable to publish" in refused("ValidationError", put, **of, **topic, NotificationTypes=launched)
    aws("sns").create_topic(Name="t")
    refused("ValidationError", put, **of, **topic, NotificationTypes=["autoscaling:EC2_INSTANCE_NAP"])
    put(**of, **topic, NotificationTypes=launched)


STEPS = {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity"}
CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}


@pytest.mark.parametrize(
    "policy",
    [
        {"PolicyType": "Guesswork"},
        {"PolicyType": "TargetTrackingScaling"},
        {"PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": {**CPU, "TargetValue": 0.0}},
        STEPS,
        {**STEPS, "ScalingAdjustment": 1, "StepAdjustments": [{"ScalingAdjustment": 1}]},
        {
            **STEPS,
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
                {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 2},
            ],
        },
        {"PolicyType": "SimpleScaling", "ScalingAdjustment": 1, "AdjustmentType": "Change"},
    ],
    ids=["type", "no target", "zero", "no steps", "both", "gap", "adjustment"],
)
def test_scaling_policies_that_there_can_t_be(aws: Aws, group: dict[str, Any], policy: dict[str, Any]) -> None:
    autoscaling = aws("autoscaling")
    autoscaling.create_auto_scaling_group(**group)
    put = autoscaling.put_scaling_policy
    refused("ValidationError", put, AutoScalingGroupName="g", PolicyName="p", **policy)


# Load balancers


@pytest.mark.parametrize(
    "given",
    [
        {"Matcher": {"HttpCode": "600"}},
        {"Matcher": {"HttpCode": "299-200"}},
        {"HealthCheckPath": "health"},
        {"HealthCheckPort": "http"},
        {"HealthCheckTimeoutSeconds": 30},
    ],
    ids=["code", "codes", "path", "port", "timeout"],
)
def test_health_checks_of_a_target_group(aws: Aws, network: Network, given: dict[str, Any]) -> None:
    elbv2, about = aws("elbv2"), {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc}
    refused("ValidationError", elbv2.create_target_group, **about, **given)
    made = elbv2.create_target_group(**about, Matcher={"HttpCode": "200-299,301"})["TargetGroups"][0]
    refused("ValidationError", elbv2.modify_target_group, TargetGroupArn=made["TargetGroupArn"], **given)


FIXED = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
GHOST = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/ghost/0123456789abcdef"
FORWARD = [{"Type": "forward", "TargetGroupArn": GHOST}]


@pytest.fixture
def listener(aws: Aws, network: Network) -> dict[str, Any]:
    """What a listener needs."""
    balancer = aws("elbv2").create_load_balancer(Name="alb", Subnets=network.subnets)["LoadBalancers"][0]
    return {
        "LoadBalancerArn": balancer["LoadBalancerArn"],
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": FIXED,
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"DefaultActions": []}, "ValidationError"),
        ({"DefaultActions": FORWARD}, "TargetGroupNotFound"),
        ({"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}, "ValidationError"),
        ({"Certificates": [{"CertificateArn": "arn:x"}]}, "ValidationError"),
        ({"Protocol": "HTTPS", "SslPolicy": "Strong", "Certificates": [{"CertificateArn": "c"}]}, "SSLPolicyNotFound"),
    ],
    ids=["no action", "ghost", "policy", "certificate", "unknown policy"],
)
def test_listeners_that_there_can_t_be(aws: Aws, listener: dict[str, Any], given: dict[str, Any], code: str) -> None:
    refused(code, aws("elbv2").create_listener, **{**listener, **given})


def test_conditions_and_priorities_of_rules(aws: Aws, listener: dict[str, Any]) -> None:
    elbv2 = aws("elbv2")
    arn = elbv2.create_listener(**listener)["Listeners"][0]["ListenerArn"]
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["api.example.com"]}}
    rule = {"ListenerArn": arn, "Priority": 1, "Conditions": [host], "Actions": FIXED}
    refused("ValidationError", elbv2.create_rule, **{**rule, "Conditions": [host, host]})
    refused("ValidationError", elbv2.create_rule, **{**rule, "Actions": []})
    refused("TargetGroupNotFound", elbv2.create_rule, **{**rule, "Actions": FORWARD})
    many = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{number}" for number in range(5)]}}
    refused("TooManyConditionValues", elbv2.create_rule, **{**rule, "Conditions": [host, many]})
    elbv2.create_rule(**rule)
    refused("PriorityInUse", elbv2.create_rule, **rule)


# Databases


def test_parameters_that_an_engine_has(aws: Aws) -> None:
    rds, group = aws("rds"), {"DBParameterGroupName": "g"}
    about = {**group, "Description": "d"}
    text = refused("InvalidParameterValue", rds.create_db_parameter_group, **about, DBParameterGroupFamily="mysql9.9")
    assert text == "ParameterGroupFamily mysql9.9 is not a valid parameter group family"
    rds.create_db_parameter_group(**about, DBParameterGroupFamily="mysql8.4")

    def change(name: str, value: str, method: str = "immediate") -> list[dict[str, str]]:
        return [{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}]

    modify = rds.modify_db_parameter_group
    text = refused("InvalidParameterValue", modify, **group, Parameters=change("max_connection", "1"))
    assert text == "Could not find parameter with name: max_connection"
    refused("InvalidParameterValue", modify, **group, Parameters=change("basedir", "/"))
    refused("InvalidParameterValue", modify, **group, Parameters=change("require_secure_transport", "maybe"))
    refused("InvalidParameterValue", modify, **group, Parameters=change("max_connections", "9") * 21)
    text = refused("InvalidParameterCombination", modify, **group, Parameters=change("performance_schema", "1"))
    assert text == "cannot use immediate apply method for static parameter"
    modify(**group, Parameters=change("performance_schema", "1", "pending-reboot") + change("long_query_time", "2"))
    own = rds.describe_db_parameters(**group, Source="user")["Parameters"]
    assert {each["ParameterName"]: each["ApplyType"] for each in own} == {
        "performance_schema": "static",
        "long_query_time": "dynamic",
    }
    reset = change("performance_schema", "1")
    refused("InvalidParameterCombination", rds.reset_db_parameter_group, **group, Parameters=reset)


DATABASE = {
    "DBInstanceIdentifier": "db",
    "DBInstanceClass": "db.r7g.large",
    "Engine": "mysql",
    "StorageType": "gp3",
    "AllocatedStorage": 400,
    "MasterUsername": "dbadmin",
    "MasterUserPassword": "not-a-secret-1",
}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Iops": 64001}, "InvalidParameterCombination"),
        ({"Iops": 3000}, "InvalidParameterCombination"),
        ({"Iops": 12000, "StorageThroughput": 3500}, "InvalidParameterCombination"),
        ({"StorageType": "io1", "Iops": 20001}, "InvalidParameterCombination"),
        ({"MaxAllocatedStorage": 439}, "InvalidParameterCombination"),
        ({"AllocatedStorage": 65537}, "InvalidParameterValue"),
        ({"StorageType": "gp9"}, "InvalidParameterValue"),
        ({"AvailabilityZone": f"{REGION}z"}, "InvalidParameterValue"),
        ({"Port": 80}, "InvalidParameterValue"),
        ({"LicenseModel": "bring-your-own-license"}, "InvalidParameterCombination"),
        ({"MasterUsername": None}, "InvalidParameterValue"),
        ({"MasterUserPassword": None}, "InvalidParameterValue"),
        ({"AllocatedStorage": None}, "InvalidParameterValue"),
        ({"CACertificateIdentifier": "rds-ca-2019"}, "CertificateNotFound"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else value,
)
def test_databases_that_there_can_t_be(aws: Aws, given: dict[str, Any], code: str) -> None:
    wanted = {key: value for key, value in {**DATABASE, **given}.items() if value is not None}
    refused(code, aws("rds").create_db_instance, **wanted)


def test_changes_that_a_database_does_not_take(aws: Aws, network: Network) -> None:
    rds = aws("rds")
    rds.create_db_instance(**{**DATABASE, "AllocatedStorage": 100})
    rds.create_db_parameter_group(DBParameterGroupName="g", DBParameterGroupFamily="postgres17", Description="d")
    change = {"DBInstanceIdentifier": "db", "ApplyImmediately": True}
    logs = {"EnableLogTypes": ["postgresql"]}
    for code, given in (
        ("InvalidParameterCombination", {"DBParameterGroupName": "g"}),
        ("InvalidParameterCombination", {"Iops": 12000}),
        ("InvalidParameterCombination", {"MaxAllocatedStorage": 105}),
        ("InvalidParameterCombination", {"CloudwatchLogsExportConfiguration": logs}),
        ("InvalidParameterValue", {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}),
        ("CertificateNotFound", {"CACertificateIdentifier": "rds-ca-2019"}),
    ):
        refused(code, rds.modify_db_instance, **change, **given)
    final = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "f"}
    refused("InvalidParameterCombination", rds.delete_db_instance, DBInstanceIdentifier="db", **final)


# Backups


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"TargetBackupVaultName": "nowhere"}, "Cannot find Backup vault"),
        ({"StartWindowMinutes": 30}, "start window"),
        ({"StartWindowMinutes": 120, "CompletionWindowMinutes": 120}, "completion window"),
        ({"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}}, "90 days apart"),
        ({"Lifecycle": {"DeleteAfterDays": 0}}, "less than 1"),
        ({"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 36}}, "35 days"),
        (
            {"EnableContinuousBackup": True, "Lifecycle": {"MoveToColdStorageAfterDays": 9, "DeleteAfterDays": 99}},
            "is unavailable",
        ),
    ],
    ids=["vault", "start", "completion", "cold", "none", "continuous", "continuous and cold"],
)
def test_rules_of_a_backup_plan(aws: Aws, rule: dict[str, Any], text: str) -> None:
    backup, code = aws("backup"), "InvalidParameterValueException"
    backup.create_backup_vault(BackupVaultName="vault")
    good = {"RuleName": "daily", "TargetBackupVaultName": "vault", "Lifecycle": {"DeleteAfterDays": 35}}
    wrong = {"BackupPlanName": "p", "Rules": [good | rule]}
    message = refused(code, backup.create_backup_plan, BackupPlan=wrong)
    assert message.startswith("Error in rule daily : ") and text in message
    made = backup.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [good]})
    refused(code, backup.update_backup_plan, BackupPlanId=made["BackupPlanId"], BackupPlan=wrong)
    for rules in ([], [good, good]):
        refused(code, backup.create_backup_plan, BackupPlan={"BackupPlanName": "q", "Rules": rules})


# Records


@pytest.fixture
def zone(aws: Aws) -> Callable[..., Any]:
    """A function that changes records of the zone example.com, each given as (action, name, type, value and more)."""
    route53 = aws("route53")
    identifier = route53.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]

    def change(*changes: tuple[str, str, str, dict[str, Any]]) -> Any:
        batch = [
            {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, **more}}
            for action, name, kind, more in changes
        ]
        return route53.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch={"Changes": batch})

    return change


def value(*values: str, ttl: int = 60) -> dict[str, Any]:
    return {"TTL": ttl, "ResourceRecords": [{"Value": each} for each in values]}


WWW = "www.example.com"
ADDRESS = value("192.0.2.1")


def test_records_have_a_ttl_or_an_alias(zone: Callable[..., Any]) -> None:
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d.cloudfront.net", "EvaluateTargetHealth": False}
    for more, text in (
        ({"ResourceRecords": [{"Value": "192.0.2.1"}]}, "found none"),
        ({"TTL": 60}, "found none"),
        ({**ADDRESS, "AliasTarget": alias}, "found more than one"),
        ({**ADDRESS, "Weight": 1}, "SetIdentifier"),
        ({**ADDRESS, "SetIdentifier": "blue"}, "Weight"),
    ):
        with pytest.raises(ClientError, match=text) as caught:
            zone(("UPSERT", WWW, "A", more))
        assert caught.value.response["Error"]["Code"] == "InvalidInput"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("TXT", value("v=spf1 -all")),
        ("CAA", value("letsencrypt.org")),
        ("MX", value("mail.example.com")),
        ("A", value("192.0.2.1", "192.0.2.1")),
        ("CNAME", value("a.example.org", "b.example.org")),
    ],
    ids=["text", "authority", "mail", "twice", "two names"],
)
def test_values_of_records(zone: Callable[..., Any], kind: str, values: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        zone(("UPSERT", WWW, kind, values))


def test_records_beside_others(zone: Callable[..., Any]) -> None:
    name = value("a.example.org")
    zone(("CREATE", WWW, "CNAME", name))
    with pytest.raises(ClientError, match="conflicting RRSet of type CNAME"):
        zone(("UPSERT", WWW, "A", ADDRESS))
    zone(("DELETE", WWW, "CNAME", name), ("CREATE", WWW, "A", ADDRESS))
    with pytest.raises(ClientError, match="same name and type"):
        zone(("CREATE", WWW, "A", {**ADDRESS, "SetIdentifier": "blue", "Weight": 1}))
    with pytest.raises(ClientError, match="do not match the current values"):
        zone(("DELETE", WWW, "A", value("192.0.2.1", ttl=61)))
    zone(("DELETE", WWW, "A", ADDRESS))


# Alarms and dashboards


def query(identifier: str, **more: Any) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}, "Period": 60, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat, **more}


@pytest.mark.parametrize(
    "given",
    [
        {"MetricName": "CPUUtilization", "Statistic": "Sum", "Period": 60},
        {"Metrics": [query("m")], "MetricName": "CPUUtilization"},
        {"Metrics": [query("m"), query("n")]},
        {"Metrics": [query("M")]},
        {"Metrics": [query("m", ReturnData=False), {"Id": "e", "Expression": "m / other"}]},
        {"Metrics": [query("m")], "Threshold": None},
    ],
    ids=["no namespace", "both", "two results", "id", "unknown", "no threshold"],
)
def test_metrics_of_an_alarm(aws: Aws, given: dict[str, Any]) -> None:
    alarm = {"AlarmName": "a", "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    wanted = {key: each for key, each in {**alarm, **given}.items() if each is not None}
    refused("ValidationError", aws("cloudwatch").put_metric_alarm, **wanted)
    share = [query("m", ReturnData=False), {"Id": "e", "Expression": "100 * m / FILL(m, 1)"}]
    aws("cloudwatch").put_metric_alarm(**alarm, Metrics=share)


@pytest.mark.parametrize(
    "widget",
    [
        {"type": "picture", "properties": {}},
        {"type": "metric"},
        {"type": "metric", "properties": {"metrics": []}},
        {"type": "metric", "properties": {"region": REGION}},
        {"type": "text", "properties": {}},
        {"type": "text", "properties": {"markdown": ""}, "width": 25},
    ],
    ids=["kind", "no properties", "no region", "no metrics", "no text", "wide"],
)
def test_widgets_of_a_dashboard(aws: Aws, widget: dict[str, Any]) -> None:
    put = aws("cloudwatch").put_dashboard
    for body in ({"widgets": [widget]}, {}):
        refused("InvalidParameterInput", put, DashboardName="d", DashboardBody=json.dumps(body))


# Images and money


@pytest.mark.parametrize(
    "rules",
    [
        [{"tagStatus": "tagged", "countType": "imageCountMoreThan"}],
        [{"tagStatus": "untagged", "countType": "sinceImagePushed"}],
        [
            {"tagStatus": "any", "countType": "imageCountMoreThan"},
            {"tagStatus": "untagged", "countType": "imageCountMoreThan"},
        ],
    ],
    ids=["no tags", "no unit", "any first"],
)
def test_rules_of_a_repository(aws: Aws, rules: list[dict[str, Any]]) -> None:
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="shop")

    def policy(*selections: dict[str, Any], step: int = 1) -> dict[str, str]:
        text = [
            {"rulePriority": 1 + number * step, "selection": {**each, "countNumber": 1}, "action": {"type": "expire"}}
            for number, each in enumerate(selections)
        ]
        return {"repositoryName": "shop", "lifecyclePolicyText": json.dumps({"rules": text})}

    put, good = ecr.put_lifecycle_policy, {"tagStatus": "any", "countType": "imageCountMoreThan"}
    text = refused("InvalidParameterException", put, **policy(*rules))
    assert "Lifecycle policy validation failure" in text
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
    refused("InvalidParameterException", put, **policy(untagged, untagged, step=0))
    put(**policy(untagged, good))


def test_notifications_of_a_budget(aws: Aws) -> None:
    budgets, of = aws("budgets", "us-east-1"), {"AccountId": ACCOUNT}
    budget = {"BudgetName": "b", "BudgetLimit": {"Amount": "1", "Unit": "USD"}, "TimeUnit": "MONTHLY"}
    budget["BudgetType"] = "COST"
    at = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    mail = {"SubscriptionType": "EMAIL", "Address": "ops@example.com"}
    topic = {"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"}
    for notification, subscribers in (
        ({**at, "Threshold": 0.0}, [mail]),
        (at, [{**mail, "Address": "ops"}]),
        (at, [{**topic, "Address": "t"}]),
        (at, [topic, {**topic, "Address": topic["Address"] + "2"}]),
    ):
        wrong = [{"Notification": notification, "Subscribers": subscribers}]
        refused(
            "InvalidParameterException", budgets.create_budget, **of, Budget=budget, NotificationsWithSubscribers=wrong
        )
    good = [{"Notification": at, "Subscribers": [mail, topic]}]
    refused(
        "DuplicateRecordException", budgets.create_budget, **of, Budget=budget, NotificationsWithSubscribers=good * 2
    )
    budgets.create_budget(**of, Budget=budget, NotificationsWithSubscribers=good)
    refused("DuplicateRecordException", budgets.create_budget, **of, Budget=budget)
    again = {"BudgetName": "b", "Notification": at, "Subscribers": [mail]}
    refused("DuplicateRecordException", budgets.create_notification, **of, **again)


# Keys


@pytest.fixture(params=["missing", "disabled"])
def bad_key(aws: Aws, request: pytest.FixtureRequest) -> str:
    """A key that nothing can be encrypted with."""
    if request.param == "missing":
        return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    key = key_for(aws)
    aws("kms").disable_key(KeyId=key.split("/")[-1])
    return key


def test_keys_that_encrypt_nothing(aws: Aws, bad_key: str) -> None:
    """Where they are looked at at once."""
    refused("EncryptionFailure", aws("secretsmanager").create_secret, Name="s", SecretString="x", KmsKeyId=bad_key)
    vault = {"BackupVaultName": "vault", "EncryptionKeyArn": bad_key}
    refused("InvalidParameterValueException", aws("backup").create_backup_vault, **vault)
    encryption = {"encryptionType": "KMS", "kmsKey": bad_key}
    refused("KmsException", aws("ecr").create_repository, repositoryName="shop", encryptionConfiguration=encryption)
    refused("AccessDeniedException", aws("logs").create_log_group, logGroupName="/x", kmsKeyId=bad_key)
    database = {**DATABASE, "StorageEncrypted": True, "KmsKeyId": bad_key}
    refused("KMSKeyNotAccessibleFault", aws("rds").create_db_instance, **database)


def test_keys_of_queues_and_topics_show_with_the_first_message(aws: Aws, bad_key: str) -> None:
    state = "Disabled" if "00000000-0000" not in bad_key else "NotFound"
    queue = aws("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": bad_key})["QueueUrl"]
    refused(f"Kms{state}", aws("sqs").send_message, QueueUrl=queue, MessageBody="x")
    topic = aws("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": bad_key})["TopicArn"]
    refused(f"KMS{state}", aws("sns").publish, TopicArn=topic, Message="x")


def test_key_without_kms(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="data-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/a"}}
    configuration = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    refused("InvalidArgument", s3.put_bucket_encryption, Bucket="data-1", **configuration)


# Policies


@pytest.mark.parametrize("name", ["nonsense.amazonaws.com", "lambda", "*"])
def test_policies_name_services_that_there_are(aws: Aws, name: str) -> None:
    def policy(action: str, resource: str | None = "*") -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": name}, "Action": action}
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [statement | ({"Resource": resource} if resource else {})]}
        )

    trusting = {"RoleName": "r", "AssumeRolePolicyDocument": policy("sts:AssumeRole", None)}
    text = refused("MalformedPolicyDocument", aws("iam").create_role, **trusting)
    assert text == f'Invalid principal in policy: "SERVICE":"{name}"'
    sns, sqs, s3, logs = aws("sns"), aws("sqs"), aws("s3"), aws("logs")
    refused("InvalidParameter", sns.create_topic, Name="t", Attributes={"Policy": policy("sns:Publish")})
    refused("InvalidAttributeValue", sqs.create_queue, QueueName="q", Attributes={"Policy": policy("sqs:SendMessage")})
    s3.create_bucket(Bucket="data-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    mine = policy("s3:GetObject", "arn:aws:s3:::data-1/*")
    refused("MalformedPolicy", s3.put_bucket_policy, Bucket="data-1", Policy=mine)
    given = {"policyName": "p", "policyDocument": policy("logs:PutLogEvents")}
    refused("InvalidParameterException", logs.put_resource_policy, **given)
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    key = json.loads(policy("kms:Decrypt"))
    key["Statement"].append(root)
    refused("MalformedPolicyDocumentException", aws("kms").create_key, Policy=json.dumps(key))
    del root["Resource"]
    whole = json.dumps({"Version": "2012-10-17", "Statement": [root]})
    refused("MalformedPolicyDocumentException", aws("kms").create_key, Policy=whole)


@pytest.mark.parametrize(
    "service",
    [
        "budgets",
        "cloudfront",
        "delivery.logs",
        "ec2",
        "events.rds",
        "logdelivery.elasticloadbalancing",
        f"logs.{REGION}",
        "monitoring.rds",
        "vpc-flow-logs",
    ],
)
def test_roles_trust_services_that_there_are(aws: Aws, service: str) -> None:
    aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com"))


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ({"Action": "s3:GetObject"}, "sts:AssumeRole"),
        ({"Resource": "*"}, "prohibited field Resource"),
        ({"Effect": "allow"}, "legacy parsing"),
        ({"Condition": {"StringEqual": {"a": "b"}}}, "Syntax errors"),
        (None, "invalid Json"),
    ],
    ids=["action", "resource", "effect", "condition", "json"],
)
def test_trust_policies_that_there_can_t_be(aws: Aws, statement: dict[str, Any] | None, text: str) -> None:
    policy = json.loads(trust("ec2.amazonaws.com"))
    policy["Statement"][0] |= statement or {}
    document = json.dumps(policy) if statement else "{"
    create = aws("iam").create_role
    assert text in refused("MalformedPolicyDocument", create, RoleName="r", AssumeRolePolicyDocument=document)


def test_policies_of_a_role_and_issuers(aws: Aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused("MalformedPolicyDocument", iam.put_role_policy, RoleName="r", PolicyName="p", PolicyDocument=document)
    policies = [each["Arn"] for each in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in policies[:10]:
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    refused("LimitExceeded", iam.attach_role_policy, RoleName="r", PolicyArn=policies[10])
    refused("InvalidInput", iam.create_open_id_connect_provider, Url="http://issuer.example.com")
    refused("InvalidInput", iam.create_service_linked_role, AWSServiceName="nonsense.amazonaws.com")


# Functions, events, messages


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request: AWS_REGION"),
        ({"Environment": {"Variables": {"TEXT": "x" * 4096}}}, "4KB"),
        ({"KMSKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/none"}, "KMS key is invalid"),
        ({"Code": {"ZipFile": b"x"}}, "Could not unzip"),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]}},
            "InvalidSubnetID.NotFound",
        ),
    ],
    ids=["reserved", "size", "key", "code", "subnet"],
)
def test_settings_of_a_function(aws: Aws, given: dict[str, Any], text: str) -> None:
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    function = {"FunctionName": "f", "Role": role, "Runtime": "python3.13", "Handler": "a.h"}
    function["Code"] = {"ZipFile": function_code()}
    create = aws("lambda").create_function
    assert text in refused("InvalidParameterValueException", create, **{**function, **given})
    eventually("InvalidParameterValueException", create, **function)
    permission = {"FunctionName": "f", "StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": "nobody"}
    refused("InvalidParameterValueException", aws("lambda").add_permission, **permission)
    reserve = aws("lambda").put_function_concurrency
    refused("InvalidParameterValueException", reserve, FunctionName="f", ReservedConcurrentExecutions=901)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Input": "{}", "InputPath": "$"}, "Only one of"),
        ({"Input": "{"}, "JSON syntax error"),
        ({"Arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:s"}, "RoleArn is required"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/ghost"}, "cannot be assumed by principal"),
    ],
    ids=["two inputs", "no json", "no role", "ghost"],
)
def test_targets_of_a_rule(aws: Aws, given: dict[str, Any], text: str) -> None:
    events = aws("events")
    events.put_rule(Name="r", ScheduleExpression="rate(1 day)")
    target = {"Id": "a", "Arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t"}
    assert text in refused("ValidationException", events.put_targets, Rule="r", Targets=[target | given])
    six = [target | {"Id": str(number)} for number in range(6)]
    refused("LimitExceededException", events.put_targets, Rule="r", Targets=six)
    events.put_targets(Rule="r", Targets=six[:5])


def test_attributes_of_topics_and_subscriptions(aws: Aws) -> None:
    sns, code = aws("sns"), "InvalidParameter"
    topic = {"TopicArn": sns.create_topic(Name="t")["TopicArn"]}
    for name, text in (("Colour", "red"), ("SignatureVersion", "3"), ("TracingConfig", "On")):
        refused(code, sns.set_topic_attributes, **topic, AttributeName=name, AttributeValue=text)
    queue = {"Protocol": "sqs", "Endpoint": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}
    mail = {"Protocol": "email", "Endpoint": "ops@example.com"}
    for end, attributes in (
        (mail, {"RawMessageDelivery": "true"}),
        (queue, {"FilterPolicy": "{"}),
        (queue, {"FilterPolicyScope": "Everything"}),
    ):
        refused(code, sns.subscribe, **topic, **end, Attributes=attributes)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "alias/aws/sqs"}, "InvalidAttributeName"),
        ({"RedrivePolicy": "{"}, "InvalidParameterValue"),
        ({"RedriveAllowPolicy": "{"}, "InvalidParameterValue"),
        ({"RedriveAllowPolicy": '{"redrivePermission": "nobody"}'}, "InvalidParameterValue"),
        ({"RedriveAllowPolicy": '{"redrivePermission": "byQueue"}'}, "InvalidParameterValue"),
        ({"Policy": ["s3:GetObject"]}, "InvalidParameterValue"),
        ({"Policy": ["sqs:SendMessage"] * 8}, "OverLimit"),
    ],
    ids=["two keys", "redrive", "allow", "whom", "which", "action", "actions"],
)
def test_attributes_of_queues(aws: Aws, attributes: dict[str, Any], code: str) -> None:
    if isinstance(attributes.get("Policy"), list):
        statement = {"Effect": "Allow", "Principal": "*", "Action": attributes["Policy"], "Resource": "*"}
        attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    refused(code, aws("sqs").create_queue, QueueName="q", Attributes=attributes)


def test_ids_and_filters_of_a_lifecycle(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="data-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    put = s3.put_bucket_lifecycle_configuration
    refused("InvalidArgument", put, Bucket="data-1", LifecycleConfiguration={"Rules": [rule, rule]})
    parts = {
        "Filter": {"Tag": {"Key": "a", "Value": "b"}},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    refused("InvalidRequest", put, Bucket="data-1", LifecycleConfiguration={"Rules": [rule | parts]})


def test_values_and_policies_of_a_secret(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    refused("InvalidParameterException", secrets.create_secret, Name="s", SecretString="x", SecretBinary=b"x")
    secrets.create_secret(Name="s", SecretString="x")
    refused("MalformedPolicyDocumentException", secrets.put_resource_policy, SecretId="s", ResourcePolicy="{")


def test_metric_filters_have_their_own_namespace(aws: Aws) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/x")
    metric = [{"metricName": "m", "metricNamespace": "AWS/Shop", "metricValue": "1"}]
    about = {"logGroupName": "/x", "filterName": "f", "filterPattern": ""}
    refused("InvalidParameterException", logs.put_metric_filter, **about, metricTransformations=metric)


def test_service_linked_role_stays_while_it_is_used(aws: Aws, group: dict[str, Any]) -> None:
    iam, autoscaling = aws("iam"), aws("autoscaling")
    role = {"RoleName": "AWSServiceRoleForAutoScaling"}
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    autoscaling.create_auto_scaling_group(**group)

    def deleted() -> str:
        task = iam.delete_service_linked_role(**role)["DeletionTaskId"]
        return iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"]

    assert deleted() == "FAILED"
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=group["AutoScalingGroupName"])
    assert deleted() == "SUCCEEDED"
    refused("NoSuchEntity", iam.get_role, **role)


# The CDN


HEADER = {"HeaderName": "Host", "HeaderValue": "x"}
PAGE = {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "404"}


@pytest.mark.parametrize(
    ("code", "path", "given"),
    [
        ("InvalidDefaultRootObject", "DefaultRootObject", "/index.html"),
        ("InconsistentQuantities", "Aliases", {"Quantity": 1}),
        ("InvalidErrorCode", "CustomErrorResponses", {"Quantity": 1, "Items": [{**PAGE, "ErrorCode": 418}]}),
        ("InvalidResponseCode", "CustomErrorResponses", {"Quantity": 1, "Items": [{**PAGE, "ResponseCode": ""}]}),
        ("InvalidArgument", "CustomErrorResponses", {"Quantity": 1, "Items": [{**PAGE, "ResponsePagePath": "404"}]}),
        ("InvalidArgument", "DefaultCacheBehavior.CachePolicyId", None),
        ("InvalidArgument", "Origins.Items.0.OriginPath", "static/"),
        ("InvalidArgument", "Origins.Items.0.ConnectionAttempts", 4),
        ("InvalidArgument", "Origins.Items.0.CustomHeaders", {"Quantity": 1, "Items": [HEADER]}),
        ("InvalidArgument", "Origins.Items.0.CustomOriginConfig.HTTPSPort", 22),
        ("InvalidOriginReadTimeout", "Origins.Items.0.CustomOriginConfig.OriginReadTimeout", 121),
        ("InvalidOriginAccessControl", "Origins.Items.0.OriginAccessControlId", "E123"),
    ],
)
def test_settings_of_a_distribution(aws: Aws, code: str, path: str, given: Any) -> None:
    https = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "o", "DomainName": "origin.example.com", "CustomOriginConfig": https}
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"}
    behavior["CachePolicyId"] = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    config: Any = {"CallerReference": "r", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behavior}
    config["Origins"] = {"Quantity": 1, "Items": [origin]}
    inside, parts = config, path.split(".")
    for part in parts[:-1]:
        inside = inside[int(part) if part.isdigit() else part]
    inside[parts[-1]] = given
    if given is None:
        del inside[parts[-1]]
    refused(code, aws("cloudfront").create_distribution, DistributionConfig=config)


# Names, addresses, parameters


def test_names_addresses_and_parameters(aws: Aws, network: Network) -> None:
    names = [f"{number}.example.com" for number in range(10)]
    request = {"DomainName": "example.com", "ValidationMethod": "DNS"}
    refused("LimitExceededException", aws("acm").request_certificate, **request, SubjectAlternativeNames=names)
    about = {"Name": "office", "Scope": "REGIONAL", "IPAddressVersion": "IPV4"}
    for address in ("192.0.2.1", "2001:db8::/32", "0.0.0.0/0"):
        refused("WAFInvalidParameterException", aws("wafv2").create_ip_set, **about, Addresses=[address])
    put, parameter = aws("ssm").put_parameter, {"Name": "/shop/image", "Type": "String", "Value": "x"}
    refused("ValidationException", put, **{**parameter, "Value": "x" * 4097})
    refused("ValidationException", put, **{**parameter, "Name": "a b"})
    refused("InvalidKeyId", put, **{**parameter, "Type": "SecureString", "KeyId": "alias/none"})
    elsewhere = aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = aws("ec2").create_subnet(VpcId=elsewhere, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d", "SubnetIds": [network.subnets[0], subnet]}
    refused("InvalidSubnet", aws("rds").create_db_subnet_group, **group)


def test_what_is_not_there_is_not_deleted(aws: Aws, network: Network) -> None:
    """An endpoint says so in its answer, and once it is gone, too."""
    ec2 = aws("ec2")
    refused("InvalidLaunchTemplateName.NotFoundException", ec2.delete_launch_template, LaunchTemplateName="ghost")
    made = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    answers = [ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] for _again in range(2)]
    assert [[each["Error"]["Code"] for each in errors] for errors in answers] == [[], ["InvalidVpcEndpoint.NotFound"]]
