# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What works has passed; what does not, and what AWS does not tell, has failed, each with a remedy."""

from __future__ import annotations

import pytest
from ansible_collections.realtime.aws.plugins.module_utils.alarms import read_alarms
from ansible_collections.realtime.aws.plugins.modules import stack_smoke_info
from scripted_aws import ScriptedAws, client_error

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/50dc6c495c0c9188"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"


def member(name, state="InService"):
    return {"InstanceId": name, "LifecycleState": state}


def health(name, state="healthy", **why):
    return {"Target": {"Id": name, "Port": 80}, "TargetHealth": {"State": state, **why}}


def rule(port=3306, source="sg-web", protocol="tcp"):
    return {
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": source}],
    }


def answers():
    """An account where all is well."""
    return {
        "test_dns_answer": lambda RecordType, **_: {"ResponseCode": "NOERROR", "RecordData": [f"the {RecordType}"]},
        "list_objects_v2": {"Contents": [{"Key": "static/", "Size": 0}, {"Key": "static/app.css", "Size": 7}]},
        "describe_auto_scaling_groups": {
            "AutoScalingGroups": [{"Instances": [member("i-1"), member("i-2"), member("i-3", "Pending")]}]
        },
        "describe_target_health": {
            "TargetHealthDescriptions": [health("i-1"), health("i-2"), health("i-0", "draining")]
        },
        "describe_db_instances": {
            "DBInstances": [
                {
                    "DBInstanceStatus": "backing-up",
                    "Endpoint": {"Address": "db.example", "Port": 3306},
                    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db"}],
                }
            ]
        },
        "describe_security_groups": {"SecurityGroups": [{"IpPermissions": [rule()]}]},
        "get_metric_statistics": {"Datapoints": [{"Maximum": 0.0}, {"Maximum": 3.0}]},
        "describe_alarms": lambda AlarmNames: {
            "MetricAlarms": [
                {"AlarmName": name, "ActionsEnabled": True, "AlarmActions": [TOPIC]} for name in AlarmNames
            ]
        },
        "list_subscriptions_by_topic": {
            "Subscriptions": [
                {"Protocol": "lambda", "SubscriptionArn": f"{TOPIC}:1", "Endpoint": "function"},
                {"Protocol": "email", "SubscriptionArn": "PendingConfirmation", "Endpoint": "ann@example.com"},
            ]
        },
    }


@pytest.fixture
def account(monkeypatch, aws):
    found = ScriptedAws(answers())
    monkeypatch.setattr(stack_smoke_info.AnsibleAWSModule, "client", lambda *_, **__: found)
    return found


@pytest.fixture
def ask(account, run_module):
    def ask(**options):
        result = run_module("stack_smoke_info", **options)
        assert not result["changed"]
        for each in result["checks"]:
            assert bool(each["remedy"]) == (each["verdict"] != "pass")
        return [(each["verdict"], each["found"]) for each in result["checks"]]

    return ask


ZONE = {"id": "Z1", "names": {"www.example.com": ["A", "AAAA"]}}


def test_names(ask, account):
    assert ask(hosted_zone=ZONE) == [("pass", "the zone answers A the A, AAAA the AAAA")]
    account.answers["test_dns_answer"] = lambda RecordType, **_: {
        "ResponseCode": "NOERROR",
        "RecordData": ["192.0.2.1"] if RecordType == "A" else [],
    }
    assert ask(hosted_zone=ZONE) == [("fail", "the zone answers NOERROR with no AAAA record")]
    account.answers["test_dns_answer"] = {"ResponseCode": "NXDOMAIN", "RecordData": []}
    assert ask(hosted_zone=ZONE) == [("fail", "the zone answers NXDOMAIN with no A record")]


def test_what_is_not_known_has_failed_and_the_rest_is_asked(ask, account):
    account.answers["test_dns_answer"] = client_error("AccessDenied")
    both = ask(hosted_zone=ZONE, alarm_names=["a"])
    assert both[0] == (
        "fail",
        "not known: An error occurred (AccessDenied) when calling the Asked operation: AccessDenied",
    )
    assert both[1][0] == "pass"


def test_an_asset_is_no_folder(account, run_module):
    bucket = {"name": "b", "prefix": "static/"}
    assert run_module("stack_smoke_info", asset_bucket=bucket)["asset"] == "static/app.css"
    account.answers["list_objects_v2"] = {}
    assert run_module("stack_smoke_info", asset_bucket=bucket)["asset"] == ""
    account.answers["list_objects_v2"] = client_error("AccessDenied")
    with pytest.raises(Exception, match="Failed to list the objects of b"):
        run_module("stack_smoke_info", asset_bucket=bucket)


