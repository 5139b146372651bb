#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_alarms
short_description: Manage CloudWatch metric alarms, many at once
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes metric alarms. All are read in one call, only those that differ are written, and those to
    be deleted go together.
  - The options of an alarm have the names of M(amazon.aws.cloudwatch_metric_alarm). Other than there, an alarm on metric
    math is compared by value, so it is not written again on each run, and the order of dimensions and actions does not matter.
  - An alarm is written as a whole, so what is omitted goes back to AWS's default.
attributes:
  check_mode:
    support: full
    description: Predicts the alarms without writing them.
  diff_mode:
    support: full
    description: Shows the attributes that change, before and after.
options:
  alarms:
    description: The alarms. With O(state=absent) only their names matter.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the alarm, unique in the account and region; 1 to 255 characters.
        type: str
        required: true
      description:
        description: What it means and what to do, up to 1024 characters.
        type: str
        default: ""
      namespace:
        description: Namespace of the metric, such as V(AWS/EC2).
        type: str
      metric_name:
        description: The metric. Either this or O(alarms[].metrics).
        type: str
        aliases: [metric]
      dimensions:
        description: Names and values of the metric's dimensions.
        type: dict
        default: {}
      statistic:
        description: How the values of a period become one. Either this or O(alarms[].extended_statistic).
        type: str
        choices: [SampleCount, Average, Sum, Minimum, Maximum]
      extended_statistic:
        description: A percentile such as V(p95).
        type: str
      unit:
        description: Only values in this unit count.
        type: str
        choices: [Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits,
          Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second,
          Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second,
          Terabits/Second, Count/Second, None]
      period:
        description: Seconds that one data point covers; 10, 20, 30 or a multiple of 60. Not with O(alarms[].metrics).
        type: int
      metrics:
        description: Metrics and expressions for an alarm on metric math; one of them has C(return_data=true).
        type: list
        elements: dict
        default: []
        suboptions:
          id:
            description: The name by which expressions mean it; a lower-case letter first.
            type: str
            required: true
          metric_stat:
            description: A metric and how its values are aggregated.
            type: dict
            suboptions:
              metric:
                description: The metric.
                type: dict
                required: true
                suboptions:
                  namespace:
                    description: Its namespace.
                    type: str
                    required: true
                  metric_name:
                    description: Its name.
                    type: str
                    required: true
                  dimensions:
                    description: Its dimensions.
                    type: list
                    elements: dict
                    default: []
                    suboptions:
                      name:
                        description: Name of the dimension.
                        type: str
                        required: true
                      value:
                        description: Value of the dimension.
                        type: str
                        required: true
              period:
                description: Seconds that one data point covers.
                type: int
                required: true
              stat:
                description: A statistic or a percentile.
                type: str
                required: true
              unit:
                description: Only values in this unit count.
                type: str
          expression:
            description: A metric math expression.
            type: str
          label:
            description: How graphs call it.
            type: str
          return_data:
            description: Whether this is the value that the alarm watches.
            type: bool
            default: true
          period:
            description: Seconds that one data point of the expression covers.
            type: int
          account_id:
            description: The account that has the metric, when it is another one.
            type: str
      comparison:
        description: How the value is compared with the threshold.
        type: str
        choices: [GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold]
      threshold:
        description: The value that is compared with.
        type: float
      evaluation_periods:
        description: How many of the latest data points are looked at.
        type: int
      datapoints_to_alarm:
        description: How many of these must be breaching; all of them when omitted.
        type: int
      treat_missing_data:
        description: What a missing data point counts as.
        type: str
        choices: [breaching, notBreaching, ignore, missing]
        default: missing
      evaluate_low_sample_count_percentile:
        description: Whether a percentile of few values is evaluated.
        type: str
        choices: [evaluate, ignore]
      actions_enabled:
        description: Whether actions are taken at all.
        type: bool
        default: true
      alarm_actions:
        description: ARNs of what is done when the alarm goes off.
        type: list
        elements: str
        default: []
      ok_actions:
        description: ARNs of what is done when all is well again.
        type: list
        elements: str
        default: []
      insufficient_data_actions:
        description: ARNs of what is done when there is too little data.
        type: list
        elements: str
        default: []
      tags:
        description: Tags of the alarm; left alone when omitted.
        type: dict
      purge_tags:
        description: Whether tags that are not in O(alarms[].tags) are removed.
        type: bool
        default: true
  state:
    description: Whether the alarms exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Watch the processors of a group and of a database
  realtime.aws.cloudwatch_alarms:
    alarms:
      - name: production-HighCPUUtilization
        namespace: AWS/EC2
        metric_name: CPUUtilization
        dimensions: {AutoScalingGroupName: production-asg}
        statistic: Average
        period: 300
        evaluation_periods: 2
        comparison: GreaterThanThreshold
        threshold: 80
        alarm_actions: [arn:aws:sns:us-east-1:123456789012:production-high-cpu-alert]
      - name: production-DatabaseHighCPU
        namespace: AWS/RDS
        metric_name: CPUUtilization
        dimensions: {DBInstanceIdentifier: production-db}
        statistic: Average
        period: 300
        evaluation_periods: 2
        comparison: GreaterThanThreshold
        threshold: 75

