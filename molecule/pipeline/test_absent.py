# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3

IAM = boto3.client("iam")


def test_nothing_is_left():
    assert boto3.client("ecr").describe_repositories()["repositories"] == []
    assert IAM.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert not [role for role in IAM.list_roles()["Roles"] if role["RoleName"].startswith("molecule-")]
