#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_preflight_info
short_description: Ask AWS what it would refuse, before anything is built
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Asks the account and the region whether what an environment is about to create can be had there. Each answer is a line of a table.
  - What can't be asked (the credentials may not, the endpoint doesn't know the call) is a warning, never a failure.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  vpcs:
    description: How many VPCs are to be created.
    type: int
  elastic_ips:
    description: How many Elastic IP addresses are to be allocated, one a NAT gateway.
    type: int
  servers:
    description: The servers that are to be launched beside what runs.
    type: dict
    suboptions:
      instance_type:
        description: Their instance type.
        type: str
        required: true
      availability_zones:
        description: The zones that they are spread over, by name.
        type: list
        elements: str
        required: true
      desired_capacity:
        description: How many are launched first.
        type: int
        required: true
      max_size:
        description: How many there may become.
        type: int
        required: true
  database:
    description: The database that is to be created.
    type: dict
    suboptions:
      engine:
        description: As C(mysql) or C(postgres).
        type: str
        required: true
      engine_version:
        description: A version, or the beginning of one as AWS takes it (C(8.4), C(16)).
        type: str
        required: true
      instance_classes:
        description: The classes of the primary and its replica.
        type: list
        elements: str
        required: true
      multi_az:
        description: Whether a standby in another zone is wanted.
        type: bool
        default: false
  bucket_names:
    description: Names of the buckets that are to be created; they are global to the partition.
    type: list
    elements: str
  hosted_zone:
    description: The hosted zone that the environment's names are in.
    type: dict
    suboptions:
      name:
        description: Its domain.
        type: str
        required: true
      name_servers:
        description: Its name servers in Route 53; none when the zone is still to be created.
        type: list
        elements: str
        required: true
notes:
  - The delegation of O(hosted_zone) is looked up in the public DNS with the Python package dnspython; without it, there is a warning.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Can two NAT gateways and ten t3.medium be had?
  realtime.aws.stack_preflight_info:
    region: us-east-1
    elastic_ips: 2
    servers:
      instance_type: t3.medium
      availability_zones: [us-east-1a, us-east-1b]
      desired_capacity: 4
      max_size: 10
  register: found
  failed_when: found.checks | selectattr('verdict', 'equalto', 'wrong') | length > 0
"""

RETURN = r"""
checks:
  description: What was asked and answered, in the order of the options.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: What it is about.
      type: str
      sample: Elastic IP addresses
    found:
      description: What AWS says.
      type: str
      sample: 2 more, 4 of 5 in use
    verdict:
      description:
        - C(ok), or C(wrong) when AWS would refuse it.
        - C(warning) when it may be refused later, or could not be asked.
      type: str
      sample: wrong
    remedy:
      description: How to mend it; empty when there is nothing to mend.
      type: str
      sample: Ask for more by Service Quotas (ec2, L-0263D0A3), or release some
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

try:
    import dns.exception
    import dns.resolver
except ImportError:
    dns = None

from ansible_collections.realtime.aws.plugins.module_utils.checks import Check, answers
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

UNKNOWN = "Look yourself, or let the credentials ask"

# Service Quotas' codes; for vCPUs by the first letters of the instance type. Other families are rare, and not asked.
VPCS = ("vpc", "L-F678F1CE")
ELASTIC_IPS = ("ec2", "L-0263D0A3")
VCPUS = {
    **dict.fromkeys(["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"], ("ec2", "L-1216C47A")),
    **dict.fromkeys(["g", "gr", "vt"], ("ec2", "L-DB2E81BA")),
    "p": ("ec2", "L-417A185B"),
    "x": ("ec2", "L-7295265B"),
    "inf": ("ec2", "L-1945791B"),
    "trn": ("ec2", "L-2C3B7624"),
}


def check(subject: str, found: str, verdict: str = "ok", remedy: str = "") -> Check:
    return {"subject": subject, "found": found, "verdict": verdict, "remedy": remedy}


def family(instance_type: str) -> str:
    """Return the letters that an instance type begins with: t for t3.medium, inf for inf2.xlarge."""
    name = instance_type.partition(".")[0]
    return name[: next((place for place, letter in enumerate(name) if letter.isdigit()), len(name))]


