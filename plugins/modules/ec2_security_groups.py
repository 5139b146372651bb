#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_security_groups
short_description: Manage security groups that name one another
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes security groups of a VPC, several at once. All groups are made before the first rule is
    written, so their rules may name one another, in a circle, too. The options have the names of M(amazon.aws.ec2_security_group).
  - A group is known by its name. Rules that are not listed are removed, the rule that lets everything out of a new group
    too (IDM-15). Other groups are left alone.
  - The group V(default), which each VPC has, can be given rules, or none, but not be deleted.
attributes:
  check_mode:
    support: full
    description: Predicts the groups without writing them; the VPC may be a stand-in.
  diff_mode:
    support: full
    description: Shows the rules that change, before and after.
options:
  vpc_id:
    description: Id of the VPC.
    type: str
    required: true
  security_groups:
    description: The groups that exist after the run; others are left alone. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the group. AWS can't change it.
        type: str
        required: true
      description:
        description: What the group is for. AWS can't change it, so that of a group that exists stays.
        type: str
      rules:
        description: What is let in.
        type: list
        elements: dict
        default: []
        suboptions: &rule
          proto:
            description: The protocol; V(all) has no ports.
            type: str
            choices: [tcp, udp, all]
            default: tcp
          from_port:
            description: The first port.
            type: int
          to_port:
            description: The last port.
            type: int
          cidr_ip:
            description: An IPv4 or IPv6 range.
            type: str
          group_name:
            description: A group of the VPC.
            type: str
          ip_prefix:
            description: Id of a prefix list.
            type: str
          rule_desc:
            description: What the rule is for.
            type: str
            default: ""
      rules_egress:
        description: What is let out.
        type: list
        elements: dict
        default: []
        suboptions: *rule
  security_group_ids:
    description: With O(state=absent), the groups to delete. Rules by which other groups name them are removed first.
    type: list
    elements: str
    default: []
  lookup_tags:
    description: The tags by which a group is known; a part of O(tags). A group of the same name without them is refused. V(default) needs none.
    type: dict
    default: {}
  tags:
    description: Tags of all the groups; C(Name) is the group's name.
    type: dict
    default: {}
  purge_tags:
    description: Whether other tags are removed.
    type: bool
    default: true
  state:
    description: Whether the groups exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Let a load balancer talk to web servers, and the world to the load balancer
  realtime.aws.ec2_security_groups:
    vpc_id: vpc-0a1b2c3d4e5f60718
    security_groups:
      - name: production-alb
        description: Load balancer
        rules:
          - {from_port: 443, to_port: 443, cidr_ip: 0.0.0.0/0, rule_desc: HTTPS from everywhere}
        rules_egress:
          - {from_port: 80, to_port: 80, group_name: production-web, rule_desc: To the web servers}
      - name: production-web
        description: Web servers
        rules:
          - {from_port: 80, to_port: 80, group_name: production-alb, rule_desc: From the load balancer}

- name: Empty the default group
  realtime.aws.ec2_security_groups:
    vpc_id: vpc-0a1b2c3d4e5f60718
    security_groups:
      - {name: default}

- name: Remove groups that name one another
  realtime.aws.ec2_security_groups:
    vpc_id: vpc-0a1b2c3d4e5f60718
    security_group_ids: [sg-0a1b2c3d4e5f60718, sg-0b1c2d3e4f5a60718]
    state: absent
"""

RETURN = r"""
security_group_ids:
  description: The groups' ids by name, of those that exist.
  returned: success
  type: dict
  sample: {"production-alb": "sg-0a1b2c3d4e5f60718"}
changes:
  description: What changes, one entry a group.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::EC2::SecurityGroup", "name": "production-alb", "action": "create"}]
