"""CloudWatch: dashboards' tags, which moto lacks."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

_tags: dict[str, dict[str, str]] = store(dict)


def _arn(call: Call, name: str) -> str:
    return f"arn:{call.partition}:cloudwatch::{call.account}:dashboard/{name}"


def _given(tags: list[dict[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


@around("cloudwatch", "PutDashboard")
def put_dashboard(call: Call, forward: Forward) -> Answer:
    """Tags count only when it is new."""
    name = call.params["DashboardName"]
    is_new = call.backend().get_dashboard(name) is None
    forward()
    if is_new:
        _tags[_arn(call, name)] = _given(call.params.get("Tags", []))
    return None


@around("cloudwatch", "DeleteDashboards")
def delete_dashboards(call: Call, forward: Forward) -> Answer:
    """With their tags."""
    forward()
    for name in call.params["DashboardNames"]:
        _tags.pop(_arn(call, name), None)
    return None


def _dashboard(call: Call) -> str | None:
    """The ARN that the call is about, when it is a dashboard's."""
    arn = call.params["ResourceARN"]
    if ":dashboard/" not in arn:
        return None
    if call.backend().get_dashboard(arn.split(":dashboard/")[1]) is None:
        raise AwsError("ResourceNotFoundException", f"The resource {arn} does not exist.", status=404)
    return arn


@around("cloudwatch", "ListTagsForResource")
def list_tags(call: Call, forward: Forward) -> Answer:
    """A dashboard's tags."""
    arn = _dashboard(call)
    return forward() if arn is None else {"Tags": [{"Key": k, "Value": v} for k, v in _tags[arn].items()]}


@around("cloudwatch", "TagResource")
def tag(call: Call, forward: Forward) -> Answer:
    """Add or change."""
    arn = _dashboard(call)
    if arn is None:
        return forward()
    _tags[arn] |= _given(call.params["Tags"])
    return {}


@around("cloudwatch", "UntagResource")
def untag(call: Call, forward: Forward) -> Answer:
    """Remove."""
    arn = _dashboard(call)
    if arn is None:
        return forward()
    for key in call.params["TagKeys"]:
        _tags[arn].pop(key, None)
    return {}
