#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_hosted_zone
short_description: Manage a public hosted zone
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, tags and deletes a public hosted zone in Route 53.
  - The zone is the one named O(zone) that has the tags O(lookup_tags). Any other public zone of that name is left alone, and
    none is created beside it, because the domain's registrar delegates to one of them only.
  - A creation that was interrupted is taken up again.
  - Use M(amazon.aws.route53_zone) for private zones and DNSSEC.
attributes:
  check_mode:
    support: full
    description: Predicts the zone without writing it.
  diff_mode:
    support: full
    description: Shows comment and tags before and after.
options:
  zone:
    description: The domain name.
    type: str
    required: true
  adopt:
    description:
      - Id of a zone that was there before, and is to be used as it is. It is not changed in any way, not even tagged, for others may use it
        too, and O(state=absent) leaves it alone; so the other options are left out of account.
    type: str
  comment:
    description: What the zone is for.
    type: str
    default: ""
  lookup_tags:
    description: The tags by which the zone is known; a part of O(tags). All of O(tags) when omitted.
    type: dict
  tags:
    description: Tags of the zone.
    type: dict
    default: {}
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  force:
    description:
      - Whether O(state=absent) deletes the zone with records that somebody else put there. Otherwise it fails and names them.
      - Validation records of AWS Certificate Manager are always deleted with the zone.
    type: bool
    default: false
  state:
    description: Whether the zone exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make the zone of production
  realtime.aws.route53_hosted_zone:
    zone: example.com
    tags: {Project: realtime, Environment: production, Owner: platform}
    lookup_tags: {Project: realtime, Environment: production}
  register: zone

- name: Say where the registrar has to delegate to
  ansible.builtin.debug:
    var: zone.name_servers

- name: Say in a preview that a zone is used which was there before
  realtime.aws.route53_hosted_zone:
    zone: example.com
    adopt: Z0123456789ABCDEFGHIJ

- name: Remove the zone, if nobody else has put records there
  realtime.aws.route53_hosted_zone:
    zone: example.com
    lookup_tags: {Project: realtime, Environment: production}
    state: absent
"""

RETURN = r"""
zone_id:
  description: Id of the zone, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: str
  sample: Z0123456789ABCDEFGHIJ
name_servers:
  description: The zone's name servers, to which the registrar has to delegate the domain.
  returned: success
  type: list
  elements: str
  sample: [ns-1.awsdns-00.com, ns-2.awsdns-01.net, ns-3.awsdns-02.org, ns-4.awsdns-03.co.uk]
