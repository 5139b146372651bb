# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS would refuse is wrong, what it may refuse or doesn't let us ask a warning, each with a remedy."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.realtime.aws.plugins.modules import stack_preflight_info
from ansible_collections.realtime.aws.plugins.modules.stack_preflight_info import family
from scripted_aws import ScriptedAws, client_error


def answers():
    """An account that can take a stack."""
    return {
        "describe_vpcs": {"Vpcs": [{}] * 3},
        "describe_addresses": {"Addresses": [{}] * 3},
        "get_service_quota": {"Quota": {"Value": 5.0}},
        "describe_instance_type_offerings": {"InstanceTypeOfferings": [{"Location": "a"}, {"Location": "b"}]},
        "describe_instance_types": lambda InstanceTypes: {
            "InstanceTypes": [{"InstanceType": kind, "VCpuInfo": {"DefaultVCpus": 2}} for kind in InstanceTypes]
        },
        "describe_instances": {"Reservations": []},
        "describe_db_engine_versions": {
            "DBEngineVersions": [
                {"EngineVersion": "8.4.6"},
                {"EngineVersion": "8.4.10"},
                {"EngineVersion": "8.4.9"},
            ]
        },
        "describe_orderable_db_instance_options": {"OrderableDBInstanceOptions": [{"MultiAZCapable": True}]},
        "head_bucket": client_error("404", 404),
    }


@pytest.fixture
def account(monkeypatch, aws):
    found = ScriptedAws(answers())
    monkeypatch.setattr(stack_preflight_info.AnsibleAWSModule, "client", lambda *_, **__: found)
    return found


@pytest.fixture
def ask(account, run_module):
    def ask(**options):
        result = run_module("stack_preflight_info", **options)
        assert not result["changed"]
        for each in result["checks"]:
            assert bool(each["remedy"]) == (each["verdict"] != "ok")
        return [(each["verdict"], each["found"]) for each in result["checks"]]

    return ask


@pytest.mark.parametrize(
    ("more", "verdict", "found"),
    [(2, "ok", "2 more; 3 of 5 in use"), (3, "wrong", "3 more; 3 of 5 in use"), (0, "ok", "0 more; 3 of 5 in use")],
)
def test_addresses_and_vpcs_fit_their_quota(ask, more, verdict, found):
    assert ask(elastic_ips=more) == ask(vpcs=more) == [(verdict, found)]


SERVERS = {"instance_type": "t3.medium", "availability_zones": ["a", "b"], "desired_capacity": 2, "max_size": 2}


def test_servers_that_can_be_had(ask):
    assert ask(servers=SERVERS) == [("ok", "t3.medium is offered in a, b"), ("ok", "4 more; 0 of 5 in use")]


def test_an_instance_type_that_a_zone_lacks(ask):
    servers = {**SERVERS, "availability_zones": ["a", "c"]}
    assert ask(servers=servers) == [("wrong", "t3.medium is not offered in c")]


def test_more_servers_later_than_the_quota_has(ask):
    assert ask(servers={**SERVERS, "max_size": 10})[1] == ("warning", "4 more, up to 20 later; 0 of 5 in use")


def test_running_servers_count_when_they_share_the_quota(ask, account):
    running = [{"InstanceType": "m5.large"}, {"InstanceType": "p4.large"}]
    running.append({"InstanceType": "m5.large", "InstanceLifecycle": "spot"})
    account.answers["describe_instances"] = {"Reservations": [{"Instances": running}]}
    assert ask(servers=SERVERS)[1] == ("wrong", "4 more; 2 of 5 in use")


@pytest.mark.parametrize(("kind", "letters"), [("t3.medium", "t"), ("inf2.xlarge", "inf"), ("u-6tb1.metal", "u-")])
def test_family(kind, letters):
    assert family(kind) == letters


DATABASE = {"engine": "mysql", "engine_version": "8.4", "instance_classes": ["db.r7g.large"], "multi_az": True}


def test_a_database_that_can_be_had(ask):
    assert ask(database=DATABASE) == [("ok", "mysql 8.4.10"), ("ok", "db.r7g.large")]