class Preflight:
    """The questions. Each yields its checks; what AWS doesn't let us ask becomes a warning."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client

    def ask(self, subject: str, question: Callable[..., Iterator[Check]], *wanted: Any) -> list[Check]:
        return answers(lambda why: check(subject, why, "warning", UNKNOWN), question, *wanted)

    def quota(self, service: str, code: str) -> float:
        return self.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]

    def fits(self, subject: str, more: int, used: int, quota: tuple[str, str], at_most: int | None = None) -> Check:
        """Judge whether so many more fit into a quota; at_most is what there may be later."""
        limit = int(self.quota(*quota))
        later = more if at_most is None else at_most
        found = f"{more} more{f', up to {later} later' if later > more else ''}; {used} of {limit} in use"
        remedy = f"Ask for more by Service Quotas ({quota[0]}, {quota[1]}), or need fewer"
        if used + more > limit:
            return check(subject, found, "wrong", remedy)
        if used + later > limit:
            return check(subject, found, "warning", remedy)
        return check(subject, found)

    def vpcs(self, more: int) -> Iterator[Check]:
        yield self.fits("VPCs", more, len(pages(self.client("ec2"), "describe_vpcs", "Vpcs")), VPCS)

    def elastic_ips(self, more: int) -> Iterator[Check]:
        addresses = self.client("ec2").describe_addresses()["Addresses"]
        yield self.fits("Elastic IP addresses", more, len(addresses), ELASTIC_IPS)

    def servers(self, wanted: dict[str, Any]) -> Iterator[Check]:
        """Ask where the instance type is offered, then whether the vCPUs fit."""
        kind, zones = wanted["instance_type"], wanted["availability_zones"]
        filters = [{"Name": "instance-type", "Values": [kind]}]
        offers = pages(
            self.client("ec2"),
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=filters,
        )
        offered = {offer["Location"] for offer in offers}
        if lacking := [zone for zone in zones if zone not in offered]:
            instead = ", ".join(sorted(offered)) or "no zone of the region"
            found = f"{kind} is not offered in {', '.join(lacking)}"
            yield check("Instance type", found, "wrong", f"Choose another type, or zones that have it: {instead}")
            return
        yield check("Instance type", f"{kind} is offered in {', '.join(zones)}")
        if family(kind) in VCPUS:
            yield from self.ask("vCPUs", self.vcpus, wanted)

    def vcpus(self, wanted: dict[str, Any]) -> Iterator[Check]:
        quota = VCPUS[family(wanted["instance_type"])]
        states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        reservations = pages(self.client("ec2"), "describe_instances", "Reservations", Filters=states)
        running = Counter(
            instance["InstanceType"]
            for reservation in reservations
            for instance in reservation["Instances"]
            if VCPUS.get(family(instance["InstanceType"])) == quota and not instance.get("InstanceLifecycle")
        )
        # AWS counts a type's default, whatever an instance's CPU options are.
        types = sorted({wanted["instance_type"], *running})
        described = pages(self.client("ec2"), "describe_instance_types", "InstanceTypes", InstanceTypes=types)
        vcpus = {each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in described}
        used = sum(vcpus[kind] * count for kind, count in running.items())
        each = vcpus[wanted["instance_type"]]
        more, later = each * wanted["desired_capacity"], each * wanted["max_size"]
        yield self.fits("vCPUs", more, used, quota, at_most=later)

    def database(self, wanted: dict[str, Any]) -> Iterator[Check]:
        """Ask whether the version can be created, then whether each class is to be had with it."""
        engine, version = wanted["engine"], wanted["engine_version"]
        there = pages(self.client("rds"), "describe_db_engine_versions", "DBEngineVersions", Engine=engine)
        fitting = [each["EngineVersion"] for each in there if f"{each['EngineVersion']}.".startswith(f"{version}.")]
        if not fitting:
            majors = sorted({each.get("MajorEngineVersion") or each["EngineVersion"] for each in there})
            remedy = f"Choose one of {', '.join(majors)}" if majors else "Choose another engine"
            yield check("Database version", f"{engine} {version} can't be created", "wrong", remedy)
            return
        newest = max(fitting, key=lambda each: [int(part) for part in re.findall(r"\d+", each)])
        yield check("Database version", f"{engine} {newest}")
        for name in dict.fromkeys(wanted["instance_classes"]):
            yield from self.ask("Database class", self.database_class, engine, newest, name, wanted["multi_az"])

    def database_class(self, engine: str, version: str, name: str, multi_az: bool) -> Iterator[Check]:
        options = pages(
            self.client("rds"),
            "describe_orderable_db_instance_options",
            "OrderableDBInstanceOptions",
            Engine=engine,
            EngineVersion=version,
            DBInstanceClass=name,
            Vpc=True,
        )
        if not options:
            found = f"{name} is not to be had with {engine} {version} in this region"
            yield check("Database class", found, "wrong", "Choose another class, or another version")
        elif multi_az and not any(option.get("MultiAZCapable") for option in options):
            yield check("Database class", f"{name} has no standby in another zone", "wrong", "Choose another class")
        else:
            yield check("Database class", name)

    def bucket(self, name: str) -> Iterator[Check]:
        """Ask whether a name is free: S3 answers 404 then, and 403 when it is another account's."""
        try:
            self.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                yield check("Bucket name", f"{name} is free")
            elif status == 403:
                remedy = "Choose another name; if it is yours, let the credentials see it"
                yield check("Bucket name", f"{name} is somebody else's", "wrong", remedy)
            else:
                raise
        else:
            yield check("Bucket name", f"{name} is this account's already")

    @staticmethod
    def hosted_zone(wanted: dict[str, Any]) -> Iterator[Check]:
        """Compare the public DNS's name servers with the zone's: certificates wait until they are the same."""
        subject, name = "Delegation", wanted["name"]
        ours = {server.rstrip(".").lower() for server in wanted["name_servers"]}
        delegate = f"Have the registrar, or the zone above, delegate {name} to {', '.join(sorted(ours))}"
        if not ours:
            later = "The run prints its name servers; delegate the domain to them while the certificates wait"
            yield check(subject, f"the zone {name} is still to be made", "warning", later)
            return
        if dns is None:
            yield check(subject, "not known: dnspython is not installed", "warning", delegate)
            return
        try:
            public = {str(record.target).rstrip(".").lower() for record in dns.resolver.resolve(f"{name}.", "NS")}
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            public = set()
        except dns.exception.DNSException as error:
            yield check(subject, f"not known: {error}", "warning", delegate)
            return
        if public & ours:
            yield check(subject, f"{name} is delegated to the zone")
        else:
            servers = ", ".join(sorted(public)) or "nobody"
            yield check(subject, f"{name} is delegated to {servers}", "warning", delegate)


