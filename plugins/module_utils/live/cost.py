# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer cost has."""
    return {"budget_name": budget_name(stack)}


def budget_name(stack: Stack) -> str | None:
    client, name = stack.client("budgets"), stack.name("monthly")
    try:
        client.describe_budget(AccountId=stack.account, BudgetName=name)
    except is_boto3_error_code("NotFoundException"):
        return None
    tags = client.list_tags_for_resource(ResourceARN=stack.arn("budgets", f"budget/{name}", region=""))["ResourceTags"]
    return name if stack.claim("AWS::Budgets::Budget", name, tags) else None
