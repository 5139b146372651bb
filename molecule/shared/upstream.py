# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make by boto3 what the layers below a role would have made, for the role's scenario to build on.

Nothing here carries the environment's tags, so the roles neither take it for theirs nor remove it.
Writes SANDBOX_DIRECTORY/upstream.json; see made() for what is in it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
from strays import make_function

ZONES = ["us-east-1a", "us-east-1b"]
TIERS = {"public": 1, "private": 11, "database": 21}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def network() -> dict[str, Any]:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets: dict[str, dict[str, str]] = {}
    for tier, first in TIERS.items():
        subnets[f"{tier}_subnet_ids"] = {
            zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{first + n}.0/24", AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            for n, zone in enumerate(ZONES)
        }
    groups = {
        name: ec2.create_security_group(GroupName=f"upstream-{name}", Description=name, VpcId=vpc)["GroupId"]
        for name in ("alb", "web", "database")
    }
    return {"vpc_id": vpc, **subnets, "security_group_ids": groups}


def instance_profile() -> dict[str, str]:
    iam = boto3.client("iam")
    iam.create_role(RoleName="upstream-web", AssumeRolePolicyDocument=json.dumps(TRUST))
    profile = iam.create_instance_profile(InstanceProfileName="upstream-web")["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName="upstream-web", RoleName="upstream-web")
    return {"instance_profile_name": "upstream-web", "instance_profile_arn": profile["Arn"]}


def zone_and_certificate() -> dict[str, str]:
    route53, acm = boto3.client("route53"), boto3.client("acm")
    zone = route53.create_hosted_zone(Name="example.com.", CallerReference="upstream")["HostedZone"]["Id"]
    arn = acm.request_certificate(
        DomainName="example.com", SubjectAlternativeNames=["*.example.com"], ValidationMethod="DNS"
    )["CertificateArn"]
    options: list[dict[str, Any]] = []
    while not all("ResourceRecord" in option for option in options or [{}]):  # CON-3
        options = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    record = options[0]["ResourceRecord"]
    change = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 300,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": change}]}
    )
    acm.get_waiter("certificate_validated").wait(CertificateArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 90})
    return {"zone_id": zone.split("/")[-1], "certificate_arn": arn}


def load_balancer(network: dict[str, Any]) -> dict[str, Any]:
    elb = boto3.client("elbv2")
    balancer = elb.create_load_balancer(
        Name="upstream-alb",
        Subnets=list(network["public_subnet_ids"].values()),
        SecurityGroups=[network["security_group_ids"]["alb"]],
    )["LoadBalancers"][0]
    groups = {}
    for name, port in {"web": 80, "api": 8080}.items():
        group = elb.create_target_group(Name=f"upstream-{name}", Protocol="HTTP", Port=port, VpcId=network["vpc_id"])
        groups[name] = group["TargetGroups"][0]["TargetGroupArn"]
    for port, name in ((80, "web"), (8080, "api")):
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[name]}],
        )
    return {
        "load_balancer_arn": balancer["LoadBalancerArn"],
        "load_balancer_arn_suffix": balancer["LoadBalancerArn"].split("loadbalancer/")[1],
        "load_balancer_dns_name": balancer["DNSName"],
        "load_balancer_hosted_zone_id": balancer["CanonicalHostedZoneId"],
        "target_group_arns": groups,
        "target_group_arn_suffixes": {name: arn.split(":")[-1] for name, arn in groups.items()},
    }


def buckets() -> dict[str, Any]:
    s3 = boto3.client("s3")
    names = {name: f"upstream-{name}-123456789012-us-east-1" for name in ("static", "backups", "logs")}
    for name, bucket in names.items():
        acls = {"ObjectOwnership": "BucketOwnerPreferred"} if name == "logs" else {}  # CloudFront delivers by ACL
        s3.create_bucket(Bucket=bucket, **acls)
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{names['logs']}/*",
    }
    s3.put_bucket_policy(
        Bucket=names["logs"], Policy=json.dumps({"Version": "2012-10-17", "Statement": [delivery]})
    )  # ORD-2
    return {"buckets": names}


def key() -> str:
    """A key for everything: volumes of Auto Scaling, log groups, topics and queues."""
    iam = boto3.client("iam")
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]["Arn"]  # ORD-1
    services = ["logs.us-east-1.amazonaws.com", "sns.amazonaws.com", "cloudwatch.amazonaws.com"]
    root = role.split(":role/")[0] + ":root"
    principals = [{"AWS": [root, role]}, {"Service": services}]
    statements = [{"Effect": "Allow", "Principal": each, "Action": "kms:*", "Resource": "*"} for each in principals]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return boto3.client("kms").create_key(Description="upstream", Policy=policy)["KeyMetadata"]["Arn"]


def rotation_function() -> str:
    """A function that Secrets Manager may call, as AWS publishes them for rotation."""
    trust = json.loads(json.dumps(TRUST).replace("ec2.", "lambda."))
    role = boto3.client("iam").create_role(RoleName="upstream-rotation", AssumeRolePolicyDocument=json.dumps(trust))
    client = boto3.client("lambda")
    arn = make_function(client, "upstream-rotation", role["Role"]["Arn"], {})
    permission = {
        "StatementId": "rotate",
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
    }
    client.add_permission(FunctionName=arn, **permission)
    return arn


def made() -> dict[str, Any]:
    below = network()
    topic = boto3.client("sns").create_topic(Name="upstream")["TopicArn"]
    return {
        **below,
        **instance_profile(),
        **zone_and_certificate(),
        **load_balancer(below),
        **buckets(),
        "kms_key_arn": key(),
        "rotation_function_arn": rotation_function(),
        "topic_arn": topic,
    }


if __name__ == "__main__":
    Path(os.environ["SANDBOX_DIRECTORY"], "upstream.json").write_text(json.dumps(made(), indent=2), encoding="utf-8")
