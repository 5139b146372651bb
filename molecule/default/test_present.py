# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The production stack as boto3 sees it: the source architecture's values, and its corrections by their ids."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from policy_linter import findings

ENVIRONMENT = "production"
OURS = [{"Name": "tag:Environment", "Values": [ENVIRONMENT]}, {"Name": "tag:Project", "Values": ["realtime"]}]


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def tags(listed: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}


@pytest.fixture(scope="module")
def account() -> str:
    return client("sts").get_caller_identity()["Account"]


# --- the preview --------------------------------------------------------------------------------------------------


def test_the_preview_named_exactly_what_the_run_made():
    file = Path(".cache/molecule/default-runs.jsonl")
    runs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    check, first, second = [run for run in runs if ENVIRONMENT in run["hosts"]][-3:]
    assert [run["check"] for run in (check, first, second)] == [True, False, False]
    previewed, made, again = (
        sorted(
            (change["action"], change["type"], change["name"])
            for change in run["hosts"][ENVIRONMENT]["changes"]
            if change["layer"]  # not what the play itself does: outputs are written, the lock is released
        )
        for run in (check, first, second)
    )
    assert previewed == made
    assert len(made) > 100
    assert again == []


def test_what_stands_is_verified_side_by_side_and_a_new_stack_is_built_in_order():
    file = Path(".cache/molecule/default-runs.jsonl")
    runs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    check, first, second = [run["hosts"].keys() for run in runs if ENVIRONMENT in run["hosts"]][-3:]
    assert (set(check), set(first)) == ({ENVIRONMENT}, {ENVIRONMENT})
    layers = {path.parents[1].name for path in Path("roles").glob("*/tasks/steps.yml")} - {"release"}
    assert set(second) == {ENVIRONMENT, *(f"{layer}@{ENVIRONMENT}" for layer in layers)}


# --- one run at a time --------------------------------------------------------------------------------------------


def test_the_run_wrote_under_the_environment_s_lock_alone():
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8")
    writes = [
        entry
        for entry in map(json.loads, log.splitlines())
        # Calls without an application id are the tests' own, but for the lock's release, by a module that takes no lock.
        if entry.get("write") and (entry["application"] or entry["operation"] == "DeleteParameter")
    ]
    operations = [entry["operation"] for entry in writes]
    assert (operations[0], operations[-1]) == ("PutParameter", "DeleteParameter")
    names = {entry["params"]["Name"] for entry in writes if entry["service"] == "ssm"}
    assert names == {"/realtime.aws/realtime/production/lock"}


# --- what takes AWS minutes ---------------------------------------------------------------------------------------


def test_ord_6_what_takes_minutes_is_begun_before_any_of_it_is_awaited():
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8")
    writes = [
        entry["operation"]
        for entry in map(json.loads, log.splitlines())
        if entry.get("write") and (entry["application"] or "").startswith("realtime.aws.")
    ]
    begun = ["CreateNatGateway", "CreateDBInstance", "RequestCertificate", "CreateLoadBalancer"]
    # What needs a NAT gateway, a certificate or a load balancer; last, what needs the database.
    after = ["CreateDistributionWithTags", "CreateAutoScalingGroup"]
    assert sorted(begun, key=writes.index) == begun
    assert max(map(writes.index, begun)) < min(map(writes.index, after))
    assert writes.index("CreateDBInstanceReadReplica") > max(map(writes.index, after))


# --- the policies of docs/policies --------------------------------------------------------------------------------


def test_every_call_was_the_planner_s_or_the_deployer_s_and_none_was_refused():
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8")
    calls = [entry for entry in map(json.loads, log.splitlines()) if entry.get("application")]
    assert {entry["caller"].split("/")[1] for entry in calls} == {"act-as-planner", "act-as-deployer"}
    assert [(entry["operation"], entry["error"]) for entry in calls if entry["status"] in (403, 501)] == []


# --- the gate -----------------------------------------------------------------------------------------------------


