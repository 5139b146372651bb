#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: acm_certificate
short_description: Request certificates and validate them by DNS
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Requests a public certificate in one or more regions, writes the records that prove the domain into a hosted zone of
    Route 53, and waits until all of them are issued. All are requested before the first is awaited.
  - A certificate is known by O(domain_name) and O(lookup_tags). A request that is still pending is continued. One that
    failed or expired is followed by a new one, and removed as soon as nothing uses it.
  - AWS can't give a certificate other names or another key, so a new one replaces it, and the ARN is another. The old one stays, for something
    may use it; O(certificate_arns) with O(state=absent) removes it.
  - Certificate transparency logging is on.
  - To import a certificate from files, use M(community.aws.acm_certificate).
attributes:
  check_mode:
    support: full
    description: Predicts the certificates without requesting them; what their validation records will be only AWS knows.
  diff_mode:
    support: full
    description: Shows the certificates and validation records that change.
options:
  domain_name:
    description: The first name; at most 64 characters.
    type: str
    required: true
  subject_alternative_names:
    description: Further names. A wildcard needs the same validation record as its apex.
    type: list
    elements: str
    default: []
  key_algorithm:
    description: The kind of key. CloudFront takes the first two only.
    type: str
    choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
    default: RSA_2048
  regions:
    description: The regions that get a certificate; CloudFront wants V(us-east-1). The module's own region when omitted.
    type: list
    elements: str
  certificate_arns:
    description: With O(state=absent), the certificates to remove; all of O(domain_name) and O(lookup_tags) when omitted.
    type: list
    elements: str
  hosted_zone_id:
    description: The zone for the validation records; without it somebody else has to see to them.
    type: str
  lookup_tags:
    description: The tags by which a certificate is known; a part of O(tags). All of O(tags) when omitted.
    type: dict
  tags:
    description: Tags of the certificates.
    type: dict
    default: {}
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait:
    description: Whether to wait until the certificates are issued.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait for the certificates to be issued; for O(state=absent), for load balancers and
        distributions to let go of them.
    type: int
    default: 1800
  state:
    description:
      - Whether the certificates exist.
      - With V(absent), validation records that no other certificate in O(regions) needs are removed too.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Have one certificate for load balancers in Ireland and one for CloudFront
  realtime.aws.acm_certificate:
    domain_name: example.com
    subject_alternative_names: ["*.example.com"]
    regions: [eu-west-1, us-east-1]
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    tags: {Project: realtime, Environment: production}
  register: certificate

- name: Request only, and see to the validation elsewhere
  realtime.aws.acm_certificate:
    domain_name: example.com
    tags: {Project: realtime, Environment: production}
    wait: false

- name: Remove the one that was replaced
  realtime.aws.acm_certificate:
    domain_name: example.com
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    tags: {Project: realtime, Environment: production}
    certificate_arns: [arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012]
    state: absent

- name: Remove them when nothing uses them any more
  realtime.aws.acm_certificate:
    domain_name: example.com
    regions: [eu-west-1, us-east-1]
    hosted_zone_id: Z0123456789ABCDEFGHIJ
    tags: {Project: realtime, Environment: production}
    state: absent
"""

RETURN = r"""
certificates:
  description: The certificate of each region; ARN and status are C(none) when it is absent or would be requested in check mode.
  returned: success
  type: dict
  sample:
    us-east-1:
      arn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
      status: ISSUED
validation_records:
  description: The records that prove the domain, as far as AWS has told them.
  returned: success
  type: dict
  sample: {"_a79865eb4cd1a6ab990a45779b4e0b96.example.com.": "_424c7224e9b0146f9a8808af955727d0.hkmpvcwbzw.acm-validations.aws."}
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CertificateManager::Certificate", "name": "example.com (us-east-1)", "action": "create"}]
"""

import uuid
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.acm import key_algorithm, list_certificates
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    await_listed,
    desired_tags,
    first,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.pending import is_pending
from ansible_collections.realtime.aws.plugins.module_utils.route53 import (
    change_records,
    get_zone,
    key_of,
    list_records,
    normalize_name,
)

KIND = "AWS::CertificateManager::Certificate"
RECORD_KIND = "AWS::Route53::RecordSet"
FIXED = ("domain_name", "names", "key_algorithm")
REPLACED = "a new certificate takes its place, without an interruption"
UNSEEN = {"Status": "PENDING_VALIDATION"}  # requested, and not there for readers yet
USABLE = ("ISSUED", "PENDING_VALIDATION")
RECORD_TIMEOUT = 120  # seconds that ACM may take to make up its validation records
TTL = 300


def normalize(detail: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Return the managed attributes of a certificate."""
    return {
        "domain_name": detail["DomainName"],
        "names": sorted({detail["DomainName"], *detail.get("SubjectAlternativeNames", [])}),
        "key_algorithm": key_algorithm(detail),
        "tags": tags,
    }


