"""What takes AWS its time: states, and what is refused meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sandbox_helpers import IMAGE, Aws, Network, function_code, refused, trust

Later = Callable[[float], None]


def test_nat_gateway(aws: Aws, network: Network, later: Later) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    created = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address)["NatGateway"]

    def state() -> str:
        return ec2.describe_nat_gateways(NatGatewayIds=[created["NatGatewayId"]])["NatGateways"][0]["State"]

    assert (created["State"], state()) == ("pending", "pending")
    later(150)
    assert state() == "available"
    ec2.delete_nat_gateway(NatGatewayId=created["NatGatewayId"])
    assert state() == "deleting"
    refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=address)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])
    later(60)
    assert state() == "deleted"
    assert "AssociationId" not in ec2.describe_addresses()["Addresses"][0]
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=network.subnets[0])
    refused("NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId=created["NatGatewayId"])


def test_interface_endpoint(aws: Aws, network: Network, later: Later) -> None:
    ec2 = aws("ec2")
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName="com.amazonaws.eu-west-1.ssm",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=[network.subnets[0]],
        SecurityGroupIds=[network.security_group],
    )["VpcEndpoint"]

    def states() -> list[str]:
        return [each["State"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]

    assert (endpoint["State"], states()) == ("pending", ["pending"])
    later(90)
    assert states() == ["available"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert states() == ["deleting"]
    again = {"VpcId": network.vpc, "ServiceName": endpoint["ServiceName"], "VpcEndpointType": "Interface"}
    message = refused("InvalidParameter", ec2.create_vpc_endpoint, **again, PrivateDnsEnabled=True)
    assert "conflicting DNS domain" in message
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    later(60)
    assert states() == []
    ec2.delete_security_group(GroupId=network.security_group)


def test_load_balancer_comes_slowly_and_its_interfaces_outlive_it(aws: Aws, network: Network, later: Later) -> None:
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    created = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets, SecurityGroups=[network.security_group])
    arn = created["LoadBalancers"][0]["LoadBalancerArn"]

    def state() -> str:
        return elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]

    assert created["LoadBalancers"][0]["State"]["Code"] == state() == state() == "provisioning"
    later(150)
    assert state() == "active"
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=network.subnets[0])
    later(120)
    ec2.delete_security_group(GroupId=network.security_group)
    ec2.delete_subnet(SubnetId=network.subnets[0])


@pytest.fixture
def rds(aws: Aws, network: Network) -> Any:
    """A client; the subnet group exists."""
    client = aws("rds")
    client.create_db_subnet_group(DBSubnetGroupName="subnets", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    return client


def create_database(rds: Any, network: Network) -> dict[str, Any]:
    return rds.create_db_instance(
        DBInstanceIdentifier="db",
        Engine="mysql",
        DBInstanceClass="db.r7g.large",
        MasterUsername="admin",
        MasterUserPassword="abcdefgh12",
        AllocatedStorage=100,
        BackupRetentionPeriod=7,
        DBSubnetGroupName="subnets",
        VpcSecurityGroupIds=[network.security_group],
    )["DBInstance"]


def databases(rds: Any) -> dict[str, tuple[str, bool]]:
    """Name -> status, and whether it has an endpoint."""
    found = rds.describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: (each["DBInstanceStatus"], "Endpoint" in each) for each in found}


def test_con_7_database_has_no_endpoint_while_it_is_created(rds: Any, network: Network, later: Later) -> None:
    created = create_database(rds, network)
    assert (created["DBInstanceStatus"], "Endpoint" in created) == ("creating", False)
    assert databases(rds) == {"db": ("creating", False)}
    refused("InvalidDBInstanceState", rds.modify_db_instance, DBInstanceIdentifier="db", AllocatedStorage=200)
    refused(
        "InvalidDBInstanceState", rds.delete_db_instance, DBInstanceIdentifier="db", FinalDBSnapshotIdentifier="final"
    )
    replica = {"DBInstanceIdentifier": "replica", "SourceDBInstanceIdentifier": "db"}
    refused("InvalidDBInstanceState", rds.create_db_instance_read_replica, **replica)
    later(600)
    assert databases(rds) == {"db": ("backing-up", True)}
    later(180)
    assert databases(rds) == {"db": ("available", True)}
    rds.create_db_instance_read_replica(**replica)
    assert databases(rds)["replica"] == ("creating", False)
    later(600)
    assert databases(rds)["replica"] == ("available", True)


def test_database_is_modified_for_a_while(rds: Any, network: Network, later: Later) -> None:
    create_database(rds, network)
    later(780)
    rds.modify_db_instance(DBInstanceIdentifier="db", DeletionProtection=False)
    assert databases(rds) == {"db": ("available", True)}
    rds.modify_db_instance(DBInstanceIdentifier="db", AllocatedStorage=200, ApplyImmediately=True)
    assert databases(rds) == {"db": ("modifying", True)}
    refused("InvalidDBInstanceState", rds.reboot_db_instance, DBInstanceIdentifier="db")
    later(120)
    assert databases(rds) == {"db": ("available", True)}


def test_database_keeps_its_groups_until_it_is_gone(aws: Aws, rds: Any, network: Network, later: Later) -> None:
    ec2 = aws("ec2")
    create_database(rds, network)
    later(780)
    rds.delete_db_instance(DBInstanceIdentifier="db", FinalDBSnapshotIdentifier="final")
    assert databases(rds) == {"db": ("deleting", True)}
    refused("InvalidDBInstanceState", rds.delete_db_instance, DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    refused("InvalidDBSubnetGroupStateFault", rds.delete_db_subnet_group, DBSubnetGroupName="subnets")
    later(240)
    assert databases(rds) == {}
    rds.delete_db_subnet_group(DBSubnetGroupName="subnets")
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    later(60)
    ec2.delete_security_group(GroupId=network.security_group)


def test_tdn_3_replica_of_a_deleted_primary_is_promoted(rds: Any, network: Network, later: Later) -> None:
    create_database(rds, network)
    later(780)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="db")
    later(600)
    refused(
        "InvalidParameterCombination",
        rds.delete_db_instance,
        DBInstanceIdentifier="replica",
        FinalDBSnapshotIdentifier="final",
    )
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    later(240)
    (left,) = rds.describe_db_instances()["DBInstances"]
    assert left["DBInstanceIdentifier"] == "replica"
    assert "ReadReplicaSourceDBInstanceIdentifier" not in left


def test_certificate_is_validated_some_minutes_after_its_record(aws: Aws, later: Later) -> None:
    acm, route53 = aws("acm"), aws("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]

    def describe() -> dict[str, Any]:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]

    (option,) = (describe() and describe())["DomainValidationOptions"]
    record = {"Type": "CNAME", "TTL": 60, "Name": option["ResourceRecord"]["Name"]}
    record["ResourceRecords"] = [{"Value": option["ResourceRecord"]["Value"]}]
    later(3600)
    assert describe()["Status"] == "PENDING_VALIDATION"
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    later(149)
    assert describe()["Status"] == "PENDING_VALIDATION"
    later(1)
    assert describe()["Status"] == "ISSUED"


def test_distribution_is_deployed_some_minutes_after_each_change(aws: Aws, later: Later) -> None:
    cloudfront = aws("cloudfront", "us-east-1")
    config = {
        "CallerReference": "r",
        "Comment": "c",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "o",
                    "DomainName": "origin.example.com",
                    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    }
    created = cloudfront.create_distribution(DistributionConfig=config)
    identifier = created["Distribution"]["Id"]

    def status() -> str:
        (listed,) = cloudfront.list_distributions()["DistributionList"]["Items"]
        got = cloudfront.get_distribution(Id=identifier)["Distribution"]["Status"]
        assert listed["Status"] == got
        return got

    assert created["Distribution"]["Status"] == status() == "InProgress"
    later(240)
    assert status() == "Deployed"
    config["Enabled"] = False
    etag = cloudfront.update_distribution(Id=identifier, IfMatch=created["ETag"], DistributionConfig=config)["ETag"]
    assert status() == "InProgress"
    refused("DistributionNotDisabled", cloudfront.delete_distribution, Id=identifier, IfMatch=etag)
    later(240)
    cloudfront.delete_distribution(Id=identifier, IfMatch=etag)


def test_con_2_function_waits_for_its_role_and_settles_before_its_next_change(aws: Aws, later: Later) -> None:
    iam, function = aws("iam"), aws("lambda")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    create = {"FunctionName": "f", "Role": role, "Runtime": "python3.13", "Handler": "a.h"}
    create |= {"Code": {"ZipFile": function_code()}}
    refused("InvalidParameterValueException", function.create_function, **create)
    later(9)
    refused("InvalidParameterValueException", function.create_function, **create)
    later(1)
    assert function.create_function(**create)["State"] == "Pending"
    change = {"FunctionName": "f", "Timeout": 10}
    assert "Pending" in refused("ResourceConflictException", function.update_function_configuration, **change)
    later(10)
    assert function.get_function_configuration(FunctionName="f")["State"] == "Active"
    assert function.update_function_configuration(**change)["LastUpdateStatus"] == "InProgress"
    code = {"FunctionName": "f", "ZipFile": function_code()}
    assert "in progress" in refused("ResourceConflictException", function.update_function_code, **code)
    later(10)
    assert function.get_function(FunctionName="f")["Configuration"]["LastUpdateStatus"] == "Successful"
    function.update_function_code(**code)


def test_instances_come_into_service_and_are_a_while_in_going(aws: Aws, network: Network, later: Later) -> None:
    ec2, elbv2, autoscaling = aws("ec2"), aws("elbv2"), aws("autoscaling")
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", "SecurityGroupIds": [network.security_group]}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    targets = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc}
    target_group = elbv2.create_target_group(**targets)["TargetGroups"][0]["TargetGroupArn"]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=2,
        VPCZoneIdentifier=",".join(network.subnets),
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
        TargetGroupARNs=[target_group],
    )

    def lifecycle() -> list[str]:
        (group,) = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        return [each["LifecycleState"] for each in group["Instances"]]

    def health() -> set[str]:
        found = elbv2.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return {each["TargetHealth"]["State"] for each in found}

    assert lifecycle() == ["Pending", "Pending"]
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", DesiredCapacity=3)
    assert lifecycle() == ["Pending"] * 3
    assert health() == {"unused"}
    forward = {"Type": "forward", "TargetGroupArn": target_group}
    elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    assert health() == {"initial"}
    later(60)
    assert lifecycle() == ["InService"] * 3
    assert health() == {"healthy"}
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", DesiredCapacity=0)
    assert lifecycle() == ["Terminating"] * 3
    refused("DependencyViolation", ec2.delete_security_group, GroupId=network.security_group)
    later(45)
    assert lifecycle() == []
    ec2.delete_security_group(GroupId=network.security_group)


def test_tdn_10_group_goes_with_its_last_instance(aws: Aws, network: Network, later: Later) -> None:
    autoscaling = aws("autoscaling")
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    group = {
        "AutoScalingGroupName": "web",
        "MinSize": 1,
        "MaxSize": 1,
        "VPCZoneIdentifier": network.subnets[0],
        "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "1"},
    }
    autoscaling.create_auto_scaling_group(**group)
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    (going,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"]
    assert going["Status"] == "Delete in progress"
    assert [each["LifecycleState"] for each in going["Instances"]] == ["Terminating"]
    assert autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["other"])["AutoScalingGroups"] == []
    refused("AlreadyExists", autoscaling.create_auto_scaling_group, **group)
    later(45)
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    autoscaling.create_auto_scaling_group(**group)
