# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.live.shared import log_group_tags
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, Tags, pages


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer monitoring has.

    Alarms and log groups are named by the inventory, so what has our prefix and not our tags may be anybody's: it is
    returned as foreign, and the role refuses to use such a name.
    """
    found = stack.together(
        {
            "log_groups": lambda: log_groups(stack),
            "alarms": lambda: alarms(stack),
            "dashboard_name": lambda: dashboard_name(stack),
        }
    )
    groups = with_tags(stack, found["log_groups"], log_group_tags)
    alarm = with_tags(stack, found["alarms"], cloudwatch_tags)
    return {
        "log_groups": {name: each["retention"] for name, each in groups.items() if is_ours(stack, each["tags"])},
        "alarms": {name: each["metric_name"] for name, each in alarm.items() if is_ours(stack, each["tags"])},
        "dashboard_name": found["dashboard_name"],
        "foreign_log_groups": sorted(name for name, each in groups.items() if not stack.owns(each["tags"])),
        "foreign_alarms": sorted(name for name, each in alarm.items() if not stack.owns(each["tags"])),
    }


def is_ours(stack: Stack, tags: dict[str, str]) -> bool:
    """Return whether it is this layer's: other layers have log groups too."""
    return stack.owns(tags) and tags.get("Layer", "monitoring") == "monitoring"


def with_tags(
    stack: Stack, found: dict[str, dict[str, Any]], read: Callable[[Stack, str], Tags]
) -> dict[str, dict[str, Any]]:
    tags = stack.each(lambda each: read(stack, each["arn"]), found.values())
    return {name: {**each, "tags": its} for (name, each), its in zip(found.items(), tags)}


def log_groups(stack: Stack) -> dict[str, dict[str, Any]]:
    prefix = f"/{stack.environment}/"
    found = pages(stack.client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    return {
        group["logGroupName"]: {"arn": group["arn"], "retention": group.get("retentionInDays", 0)} for group in found
    }


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    found = pages(stack.client("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=stack.name(""))
    return {alarm["AlarmName"]: {"arn": alarm["AlarmArn"], "metric_name": alarm.get("MetricName")} for alarm in found}


def dashboard_name(stack: Stack) -> str | None:
    name = stack.environment
    try:
        arn = stack.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardArn"]
    except is_boto3_error_code(["ResourceNotFound", "DashboardNotFoundError"]):
        return None
    return name if stack.claim("AWS::CloudWatch::Dashboard", name, cloudwatch_tags(stack, arn)) else None


def cloudwatch_tags(stack: Stack, arn: str) -> Tags:
    """Return the tags of an alarm or a dashboard; none, if it was deleted meanwhile."""
    read = missing_is_none("read the tags", "ResourceNotFoundException")(
        stack.client("cloudwatch").list_tags_for_resource
    )
    return stack.tags(arn, lambda: boto3_tag_list_to_ansible_dict((read(ResourceARN=arn) or {"Tags": []})["Tags"]))
