"""The smaller services: ACM, Backup, Budgets, ECR, IAM, KMS, Lambda, Logs, S3, Service Quotas, SNS."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sandbox_helpers import Aws, eventually, function_code, issued_certificate, key_for, refused, trust

ACCOUNT = "123456789012"


# ACM


def test_certificate_has_the_key_that_was_asked_for(aws: Aws) -> None:
    acm = aws("acm")
    arn = acm.request_certificate(DomainName="example.com", ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")
    found = acm.describe_certificate(CertificateArn=arn["CertificateArn"])["Certificate"]
    assert found["KeyAlgorithm"] == "EC_prime256v1"


def test_certificate_is_issued_when_its_record_exists(aws: Aws) -> None:
    acm, route53 = aws("acm"), aws("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]
    arn = acm.request_certificate(
        DomainName="example.com", SubjectAlternativeNames=["*.example.com"], ValidationMethod="DNS"
    )["CertificateArn"]

    def describe() -> dict[str, Any]:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]

    first, second = describe(), describe()
    assert not any("ResourceRecord" in option for option in first["DomainValidationOptions"])
    apex, wildcard = (option["ResourceRecord"] for option in second["DomainValidationOptions"])
    assert apex == wildcard
    assert second["Status"] == "PENDING_VALIDATION"
    record = {"Name": apex["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": apex["Value"]}]}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    issued = describe()
    assert issued["Status"] == "ISSUED"
    assert {option["ValidationStatus"] for option in issued["DomainValidationOptions"]} == {"SUCCESS"}


@pytest.mark.parametrize("addresses", ["ipv4", "dualstack"])
def test_the_answers_of_a_zone(aws: Aws, network: Any, addresses: str) -> None:
    route53, elbv2 = aws("route53"), aws("elbv2")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets, IpAddressType=addresses)["LoadBalancers"][
        0
    ]
    target = {"DNSName": balancer["DNSName"], "HostedZoneId": balancer["CanonicalHostedZoneId"]}
    alias = {"Name": "www.example.com", "AliasTarget": {**target, "EvaluateTargetHealth": False}}
    text = {"Name": "example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"text"'}]}
    records = [{**alias, "Type": "A"}, {**alias, "Type": "AAAA"}, text]
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in records]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    def ask(name: str, kind: str) -> tuple[str, list[str]]:
        answer = route53.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType=kind)
        return answer["ResponseCode"], answer["RecordData"]

    assert ask("example.com", "TXT") == ("NOERROR", ['"text"'])
    assert ask("WWW.example.com.", "A") == ("NOERROR", ["192.0.2.1"])
    assert ask("www.example.com", "AAAA") == ("NOERROR", ["2001:db8::1"] if addresses == "dualstack" else [])
    assert ask("www.example.com", "TXT") == ("NOERROR", [])
    assert ask("other.example.com", "A") == ("NXDOMAIN", [])
    elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert ask("www.example.com", "A") == ("NOERROR", [])
    nowhere = {"HostedZoneId": "Z0NONE", "RecordName": "example.com", "RecordType": "A"}
    refused("NoSuchHostedZone", route53.test_dns_answer, **nowhere)


def test_certificate_in_use(aws: Aws, network: Any) -> None:
    elbv2, acm = aws("elbv2"), aws("acm")
    arn = issued_certificate(aws, "eu-west-1")
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[fixed],
    )["Listeners"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [balancer]
    refused("ResourceInUseException", acm.delete_certificate, CertificateArn=arn)
    elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
    acm.delete_certificate(CertificateArn=arn)


# AWS Backup


def test_backup_selections(aws: Aws) -> None:
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"a": "b"})
    plan = {"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "vault"}]}
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    selection = {"SelectionName": "s", "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/b", "Resources": ["arn:aws:s3:::x"]}
    wanted = {"BackupPlanId": plan_id, "BackupSelection": selection}
    refused("InvalidParameterValueException", backup.create_backup_selection, **wanted)
    aws("iam").create_role(RoleName="b", AssumeRolePolicyDocument=trust("backup.amazonaws.com"))
    selection_id = eventually("InvalidParameterValueException", backup.create_backup_selection, **wanted)["SelectionId"]
    refused("AlreadyExistsException", backup.create_backup_selection, **wanted)
    got = backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
    assert got["BackupSelection"] == selection
    (listed,) = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    assert (listed["SelectionName"], listed["SelectionId"]) == ("s", selection_id)
    refused("InvalidRequestException", backup.delete_backup_plan, BackupPlanId=plan_id)
    renamed = {"BackupPlanName": "p", "Rules": [{"RuleName": "r2", "TargetBackupVaultName": "vault"}]}
    backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=renamed)
    assert backup.get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"][0]["RuleName"] == "r2"
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection_id)
    backup.delete_backup_plan(BackupPlanId=plan_id)
    assert backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"] != plan_id
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"] == []
    assert backup.list_tags(ResourceArn=f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:vault")["Tags"] == {"a": "b"}


# Budgets


def test_budgets(aws: Aws) -> None:
    budgets = aws("budgets", "us-east-1")
    budget = {
        "BudgetName": "b",
        "BudgetLimit": {"Amount": "100", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    notification = {
        "NotificationType": "ACTUAL",
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": 80.0,
        "ThresholdType": "PERCENTAGE",
    }
    mail = [{"SubscriptionType": "EMAIL", "Address": f"{name}@example.com"} for name in "abc"]
    alert = {"Notification": notification, "Subscribers": mail[:1]}
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=budget,
        NotificationsWithSubscribers=[alert],
        ResourceTags=[{"Key": "a", "Value": "b"}],
    )
    here = {"AccountId": ACCOUNT, "BudgetName": "b"}
    budgets.create_subscriber(**here, Notification=notification, Subscriber=mail[1])
    budgets.update_subscriber(**here, Notification=notification, OldSubscriber=mail[0], NewSubscriber=mail[2])
    budgets.delete_subscriber(**here, Notification=notification, Subscriber=mail[1])
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget | {"BudgetLimit": {"Amount": "200", "Unit": "USD"}})
    higher = notification | {"Threshold": 90.0}
    budgets.update_notification(**here, OldNotification=notification, NewNotification=higher)
    assert budgets.describe_budget(**here)["Budget"]["BudgetLimit"]["Amount"] == "200"
    found = budgets.describe_subscribers_for_notification(**here, Notification=higher)
    assert found["Subscribers"] == mail[2:]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/b"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "c", "Value": "d"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "c", "Value": "d"}]


# IAM


@pytest.mark.parametrize(("service", "name"), [("autoscaling", "AutoScaling"), ("rds", "RDS")])
def test_service_linked_roles(aws: Aws, service: str, name: str) -> None:
    iam, principal = aws("iam"), f"{service}.amazonaws.com"
    role = iam.create_service_linked_role(AWSServiceName=principal)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{principal}/AWSServiceRoleFor{name}"
    refused("InvalidInput", iam.create_service_linked_role, AWSServiceName=principal)
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    refused("NoSuchEntity", iam.get_role, RoleName=role["RoleName"])
    refused("NoSuchEntity", iam.delete_service_linked_role, RoleName=role["RoleName"])


def test_managed_policies_exist(aws: Aws) -> None:
    assert aws("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")


# KMS


def test_rotation_period(aws: Aws) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180


# Lambda


@pytest.fixture
def function(aws: Aws) -> Any:
    """A client; the function `f` exists."""
    role = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
    client = aws("lambda")
    eventually(  # CON-2
        "InvalidParameterValueException",
        client.create_function,
        FunctionName="f",
        Role=role,
        Runtime="python3.13",
        Handler="a.h",
        Code={"ZipFile": function_code()},
        DeadLetterConfig={"TargetArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:dlq"},
        LoggingConfig={"LogFormat": "JSON"},
    )
    return client


def test_function_configuration(function: Any) -> None:
    found = function.get_function_configuration(FunctionName="f")
    assert found["DeadLetterConfig"]["TargetArn"].endswith(":dlq")
    assert found["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "/aws/lambda/f"}
    function.update_function_configuration(FunctionName="f", LoggingConfig={"LogFormat": "Text"})
    assert function.get_function(FunctionName="f")["Configuration"]["LoggingConfig"]["LogFormat"] == "Text"


def test_permission_ids_are_unique(function: Any) -> None:
    permission = {
        "FunctionName": "f",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
    }
    refused("ResourceNotFoundException", function.get_policy, FunctionName="f")
    function.add_permission(**permission)
    refused("ResourceConflictException", function.add_permission, **permission)
    function.remove_permission(FunctionName="f", StatementId="s")
    refused("ResourceNotFoundException", function.get_policy, FunctionName="f")


# Logs


def test_log_group_key_and_class(aws: Aws) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/x", logGroupClass="INFREQUENT_ACCESS")
    key = key_for(aws, "logs.eu-west-1.amazonaws.com")
    logs.associate_kms_key(logGroupName="/x", kmsKeyId=key)
    (found,) = logs.describe_log_groups()["logGroups"]
    assert (found["kmsKeyId"], found["logGroupClass"]) == (key, "INFREQUENT_ACCESS")
    logs.disassociate_kms_key(logGroupName="/x")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]


# S3


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client; the buckets `data-1` and `logs-1` exist."""
    client = aws("s3")
    for bucket in ("data-1", "logs-1"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def test_log_delivery_after_a_star_principal(s3: Any) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-1/p/*",
    }
    logging = {"LoggingEnabled": {"TargetBucket": "logs-1", "TargetPrefix": "p/"}}
    for statements in ([deny], [deny, allow]):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        s3.put_bucket_policy(Bucket="logs-1", Policy=policy)
        if allow not in statements:
            refused(
                "InvalidTargetBucketForLogging",
                s3.put_bucket_logging,
                Bucket="data-1",
                BucketLoggingStatus=logging,
            )
    s3.put_bucket_logging(Bucket="data-1", BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(Bucket="data-1")["LoggingEnabled"]["TargetPrefix"] == "p/"


def test_new_buckets_are_private(s3: Any) -> None:
    blocks = s3.get_public_access_block(Bucket="data-1")["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    rules = s3.get_bucket_encryption(Bucket="data-1")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    ownership = s3.get_bucket_ownership_controls(Bucket="data-1")["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_lifecycle(s3: Any) -> None:
    def rule(days: int) -> dict[str, Any]:
        return {
            "ID": "r",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Transitions": [{"Days": days, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
        }

    early, late = ({"Rules": [rule(days)]} for days in (5, 30))
    refused("InvalidArgument", s3.put_bucket_lifecycle_configuration, Bucket="data-1", LifecycleConfiguration=early)
    s3.put_bucket_lifecycle_configuration(Bucket="data-1", LifecycleConfiguration=late)
    (found,) = s3.get_bucket_lifecycle_configuration(Bucket="data-1")["Rules"]
    assert found["NoncurrentVersionExpiration"] == rule(30)["NoncurrentVersionExpiration"]


def test_versions_keep_a_bucket(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="data-1", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data-1", Key="k", Body=b"")
    s3.delete_object(Bucket="data-1", Key="k")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="data-1")


# SNS


def test_mail_waits_for_confirmation(aws: Aws) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    mail = {"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"}
    assert sns.subscribe(**mail)["SubscriptionArn"] == "pending confirmation"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    refused("InvalidParameter", sns.get_subscription_attributes, SubscriptionArn="PendingConfirmation")
    refused("InvalidParameter", sns.unsubscribe, SubscriptionArn="PendingConfirmation")
    arn = sns.subscribe(**mail, ReturnSubscriptionArn=True)["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


# ECR


MANIFESTS = [
    json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"size": n}})
    for n in (1, 2)
]


def test_immutable_tag_stays_with_its_image(aws: Aws) -> None:
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    image = ecr.put_image(repositoryName="app", imageTag="1", imageManifest=MANIFESTS[0])["image"]
    digest = f"sha256:{hashlib.sha256(MANIFESTS[0].encode()).hexdigest()}"
    assert image["imageId"] == {"imageTag": "1", "imageDigest": digest}
    refused(
        "ImageTagAlreadyExistsException", ecr.put_image, repositoryName="app", imageTag="1", imageManifest=MANIFESTS[1]
    )
    ecr.put_image(repositoryName="app", imageTag="2", imageManifest=MANIFESTS[1])
    refused("RepositoryNotEmptyException", ecr.delete_repository, repositoryName="app")
    ecr.delete_repository(repositoryName="app", force=True)


def test_repository_of_an_unknown_key(aws: Aws) -> None:
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"
    refused(
        "KmsException",
        aws("ecr").create_repository,
        repositoryName="app",
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": arn},
    )


# IAM


def github_trust(**condition: Any) -> str:
    issuer = "token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:{key}": value for key, value in condition.items()}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_audiences_of_an_identity_provider(aws: Aws) -> None:
    iam = aws("iam")
    wanted = {"Url": "https://issuer.example.com", "ClientIDList": ["a"]}
    target = {"OpenIDConnectProviderArn": iam.create_open_id_connect_provider(**wanted)["OpenIDConnectProviderArn"]}
    refused("EntityAlreadyExists", iam.create_open_id_connect_provider, **wanted)
    for twice in ("b", "b"):
        iam.add_client_id_to_open_id_connect_provider(**target, ClientID=twice)
    assert iam.get_open_id_connect_provider(**target)["ClientIDList"] == ["a", "b"]
    for twice in ("a", "a"):
        iam.remove_client_id_from_open_id_connect_provider(**target, ClientID=twice)
    assert iam.get_open_id_connect_provider(**target)["ClientIDList"] == ["b"]
    iam.delete_open_id_connect_provider(**target)
    refused("NoSuchEntity", iam.add_client_id_to_open_id_connect_provider, **target, ClientID="b")


def test_trust_in_github_needs_a_subject(aws: Aws) -> None:
    iam = aws("iam")
    anybody, one = (
        github_trust(aud="sts.amazonaws.com"),
        github_trust(aud="sts.amazonaws.com", sub="repo:o/r:environment:e"),
    )
    refused("MalformedPolicyDocument", iam.create_role, RoleName="r", AssumeRolePolicyDocument=anybody)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=one)
    refused("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="r", PolicyDocument=anybody)


def test_limits_of_a_role(aws: Aws) -> None:
    iam = aws("iam")
    refused(
        "ValidationError",
        iam.create_role,
        RoleName="r",
        AssumeRolePolicyDocument=github_trust(sub="x"),
        MaxSessionDuration=43_201,
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=github_trust(sub="x"))

    def policy(size: int) -> str:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{'b' * size}"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=8)

    iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=policy(6_000))
    refused("LimitExceeded", iam.put_role_policy, RoleName="r", PolicyName="two", PolicyDocument=policy(5_000))
    iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=policy(10_000))


# Service Quotas


def test_quotas_of_ec2_and_of_vpc(aws: Aws) -> None:
    quotas = aws("service-quotas")
    for service, code, value in (("ec2", "L-0263D0A3", 5.0), ("vpc", "L-F678F1CE", 5.0)):
        assert quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"] == value
    refused("NoSuchResourceException", quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-00000000")


# The tagging API


def test_the_tagging_api_knows_the_kinds_that_aws_knows(aws: Aws) -> None:
    tags = {"Environment": "tagged"}
    aws("logs").create_log_group(logGroupName="/tagged/web", tags=tags)
    pairs = [{"Key": "Environment", "Value": "tagged"}]
    aws("rds").create_db_parameter_group(
        DBParameterGroupName="tagged", DBParameterGroupFamily="mysql8.4", Description="d", Tags=pairs
    )
    aws("events").put_rule(Name="tagged", ScheduleExpression="rate(1 day)", Tags=pairs)
    kinds = ["logs:log-group", "rds:pg", "events:rule"]
    filters = [{"Key": "Environment", "Values": ["tagged"]}]
    found = aws("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=kinds, TagFilters=filters)
    assert sorted(each["ResourceARN"].split(":")[2] for each in found["ResourceTagMappingList"]) == [
        "events",
        "logs",
        "rds",
    ]


def test_a_page_of_the_tagging_api_is_so_many_resources(aws: Aws) -> None:
    tags = {"Environment": "paged", **{f"Key{number}": "x" for number in range(9)}}
    for number in range(12):
        aws("sqs").create_queue(QueueName=f"paged-{number}", tags=tags)
    ask = {"TagFilters": [{"Key": "Environment", "Values": ["paged"]}]}
    client = aws("resourcegroupstaggingapi")
    assert len(client.get_resources(**ask)["ResourceTagMappingList"]) == 12
    assert len(client.get_resources(**ask, TagsPerPage=100)["ResourceTagMappingList"]) < 12
