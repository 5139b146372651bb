# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.realtime.aws.plugins.filter.rows import rows
from ansible_collections.realtime.aws.plugins.module_utils.cidr import (
    conflicts,
    faults,
    layout,
    listed,
    range_faults,
    vpc_faults,
)

REGION = "us-east-1"
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
GIVEN = {
    "a": {"public": "10.0.1.0/24", "private": "10.0.11.0/24", "database": "10.0.21.0/24"},
    "b": {"public": "10.0.2.0/24", "private": "10.0.12.0/24", "database": "10.0.22.0/24"},
}


def changed(zone, tier, cidr):
    return {**GIVEN, zone: {**GIVEN[zone], tier: cidr}}


def test_a_letter_is_a_zone_of_the_region():
    assert list(layout(GIVEN, "10.0.0.0/16", "eu-west-1", [])) == ["eu-west-1a", "eu-west-1b"]
    assert list(layout({"eu-west-1c": {}}, "10.0.0.0/16", "eu-west-1", [])) == ["eu-west-1c"]


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.16.0/20", "192.168.0.0/22"])
def test_derived_subnets_are_inside_and_apart(cidr):
    networks = [
        ipaddress.ip_network(each) for tiers in layout({}, cidr, REGION, ZONES).values() for each in tiers.values()
    ]
    assert len(networks) == 9
    assert all(network.subnet_of(ipaddress.ip_network(cidr)) for network in networks)
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)


def test_other_zones_move_nothing():  # SRC-2
    two = layout({}, "10.0.0.0/20", REGION, ["us-east-1b", "us-east-1d"])
    more = layout({}, "10.0.0.0/20", REGION, ["us-east-1d", "us-east-1c", "us-east-1b", "us-east-1a"])
    assert {zone: more[zone] for zone in two} == two


def test_names_and_public_addresses():
    found = listed(layout(GIVEN, "10.0.0.0/16", REGION, []), "production", True)
    assert found[1] == {
        "cidr": "10.0.2.0/24",
        "az": "us-east-1b",
        "map_public": True,
        "tags": {"Name": "production-public-subnet-2", "Tier": "public"},
    }
    assert [each["map_public"] for each in found] == [True, True, False, False, False, False]


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.16.0.0/20", "192.168.4.0/24", "100.64.0.0/16"])
def test_good_vpc(cidr):
    assert vpc_faults(cidr) == []


@pytest.mark.parametrize(
    "cidr", ["10.0.0.1/16", "10.0.0.0/8", "10.0.0.0/29", "8.8.0.0/16", "nonsense", "", "fd00::/56"]
)
def test_bad_vpc(cidr):
    assert len(vpc_faults(cidr)) == 1


def test_good_subnets():
    assert faults(GIVEN, "10.0.0.0/16", REGION, ZONES, 2) == []
    assert faults({}, "10.0.0.0/20", REGION, ZONES, 3) == []


@pytest.mark.parametrize(
    ("subnets", "message"),
    [
        ({"a": GIVEN["a"]}, "two zones"),
        ({"a": GIVEN["a"], "us-east-1a": GIVEN["b"]}, "twice"),
        (changed("b", "public", "10.0.1.128/25"), "overlaps"),
        (changed("b", "public", "10.1.2.0/24"), "outside"),
        (changed("b", "public", "10.0.2.1/24"), "host bits"),
        (changed("b", "public", "10.0.2.0/28"), "/27"),
        (changed("b", "private", "10.0.12.0/29"), "/28"),
        ({**GIVEN, "z": GIVEN["a"]}, "us-east-1z"),
        ({**GIVEN, "c": {"public": "10.0.3.0/24"}}, "has to have"),
        ({**GIVEN, "c": {**GIVEN["a"], "databse": "10.0.23.0/24"}}, "has to have"),
        ({**GIVEN, "c": "10.0.3.0/24"}, "has to have"),
    ],
)
def test_bad_subnets(subnets, message):
    assert message in "; ".join(faults(subnets, "10.0.0.0/16", REGION, ZONES, 2))


@pytest.mark.parametrize(("cidr", "count", "message"), [("10.0.0.0/24", 2, "too small"), ("10.0.0.0/16", 4, "3 zones")])
def test_what_cannot_be_laid_out(cidr, count, message):
    assert message in faults({}, cidr, REGION, ZONES, count)[0]


def test_ranges():
    assert range_faults(["0.0.0.0/0", "::/0", "203.0.113.7/32"]) == []
    assert len(range_faults(["203.0.113.7/24", "203.0.113.7", "office"])) == 3


def test_rows():
    assert rows({"port": [80, 443], "cidr": "0.0.0.0/0"}) == [
        {"port": 80, "cidr": "0.0.0.0/0"},
        {"port": 443, "cidr": "0.0.0.0/0"},
    ]
    assert rows({"port": [], "cidr": "0.0.0.0/0"}) == []
    with pytest.raises(ValueError, match="shorter|longer"):
        rows({"port": [80, 443], "name": ["web"]})


@pytest.mark.parametrize(
    ("cidr", "zone", "said"),
    [
        ("10.0.1.0/24", "a", []),
        ("10.0.1.0/24", "b", ["10.0.1.0/24 is in a, and AWS can't move it to b"]),
        ("10.0.1.0/25", "a", ["10.0.1.0/25 overlaps 10.0.1.0/24, which exists"]),
        ("10.0.9.0/24", "a", ["10.0.9.0/24 overlaps 10.0.9.0/24, which exists"]),
        ("10.0.2.0/24", "a", []),
    ],
)
def test_conflicts_with_what_exists(cidr, zone, said):
    assert conflicts([{"cidr": cidr, "az": zone}], {"10.0.1.0/24": "a"}, ["10.0.9.0/24"]) == said
