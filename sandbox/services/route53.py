"""Route 53: aliases to what exists, in its own zone; moto takes every alias."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.elbv2 import ZONE_IDS

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
ADDRESSES = {"A": IPv4Address, "AAAA": IPv6Address}
FIELDS = {"CAA": 3, "MX": 2, "SRV": 4}
ROUTING = {
    "CidrRoutingConfig",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "MultiValueAnswer",
    "Region",
    "Weight",
}
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
    """A batch is taken or refused as a whole, each change on what those before it leave."""
    zone = call.backend().zones.get(call.params["HostedZoneId"].split("/")[-1])
    if zone is None:
        return forward()
    there = {
        _key(each.name, each.type, each.set_identifier): _content(each.ttl, each.records, each.alias_target)
        for each in zone.rrsets
    }
    errors: list[str] = []
    for change in call.params["ChangeBatch"]["Changes"]:
        record, action = change["ResourceRecordSet"], change["Action"]
        _refuse_shape(action, record)
        key, values = _key(record["Name"], record["Type"], record.get("SetIdentifier")), _given(record)
        content = _content(record.get("TTL"), values, record.get("AliasTarget"))
        named = f"resource record set [name='{key[0]}.', type='{record['Type']}']"
        if action == "DELETE":
            if key not in there:
                errors.append(f"Tried to delete {named} but it was not found")
            elif there.pop(key) != content:
                errors.append(f"Tried to delete {named} but the values provided do not match the current values")
            elif record["Type"] in ("NS", "SOA") and key[0] == _name(zone.name):
                errors.append(f"A HostedZone must contain at least one {record['Type']} record for the zone itself.")
            continue
        if action == "CREATE" and key in there:
            errors.append(f"Tried to create {named} but it already exists")
        errors += _alias_errors(call, record) if "AliasTarget" in record else _value_errors(record["Type"], values)
        errors += _neighbour_errors(zone.name, key, there.keys())
        there[key] = content
    if errors:
        raise AwsError("InvalidChangeBatch", f"[{', '.join(errors)}]", status=400)
    forward()
    return None


def _name(name: str) -> str:
    return name.rstrip(".").lower()


def _key(name: str, kind: str, identifier: str | None) -> tuple[str, str, str | None]:
    return _name(name), kind, identifier


def _given(record: dict[str, Any]) -> list[str]:
    return [each["Value"] for each in record.get("ResourceRecords") or []]


def _content(ttl: Any, values: list[str], alias: dict[str, Any] | None) -> tuple[Any, ...]:
    """What a record says, to compare it."""
    if alias:
        return _name(alias["DNSName"]), alias["HostedZoneId"], str(alias["EvaluateTargetHealth"]).lower()
    return str(ttl), sorted(values)


def _refuse_shape(action: str, record: dict[str, Any]) -> None:
    """An alias or values with a TTL; routing needs a name for each set."""
    where = (
        f"in Change with [Action={action}, Name={record['Name']}, Type={record['Type']}, "
        f"SetIdentifier={record.get('SetIdentifier', 'null')}]"
    )
    forms = ("AliasTarget" in record) + ("TTL" in record and bool(record.get("ResourceRecords")))
    if forms != 1 or ("AliasTarget" in record and "TTL" in record):
        message = (
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId], but found {'more than one' if forms else 'none'} {where}"
        )
        raise AwsError("InvalidInput", message, status=400)
    if bool(ROUTING & record.keys()) != ("SetIdentifier" in record):
        missing = "SetIdentifier" if ROUTING & record.keys() else "Weight"
        raise AwsError("InvalidInput", f"Invalid request: Missing field '{missing}' {where}", status=400)


def _value_errors(kind: str, values: list[str]) -> Iterator[str]:
    """Values as their type wants them."""
    for value in values:
        fault = None
        if kind in ADDRESSES:
            try:
                ADDRESSES[kind](value)
            except ValueError:
                fault = f"ARRDATAIllegalIPv{'4' if kind == 'A' else '6'}Address"
        elif kind in ("SPF", "TXT") and not re.fullmatch(r'("[^"]{0,255}"\s*)+', value):
            fault = "InvalidCharacterString (Value should be enclosed in quotation marks)"
        elif kind in FIELDS and len(value.split()) != FIELDS[kind]:
            fault = f"{kind}RRDATANotSpacePadded (The value must have {FIELDS[kind]} fields)"
        if fault:
            yield f"Invalid Resource Record: FATAL problem: {fault} encountered with '{value}'"
        if values.count(value) > 1:
            yield f"Duplicate Resource Record: '{value}'"
    if kind == "CNAME" and len(values) > 1:
        yield "Invalid Resource Record: a CNAME record set has exactly one value"


def _neighbour_errors(zone: str, key: tuple[str, str, str | None], there: Iterable[Any]) -> Iterator[str]:
    """A CNAME is alone with its name, which is not the zone's; sets of a name and type are routed all, or it is one."""
    name, kind, identifier = key
    others = {(each[1], each[2]) for each in there if each[0] == name and each != key}
    types = {each for each, _identifier in others} - {kind}
    if kind == "CNAME" and name == _name(zone):
        yield f"RRSet of type CNAME with DNS name {name}. is not permitted at apex in zone {zone}"
    elif kind == "CNAME" and types:
        yield (
            f"RRSet of type CNAME with DNS name {name}. is not permitted as it conflicts with other records "
            f"with the same DNS name in zone {zone}"
        )
    elif "CNAME" in types:
        yield (
            f"RRSet of type {kind} with DNS name {name}. is not permitted because a conflicting RRSet of type CNAME "
            f"with the same DNS name already exists in zone {zone}"
        )
    if any(each == kind and (other is None) != (identifier is None) for each, other in others):
        yield f"RRSet with DNS name {name}., type {kind} cannot be created as other sets with the same name and type exist"


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
