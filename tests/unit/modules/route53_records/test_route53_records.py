# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

MODULE = "route53_records"
CDN = {"value": ["D111.cloudfront.net"], "alias_hosted_zone_id": "Z2FDTNDATAQYW2"}
WWW = [{"record": "www.example.com", "type": kind, **CDN} for kind in ("A", "AAAA")]
TEXT = {"record": "note.example.com", "type": "TXT", "value": ['"one"', '"two"'], "ttl": 60}


@pytest.fixture
def route53(aws):
    return boto3.client("route53")


@pytest.fixture
def zone(route53):
    return route53.create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"].split("/")[-1]


def records(client, zone):
    found = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {(each["Name"], each["Type"]): each for each in found if each["Type"] not in ("NS", "SOA")}


def put(client, zone, record):
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def cname(name, value, **more):
    return {"Name": name, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": value}], **more}


def test_create_all_in_one_call(route53, zone, run_module, writes):
    writes.clear()
    result = run_module(MODULE, hosted_zone_id=zone, records=[*WWW, TEXT])
    assert writes == ["ChangeResourceRecordSets"]
    assert [change["name"] for change in result["changes"]][:2] == ["www.example.com. A", "www.example.com. AAAA"]
    found = records(route53, zone)
    target = found["www.example.com.", "AAAA"]["AliasTarget"]
    assert (target["DNSName"], target["HostedZoneId"]) == ("d111.cloudfront.net.", "Z2FDTNDATAQYW2")
    assert target["EvaluateTargetHealth"] is False
    assert found["note.example.com.", "TXT"]["TTL"] == 60


def test_second_run_writes_nothing(route53, zone, run_module, writes):
    run_module(MODULE, hosted_zone_id=zone, records=[*WWW, TEXT])
    writes.clear()
    swapped = {**TEXT, "record": "NOTE.example.com.", "value": ['"two"', '"one"']}
    assert not run_module(MODULE, hosted_zone_id=zone, records=[*WWW, swapped])["changed"]
    assert writes == []


def test_a_wildcard_is_known_again(route53, zone, run_module, writes):
    wildcard = {"record": "*.example.com", "type": "TXT", "value": ['"x"']}
    run_module(MODULE, hosted_zone_id=zone, records=[wildcard])
    assert not run_module(MODULE, hosted_zone_id=zone, records=[wildcard])["changed"]


def test_a_record_of_somebody_else_is_refused_and_named(route53, zone, run_module, writes):
    put(route53, zone, {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]})
    writes.clear()
    for check in (True, False):
        with pytest.raises(ModuleFailed, match=r"other values: www\.example\.com\. A; to replace them, use overwrite"):
            run_module(MODULE, check=check, hosted_zone_id=zone, records=WWW)
    assert writes == []


@pytest.mark.parametrize("permission", [{"overwrite": True}, {"overwrite_values": ["192.0.2.7"]}])
def test_it_is_replaced_when_allowed(route53, zone, run_module, permission):
    put(route53, zone, {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]})
    result = run_module(MODULE, hosted_zone_id=zone, records=WWW, **permission)
    assert [change["action"] for change in result["changes"]] == ["update", "create"]
    assert "AliasTarget" in records(route53, zone)["www.example.com.", "A"]
    assert not run_module(MODULE, hosted_zone_id=zone, records=WWW, **permission)["changed"]


def test_a_cname_in_the_way_goes_with_the_same_call(route53, zone, run_module, writes):
    put(route53, zone, cname("www.example.com", "old.example.net"))
    with pytest.raises(ModuleFailed, match="CNAME"):
        run_module(MODULE, hosted_zone_id=zone, records=WWW)
    writes.clear()
    run_module(MODULE, hosted_zone_id=zone, records=WWW, overwrite=True)
    assert writes == ["ChangeResourceRecordSets"]
    assert set(records(route53, zone)) == {("www.example.com.", "A"), ("www.example.com.", "AAAA")}


def test_weighted_records_are_never_ours(route53, zone, run_module):
    put(route53, zone, cname("note.example.com", "a.example.net", SetIdentifier="a", Weight=1))
    with pytest.raises(ModuleFailed, match="note"):
        run_module(
            MODULE,
            hosted_zone_id=zone,
            records=[{"record": "note.example.com", "type": "CNAME", "value": ["b.example.net"]}],
            overwrite=True,
        )


def test_absent_takes_what_has_the_value_given(route53, zone, run_module):
    run_module(MODULE, hosted_zone_id=zone, records=[*WWW, TEXT])
    other = {**TEXT, "value": ['"mine"']}
    result = run_module(MODULE, hosted_zone_id=zone, records=[*WWW, other], state="absent")
    assert result["kept"] == ["note.example.com. TXT"]
    assert set(records(route53, zone)) == {("note.example.com.", "TXT")}
    assert not run_module(MODULE, hosted_zone_id=zone, records=[*WWW, other], state="absent")["changed"]
    assert run_module(MODULE, hosted_zone_id=zone, records=[other], state="absent", overwrite=True)["changed"]
    assert records(route53, zone) == {}


def test_states_and_permissions_of_one_record(route53, zone, run_module):
    run_module(MODULE, hosted_zone_id=zone, records=[TEXT])
    gone = {"record": "note.example.com", "type": "TXT", "state": "absent", "overwrite": False}
    result = run_module(MODULE, hosted_zone_id=zone, records=[*WWW, gone], overwrite=True)
    assert result["kept"] == ["note.example.com. TXT"]
    assert len(records(route53, zone)) == 3


def test_check_mode_predicts_and_writes_nothing(route53, zone, run_module, writes):
    writes.clear()
    assert run_module(MODULE, check=True, hosted_zone_id=zone, records=WWW)["changed"]
    assert run_module(MODULE, check=True, hosted_zone_id="Z00000000abc", records=WWW)["changed"]
    assert writes == []


def test_waiting_and_the_api_s_errors(route53, zone, run_module):
    assert run_module(MODULE, hosted_zone_id=zone, records=WWW, wait=True)["changed"]
    outside = {"record": "www.example.net", "type": "A", "value": ["192.0.2.1"]}
    with pytest.raises(ModuleFailed, match="Failed to change the records"):
        run_module(MODULE, hosted_zone_id=zone, records=[outside])


def test_a_record_without_a_value_is_refused(zone, run_module):
    with pytest.raises(ModuleFailed, match="has no value; allowed: at least one"):
        run_module(MODULE, hosted_zone_id=zone, records=[{"record": "a.example.com", "type": "A"}])
