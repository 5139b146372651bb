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
    delete_vpc = {"VpcId": network.vpc}
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    ec2.delete_security_group(GroupId=network.security_group)
    refused("DependencyViolation", ec2.delete_vpc, **delete_vpc)
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
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
    backup.create_backup_vault(BackupVaultName="vault")
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))["Role"]["Arn"]
    job = {"BackupVaultName": "vault", "ResourceArn": "arn:aws:s3:::data-1", "IamRoleArn": role}
    refused("InvalidParameterValueException", backup.start_backup_job, **job)
    later(10)
    started = backup.start_backup_job(**job)
    assert backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "RUNNING"
    later(300)
    assert backup.describe_backup_job(BackupJobId=started["BackupJobId"])["State"] == "COMPLETED"
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"]
    assert (point["Status"], point["RecoveryPointArn"]) == ("COMPLETED", started["RecoveryPointArn"])
    refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="vault")
    backup.delete_recovery_point(BackupVaultName="vault", RecoveryPointArn=point["RecoveryPointArn"])
    refused("InvalidRequestException", backup.delete_backup_vault, BackupVaultName="vault")
    later(30)
    backup.delete_backup_vault(BackupVaultName="vault")
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


# What is not there, or does not fit


@pytest.fixture
def elsewhere(aws: Aws) -> dict[str, str]:
    """Another VPC, without a gateway, and what is in it."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return {"vpc": vpc, "group": group, "table": table, "a": subnets[0]["SubnetId"], "b": subnets[1]["SubnetId"]}


def test_the_internet_is_reached_by_the_vpc_s_own_gateway(
    aws: Aws, network: Network, elsewhere: dict[str, str], later: Later
) -> None:
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    route = {"RouteTableId": elsewhere["table"], "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": network.gateway}
    assert "belong to different networks" in refused("InvalidParameterValue", ec2.create_route, **route)
    public = {"Name": "public", "Subnets": [elsewhere["a"], elsewhere["b"]]}
    assert "has no internet gateway" in refused("InvalidSubnet", elbv2.create_load_balancer, **public)
    elbv2.create_load_balancer(**{**public, "Name": "inside", "Scheme": "internal"})
    made = {}
    for name, subnet in (("without", elsewhere["a"]), ("with", network.subnets[0])):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        made[name] = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    later(150)
    states = {each["NatGatewayId"]: each["State"] for each in ec2.describe_nat_gateways()["NatGateways"]}
    assert [states[made["without"]], states[made["with"]]] == ["failed", "available"]


def test_security_groups_are_those_of_the_vpc(aws: Aws, network: Network, elsewhere: dict[str, str]) -> None:
    elbv2, rds = aws("elbv2"), aws("rds")
    balancer = {"Name": "lb", "Subnets": network.subnets}
    refused("InvalidSecurityGroup", elbv2.create_load_balancer, **balancer, SecurityGroups=["sg-0123456789abcdef0"])
    refused("InvalidConfigurationRequest", elbv2.create_load_balancer, **balancer, SecurityGroups=[elsewhere["group"]])
    own = {"SecurityGroups": [network.security_group]}
    arn = elbv2.create_load_balancer(**balancer, **own)["LoadBalancers"][0]["LoadBalancerArn"]
    changed = {"LoadBalancerArn": arn, "SecurityGroups": [elsewhere["group"]]}
    refused("InvalidConfigurationRequest", elbv2.set_security_groups, **changed)
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=network.subnets)
    about = {"DBInstanceIdentifier": "db", "DBInstanceClass": "db.t4g.micro", "Engine": "mysql", "AllocatedStorage": 20}
    about |= {"MasterUsername": "dbadmin", "MasterUserPassword": "not-a-secret-1", "DBSubnetGroupName": "g"}
    create = rds.create_db_instance
    refused("InvalidParameterValue", create, **about, VpcSecurityGroupIds=["sg-0123456789abcdef0"])
    text = refused("InvalidParameterCombination", create, **about, VpcSecurityGroupIds=[elsewhere["group"]])
    assert "are in different VPCs" in text
    create(**about, VpcSecurityGroupIds=[network.security_group])


def test_target_group_has_one_load_balancer(aws: Aws, network: Network) -> None:
    elbv2 = aws("elbv2")
    one, other = (
        elbv2.create_load_balancer(Name=name, Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        for name in ("one", "other")
    )
    group = {"Protocol": "HTTP", "Port": 80, "VpcId": network.vpc}
    arn = elbv2.create_target_group(Name="web", **group)["TargetGroups"][0]["TargetGroupArn"]
    listener = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn}]}
    mine = elbv2.create_listener(LoadBalancerArn=one, **listener)["Listeners"][0]["ListenerArn"]
    elbv2.create_listener(LoadBalancerArn=one, **{**listener, "Port": 81})
    refused("TargetGroupAssociationLimit", elbv2.create_listener, LoadBalancerArn=other, **listener)
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]
    foreign = elbv2.create_listener(LoadBalancerArn=other, **{**listener, "DefaultActions": answer})["Listeners"][0]
    rule = {"Priority": 1, "Conditions": [{"Field": "path-pattern", "Values": ["/x"]}]}
    rule["Actions"] = listener["DefaultActions"]
    refused("TargetGroupAssociationLimit", elbv2.create_rule, ListenerArn=foreign["ListenerArn"], **rule)
    made = elbv2.create_rule(ListenerArn=mine, **rule)["Rules"][0]["RuleArn"]
    elbv2.modify_rule(RuleArn=made, Actions=listener["DefaultActions"])
    elbv2.delete_load_balancer(LoadBalancerArn=one)
    elbv2.create_rule(ListenerArn=foreign["ListenerArn"], **rule)


def test_targets_exist(aws: Aws, network: Network) -> None:
    elbv2 = aws("elbv2")
    group = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc}
    arn = elbv2.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
    target = {"TargetGroupArn": arn, "Targets": [{"Id": "i-0123456789abcdef0"}]}
    refused("InvalidTarget", elbv2.register_targets, **target)
    started = aws("ec2").run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=network.subnets[0])
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": started["Instances"][0]["InstanceId"]}])


def test_sizes_of_a_group(aws: Aws, network: Network) -> None:
    ec2, autoscaling = aws("ec2"), aws("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"}
    )
    about = {"LaunchTemplate": {"LaunchTemplateName": "web", "Version": "1"}, "VPCZoneIdentifier": network.subnets[0]}
    group = {"AutoScalingGroupName": "asg"}
    no, create = "ValidationError", autoscaling.create_auto_scaling_group
    refused(no, create, **group, **about, MinSize=2, MaxSize=1)
    refused(no, create, **group, **about, MinSize=0, MaxSize=1, DesiredCapacity=2)
    create(**group, **about, MinSize=0, MaxSize=1)
    refused(no, autoscaling.update_auto_scaling_group, **group, MinSize=2)
    refused(no, autoscaling.update_auto_scaling_group, **group, DesiredCapacity=2)
    assert "above max value 1" in refused(no, autoscaling.set_desired_capacity, **group, DesiredCapacity=2)
    autoscaling.update_auto_scaling_group(**group, MinSize=1, MaxSize=3)
    assert "below min value 1" in refused(no, autoscaling.set_desired_capacity, **group, DesiredCapacity=0)
    autoscaling.set_desired_capacity(**group, DesiredCapacity=3)


def test_attributes_and_endpoints_of_a_vpc(aws: Aws, network: Network, elsewhere: dict[str, str]) -> None:
    ec2 = aws("ec2")
    both = {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}}
    refused("InvalidParameterCombination", ec2.modify_vpc_attribute, VpcId=network.vpc, **both)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    about = {"VpcId": elsewhere["vpc"], "ServiceName": "com.amazonaws.eu-west-1.s3", "VpcEndpointType": "Gateway"}
    endpoint = ec2.create_vpc_endpoint(**about, RouteTableIds=[elsewhere["table"]])["VpcEndpoint"]["VpcEndpointId"]
    refused("RouteAlreadyExists", ec2.create_vpc_endpoint, **about, RouteTableIds=[elsewhere["table"]])
    ec2.create_vpc_endpoint(**about)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.create_vpc_endpoint(**about, RouteTableIds=[elsewhere["table"]])


def test_database_only_grows(aws: Aws, later: Later) -> None:
    rds = aws("rds")
    about = {"DBInstanceIdentifier": "db", "DBInstanceClass": "db.r7g.large", "Engine": "mysql", "StorageType": "gp3"}
    about |= {"MasterUsername": "dbadmin", "MasterUserPassword": "not-a-secret-1", "AllocatedStorage": 100}
    refused("InvalidParameterValue", rds.create_db_instance, **about, BackupRetentionPeriod=36)
    rds.create_db_instance(**about, EngineVersion="8.0")
    later(3600)
    no, modify = "InvalidParameterCombination", {"DBInstanceIdentifier": "db", "ApplyImmediately": True}
    change = rds.modify_db_instance
    assert "cannot be less than" in refused(no, change, **modify, AllocatedStorage=50)
    assert "AllowMajorVersionUpgrade" in refused(no, change, **modify, EngineVersion="8.4")
    refused("InvalidParameterValue", change, **modify, BackupRetentionPeriod=36)
    change(**modify, AllocatedStorage=150, EngineVersion="8.4", AllowMajorVersionUpgrade=True)
    later(3600)
    assert "Cannot upgrade mysql from 8.4" in refused(no, change, **modify, EngineVersion="8.0")


def test_attached_policy_is_not_deleted(aws: Aws) -> None:
    iam = aws("iam")
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_ord_5_dead_letters_have_a_queue(aws: Aws) -> None:
    sqs = aws("sqs")

    def redrive(**changed: Any) -> dict[str, str]:
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:dead", "maxReceiveCount": 3} | changed
        return {"RedrivePolicy": json.dumps(policy)}

    def create(**changed: Any) -> Any:
        return sqs.create_queue(QueueName="live", Attributes=redrive(**changed))

    no = "InvalidParameterValue"
    assert "Dead letter target does not exist" in refused(no, create)
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    refused(no, create, maxReceiveCount=0)
    for allowed in ({"redrivePermission": "denyAll"}, {"redrivePermission": "byQueue", "sourceQueueArns": []}):
        sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(allowed)})
        refused(no, create)
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:live"]}
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(allowed)})
    live = create()["QueueUrl"]
    ghost = redrive(deadLetterTargetArn=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:ghost")
    refused(no, sqs.set_queue_attributes, QueueUrl=live, Attributes=ghost)


def test_topics_and_their_mail(aws: Aws) -> None:
    sns = aws("sns")
    tags = [{"Key": "Environment", "Value": "production"}]
    topic = sns.create_topic(Name="alerts", Tags=tags)["TopicArn"]
    assert sns.create_topic(Name="alerts", Tags=tags)["TopicArn"] == topic
    assert sns.create_topic(Name="alerts")["TopicArn"] == topic
    other = [{"Key": "Environment", "Value": "staging"}]
    assert "different tags" in refused("InvalidParameter", sns.create_topic, Name="alerts", Tags=other)
    refused("InvalidParameter", sns.subscribe, TopicArn=topic, Protocol="email", Endpoint="nobody")


def test_times_that_aws_takes(aws: Aws) -> None:
    logs, kms = aws("logs"), aws("kms")
    logs.create_log_group(logGroupName="/x")
    refused("InvalidParameterException", logs.put_retention_policy, logGroupName="/x", retentionInDays=8)
    logs.put_retention_policy(logGroupName="/x", retentionInDays=7)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    refused("NotAuthorizedException", kms.create_alias, AliasName="alias/aws/x", TargetKeyId=key)
    for days in (6, 31):
        refused("ValidationException", kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    about = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.h", "Code": {"ZipFile": function_code()}}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    refused("ValidationException", aws("lambda").create_function, **about, Role=role, Timeout=901)


def test_tdn_8_deleted_secret_takes_no_value(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="s", SecretString="1")
    secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    no = "InvalidRequestException"
    assert "marked for deletion" in refused(no, secrets.put_secret_value, SecretId="s", SecretString="2")
    refused(no, secrets.update_secret, SecretId="s", SecretString="2")
    secrets.restore_secret(SecretId="s")
    secrets.put_secret_value(SecretId="s", SecretString="2")


def test_policies_and_acls_of_a_bucket(aws: Aws) -> None:
    s3 = aws("s3")
    place = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="assets-1", CreateBucketConfiguration=place)
    statement = {"Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject"}
    wrong = document(**statement, Resource="arn:aws:s3:::assets-2/*")
    assert "invalid resource" in refused("MalformedPolicy", s3.put_bucket_policy, Bucket="assets-1", Policy=wrong)
    s3.put_bucket_policy(Bucket="assets-1", Policy=document(**statement, Resource="arn:aws:s3:::assets-1/*"))
    refused("AccessControlListNotSupported", s3.put_bucket_acl, Bucket="assets-1", ACL="log-delivery-write")
    owned = {"Bucket": "logs-1", "CreateBucketConfiguration": place, "ObjectOwnership": "BucketOwnerPreferred"}
    s3.create_bucket(**owned)
    s3.put_bucket_acl(Bucket="logs-1", ACL="log-delivery-write")


@pytest.mark.parametrize(
    "changed",
    [
        {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}, {"Days": 60, "StorageClass": "STANDARD_IA"}]},
        {"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}], "Expiration": {"Days": 30}},
    ],
)
def test_order_of_a_lifecycle(aws: Aws, changed: dict[str, Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="logs-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    good = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}}
    good["Transitions"] = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}]
    put = s3.put_bucket_lifecycle_configuration
    refused("InvalidArgument", put, Bucket="logs-1", LifecycleConfiguration={"Rules": [{**good, **changed}]})
    put(Bucket="logs-1", LifecycleConfiguration={"Rules": [good]})


def test_records_are_well_formed(zone: Any) -> None:
    def record(kind: str, value: str) -> dict[str, Any]:
        return {"Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}

    no = "InvalidChangeBatch"
    refused(no, zone, action="CREATE", **record("A", "nowhere"))
    refused(no, zone, action="CREATE", **record("AAAA", "192.0.2.1"))
    assert "at apex" in refused(no, zone, action="CREATE", name="example.com", **record("CNAME", "a.example.org"))
    zone("CREATE", **record("A", "192.0.2.1"))
    assert "conflicts" in refused(no, zone, action="CREATE", **record("CNAME", "a.example.org"))
    zone("DELETE", **record("A", "192.0.2.1"))
    zone("CREATE", **record("CNAME", "a.example.org"))
