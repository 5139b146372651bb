# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

ALB = {
    "name": "alb",
    "description": "Load balancer",
    "rules": [
        {"from_port": 443, "to_port": 443, "cidr_ip": "0.0.0.0/0", "rule_desc": "HTTPS"},
        {"from_port": 443, "to_port": 443, "cidr_ip": "::/0"},
    ],
    "rules_egress": [{"from_port": 80, "to_port": 80, "group_name": "web"}],
}
WEB = {"name": "web", "description": "Web", "rules": [{"from_port": 80, "to_port": 80, "group_name": "alb"}]}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def options(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return {"vpc_id": vpc, "security_groups": [ALB, WEB], "tags": {"Environment": "production"}}


def group(ec2, options, name):
    filters = [{"Name": "vpc-id", "Values": [options["vpc_id"]]}, {"Name": "group-name", "Values": [name]}]
    return next(iter(ec2.describe_security_groups(Filters=filters)["SecurityGroups"]), None)


def test_create_groups_that_name_one_another(ec2, options, run_module):
    result = run_module("ec2_security_groups", **options)
    assert [each["name"] for each in result["changes"]] == ["alb", "web"]
    (rule,) = group(ec2, options, "alb")["IpPermissionsEgress"]
    assert rule["UserIdGroupPairs"][0]["GroupId"] == result["security_group_ids"]["web"]
    assert group(ec2, options, "web")["IpPermissionsEgress"] == []  # IDM-15


def test_second_run_writes_nothing(options, run_module, writes):
    run_module("ec2_security_groups", **options)
    writes.clear()
    assert not run_module("ec2_security_groups", **options)["changed"]
    assert writes == []


@pytest.mark.parametrize("drift", ["widen", "close", "describe", "tag"])
def test_drift_is_shown_and_mended(ec2, options, run_module, drift):
    ids = run_module("ec2_security_groups", **options)["security_group_ids"]
    https = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "x"}],
    }
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    {
        "widen": lambda: ec2.authorize_security_group_ingress(GroupId=ids["alb"], IpPermissions=[ssh]),
        "close": lambda: ec2.revoke_security_group_ingress(GroupId=ids["alb"], IpPermissions=[https]),
        "describe": lambda: ec2.update_security_group_rule_descriptions_ingress(
            GroupId=ids["alb"], IpPermissions=[https]
        ),
        "tag": lambda: ec2.delete_tags(Resources=[ids["alb"]], Tags=[{"Key": "Name"}]),
    }[drift]()
    result = run_module("ec2_security_groups", **options)
    assert [(each["name"], each["action"]) for each in result["changes"]] == [("alb", "update")]
    assert not run_module("ec2_security_groups", **options)["changed"]


def test_the_default_group_is_emptied_and_stays(ec2, options, run_module):
    options["security_groups"] = [{"name": "default"}]
    ids = run_module("ec2_security_groups", **options)["security_group_ids"]
    found = group(ec2, options, "default")
    assert found["IpPermissions"] == found["IpPermissionsEgress"] == []
    assert not run_module("ec2_security_groups", **options)["changed"]
    doomed = {"vpc_id": options["vpc_id"], "security_group_ids": list(ids.values()), "state": "absent"}
    assert not run_module("ec2_security_groups", **doomed)["changed"]


def test_check_mode_with_a_stand_in(ec2, run_module, writes):
    groups = [ALB, WEB, {"name": "default"}]
    result = run_module("ec2_security_groups", check=True, vpc_id="vpc-00000000c893a4320", security_groups=groups)
    assert [each["action"] for each in result["changes"]] == ["create", "create", "update"]
    assert writes == []


def test_delete_and_delete_again(ec2, options, run_module, writes):  # TDN-7
    ids = run_module("ec2_security_groups", **options)["security_group_ids"]
    doomed = {"vpc_id": options["vpc_id"], "security_group_ids": list(ids.values()), "state": "absent"}
    writes.clear()
    assert len(run_module("ec2_security_groups", check=True, **doomed)["changes"]) == 2
    assert writes == []
    assert run_module("ec2_security_groups", **doomed)["changed"]
    assert writes.index("RevokeSecurityGroupIngress") < writes.index("DeleteSecurityGroup")
    assert group(ec2, options, "alb") is group(ec2, options, "web") is None
    assert not run_module("ec2_security_groups", **doomed)["changed"]


def test_rules_of_others_that_name_a_doomed_group_go_first(ec2, options, run_module):
    ids = run_module("ec2_security_groups", **options)["security_group_ids"]
    other = ec2.create_security_group(GroupName="other", Description="x", VpcId=options["vpc_id"])["GroupId"]
    pairs = [{"GroupId": ids["web"], "Description": "whatever it says"}]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": pairs}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    run_module("ec2_security_groups", vpc_id=options["vpc_id"], security_group_ids=list(ids.values()), state="absent")
    assert group(ec2, options, "other")["IpPermissions"] == []


def test_host_bits_are_refused(options, run_module):
    rule = {"from_port": 22, "to_port": 22, "cidr_ip": "203.0.113.7/24"}
    with pytest.raises(ModuleFailed, match="host bits"):
        run_module("ec2_security_groups", **{**options, "security_groups": [{"name": "bad", "rules": [rule]}]})


def test_refusal_is_one_line(options, run_module, monkeypatch):
    import botocore.client
    from botocore.exceptions import ClientError

    original = botocore.client.BaseClient._make_api_call

    def refuse(self, operation, kwargs):
        if operation == "AuthorizeSecurityGroupIngress":
            raise ClientError({"Error": {"Code": "RulesPerSecurityGroupLimitExceeded", "Message": "no"}}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    with pytest.raises(ModuleFailed, match="Failed to authorize the rules"):
        run_module("ec2_security_groups", **options)


def test_a_group_of_somebody_else_is_refused(ec2, options, run_module, writes):
    name = options["security_groups"][0]["name"]
    ec2.create_security_group(GroupName=name, Description="theirs", VpcId=options["vpc_id"])
    writes.clear()
    with pytest.raises(ModuleFailed, match=f"has the name {name} already, and is not ours"):
        run_module("ec2_security_groups", **{**options, "lookup_tags": {"Environment": "production"}})
    assert writes == []
