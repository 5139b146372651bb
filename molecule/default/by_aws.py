# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS changes by itself in the production stack that stands, and how it writes what it was told: none of it is drift."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from drift import (
    ALARM,
    ENVIRONMENT,
    FUNCTION,
    LOGS,
    MESSAGES,
    REPOSITORY,
    ROLE,
    alarm,
    alias,
    attempt,
    autoscale,
    balancer,
    bucket,
    budget,
    client,
    database,
    distribution,
    group,
    key,
    named,
    queue,
    rule,
    set_queue,
    static_bucket,
    subnet,
    topic,
)


def rewritten(policy: str) -> str:
    """Return the same policy as AWS may give it back: statements in another order, single values as lists."""
    document = json.loads(policy)
    statements = [
        {
            name: [value] if name in ("Action", "Resource") and isinstance(value, str) else value
            for name, value in each.items()
        }
        for each in reversed(document["Statement"])
    ]
    return json.dumps({"Statement": statements, "Version": document["Version"]})


def respaced(text: str) -> str:
    """Return the same JSON with other spaces, and members in another order."""
    return json.dumps(dict(reversed(json.loads(text).items())), indent=3)


def rewrite_queue() -> None:
    found = client("sqs").get_queue_attributes(QueueUrl=queue(), AttributeNames=["Policy"])["Attributes"]
    set_queue(Policy=rewritten(found["Policy"]))


def rewrite_redrive() -> None:
    found = client("sqs").get_queue_attributes(QueueUrl=queue(), AttributeNames=["RedrivePolicy"])["Attributes"]
    policy = json.loads(found["RedrivePolicy"])
    set_queue(RedrivePolicy=json.dumps({**policy, "maxReceiveCount": str(policy["maxReceiveCount"])}))


def rewrite_topic() -> None:
    found = client("sns").get_topic_attributes(TopicArn=MESSAGES)["Attributes"]
    topic(Policy=rewritten(found["Policy"]))


def rewrite_key() -> None:
    found = client("kms").get_key_policy(KeyId=key("messaging"), PolicyName="default")["Policy"]
    client("kms").put_key_policy(KeyId=key("messaging"), PolicyName="default", Policy=rewritten(found))


def rewrite_bucket() -> None:
    found = client("s3").get_bucket_policy(Bucket=bucket())["Policy"]
    client("s3").put_bucket_policy(Bucket=bucket(), Policy=rewritten(found))


def rewrite_role() -> None:
    for name in client("iam").list_role_policies(RoleName=ROLE)["PolicyNames"]:
        found = client("iam").get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
        client("iam").put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=rewritten(json.dumps(found)))


def rewrite_trust() -> None:
    found = client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    for statement in found["Statement"]:
        statement["Principal"] = {kind: [name] for kind, name in statement["Principal"].items()}
    client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=rewritten(json.dumps(found)))


def rewrite_dashboard() -> None:
    found = client("cloudwatch").get_dashboard(DashboardName=ENVIRONMENT)["DashboardBody"]
    client("cloudwatch").put_dashboard(DashboardName=ENVIRONMENT, DashboardBody=respaced(found))


def rewrite_expiry() -> None:
    found = client("ecr").get_lifecycle_policy(repositoryName=REPOSITORY)["lifecyclePolicyText"]
    client("ecr").put_lifecycle_policy(repositoryName=REPOSITORY, lifecyclePolicyText=respaced(found))


def reorder_bucket_tags() -> None:
    tags = client("s3").get_bucket_tagging(Bucket=bucket())["TagSet"]
    client("s3").put_bucket_tagging(Bucket=bucket(), Tagging={"TagSet": tags[::-1]})


def reorder_lifecycle() -> None:
    found = client("s3").get_bucket_lifecycle_configuration(Bucket=bucket())["Rules"]
    client("s3").put_bucket_lifecycle_configuration(Bucket=bucket(), LifecycleConfiguration={"Rules": found[::-1]})


def reorder_rules() -> None:
    """Have the rules of a group come one by one, the last first, under other ids."""
    ec2, load_balancer = client("ec2"), group(named("alb-security-group"))
    (found,) = ec2.describe_security_groups(GroupIds=[load_balancer])["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=load_balancer, IpPermissions=found["IpPermissions"])
    for each in reversed(found["IpPermissions"]):
        ec2.authorize_security_group_ingress(GroupId=load_balancer, IpPermissions=[each])


def reorder_subnets() -> None:
    name = named("db-subnet-group")
    (found,) = client("rds").describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"]
    client("rds").modify_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=found["DBSubnetGroupDescription"],
        SubnetIds=[each["SubnetIdentifier"] for each in reversed(found["Subnets"])],
    )


def name_a_target_twice() -> None:
    """Have the rule name its target group as one of several, too, as AWS shows each that it was told."""
    (found,) = client("elbv2").describe_rules(RuleArns=[rule("20")])["Rules"]
    for action in found["Actions"]:
        arn = action.get("TargetGroupArn")
        if arn:
            action["ForwardConfig"] = {
                "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            }
    client("elbv2").modify_rule(RuleArn=rule("20"), Actions=found["Actions"])


def write_empty_lists(config: dict[str, Any]) -> None:
    """Have each list of a distribution that is empty say so, and the others come in another order."""
    for name, value in config.items():
        if isinstance(value, dict):
            if value.get("Quantity") == 0:
                value["Items"] = []
            elif all(isinstance(each, str) for each in value.get("Items") or [{}]):
                value["Items"] = value["Items"][::-1]
            write_empty_lists(value)
        elif name == "Items":
            for each in value:
                if isinstance(each, dict):
                    write_empty_lists(each)


def add_version() -> None:
    """Make a template version that nobody uses the newest and the default, as a release does that is rolled back."""
    template = {"LaunchTemplateName": named("web-server-template")}
    made = client("ec2").create_launch_template_version(
        **template, SourceVersion="$Latest", LaunchTemplateData={"ImageId": "ami-12c6146b"}
    )
    version = str(made["LaunchTemplateVersion"]["VersionNumber"])
    client("ec2").modify_launch_template(**template, DefaultVersion=version)


def members() -> list[dict[str, Any]]:
    (found,) = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[named("asg")])[
        "AutoScalingGroups"
    ]
    return [each for each in found["Instances"] if each["LifecycleState"] == "InService"]