def desired(params: dict[str, Any], current: dict[str, str] | None) -> dict[str, Any]:
    return {
        "domain_name": params["domain_name"],
        "names": sorted({params["domain_name"], *params["subject_alternative_names"]}),
        "key_algorithm": params["key_algorithm"],
        "tags": desired_tags(current, params["tags"], params["purge_tags"]),
    }


def fits(detail: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether a certificate is, or becomes, what is wanted; only tags can be changed later."""
    found = normalize(detail, wanted["tags"])
    return detail["Status"] in USABLE and found == wanted


def validation_records(details: list[dict[str, Any]]) -> dict[str, str]:
    """Return the CNAMEs that prove the domains, one for an apex and its wildcard; {} until AWS tells all of them."""
    options = [detail.get("DomainValidationOptions") or [{}] for detail in details]
    records = [option.get("ResourceRecord") for some in options for option in some]
    if not all(records):
        return {}
    return {normalize_name(record["Name"]): normalize_name(record["Value"]) for record in records}


class Region:
    """The certificates of one region."""

    def __init__(self, client: Any, name: str, params: dict[str, Any]) -> None:
        self.client, self.name, self.params = client, name, params
        self.label = f"{params['domain_name']} ({name})"
        owner = params["lookup_tags"] or params["tags"]
        listed = [each for each in list_certificates(client) if each["DomainName"] == params["domain_name"]]
        described = [self.describe(each["CertificateArn"]) for each in listed]
        self.same_domain = [each for each in described if each]
        self.tags = {each["CertificateArn"]: self.read_tags(each["CertificateArn"]) for each in self.same_domain}
        self.own = [each for each in self.same_domain if owner.items() <= self.tags[each["CertificateArn"]].items()]

    @missing_is_none("describe the certificate", "ResourceNotFoundException")
    def describe(self, arn: str) -> dict[str, Any]:
        return self.client.describe_certificate(CertificateArn=arn)["Certificate"]

    def issued(self, arn: str) -> dict[str, Any] | None:
        """Return the certificate as it was found, if nothing about it can change any more."""
        found = [each for each in self.own if (each["CertificateArn"], each["Status"]) == (arn, "ISSUED")]
        return first(found) if validation_records(found) else None

    @named("read the tags of the certificate")
    def read_tags(self, arn: str) -> dict[str, str]:
        return boto3_tag_list_to_ansible_dict(self.client.list_tags_for_certificate(CertificateArn=arn)["Tags"])

    @named("request the certificate")
    def request(self, wanted: dict[str, Any]) -> str:
        arn = self.client.request_certificate(
            DomainName=wanted["domain_name"],
            SubjectAlternativeNames=wanted["names"],
            ValidationMethod="DNS",
            KeyAlgorithm=wanted["key_algorithm"],
            # CON-3: the token outlives a deleted certificate, so it is good for one request and its retries only.
            IdempotencyToken=uuid.uuid4().hex,
            Options={"CertificateTransparencyLoggingPreference": "ENABLED"},
            Tags=ansible_dict_to_boto3_tag_list(wanted["tags"]),
        )["CertificateArn"]
        await_listed([arn], lambda: list_certificates(self.client))
        return arn

    @named("tag the certificate")
    def write_tags(self, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
        to_set, to_remove = tag_changes(current, wanted)
        if to_remove:
            tags = [{"Key": key} for key in to_remove]
            self.client.remove_tags_from_certificate(CertificateArn=arn, Tags=tags)
        if to_set:
            tags = ansible_dict_to_boto3_tag_list(to_set)
            self.client.add_tags_to_certificate(CertificateArn=arn, Tags=tags)

    @missing_is_none("delete the certificate", "ResourceNotFoundException")
    def delete(self, arn: str, timeout: float) -> None:
        # TDN-4: after a load balancer or distribution is gone, its certificate counts as in use for a while.
        retry_on(["ResourceInUseException"], lambda: self.client.delete_certificate(CertificateArn=arn), timeout)


class Present:
    """Make each region have its certificate."""

    def __init__(self, regions: list[Region], params: dict[str, Any]) -> None:
        self.params = params
        self.plans: list[Plan] = []
        self.arns: dict[str, str | None] = {}
        self.jobs = [(region, *self.plan(region)) for region in regions]

    def plan(self, region: Region) -> tuple[Plan, list[tuple[str, Plan]]]:
        """Return the plan of the region's certificate, and those of the ones that it supersedes."""
        wanted = desired(self.params, None)
        good = [each for each in region.own if fits(each, wanted)]
        best = max(good, key=lambda each: (each["Status"] == "ISSUED", each["CreatedAt"]), default=None)
        usable = [each for each in region.own if each["Status"] in USABLE]
        old = best or max(usable, key=lambda each: each["CreatedAt"], default=None)
        before = None
        if old:
            tags = region.tags[old["CertificateArn"]]
            before, wanted = normalize(old, tags), desired(self.params, tags)
        self.arns[region.name] = best["CertificateArn"] if best else None
        plan = Plan(KIND, region.label, before, wanted, replaced_by=FIXED, disrupts=dict.fromkeys(FIXED, REPLACED))
        if plan.action == "replace":
            plan.note = "the old one stays until it is pruned"
        superseded = [
            (
                each["CertificateArn"],
                Plan(KIND, region.label, normalize(each, region.tags[each["CertificateArn"]]), None),
            )
            for each in region.own
            if each is not best and (each in good or each not in usable) and not each.get("InUseBy")
        ]
        self.plans += [plan, *(other for _arn, other in superseded)]
        return plan, superseded

    def apply(self) -> None:
        for region, plan, superseded in self.jobs:
            arn = self.arns[region.name]
            if plan.action in ("create", "replace"):
                self.arns[region.name] = region.request(plan.desired)
            elif plan.changed:
                region.write_tags(arn, plan.before["tags"], plan.desired["tags"])
            for other, _plan in superseded:
                region.delete(other, timeout=0)

    def details(self) -> dict[str, dict[str, Any]]:
        """Return the certificates as they are now; one that was issued stays so."""
        known = [(region, self.arns[region.name]) for region, _plan, _superseded in self.jobs]
        return {region.name: region.issued(arn) or region.describe(arn) or UNSEEN for region, arn in known if arn}

    def records(self, timeout: float) -> dict[str, str]:
        """Return the validation records; CON-3: they are not in the first answers."""
        return wait_until("the validation records", lambda: validation_records(list(self.details().values())), timeout)

    def issued(self) -> bool:
        """Return whether all are issued; a request that failed will never be."""
        found = self.details()
        for region, detail in found.items():
            if detail["Status"] not in USABLE:
                reason = f"{detail['Status']} ({detail.get('FailureReason', 'no reason given')})"
                raise AnsibleAWSError(message=f"Certificate {detail['CertificateArn']} in {region} is {reason}")
        return all(detail["Status"] == "ISSUED" for detail in found.values())


def read_cnames(client: Any, zone_id: str | None) -> dict[str, dict[str, Any]]:
    """Return the CNAMEs of the zone by name."""
    records = list_records(client, zone_id) or [] if zone_id else []
    return {key_of(record)[0]: record for record in records if record["Type"] == "CNAME"}


def expected_records(names: list[str], known: dict[str, str]) -> dict[str, str]:
    """Return the validation records of names, with stand-ins for those that are not known yet; only ACM can tell them."""
    bare = dict.fromkeys(name.removeprefix("*.") for name in names)
    found = {record: value for record, value in known.items() if validated(record) in bare}
    proven = {validated(record) for record in found}
    return found | {f"_pending.{name}.": "told by ACM" for name in bare if name not in proven}


def validated(record: str) -> str:
    """Return the domain that the validation record of this name proves."""
    return record.partition(".")[2].rstrip(".")


def plan_records(cnames: dict[str, dict[str, Any]], records: dict[str, str], present: bool) -> dict[str, Plan]:
    """Plan the validation records, by name; one with another value is not ours to remove."""
    plans = {}
    for name, value in records.items():
        found = cnames.get(name, {}).get("ResourceRecords")
        before = {"value": [normalize_name(item["Value"]) for item in found]} if found else None
        wanted = {"value": [value]}
        if present or before == wanted:
            label = f"CNAME that validates {validated(name)}"  # one that a preview can tell too
            plans[name] = Plan(RECORD_KIND, label, before, wanted if present else None)
    return plans


def write_records(client: Any, zone_id: str, plans: dict[str, Plan], cnames: dict[str, dict[str, Any]]) -> None:
    changes = []
    for name, plan in plans.items():
        if plan.action == "delete":
            changes.append(("DELETE", cnames[name]))
        elif plan.changed:
            values = [{"Value": value} for value in plan.desired["value"]]
            changes.append(("UPSERT", {"Name": name, "Type": "CNAME", "TTL": TTL, "ResourceRecords": values}))
    if changes:
        change_records(client, zone_id, changes)


def awaited(client: Any, zone_id: str | None, domain: str, records: dict[str, str]) -> str:
    """Return what is waited for, and what to do when it does not come."""
    said = f"ACM to validate {domain}; it does not find {', '.join(records)} in public DNS. "
    if not zone_id:
        return said + "Write the record into the domain's zone and run again: the request is continued"
    servers = ", ".join((get_zone(client, zone_id) or {}).get("DelegationSet", {}).get("NameServers", []))
    return said + (
        f"The record is in zone {zone_id}, so most likely the domain is not delegated to that zone. At the registrar (or in "
        f"the parent zone) set its name servers to {servers} and run again: the request is continued"
    )


def ensure_present(
    module: AnsibleAWSModule, regions: list[Region], route53: Any, zone_id: str | None
) -> dict[str, Any]:
    params = module.params
    state = Present(regions, params)
    records: dict[str, str] = {}
    if not module.check_mode:
        state.apply()
        records = state.records(RECORD_TIMEOUT)
    else:
        records = validation_records(list(state.details().values()))
        # All certificates of a domain have the same record, whatever their region.
        owned = [validation_records([each]) for region in regions for each in region.own]
        known = {name: value for its in [records, *owned] for name, value in its.items()}
        for plan in state.plans:
            if plan.action in ("create", "replace"):
                records |= expected_records(plan.desired["names"], known)
    cnames = read_cnames(route53, zone_id)
    record_plans = plan_records(cnames, records, present=True) if params["hosted_zone_id"] else {}
    if not module.check_mode:
        write_records(route53, zone_id, record_plans, cnames)
        if params["wait"] and not state.issued():
            what = awaited(route53, zone_id, params["domain_name"], records)
            wait_until(what, state.issued, params["wait_timeout"], typical="2 to 5 min once the domain is delegated")
    statuses = {name: detail["Status"] for name, detail in state.details().items()}
    certificates = {name: {"arn": arn, "status": statuses.get(name)} for name, arn in state.arns.items()}
    return {"certificates": certificates, "validation_records": records, **report(*state.plans, *record_plans.values())}


def ensure_absent(module: AnsibleAWSModule, regions: list[Region], route53: Any, zone_id: str | None) -> dict[str, Any]:
    wanted = module.params["certificate_arns"]
    going = {
        region.name: [each for each in region.own if wanted is None or each["CertificateArn"] in wanted]
        for region in regions
    }
    plans = [
        Plan(KIND, region.label, normalize(each, region.tags[each["CertificateArn"]]), None)
        for region in regions
        for each in going[region.name]
    ]
    doomed: dict[str, str] = {}
    needed: dict[str, str] = {}
    for region in regions:
        for each in region.same_domain:
            (doomed if each in going[region.name] else needed).update(validation_records([each]))
    cnames = read_cnames(route53, zone_id)
    records = {name: value for name, value in doomed.items() if name not in needed}
    record_plans = plan_records(cnames, records, present=False)
    if not module.check_mode:
        # The certificates last: only they tell their records, also to the next run when this one is killed between the two.
        write_records(route53, zone_id, record_plans, cnames)
        for region in regions:
            for each in going[region.name]:
                region.delete(each["CertificateArn"], module.params["wait_timeout"])
    certificates = {region.name: {"arn": None, "status": None} for region in regions}
    return {"certificates": certificates, "validation_records": {}, **report(*plans, *record_plans.values())}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "domain_name": {"type": "str", "required": True},
            "subject_alternative_names": {"type": "list", "elements": "str", "default": []},
            "key_algorithm": {
                "type": "str",
                "choices": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"],
                "default": "RSA_2048",
                "no_log": False,
            },
            "regions": {"type": "list", "elements": "str"},
            "certificate_arns": {"type": "list", "elements": "str"},
            "hosted_zone_id": {"type": "str"},
            "lookup_tags": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 1800},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if not params["lookup_tags"] and not params["tags"]:
        module.fail_json(
            msg="lookup_tags and tags are empty; allowed: at least one tag, by which the certificates are known"
        )
    names = list(dict.fromkeys(params["regions"] or [module.region]))
    zone_id = None if is_pending(params["hosted_zone_id"]) else params["hosted_zone_id"]
    route53 = module.client("route53", retry_decorator=RETRY)
    ensure = ensure_present if params["state"] == "present" else ensure_absent
    try:
        regions = [Region(module.client("acm", retry_decorator=RETRY, region=name), name, params) for name in names]
        result = ensure(module, regions, route53, zone_id)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
