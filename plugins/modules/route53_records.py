#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_records
short_description: Manage records of a hosted zone, all of them in one transaction
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes records with simple routing. What differs is sent in one call, so either all of it
    holds or nothing; at most some 500 records at once.
  - A record that exists with another value may be somebody else's. It is replaced only with O(overwrite) or when its
    value is one of O(overwrite_values); otherwise the module fails and names it, before it writes anything.
  - A record that is to be absent is deleted under the same conditions, or when it has the value given; otherwise it is kept.
  - Records that are not mentioned stay. Options of a record are named as in M(amazon.aws.route53).
attributes:
  check_mode:
    support: full
    description: Predicts the records without writing them. A stand-in for a zone that does not exist yet counts as an empty zone.
  diff_mode:
    support: full
    description: Shows each record that changes.
options:
  hosted_zone_id:
    description: The zone.
    type: str
    required: true
  records:
    description: The records.
    type: list
    elements: dict
    required: true
    suboptions:
      record:
        description: The full name.
        type: str
        required: true
      type:
        description: The type.
        type: str
        choices: [A, AAAA, CAA, CNAME, MX, NS, SRV, TXT]
        required: true
      value:
        description: The values; of an alias, the one DNS name it points to. Required when the record is to be present.
        type: list
        elements: str
        default: []
      ttl:
        description: For how many seconds resolvers may keep it; of no meaning for an alias.
        type: int
        default: 300
      alias_hosted_zone_id:
        description: Makes it an alias; the zone id of what it points to, which the service in question has fixed.
        type: str
      alias_evaluate_target_health:
        description: Whether the alias answers only while its target is healthy.
        type: bool
        default: false
      overwrite:
        description: As O(overwrite), for this record.
        type: bool
      state:
        description: Whether the record exists; O(state) when omitted.
        type: str
        choices: [present, absent]
  overwrite:
    description: Whether a record with another value is replaced or deleted.
    type: bool
    default: false
  overwrite_values:
    description: Values that may be replaced or deleted even without O(overwrite), as this stack's own former targets.
    type: list
    elements: str
    default: []
  state:
    description: Whether the records exist.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Whether to wait until all of Route 53's name servers answer with the change.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Point the site to its CDN, by IPv4 and IPv6
  realtime.aws.route53_records:
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    records:
      - record: www.example.com
        type: A
        value: [d111111abcdef8.cloudfront.net]
        alias_hosted_zone_id: Z2FDTNDATAQYW2
      - record: www.example.com
        type: AAAA
        value: [d111111abcdef8.cloudfront.net]
        alias_hosted_zone_id: Z2FDTNDATAQYW2

- name: Move from the load balancer to the CDN, in an existing zone
  realtime.aws.route53_records:
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    overwrite_values: [production-alb-123456.us-east-1.elb.amazonaws.com]
    records:
      - {record: www.example.com, type: A, value: [d111111abcdef8.cloudfront.net], alias_hosted_zone_id: Z2FDTNDATAQYW2}
      - {record: old.example.com, type: A, state: absent}

- name: Remove a record whatever its value
  realtime.aws.route53_records:
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    records: [{record: www.example.com, type: A}]
    overwrite: true
    state: absent
"""

RETURN = r"""
kept:
  description: Records that were to be absent and are kept, because their value is not the one given.
  returned: success
  type: list
  elements: str
  sample: ["www.example.com. A"]
changes:
  description: What changes, one entry a record.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Route53::RecordSet", "name": "www.example.com. A", "action": "create"}]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, Plan, report
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending
from ansible_collections.realtime.aws.plugins.module_utils.route53 import (
    change_records,
    key_of,
    list_records,
    normalize_name,
    wait_for_change,
)

KIND = "AWS::Route53::RecordSet"
Key = tuple[str, str]


def normalize_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return the managed attributes of a record set as Route 53 has it."""
    if "AliasTarget" not in record:
        values = sorted(item["Value"] for item in record.get("ResourceRecords", []))
        return {"value": [comparable(value, record["Type"]) for value in values], "ttl": record.get("TTL")}
    target = record["AliasTarget"]
    return {
        "value": [normalize_name(target["DNSName"])],
        "alias_hosted_zone_id": target["HostedZoneId"],
        "alias_evaluate_target_health": target["EvaluateTargetHealth"],
    }


def desired_record(options: dict[str, Any]) -> dict[str, Any]:
    """Return the same of the options."""
    if not options["alias_hosted_zone_id"]:
        return {
            "value": [comparable(value, options["type"]) for value in sorted(options["value"])],
            "ttl": options["ttl"],
        }
    return {
        "value": [normalize_name(value) for value in options["value"]],
        "alias_hosted_zone_id": options["alias_hosted_zone_id"],
        "alias_evaluate_target_health": options["alias_evaluate_target_health"],
    }


def comparable(value: str, kind: str) -> str:
    """Return a value in the one spelling of names."""
    return normalize_name(value) if kind in ("CNAME", "NS") else value


def build_record(key: Key, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the record set as Route 53 takes it."""
    name, kind = key
    if "alias_hosted_zone_id" not in wanted:
        return {
            "Name": name,
            "Type": kind,
            "TTL": wanted["ttl"],
            "ResourceRecords": [{"Value": value} for value in wanted["value"]],
        }
    target = {
        "DNSName": wanted["value"][0],
        "HostedZoneId": wanted["alias_hosted_zone_id"],
        "EvaluateTargetHealth": wanted["alias_evaluate_target_health"],
    }
    return {"Name": name, "Type": kind, "AliasTarget": target}


