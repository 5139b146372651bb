"""What the sandbox's tests share: its region, checking a refusal, a small network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[..., Any]
REGION = "eu-west-1"


def refused(code: str, call: Callable[..., Any], **params: Any) -> str:
    """Check that a call is refused with an error code; the message."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return error["Message"]


class Network:
    """A VPC with a subnet in each of two zones."""

    def __init__(self, aws: Aws) -> None:
        ec2 = aws("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=REGION + zone)["Subnet"][
                "SubnetId"
            ]
            for i, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)
        self.security_group = group["GroupId"]
