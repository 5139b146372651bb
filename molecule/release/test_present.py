# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""v1 after its release, and the order of what was called."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path

import boto3
import pytest

SANDBOX = Path(os.environ["SANDBOX_DIRECTORY"])
MADE = json.loads((SANDBOX / "images.json").read_text(encoding="utf-8"))
BUCKET = json.loads((SANDBOX / "upstream.json").read_text(encoding="utf-8"))["buckets"]["static"]
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/upstream-app@{MADE['digests']['v1']}"


@pytest.fixture(scope="module")
def group():
    return boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]


def test_all_servers_have_the_new_version(group):
    assert group["LaunchTemplate"]["Version"] == "2"
    assert [instance["LaunchTemplate"]["Version"] for instance in group["Instances"]] == ["2"] * 4
    assert {instance["LifecycleState"] for instance in group["Instances"]} == {"InService"}


def test_only_the_image_differs(group):
    template_id = group["LaunchTemplate"]["LaunchTemplateId"]
    answer = boto3.client("ec2").describe_launch_template_versions(LaunchTemplateId=template_id)
    first, second = (
        version["LaunchTemplateData"]
        for version in sorted(answer["LaunchTemplateVersions"], key=lambda version: version["VersionNumber"])
    )
    scripts = [b64decode(data.pop("UserData")).decode().splitlines() for data in (first, second)]
    changed = [lines for lines in zip(*scripts, strict=True) if len(set(lines)) > 1]
    assert changed == [("IMAGE=''", f"IMAGE='{IMAGE}'")]
    for data, image in ((first, ""), (second, IMAGE)):
        tags = {
            each["ResourceType"]: {t["Key"]: t["Value"] for t in each["Tags"]} for each in data["TagSpecifications"]
        }
        assert tags["instance"].pop("Image") == image
        data["TagSpecifications"] = tags
    assert first == second


def test_record():
    (parameter,) = boto3.client("ssm").get_parameters_by_path(Path="/realtime.aws/realtime/molecule/releases")[
        "Parameters"
    ]
    record = json.loads(parameter["Value"])
    assert parameter["Name"].endswith("/1")
    assert record.pop("started") <= record.pop("finished")
    assert record.pop("ami_id").startswith("ami-")
    assert record == {
        "id": 1,
        "kind": "release",
        "release": 1,
        "status": "succeeded",
        "reason": "",
        "image_tag": "v1",
        "image": IMAGE,
        "launch_template_version": 2,
        "previous_version": 1,
        "by": "molecule",
    }


@pytest.mark.parametrize(
    ("key", "content_type", "cache_control"),
    [
        ("static/css/site.css", "text/css; charset=utf-8", "public, max-age=300"),
        ("static/app.0a1b2c3d.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ],
)
def test_assets(key, content_type, cache_control):
    found = boto3.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert (found["ContentType"], found["CacheControl"]) == (content_type, cache_control)


def test_cdn_forgets_them():
    client, distribution = boto3.client("cloudfront"), MADE["distribution_id"]
    (listed,) = client.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    found = client.get_invalidation(DistributionId=distribution, Id=listed["Id"])["Invalidation"]
    assert found["InvalidationBatch"]["Paths"]["Items"] == ["/static/app.0a1b2c3d.js", "/static/css/site.css"]


def test_order_of_calls():
    """The version, the record, the refresh with its configuration; the group is AWS's to update."""
    entries = [json.loads(line) for line in (SANDBOX / "requests.jsonl").read_text(encoding="utf-8").splitlines()]
    start = max(
        number for number, entry in enumerate(entries) if entry.get("operation") == "CreateLaunchTemplateVersion"
    )
    writes = [entry for entry in entries[start:] if entry.get("write")]
    assert [entry["operation"] for entry in writes] == [
        "CreateLaunchTemplateVersion",
        "PutParameter",
        "StartInstanceRefresh",
        "PutObject",
        "PutObject",
        "CreateInvalidation",
        "PutParameter",
    ]
    sent = writes[2]["params"]
    assert sent["DesiredConfiguration"]["LaunchTemplate"]["Version"] == "2"
    assert sent["Preferences"]["AutoRollback"] is True