def log() -> None:
    stream = {"logGroupName": LOGS, "logStreamName": "i-0"}
    client("logs").create_log_stream(**stream)
    client("logs").put_log_events(**stream, logEvents=[{"timestamp": 1_764_000_000_000, "message": "served"}])


def push_image() -> None:
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    client("ecr").put_image(repositoryName=REPOSITORY, imageTag="v0.0.1", imageManifest=json.dumps(manifest))


# What happens -> the call that does the same.
AWS_ITSELF: dict[str, Callable[[], Any]] = {
    "autoscaling moved the desired capacity": lambda: autoscale(DesiredCapacity=3),
    "an instance was replaced": lambda: client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=members()[0]["InstanceId"], ShouldDecrementDesiredCapacity=False
    ),
    "an instance fell ill": lambda: client("autoscaling").set_instance_health(
        InstanceId=members()[-1]["InstanceId"], HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
    ),
    "a release made a version that nobody uses": add_version,
    "a minor version was installed": lambda: database(EngineVersion="8.4.7"),
    "storage autoscaling grew the disk": lambda: database(AllocatedStorage=150),
    "RDS exported its metrics": lambda: client("logs").create_log_group(logGroupName="RDSOSMetrics"),
    "an alarm goes off": lambda: client("cloudwatch").set_alarm_state(
        AlarmName=named(ALARM), StateValue="ALARM", StateReason="by AWS"
    ),
    "scaling made alarms of its own": lambda: client("cloudwatch").put_metric_alarm(
        AlarmName=f"TargetTracking-{named('asg')}-AlarmHigh-1",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=70,
        ComparisonOperator="GreaterThanThreshold",
    ),
    "a service made a rule of its own": lambda: client("events").put_rule(
        Name="AutoScalingManagedRule", EventPattern='{"source": ["aws.autoscaling"]}'
    ),
    "a service was granted a key": lambda: client("kms").create_grant(
        KeyId=key("data"), GranteePrincipal=f"arn:aws:iam::123456789012:role/{ROLE}", Operations=["Decrypt"]
    ),
    "a key was rotated": lambda: client("kms").rotate_key_on_demand(KeyId=key("data")),
    "somebody was logged": log,
    "objects came": lambda: client("s3").put_object(Bucket=static_bucket(), Key="static/site.css", Body=b"p {}"),
    "an image came": push_image,
    "messages wait": lambda: client("sqs").send_message(QueueUrl=queue(), MessageBody="an order"),
    "a cache was emptied": lambda: client("cloudfront").create_invalidation(
        DistributionId=client("cloudfront").list_distributions()["DistributionList"]["Items"][0]["Id"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/static/*"]}, "CallerReference": "by-aws"},
    ),
    "a queue's policy is written another way": rewrite_queue,
    "a redrive policy has its number in quotes": rewrite_redrive,
    "a topic's policy is written another way": rewrite_topic,
    "a key's policy is written another way": rewrite_key,
    "a bucket's policy is written another way": rewrite_bucket,
    "a role's policies are written another way": rewrite_role,
    "a role's trust policy is written another way": rewrite_trust,
    "a dashboard is written another way": rewrite_dashboard,
    "a repository's lifecycle policy is written another way": rewrite_expiry,
    "a bucket's tags come in another order": reorder_bucket_tags,
    "a bucket's lifecycle rules come in another order": reorder_lifecycle,
    "a security group's rules come in another order": reorder_rules,
    "a subnet group's subnets come in another order": reorder_subnets,
    "a load balancer's subnets come in another order": lambda: client("elbv2").set_subnets(
        LoadBalancerArn=balancer(), Subnets=[subnet(f"public-subnet-{number}") for number in (2, 1)]
    ),
    "a group's subnets come in another order": lambda: autoscale(
        VPCZoneIdentifier=",".join(subnet(f"private-subnet-{number}") for number in (2, 1))
    ),
    "an alarm's dimensions come in another order": lambda: alarm(
        "HighErrorRate",
        Dimensions=client("cloudwatch").describe_alarms(AlarmNames=[named("HighErrorRate")])["MetricAlarms"][0][
            "Dimensions"
        ][::-1],
    ),
    "a distribution's lists come another way": lambda: distribution(write_empty_lists),
    "a rule names its target twice": name_a_target_twice,
    "a record's target is written another way": lambda: alias(
        "api.example.com",
        DNSName=client("elbv2").describe_load_balancers(Names=[named("alb")])["LoadBalancers"][0]["DNSName"].upper(),
    ),
    "a budget's amount is written another way": lambda: budget(
        BudgetLimit={
            "Amount": f"{float(client('budgets').describe_budgets(AccountId='123456789012')['Budgets'][0]['BudgetLimit']['Amount']):.2f}",
            "Unit": "USD",
        }
    ),
    "a function's configuration was written anew": lambda: client("lambda").update_function_configuration(
        FunctionName=FUNCTION
    ),
}


if __name__ == "__main__":
    failed = {label: attempt(change) for label, change in AWS_ITSELF.items()}
    sys.exit("\n".join(f"{label}: {fault}" for label, fault in failed.items() if fault) or 0)