- name: Watch the share of requests that fail, by metric math
  realtime.aws.cloudwatch_alarms:
    alarms:
      - name: production-ErrorShare
        comparison: GreaterThanThreshold
        threshold: 5
        evaluation_periods: 3
        datapoints_to_alarm: 2
        treat_missing_data: notBreaching
        metrics:
          - id: share
            expression: 100 * errors / requests
            label: Requests that fail, in percent
          - id: errors
            return_data: false
            metric_stat:
              metric:
                namespace: AWS/ApplicationELB
                metric_name: HTTPCode_Target_5XX_Count
                dimensions: [{name: LoadBalancer, value: app/production-alb/50dc6c495c0c9188}]
              period: 300
              stat: Sum
          - id: requests
            return_data: false
            metric_stat:
              metric:
                namespace: AWS/ApplicationELB
                metric_name: RequestCount
                dimensions: [{name: LoadBalancer, value: app/production-alb/50dc6c495c0c9188}]
              period: 300
              stat: Sum

- name: Remove two alarms
  realtime.aws.cloudwatch_alarms:
    alarms:
      - name: production-HighCPUUtilization
      - name: production-DatabaseHighCPU
    state: absent
"""

RETURN = r"""
alarms:
  description: The managed attributes by alarm, in AWS's words, C(none) for one that is absent; in check mode as they would be.
  returned: success
  type: dict
  sample: {"production-HighCPUUtilization": {"MetricName": "CPUUtilization", "Threshold": 80.0, "Period": 300}}
changes:
  description: What changes, one entry an alarm.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CloudWatch::Alarm", "name": "production-HighCPUUtilization", "action": "update"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::CloudWatch::Alarm"
AT_ONCE = 100  # the most that DescribeAlarms, DeleteAlarms and GetResources take

# Options that go to AWS as they are, under AWS's name.
PLAIN = {
    "description": "AlarmDescription",
    "namespace": "Namespace",
    "metric_name": "MetricName",
    "statistic": "Statistic",
    "extended_statistic": "ExtendedStatistic",
    "unit": "Unit",
    "period": "Period",
    "comparison": "ComparisonOperator",
    "threshold": "Threshold",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "treat_missing_data": "TreatMissingData",
    "evaluate_low_sample_count_percentile": "EvaluateLowSampleCountPercentile",
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}


