"""CloudWatch: dashboards' tags, and what an alarm does, which moto lacks; limits of alarms.

An alarm publishes to its topics if their policy and their key let CloudWatch in; AWS drops the message otherwise, and
says so in the alarm's history only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.policy import allows
from sandbox.services.kms import may_use

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


GRID, HIGHEST = 24, 1000
WIDGETS = {"alarm", "custom", "explorer", "log", "metric", "text"}


@around("cloudwatch", "PutDashboard")
def refuse_body(call: Call, forward: Forward) -> Answer:
    """Widgets of kinds that there are, on the grid; a graph says its region and what it shows."""
    body = json.loads(call.params["DashboardBody"]) if _is_json(call.params["DashboardBody"]) else None
    if isinstance(body, dict):
        faults = [{"dataPath": path, "message": fault} for path, fault in _widget_faults(body)]
        if faults:
            errors = "validation error" if len(faults) == 1 else "validation errors"
            message = f"The dashboard body is invalid, there are {len(faults)} {errors}: {json.dumps(faults)}"
            raise AwsError("InvalidParameterInput", message, status=400)
    forward()
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _widget_faults(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not isinstance(body.get("widgets"), list):
        yield "", "Should have required property 'widgets'"
        return
    for number, widget in enumerate(body["widgets"]):
        path, kind, properties = f"/widgets/{number}", widget.get("type"), widget.get("properties")
        if kind not in WIDGETS:
            yield f"{path}/type", f"Should be equal to one of the allowed values: {', '.join(sorted(WIDGETS))}"
        if not isinstance(properties, dict):
            yield path, "Should have required property 'properties'"
            continue
        for side, most in (("width", GRID), ("height", HIGHEST)):
            if not 1 <= widget.get(side, 6) <= most:
                yield f"{path}/{side}", f"Should be >= 1 and <= {most}"
        if kind == "metric" and not properties.get("region"):
            yield f"{path}/properties", "Should have required property 'region'"
        if kind == "metric" and not properties.keys() & {"metrics", "annotations"}:
            yield f"{path}/properties", "Should have required property 'metrics'"
        needed = {"text": "markdown", "alarm": "alarms", "log": "query", "custom": "endpoint"}.get(str(kind))
        if needed and needed not in properties:
            yield f"{path}/properties", f"Should have required property '{needed}'"


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


# Alarms

CLOUDWATCH = ("Service", "cloudwatch.amazonaws.com")
ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}
DAY, HOUR = 86400, 3600
STATES = ("AlarmActions", "OKActions", "InsufficientDataActions")
MISSING = ("breaching", "ignore", "missing", "notBreaching")
PERCENTILE = re.compile(r"p(100|\d{1,2}(\.\d{1,10})?)|(tm|tc|ts|wm|pr)\d.*|(TM|TC|TS|WM|PR)\(.*\)|iqm|IQM")

_history: dict[Any, dict[str, list[dict[str, Any]]]] = store(dict)
"""alarm -> what it did, the newest first"""


@around("cloudwatch", "PutMetricAlarm")
def refuse_alarm(call: Call, forward: Forward) -> Answer:
    """Periods that CloudWatch keeps, over a day at most (a week, from hourly periods on), and five actions a state."""
    period, periods = call.params.get("Period"), call.params.get("EvaluationPeriods", 1)
    if period is not None:
        if period not in (10, 20, 30) and period % 60:
            raise AwsError("ValidationError", "Period must be 10, 20, 30 or a multiple of 60", status=400)
        longest = 7 * DAY if period >= HOUR else DAY
        if period * periods > longest:
            message = (
                f"Metrics cannot be checked across more than {longest // DAY} day(s) "
                f"(EvaluationPeriods * Period must be <= {longest})"
            )
            raise AwsError("ValidationError", message, status=400)
    for fault in _faults(call):
        raise AwsError("ValidationError", fault, status=400)
    for state in STATES:
        if len(call.params.get(state) or []) > 5:
            name = state[0].lower() + state[1:]
            message = (
                f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                "Member must have length less than or equal to 5"
            )
            raise AwsError("ValidationError", message, status=400)
    forward()
    return None


def _faults(call: Call) -> Iterator[str]:
    params = call.params
    yield from _metric_faults(params)
    names = [each["Name"] for each in params.get("Dimensions") or []]
    missing, percentile = params.get("TreatMissingData", "missing"), params.get("ExtendedStatistic")
    if "MetricName" in params and ("Statistic" in params) == (percentile is not None):
        yield "Exactly one of Statistic and ExtendedStatistic must be specified"
    if percentile is not None and not PERCENTILE.fullmatch(percentile):
        yield f"The value {percentile} for parameter ExtendedStatistic is not supported."
    if params.get("DatapointsToAlarm", 1) > params.get("EvaluationPeriods", 1):
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    if missing not in MISSING:
        yield f"Option {missing} is not supported for TreatMissingData parameter. Supported options: {list(MISSING)}"
    if params.get("Period", 60) < 60 and params.get("Namespace", "").startswith("AWS/"):
        yield f"Period {params['Period']} is not supported for metrics of {params['Namespace']}"
    if len(set(names)) < len(names):
        yield "Duplicate dimension names are not allowed"
    for arn in (each for state in STATES for each in params.get(state) or []):
        parts = arn.split(":")
        if len(parts) < 6 or parts[0] != "arn":
            yield f"Invalid arn syntax: {arn}"
        elif parts[2] == "sns" and parts[3] != call.region:
            yield f"Invalid region {parts[3]} specified. Only {call.region} is supported."


def _metric_faults(params: dict[str, Any]) -> Iterator[str]:
    """One metric, or expressions of which one is looked at."""
    metrics = params.get("Metrics")
    if not metrics:
        for name in ("MetricName", "Namespace", "Period"):
            if name not in params:
                yield f"The parameter {name} must be specified unless Metrics is"
    elif params.keys() & {"Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit"}:
        yield "The parameters of a single metric must not be specified along with Metrics"
    if ("Threshold" in params) == ("ThresholdMetricId" in params):
        yield "Exactly one of Threshold and ThresholdMetricId must be specified"
    known = {each["Id"] for each in metrics or []}
    for each in metrics or []:
        used = set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", re.sub(r"'[^']*'|\"[^\"]*\"", "", each.get("Expression", ""))))
        if not re.fullmatch("[a-z][A-Za-z0-9_]*", each["Id"]):
            yield f"Invalid metrics list: the id {each['Id']} must begin with a lowercase letter"
        if ("Expression" in each) == ("MetricStat" in each):
            yield f"Invalid metrics list: {each['Id']} must have exactly one of Expression and MetricStat"
        if not each.get("Expression", "").upper().startswith("SELECT") and used - known:
            yield f"Invalid metrics list: Expression of {each['Id']} names {min(used - known)}, which is not in it"
    if metrics and sum(each.get("ReturnData", True) for each in metrics) != (2 if "ThresholdMetricId" in params else 1):
        yield "Exactly one element of the metrics list should return data."


@around("cloudwatch", "SetAlarmState")
def act(call: Call, forward: Forward) -> Answer:
    """A new state makes the alarm act."""
    name, state = call.params["AlarmName"], call.params["StateValue"]
    alarm = call.backend().alarms.get(name)
    old = alarm.state_value if alarm else None
    forward()
    if alarm is not None and old != state and alarm.actions_enabled:
        for action in getattr(alarm, ACTIONS[state]):
            _record(call, name, action, _publish(call, alarm, action, state))
    return None


def _publish(call: Call, alarm: Any, arn: str, state: str) -> str | None:
    """Publish to a topic; why it failed."""
    topic = call.backend("sns").topics.get(arn)
    if topic is None:
        return "Resource does not exist" if ":sns:" in arn else None
    context = {"aws:SourceArn": alarm.alarm_arn, "aws:SourceAccount": call.account, "aws:SourceOwner": call.account}
    if not allows(topic.policy, CLOUDWATCH, "sns:Publish", arn, context):
        return "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: " + arn
    key = topic.kms_master_key_id
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    if key and not may_use(call, key, CLOUDWATCH[1], actions, {"aws:SourceArn": alarm.alarm_arn}):
        return "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    body = {"AlarmName": alarm.name, "NewStateValue": state, "AlarmArn": alarm.alarm_arn, "Region": call.region}
    call.ask(
        "Publish", {"TopicArn": arn, "Message": json.dumps(body), "Subject": f"{state}: {alarm.name}"}, service="sns"
    )
    return None


def _record(call: Call, name: str, action: str, failure: str | None) -> None:
    summary = f"Failed to execute action {action}" if failure else f"Successfully executed action {action}"
    if failure:
        summary += f'. Received error: "{failure}"'
    item = {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": datetime.now(UTC),
        "HistoryItemType": "Action",
        "HistorySummary": summary,
        "HistoryData": json.dumps(
            {"actionState": "Failed" if failure else "Succeeded", "notificationResource": action}
        ),
    }
    _history[call.scope].setdefault(name, []).insert(0, item)


@around("cloudwatch", "DescribeAlarmHistory")
def alarm_history(call: Call, forward: Forward) -> Answer:
    """What alarms did; their other changes are not written down here."""
    wanted, kind = call.params.get("AlarmName"), call.params.get("HistoryItemType", "Action")
    found = [item for name, items in _history[call.scope].items() if wanted in (None, name) for item in items]
    return {"AlarmHistoryItems": [item for item in found if item["HistoryItemType"] == kind]}
