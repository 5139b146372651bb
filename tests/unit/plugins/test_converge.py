# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils import converge
from ansible_collections.realtime.aws.plugins.module_utils.converge import Plan
from botocore.exceptions import ClientError

KIND = "AWS::EC2::VPC"


@pytest.mark.parametrize(
    ("before", "desired", "action", "changes"),
    [
        (None, None, "none", {}),
        (None, {"a": 1}, "create", {"a": 1}),
        ({"a": 1}, None, "delete", {}),
        ({"a": 1}, {"a": 1}, "none", {}),
        ({"a": 1, "id": "x"}, {"a": 1}, "none", {}),
        ({"a": 1, "id": "x"}, {"a": 2}, "update", {"a": 2}),
        ({"id": "x"}, {"a": None}, "update", {"a": None}),
    ],
)
def test_plan(before, desired, action, changes):
    plan = Plan(KIND, "one", before, desired)
    assert (plan.action, plan.changes, plan.changed) == (action, changes, action != "none")
    assert plan.after == (None if desired is None else {**(before or {}), **desired})


def test_a_diff_shows_what_changes_and_nothing_else():
    diff = Plan(KIND, "one", {"a": 1, "b": 2}, {"a": 3, "b": 2}).diff()
    assert (diff["before"], diff["after"]) == ('{\n  "a": 1\n}\n', '{\n  "a": 3\n}\n')
    assert diff["after_header"] == f"{KIND} one (update)"
    assert Plan(KIND, "one", {"a": 1}, None).diff()["after"] == ""
    assert Plan(KIND, "one", None, {"a": 1}).diff()["before"] == ""


def test_report_names_only_what_changes():
    result = converge.report(Plan(KIND, "same", {}, {}), Plan(KIND, "new", None, {}, note="costs"))
    assert result["changed"]
    assert result["changes"] == [{"type": KIND, "name": "new", "action": "create", "note": "costs"}]
    assert len(result["diff"]) == 1
    assert converge.report() == {"changed": False, "changes": [], "diff": []}


@pytest.mark.parametrize(
    ("current", "tags", "purge", "expected"),
    [
        (None, None, True, {}),
        ({"a": "1"}, None, True, {"a": "1"}),
        ({"a": "1"}, {"b": 2}, True, {"b": "2"}),
        ({"a": "1"}, {"b": 2}, False, {"a": "1", "b": "2"}),
        ({"aws:x": "1", "a": "1"}, {}, True, {"aws:x": "1"}),
    ],
)
def test_desired_tags(current, tags, purge, expected):
    assert converge.desired_tags(current, tags, purge) == expected