kept:
  description: The zone that is adopted, as P(realtime.aws.plan#callback) takes it.
  returned: with O(adopt)
  type: list
  elements: dict
  sample:
    - type: AWS::Route53::HostedZone
      name: example.com
      action: keep
      note: "adopted: only the stack's own records come and go"
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::Route53::HostedZone", "name": "example.com", "action": "create"}]
"""

import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    missing_is_none,
    named,
    report,
    tag_changes,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.route53 import (
    VALIDATION_SUFFIX,
    caller_reference_prefix,
    change_records,
    get_zone,
    key_of,
    list_public_zones,
    list_records,
    normalize_name,
    plain_id,
    read_zone_tags,
)

KIND = "AWS::Route53::HostedZone"
ADOPTED_ZONE = "adopted: only the stack's own records come and go"


def choose(
    zones: list[dict[str, Any]], tags: dict[str, dict[str, str]], owner: dict[str, str]
) -> dict[str, Any] | None:
    """Return the zone that has the owner's tags, or was created for them."""
    prefix = caller_reference_prefix(owner)
    for zone in zones:
        if owner.items() <= tags.get(zone["Id"], {}).items() or zone["CallerReference"].startswith(prefix):
            return zone
    return None


def is_validation(record: dict[str, Any]) -> bool:
    """Return whether the record proves a domain to AWS Certificate Manager."""
    values = [normalize_name(item["Value"]) for item in record.get("ResourceRecords", [])]
    return record["Type"] == "CNAME" and any(value.endswith(VALIDATION_SUFFIX) for value in values)


@written_once("create the hosted zone", "HostedZoneAlreadyExists")
def create_zone(client: Any, zone: str, comment: str, reference: str) -> str:
    config = {"Comment": comment, "PrivateZone": False}
    made = client.create_hosted_zone(Name=zone, CallerReference=reference, HostedZoneConfig=config)
    return plain_id(made["HostedZone"]["Id"])


def find_by_reference(client: Any, reference: str) -> str:
    return next(zone["Id"] for zone in list_public_zones(client) if zone["CallerReference"] == reference)


@named("write the comment of the hosted zone")
def write_comment(client: Any, zone_id: str, comment: str) -> None:
    client.update_hosted_zone_comment(Id=zone_id, Comment=comment)


@named("tag the hosted zone")
def write_tags(client: Any, zone_id: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    request: dict[str, Any] = {}
    if to_set:
        request["AddTags"] = ansible_dict_to_boto3_tag_list(to_set)
    if to_remove:
        request["RemoveTagKeys"] = to_remove
    client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id, **request)


@missing_is_none("delete the hosted zone", "NoSuchHostedZone")
def delete_zone(client: Any, zone_id: str) -> None:
    client.delete_hosted_zone(Id=zone_id)


def remove(client: Any, plan: Plan, zone_id: str, force: bool) -> None:
    """Delete the zone; AWS refuses while it has records."""
    apex = normalize_name(plan.name)
    born_with = [(apex, "NS"), (apex, "SOA")]
    records = [record for record in list_records(client, zone_id) or [] if key_of(record) not in born_with]
    names = ", ".join(" ".join(key_of(record)) for record in records if not is_validation(record))
    if names and not force:
        message = f"Zone {plan.name} ({zone_id}) has records of somebody else: {names}; delete them, or use force"
        raise AnsibleAWSError(message=message)
    if records:
        change_records(client, zone_id, [("DELETE", record) for record in records])
    delete_zone(client, zone_id)


def apply(client: Any, plan: Plan, zone_id: str | None, owner: dict[str, str], force: bool) -> str | None:
    """Write the plan; return the id of the zone that is there then."""
    if plan.action == "delete":
        remove(client, plan, zone_id, force)
        return None
    if plan.action == "create":
        reference = caller_reference_prefix(owner) + uuid.uuid4().hex
        zone_id = create_zone(client, plan.name, plan.desired["comment"], reference)
        zone_id = zone_id or find_by_reference(client, reference)
        await_listed([zone_id], lambda: list_public_zones(client))
    elif "comment" in plan.changes:
        write_comment(client, zone_id, plan.desired["comment"])
    if "tags" in plan.changes:
        write_tags(client, zone_id, (plan.before or {}).get("tags", {}), plan.desired["tags"])
    return zone_id


def adopt(client: Any, name: str, zone_id: str) -> dict[str, Any]:
    """Return what the module says of a zone that it leaves alone."""
    zone = get_zone(client, zone_id)
    if zone is None:
        raise AnsibleAWSError(message=f"There is no hosted zone {zone_id} to adopt")
    return {
        "zone_id": zone_id,
        "name_servers": zone.get("DelegationSet", {}).get("NameServers", []),
        "kept": [{"type": KIND, "name": name, "action": "keep", "note": ADOPTED_ZONE}],
        **report(),
    }


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "zone": {"type": "str", "required": True},
            "adopt": {"type": "str"},
            "comment": {"type": "str", "default": ""},
            "lookup_tags": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "force": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params, present = module.params, module.params["state"] == "present"
    owner = params["lookup_tags"] or params["tags"]
    if not owner and not params["adopt"]:
        module.fail_json(msg="lookup_tags and tags are empty; allowed: at least one tag, by which the zone is known")
    client = module.client("route53", retry_decorator=RETRY)
    try:
        if params["adopt"]:
            module.exit_json(**adopt(client, params["zone"], params["adopt"]))
        zones = [each for each in list_public_zones(client) if each["Name"] == normalize_name(params["zone"])]
        tags = read_zone_tags(client, [each["Id"] for each in zones])
        found = choose(zones, tags, owner)
        if present and zones and not found:
            ids = ", ".join(each["Id"] for each in zones)
            module.fail_json(
                msg=f"Zone {params['zone']} exists already ({ids}) without the tags {owner}; use it instead of a second one"
            )
        before, zone_id = None, None
        if found:
            zone_id = found["Id"]
            before = {"comment": found.get("Config", {}).get("Comment", ""), "tags": tags.get(zone_id, {})}
        wanted_tags = desired_tags((before or {}).get("tags"), params["tags"], params["purge_tags"])
        plan = Plan(
            KIND, params["zone"], before, {"comment": params["comment"], "tags": wanted_tags} if present else None
        )
        if plan.changed and not module.check_mode:
            zone_id = apply(client, plan, zone_id, owner, params["force"])
        zone = get_zone(client, zone_id) if zone_id and present else None
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    servers = (zone or {}).get("DelegationSet", {}).get("NameServers", [])
    module.exit_json(zone_id=zone_id if zone else None, name_servers=servers, **report(plan))


if __name__ == "__main__":
    main()
