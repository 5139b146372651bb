# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles that services work with may do, rendered and asked."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from ansible.template import Templar, trust_as_template
from test_refusals import loader, variables_of

HERE = "us-east-1:123456789012"
RDS = f"arn:aws:rds:{HERE}"


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allowed(action: str, resource: str, role_name: str = "exporter") -> bool:
    """Return whether a statement of the role allows it; none denies."""
    given = variables_of("database", database_backups_bucket="backups", database_kms_key_arn="arn:aws:kms:::key/data")
    roles = Templar(loader=loader, variables=given).template(trust_as_template("{{ _database_roles }}"))
    (role,) = [each for each in roles if each["name"] == f"production-db-{role_name}-role"]
    return any(
        action in listed(each["Action"]) and any(fnmatchcase(resource, pattern) for pattern in listed(each["Resource"]))
        for each in role["statements"]
    )


@pytest.mark.parametrize("resource", ["snapshot:*", "db:production-db"], ids=["a list", "of the database"])
def test_it_finds_the_newest_snapshot(resource: str) -> None:
    assert allowed("rds:DescribeDBSnapshots", f"{RDS}:{resource}")


def test_it_exports_the_database_s_own_snapshots() -> None:
    assert allowed("rds:StartExportTask", f"{RDS}:snapshot:rds:production-db-2026-01-02-03-04")
    assert not allowed("rds:StartExportTask", f"{RDS}:snapshot:rds:staging-db-2026-01-02-03-04")
    assert not allowed("rds:StartExportTask", f"{RDS}:snapshot:production-db-final")


@pytest.mark.parametrize("action", ["CreateLogGroup", "PutRetentionPolicy", "DescribeLogStreams"])
def test_enhanced_monitoring_makes_its_log_group(action: str) -> None:
    assert allowed(f"logs:{action}", f"arn:aws:logs:{HERE}:log-group:RDSOSMetrics:log-stream:", "monitoring")
