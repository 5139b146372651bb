# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosted zones and their records, as the modules for zones, records and certificates see them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import missing_is_none, named, wait_until

TAGS_AT_ONCE = 10  # the most that ListTagsForResources takes
VALIDATION_SUFFIX = ".acm-validations.aws."  # where ACM's validation records point to


def plain_id(identifier: str) -> str:
    """Return Z123 of /hostedzone/Z123."""
    return identifier.rsplit("/", 1)[-1]


def normalize_name(name: str) -> str:
    """Return a name as Route 53 compares it: lower case, ending in a dot, * instead of \\052."""
    decoded = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), name)
    return decoded.lower().rstrip(".") + "."


def caller_reference_prefix(owner: dict[str, str]) -> str:
    """Return how the CallerReference of a zone begins that was created for the owner of these tags.

    CreateHostedZone takes no tags: by this a zone is known whose creation was interrupted before it got them.
    """
    return "realtime.aws:" + hashlib.sha256(json.dumps(owner, sort_keys=True).encode()).hexdigest()[:16] + ":"


@named("list the hosted zones")
def list_public_zones(client: Any) -> list[dict[str, Any]]:
    found = client.get_paginator("list_hosted_zones").paginate()
    zones = [zone for page in found for zone in page["HostedZones"]]
    return [{**zone, "Id": plain_id(zone["Id"])} for zone in zones if not zone.get("Config", {}).get("PrivateZone")]


@named("read the tags of the hosted zones")
def read_zone_tags(client: Any, zone_ids: list[str]) -> dict[str, dict[str, str]]:
    found = {}
    for start in range(0, len(zone_ids), TAGS_AT_ONCE):
        some = zone_ids[start : start + TAGS_AT_ONCE]
        for entry in client.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=some)["ResourceTagSets"]:
            found[entry["ResourceId"]] = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
    return found


@missing_is_none("read the hosted zone", "NoSuchHostedZone")
def get_zone(client: Any, zone_id: str) -> dict[str, Any]:
    return client.get_hosted_zone(Id=zone_id)


@missing_is_none("list the records of the hosted zone", "NoSuchHostedZone")
def list_records(client: Any, zone_id: str) -> list[dict[str, Any]]:
    """Return the record sets as Route 53 has them."""
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
    return [record for page in pages for record in page["ResourceRecordSets"]]


def key_of(record: dict[str, Any]) -> tuple[str, str]:
    return normalize_name(record["Name"]), record["Type"]


@written_once("change the records of the hosted zone", "InvalidChangeBatch")
def change_records(client: Any, zone_id: str, changes: list[tuple[str, dict[str, Any]]]) -> str | None:
    """Send (CREATE, UPSERT or DELETE, record set) pairs in one transaction; return the change's id, None if it got lost."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
    return client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)["ChangeInfo"]["Id"]


def wait_for_change(client: Any, change_id: str, timeout: float) -> None:
    """Wait until all of Route 53's name servers answer with the change."""
    get = named("read the state of the change")(client.get_change)
    wait_until(
        "the name servers to have the change", lambda: get(Id=change_id)["ChangeInfo"]["Status"] == "INSYNC", timeout
    )
