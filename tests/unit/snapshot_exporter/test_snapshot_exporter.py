# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code of the function that exports snapshots, which the role database installs."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[3] / "roles/database/files/snapshot_exporter/snapshot_exporter.py"
SETTINGS = {
    "DATABASE": "production-db",
    "BUCKET": "production-backups",
    "PREFIX": "database",
    "ROLE_ARN": "arn:aws:iam::123456789012:role/production-db-export-role",
    "KMS_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
}


@pytest.fixture(scope="module")
def exporter() -> Any:
    spec = importlib.util.spec_from_file_location("snapshot_exporter", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def snapshot(day: int, status: str = "available") -> dict[str, Any]:
    name = f"rds:production-db-2026-01-{day:02}-03-04"
    created = datetime(2026, 1, day, 3, 4, tzinfo=UTC)
    arn = f"arn:aws:rds:us-east-1:123456789012:snapshot:{name}"
    return {"DBSnapshotIdentifier": name, "DBSnapshotArn": arn, "Status": status, "SnapshotCreateTime": created}


class Rds:
    """As much of RDS as the function uses."""

    def __init__(self, snapshots: list[dict[str, Any]]) -> None:
        self.snapshots, self.tasks = snapshots, []

    def get_paginator(self, operation: str) -> Rds:
        assert operation == "describe_db_snapshots"
        return self

    def paginate(self, **filters: str) -> list[dict[str, Any]]:
        assert filters == {"DBInstanceIdentifier": "production-db", "SnapshotType": "automated"}
        return [{"DBSnapshots": [item]} for item in self.snapshots]

    def describe_export_tasks(self, SourceArn: str) -> dict[str, Any]:
        return {"ExportTasks": [task for task in self.tasks if task["SourceArn"] == SourceArn]}

    def start_export_task(self, **task: str) -> dict[str, Any]:
        assert task["ExportTaskIdentifier"] not in [known["ExportTaskIdentifier"] for known in self.tasks]
        self.tasks.append({**task, "Status": "STARTING"})
        return self.tasks[-1]


def test_exports_the_newest_complete_snapshot(exporter):
    rds = Rds([snapshot(2), snapshot(4, "creating"), snapshot(3), snapshot(1)])
    assert exporter.export(rds, SETTINGS) == {"task": "production-db-2026-01-03-03-04", "status": "STARTING"}
    (task,) = rds.tasks
    assert task["SourceArn"] == snapshot(3)["DBSnapshotArn"]
    assert (task["S3BucketName"], task["S3Prefix"]) == ("production-backups", "database")
    assert (task["IamRoleArn"], task["KmsKeyId"]) == (SETTINGS["ROLE_ARN"], SETTINGS["KMS_KEY_ARN"])


@pytest.mark.parametrize("status", ["STARTING", "IN_PROGRESS", "COMPLETE"])
def test_a_snapshot_is_exported_once(exporter, status):
    rds = Rds([snapshot(1)])
    exporter.export(rds, SETTINGS)
    rds.tasks[0]["Status"] = status
    assert exporter.export(rds, SETTINGS)["status"] == status
    assert len(rds.tasks) == 1


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_failed_export_is_made_again_under_another_name(exporter, status):
    rds = Rds([snapshot(1)])
    exporter.export(rds, SETTINGS)
    rds.tasks[0]["Status"] = status
    assert exporter.export(rds, SETTINGS)["task"] == "production-db-2026-01-01-03-04-2"


def test_without_a_snapshot_the_call_fails(exporter):
    with pytest.raises(LookupError, match="production-db has no automated snapshot yet"):
        exporter.export(Rds([]), SETTINGS)


def test_a_task_name_fits_what_rds_takes(exporter):
    longest = {"DBSnapshotIdentifier": "rds:" + "d" * 63 + "-2026-01-01-03-04"}
    assert len(exporter.task_name(longest)) + len("-10") <= 60