"""

import ipaddress
from collections.abc import Collection
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    wait_until,
    when_removed,
)
from ansible_collections.realtime.aws.plugins.module_utils.ec2 import (
    delete_when_free,
    in_vpc,
    side_by_side,
    tagged,
    tags_of,
    write_tags,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::EC2::SecurityGroup"
SETTLING = ["InvalidVpcID.NotFound", "InvalidGroup.NotFound"]  # what was made a moment ago
REFUSED = when_removed("new connections by the rules that go are refused")
DISRUPTS = {"rules": REFUSED, "rules_egress": REFUSED}
DIRECTIONS = ("ingress", "egress")
OPTIONS = {"ingress": "rules", "egress": "rules_egress"}
# What AWS gives a VPC along with it: a group in which all may talk to one another, and to everybody.
DEFAULT_GROUP = {"rules": {"all default": ""}, "rules_egress": {"all 0.0.0.0/0": ""}, "tags": {}}


class Rule(NamedTuple):
    """What makes a rule another rule; its description does not."""

    proto: str
    from_port: int | None
    to_port: int | None
    kind: str  # cidr, group or prefix
    peer: str

    def __str__(self) -> str:
        ports = {self.from_port: f"{self.from_port}"}.get(self.to_port, f"{self.from_port}-{self.to_port}")
        return f"{'all' if self.proto == '-1' else f'{self.proto} {ports}'} {self.peer}"


def wanted_rules(options: list[dict[str, Any]]) -> dict[Rule, str]:
    """Return the descriptions by rule; a group is named by its name."""
    rules = {}
    for each in options:
        proto = "-1" if each["proto"] == "all" else each["proto"]
        ports = (None, None) if proto == "-1" else (each["from_port"], each["to_port"])
        if each["group_name"]:
            peer = ("group", each["group_name"])
        elif each["ip_prefix"]:
            peer = ("prefix", each["ip_prefix"])
        else:
            peer = ("cidr", str(ipaddress.ip_network(each["cidr_ip"])))
        rules[Rule(proto, *ports, *peer)] = each["rule_desc"]
    return rules


def found_rules(permissions: list[dict[str, Any]], names: dict[str, str]) -> dict[Rule, str]:
    """Return the same of AWS's permissions; names has the groups' names by id."""
    rules = {}
    for each in permissions:
        proto = each["IpProtocol"]
        ports = (None, None) if proto == "-1" else (each.get("FromPort"), each.get("ToPort"))
        peers = [
            *(("cidr", item["CidrIp"], item) for item in each.get("IpRanges") or []),
            *(("cidr", str(ipaddress.ip_network(item["CidrIpv6"])), item) for item in each.get("Ipv6Ranges") or []),
            *(("prefix", item["PrefixListId"], item) for item in each.get("PrefixListIds") or []),
            *(
                ("group", names.get(item["GroupId"], item["GroupId"]), item)
                for item in each.get("UserIdGroupPairs") or []
            ),
        ]
        for kind, peer, item in peers:
            rules[Rule(proto, *ports, kind, peer)] = item.get("Description", "")
    return rules


def permission(rule: Rule, description: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return a rule as AWS writes it; ids has the groups' ids by name."""
    described = {"Description": description} if description else {}
    if rule.kind == "group":
        peer = {"UserIdGroupPairs": [{"GroupId": ids.get(rule.peer, rule.peer), **described}]}
    elif rule.kind == "prefix":
        peer = {"PrefixListIds": [{"PrefixListId": rule.peer, **described}]}
    elif ":" in rule.peer:
        peer = {"Ipv6Ranges": [{"CidrIpv6": rule.peer, **described}]}
    else:
        peer = {"IpRanges": [{"CidrIp": rule.peer, **described}]}
    ports = {} if rule.from_port is None else {"FromPort": rule.from_port, "ToPort": rule.to_port}
    return {"IpProtocol": rule.proto, **ports, **peer}


def shown(rules: dict[Rule, str]) -> dict[str, str]:
    return {str(rule): description for rule, description in sorted(rules.items(), key=lambda item: str(item[0]))}


