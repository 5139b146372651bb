"""EventBridge: targets that a rule can't have; moto takes any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.iam_news import can_be_assumed

TARGETS = 5
EVENTS = "events.amazonaws.com"
INPUTS = ("Input", "InputPath", "InputTransformer")
# Services that EventBridge calls as a role of the caller's.
WITH_ROLE = {"batch", "codebuild", "codepipeline", "ecs", "firehose", "kinesis", "ssm", "states"}


@around("events", "PutTargets")
def refuse_targets(call: Call, forward: Forward) -> Answer:
    """Five a rule, each with one input, and a role where it is called by one (CON-1: known by now)."""
    rule, given = call.params["Rule"], call.params["Targets"]
    there = {each["Id"] for each in call.ask("ListTargetsByRule", _of(call, rule))["Targets"]}
    if len(there | {each["Id"] for each in given}) > TARGETS:
        message = "The requested resource exceeds the maximum number allowed."
        raise AwsError("LimitExceededException", message, status=400)
    for target in given:
        for fault in _target_faults(call, target):
            raise AwsError("ValidationException", fault, status=400)
    forward()
    return None


def _of(call: Call, rule: str) -> dict[str, str]:
    bus = call.params.get("EventBusName")
    return {"Rule": rule, **({"EventBusName": bus} if bus else {})}


def _target_faults(call: Call, target: dict[str, Any]) -> Iterator[str]:
    identifier, role = target["Id"], target.get("RoleArn")
    if sum(name in target for name in INPUTS) > 1:
        yield f"Only one of Input, InputPath, or InputTransformer must be provided for target {identifier}."
    try:
        json.loads(target.get("Input", "null"))
    except ValueError:
        yield f"JSON syntax error in input for target {identifier}"
    parts = target["Arn"].split(":")
    if len(parts) > 2 and parts[2] in WITH_ROLE and not role:
        yield f"RoleArn is required for target {target['Arn']}."
    if role and not can_be_assumed(call, role, EVENTS):
        yield f"Provided role '{role}' cannot be assumed by principal '{EVENTS}'."