def test_the_gate_asks_all_that_the_run_asked():
    log = Path(os.environ["SANDBOX_DIRECTORY"], "requests.jsonl").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in log.splitlines()]
    start = max(number for number, entry in enumerate(entries) if entry.get("mark") == "present")
    asked = Counter(
        (entry["service"], entry["operation"]) for entry in entries[start + 1 :] if entry.get("application")
    )
    recorded = Counter(
        (entry["question"][0], entry["question"][2])
        for entry in map(
            json.loads, Path(".cache/molecule/record/calls.jsonl").read_text(encoding="utf-8").splitlines()
        )
    )
    assert asked == recorded


# --- network ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vpc() -> dict[str, Any]:
    (found,) = client("ec2").describe_vpcs(Filters=OURS)["Vpcs"]
    return found


@pytest.fixture(scope="module")
def subnets(vpc) -> dict[str, dict[str, Any]]:
    found = client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    return {subnet["CidrBlock"]: subnet for subnet in found}


def test_vpc(vpc):
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = client("ec2").describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
        assert answer[attribute[0].upper() + attribute[1:]]["Value"]


@pytest.mark.parametrize(
    ("cidr", "zone", "public"),
    [
        ("10.0.1.0/24", "us-east-1a", True),
        ("10.0.2.0/24", "us-east-1b", True),
        ("10.0.11.0/24", "us-east-1a", False),
        ("10.0.12.0/24", "us-east-1b", False),
        ("10.0.21.0/24", "us-east-1a", False),
        ("10.0.22.0/24", "us-east-1b", False),
    ],
)
def test_subnet(subnets, cidr, zone, public):
    assert subnets[cidr]["AvailabilityZone"] == zone
    assert subnets[cidr]["MapPublicIpOnLaunch"] is public


def test_no_other_subnet(subnets):
    assert len(subnets) == 6


def routes(vpc, subnet) -> dict[str, dict[str, Any]]:
    filters = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    (table,) = client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return {route["DestinationCidrBlock"]: route for route in table["Routes"] if "DestinationCidrBlock" in route}


def test_src_1_each_zone_leaves_by_its_own_nat(vpc, subnets):
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "state", "Values": ["available"]}]
    gateways = client("ec2").describe_nat_gateways(Filters=filters)["NatGateways"]
    by_subnet = {gateway["SubnetId"]: gateway["NatGatewayId"] for gateway in gateways}
    assert set(by_subnet) == {subnets["10.0.1.0/24"]["SubnetId"], subnets["10.0.2.0/24"]["SubnetId"]}
    for private, public in (("10.0.11.0/24", "10.0.1.0/24"), ("10.0.12.0/24", "10.0.2.0/24")):
        assert routes(vpc, subnets[private])["0.0.0.0/0"]["NatGatewayId"] == by_subnet[subnets[public]["SubnetId"]]


def test_src_1_public_leaves_by_the_internet_gateway_and_the_database_not_at_all(vpc, subnets):
    assert routes(vpc, subnets["10.0.1.0/24"])["0.0.0.0/0"]["GatewayId"].startswith("igw-")
    assert "0.0.0.0/0" not in routes(vpc, subnets["10.0.21.0/24"])


def test_src_1_s3_endpoint_flow_logs_and_empty_default_group(vpc):
    ec2 = client("ec2")
    mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    endpoints = ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    assert [endpoint["ServiceName"] for endpoint in endpoints] == ["com.amazonaws.us-east-1.s3"]
    logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc["VpcId"]]}])["FlowLogs"]
    assert [log["TrafficType"] for log in logs] == ["ALL"]
    (default,) = ec2.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])[
        "SecurityGroups"
    ]
    assert default["IpPermissions"] == default["IpPermissionsEgress"] == []


# --- security -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def groups(vpc) -> dict[str, dict[str, Any]]:
    mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    return {g["GroupName"]: g for g in client("ec2").describe_security_groups(Filters=mine)["SecurityGroups"]}


def opened(group: dict[str, Any]) -> set[tuple[int, str]]:
    found = set()
    for rule in group["IpPermissions"]:
        sources = [r["CidrIp"] for r in rule["IpRanges"]] + [p["GroupId"] for p in rule["UserIdGroupPairs"]]
        assert rule["IpProtocol"] == "tcp"
        assert rule["FromPort"] == rule["ToPort"]
        found |= {(rule["FromPort"], source) for source in sources}
    return found