def normalize_group(group: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": group["GroupId"],
        "rules": shown(found_rules(group.get("IpPermissions") or [], names)),
        "rules_egress": shown(found_rules(group.get("IpPermissionsEgress") or [], names)),
        "tags": tags_of(group),
    }


def make_plan(options: dict[str, Any], before: dict[str, Any] | None, params: dict[str, Any]) -> Plan:
    name = options["name"]
    if before and name != "default" and not params["lookup_tags"].items() <= before["tags"].items():
        message = f"{before['id']} has the name {name} already, and is not ours, for it has not the tags {params['lookup_tags']}"
        raise AnsibleAWSError(message=message)
    desired: dict[str, Any] = {option: shown(wanted_rules(options[option])) for option in OPTIONS.values()}
    tags = {**params["tags"], "Name": name}
    desired["tags"] = desired_tags((before or {}).get("tags"), tags, params["purge_tags"])
    return Plan(KIND, name, before, desired, disrupts=DISRUPTS)


def create_group(client: Any, vpc_id: str, options: dict[str, Any], tags: dict[str, str]) -> None:
    @written_once(f"create security group {options['name']}", "InvalidGroup.Duplicate")
    def create() -> None:
        kwargs = {
            "GroupName": options["name"],
            "Description": options["description"] or options["name"],
            "VpcId": vpc_id,
        }
        retry_on(SETTLING, lambda: client.create_security_group(**kwargs, **tagged("security-group", tags)), timeout=30)

    create()


@missing_is_none("authorize the rules", "InvalidPermission.Duplicate")
def authorize(client: Any, direction: str, group_id: str, permissions: list[dict[str, Any]]) -> None:
    call = getattr(client, f"authorize_security_group_{direction}")
    retry_on(SETTLING, lambda: call(GroupId=group_id, IpPermissions=permissions), timeout=30)


@missing_is_none("revoke the rules", "InvalidPermission.NotFound")
def revoke(client: Any, direction: str, group_id: str, permissions: list[dict[str, Any]]) -> None:
    call = getattr(client, f"revoke_security_group_{direction}")
    retry_on(SETTLING, lambda: call(GroupId=group_id, IpPermissions=permissions), timeout=30)


@named("describe the rules")
def describe_rules(client: Any, direction: str, group_id: str, permissions: list[dict[str, Any]]) -> None:
    call = getattr(client, f"update_security_group_rule_descriptions_{direction}")
    call(GroupId=group_id, IpPermissions=permissions)


def write_rules(client: Any, group_id: str, direction: str, ids: dict[str, str], rules: tuple[dict, dict]) -> None:
    """Bring the rules from what they are to what they should be; what is needed comes before what is not goes."""
    current, wanted = rules
    add = [permission(rule, text, ids) for rule, text in wanted.items() if rule not in current]
    rename = [permission(rule, text, ids) for rule, text in wanted.items() if current.get(rule, text) != text]
    drop = [permission(rule, text, ids) for rule, text in current.items() if rule not in wanted]
    if add:
        authorize(client, direction, group_id, add)
    if rename:
        describe_rules(client, direction, group_id, rename)
    if drop:
        revoke(client, direction, group_id, drop)


def build(client: Any, params: dict[str, Any], groups: dict[str, dict[str, Any]], plans: list[Plan]) -> None:
    """Make the groups, then write their rules."""
    vpc_id, options = params["vpc_id"], {each["name"]: each for each in params["security_groups"]}
    made = {plan.name for plan in plans if plan.action == "create"}
    for plan in plans:
        if plan.name in made:
            create_group(client, vpc_id, options[plan.name], plan.desired["tags"])
    if made:
        groups |= wait_until("AWS to list the groups", lambda: read_groups(client, vpc_id, made), timeout=60)
    ids = {name: group["GroupId"] for name, group in groups.items()}
    names = {group_id: name for name, group_id in ids.items()}
    for plan in plans:
        if not plan.changed:
            continue
        group = groups[plan.name]
        write_tags(client, group["GroupId"], tags_of(group), plan.desired["tags"])
        for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            rules = (found_rules(group.get(key) or [], names), wanted_rules(options[plan.name][OPTIONS[direction]]))
            write_rules(client, group["GroupId"], direction, ids, rules)