TARGETS = {"target_group_arns": [ARN], "autoscaling_group_name": "asg", "wait_timeout": 0}


def test_servers_are_in_service_and_healthy(ask):
    assert ask(targets=TARGETS) == [("pass", "all 2 servers are healthy")]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ([health("i-1")], "1 of 2 servers are healthy; i-2 is not registered"),
        ([health("i-1"), health("i-2", "draining")], "1 of 2 servers are healthy; i-2 is not registered"),
        (
            [health("i-1"), health("i-2", "unhealthy", Reason="R", Description="codes: [502]")],
            "1 of 2 servers are healthy; i-2 is unhealthy (codes: [502])",
        ),
        ([], "0 of 2 servers are healthy; i-1 is not registered, i-2 is not registered"),
    ],
)
def test_servers_that_get_no_requests(ask, account, targets, found):
    account.answers["describe_target_health"] = {"TargetHealthDescriptions": targets}
    assert ask(targets=TARGETS) == [("fail", found)]


def test_no_server_is_no_success(ask, account):
    account.answers["describe_auto_scaling_groups"] = {"AutoScalingGroups": []}
    account.answers["describe_target_health"] = {"TargetHealthDescriptions": []}
    assert ask(targets=TARGETS) == [("fail", "0 of 0 servers are healthy")]


def test_a_new_target_gets_its_time(ask, account, monkeypatch):
    answers = [[health("i-1"), health("i-2", "initial")], [health("i-1"), health("i-2")]]
    account.answers["describe_target_health"] = lambda **_: {"TargetHealthDescriptions": answers.pop(0)}
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert ask(targets={**TARGETS, "wait_timeout": 9}) == [("pass", "all 2 servers are healthy")]


DATABASE = {"identifier": "db", "security_group_id": "sg-web"}


def test_a_database_that_is_reached(ask):
    reached = ("pass", "backing-up at db.example:3306, where its security group lets the servers in")
    assert ask(database=DATABASE) == [
        reached,
        ("pass", "up to 3 connections in the last 15 minutes, says CloudWatch"),
    ]
    assert ask(database={**DATABASE, "reported": "ok"}) == [
        reached,
        ("pass", "the application reaches it, says its health check"),
    ]


def test_a_database_that_nobody_reached(ask, account):
    account.answers["get_metric_statistics"] = {"Datapoints": []}
    assert [verdict for verdict, _found in ask(database=DATABASE)] == ["pass", "skipped"]
    said = ask(database={**DATABASE, "reported": "unreachable"})
    assert said[1] == ("fail", "the application's health check says of it: unreachable")


@pytest.mark.parametrize("shut", [rule(port=5432), rule(source="sg-other"), rule(protocol="udp")])
def test_a_database_that_lets_nobody_in(ask, account, shut):
    account.answers["describe_security_groups"] = {"SecurityGroups": [{"IpPermissions": [shut]}]}
    assert ask(database=DATABASE)[0] == ("fail", "backing-up, but sg-db does not let sg-web in at port 3306")


@pytest.mark.parametrize("changed", [{"DBInstanceStatus": "stopped"}, {"Endpoint": None}])
def test_a_database_that_is_not_up(ask, account, changed):
    account.answers["describe_db_instances"]["DBInstances"][0].update(changed)
    assert [verdict for verdict, _found in ask(database=DATABASE)] == ["fail"]


def test_alarms_tell_somebody(ask):
    assert ask(alarm_names=["a", "b"]) == [("pass", "alarms: 2; told: lambda; not confirmed: ann@example.com")]


def test_alarms_that_tell_nobody(ask, account):
    account.answers["list_subscriptions_by_topic"]["Subscriptions"].pop(0)
    account.answers["describe_alarms"] = {
        "MetricAlarms": [
            {"AlarmName": "a", "ActionsEnabled": True, "AlarmActions": [TOPIC]},
            {"AlarmName": "b", "ActionsEnabled": False, "AlarmActions": [TOPIC]},
            {"AlarmName": "c", "ActionsEnabled": True, "AlarmActions": []},
        ]
    }
    assert ask(alarm_names=["a", "b", "c", "gone"]) == [
        ("fail", "b, c, gone notify nobody"),
        ("fail", "alarms: 1; told: nobody; not confirmed: ann@example.com"),
    ]


def test_more_alarms_than_a_call_takes(account):
    asked = []
    account.answers["describe_alarms"] = lambda AlarmNames: asked.append(len(AlarmNames)) or {"MetricAlarms": []}
    read_alarms(account, [f"alarm-{number}" for number in range(130)])
    assert asked == [100, 30]
