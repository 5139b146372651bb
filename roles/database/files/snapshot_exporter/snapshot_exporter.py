# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Export the newest automated snapshot of a database instance to a bucket, as Parquet that outlives RDS itself.

Runs on a schedule. The name of a task is that of its snapshot, so a snapshot is exported once, however often it is called.
"""

from __future__ import annotations

import os
from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Start the export. What fails is raised, so that Lambda tries again and the function's errors are counted."""
    import boto3  # part of Lambda's runtime

    return export(boto3.client("rds"), os.environ)


def export(rds: Any, settings: Any) -> dict[str, str]:
    """Start the export of the newest snapshot, unless it was; return its task and status."""
    snapshot = newest_snapshot(rds, settings["DATABASE"])
    task = task_name(snapshot)
    started = rds.describe_export_tasks(SourceArn=snapshot["DBSnapshotArn"])["ExportTasks"]
    for found in started:
        if found["Status"] not in ("FAILED", "CANCELED"):
            return {"task": found["ExportTaskIdentifier"], "status": found["Status"]}
    answer = rds.start_export_task(
        ExportTaskIdentifier=f"{task}-{len(started) + 1}" if started else task,  # AWS takes a name once
        SourceArn=snapshot["DBSnapshotArn"],
        S3BucketName=settings["BUCKET"],
        S3Prefix=settings["PREFIX"],
        IamRoleArn=settings["ROLE_ARN"],
        KmsKeyId=settings["KMS_KEY_ARN"],
    )
    return {"task": answer["ExportTaskIdentifier"], "status": answer["Status"]}


def newest_snapshot(rds: Any, database: str) -> dict[str, Any]:
    """Return the newest automated snapshot that is complete."""
    pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=database, SnapshotType="automated")
    complete = [item for page in pages for item in page["DBSnapshots"] if item["Status"] == "available"]
    if not complete:
        raise LookupError(f"{database} has no automated snapshot yet; it gets one in its backup window")
    return max(complete, key=lambda snapshot: snapshot["SnapshotCreateTime"])


def task_name(snapshot: dict[str, Any]) -> str:
    """Return the snapshot's name as a task may have it: rds:production-db-2026-01-02-03-04 without its prefix."""
    return snapshot["DBSnapshotIdentifier"].removeprefix("rds:")[:55]