def desired_alarm(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the options ask for, in AWS's words and normal form."""
    alarm = {theirs: options[ours] for ours, theirs in PLAIN.items()}
    alarm["Dimensions"] = _pairs(options["dimensions"])
    alarm["Metrics"] = [desired_metric(metric) for metric in options["metrics"]]
    return normalize_alarm(alarm)


def desired_metric(options: dict[str, Any]) -> dict[str, Any]:
    """Return one entry of the option metrics in AWS's words."""
    metric = {
        "Id": options["id"],
        "Expression": options["expression"],
        "Label": options["label"],
        "ReturnData": options["return_data"],
        "Period": options["period"],
        "AccountId": options["account_id"],
    }
    if options["metric_stat"]:
        stat, inner = options["metric_stat"], options["metric_stat"]["metric"]
        dimensions = [{"Name": each["name"], "Value": each["value"]} for each in inner["dimensions"]]
        metric["MetricStat"] = _given(
            {
                "Metric": {
                    "Namespace": inner["namespace"],
                    "MetricName": inner["metric_name"],
                    "Dimensions": dimensions,
                },
                "Period": stat["period"],
                "Stat": stat["stat"],
                "Unit": stat["unit"],
            }
        )
    return _given(metric)


def normalize_alarm(alarm: dict[str, Any]) -> dict[str, Any]:
    """Return the managed attributes of an alarm so that equal alarms are equal: IDM-6.

    What is unordered is sorted, and what may be left out has the default that AWS takes for it.
    """
    normal = {theirs: alarm.get(theirs) for theirs in PLAIN.values()}
    normal["AlarmDescription"] = alarm.get("AlarmDescription") or ""
    normal["TreatMissingData"] = alarm.get("TreatMissingData") or "missing"
    normal["DatapointsToAlarm"] = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods")
    normal["EvaluateLowSampleCountPercentile"] = alarm.get("EvaluateLowSampleCountPercentile") or "evaluate"
    normal["ActionsEnabled"] = alarm.get("ActionsEnabled", True)
    for actions in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        normal[actions] = sorted(alarm.get(actions) or [])
    normal["Dimensions"] = _sorted(alarm.get("Dimensions"), "Name")
    normal["Metrics"] = _sorted(map(normalize_metric, alarm.get("Metrics") or []), "Id")
    return normal


def normalize_metric(metric: dict[str, Any]) -> dict[str, Any]:
    """Return one metric of an alarm on metric math in normal form."""
    normal = {**_given(metric), "ReturnData": metric.get("ReturnData", True)}
    if metric.get("MetricStat"):
        stat = _given(metric["MetricStat"])
        inner = stat["Metric"]
        normal["MetricStat"] = {**stat, "Metric": {**inner, "Dimensions": _sorted(inner.get("Dimensions"), "Name")}}
    return normal


def build_params(name: str, alarm: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Return the parameters of PutMetricAlarm; what is empty is left out."""
    params = {key: value for key, value in alarm.items() if value not in (None, [], "")}
    if "ExtendedStatistic" not in params:
        params.pop("EvaluateLowSampleCountPercentile", None)  # AWS takes it with percentiles only
    if tags:
        params["Tags"] = ansible_dict_to_boto3_tag_list(tags)
    return {"AlarmName": name, **params}


def _given(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}


def _pairs(dimensions: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": str(value)} for name, value in dimensions.items()]


def _sorted(items: Any, key: str) -> list[dict[str, Any]]:
    return sorted(items or [], key=lambda item: item[key])


def _chunks(items: list[str]) -> list[list[str]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]


@named("read the alarms")
def get_alarms(client: Any, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return the alarms that exist, by name, as AWS has them."""
    found = {}
    for chunk in _chunks(names):
        for alarm in pages(client, "describe_alarms", "MetricAlarms", AlarmNames=chunk, AlarmTypes=["MetricAlarm"]):
            found[alarm["AlarmName"]] = alarm
    return found


@named("read the alarms' tags")
def get_tags(tagging: Any, arns: list[str]) -> dict[str, dict[str, str]]:
    """Return the tags by ARN, in one call instead of one an alarm; what is new may not be there yet."""
    found = {}
    for chunk in _chunks(arns):
        for entry in pages(tagging, "get_resources", "ResourceTagMappingList", ResourceARNList=chunk):
            found[entry["ResourceARN"]] = boto3_tag_list_to_ansible_dict(entry["Tags"])
    return found


@named("read the alarm's tags")
def get_fresh_tags(client: Any, arn: str) -> dict[str, str]:
    return boto3_tag_list_to_ansible_dict(client.list_tags_for_resource(ResourceARN=arn)["Tags"])


@named("write the alarm")
def put_alarm(client: Any, params: dict[str, Any]) -> None:
    client.put_metric_alarm(**params)


@named("write the alarm's tags")
def write_tags(client: Any, arn: str, before: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(before, wanted)
    if to_set:
        client.tag_resource(ResourceARN=arn, Tags=ansible_dict_to_boto3_tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceARN=arn, TagKeys=to_remove)


@named("delete the alarms")
def delete_alarms(client: Any, names: list[str]) -> None:
    for chunk in _chunks(names):
        client.delete_alarms(AlarmNames=chunk)


def plan_present(client: Any, tagging: Any, wanted: dict[str, dict[str, Any]]) -> list[Plan]:
    """Compare the alarms with what is wanted of them."""
    found = get_alarms(client, list(wanted))
    tags = get_tags(tagging, [alarm["AlarmArn"] for alarm in found.values()])
    plans = []
    for name, options in wanted.items():
        before, desired = None, desired_alarm(options)
        if name in found:
            arn = found[name]["AlarmArn"]
            current = tags.get(arn, {})
            if options["tags"] is not None and current != desired_tags(current, options["tags"], options["purge_tags"]):
                current = get_fresh_tags(client, arn)
            before = {**normalize_alarm(found[name]), "arn": arn, "tags": current}
        if options["tags"] is not None:
            desired["tags"] = desired_tags((before or {}).get("tags"), options["tags"], options["purge_tags"])
        plans.append(Plan(KIND, name, before, desired))
    return plans


def apply(client: Any, plans: list[Plan]) -> None:
    for plan in plans:
        if plan.action == "create" or (plan.action == "update" and set(plan.changes) != {"tags"}):
            alarm = {key: value for key, value in plan.desired.items() if key != "tags"}
            # Tags are ignored on an alarm that exists.
            put_alarm(client, build_params(plan.name, alarm, plan.desired.get("tags", {}) if not plan.before else {}))
        if plan.action == "update" and "tags" in plan.changes:
            write_tags(client, plan.before["arn"], plan.before["tags"], plan.desired["tags"])
    delete_alarms(client, [plan.name for plan in plans if plan.action == "delete"])


def argument_spec() -> dict[str, Any]:
    dimension = {"name": {"type": "str", "required": True}, "value": {"type": "str", "required": True}}
    metric = {
        "namespace": {"type": "str", "required": True},
        "metric_name": {"type": "str", "required": True},
        "dimensions": {"type": "list", "elements": "dict", "default": [], "options": dimension},
    }
    metric_stat = {
        "metric": {"type": "dict", "required": True, "options": metric},
        "period": {"type": "int", "required": True},
        "stat": {"type": "str", "required": True},
        "unit": {"type": "str"},
    }
    query = {
        "id": {"type": "str", "required": True},
        "metric_stat": {"type": "dict", "options": metric_stat},
        "expression": {"type": "str"},
        "label": {"type": "str"},
        "return_data": {"type": "bool", "default": True},
        "period": {"type": "int"},
        "account_id": {"type": "str"},
    }
    sizes = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"]
    sizes += ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"]
    units = ["Seconds", "Microseconds", "Milliseconds", *sizes, "Percent", "Count"]
    units += [*[f"{size}/Second" for size in sizes], "Count/Second", "None"]
    comparisons = ["GreaterThanOrEqualToThreshold", "GreaterThanThreshold"]
    comparisons += ["LessThanThreshold", "LessThanOrEqualToThreshold"]
    actions = {"type": "list", "elements": "str", "default": []}
    alarm = {
        "name": {"type": "str", "required": True},
        "description": {"type": "str", "default": ""},
        "namespace": {"type": "str"},
        "metric_name": {"type": "str", "aliases": ["metric"]},
        "dimensions": {"type": "dict", "default": {}},
        "statistic": {"type": "str", "choices": ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]},
        "extended_statistic": {"type": "str"},
        "unit": {"type": "str", "choices": units},
        "period": {"type": "int"},
        "metrics": {"type": "list", "elements": "dict", "default": [], "options": query},
        "comparison": {"type": "str", "choices": comparisons},
        "threshold": {"type": "float"},
        "evaluation_periods": {"type": "int"},
        "datapoints_to_alarm": {"type": "int"},
        "treat_missing_data": {
            "type": "str",
            "choices": ["breaching", "notBreaching", "ignore", "missing"],
            "default": "missing",
        },
        "evaluate_low_sample_count_percentile": {"type": "str", "choices": ["evaluate", "ignore"]},
        "actions_enabled": {"type": "bool", "default": True},
        "alarm_actions": actions,
        "ok_actions": actions,
        "insufficient_data_actions": actions,
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
    }
    return {
        "alarms": {"type": "list", "elements": "dict", "required": True, "options": alarm},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def faults(alarms: list[dict[str, Any]]) -> list[str]:
    """Say what AWS would refuse, before any alarm is written."""
    found = []
    for alarm in alarms:
        name = alarm["name"]
        missing = [key for key in ("comparison", "threshold", "evaluation_periods") if alarm[key] is None]
        if not alarm["metrics"]:
            missing += [key for key in ("namespace", "metric_name", "period") if alarm[key] is None]
            if (alarm["statistic"] is None) == (alarm["extended_statistic"] is None):
                found.append(f"{name}: either statistic or extended_statistic is needed")
        elif alarm["metric_name"] or alarm["statistic"] or alarm["extended_statistic"]:
            found.append(f"{name}: metrics go without metric_name and statistic")
        elif [metric["return_data"] for metric in alarm["metrics"]].count(True) != 1:
            found.append(f"{name}: exactly one of metrics has return_data=true")
        if missing:
            found.append(f"{name} has no {', '.join(missing)}")
    names = [alarm["name"] for alarm in alarms]
    return found + [f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    wanted = {alarm["name"]: alarm for alarm in module.params["alarms"]}
    present = module.params["state"] == "present"
    if present and (refused := faults(module.params["alarms"])):
        module.fail_json(msg="; ".join(refused))
    client = module.client("cloudwatch", retry_decorator=RETRY)
    tagging = module.client("resourcegroupstaggingapi", retry_decorator=RETRY)
    try:
        if present:
            plans = plan_present(client, tagging, wanted)
        else:
            found = get_alarms(client, list(wanted))
            plans = [Plan(KIND, name, normalize_alarm(found[name]) if name in found else None, None) for name in wanted]
        if not module.check_mode:
            apply(client, plans)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(alarms={plan.name: plan.after for plan in plans}, **report(*plans))


if __name__ == "__main__":
    main()