def test_security_groups_open_only_what_the_source_and_src_3_say(groups):
    alb = groups["production-alb-security-group"]
    web = groups["production-web-server-security-group"]
    database = groups["production-database-security-group"]
    assert opened(alb) == {(80, "0.0.0.0/0"), (443, "0.0.0.0/0")}
    assert opened(web) == {(80, alb["GroupId"]), (8080, alb["GroupId"])}
    assert opened(database) == {(3306, web["GroupId"])}
    assert database["IpPermissionsEgress"] == []  # IDM-15


# --- load balancing -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def balancer() -> dict[str, Any]:
    return client("elbv2").describe_load_balancers(Names=["production-alb"])["LoadBalancers"][0]


@pytest.fixture(scope="module")
def target_groups(balancer) -> dict[str, dict[str, Any]]:
    found = client("elbv2").describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    return {group["TargetGroupName"]: group for group in found}


def test_load_balancer(balancer, subnets, groups):
    assert (balancer["Scheme"], balancer["Type"]) == ("internet-facing", "application")
    public = {subnets["10.0.1.0/24"]["SubnetId"], subnets["10.0.2.0/24"]["SubnetId"]}
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == public
    assert balancer["SecurityGroups"] == [groups["production-alb-security-group"]["GroupId"]]
    answer = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    attributes = tags(answer["Attributes"])
    assert attributes["deletion_protection.enabled"] == "true"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_target_groups(target_groups):
    web, api = target_groups["production-web-servers"], target_groups["production-api-servers"]
    assert (web["Protocol"], web["Port"], web["HealthCheckPath"]) == ("HTTP", 80, "/health")
    assert (web["HealthCheckIntervalSeconds"], web["HealthyThresholdCount"], web["UnhealthyThresholdCount"]) == (
        30,
        2,
        5,
    )
    assert (api["Protocol"], api["Port"], api["HealthCheckPath"]) == ("HTTP", 8080, "/api/health")
    assert api["HealthCheckIntervalSeconds"] == 30


def test_listeners(balancer, target_groups):
    elb = client("elbv2")
    answer = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    listeners = {listener["Port"]: listener for listener in answer}
    assert set(listeners) == {80, 443}
    redirect = listeners[80]["DefaultActions"][0]["RedirectConfig"]
    assert (redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == ("HTTPS", "443", "HTTP_301")  # SRC-4
    assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"  # SRC-5
    arn = listeners[443]["Certificates"][0]["CertificateArn"]
    certificate = client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert certificate["Status"] == "ISSUED"
    assert {certificate["DomainName"], *certificate["SubjectAlternativeNames"]} == {"example.com", "*.example.com"}
    rules = elb.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    forwards = {
        action["TargetGroupArn"]: rule["Conditions"]
        for rule in rules
        for action in rule["Actions"]
        if action["Type"] == "forward"
    }
    host = forwards[target_groups["production-api-servers"]["TargetGroupArn"]]  # SRC-6
    assert host[0]["HostHeaderConfig"]["Values"] == ["api.example.com"]
    header = forwards[target_groups["production-web-servers"]["TargetGroupArn"]]  # SRC-8
    assert header[0]["HttpHeaderConfig"]["HttpHeaderName"] == "X-Origin-Verify"


# --- compute ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fleet() -> dict[str, Any]:
    answer = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["production-asg"])
    return answer["AutoScalingGroups"][0]


@pytest.fixture(scope="module")
def template(fleet) -> dict[str, Any]:
    used = fleet["LaunchTemplate"]
    answer = client("ec2").describe_launch_template_versions(
        LaunchTemplateId=used["LaunchTemplateId"], Versions=[used["Version"]]
    )
    return answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def test_autoscaling_group(fleet, subnets, target_groups):
    assert (fleet["MinSize"], fleet["MaxSize"], fleet["DesiredCapacity"]) == (2, 10, 4)
    private = {subnets["10.0.11.0/24"]["SubnetId"], subnets["10.0.12.0/24"]["SubnetId"]}
    assert set(fleet["VPCZoneIdentifier"].split(",")) == private
    assert (fleet["HealthCheckType"], fleet["HealthCheckGracePeriod"]) == ("ELB", 300)
    assert set(fleet["TargetGroupARNs"]) == {group["TargetGroupArn"] for group in target_groups.values()}
    assert len(fleet["EnabledMetrics"]) >= 8  # SRC-20


