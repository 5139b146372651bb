"""Values that services do not take."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_helpers import IMAGE, REGION, Aws, Network, refused

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
