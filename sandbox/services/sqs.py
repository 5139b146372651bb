"""SQS: redrive-allow policies, and policies that outlive a change of another attribute; moto drops both."""

from __future__ import annotations

from typing import Any

from moto.sqs.models import Queue

from sandbox.hooks import mend

Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
Queue.redrive_allow_policy = None  # type: ignore[attr-defined]


@mend(Queue, "_set_attributes")
def set_attributes(original: Any, queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    """What is not named stays."""
    original(queue, {"Policy": getattr(queue, "policy", None), **attributes}, now)
