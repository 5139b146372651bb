"""What the sandbox's tests share: its region, checking a refusal, a small network."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

Aws = Callable[..., Any]
REGION = "eu-west-1"
IMAGE = "ami-12c6146b"
OAC = {
    "Name": "static",
    "SigningProtocol": "sigv4",
    "SigningBehavior": "always",
    "OriginAccessControlOriginType": "s3",
}


def refused(code: str, call: Callable[..., Any], **params: Any) -> str:
    """Check that a call is refused with an error code; the message."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return error["Message"]


def eventually(code: str, call: Callable[..., Any], **params: Any) -> Any:
    """Check that a call is refused with an error code, as long as IAM's news spread, and then taken; its answer."""
    refused(code, call, **params)
    return call(**params)


def issued_certificate(aws: Aws, region: str, domain: str = "example.com") -> str:
    """The ARN of a certificate of a domain and its wildcard, issued."""
    acm, route53 = aws("acm", region), aws("route53")
    zone = route53.create_hosted_zone(Name=domain, CallerReference=f"{domain} {region}")["HostedZone"]["Id"]
    arn = acm.request_certificate(DomainName=domain, SubjectAlternativeNames=[f"*.{domain}"], ValidationMethod="DNS")[
        "CertificateArn"
    ]
    acm.describe_certificate(CertificateArn=arn)
    option = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
    record = {"Type": "CNAME", "TTL": 60, "Name": option["ResourceRecord"]["Name"]}
    record["ResourceRecords"] = [{"Value": option["ResourceRecord"]["Value"]}]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
    return arn


class Network:
    """A VPC with an internet gateway and a subnet in each of two zones."""

    def __init__(self, aws: Aws) -> None:
        ec2 = aws("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=REGION + zone)["Subnet"][
                "SubnetId"
            ]
            for i, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)
        self.security_group = group["GroupId"]


def trust(service: str) -> str:
    """A trust policy: the service may take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def function_code() -> bytes:
    """A zip file that Lambda takes."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "")
    return code.getvalue()


def key_for(aws: Aws, *services: str) -> str:
    """The ARN of a key that services may use."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
    ]
    if services:
        use = {"Principal": {"Service": list(services)}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}
        statements.append({"Effect": "Allow", "Resource": "*"} | use)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return aws("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def assumed(aws: Aws, role: str, url: str) -> Aws:
    """Return clients, as `aws` does, with the credentials of a session of the role (its ARN); refused calls are not repeated."""
    session = aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return lambda service: boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(retries={"max_attempts": 0}),
    )