def argument_spec() -> dict[str, Any]:
    return {
        "vpcs": {"type": "int"},
        "elastic_ips": {"type": "int"},
        "servers": {
            "type": "dict",
            "options": {
                "instance_type": {"type": "str", "required": True},
                "availability_zones": {"type": "list", "elements": "str", "required": True},
                "desired_capacity": {"type": "int", "required": True},
                "max_size": {"type": "int", "required": True},
            },
        },
        "database": {
            "type": "dict",
            "options": {
                "engine": {"type": "str", "required": True},
                "engine_version": {"type": "str", "required": True},
                "instance_classes": {"type": "list", "elements": "str", "required": True},
                "multi_az": {"type": "bool", "default": False},
            },
        },
        "bucket_names": {"type": "list", "elements": "str"},
        "hosted_zone": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "name_servers": {"type": "list", "elements": "str", "required": True},
            },
        },
    }


def main():
    module = AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    preflight = Preflight(cache(lambda service: module.client(service, retry_decorator=RETRY)))
    checks: list[Check] = []
    if params["vpcs"] is not None:
        checks += preflight.ask("VPCs", preflight.vpcs, params["vpcs"])
    if params["elastic_ips"] is not None:
        checks += preflight.ask("Elastic IP addresses", preflight.elastic_ips, params["elastic_ips"])
    if params["servers"]:
        checks += preflight.ask("Instance type", preflight.servers, params["servers"])
    if params["database"]:
        checks += preflight.ask("Database version", preflight.database, params["database"])
    for name in params["bucket_names"] or []:
        checks += preflight.ask("Bucket name", preflight.bucket, name)
    if params["hosted_zone"]:
        checks += preflight.hosted_zone(params["hosted_zone"])
    module.exit_json(changed=False, checks=checks)


if __name__ == "__main__":
    main()
