# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

LAYER = "monitoring"


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer monitoring has.

    Alarms and log groups are named by the inventory, so what has our prefix and not our tags may be anybody's: it is
    returned as foreign, and the role refuses to use such a name.
    """
    found = stack.together(
        {
            "tagged": lambda: tagged(stack),
            "log_groups": lambda: log_group_arns(stack),
            "alarms": lambda: alarm_arns(stack),
            "dashboard_name": lambda: dashboard_name(stack),
        }
    )
    ours = Ours(stack, found["tagged"])
    log_groups, foreign_log_groups = ours.part(found["log_groups"], lambda arn: log_group_tags(stack, arn))
    alarms, foreign_alarms = ours.part(found["alarms"], lambda arn: cloudwatch_tags(stack, arn))
    return {
        "log_groups": log_groups,
        "alarms": alarms,
        "dashboard_name": found["dashboard_name"],
        "foreign_log_groups": foreign_log_groups,
        "foreign_alarms": foreign_alarms,
    }


class Ours:
    """Judges by tags, which one call gives for all; what is so new that it is not in there is asked for itself."""

    def __init__(self, stack: Stack, tags: dict[str, dict[str, str]]) -> None:
        self.stack = stack
        self.tags = tags

    def part(self, arns: dict[str, str], ask: Callable[[str], dict[str, str]]) -> tuple[list[str], list[str]]:
        """Return the names that are this layer's, and those that are not this environment's."""
        new = [arn for arn in arns.values() if arn not in self.tags]
        tags = {**self.tags, **dict(zip(new, self.stack.each(ask, new)))}
        owned = [name for name, arn in arns.items() if self.stack.owns(tags[arn])]
        layer = [name for name in owned if tags[arns[name]].get("Layer") == LAYER]
        return sorted(layer), sorted(set(arns) - set(owned))


def tagged(stack: Stack) -> dict[str, dict[str, str]]:
    """Return the tags, by ARN, of the environment's alarms and log groups."""
    found = pages(
        stack.client("resourcegroupstaggingapi"),
        "get_resources",
        "ResourceTagMappingList",
        ResourceTypeFilters=["cloudwatch:alarm", "logs:log-group"],
        TagFilters=[
            {"Key": "Project", "Values": [stack.project]},
            {"Key": "Environment", "Values": [stack.environment]},
        ],
    )
    return {_plain(entry["ResourceARN"]): boto3_tag_list_to_ansible_dict(entry["Tags"]) for entry in found}


def log_group_arns(stack: Stack) -> dict[str, str]:
    prefix = f"/{stack.environment}/"
    found = pages(stack.client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    return {group["logGroupName"]: _plain(group["arn"]) for group in found}


def alarm_arns(stack: Stack) -> dict[str, str]:
    found = pages(stack.client("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=stack.name(""))
    return {alarm["AlarmName"]: alarm["AlarmArn"] for alarm in found}


def dashboard_name(stack: Stack) -> str | None:
    name = stack.environment
    try:
        arn = stack.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardArn"]
    except is_boto3_error_code(["ResourceNotFound", "DashboardNotFoundError"]):
        return None
    return name if stack.claim("AWS::CloudWatch::Dashboard", name, cloudwatch_tags(stack, arn)) else None


def cloudwatch_tags(stack: Stack, arn: str) -> dict[str, str]:
    try:
        return boto3_tag_list_to_ansible_dict(
            stack.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
        )
    except is_boto3_error_code("ResourceNotFoundException"):  # deleted meanwhile
        return {}


def log_group_tags(stack: Stack, arn: str) -> dict[str, str]:
    try:
        return stack.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    except is_boto3_error_code("ResourceNotFoundException"):  # deleted meanwhile
        return {}


def _plain(arn: str) -> str:
    """Return a log group's ARN without the :* that some calls put behind it."""
    return arn.removesuffix(":*")
