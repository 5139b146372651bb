# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.converge import missing_is_none
from ansible_collections.realtime.aws.plugins.module_utils.live.shared import has_function, has_log_group, has_role
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages

FUNCTION = "alert-processor"
MESSAGES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def sort_out(stack: Stack, found: list[dict[str, Any] | None]) -> tuple[list[dict[str, Any]], list[str]]:
    """Split what begins with our prefix: what is ours, and the names of the others', which we may not use."""
    ours, others = [], []
    for item in filter(None, found):
        if stack.owns(item["tags"]):
            ours.append(item)
        else:
            others.append(item["name"])
    return ours, sorted(others)


def read_queues(stack: Stack) -> list[dict[str, Any] | None]:
    """Return the queues whose names begin with our prefix."""
    sqs = stack.client("sqs")

    @missing_is_none("read a queue", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
    def read_queue(url: str) -> dict[str, Any]:
        name = url.rsplit("/", 1)[1]
        tags = stack.tags(stack.arn("sqs", name), lambda: sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(MESSAGES))["Attributes"]
        holds_data = any(int(counts[each]) for each in MESSAGES)
        return {"name": name, "url": url, "tags": tags, "holds_data": holds_data}

    return stack.each(read_queue, pages(sqs, "list_queues", "QueueUrls", QueueNamePrefix=stack.name("")))


def read_topics(stack: Stack) -> list[dict[str, Any] | None]:
    """Return the topics whose names begin with our prefix."""
    sns = stack.client("sns")

    @missing_is_none("read a topic", "NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
    def read_topic(arn: str) -> dict[str, Any]:
        tags = stack.tags(arn, lambda: sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        return {"name": arn.rsplit(":", 1)[1], "tags": tags}

    prefix = stack.arn("sns", stack.name(""))
    arns = [item["TopicArn"] for item in pages(sns, "list_topics", "Topics")]
    return stack.each(read_topic, [arn for arn in arns if arn.startswith(prefix)])


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer messaging has; others are queues and topics with our prefix and without our tags."""
    readers = {
        "queues": read_queues,
        "topics": read_topics,
        "function": lambda stack: has_function(stack, stack.name(FUNCTION)),
        "role": lambda stack: has_role(stack, stack.name(FUNCTION)),
        "log_group": lambda stack: has_log_group(stack, f"/aws/lambda/{stack.name(FUNCTION)}"),
    }
    found = stack.together({name: lambda reader=reader: reader(stack) for name, reader in readers.items()})
    queues, other_queues = sort_out(stack, found["queues"])
    topics, other_topics = sort_out(stack, found["topics"])
    return {
        "queues": [{"name": item["name"]} for item in queues],
        "queue_urls": {stack.short(item["name"]): item["url"] for item in queues},
        "queues_with_messages": [item["name"] for item in queues if item["holds_data"]],
        "topics": [{"name": item["name"]} for item in topics],
        "others": {"queues": other_queues, "topics": other_topics},
        "alert_processor": {name: found[name] for name in ("function", "role", "log_group")},
    }
