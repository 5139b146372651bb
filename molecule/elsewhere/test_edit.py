# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""An edited inventory: the run does what the preview says, what need not go stays, and what is dropped is pruned when told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from company import ASSETS, is_as_it_was

sys.path.insert(0, str(Path("molecule/shared").resolve()))

from strays import make as make_what_no_layer_knows

REGION = "eu-west-1"
LAYERS = "dns,storage,messaging,load_balancing,monitoring"  # in which things are dropped
STATIC = f"elsewhere-static-assets-123456789012-{REGION}"  # takes the place of the bucket that was there before
LISTENER = "elsewhere-alb:8080"
OURS = {"Project": "realtime", "Environment": "elsewhere"}
FILTERS = [{"Name": f"tag:{key}", "Values": [value]} for key, value in OURS.items()]
ALARMS = {"elsewhere-DeadLetters-shipping-dlq", "elsewhere-Busy"}
CERTIFICATES = {f"elsewhere.example.org ({region}, RSA_2048)" for region in (REGION, "us-east-1")}
DROPPED = {"elsewhere-shipping-queue", "elsewhere-shipping-dlq", *ALARMS}
DATA = {"elsewhere-old-reports", "elsewhere-unread"}
HERE = Path("molecule/elsewhere")


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def make_strays() -> dict[str, str]:
    """Make what holds data, a queue of another environment, a listener, and what no layer knows; return its names by type."""
    s3, sqs = client("s3"), client("sqs")
    s3.create_bucket(Bucket="elsewhere-old-reports", CreateBucketConfiguration={"LocationConstraint": REGION})
    tags = [{"Key": key, "Value": value} for key, value in OURS.items()]
    s3.put_bucket_tagging(Bucket="elsewhere-old-reports", Tagging={"TagSet": tags})
    s3.put_object(Bucket="elsewhere-old-reports", Key="2025.csv", Body=b"1")
    url = sqs.create_queue(QueueName="elsewhere-unread", tags=OURS)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="nobody has read this")
    sqs.create_queue(QueueName="elsewhere-too", tags={**OURS, "Environment": "elsewhere-too"})
    (balancer,) = client("elbv2").describe_load_balancers(Names=["elsewhere-alb"])["LoadBalancers"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    client("elbv2").create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=8080, DefaultActions=[answer]
    )
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    return make_what_no_layer_knows(OURS["Project"], OURS["Environment"], REGION, boundary)


def there() -> set[str]:
    """Return the names of what exists, of the kinds in question."""
    queues = client("sqs").list_queues()["QueueUrls"]
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    buckets = client("s3").list_buckets()["Buckets"]
    return {
        *(url.rsplit("/", 1)[1] for url in queues),
        *(alarm["AlarmName"] for alarm in alarms),
        *(bucket["Name"] for bucket in buckets),
    }


def network() -> set[str]:
    """Return the ids of what has to survive a new zone and another order."""
    ec2 = client("ec2")
    return {
        *(each["SubnetId"] for each in ec2.describe_subnets(Filters=FILTERS)["Subnets"]),
        *(each["NatGatewayId"] for each in ec2.describe_nat_gateways(Filter=FILTERS)["NatGateways"]),
        *(each["AllocationId"] for each in ec2.describe_addresses(Filters=FILTERS)["Addresses"]),
    }


Changes = set[tuple[str, str, str]]


def site(tmp_path: Path, *options: str) -> Changes:
    """Run the site with the edited inventory; return action, type and name of what it does, but for the lock's release."""
    runs = tmp_path / "runs.jsonl"
    variables = ("-e", f"@{HERE}/vars/variations.yml", "-e", f"@{HERE}/vars/edited.yml")
    subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "playbooks/site.yml", "-i", "inventories/staging"]
        + [*variables, *options],
        env={**os.environ, "ANSIBLE_CALLBACKS_ENABLED": "realtime.aws.plan", "REALTIME_AWS_PLAN": str(runs)},
        check=True,
    )
    changes = json.loads(runs.read_text(encoding="utf-8").splitlines()[-1])["hosts"]["staging"]["changes"]
    return {(each["action"], each["type"], each["name"]) for each in changes if each["layer"]}


def named(changes: Changes, action: str) -> set[str]:
    return {name for what, _kind, name in changes if what == action}


def kinds(changes: Changes, action: str) -> set[str]:
    return {kind.removeprefix("AWS::") for what, kind, _name in changes if what == action}


def test_what_the_inventory_changes_and_drops(tmp_path):
    strays = make_strays()
    data = DATA | {strays["AWS::SecretsManager::Secret"], strays["AWS::KMS::Key"]}
    before, ids = there(), network()
    assert DROPPED | DATA <= before

    preview = site(tmp_path, "--check")
    assert there() == before
    assert kinds(preview, "replace") == {"CertificateManager::Certificate"}
    assert kinds(preview, "delete") == {"SNS::Subscription"}
    assert named(preview, "keep") == DROPPED | data | CERTIFICATES | {ASSETS, LISTENER, *strays.values()}
    assert {
        "EC2::Subnet",
        "EC2::NatGateway",
        "EC2::EIP",
        "EC2::RouteTable",
        "ElasticLoadBalancingV2::TargetGroup",
        "ElasticLoadBalancingV2::ListenerRule",
        "CloudWatch::Alarm",
    } <= kinds(preview, "create")
    assert {
        "EC2::SecurityGroup",
        "EC2::LaunchTemplate",
        "AutoScaling::AutoScalingGroup",
        "RDS::DBInstance",
        "ElasticLoadBalancingV2::Listener",
    } <= kinds(preview, "update")
    assert named(preview, "update").isdisjoint({"elsewhere-public-subnet-1", "elsewhere-nat-a"})

    assert site(tmp_path) == preview
    assert ids < network()
    assert there() - before == {"elsewhere-VeryBusy", "elsewhere-UnhealthyServers-api", STATIC}

    before = there()
    preview = site(tmp_path, "--check", "-e", "prune=true")
    assert {(what, name) for what, _kind, name in preview} == {
        ("update", ASSETS),
        *(("keep", name) for name in data),
        *(("delete", name) for name in {*DROPPED, LISTENER, *strays.values()} - data),
        *(("delete", name.replace(", RSA_2048", "")) for name in CERTIFICATES),
    }
    assert there() == before

    named_data = json.dumps({"prune_data": sorted(data - {"elsewhere-unread"})})
    pruned = site(tmp_path, "-e", "prune=true", "-e", named_data, "--tags", LAYERS)
    assert named(pruned, "keep") == {"elsewhere-unread"}
    assert there() == before - DROPPED - {"elsewhere-old-reports"}
    assert is_as_it_was(ASSETS)

    assert {(what, name) for what, _kind, name in site(tmp_path, "--check", "-e", "prune=true", "--tags", LAYERS)} == {
        ("keep", "elsewhere-unread")
    }
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="elsewhere-too")["QueueUrl"])