def remove(client: Any, groups: dict[str, dict[str, Any]], plans: list[Plan]) -> None:
    """Remove every rule that names a doomed group, then the groups, which interfaces may hold for minutes (TDN-7)."""
    doomed = [plan.before["id"] for plan in plans]
    ids = {name: group["GroupId"] for name, group in groups.items()}
    names = {group_id: name for name, group_id in ids.items()}
    for group in groups.values():
        for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            rules = found_rules(group.get(key) or [], names)
            naming = [
                permission(rule, text, ids)
                for rule, text in rules.items()
                if rule.kind == "group" and ids.get(rule.peer) in doomed
            ]
            if naming:
                revoke(client, direction, group["GroupId"], naming)
    side_by_side(
        lambda group_id: delete_when_free(
            f"security group {group_id}",
            "InvalidGroup.NotFound",
            lambda: client.delete_security_group(GroupId=group_id),
        ),
        doomed,
    )


def read_groups(client: Any, vpc_id: str, names: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Return the VPC's groups by name; {} if those of names are not among them yet."""
    found = in_vpc(client, "describe_security_groups", "SecurityGroups", vpc_id)
    groups = {group["GroupName"]: group for group in found}
    return groups if groups.keys() >= set(names) else {}


def main():
    rule = {
        "proto": {"type": "str", "choices": ["tcp", "udp", "all"], "default": "tcp"},
        "from_port": {"type": "int"},
        "to_port": {"type": "int"},
        "cidr_ip": {"type": "str"},
        "group_name": {"type": "str"},
        "ip_prefix": {"type": "str"},
        "rule_desc": {"type": "str", "default": ""},
    }
    rules = {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": rule,
        "required_one_of": [("cidr_ip", "group_name", "ip_prefix")],
        "mutually_exclusive": [("cidr_ip", "group_name", "ip_prefix")],
        "required_together": [("from_port", "to_port")],
        "required_if": [("proto", "tcp", ["from_port"]), ("proto", "udp", ["from_port"])],
    }
    group = {
        "name": {"type": "str", "required": True},
        "description": {"type": "str"},
        "rules": rules,
        "rules_egress": rules,
    }
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "dict", "options": group},
            "security_group_ids": {"type": "list", "elements": "str", "default": []},
            "lookup_tags": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
            "purge_tags": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["security_groups"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("ec2", retry_decorator=RETRY)
    try:
        groups = read_groups(client, params["vpc_id"])
        names = {group["GroupId"]: name for name, group in groups.items()}
        found = {name: normalize_group(group, names) for name, group in groups.items()}
        if params["state"] == "absent":
            found.pop("default", None)
            doomed = {name: group for name, group in found.items() if group["id"] in params["security_group_ids"]}
            plans = [Plan(KIND, name, group, None) for name, group in doomed.items()]
            if plans and not module.check_mode:
                remove(client, groups, plans)
            module.exit_json(security_group_ids={}, **report(*plans))

        found.setdefault("default", DEFAULT_GROUP)  # of a VPC that does not exist yet
        plans = [make_plan(options, found.get(options["name"]), params) for options in params["security_groups"]]
        if not module.check_mode and any(plan.changed for plan in plans):
            build(client, params, groups, plans)
    except (AnsibleAWSError, ValueError) as error:
        if isinstance(error, ValueError):
            module.fail_json(msg=f"A rule's cidr_ip is no range: {error}")
        module.fail_json_aws_error(error)
    ids = {plan.name: groups[plan.name]["GroupId"] for plan in plans if plan.name in groups}
    module.exit_json(security_group_ids=ids, **report(*plans))


if __name__ == "__main__":
    main()
