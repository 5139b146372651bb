#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_smoke_info
short_description: Ask AWS whether a deployed environment works
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Asks Route 53, the load balancer, RDS and CloudWatch whether what is deployed does what it is there for. Each answer is a line of a table.
  - What AWS does not let us ask counts as failed.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  hosted_zone:
    description: The names that the zone has to answer for. It is Route 53 itself that is asked, so the domain need not be delegated yet.
    type: dict
    suboptions:
      id:
        description: Id of the hosted zone.
        type: str
        required: true
      names:
        description: Lists of record types, such as A and AAAA, by name.
        type: dict
        required: true
  asset_bucket:
    description: The bucket of static assets, for the name of one that can be asked for.
    type: dict
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      prefix:
        description: How the names of assets begin.
        type: str
        required: true
  targets:
    description: The target groups, and the group whose instances in service have to be healthy in each of them.
    type: dict
    suboptions:
      target_group_arns:
        description: ARNs of the target groups.
        type: list
        elements: str
        required: true
      autoscaling_group_name:
        description: Name of the Auto Scaling group.
        type: str
        required: true
      wait_timeout:
        description: How many seconds a target may still take to become healthy.
        type: int
        default: 60
  database:
    description: The database, and who has to reach it.
    type: dict
    suboptions:
      identifier:
        description: Identifier of the instance.
        type: str
        required: true
      security_group_id:
        description: Security group of the servers, which the database's own has to let in.
        type: str
        required: true
      reported:
        description:
          - What the application says of the database, C(ok) when it reaches it, as its health check has it.
          - When empty, the connections that CloudWatch counted in the last 15 minutes are looked at instead.
        type: str
        default: ""
  alarm_names:
    description: Names of the alarms that have to notify somebody; each topic they publish to needs a confirmed subscription.
    type: list
    elements: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Are all servers behind the load balancer, and healthy?
  realtime.aws.stack_smoke_info:
    targets:
      target_group_arns: ["{{ web_arn }}", "{{ api_arn }}"]
      autoscaling_group_name: production-asg
  register: smoke
  failed_when: smoke.checks | selectattr('verdict', 'equalto', 'fail') | length > 0

- name: Can the servers reach the database?
  realtime.aws.stack_smoke_info:
    database:
      identifier: production-db
      security_group_id: sg-0a1b2c3d4e5f60718

- name: Does Route 53 answer, and does each alarm reach somebody?
  realtime.aws.stack_smoke_info:
    hosted_zone:
      id: Z0123456789ABCDEFGHIJ
      names: {www.example.com: [A, AAAA], api.example.com: [A]}
    alarm_names: [production-HighErrorRate]
"""

RETURN = r"""
checks:
  description: What was asked and answered, in the order of the options.
  returned: success
  type: list
  elements: dict
  contains:
    verdict:
      description: C(pass), C(fail), or C(skipped) when it could not be judged.
      type: str
      sample: fail
    subject:
      description: What it is about.
      type: str
      sample: Targets production-web-servers
    found:
      description: What AWS says.
      type: str
      sample: "3 of 4 servers are healthy; i-0a1b2c3d4e5f60718 is not registered"
    remedy:
      description: How to mend it; empty when there is nothing to mend.
      type: str
      sample: Look at the health check's path and port, and at the instance's log
asset:
  description: Name of an object of O(asset_bucket); empty when there is none.
  returned: with O(asset_bucket)
  type: str
  sample: static/app.css
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.alarms import by_topic, read_alarms
from ansible_collections.realtime.aws.plugins.module_utils.checks import Check, asked, failed, passed, skipped
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, wait_until
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

# An instance in one of these states takes connections: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
SERVING = ("available", "backing-up", "configuring-", "modifying", "storage-")
LEAVING = ("draining", "unused")
LOOK_BACK = timedelta(minutes=15)
LOOK = "Look at the health check's path and port, and at the instance's log; replace one that is not registered"
MENTIONED = 3  # of a long list


def mention(items: list[str]) -> str:
    """Return a list for people, cut when it is long."""
    more = f" and {len(items) - MENTIONED} more" if len(items) > MENTIONED else ""
    return ", ".join(items[:MENTIONED]) + more


