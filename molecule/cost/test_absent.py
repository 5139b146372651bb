# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3


def test_nothing_is_left():
    account = boto3.client("sts").get_caller_identity()["Account"]
    assert boto3.client("budgets").describe_budgets(AccountId=account).get("Budgets", []) == []
