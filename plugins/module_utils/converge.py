# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of this collection share: compare what is with what is wanted, act, report.

A module reads the current state into a dict of the attributes it manages, builds the same dict from its options, and
hands both to a Plan. The plan decides (create, update, replace, delete or nothing), predicts (check mode) and reports (diff).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

try:
    import botocore.exceptions
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from ansible_collections.realtime.aws.plugins.module_utils.progress import Progress

# CON-6: botocore's own retries handle most throttling; these are the codes that it or AWSRetry leave out.
RETRY = AWSRetry.jittered_backoff(
    retries=8,
    delay=1,
    max_delay=20,
    catch_extra_error_codes=["ThrottlingException", "TooManyRequestsException", "PriorRequestNotComplete"],
)
NO_RETRY = AWSRetry.jittered_backoff(retries=1)

Effect = Callable[[Any, Any], str]  # says of an attribute's old and new value what the change means for the service


def named(description: str) -> Callable:
    """Decorate an AWS call: its failure is reported as "Failed to <description>"."""
    return AWSErrorHandler.common_error_handler(description)


def missing_is_none(description: str, *codes: str) -> Callable:
    """Decorate a read or a delete: these AWS error codes mean that there is nothing, and None is returned."""

    def decorate(func: Callable) -> Callable:
        def handler(*args: Any, **kwargs: Any) -> Any:
            try:
                return func(*args, **kwargs)
            except is_boto3_error_code(list(codes)):
                return None

        return named(description)(handler)

    return decorate


