"""EC2 extensions and refusals."""

from __future__ import annotations

import base64

import pytest
from sandbox_helpers import IMAGE, Aws, Network, eventually, refused


def user_data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_nat_gateway_tags_by_type(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": "n"}]}]
    nat = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address, TagSpecifications=tags)
    filters = [
        {"Name": "resource-id", "Values": [nat["NatGateway"]["NatGatewayId"]]},
        {"Name": "resource-type", "Values": ["natgateway"]},
    ]
    assert [tag["Value"] for tag in ec2.describe_tags(Filters=filters)["Tags"]] == ["n"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-central-1"])
def test_cloudfront_prefix_list_in_rules(aws: Aws, region: str) -> None:
    ec2 = aws("ec2", region)
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    (found,) = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert found["OwnerId"] == "AWS"
    group = ec2.create_security_group(GroupName="g", Description="g")["GroupId"]
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "PrefixListIds": [{"PrefixListId": found["PrefixListId"]}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    (described,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert described["IpPermissions"][0]["PrefixListIds"][0]["PrefixListId"] == found["PrefixListId"]


def test_launch_template_tags_can_change(aws: Aws) -> None:
    ec2 = aws("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "Owner", "Value": "x"}]}]
    template = ec2.create_launch_template(
        LaunchTemplateName="web", TagSpecifications=tags, LaunchTemplateData={"InstanceType": "t3.micro"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[template], Tags=[{"Key": "Owner", "Value": "y"}])
    found = ec2.describe_launch_templates(LaunchTemplateNames=["web"])["LaunchTemplates"][0]
    assert found["Tags"] == [{"Key": "Owner", "Value": "y"}]


def test_launch_template_versions(aws: Aws) -> None:
    ec2 = aws("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    ec2.create_launch_template(LaunchTemplateName="web", TagSpecifications=tags, LaunchTemplateData=data)
    newer = {"InstanceType": "t3.small", "UserData": user_data("hello")}
    ec2.create_launch_template_version(LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData=newer)
    first, second = sorted(
        ec2.describe_launch_template_versions(LaunchTemplateName="web", Versions=["1", "2"])["LaunchTemplateVersions"],
        key=lambda version: version["VersionNumber"],
    )
    assert first["LaunchTemplateData"] == data
    assert second["LaunchTemplateData"] == data | newer
    ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "web", "Version": "2"})


def test_user_data_limit(aws: Aws) -> None:
    data = {"UserData": user_data("x" * 16385)}
    refused(
        "InvalidUserData.Malformed",
        aws("ec2").create_launch_template,
        LaunchTemplateName="web",
        LaunchTemplateData=data,
    )


def test_instances_honour_their_template(aws: Aws, network: Network) -> None:
    aws("iam").create_instance_profile(InstanceProfileName="web")
    ec2 = aws("ec2")
    data = {
        "ImageId": IMAGE,
        "InstanceType": "t3.micro",
        "IamInstanceProfile": {"Name": "web"},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "Monitoring": {"Enabled": True},
        "SecurityGroupIds": [network.security_group],
    }
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    launch = {
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": network.subnets[0],
        "LaunchTemplate": {"LaunchTemplateName": "web"},
    }
    eventually("InvalidParameterValue", ec2.run_instances, **launch)
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert instance["Monitoring"]["State"] == "enabled"
    assert instance["IamInstanceProfile"]["Arn"].endswith("/web")
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [network.security_group]


def test_unknown_instance_profile(aws: Aws) -> None:
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", "IamInstanceProfile": {"Name": "nope"}}
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    template = {"LaunchTemplateName": "web"}
    refused("InvalidParameterValue", aws("ec2").run_instances, MinCount=1, MaxCount=1, LaunchTemplate=template)
    refused(
        "ValidationError",
        aws("autoscaling").create_auto_scaling_group,
        AutoScalingGroupName="g",
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=["eu-west-1a"],
        LaunchTemplate=template | {"Version": "1"},
    )


def test_nat_gateway_holds_subnet_address_and_gateway(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = network.gateway
    created = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address)["NatGateway"]
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])
    refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=address)
    refused("DependencyViolation", ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=network.vpc)
    refused("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
    refused("DependencyViolation", ec2.delete_vpc, VpcId=network.vpc)
    ec2.delete_nat_gateway(NatGatewayId=created["NatGatewayId"])
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    ec2.delete_subnet(SubnetId=network.subnets[0])


def test_interface_endpoint_holds_subnet_until_it_is_gone(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName="com.amazonaws.eu-west-1.ssm",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=False,
        SubnetIds=[network.subnets[0]],
        SecurityGroupIds=[network.security_group],
    )["VpcEndpoint"]["VpcEndpointId"]
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_subnet(SubnetId=network.subnets[0])
    ec2.delete_security_group(GroupId=network.security_group)


def test_security_group_in_use(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    other = ec2.create_security_group(GroupName="o", Description="o", VpcId=network.vpc)["GroupId"]
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": network.security_group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    ec2.delete_security_group(GroupId=other)
    aws("elbv2").create_load_balancer(Name="lb", Subnets=network.subnets, SecurityGroups=[network.security_group])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])


def test_launch_template_versions_can_be_deleted_but_the_default(aws: Aws) -> None:
    ec2 = aws("ec2")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1"})
    for dummy in range(19):
        ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1"})
    answer = ec2.delete_launch_template_versions(LaunchTemplateName="web", Versions=["1", "2", "20", "99"])
    deleted = answer["SuccessfullyDeletedLaunchTemplateVersions"]
    assert [each["VersionNumber"] for each in deleted] == [2, 20]
    errors = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [each["ResponseError"]["Code"] for each in errors] == [
        "unexpectedError",
        "launchTemplateVersionDoesNotExist",
    ]
    left = ec2.describe_launch_template_versions(LaunchTemplateName="web")["LaunchTemplateVersions"]
    assert sorted(each["VersionNumber"] for each in left) == [1, *range(3, 20)]
    (template,) = ec2.describe_launch_templates(LaunchTemplateNames=["web"])["LaunchTemplates"]
    assert template["LatestVersionNumber"] == 19
    asked = {"LaunchTemplateName": "web", "Versions": ["2"]}
    refused("InvalidLaunchTemplateId.VersionNotFound", ec2.describe_launch_template_versions, **asked)
    new = ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1"})
    assert new["LaunchTemplateVersion"]["VersionNumber"] == 21


def test_gateway_endpoint_has_a_route_in_tables_that_come_later(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    one, two = (ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"] for _number in range(2))
    about = {"VpcId": network.vpc, "ServiceName": "com.amazonaws.eu-west-1.s3", "VpcEndpointType": "Gateway"}
    endpoint = ec2.create_vpc_endpoint(**about, RouteTableIds=[one])["VpcEndpoint"]["VpcEndpointId"]

    def tables() -> set[str]:
        found = ec2.describe_route_tables(RouteTableIds=[one, two])["RouteTables"]
        return {each["RouteTableId"] for each in found if any("DestinationPrefixListId" in r for r in each["Routes"])}

    assert tables() == {one}
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[two], RemoveRouteTableIds=[one])
    assert tables() == {two}
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert tables() == set()
    (gone,) = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"]
    assert (gone["ResourceId"], gone["Error"]["Code"]) == (endpoint, "InvalidVpcEndpoint.NotFound")