def label(key: Key) -> str:
    return " ".join(key)


class Zone:
    """The records that are there, and which of them may be replaced."""

    def __init__(self, records: list[dict[str, Any]], overwrite_values: list[str]) -> None:
        # Records with a SetIdentifier (weighted, by latency, ...) are several of one name and type, and never ours.
        self.routed = {key_of(record) for record in records if "SetIdentifier" in record}
        self.raw = {key_of(record): record for record in records if "SetIdentifier" not in record}
        self.mine = {normalize_name(value) for value in overwrite_values}
        self.conflicts: list[Key] = []
        self.kept: list[Key] = []

    def before(self, key: Key) -> dict[str, Any] | None:
        return normalize_record(self.raw[key]) if key in self.raw else None

    def replaceable(self, before: dict[str, Any], overwrite: bool) -> bool:
        return overwrite or {normalize_name(value) for value in before["value"]} <= self.mine

    def plan_present(self, key: Key, wanted: dict[str, Any], overwrite: bool) -> list[Plan]:
        """Plan one record, and the end of a CNAME that stands in its way."""
        before = self.before(key)
        differs = before is not None and before["value"] != wanted["value"]
        if key in self.routed or (differs and not self.replaceable(before, overwrite)):
            self.conflicts.append(key)
        if before and before.keys() != wanted.keys():
            before = {**dict.fromkeys(wanted), "value": before["value"]}  # an alias becomes a plain record, or back
        plans = [Plan(KIND, label(key), before, wanted)]
        cname = (key[0], "CNAME")
        if key != cname and cname in self.raw:
            if not self.replaceable(self.before(cname), overwrite):
                self.conflicts.append(cname)
            plans.append(Plan(KIND, label(cname), self.before(cname), None))
        return plans

    def plan_absent(self, key: Key, wanted: dict[str, Any], overwrite: bool) -> list[Plan]:
        before = self.before(key)
        if before and before["value"] != wanted["value"] and not self.replaceable(before, overwrite):
            self.kept.append(key)
            return []
        return [Plan(KIND, label(key), before, None)]


def changes_of(plans: list[Plan], raw: dict[Key, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the change batch; what goes makes room for what comes."""
    keys = {plan.name: tuple(plan.name.split(" ")) for plan in plans}
    gone = [("DELETE", raw[keys[plan.name]]) for plan in plans if plan.action == "delete"]
    come = [
        ("UPSERT", build_record(keys[plan.name], plan.desired)) for plan in plans if plan.action in ("create", "update")
    ]
    return [*gone, *come]


def main():
    record_spec = {
        "record": {"type": "str", "required": True},
        "type": {"type": "str", "required": True, "choices": ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]},
        "value": {"type": "list", "elements": "str", "default": []},
        "ttl": {"type": "int", "default": 300},
        "alias_hosted_zone_id": {"type": "str"},
        "alias_evaluate_target_health": {"type": "bool", "default": False},
        "overwrite": {"type": "bool"},
        "state": {"type": "str", "choices": ["present", "absent"]},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "hosted_zone_id": {"type": "str", "required": True},
            "records": {"type": "list", "elements": "dict", "required": True, "options": record_spec},
            "overwrite": {"type": "bool", "default": False},
            "overwrite_values": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    zone_id = params["hosted_zone_id"]
    client = module.client("route53", retry_decorator=RETRY)
    plans: dict[str, Plan] = {}
    try:
        records = [] if is_pending(zone_id) else list_records(client, zone_id) or []
        zone = Zone(records, params["overwrite_values"])
        for options in params["records"]:
            key, state = (normalize_name(options["record"]), options["type"]), options["state"] or params["state"]
            overwrite = params["overwrite"] if options["overwrite"] is None else options["overwrite"]
            if state == "present" and not options["value"]:
                module.fail_json(msg=f"{label(key)} has no value; allowed: at least one, or state absent")
            plan = zone.plan_present if state == "present" else zone.plan_absent
            plans.update({each.name: each for each in plan(key, desired_record(options), overwrite)})
        if zone.conflicts:
            names = ", ".join(sorted({label(key) for key in zone.conflicts}))
            module.fail_json(
                msg=f"In zone {zone_id} there are records with other values: {names}; to replace them, use overwrite"
            )
        changes = changes_of(list(plans.values()), zone.raw)
        if changes and not module.check_mode:
            change_id = change_records(client, zone_id, changes)
            if params["wait"] and change_id:
                wait_for_change(client, change_id, params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(kept=[label(key) for key in zone.kept], **report(*plans.values()))


if __name__ == "__main__":
    main()
