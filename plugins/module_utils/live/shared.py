# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What more than one layer looks for: is there something of this name, and is it ours?"""

from __future__ import annotations

from ansible_collections.realtime.aws.plugins.module_utils.converge import missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, Tags, plain


def role_arn(stack: Stack, name: str) -> str | None:
    """Return the role's ARN, if it exists and is ours."""
    found = missing_is_none("read the role", "NoSuchEntity")(stack.client("iam").get_role)(RoleName=name)
    if found is None or not stack.claim("AWS::IAM::Role", name, found["Role"].get("Tags")):
        return None
    return found["Role"]["Arn"]


def has_role(stack: Stack, name: str) -> bool:
    return role_arn(stack, name) is not None


def has_function(stack: Stack, name: str) -> bool:
    read = missing_is_none("read the function", "ResourceNotFoundException")
    found = read(stack.client("lambda").get_function)(FunctionName=name)
    return found is not None and stack.claim("AWS::Lambda::Function", name, found.get("Tags"))


def has_log_group(stack: Stack, name: str) -> bool:
    logs = stack.client("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=name, limit=1)["logGroups"]
    if not found or found[0]["logGroupName"] != name:
        return False
    return stack.claim("AWS::Logs::LogGroup", name, log_group_tags(stack, found[0]["arn"]))


def log_group_tags(stack: Stack, arn: str) -> Tags:
    """Return a log group's tags; none, if it was deleted meanwhile."""
    read = missing_is_none("read the log group's tags", "ResourceNotFoundException")(
        stack.client("logs").list_tags_for_resource
    )
    return stack.tags(arn, lambda: (read(resourceArn=plain(arn)) or {"tags": {}})["tags"])
