import json

import boto3
import pytest

SQS, SNS, LAMBDA, IAM = (boto3.client(service) for service in ("sqs", "sns", "lambda", "iam"))
PREFIX = "us-east-1:123456789012:molecule-"


def queue(name):
    url = SQS.get_queue_url(QueueName=f"molecule-{name}")["QueueUrl"]
    found = SQS.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {**found, "tags": SQS.list_queue_tags(QueueUrl=url)["Tags"]}


def topic(name):
    return SNS.get_topic_attributes(TopicArn=f"arn:aws:sns:{PREFIX}{name}")["Attributes"]


def statements(document):
    return {item["Sid"]: item for item in json.loads(document)["Statement"]}


@pytest.mark.parametrize(
    ("name", "dead_letters"),
    [
        ("order-processing-queue", "order-processing-dlq"),
        ("inventory-queue", "inventory-dlq"),
        ("payments", "payments-dlq"),
    ],
)
def test_src_21_every_queue_has_a_dead_letter_queue(name, dead_letters):
    redrive = json.loads(queue(name)["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": f"arn:aws:sqs:{PREFIX}{dead_letters}", "maxReceiveCount": 3}
    allow = json.loads(queue(dead_letters)["RedriveAllowPolicy"])
    assert allow == {"redrivePermission": "byQueue", "sourceQueueArns": [f"arn:aws:sqs:{PREFIX}{name}"]}


def test_queue_attributes():
    found = queue("order-processing-queue")
    assert found["VisibilityTimeout"] == "300"
    assert found["MessageRetentionPeriod"] == "1209600"
    assert found["ReceiveMessageWaitTimeSeconds"] == "20"
    assert found["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert found["tags"]["Layer"] == "messaging"
    assert found["tags"]["Owner"] == "platform"


def test_only_the_subscribed_topic_may_send():
    found = statements(queue("inventory-queue")["Policy"])
    assert found["From-order-events"]["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:sns:{PREFIX}order-events"}
    }
    assert found["TlsOnly"]["Effect"] == "Deny"
    assert list(statements(queue("order-processing-queue")["Policy"])) == ["TlsOnly"]


def test_alarms_and_budgets_may_publish():
    found = statements(topic("application-alerts")["Policy"])
    assert set(found) == {"TlsOnly", "From-cloudwatch", "From-budgets"}
    for name in ("From-cloudwatch", "From-budgets"):
        assert found[name]["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert ":123456789012:" in found[name]["Condition"]["ArnLike"]["aws:SourceArn"]
    assert topic("application-alerts")["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert topic("application-alerts")["DisplayName"] == "Application Alerts"


def test_subscriptions():
    def listed(name):
        found = SNS.list_subscriptions_by_topic(TopicArn=f"arn:aws:sns:{PREFIX}{name}")["Subscriptions"]
        return {(item["Protocol"], item["Endpoint"]): item["SubscriptionArn"] for item in found}

    alerts = listed("application-alerts")
    assert alerts["email", "ops-team@example.com"] == "PendingConfirmation"
    assert ("lambda", f"arn:aws:lambda:{PREFIX.replace(':molecule', ':function:molecule')}alert-processor") in alerts
    arn = listed("order-events")["sqs", f"arn:aws:sqs:{PREFIX}payments"]
    settings = SNS.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert settings["RawMessageDelivery"] == "true"
    assert json.loads(settings["FilterPolicy"]) == {"type": ["paid"]}


def test_the_alert_processor():
    found = LAMBDA.get_function(FunctionName="molecule-alert-processor")["Configuration"]
    assert found["Runtime"] == "python3.13"
    assert found["Architectures"] == ["arm64"]
    assert found["DeadLetterConfig"]["TargetArn"] == f"arn:aws:sqs:{PREFIX}alert-processor-dlq"
    assert found["Environment"]["Variables"] == {"WEBHOOK_SECRET": "chat/webhook"}
    policy = statements(LAMBDA.get_policy(FunctionName="molecule-alert-processor")["Policy"])
    assert list(policy) == ["application-alerts"]
    assert policy["application-alerts"]["Condition"] == {
        "ArnLike": {"AWS:SourceArn": f"arn:aws:sns:{PREFIX}application-alerts"}
    }


def test_the_alert_processor_may_do_little():
    assert IAM.list_role_policies(RoleName="molecule-alert-processor")["PolicyNames"] == ["alert-processor"]
    assert IAM.list_attached_role_policies(RoleName="molecule-alert-processor")["AttachedPolicies"] == []
    document = IAM.get_role_policy(RoleName="molecule-alert-processor", PolicyName="alert-processor")["PolicyDocument"]
    for statement in document["Statement"]:
        assert statement["Resource"] != "*" and "*" not in statement["Action"]
    secret = next(item for item in document["Statement"] if item["Sid"] == "ReadWebhook")
    assert secret["Resource"] == "arn:aws:secretsmanager:us-east-1:123456789012:secret:chat/webhook-??????"


def test_logs_are_kept_for_a_while():
    prefix = "/aws/lambda/molecule-alert-processor"
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [30]