def test_src_12_launch_template_version_is_a_number(fleet):
    assert fleet["LaunchTemplate"]["Version"].isdigit()


def test_launch_template(template, groups):
    assert template["InstanceType"] == "t3.medium"
    assert "KeyName" not in template  # SRC-3
    assert template["SecurityGroupIds"] == [groups["production-web-server-security-group"]["GroupId"]]
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    (disk,) = template["BlockDeviceMappings"]
    assert disk["DeviceName"] == "/dev/xvda"
    assert (disk["Ebs"]["VolumeSize"], disk["Ebs"]["VolumeType"]) == (20, "gp3")
    assert disk["Ebs"]["Encrypted"] is disk["Ebs"]["DeleteOnTermination"] is True


def test_scaling_policies(balancer, target_groups):
    found = client("autoscaling").describe_policies(AutoScalingGroupName="production-asg")["ScalingPolicies"]
    policies = {policy["PolicyName"]: policy["TargetTrackingConfiguration"] for policy in found}
    cpu = policies["cpu-target-tracking"]
    assert cpu["TargetValue"] == 70
    assert cpu["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ASGAverageCPUUtilization"
    requests = policies["request-count-tracking"]
    assert requests["TargetValue"] == 1000
    label = "/".join(
        [
            balancer["LoadBalancerArn"].split("loadbalancer/")[1],
            target_groups["production-web-servers"]["TargetGroupArn"].split(":")[-1],
        ]
    )
    assert requests["PredefinedMetricSpecification"]["ResourceLabel"] == label


# --- database -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def databases() -> dict[str, dict[str, Any]]:
    return {db["DBInstanceIdentifier"]: db for db in client("rds").describe_db_instances()["DBInstances"]}


def test_primary(databases, groups):
    primary = databases["production-db"]
    assert primary["Engine"] == "mysql"
    assert primary["EngineVersion"].startswith("8.4")  # SRC-14
    assert (primary["AllocatedStorage"], primary["StorageType"]) == (100, "gp3")
    assert primary["StorageEncrypted"] is primary["MultiAZ"] is primary["DeletionProtection"] is True
    assert primary["BackupRetentionPeriod"] == 7
    assert primary["PubliclyAccessible"] is False
    assert [g["VpcSecurityGroupId"] for g in primary["VpcSecurityGroups"]] == [
        groups["production-database-security-group"]["GroupId"]
    ]
    assert primary["DBSubnetGroup"]["DBSubnetGroupName"] == "production-db-subnet-group"
    parameters = client("rds").describe_db_parameters(
        DBParameterGroupName=primary["DBParameterGroups"][0]["DBParameterGroupName"], Source="user"
    )["Parameters"]
    values = {p["ParameterName"]: p.get("ParameterValue") for p in parameters}
    assert values["require_secure_transport"] in ("1", "ON")


def test_replica(databases):
    replica = databases["production-db-read-replica"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "production-db"
    assert replica["PubliclyAccessible"] is False
    assert replica["AutoMinorVersionUpgrade"] is True


def test_src_15_the_password_is_in_secrets_manager():
    value = json.loads(client("secretsmanager").get_secret_value(SecretId="production/database")["SecretString"])
    assert value["username"]
    assert len(value["password"]) >= 16


def test_src_18_backups_have_a_plan():
    plans = [
        p
        for p in client("backup").list_backup_plans()["BackupPlansList"]
        if p["BackupPlanName"].startswith("production")
    ]
    assert plans


# --- storage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "algorithm"), [("static-assets", "AES256"), ("backups", "aws:kms"), ("logs", "AES256")]
)
def test_bucket(account, name, algorithm):
    s3, bucket = client("s3"), f"production-{name}-{account}-us-east-1"  # SRC-16
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == algorithm
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    denied = [s for s in policy["Statement"] if s["Effect"] == "Deny"]
    assert any(s["Condition"].get("Bool", {}).get("aws:SecureTransport") == "false" for s in denied)
    if name != "logs":
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_src_17_served_objects_are_never_archived(account):
    bucket = f"production-static-assets-{account}-us-east-1"
    for rule in client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]:
        assert not any(
            t["StorageClass"] not in ("STANDARD_IA", "INTELLIGENT_TIERING") for t in rule.get("Transitions", [])
        )


