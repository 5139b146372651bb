# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Things that the inventory drops, one that holds data, and one of another environment: listed, kept, pruned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

REGION = "eu-west-1"
LAYERS = "storage,messaging,monitoring"
OURS = {"Project": "realtime", "Environment": "elsewhere"}
DROPPED = {"elsewhere-shipping-queue", "elsewhere-shipping-dlq", "elsewhere-DeadLetters-shipping-dlq"}
DATA = {"elsewhere-old-reports", "elsewhere-unread"}
# The lock's release, and what goes with its topic's inputs, without pruning.
AT_ONCE = {"realtime.aws.stack_unlock", "AWS::SNS::Subscription"}
HERE = Path("molecule/elsewhere")


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def make_strays() -> None:
    """Make a bucket and a queue that hold data, and a queue of another environment."""
    s3, sqs = client("s3"), client("sqs")
    s3.create_bucket(Bucket="elsewhere-old-reports", CreateBucketConfiguration={"LocationConstraint": REGION})
    tags = [{"Key": key, "Value": value} for key, value in OURS.items()]
    s3.put_bucket_tagging(Bucket="elsewhere-old-reports", Tagging={"TagSet": tags})
    s3.put_object(Bucket="elsewhere-old-reports", Key="2025.csv", Body=b"1")
    url = sqs.create_queue(QueueName="elsewhere-unread", tags=OURS)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="nobody has read this")
    sqs.create_queue(QueueName="elsewhere-too", tags={**OURS, "Environment": "elsewhere-too"})


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


def site(tmp_path: Path, *options: str) -> dict[str, set[str]]:
    """Run the site with the smaller inventory; return the names by what is done about them."""
    runs = tmp_path / "runs.jsonl"
    variables = ("-e", f"@{HERE}/vars/variations.yml", "-e", f"@{HERE}/vars/less.yml")
    subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "playbooks/site.yml", "-i", "inventories/staging"]
        + [*variables, "--tags", LAYERS, *options],
        env={**os.environ, "ANSIBLE_CALLBACKS_ENABLED": "realtime.aws.plan", "REALTIME_AWS_PLAN": str(runs)},
        check=True,
    )
    found: dict[str, set[str]] = {"keep": set(), "delete": set()}
    for change in json.loads(runs.read_text(encoding="utf-8").splitlines()[-1])["hosts"]["staging"]["changes"]:
        if change["type"] not in AT_ONCE:
            found.setdefault(change["action"], set()).add(change["name"])
    return found


def test_what_the_inventory_drops(tmp_path):
    make_strays()
    before = there()
    assert DROPPED | DATA <= before

    kept = site(tmp_path)
    assert (kept["keep"], kept["delete"]) == (DROPPED | DATA, set())
    assert there() == before

    preview = site(tmp_path, "--check", "-e", "prune=true")
    assert preview == {"keep": DATA, "delete": DROPPED}
    assert there() == before

    pruned = site(tmp_path, "-e", "prune=true", "-e", json.dumps({"prune_data": ["elsewhere-old-reports"]}))
    assert pruned == {"keep": {"elsewhere-unread"}, "delete": {*DROPPED, "elsewhere-old-reports"}}
    assert there() == before - DROPPED - {"elsewhere-old-reports"}

    assert site(tmp_path, "--check", "-e", "prune=true") == {"keep": {"elsewhere-unread"}, "delete": set()}
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="elsewhere-too")["QueueUrl"])
