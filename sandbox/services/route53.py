"""Route 53: aliases to what exists, in its own zone; moto takes every alias."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.elbv2 import ZONE_IDS

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
ADDRESSES = {"A": IPv4Address, "AAAA": IPv6Address}
_BALANCER = re.compile(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com(\.cn)?$")


@around("route53", "CreateHostedZone")
def refuse_used_reference(call: Call, forward: Forward) -> Answer:
    """A caller reference is good for one zone."""
    if any(zone.caller_reference == call.params["CallerReference"] for zone in call.backend().zones.values()):
        text = "A hosted zone has already been created with the specified caller reference."
        raise AwsError("HostedZoneAlreadyExists", text, status=409)
    forward()
    return None


@around("route53", "ChangeResourceRecordSets")
def refuse_changes(call: Call, forward: Forward) -> Answer:
    """An alias target lies in the zone that is said; what is created is new, what is deleted is there."""
    zone = call.backend().zones.get(call.params["HostedZoneId"].split("/")[-1])
    errors = []
    for change in call.params["ChangeBatch"]["Changes"]:
        record, action = change["ResourceRecordSet"], change["Action"]
        known = zone is not None and any(
            (each.name.rstrip("."), each.type) == (record["Name"].rstrip("."), record["Type"])
            and each.set_identifier == record.get("SetIdentifier")
            for each in zone.rrsets
        )
        named = f"resource record set [name='{record['Name'].rstrip('.')}.', type='{record['Type']}']"
        if action == "CREATE" and known:
            errors.append(f"Tried to create {named} but it already exists")
        elif action == "DELETE" and not known:
            errors.append(f"Tried to delete {named} but it was not found")
        elif action != "DELETE" and "AliasTarget" in record:
            errors += _alias_errors(call, record)
        elif action != "DELETE" and zone is not None:
            errors += _record_errors(zone, record)
    if zone is not None and errors:
        raise AwsError("InvalidChangeBatch", f"[{', '.join(errors)}]", status=400)
    forward()
    return None


def _record_errors(zone: Any, record: dict[str, Any]) -> list[str]:
    """Addresses are addresses, and a CNAME is alone with its name, which is not the zone's."""
    name, kind = record["Name"].rstrip("."), record["Type"]
    errors = []
    if kind in ADDRESSES:
        for value in (each["Value"] for each in record.get("ResourceRecords", [])):
            try:
                ADDRESSES[kind](value)
            except ValueError:
                which = f"ARRDATAIllegalIPv{'4' if kind == 'A' else '6'}Address"
                errors.append(f"Invalid Resource Record: FATAL problem: {which} encountered with '{value}'")
    if kind == "CNAME":
        others = {each.type for each in zone.rrsets if each.name.rstrip(".") == name} - {"CNAME"}
        if name == zone.name.rstrip("."):
            errors.append(f"RRSet of type CNAME with DNS name {name}. is not permitted at apex in zone {zone.name}")
        elif others:
            errors.append(
                f"RRSet of type CNAME with DNS name {name}. is not permitted as it conflicts with other records "
                f"with the same DNS name in zone {zone.name}"
            )
    return errors


def _alias_errors(call: Call, record: dict[str, Any]) -> list[str]:
    target, zone = record["AliasTarget"]["DNSName"].rstrip(".").lower(), record["AliasTarget"]["HostedZoneId"]
    tried = f"Tried to create an alias that targets {target}., type {record['Type']} in zone {zone}, but "
    balancer = _BALANCER.search(target)
    if target.endswith(".cloudfront.net"):
        lies_in = zone == CLOUDFRONT_ZONE
        exists = any(target == each.domain_name for each in call.backend("cloudfront").distributions.values())
    elif balancer:
        lies_in = zone == ZONE_IDS.get(balancer[1])
        balancers = call.backend("elbv2", balancer[1]).load_balancers.values() if balancer[1] in ZONE_IDS else ()
        exists = any(target.removeprefix("dualstack.") == each.dns_name.lower() for each in balancers)
    else:
        own = call.backend().zones.get(zone)
        lies_in = own is None or target.endswith(own.name.rstrip("."))
        names = {(each.name.rstrip("."), each.type) for each in own.rrsets} if own else set()
        exists = own is None or (target, record["Type"]) in names
    errors = [] if lies_in else [tried + "the alias target name does not lie within the target zone"]
    return errors + ([] if exists else [tried + "that target was not found"])


@around("route53", "TestDNSAnswer")
def answer(call: Call, forward: Forward) -> Answer:
    """What the zone's name servers would answer: of an alias, the addresses that its target has."""
    zone = call.backend().zones.get(call.params["HostedZoneId"].split("/")[-1])
    if zone is None:
        text = f"No hosted zone found with ID: {call.params['HostedZoneId'].split('/')[-1]}"
        raise AwsError("NoSuchHostedZone", text, status=404)
    name, kind = call.params["RecordName"].rstrip(".").lower(), call.params["RecordType"]
    named = [record for record in zone.rrsets if record.name.rstrip(".").lower() == name]
    data = [value for record in named if record.type == kind for value in _data(call, record)]
    return {
        "Nameserver": "ns-1.awsdns-01.com",
        "RecordName": f"{name}.",
        "RecordType": kind,
        "RecordData": data,
        "ResponseCode": "NOERROR" if named else "NXDOMAIN",
        "Protocol": "UDP",
    }


def _data(call: Call, record: Any) -> list[str]:
    target = record.alias_target
    if not target:
        return list(record.records)
    name, alias = target["DNSName"].rstrip("."), {"AliasTarget": target, "Type": record.type}
    if _alias_errors(call, alias):
        return []
    balancer = _BALANCER.search(name)
    if balancer and record.type == "AAAA":
        found = next(
            each
            for each in call.backend("elbv2", balancer[1]).load_balancers.values()
            if each.dns_name.lower() == name.lower().removeprefix("dualstack.")
        )
        if found.ip_address_type == "ipv4":
            return []
    return ["2001:db8::1" if record.type == "AAAA" else "192.0.2.1"]
