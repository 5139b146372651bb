# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the subnets of a VPC lie."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

TIERS = ("public", "private", "database")
LETTERS = "abcdefgh"
# A VPC is cut into 32 blocks, eight for each tier, one for each zone letter: what a zone gets hangs on its letter
# alone, so that adding or reordering zones moves nothing (SRC-2).
BLOCK_BITS = 5
PRIVATE = [ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
SMALLEST = 28  # AWS's smallest subnet
SMALLEST_PUBLIC = 27  # a load balancer wants 8 free addresses in a /27 at least


def full_zone(key: str, region: str) -> str:
    """Return the zone's name; a bare letter stands for the zone of the region."""
    return f"{region}{key}" if len(key) == 1 else key


def derived_block(network: ipaddress.IPv4Network, tier: str, zone: str) -> str:
    """Return the CIDR of a zone's subnet; ValueError when the VPC is too small or the letter is not known."""
    letter = zone[-1]
    if letter not in LETTERS:
        raise ValueError(f"zone {zone} does not end in one of {', '.join(LETTERS)}")
    size = network.prefixlen + BLOCK_BITS
    if size > SMALLEST_PUBLIC:
        raise ValueError(f"{network} is too small to be laid out: /{SMALLEST_PUBLIC - BLOCK_BITS} or larger")
    block = TIERS.index(tier) * len(LETTERS) + LETTERS.index(letter)
    start = int(network.network_address) + block * 2 ** (32 - size)
    return f"{ipaddress.IPv4Address(start)}/{size}"


def layout(subnets: dict[str, dict[str, str]], cidr: str, region: str, zones: list[str]) -> dict[str, dict[str, str]]:
    """Return the CIDRs by full zone name and tier: those given, or derived ones for these zones.

    Nothing is checked here, so that faults() can say everything that is wrong; what can't be derived is left out.
    """
    if subnets:
        return {
            full_zone(str(key), region): tiers for key, tiers in sorted(subnets.items(), key=lambda item: str(item[0]))
        }
    try:
        network = ipaddress.IPv4Network(cidr)
        return {zone: {tier: derived_block(network, tier, zone) for tier in TIERS} for zone in sorted(zones)}
    except ValueError:
        return {}


def vpc_faults(cidr: str) -> list[str]:
    """Say what AWS would refuse of a VPC's CIDR."""
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        return [str(error)]
    if not 16 <= network.prefixlen <= 28:
        return [f"{cidr} is not between /16 and /28"]
    if not any(network.subnet_of(block) for block in PRIVATE):
        return [f"{cidr} is not in {', '.join(map(str, PRIVATE))}"]
    return []


def range_faults(ranges: list[str]) -> list[str]:
    """Say which of these are no IPv4 or IPv6 ranges as AWS keeps them: it would drop host bits, and never be in step."""
    found = []
    for each in ranges:
        try:
            ipaddress.ip_network(each)
        except ValueError as error:
            found.append(str(error))
        else:
            found += [] if "/" in each else [f"{each} has no prefix length, such as /32"]
    return found


def faults(subnets: dict[str, Any], cidr: str, region: str, available: list[str], count: int) -> list[str]:
    """Say what AWS would refuse of the subnets, one sentence each."""
    if vpc_faults(cidr):
        return []  # said of the VPC
    vpc = ipaddress.IPv4Network(cidr)
    if not subnets:
        if len(available) < count:
            return [f"the region has {len(available)} zones for the account, not {count}"]
        try:
            for zone in available[:count]:
                derived_block(vpc, "public", zone)
        except ValueError as error:
            return [str(error)]
        return []

    found: list[str] = []
    keys = [full_zone(str(key), region) for key in subnets]
    if len(set(keys)) < 2:
        found.append("two zones at least")
    found += [f"{zone} is there twice" for zone in sorted({key for key in keys if keys.count(key) > 1})]
    found += [f"{zone} is not one of {', '.join(available)}" for zone in keys if zone not in available]
    networks: list[tuple[str, ipaddress.IPv4Network]] = []
    for key, tiers in subnets.items():
        if not isinstance(tiers, dict) or set(tiers) != set(TIERS):
            found.append(f"{key} has to have {', '.join(TIERS)} and nothing else")
            continue
        for tier, value in tiers.items():
            try:
                network = ipaddress.IPv4Network(value)
            except ValueError as error:
                found.append(f"{key}.{tier}: {error}")
                continue
            smallest = SMALLEST_PUBLIC if tier == "public" else SMALLEST
            if not 16 <= network.prefixlen <= smallest:
                found.append(f"{key}.{tier} {value} is not between /16 and /{smallest}")
            if not network.subnet_of(vpc):
                found.append(f"{key}.{tier} {value} is outside of {cidr}")
            networks.append((f"{key}.{tier} {value}", network))
    for position, (name, network) in enumerate(networks):
        found += [f"{name} overlaps {other}" for other, rival in networks[:position] if network.overlaps(rival)]
    return found


def conflicts(subnets: list[dict[str, Any]], existing: dict[str, str], others: Iterable[str] = ()) -> list[str]:
    """Say which subnets can't be made, or moved to where they are wanted, beside those that exist.

    existing has the zones of the environment's by CIDR; others are the CIDRs of other people's subnets in the VPC.
    """
    found = []
    for subnet in subnets:
        cidr, zone = subnet["cidr"], subnet["az"]
        if cidr in existing:
            there = existing[cidr]
            found += [] if there == zone else [f"{cidr} is in {there}, and AWS can't move it to {zone}"]
            continue
        network = ipaddress.IPv4Network(cidr)
        rivals = [other for other in (*existing, *others) if network.overlaps(ipaddress.IPv4Network(other))]
        found += [f"{cidr} overlaps {', '.join(rivals)}, which exists"] if rivals else []
    return found


def listed(subnets: dict[str, dict[str, str]], prefix: str, map_public: bool) -> list[dict[str, Any]]:
    """Return one entry a subnet, as the module ec2_vpc_subnets takes it. The name's number is that of the zone's letter."""
    return [
        {
            "cidr": tiers[tier],
            "az": zone,
            "map_public": map_public and tier == "public",
            "tags": {"Name": f"{prefix}-{tier}-subnet-{ord(zone[-1]) - ord('a') + 1}", "Tier": tier},
        }
        for tier in TIERS
        for zone, tiers in subnets.items()
        if isinstance(tiers, dict) and tier in tiers
    ]
