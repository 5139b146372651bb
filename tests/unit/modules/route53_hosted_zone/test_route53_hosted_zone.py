# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.callback import plan as callback
from ansible_collections.realtime.aws.plugins.module_utils.route53 import caller_reference_prefix
from module_failed import ModuleFailed

MODULE, NAME = "route53_hosted_zone", "example.com"
OWNER = {"Project": "realtime", "Environment": "production"}
TAGS = {**OWNER, "Owner": "platform"}


@pytest.fixture
def route53(aws):
    return boto3.client("route53")


def zones(client):
    return client.list_hosted_zones()["HostedZones"]


def tags(client, zone):
    found = client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def make(run_module, **more):
    return run_module(MODULE, **{"zone": NAME, "tags": TAGS, "lookup_tags": OWNER, **more})


def test_create(route53, run_module):
    result = make(run_module, comment="production")
    assert zones(route53)[0]["Id"] == f"/hostedzone/{result['zone_id']}"
    assert tags(route53, result["zone_id"]) == TAGS
    assert len(result["name_servers"]) == 4


def test_second_run_writes_nothing(route53, run_module, writes):
    first = make(run_module)
    writes.clear()
    again = make(run_module)
    assert not again["changed"]
    assert (again["zone_id"], again["name_servers"]) == (first["zone_id"], first["name_servers"])
    assert writes == []


def test_update(route53, run_module):
    zone = make(run_module)["zone_id"]
    result = make(run_module, comment="new", tags={**OWNER, "Cost": "1"})
    assert result["changes"][0]["action"] == "update"
    assert tags(route53, zone) == {**OWNER, "Cost": "1"}
    assert zones(route53)[0]["Config"]["Comment"] == "new"


def test_a_creation_interrupted_before_the_tags_is_taken_up(route53, run_module):
    route53.create_hosted_zone(Name=NAME, CallerReference=caller_reference_prefix(OWNER) + "x")
    result = make(run_module)
    assert result["changes"][0]["action"] == "update"
    assert len(zones(route53)) == 1
    assert tags(route53, result["zone_id"]) == TAGS


def test_no_second_zone_beside_somebody_else_s(route53, run_module, writes):
    route53.create_hosted_zone(Name=NAME, CallerReference="theirs")
    writes.clear()
    for check in (True, False):
        with pytest.raises(ModuleFailed, match="use it instead of a second one"):
            make(run_module, check=check)
    assert not make(run_module, state="absent")["changed"]
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(route53, run_module, writes, state):
    if state == "absent":
        make(run_module)
    writes.clear()
    result = make(run_module, check=True, state=state)
    assert result["changed"]
    assert result["zone_id"] is None
    assert writes == []


def test_delete_takes_validation_records_along(route53, run_module):
    zone = make(run_module)["zone_id"]
    put(route53, zone, "_abc.example.com", "_def.acm-validations.aws")
    assert make(run_module, state="absent")["changed"]
    assert zones(route53) == []
    assert not make(run_module, state="absent")["changed"]


def test_delete_spares_records_of_somebody_else_unless_forced(route53, run_module):
    zone = make(run_module)["zone_id"]
    put(route53, zone, "mail.example.com", "mail.example.net")
    with pytest.raises(ModuleFailed, match=r"records of somebody else: mail\.example\.com\. CNAME"):
        make(run_module, state="absent")
    assert make(run_module, state="absent", force=True)["changed"]
    assert zones(route53) == []


def test_no_tags_are_refused(route53, run_module):
    with pytest.raises(ModuleFailed, match="allowed: at least one tag"):
        run_module(MODULE, zone=NAME)


def put(client, zone, name, value):
    record = {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_zone_that_is_adopted_is_told_and_left_alone(route53, run_module, writes, state):
    zone = route53.create_hosted_zone(Name=NAME, CallerReference="theirs")["HostedZone"]["Id"].split("/")[-1]
    writes.clear()
    result = run_module(MODULE, zone=NAME, adopt=zone, state=state)
    assert (result["changed"], result["zone_id"], writes) == (False, zone, [])
    (entry,) = callback.kept("dns", "realtime.aws.route53_hosted_zone", result)
    assert (entry["resource"], entry["action"], entry["layer"]) == (f"AWS::Route53::HostedZone/{NAME}", "keep", "dns")
    assert entry["note"].startswith("adopted: ")


def test_a_zone_to_adopt_has_to_exist(route53, run_module):
    with pytest.raises(ModuleFailed, match="no hosted zone Z0123456789 to adopt"):
        run_module(MODULE, zone=NAME, adopt="Z0123456789")
