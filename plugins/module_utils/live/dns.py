# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.acm import key_algorithm, list_certificates
from ansible_collections.realtime.aws.plugins.module_utils.route53 import (
    caller_reference_prefix,
    get_zone,
    list_public_zones,
    normalize_name,
    read_zone_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

CDN_REGION = "us-east-1"  # where CloudFront takes its certificates from


def read_zones(stack: Stack) -> list[dict[str, Any]]:
    """Return the public zones that could hold the domain's records (its own and its parents'), ours marked as owned."""
    client = stack.client("route53")
    domain = normalize_name(stack.domain)
    zones = [zone for zone in list_public_zones(client) if f".{domain}".endswith(f".{zone['Name']}")]
    tags = read_zone_tags(client, [zone["Id"] for zone in zones])
    created = caller_reference_prefix({"Project": stack.project, "Environment": stack.environment})
    servers = stack.each(lambda zone: (get_zone(client, zone["Id"]) or {}).get("DelegationSet", {}), zones)
    return [
        {
            "id": zone["Id"],
            "name": zone["Name"].rstrip("."),
            "name_servers": found.get("NameServers", []),
            "owned": stack.owns(tags.get(zone["Id"])) or zone["CallerReference"].startswith(created),
        }
        for zone, found in zip(zones, servers)
    ]


def read_certificates(stack: Stack, region: str) -> dict[str, dict[str, Any]]:
    """Return the domain's certificates in a region that are valid or may become so, by ARN, the newest first."""
    client = stack.client("acm", region)

    def is_ours(certificate: dict[str, Any]) -> bool:
        arn = certificate["CertificateArn"]
        return stack.owns(stack.tags(arn, lambda: client.list_tags_for_certificate(CertificateArn=arn)["Tags"]))

    found = [
        certificate
        for certificate in list_certificates(client)
        if certificate["DomainName"] == stack.domain and certificate["Status"] in ("ISSUED", "PENDING_VALIDATION")
    ]
    ours = [certificate for certificate, mine in zip(found, stack.each(is_ours, found)) if mine]
    return {
        each["CertificateArn"]: {"status": each["Status"], "key_algorithm": key_algorithm(each)}
        for each in sorted(ours, key=lambda each: each["CreatedAt"], reverse=True)
    }


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer dns has."""
    regions = {stack.region, CDN_REGION} if stack.partition == "aws" else {stack.region}
    jobs = {region: lambda region=region: read_certificates(stack, region) for region in sorted(regions)}
    found = stack.together({"zones": lambda: read_zones(stack), **jobs})
    return {
        "zones": found.pop("zones"),
        "certificates": found,
        "owned_certificates": {
            arn: {"name": f"{stack.domain} ({region}, {each['key_algorithm']})", "purpose": each["key_algorithm"]}
            for region, certificates in found.items()
            for arn, each in certificates.items()
        },
    }
