# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.live.release import read


def test_records_newest_first_and_nobody_else_s(aws):
    ssm = boto3.client("ssm")
    for path in ("realtime/production/releases", "realtime/staging/releases", "other/production/releases"):
        for number in range(1, 13):
            value = json.dumps({"status": "succeeded", "path": path})
            ssm.put_parameter(Name=f"/realtime.aws/{path}/{number}", Value=value, Type="String")
    stack = SimpleNamespace(project="realtime", environment="production", client=boto3.client)
    records = read(stack)["records"]
    assert [record["id"] for record in records] == list(range(12, 0, -1))  # more than a page; by number, not by text
    assert {record["path"] for record in records} == {"realtime/production/releases"}
    assert records[0]["recorded"].startswith("20")


def test_no_records(aws):
    stack = SimpleNamespace(project="realtime", environment="production", client=boto3.client)
    assert read(stack) == {"records": []}


@pytest.mark.parametrize("value", ["{", "7", "null"])
def test_a_record_that_somebody_spoiled_is_named(aws, value):
    name = "/realtime.aws/realtime/production/releases/7"
    boto3.client("ssm").put_parameter(Name=name, Value=value, Type="String")
    stack = SimpleNamespace(project="realtime", environment="production", client=boto3.client)
    with pytest.raises(AnsibleAWSError, match=f"{name} is no record of a release any more"):
        read(stack)
