# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the function that exports snapshots may do, rendered and asked."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from ansible.template import Templar, trust_as_template
from test_refusals import loader, variables_of

RDS = "arn:aws:rds:us-east-1:123456789012"


def allowed(action: str, resource: str) -> bool:
    """Return whether a statement of the exporter's role allows it; none denies."""
    given = variables_of("database", database_backups_bucket="backups", database_kms_key_arn="arn:aws:kms:::key/data")
    roles = Templar(loader=loader, variables=given).template(trust_as_template("{{ _database_roles }}"))
    (role,) = [each for each in roles if each["name"] == "production-db-exporter-role"]
    return any(
        action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in each["Resource"])
        for each in role["statements"]
    )


@pytest.mark.parametrize("resource", ["snapshot:*", "db:production-db"], ids=["a list", "of the database"])
def test_it_finds_the_newest_snapshot(resource: str) -> None:
    assert allowed("rds:DescribeDBSnapshots", f"{RDS}:{resource}")


def test_it_exports_the_database_s_own_snapshots() -> None:
    assert allowed("rds:StartExportTask", f"{RDS}:snapshot:rds:production-db-2026-01-02-03-04")
    assert not allowed("rds:StartExportTask", f"{RDS}:snapshot:rds:staging-db-2026-01-02-03-04")
    assert not allowed("rds:StartExportTask", f"{RDS}:snapshot:production-db-final")
