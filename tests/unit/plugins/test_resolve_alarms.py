# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.realtime.aws.plugins.filter.resolve_alarms import resolve_alarms

TOPICS = {"db-alert": "arn:db-alert"}
RESOURCES = {
    "database": {"dimension": "DBInstanceIdentifier", "members": {"": "production-db"}},
    "replica": {"dimension": "DBInstanceIdentifier", "members": {"": ""}},
    "queues": {"dimension": "QueueName", "members": {"a": "production-a", "b": "production-b"}},
    "target_groups": {
        "dimension": "TargetGroup",
        "members": {"web": "targetgroup/web/1"},
        "more": {"LoadBalancer": "app/alb/1"},
    },
}


def resolve(**alarm):
    return resolve_alarms({"One": {"topic": "db-alert", **alarm}}, "production-", RESOURCES, TOPICS, {"Layer": "x"})


def test_name_topic_and_tags():
    (alarm,) = resolve(of="database", threshold=75, unit=None)
    assert alarm == {
        "name": "production-One",
        "dimensions": {"DBInstanceIdentifier": "production-db"},
        "threshold": 75,
        "alarm_actions": ["arn:db-alert"],
        "ok_actions": ["arn:db-alert"],
        "tags": {"Layer": "x"},
    }


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("replica", {}),
        (
            "queues",
            {"production-One-a": {"QueueName": "production-a"}, "production-One-b": {"QueueName": "production-b"}},
        ),
        ("queues.b", {"production-One": {"QueueName": "production-b"}}),
        (
            "target_groups",
            {"production-One-web": {"TargetGroup": "targetgroup/web/1", "LoadBalancer": "app/alb/1"}},
        ),
    ],
)
def test_src_19_dimensions(of, expected):
    assert {alarm["name"]: alarm["dimensions"] for alarm in resolve(of=of)} == expected


def test_own_dimensions():
    assert resolve(dimensions={"A": "b"})[0]["dimensions"] == {"A": "b"}


def test_no_word_when_all_is_well_again():
    assert resolve(of="database", notify_ok=False)[0]["ok_actions"] == []


def test_metric_math_gets_the_dimensions_where_it_has_none():
    own = [{"name": "QueueName", "value": "other"}]
    metrics = [
        {"id": "a", "expression": "b / c"},
        {"id": "b", "metric_stat": {"metric": {"metric_name": "m"}, "stat": "Sum"}},
        {"id": "c", "metric_stat": {"metric": {"metric_name": "m", "dimensions": own}, "stat": "Sum"}},
    ]
    (alarm,) = resolve(of="database", metrics=metrics)
    assert "dimensions" not in alarm
    pairs = [{"name": "DBInstanceIdentifier", "value": "production-db"}]
    assert alarm["metrics"][0] == metrics[0]
    assert alarm["metrics"][1]["metric_stat"]["metric"]["dimensions"] == pairs
    assert alarm["metrics"][2] == metrics[2]
