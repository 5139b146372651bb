# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the environment owns and no longer wants: what is left over, and what becomes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.realtime.aws.plugins.action import stack_plan
from ansible_collections.realtime.aws.plugins.action.stack_leftovers import decide, refusals
from ansible_collections.realtime.aws.plugins.callback import plan as callback
from ansible_collections.realtime.aws.plugins.filter.left_over import left_over

ROLES = Path(__file__).parents[3] / "roles"
QUEUE, ALARM, BUCKET, SUBNET = "AWS::SQS::Queue", "AWS::CloudWatch::Alarm", "AWS::S3::Bucket", "AWS::EC2::Subnet"
LEFTOVERS = {
    "network": left_over({"subnet-1": {"name": "production-public-c", "purpose": "10.0.2.0/24"}}, SUBNET, []),
    "storage": left_over(["production-old-bucket"], BUCKET, []),
    "messaging": left_over(["production-empty", "production-full"], QUEUE, [], ["production-full"]),
    "monitoring": left_over(["production-Old"], ALARM, []),
}


def names(entries):
    return [each["name"] for each in entries]


def test_what_is_wanted_is_not_left_over_and_what_is_not_there_neither():
    found = ["production-a", "production-b"]
    assert names(left_over(found, QUEUE, ["production-a", "production-c"])) == ["production-b"]
    assert left_over(found, QUEUE, found) == []


def test_what_has_an_id_is_judged_by_what_it_is_for():
    found = {
        "subnet-1": {"name": "renamed by hand", "purpose": "10.0.1.0/24"},
        "subnet-2": {"name": "production-public-c", "purpose": "10.0.2.0/24"},
    }
    (entry,) = left_over(found, SUBNET, ["10.0.1.0/24"])
    assert entry == {
        "type": SUBNET,
        "id": "subnet-2",
        "name": "production-public-c",
        "holds_data": False,
        "adopted": False,
    }


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        (BUCKET, True),
        ("AWS::RDS::DBInstance", True),
        ("AWS::KMS::Key", True),
        ("AWS::SecretsManager::Secret", True),
        ("AWS::Logs::LogGroup", True),
        (QUEUE, False),
        (ALARM, False),
    ],
)
def test_which_kinds_hold_data(kind, holds):
    assert left_over(["x"], kind, [])[0]["holds_data"] is holds


def test_what_was_there_before_is_given_back_without_being_named():
    leftovers = {"storage": left_over(["company-assets"], BUCKET, [], adopted=True)}
    assert decide(leftovers, prune=True, named=[]) == {"doomed": {"storage": {BUCKET: ["company-assets"]}}, "kept": []}
    (kept,) = decide(leftovers, prune=False, named=[])["kept"]
    assert kept["note"] == "not wanted any more; given back with -e prune=true"


def test_without_prune_all_is_kept():
    decided = decide(LEFTOVERS, prune=False, named=[])
    assert decided["doomed"] == {}
    assert len(decided["kept"]) == 5
    assert {each["action"] for each in decided["kept"]} == {"keep"}
    assert all("deleted" in each["note"] and "-e prune=true" in each["note"] for each in decided["kept"])


def test_with_prune_data_holders_are_kept_all_the_same():
    decided = decide(LEFTOVERS, prune=True, named=[])
    assert decided["doomed"] == {
        "monitoring": {ALARM: ["production-Old"]},
        "messaging": {QUEUE: ["production-empty"]},
        "network": {SUBNET: ["subnet-1"]},
    }
    assert names(decided["kept"]) == ["production-full", "production-old-bucket"]
    assert '"prune_data": ["production-full"]' in decided["kept"][0]["note"]


def test_what_is_named_goes_with_its_data_and_nothing_else():
    decided = decide(LEFTOVERS, prune=True, named=["production-old-bucket"])
    assert decided["doomed"]["storage"] == {BUCKET: ["production-old-bucket"]}
    assert names(decided["kept"]) == ["production-full"]


def test_layers_go_in_the_order_of_a_teardown():
    assert list(decide(LEFTOVERS, prune=True, named=["production-old-bucket"])["doomed"]) == [
        "monitoring",
        "messaging",
        "storage",
        "network",
    ]


@pytest.mark.parametrize(
    ("prune", "named", "reason"),
    [
        (True, ["production-old-buckets"], "'production-old-buckets'; allowed: production-full, production-old-bucket"),
        (True, ["production-empty"], "'production-empty'; allowed"),  # it goes without being named
        (False, ["production-old-bucket"], "needs -e prune=true"),
    ],
)
def test_names_that_are_refused(prune, named, reason):
    (refusal,) = refusals(LEFTOVERS, prune, named)
    assert reason in refusal


def test_names_that_are_accepted():
    assert refusals(LEFTOVERS, True, ["production-old-bucket", "production-full"]) == []
    assert refusals(LEFTOVERS, False, []) == []


def test_the_plan_shows_what_is_kept_as_nothing_to_do():
    decided = decide(LEFTOVERS, prune=False, named=[])
    entries = callback.kept("stack", "realtime.aws.stack_leftovers", decided)
    assert [(each["before"], each["after"]) for each in entries] == [(None, None)] * 5
    lines = list(stack_plan.summary(entries))
    assert lines[0] == "kept:"
    assert lines[1].startswith(
        "  ! AWS::CloudWatch::Alarm production-Old (monitoring: not wanted any more; deleted with"
    )
    assert lines[-1] == "nothing to do"
    assert not stack_plan.to_do(entries)
    assert stack_plan.to_do([*entries, {"action": "delete"}])


def test_a_result_of_another_module_keeps_nothing():
    assert callback.kept("release", "realtime.aws.s3_objects", {"kept": ["index.html"]}) == []


@pytest.mark.parametrize("path", sorted(ROLES.glob("*/tasks/leftovers.yml")), ids=lambda path: path.parents[1].name)
def test_every_kind_that_a_layer_looks_for_it_can_remove(path):
    role = path.parents[1].name
    looked_for = set(re.findall(r"AWS::\w+::\w+", path.read_text(encoding="utf-8")))
    pruned = (path.parent / ("prune_strays.yml" if role == "stack" else "prune.yml")).read_text(encoding="utf-8")
    assert looked_for
    assert set(re.findall(rf"stack_doomed\.{role}\['(AWS::\w+::\w+)'\]", pruned)) == looked_for


def test_every_layer_that_can_have_leftovers_is_asked():
    variables = yaml.safe_load((ROLES / "stack/vars/main.yml").read_text(encoding="utf-8"))
    wiring = yaml.safe_load((ROLES.parent / "playbooks/vars/wiring.yml").read_text(encoding="utf-8"))
    able = {path.parents[1].name for path in ROLES.glob("*/tasks/leftovers.yml")} - {"stack"}
    assert variables["_stack_prunable"] == [layer for layer in wiring["layers"] if layer in able]