def test_tag_changes():
    assert converge.tag_changes({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9"}) == ({"b": "9"}, ["c"])
    assert converge.tag_changes({}, {}) == ({}, [])


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, monkeypatch):
        self.now, self.pauses = 0.0, []
        monkeypatch.setattr(converge.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(converge.time, "sleep", self.sleep)

    def sleep(self, seconds):
        self.now += seconds
        self.pauses.append(seconds)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_wait_until_returns_what_it_waited_for(clock):
    answers = iter([None, False, "ready"])
    assert converge.wait_until("it", lambda: next(answers), timeout=60) == "ready"
    assert clock.pauses == [0.25, 0.4]


def test_wait_until_gives_up_in_time(clock):
    with pytest.raises(AnsibleAWSError, match="Timed out after 90 s waiting for it"):
        converge.wait_until("it", lambda: None, timeout=90)
    assert 75 < clock.now <= 90
    assert max(clock.pauses) == 15


def refuse(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


def failing(*outcomes):
    rest = iter(outcomes)

    def call():
        outcome = next(rest)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call


def test_retry_on_goes_on_while_it_is_refused_for_that_reason(clock):
    call = failing(refuse("InUse", "Role cannot be ASSUMED"), refuse("InUse", "cannot be assumed"), "done")
    assert converge.retry_on(["InUse"], call, timeout=60, message="cannot be assumed") == "done"


@pytest.mark.parametrize(("code", "message"), [("Denied", "cannot be assumed"), ("InUse", "another reason")])
def test_retry_on_raises_other_errors_at_once(clock, code, message):
    with pytest.raises(ClientError):
        converge.retry_on(["InUse"], failing(refuse(code, message)), timeout=60, message="cannot be assumed")
    assert clock.pauses == []


def test_retry_on_gives_up_in_time(clock):
    with pytest.raises(ClientError):
        converge.retry_on(["InUse"], failing(*[refuse("InUse")] * 50), timeout=20)
    assert clock.now <= 20


def test_named_and_missing_is_none():
    @converge.named("read it")
    def read():
        raise refuse("AccessDenied")

    @converge.missing_is_none("read it", "NotFound", "Gone")
    def find(code):
        raise refuse(code)

    with pytest.raises(AnsibleAWSError, match="Failed to read it"):
        read()
    assert find("NotFound") is None
    assert find("Gone") is None
    with pytest.raises(AnsibleAWSError, match="Failed to read it"):
        find("AccessDenied")


def test_what_aws_cant_change_is_replaced():
    plan = Plan(
        "AWS::EC2::FlowLog", "x", {"traffic": "ALL", "tags": {}}, {"traffic": "REJECT"}, replaced_by=["traffic"]
    )
    assert plan.action == "replace"
    assert json.loads(plan.diff()["after"]) == {"traffic": "REJECT"}
    assert Plan("AWS::EC2::FlowLog", "x", None, {"traffic": "ALL"}, replaced_by=["traffic"]).action == "create"


@pytest.mark.parametrize(
    ("effect", "old", "new", "said"),
    [
        (converge.when_removed("cut"), ["a", "b"], ["a"], "cut"),
        (converge.when_removed("cut"), ["a"], ["a", "b"], ""),
        (converge.when_removed("cut"), None, ["a"], ""),
        (converge.when_removed("cut"), {"a": 1}, {"a": 2}, "cut"),
        (converge.when_removed("cut"), {"a": 1}, {"a": 1, "b": 2}, ""),
        (converge.when_lowered("less"), 4, 3, "less"),
        (converge.when_lowered("less"), 3, 4, ""),
    ],
)
def test_an_effect_may_depend_on_what_changes(effect, old, new, said):
    plan = Plan("kind", "x", {"size": old}, {"size": new}, disrupts={"size": effect})
    assert plan.interruption == (said and f"size: {said}")


def test_a_replacement_says_what_causes_it():
    plan = Plan("kind", "x", {"size": 1, "name": "a"}, {"size": 2, "name": "b"}, replaced_by=["size"])
    assert (plan.action, plan.interruption) == ("replace", "size: it is made anew")


def test_only_a_change_of_what_exists_interrupts():
    disrupts = {"size": "it restarts"}
    assert (
        Plan("kind", "x", {"size": 1}, {"size": 2}, disrupts=disrupts).summary()["interruption"] == "size: it restarts"
    )
    assert Plan("kind", "x", {"size": 1, "name": "a"}, {"size": 1, "name": "b"}, disrupts=disrupts).interruption == ""
    assert "interruption" not in Plan("kind", "x", None, {"size": 2}, disrupts=disrupts).summary()


def test_a_long_wait_says_what_for_and_how_long_it_usually_takes(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    converge.wait_until("the database", lambda: now[0] > 100, timeout=1000, typical="10 to 20 min")
    assert capsys.readouterr().err.splitlines() == [
        "realtime.aws waits: the database: 17 s so far, usually 10 to 20 min",
        "realtime.aws waits: the database: 1 min 28 s so far, usually 10 to 20 min",
    ]


def test_a_short_wait_says_nothing(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    converge.wait_until("the function", lambda: now[0] > 10, timeout=60, typical="10 s")
    assert capsys.readouterr().err == ""
