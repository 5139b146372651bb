"""What AWS refuses, service by service: policies, names, what is in use; moto's own refusals, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sandbox_helpers import (
    IMAGE,
    REGION,
    Aws,
    Network,
    eventually,
    function_code,
    issued_certificate,
    key_for,
    refused,
    trust,
)

ACCOUNT = "123456789012"
GHOST = f"arn:aws:iam::{ACCOUNT}:role/ghost"
Later = Callable[[float], None]


def document(**statement: Any) -> str:
    whole = {"Effect": "Allow", "Principal": {"AWS": GHOST}, "Action": "*", "Resource": "*"} | statement
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


# IAM


def test_trust_policy_names_who_exists(aws: Aws) -> None:
    iam = aws("iam")
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": GHOST}, "Action": "sts:AssumeRole"}],
        }
    )
    refused("MalformedPolicyDocument", iam.create_role, RoleName="r", AssumeRolePolicyDocument=policy)
    iam.create_role(RoleName="ghost", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy)


def test_tdn_8_role_is_deleted_after_what_it_is_in(aws: Aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    inline = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=inline)
    refused("DeleteConflict", iam.delete_role, RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    managed = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    iam.attach_role_policy(RoleName="r", PolicyArn=managed)
    refused("DeleteConflict", iam.delete_role, RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=managed)
    iam.create_instance_profile(InstanceProfileName="r")
    iam.add_role_to_instance_profile(InstanceProfileName="r", RoleName="r")
    refused("DeleteConflict", iam.delete_role, RoleName="r")
    refused("DeleteConflict", iam.delete_instance_profile, InstanceProfileName="r")
    iam.remove_role_from_instance_profile(InstanceProfileName="r", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="r")
    iam.delete_role(RoleName="r")


# KMS and what it encrypts


def test_con_5_ord_1_key_policy_names_who_exists(aws: Aws) -> None:
    iam, kms = aws("iam"), aws("kms")
    role = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    root = f"arn:aws:iam::{ACCOUNT}:root"
    policy = document(Principal={"AWS": [root, role]})
    refused("MalformedPolicyDocumentException", kms.create_key, Policy=policy)
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    lost = {"KeyId": key, "PolicyName": "default"}
    refused("MalformedPolicyDocumentException", kms.put_key_policy, Policy=document(), **lost)
    locked = document(Principal={"AWS": root}, Action="kms:Decrypt")
    assert "in the future" in refused("MalformedPolicyDocumentException", kms.put_key_policy, Policy=locked, **lost)


def test_key_on_its_way_out_is_not_used(aws: Aws, network: Network) -> None:
    kms = aws("kms")
    key = key_for(aws, "logs.eu-west-1.amazonaws.com")
    kms.schedule_key_deletion(KeyId=key.split("/")[-1], PendingWindowInDays=7)
    refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
    refused("KMSInvalidStateException", kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    refused("KMSInvalidStateException", kms.enable_key, KeyId=key)
    refused("AccessDeniedException", aws("logs").create_log_group, logGroupName="/x", kmsKeyId=key)


def test_log_group_needs_a_key_that_lets_logs_in(aws: Aws) -> None:
    logs = aws("logs")
    for key in (key_for(aws), f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/none"):
        refused("AccessDeniedException", logs.create_log_group, logGroupName="/x", kmsKeyId=key)
    logs.create_log_group(logGroupName="/x", kmsKeyId=key_for(aws, "logs.eu-west-1.amazonaws.com"))
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/x")
    refused("AccessDeniedException", logs.associate_kms_key, logGroupName="/x", kmsKeyId=key_for(aws))


# Policies of other services


@pytest.mark.parametrize("service", ["sns", "sqs", "s3"])
def test_resource_policies_name_who_exists(aws: Aws, service: str) -> None:
    if service == "sns":
        refused("InvalidParameter", aws("sns").create_topic, Name="t", Attributes={"Policy": document()})
    elif service == "sqs":
        refused("InvalidAttributeValue", aws("sqs").create_queue, QueueName="q", Attributes={"Policy": document()})
    else:
        s3 = aws("s3")
        s3.create_bucket(Bucket="data-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        policy = document(Resource="arn:aws:s3:::data-1/*", Action="s3:GetObject")
        refused("MalformedPolicy", s3.put_bucket_policy, Bucket="data-1", Policy=policy)


# Names that are taken for a while


def test_con_4_queue_name_is_free_a_minute_after_the_deletion(aws: Aws, later: Later) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    later(59)
    refused("AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName="q")
    later(1)
    sqs.create_queue(QueueName="q")


def test_rotation_needs_a_function_that_lets_secrets_manager_in(aws: Aws) -> None:
    """And labels lead to the versions that have them."""
    secrets, functions = aws("secretsmanager"), aws("lambda")
    first = secrets.create_secret(Name="s", SecretString="1")["VersionId"]
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    refused("ResourceNotFoundException", secrets.rotate_secret, SecretId="s", RotationLambdaARN=arn)
    eventually(
        "InvalidParameterValueException",
        functions.create_function,
        FunctionName="f",
        Role=role,
        Runtime="python3.13",
        Handler="a.handler",
        Code={"ZipFile": function_code()},
    )
    refused("AccessDeniedException", secrets.rotate_secret, SecretId="s", RotationLambdaARN=arn)
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="secretsmanager.amazonaws.com"
    )
    secrets.rotate_secret(SecretId="s", RotationLambdaARN=arn, RotationRules={"AutomaticallyAfterDays": 7})
    assert secrets.describe_secret(SecretId="s")["RotationEnabled"]
    second = secrets.put_secret_value(SecretId="s", SecretString="2", VersionStages=["AWSPENDING"])["VersionId"]
    move = {"SecretId": "s", "VersionStage": "AWSCURRENT"}
    secrets.update_secret_version_stage(**move, MoveToVersionId=second, RemoveFromVersionId=first)
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "2"
    secrets.put_secret_value(SecretId="s", SecretString="3", VersionStages=["AWSCURRENT", "mine"])
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "3"
    stages = secrets.describe_secret(SecretId="s")["VersionIdsToStages"].values()
    assert sum("AWSCURRENT" in each for each in stages) == 1


def test_tdn_8_secret_name_is_taken_while_it_can_be_restored(aws: Aws, later: Later) -> None:
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="s", SecretString="x")
    secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    message = refused("InvalidRequestException", secrets.create_secret, Name="s", SecretString="x")
    assert "scheduled for deletion" in message
    refused("InvalidRequestException", secrets.get_secret_value, SecretId="s")
    secrets.restore_secret(SecretId="s")
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    refused("InvalidRequestException", secrets.create_secret, Name="s", SecretString="x")
    later(10)
    secrets.create_secret(Name="s", SecretString="x")


def test_bucket_names_are_global(aws: Aws, sandbox: Any, later: Later) -> None:
    s3 = aws("s3")
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    s3.create_bucket(Bucket="data-1", **where)
    refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="data-1", **where)
    s3.put_object(Bucket="data-1", Key="k", Body=b"")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="data-1")
    s3.delete_object(Bucket="data-1", Key="k")
    s3.delete_bucket(Bucket="data-1")
    refused("OperationAborted", s3.create_bucket, Bucket="data-1", **where)
    later(10)
    s3.create_bucket(Bucket="data-1", **where)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", "901"),
        ("MessageRetentionPeriod", "59"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "43201"),
        ("MaximumMessageSize", "1023"),
        ("KmsDataKeyReusePeriodSeconds", "59"),
    ],
)
def test_queue_attributes_have_limits(aws: Aws, name: str, value: str) -> None:
    refused("InvalidAttributeValue", aws("sqs").create_queue, QueueName="q", Attributes={name: value})


# Route 53


@pytest.fixture
def zone(aws: Aws) -> Callable[..., Any]:
    """A function that changes one record of the zone example.com."""
    route53 = aws("route53")
    identifier = route53.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]

    def change(action: str, name: str = "www.example.com", **record: Any) -> Any:
        change = {"Action": action, "ResourceRecordSet": {"Name": name, "Type": "A"} | record}
        return route53.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch={"Changes": [change]})

    return change


def alias(target: str, zone: str) -> dict[str, Any]:
    return {"AliasTarget": {"DNSName": target, "HostedZoneId": zone, "EvaluateTargetHealth": False}}


def test_src_11_alias_lies_in_its_targets_zone(aws: Aws, network: Network, zone: Any) -> None:
    balancer = aws("elbv2").create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]
    target, right = balancer["DNSName"], balancer["CanonicalHostedZoneId"]
    message = refused("InvalidChangeBatch", zone, action="UPSERT", **alias(target, "Z2P70J7EXAMPLE"))
    assert "does not lie within the target zone" in message
    gone = alias(f"x-{target}", right)
    assert "target was not found" in refused("InvalidChangeBatch", zone, action="UPSERT", **gone)
    zone("UPSERT", **alias(target, right))
    zone("UPSERT", **alias(f"dualstack.{target}", right))
    for name, where in (("none.cloudfront.net", "Z2FDTNDATAQYW2"), ("none.cloudfront.net", right)):
        refused("InvalidChangeBatch", zone, action="UPSERT", **alias(name, where))


def test_role_leaves_an_instance_profile_once(aws: Aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    refused("NoSuchEntity", iam.remove_role_from_instance_profile, InstanceProfileName="web", RoleName="web")


def test_caller_reference_is_good_for_one_zone(aws: Aws) -> None:
    aws("route53").create_hosted_zone(Name="example.com", CallerReference="once")
    refused("HostedZoneAlreadyExists", aws("route53").create_hosted_zone, Name="example.com", CallerReference="once")
    aws("route53").create_hosted_zone(Name="example.com", CallerReference="twice")


def test_records_are_created_once_and_deleted_once(aws: Aws, zone: Any) -> None:
    record = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    refused("InvalidChangeBatch", zone, action="DELETE", **record)
    zone("CREATE", **record)
    refused("InvalidChangeBatch", zone, action="CREATE", **record)
    identifier = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    refused("HostedZoneNotEmpty", aws("route53").delete_hosted_zone, Id=identifier)
    zone("DELETE", **record)
    aws("route53").delete_hosted_zone(Id=identifier)


# Load balancing and Auto Scaling


def test_ord_3_listener_needs_an_issued_certificate(aws: Aws, network: Network) -> None:
    elbv2, acm = aws("elbv2"), aws("acm")
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = {"LoadBalancerArn": balancer, "Protocol": "HTTPS", "Port": 443, "DefaultActions": [fixed]}
    refused("ValidationError", elbv2.create_listener, **listener)
    pending = acm.request_certificate(DomainName="example.org", ValidationMethod="DNS")["CertificateArn"]
    for arn, code in ((pending, "UnsupportedCertificate"), (pending + "-none", "CertificateNotFound")):
        refused(code, elbv2.create_listener, **listener, Certificates=[{"CertificateArn": arn}])
    elbv2.create_listener(**listener, Certificates=[{"CertificateArn": issued_certificate(aws, "eu-west-1")}])


@pytest.mark.parametrize("name", ["x" * 33, "under_score", "-x", "internal-x"])
def test_names_of_load_balancers_and_target_groups(aws: Aws, network: Network, name: str) -> None:
    elbv2 = aws("elbv2")
    refused("ValidationError", elbv2.create_load_balancer, Name=name, Subnets=network.subnets)
    if name != "internal-x":
        refused("ValidationError", elbv2.create_target_group, Name=name, Protocol="HTTP", Port=80, VpcId=network.vpc)


def test_ord_3_requests_are_counted_on_attached_target_groups(aws: Aws, network: Network) -> None:
    ec2, elbv2, autoscaling = aws("ec2"), aws("elbv2"), aws("autoscaling")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": IMAGE})
    group = {
        "AutoScalingGroupName": "web",
        "MinSize": 0,
        "MaxSize": 0,
        "VPCZoneIdentifier": network.subnets[0],
        "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "1"},
    }
    created = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=network.vpc)
    target_group = created["TargetGroups"][0]["TargetGroupArn"]
    refused("ValidationError", autoscaling.create_auto_scaling_group, **group, TargetGroupARNs=[target_group + "x"])
    autoscaling.create_auto_scaling_group(**group)
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    label = f"{balancer.split(':loadbalancer/')[1]}/{target_group.split(':')[-1]}"
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget"}

    def policy(**more: str) -> dict[str, Any]:
        tracking = {"PredefinedMetricSpecification": metric | more, "TargetValue": 100.0}
        name = {"AutoScalingGroupName": "web", "PolicyName": "requests", "PolicyType": "TargetTrackingScaling"}
        return name | {"TargetTrackingConfiguration": tracking}

    put = autoscaling.put_scaling_policy
    assert "Resource label" in refused("ValidationError", put, **policy())
    assert "not attached" in refused("ValidationError", put, **policy(ResourceLabel=label))
    autoscaling.attach_load_balancer_target_groups(AutoScalingGroupName="web", TargetGroupARNs=[target_group])
    assert "does not route" in refused("ValidationError", put, **policy(ResourceLabel=label))
    forward = {"Type": "forward", "TargetGroupArn": target_group}
    elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    put(**policy(ResourceLabel=label))


@pytest.mark.parametrize(
    ("change", "word"),
    [({"ImageId": "ami-00000000000000000"}, "image id"), ({"SecurityGroupIds": ["sg-none"]}, "security group")],
)
def test_group_needs_a_template_that_can_be_launched(
    aws: Aws, network: Network, change: dict[str, Any], word: str
) -> None:
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro"} | change
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    message = refused(
        "ValidationError",
        aws("autoscaling").create_auto_scaling_group,
        AutoScalingGroupName="g",
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=network.subnets[0],
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
    )
    assert word in message


def test_con_1_group_waits_for_its_instance_profile(aws: Aws, network: Network, later: Later) -> None:
    aws("iam").create_instance_profile(InstanceProfileName="web")
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", "IamInstanceProfile": {"Name": "web"}}
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    group = {
        "AutoScalingGroupName": "web",
        "MinSize": 0,
        "MaxSize": 1,
        "VPCZoneIdentifier": network.subnets[0],
        "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "1"},
    }
    later(60)  # however late the first comes, he is too early
    create = aws("autoscaling").create_auto_scaling_group
    assert "Invalid IAM Instance Profile" in refused("ValidationError", create, **group)
    create(**group)


# Networks


def test_con_1_flow_log_waits_for_its_role(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("vpc-flow-logs.amazonaws.com"))["Role"]
    wanted = {"ResourceType": "VPC", "ResourceIds": [network.vpc], "TrafficType": "ALL", "LogGroupName": "/x"}
    aws("logs").create_log_group(logGroupName="/x")
    ghost = ec2.create_flow_logs(**wanted, DeliverLogsPermissionArn=GHOST)
    early, late = (ec2.create_flow_logs(**wanted, DeliverLogsPermissionArn=role["Arn"]) for _again in range(2))
    assert [bool(each.get("Unsuccessful")) for each in (ghost, early, late)] == [True, True, False]
    assert len(ec2.describe_flow_logs()["FlowLogs"]) == 1


def test_tdn_7_vpc_goes_last(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    delete_vpc = {"VpcId": network.vpc}
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    ec2.delete_security_group(GroupId=network.security_group)
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])["SecurityGroups"]
    refused("CannotDelete", ec2.delete_security_group, GroupId=groups[0]["GroupId"])
    ec2.delete_vpc(**delete_vpc)


def test_route_table_in_use(aws: Aws, network: Network) -> None:
    ec2 = aws("ec2")
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[0])["AssociationId"]
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=table)


# Databases


def test_name_of_a_final_snapshot_is_used_once(aws: Aws, network: Network) -> None:
    rds = aws("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="s", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    create = {
        "DBInstanceIdentifier": "db",
        "Engine": "mysql",
        "DBInstanceClass": "db.r7g.large",
        "MasterUsername": "admin",
        "MasterUserPassword": "abcdefgh12",
        "AllocatedStorage": 20,
        "DBSubnetGroupName": "s",
    }
    rds.create_db_instance(**create)
    refused("DBInstanceAlreadyExists", rds.create_db_instance, **create)
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="final")
    delete = {"DBInstanceIdentifier": "db", "FinalDBSnapshotIdentifier": "final"}
    refused("DBSnapshotAlreadyExists", rds.delete_db_instance, **delete)


# Backups


def test_vault_is_deleted_when_it_is_empty(aws: Aws, later: Later) -> None:
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName="v")
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))["Role"]["Arn"]
    job = {"BackupVaultName": "v", "ResourceArn": "arn:aws:s3:::data-1", "IamRoleArn": role}
    refused("InvalidParameterValueException", backup.start_backup_job, **job)
    later(10)
    started = backup.start_backup_job(**job)
    assert backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "RUNNING"
    later(300)
    assert backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "COMPLETED"
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="v")["RecoveryPoints"]
    assert (point["Status"], point["RecoveryPointArn"]) == ("COMPLETED", started["RecoveryPointArn"])
    refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="v")
    backup.delete_recovery_point(BackupVaultName="v", RecoveryPointArn=point["RecoveryPointArn"])
    refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="v")
    later(30)
    backup.delete_backup_vault(BackupVaultName="v")
    refused("ResourceNotFoundException", backup.describe_backup_job, BackupJobId="none")


# Who may use what


def test_key_of_the_volumes_lets_auto_scaling_in(aws: Aws, network: Network) -> None:
    autoscaling, root = aws("autoscaling"), f"arn:aws:iam::{ACCOUNT}:root"
    aws("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    key = key_for(aws)
    volume = {"DeviceName": "/dev/xvda", "Ebs": {"KmsKeyId": key, "Encrypted": True, "VolumeSize": 20}}
    data = {"ImageId": IMAGE, "InstanceType": "t3.micro", "BlockDeviceMappings": [volume]}
    aws("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=network.subnets[0],
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "1"},
    )
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"] == []
    (failed,) = autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    assert failed["StatusCode"] == "Failed"
    grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": role}, "Action": ["kms:Decrypt", "kms:Gen*"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": role},
            "Action": "kms:CreateGrant",
            "Resource": "*",
            "Condition": grants,
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws("kms").put_key_policy(KeyId=key.split("/")[-1], PolicyName="default", Policy=policy)
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    assert len(autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]) == 1


def test_function_may_write_its_dead_letters(aws: Aws) -> None:
    iam, functions = aws("iam"), aws("lambda")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:dlq"
    create = {"FunctionName": "f", "Role": role, "Runtime": "python3.13", "Handler": "a.h"}
    create |= {"Code": {"ZipFile": function_code()}, "DeadLetterConfig": {"TargetArn": queue}}
    refused("InvalidParameterValueException", functions.create_function, **create)  # CON-2
    assert "SendMessage" in refused("InvalidParameterValueException", functions.create_function, **create)
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
    functions.create_function(**create)


def test_public_policy_where_that_is_blocked(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="data-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    everybody = {"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data-1/*"}
    refused("AccessDenied", s3.put_bucket_policy, Bucket="data-1", Policy=document(**everybody))
    ours = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    s3.put_bucket_policy(Bucket="data-1", Policy=document(**everybody, **ours))
    s3.delete_public_access_block(Bucket="data-1")
    s3.put_bucket_policy(Bucket="data-1", Policy=document(**everybody))


def test_quotas(aws: Aws) -> None:
    ec2 = aws("ec2")
    for i in range(4):  # beside the default VPC
        ec2.create_vpc(CidrBlock=f"10.{i}.0.0/16")
    refused("VpcLimitExceeded", ec2.create_vpc, CidrBlock="10.9.0.0/16")
    for _again in range(5):
        ec2.allocate_address(Domain="vpc")
    refused("AddressLimitExceeded", ec2.allocate_address, Domain="vpc")
