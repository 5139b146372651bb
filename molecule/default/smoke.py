# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Break what playbooks/smoke.yml has to find, and mend it: python smoke.py break|mend. It says which lines have to fail."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3

ENVIRONMENT, REGION = "production", "us-east-1"
KEPT = Path(".cache/molecule/smoke.json")
FAILS = [
    f"Alarm to {ENVIRONMENT}-db-alert",
    f"Alarms to {ENVIRONMENT}-high-cpu-alert",
    "DNS api.example.com",
    f"Database {ENVIRONMENT}-db",
    f"Event to {ENVIRONMENT}-shipping-queue",
    f"Targets {ENVIRONMENT}-web-servers",
]


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def named(name: str) -> str:
    return f"{ENVIRONMENT}-{name}"


def topic(name: str) -> str:
    found = client("sns").list_topics()["Topics"]
    return next(each["TopicArn"] for each in found if each["TopicArn"].endswith(f":{named(name)}"))


def queue() -> str:
    return client("sqs").get_queue_url(QueueName=named("shipping-queue"))["QueueUrl"]


def target_group() -> str:
    return client("elbv2").describe_target_groups(Names=[named("web-servers")])["TargetGroups"][0]["TargetGroupArn"]


def zone() -> str:
    return client("route53").list_hosted_zones()["HostedZones"][0]["Id"]


def database_group() -> dict[str, Any]:
    database = client("rds").describe_db_instances(DBInstanceIdentifier=named("db"))["DBInstances"][0]
    ids = [each["VpcSecurityGroupId"] for each in database["VpcSecurityGroups"]]
    return client("ec2").describe_security_groups(GroupIds=ids)["SecurityGroups"][0]


def set_topic_policy(policy: str) -> None:
    client("sns").set_topic_attributes(TopicArn=topic("db-alert"), AttributeName="Policy", AttributeValue=policy)


def set_queue_policy(policy: str) -> None:
    client("sqs").set_queue_attributes(QueueUrl=queue(), Attributes={"Policy": policy})


def change_records(action: str, records: list[dict[str, Any]]) -> None:
    changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
    client("route53").change_resource_record_sets(HostedZoneId=zone(), ChangeBatch={"Changes": changes})


def read() -> dict[str, Any]:
    """Return what is there, to be put back."""
    sns, records = client("sns"), client("route53").list_resource_record_sets(HostedZoneId=zone())["ResourceRecordSets"]
    group = database_group()
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic("high-cpu-alert"))["Subscriptions"]
    health = client("elbv2").describe_target_health(TargetGroupArn=target_group())["TargetHealthDescriptions"]
    return {
        "target": health[0]["Target"],
        "queue_policy": client("sqs").get_queue_attributes(QueueUrl=queue(), AttributeNames=["Policy"])["Attributes"][
            "Policy"
        ],
        "topic_policy": sns.get_topic_attributes(TopicArn=topic("db-alert"))["Attributes"]["Policy"],
        "subscriptions": [
            {key: each[key] for key in ("SubscriptionArn", "Protocol", "Endpoint")} for each in subscriptions
        ],
        "records": [each for each in records if each["Name"] == "api.example.com."],
        "group": group["GroupId"],
        "rules": group["IpPermissions"],
    }


def break_it(kept: dict[str, Any]) -> None:
    """One server gets no requests, a queue and a topic let nobody in, nobody hears of another topic, the database is shut."""
    client("elbv2").deregister_targets(TargetGroupArn=target_group(), Targets=[kept["target"]])
    set_queue_policy(kept["queue_policy"].replace("sns.amazonaws", "events.amazonaws"))
    set_topic_policy(kept["topic_policy"].replace("cloudwatch.amazonaws", "events.amazonaws"))
    for each in kept["subscriptions"]:
        client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    change_records("DELETE", kept["records"])
    client("ec2").revoke_security_group_ingress(GroupId=kept["group"], IpPermissions=kept["rules"])


def mend(kept: dict[str, Any]) -> None:
    client("elbv2").register_targets(TargetGroupArn=target_group(), Targets=[kept["target"]])
    set_queue_policy(kept["queue_policy"])
    set_topic_policy(kept["topic_policy"])
    for each in kept["subscriptions"]:
        client("sns").subscribe(TopicArn=topic("high-cpu-alert"), Protocol=each["Protocol"], Endpoint=each["Endpoint"])
    change_records("UPSERT", kept["records"])
    client("ec2").authorize_security_group_ingress(GroupId=kept["group"], IpPermissions=kept["rules"])


def main(act: str) -> None:
    if act == "break":
        KEPT.write_text(json.dumps(read()), encoding="utf-8")
        break_it(json.loads(KEPT.read_text(encoding="utf-8")))
        print(json.dumps(FAILS))
    else:
        mend(json.loads(KEPT.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(*sys.argv[1:])