def lets_in(group: dict[str, Any], port: int, source: str) -> bool:
    """Return whether a security group lets another one in at a TCP port."""
    return any(
        rule["IpProtocol"] in ("tcp", "-1")
        and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535)
        and any(pair["GroupId"] == source for pair in rule.get("UserIdGroupPairs", []))
        for rule in group["IpPermissions"]
    )


class Smoke:
    """The questions. Each yields its checks."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client

    def name(self, zone: str, name: str, kinds: list[str]) -> Iterator[Check]:
        """Ask Route 53 what it answers for a name; that of an alias is its target's addresses, so it has to resolve."""
        subject, found = f"DNS {name}", []
        for kind in kinds:
            answer = self.client("route53").test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType=kind)
            if answer["ResponseCode"] != "NOERROR" or not answer["RecordData"]:
                why = f"the zone answers {answer['ResponseCode']} with no {kind} record"
                yield failed(subject, why, "Run site.yml --tags frontend: the record is missing, or its target is")
                return
            found.append(f"{kind} {answer['RecordData'][0]}")
        yield passed(subject, f"the zone answers {', '.join(found)}")

    def asset(self, bucket: str, prefix: str) -> str:
        """Return the name of an object that is no folder's."""
        listed = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=10)
        return next((each["Key"] for each in listed.get("Contents", []) if each["Size"]), "")

    def in_service(self, group: str) -> set[str]:
        groups = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
        instances = [each for found in groups["AutoScalingGroups"] for each in found["Instances"]]
        return {each["InstanceId"] for each in instances if each["LifecycleState"] == "InService"}

    def targets(self, arn: str, group: str, timeout: int) -> Iterator[Check]:
        """Compare a target group with the instances in service; those that are new get their time."""
        servers: set[str] = set()
        faults: dict[str, str] = {}

        def healthy() -> bool:
            servers.clear()
            faults.clear()
            servers.update(self.in_service(group))
            described = self.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
            states = {each["Target"]["Id"]: each["TargetHealth"] for each in described}
            there = {name: health for name, health in states.items() if health["State"] not in LEAVING}
            faults.update({name: "is not registered" for name in servers - there.keys()})
            for name, health in there.items():
                if health["State"] != "healthy":
                    reason = health.get("Description") or health.get("Reason")
                    faults[name] = f"is {health['State']}{f' ({reason})' if reason else ''}"
            return bool(servers) and not faults

        subject = f"Targets {arn.split('/')[-2]}"
        try:
            wait_until("the targets to be healthy", healthy, timeout)
        except AnsibleAWSError:
            healthy_ones = f"{len(servers - faults.keys())} of {len(servers)} servers are healthy"
            wrong = mention([f"{name} {faults[name]}" for name in sorted(faults)])
            remedy = LOOK if servers else f"See in the activities of {group} why it has no instance in service"
            yield failed(subject, "; ".join(filter(None, [healthy_ones, wrong])), remedy)
        else:
            yield passed(subject, f"all {len(servers)} servers are healthy")

    def database(self, wanted: dict[str, Any]) -> Iterator[Check]:
        """Ask whether it is up and lets the servers in, then whether they were there."""
        name, source = wanted["identifier"], wanted["security_group_id"]
        subject = f"Database {name}"
        instance = self.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        status, endpoint = instance["DBInstanceStatus"], instance.get("Endpoint")
        if not status.startswith(SERVING) or not endpoint:
            yield failed(subject, f"it is {status}", "Wait for it, or see its events in RDS")
            return
        ids = [each["VpcSecurityGroupId"] for each in instance["VpcSecurityGroups"]]
        groups = self.client("ec2").describe_security_groups(GroupIds=ids)["SecurityGroups"]
        port = endpoint["Port"]
        if not any(lets_in(group, port, source) for group in groups):
            found = f"{status}, but {', '.join(ids)} does not let {source} in at port {port}"
            yield failed(subject, found, "Run site.yml --tags security")
        else:
            yield passed(
                subject, f"{status} at {endpoint['Address']}:{port}, where its security group lets the servers in"
            )
        yield from asked("Database in use", self.database_use, name, wanted["reported"])

    def database_use(self, name: str, reported: str) -> Iterator[Check]:
        """The database is private: who has reached it is the application, or else whom CloudWatch counted."""
        subject = "Database in use"
        if reported == "ok":
            yield passed(subject, "the application reaches it, says its health check")
            return
        if reported:
            remedy = "Look at the application's log: credentials, TLS, or the network"
            yield failed(subject, f"the application's health check says of it: {reported}", remedy)
            return
        now = datetime.now(UTC)
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/RDS",
            MetricName="DatabaseConnections",
            Dimensions=[{"Name": "DBInstanceIdentifier", "Value": name}],
            StartTime=now - LOOK_BACK,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        most = int(max((point["Maximum"] for point in points), default=0))
        if most:
            yield passed(subject, f"up to {most} connections in the last 15 minutes, says CloudWatch")
        else:
            yield skipped(
                subject,
                "no connection in the last 15 minutes, says CloudWatch, which proves nothing",
                'Let the health check of the application say {"database": "ok"}, or use it and try again',
            )

    def alarms(self, names: list[str]) -> Iterator[Check]:
        """Ask who is told of the alarms. That a message arrives is cloudwatch_alarm_delivery's to try."""
        topics = by_topic(read_alarms(self.client("cloudwatch"), names))
        heard = {alarm["AlarmName"] for alarms in topics.values() for alarm in alarms}
        if silent := sorted(set(names) - heard):
            yield failed("Alarms", f"{mention(silent)} notify nobody", "Run site.yml --tags monitoring")
        for arn, alarms in topics.items():
            yield from asked(f"Alarms to {arn.split(':')[-1]}", self.topic, arn, len(alarms))

    def topic(self, arn: str, alarms: int) -> Iterator[Check]:
        subject = f"Alarms to {arn.split(':')[-1]}"
        listed = pages(self.client("sns"), "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        confirmed = sorted({each["Protocol"] for each in listed if each["SubscriptionArn"].startswith("arn:")})
        waiting = [each["Endpoint"] for each in listed if not each["SubscriptionArn"].startswith("arn:")]
        found = f"alarms: {alarms}; told: {', '.join(confirmed) or 'nobody'}"
        found += f"; not confirmed: {mention(waiting)}" if waiting else ""
        if confirmed:
            yield passed(subject, found)
        else:
            yield failed(subject, found, "Subscribe somebody in messaging_topics, and confirm by the link in the mail")


def argument_spec() -> dict[str, Any]:
    return {
        "hosted_zone": {
            "type": "dict",
            "options": {
                "id": {"type": "str", "required": True},
                "names": {"type": "dict", "required": True},
            },
        },
        "asset_bucket": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "prefix": {"type": "str", "required": True},
            },
        },
        "targets": {
            "type": "dict",
            "options": {
                "target_group_arns": {"type": "list", "elements": "str", "required": True},
                "autoscaling_group_name": {"type": "str", "required": True},
                "wait_timeout": {"type": "int", "default": 60},
            },
        },
        "database": {
            "type": "dict",
            "options": {
                "identifier": {"type": "str", "required": True},
                "security_group_id": {"type": "str", "required": True},
                "reported": {"type": "str", "default": ""},
            },
        },
        "alarm_names": {"type": "list", "elements": "str"},
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    smoke = Smoke(cache(lambda service: module.client(service, retry_decorator=RETRY)))
    checks: list[Check] = []
    if zone := params["hosted_zone"]:
        for name, kinds in zone["names"].items():
            checks += asked(f"DNS {name}", smoke.name, zone["id"], name, kinds)
    more = {}
    if bucket := params["asset_bucket"]:
        try:
            more["asset"] = smoke.asset(bucket["name"], bucket["prefix"])
        except (ClientError, BotoCoreError) as error:
            module.fail_json_aws(error, msg=f"Failed to list the objects of {bucket['name']}")
    if targets := params["targets"]:
        for arn in targets["target_group_arns"]:
            group, timeout = targets["autoscaling_group_name"], targets["wait_timeout"]
            checks += asked(f"Targets {arn.split('/')[-2]}", smoke.targets, arn, group, timeout)
    if params["database"]:
        checks += asked(f"Database {params['database']['identifier']}", smoke.database, params["database"])
    if params["alarm_names"]:
        checks += asked("Alarms", smoke.alarms, params["alarm_names"])
    module.exit_json(changed=False, checks=checks, **more)


if __name__ == "__main__":
    main()