def first(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what was asked for by its name; an answer without it says the same as one that it is not there."""
    return found[0] if found else None


@dataclass
class Plan:
    """The way of one resource from before to after; None stands for absent.

    kind is the CloudFormation resource type, which names a resource kind without doubt ("AWS::RDS::DBInstance").
    desired holds the managed attributes only; what before has beyond them stays as it is.
    disrupts says what a change of an attribute means for the service, as far as it means anything; replaced_by are the
    attributes that AWS can't change, so that the resource is made anew.
    """

    kind: str
    name: str
    before: dict[str, Any] | None
    desired: dict[str, Any] | None
    note: str | None = None
    disrupts: Mapping[str, str | Effect] = field(default_factory=dict)
    replaced_by: Collection[str] = ()
    after: dict[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        self.after = None if self.desired is None else {**(self.before or {}), **self.desired}

    @property
    def action(self) -> str:
        if self.before is None:
            return "none" if self.desired is None else "create"
        if self.desired is None:
            return "delete"
        if self.changes.keys() & set(self.replaced_by):
            return "replace"
        return "update" if self.changes else "none"

    @property
    def interruption(self) -> str:
        """What the changes of a resource that exists mean for the service; empty when they mean nothing."""
        effects = {key: self._effect(key) for key in self.changes} if self.before is not None else {}
        return "; ".join(f"{key}: {effect}" for key, effect in effects.items() if effect)

    def _effect(self, key: str) -> str:
        effect = self.disrupts.get(key, "it is made anew" if key in self.replaced_by else "")
        return effect(self.before.get(key), self.desired[key]) if callable(effect) else effect

    @property
    def changes(self) -> dict[str, Any]:
        """The managed attributes whose value changes, with their new value."""
        before = self.before or {}
        return {key: value for key, value in (self.desired or {}).items() if key not in before or before[key] != value}

    @property
    def changed(self) -> bool:
        return self.action != "none"

    def diff(self) -> dict[str, Any]:
        """Only what changes, as Ansible shows it with --diff."""
        keys = set(self.changes) if self.action in ("update", "replace") else None
        return {
            "before_header": f"{self.kind} {self.name}",
            "after_header": f"{self.kind} {self.name} ({self.action})",
            "before": _shown(self.before, keys),
            "after": _shown(self.after, keys),
        }

    def summary(self) -> dict[str, Any]:
        remarks = {"interruption": self.interruption, "note": self.note}
        entry = {"type": self.kind, "name": self.name, "action": self.action}
        return {**entry, **{key: text for key, text in remarks.items() if text}}


def when_removed(text: str) -> Effect:
    """Say the text of a list or mapping that loses something, or whose value for a key changes."""

    def effect(old: Any, new: Any) -> str:
        kept = new.items() if isinstance(new, dict) else new
        lost = [each for each in (old.items() if isinstance(old, dict) else old or []) if each not in kept]
        return text if lost else ""

    return effect


def when_lowered(text: str) -> Effect:
    """Say the text of a number that gets less."""
    return lambda old, new: text if new < old else ""


def _shown(state: dict[str, Any] | None, keys: set[str] | None) -> str:
    if state is None:
        return ""
    kept = {key: value for key, value in state.items() if keys is None or key in keys}
    return json.dumps(kept, indent=2, sort_keys=True, default=str) + "\n"


def report(*plans: Plan) -> dict[str, Any]:
    """Return what a module exits with: changed, changes (one entry a resource that changes) and diff."""
    changing = [plan for plan in plans if plan.changed]
    return {
        "changed": bool(changing),
        "changes": [plan.summary() for plan in changing],
        "diff": [plan.diff() for plan in changing],
    }


def instant(text: str | None) -> datetime | None:
    """Return the time, in UTC when it has no zone; raise ValueError if it is none."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def desired_tags(current: dict[str, str] | None, tags: dict[str, str] | None, purge: bool) -> dict[str, str]:
    """Return the tags a resource ends up with; AWS's own (aws:…) always stay."""
    current = current or {}
    if tags is None:
        return dict(current)
    kept = {key: value for key, value in current.items() if not purge or key.startswith("aws:")}
    return {**kept, **{key: str(value) for key, value in tags.items()}}


ADOPTED = {"Adopted": "true"}
ADOPTION = "adopted: its own tags and settings stay, and a teardown gives it back"
RELEASE = "given back: it was there before, so it is not deleted"


def is_adopted(tags: dict[str, str] | None) -> bool:
    """Return whether these are the tags of something that was there before the environment, which is never deleted."""
    return ADOPTED.items() <= (tags or {}).items()


def adopting_tags(current: dict[str, str], tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of something that is adopted: all that it has, our own, and the one that says so; it keeps its name."""
    ours = {key: str(value) for key, value in tags.items() if key != "Name"}
    return {**current, **ours, **ADOPTED}


def released_tags(current: dict[str, str], tags: dict[str, str]) -> dict[str, str]:
    """Return what adopting_tags left of the tags that were there before."""
    ours = adopting_tags({}, tags)
    return {key: value for key, value in current.items() if ours.get(key) != value}


def tag_changes(current: dict[str, str], wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the tags to set and the keys to remove."""
    to_set = {key: value for key, value in wanted.items() if current.get(key) != value}
    return to_set, sorted(set(current) - set(wanted))


def pauses() -> Iterator[float]:
    """The seconds between two looks: quick things are noticed at once, slow ones cost few calls."""
    pause = 0.25
    while True:
        yield pause
        pause = min(pause * 1.6, 15)


def wait_until(what: str, ready: Callable[[], Any], timeout: float, typical: str = "") -> Any:
    """Call ready until it returns something true, and return that; raise AnsibleAWSError after timeout seconds.

    Where it is said how long the wait typically is ("2 to 3 min"), people are told while it lasts.
    """
    deadline, progress, between = time.monotonic() + timeout, Progress(what, typical), pauses()
    while not (result := ready()):
        progress.say()
        pause = next(between)
        if time.monotonic() + pause > deadline:
            raise AnsibleAWSError(message=f"Timed out after {timeout:.0f} s waiting for {what}")
        time.sleep(pause)
    return result


def await_listed(ids: Collection[str], read: Callable[[], list[dict[str, Any]]]) -> None:
    """Wait until AWS lists what was just made, for whoever reads next looks for it there; read returns the list."""
    if ids:
        what = f"AWS to list {', '.join(ids)}"
        wait_until(
            what, lambda: {*ids} <= {text for each in read() for text in each.values() if isinstance(text, str)}, 60
        )


def retry_on(codes: list[str], call: Callable[[], Any], timeout: float, message: str = "") -> Any:
    """Repeat call while AWS refuses it with one of these codes (and message in its text), up to timeout seconds.

    For what is only eventually true: a role that cannot be assumed yet, a network interface that lingers.
    """
    deadline = time.monotonic() + timeout
    for pause in pauses():
        try:
            return call()
        except botocore.exceptions.ClientError as error:
            reason = error.response.get("Error", {})
            if reason.get("Code") not in codes or message.lower() not in reason.get("Message", "").lower():
                raise
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