def test_a_version_that_is_no_more(ask, account):
    assert ask(database={**DATABASE, "engine_version": "8"})[0] == ("ok", "mysql 8.4.10")
    assert ask(database={**DATABASE, "engine_version": "8.4.1"}) == [("wrong", "mysql 8.4.1 can't be created")]


def test_what_aws_has_said_before_it_refuses_stays(ask, account):
    account.answers["describe_orderable_db_instance_options"] = client_error("AccessDenied")
    known, unknown = ask(database=DATABASE)
    assert known == ("ok", "mysql 8.4.10")
    assert unknown[0] == "warning" and "AccessDenied" in unknown[1]


def test_a_class_that_the_region_lacks(ask, account):
    account.answers["describe_orderable_db_instance_options"] = lambda DBInstanceClass, **_: {
        "OrderableDBInstanceOptions": [{"MultiAZCapable": False}] if DBInstanceClass == "db.r7g.large" else []
    }
    classes = ["db.r7g.large", "db.x9.large", "db.x9.large"]
    assert ask(database={**DATABASE, "instance_classes": classes})[1:] == [
        ("wrong", "db.r7g.large has no standby in another zone"),
        ("wrong", "db.x9.large is not to be had with mysql 8.4.10 in this region"),
    ]


@pytest.mark.parametrize(
    ("answer", "verdict", "found"),
    [
        (client_error("404", 404), "ok", "b is free"),
        (client_error("403", 403), "wrong", "b is somebody else's"),
        ({}, "ok", "b is this account's already"),
        (
            client_error("500", 500),
            "warning",
            "not known: An error occurred (500) when calling the Asked operation: 500",
        ),
    ],
)
def test_names_of_buckets_are_global(ask, account, answer, verdict, found):
    account.answers["head_bucket"] = answer
    assert ask(bucket_names=["b"]) == [(verdict, found)]


def test_what_the_credentials_may_not_ask_is_a_warning_and_the_rest_is_asked(ask, account):
    account.answers["get_service_quota"] = client_error("AccessDeniedException")
    assert [verdict for verdict, _found in ask(elastic_ips=1, servers=SERVERS)] == ["warning", "ok", "warning"]


@pytest.fixture
def public_dns(monkeypatch):
    """The public DNS: what it answers for NS, or raises."""
    answer = []

    class DNSException(Exception):
        pass

    class Nobody(DNSException):
        pass

    def resolve(name, kind):
        assert (name, kind) == ("example.com.", "NS")
        if answer and isinstance(answer[0], Exception):
            raise answer[0]
        return [SimpleNamespace(target=server) for server in answer]

    package = SimpleNamespace(
        exception=SimpleNamespace(DNSException=DNSException),
        resolver=SimpleNamespace(resolve=resolve, NXDOMAIN=Nobody, NoAnswer=Nobody),
    )
    monkeypatch.setattr(stack_preflight_info, "dns", package)
    return SimpleNamespace(answer=answer, Nobody=Nobody, DNSException=DNSException)


ZONE = {"name": "example.com", "name_servers": ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]}


def test_a_delegated_domain(ask, public_dns):
    public_dns.answer[:] = ["NS-2.awsdns-02.com."]
    assert ask(hosted_zone=ZONE) == [("ok", "example.com is delegated to the zone")]


def test_a_domain_delegated_elsewhere_or_nowhere(ask, public_dns):
    public_dns.answer[:] = ["ns.registrar.example."]
    assert ask(hosted_zone=ZONE) == [("warning", "example.com is delegated to ns.registrar.example")]
    public_dns.answer[:] = [public_dns.Nobody()]
    assert ask(hosted_zone=ZONE) == [("warning", "example.com is delegated to nobody")]


def test_a_delegation_that_can_t_be_looked_up(ask, public_dns, monkeypatch):
    public_dns.answer[:] = [public_dns.DNSException("timed out")]
    assert ask(hosted_zone=ZONE) == [("warning", "not known: timed out")]
    assert ask(hosted_zone={**ZONE, "name_servers": []}) == [("warning", "the zone example.com is still to be made")]
    monkeypatch.setattr(stack_preflight_info, "dns", None)
    assert ask(hosted_zone=ZONE) == [("warning", "not known: dnspython is not installed")]