# --- frontend and DNS ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def distribution() -> dict[str, Any]:
    listed = client("cloudfront").list_distributions()["DistributionList"]["Items"]
    (found,) = [d for d in listed if "www.example.com" in d["Aliases"]["Items"]]
    return client("cloudfront").get_distribution(Id=found["Id"])["Distribution"]


def test_distribution(distribution, account):
    config = distribution["DistributionConfig"]
    assert set(config["Aliases"]["Items"]) == {"example.com", "www.example.com"}
    assert (config["HttpVersion"], config["IsIPV6Enabled"]) == ("http2and3", True)
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    origins = {origin["DomainName"]: origin for origin in config["Origins"]["Items"]}
    s3 = origins[f"production-static-assets-{account}-us-east-1.s3.us-east-1.amazonaws.com"]
    assert s3["OriginAccessControlId"]  # SRC-9
    alb = origins["origin.example.com"]  # SRC-8
    assert alb["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert [h["HeaderName"] for h in alb["CustomHeaders"]["Items"]] == ["X-Origin-Verify"]
    default = config["DefaultCacheBehavior"]
    assert (default["TargetOriginId"], default["ViewerProtocolPolicy"]) == (alb["Id"], "redirect-to-https")
    assert default["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # SRC-10: CachingDisabled
    assert default["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5493eafa07d3"  # AllViewer
    assert set(default["AllowedMethods"]["Items"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}
    (static,) = config["CacheBehaviors"]["Items"]
    assert (static["PathPattern"], static["TargetOriginId"]) == ("/static/*", s3["Id"])
    assert static["ViewerProtocolPolicy"] == "https-only"


def test_src_9_only_this_distribution_reads_the_static_bucket(distribution, account):
    policy = json.loads(
        client("s3").get_bucket_policy(Bucket=f"production-static-assets-{account}-us-east-1")["Policy"]
    )
    (allowed,) = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert distribution["ARN"] in json.dumps(allowed["Condition"])


def test_src_8_cloudfront_and_the_load_balancer_know_the_same_secret(distribution, balancer):
    headers = [
        h for o in distribution["DistributionConfig"]["Origins"]["Items"] for h in o["CustomHeaders"].get("Items", [])
    ]
    elb = client("elbv2")
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (secure,) = [listener for listener in listeners if listener["Port"] == 443]
    wanted = [
        condition["HttpHeaderConfig"]["Values"]
        for rule in elb.describe_rules(ListenerArn=secure["ListenerArn"])["Rules"]
        for condition in rule["Conditions"]
        if condition["Field"] == "http-header"
    ]
    assert wanted == [[headers[0]["HeaderValue"]]]
    assert len(headers[0]["HeaderValue"]) >= 32


@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize("name", ["example.com", "www.example.com", "api.example.com", "origin.example.com"])
def test_src_11_alias_records(distribution, balancer, name, kind):
    route53 = client("route53")
    (zone,) = [z for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "example.com."]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (record,) = [r for r in records if unquote(r["Name"]).rstrip(".") == name and r["Type"] == kind]
    target = record["AliasTarget"]
    if name in ("api.example.com", "origin.example.com"):
        assert target["DNSName"].removeprefix("dualstack.").rstrip(".").lower() == balancer["DNSName"].lower()
        assert target["HostedZoneId"] == balancer["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    else:
        assert target["DNSName"].rstrip(".") == distribution["DomainName"]
        assert (target["HostedZoneId"], target["EvaluateTargetHealth"]) == ("Z2FDTNDATAQYW2", False)


# --- messaging ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def queues() -> dict[str, dict[str, str]]:
    sqs = client("sqs")
    found = {}
    for url in sqs.list_queues(QueueNamePrefix="production-").get("QueueUrls", []):
        found[url.rsplit("/", 1)[1]] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_queues(queues):
    order = queues["production-order-processing-queue"]
    assert (order["VisibilityTimeout"], order["MessageRetentionPeriod"]) == ("300", "1209600")
    assert order["ReceiveMessageWaitTimeSeconds"] == "20"
    redrive = json.loads(order["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == queues["production-order-processing-dlq"]["QueueArn"]
    assert int(redrive["maxReceiveCount"]) == 3
    inventory = queues["production-inventory-queue"]
    assert (inventory["VisibilityTimeout"], inventory["MessageRetentionPeriod"]) == ("300", "1209600")


def test_src_21_every_queue_has_a_dead_letter_queue(queues):
    for name, queue in queues.items():
        assert queue.get("KmsMasterKeyId"), name
        assert "RedrivePolicy" in queue or "RedriveAllowPolicy" in queue, name
    assert "production-shipping-queue" in queues


def test_order_events_reach_both_queues(queues, account):
    sns = client("sns")
    topic = f"arn:aws:sns:us-east-1:{account}:production-order-events"
    found = {s["Endpoint"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
    assert found == {queues[f"production-{name}-queue"]["QueueArn"] for name in ("inventory", "shipping")}
    for arn in found:  # without this policy AWS drops the messages silently
        (queue,) = [q for q in queues.values() if q["QueueArn"] == arn]
        assert topic in queue["Policy"]


def test_application_alerts(account):
    sns = client("sns")
    topic = f"arn:aws:sns:us-east-1:{account}:production-application-alerts"
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "Application Alerts"
    assert attributes["KmsMasterKeyId"] != "alias/aws/sns"
    found = {(s["Protocol"], s["Endpoint"]) for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
    function = f"arn:aws:lambda:us-east-1:{account}:function:production-alert-processor"
    assert {("email", "ops-team@example.com"), ("lambda", function)} <= found
    policy = json.loads(client("lambda").get_policy(FunctionName="production-alert-processor")["Policy"])
    assert topic in json.dumps(policy)


# --- monitoring and cost ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "namespace", "metric", "statistic", "threshold", "topic"),
    [
        ("HighCPUUtilization", "AWS/EC2", "CPUUtilization", "Average", 80, "high-cpu-alert"),
        ("HighErrorRate", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", 10, "error-alert"),
        ("DatabaseHighCPU", "AWS/RDS", "CPUUtilization", "Average", 75, "db-alert"),
    ],
)
def test_alarm(account, name, namespace, metric, statistic, threshold, topic):
    (alarm,) = client("cloudwatch").describe_alarms(AlarmNames=[f"production-{name}"])["MetricAlarms"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (namespace, metric, statistic)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (300, 2, threshold)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["AlarmActions"] == [f"arn:aws:sns:us-east-1:{account}:production-{topic}"]


def test_src_19_every_dimension_names_a_live_resource(balancer, target_groups, databases, queues):
    functions = client("lambda").list_functions()["Functions"]
    live = {"production-asg", *(function["FunctionName"] for function in functions), *databases, *queues}
    live |= {balancer["LoadBalancerArn"].split("loadbalancer/")[1]}
    live |= {group["TargetGroupArn"].split(":")[-1] for group in target_groups.values()}
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix="production-")["MetricAlarms"]
    for alarm in alarms:
        assert alarm["Dimensions"], alarm["AlarmName"]
        for dimension in alarm["Dimensions"]:
            assert dimension["Value"] in live, alarm["AlarmName"]
    metrics = {alarm["MetricName"] for alarm in alarms}
    assert {"HTTPCode_ELB_5XX_Count", "UnHealthyHostCount", "FreeStorageSpace", "ReplicaLag"} <= metrics


def test_dashboard(balancer):
    body = json.loads(client("cloudwatch").get_dashboard(DashboardName=ENVIRONMENT)["DashboardBody"])
    titles = {widget["properties"].get("title") for widget in body["widgets"]}
    assert {"ALB Metrics", "Auto Scaling Metrics", "RDS Metrics"} <= titles
    assert balancer["LoadBalancerArn"].split("loadbalancer/")[1] in json.dumps(body)


def test_budget(account):
    budgets = client("budgets").describe_budgets(AccountId=account)["Budgets"]
    assert [b["BudgetName"] for b in budgets if b["BudgetName"].startswith("production")]


# --- controls of Security Hub that must hold: docs/security.md ------------------------------------------------------


def test_s3_buckets_are_private_encrypted_versioned_and_speak_tls():
    """S3.1 to S3.3, S3.5, S3.8, S3.13, S3.14."""
    s3 = client("s3")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(block.values()) and len(block) == 4, bucket
        assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), bucket
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        denied = [each for each in statements if each["Effect"] == "Deny" and each["Principal"] == "*"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [each.get("Condition") for each in denied], bucket


def test_ec2_group_launches_with_imdsv2_encrypted_and_without_public_addresses(fleet):
    """AutoScaling.3, AutoScaling.5, EC2.3, EC2.8, EC2.170, EC2.181."""
    template = fleet["LaunchTemplate"]
    found = client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
    )
    data = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert all(each["Ebs"]["Encrypted"] and each["Ebs"]["KmsKeyId"] for each in data["BlockDeviceMappings"])
    assert not {"KeyName", "NetworkInterfaces"} & set(data)


def test_elb_drops_invalid_headers_is_protected_and_logs(balancer):
    """ELB.4 to ELB.6, ELB.12."""
    arn = balancer["LoadBalancerArn"]
    listed = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    found = {each["Key"]: each["Value"] for each in listed}
    for wanted in ("routing.http.drop_invalid_header_fields", "deletion_protection", "access_logs.s3"):
        assert found[f"{wanted}.enabled"] == "true"
    assert found["routing.http.desync_mitigation_mode"] in ("defensive", "strictest")


def test_waf_looks_at_what_does_not_pass_the_cdn(balancer):
    """ELB.16, WAF.10, WAF.12."""
    (summary,) = client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert client("wafv2").list_resources_for_web_acl(WebACLArn=summary["ARN"])["ResourceArns"] == [
        balancer["LoadBalancerArn"]
    ]
    own = {"Name": "production-alb", "Id": summary["Id"], "Scope": "REGIONAL"}
    rules = client("wafv2").get_web_acl(**own)["WebACL"]["Rules"]
    assert len(rules) == 4
    for rule in rules:
        (statement,) = rule["Statement"].values()
        assert statement["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == b"api.example.com"
        assert rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True


def test_rds_is_private_encrypted_watched_and_protected(databases):
    """RDS.2 to RDS.6, RDS.8 to RDS.11, RDS.13, RDS.17."""
    for name, instance in databases.items():
        for wanted in ("StorageEncrypted", "CopyTagsToSnapshot", "AutoMinorVersionUpgrade"):
            assert instance[wanted] is True, (name, wanted)
        assert instance["IAMDatabaseAuthenticationEnabled"] is True
        assert instance["PubliclyAccessible"] is False
        assert instance["MonitoringInterval"] > 0
        assert instance["EnabledCloudwatchLogsExports"]
    primary = databases["production-db"]
    assert (primary["MultiAZ"], primary["DeletionProtection"]) == (True, True)
    assert primary["BackupRetentionPeriod"] >= 7


def test_cloudfront_encrypts_logs_and_has_a_web_acl_with_metrics(distribution):
    """CloudFront.3, .5 to .8, .10, .12, .13, WAF.10, WAF.12."""
    config = distribution["DistributionConfig"]
    behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]
    assert {each["ViewerProtocolPolicy"] for each in behaviors} <= {"https-only", "redirect-to-https"}
    assert config["Logging"]["Enabled"] is True
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    for custom in (each["CustomOriginConfig"] for each in config["Origins"]["Items"] if "CustomOriginConfig" in each):
        assert custom["OriginProtocolPolicy"] == "https-only"
        assert custom["OriginSslProtocols"]["Items"] == ["TLSv1.2"]
    (acl,) = client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert config["WebACLId"] == acl["ARN"]
    own = {"Name": acl["Name"], "Id": acl["Id"], "Scope": "CLOUDFRONT"}
    rules = client("wafv2").get_web_acl(**own)["WebACL"]["Rules"]
    assert len(rules) == 4
    assert all(rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] for rule in rules)


def test_kms_keys_rotate_and_no_policy_opens_one_to_everybody():
    """KMS.4, KMS.5."""
    kms = client("kms")
    for name in ("data", "messaging", "logs"):
        key = kms.describe_key(KeyId=f"alias/production-{name}")["KeyMetadata"]["KeyId"]
        assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
        statements = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"]
        assert not [each for each in statements if each["Principal"] in ("*", {"AWS": "*"})]


def test_iam_roles_have_no_wildcard_rights_and_no_users():
    """IAM.1, IAM.2, IAM.21."""
    iam = client("iam")
    assert iam.list_users()["Users"] == []
    roles = [each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith("production-")]
    assert len(roles) >= 7
    for role in roles:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if action.endswith(":*") or action == "*"], (role, actions)


def test_a_linter_finds_nothing_in_any_policy():
    """Of roles, keys, buckets, topics and queues."""
    iam, kms, s3, sns, sqs = (client(service) for service in ("iam", "kms", "s3", "sns", "sqs"))
    names = [each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith("production-")]
    policies = {
        (role, name): iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for role in names
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    texts = {}
    for name in ("data", "messaging", "logs"):
        key = kms.describe_key(KeyId=f"alias/production-{name}")["KeyMetadata"]["KeyId"]
        texts[name] = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("production-")):
        texts[bucket] = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    for topic in (each["TopicArn"] for each in sns.list_topics()["Topics"]):
        texts[topic] = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    for url in sqs.list_queues()["QueueUrls"]:
        texts[url] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get("Policy", "")
    policies |= {name: json.loads(text) for name, text in texts.items() if text}
    assert len(policies) >= 20
    assert {name: found for name, policy in policies.items() if (found := findings(policy))} == {}


def test_log_groups_topics_queues_and_secrets_are_encrypted_with_our_keys(queues):
    """SNS.1, SQS.1, CloudWatch.16 with its retention settable, and what Well-Architected asks of logs and secrets."""
    for group in client("logs").describe_log_groups()["logGroups"]:
        assert group["retentionInDays"] and ":key/" in group["kmsKeyId"], group["logGroupName"]
    for topic in client("sns").list_topics()["Topics"]:
        attributes = client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
        assert ":key/" in attributes["KmsMasterKeyId"]
    for url in client("sqs").list_queues()["QueueUrls"]:
        attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert ":key/" in attributes["KmsMasterKeyId"]
    for secret in client("secretsmanager").list_secrets()["SecretList"]:
        assert ":key/" in client("secretsmanager").describe_secret(SecretId=secret["ARN"])["KmsKeyId"]


def test_policies_of_topics_and_queues_let_in_services_on_conditions_alone(queues):
    """SNS.4, SQS.3."""
    sns, sqs = client("sns"), client("sqs")
    topics = [sns.get_topic_attributes(TopicArn=each["TopicArn"]) for each in sns.list_topics()["Topics"]]
    found = [each["Attributes"]["Policy"] for each in topics]
    for url in sqs.list_queues()["QueueUrls"]:
        found.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    allowing = [each for text in found for each in json.loads(text)["Statement"] if each["Effect"] == "Allow"]
    assert len(allowing) >= 7  # four topics of alarms, the budget's, two queues of order events
    assert all(set(each["Principal"]) == {"Service"} and "aws:SourceArn" in str(each["Condition"]) for each in allowing)


def test_ecr_scans_and_keeps_its_tags():
    """ECR.1 to ECR.3."""
    (repository,) = client("ecr").describe_repositories()["repositories"]
    assert repository["imageScanningConfiguration"]["scanOnPush"] is True
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert client("ecr").get_lifecycle_policy(repositoryName=repository["repositoryName"])
