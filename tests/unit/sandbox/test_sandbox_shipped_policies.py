"""The policies of docs/policies: made from the recording, enough for it, nothing too much, and refusing what is not theirs."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

import pytest
from policy_linter import findings
from sandbox_helpers import REGION, Aws, assumed, function_code, refused, trust

from sandbox import REPOSITORY
from sandbox.authorization import concerns
from sandbox.control import Sandbox
from sandbox.journal import is_write
from sandbox.permissions import Request

ACCOUNT = "123456789012"
NAMES = {"partition": "aws", "account": ACCOUNT, "region": REGION, "project": "shop", "environment": "production"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
OURS = [{"Key": "Project", "Value": "shop"}, {"Key": "Environment", "Value": "production"}]
THEIRS = [{"Key": "Project", "Value": "shop"}, {"Key": "Environment", "Value": "staging"}]
NOBODYS = [{"Key": "Project", "Value": "other"}, {"Key": "Environment", "Value": "production"}]


def load() -> ModuleType:
    loader = SourceFileLoader("policies", str(REPOSITORY / "scripts/policies"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("policies", loader))
    loader.exec_module(module)
    return module


policies = load()
RECORDING = json.loads(policies.RECORDING.read_text(encoding="utf-8"))
GRANTED = policies.with_counterparts(RECORDING)
SHIPPED = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["Statement"]
    for path in policies.FOLDER.glob("**/*.json")
    if path != policies.RECORDING
}
STATEMENTS = [(who, number) for who, statements in SHIPPED.items() for number in range(len(statements))]


def asked(who: str, recording: dict[str, Any] = GRANTED) -> Iterator[Request]:
    for action, asks in recording[who].items():
        for ask in asks:
            context = {key: value for key, value in ask["context"].items() if value}
            yield Request(action, ask["resource"], context)


def test_they_are_what_the_recording_makes() -> None:
    there = {path: path.read_text(encoding="utf-8") for path in policies.FOLDER.glob("**/*.json")}
    assert there.pop(policies.RECORDING)
    assert there == policies.texts(RECORDING)


@pytest.mark.parametrize(
    ("who", "action", "resource"),
    [
        ("messaging", "sqs:UntagQueue", "arn:<partition>:sqs:<region>:<account>:<environment>-*"),
        ("messaging", "sns:Unsubscribe", "*"),
        ("network", "ec2:DeleteRoute", "arn:<partition>:ec2:<region>:<account>:route-table/*"),
        ("network", "ec2:DeleteTags", "arn:<partition>:ec2:<region>:<account>:vpc/*"),
        ("security", "iam:UntagRole", "arn:<partition>:iam::<account>:role/<environment>-*"),
        ("encryption", "kms:UntagResource", "arn:<partition>:kms:<region>:<account>:key/*"),
    ],
)
def test_what_was_done_may_be_undone(who: str, action: str, resource: str) -> None:
    ours = {"aws:ResourceTag/Project": "<project>", "aws:ResourceTag/Environment": "<environment>"}
    allowed = [
        any(concerns(statement, Request(action, resource, context)) for statement in SHIPPED[who])
        for context in (ours, {"aws:ResourceTag/Project": "<project>", "aws:ResourceTag/Environment": "other"})
    ]
    assert allowed[0]
    assert not allowed[1] or resource == "*" or "<environment>" in resource


def test_every_tag_may_be_taken_away() -> None:
    for who, statements in SHIPPED.items():
        listed = {
            action
            for each in statements
            for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        }
        tagging = {action for action in listed if action.endswith(":TagResource")}
        assert {action.replace(":Tag", ":Untag") for action in tagging} <= listed, who


def test_every_layer_has_one() -> None:
    layers = {path.parent.parent.name for path in (REPOSITORY / "roles").glob("*/meta/main.yml")}
    # Releases are the deploy role's: roles/pipeline. An account's defaults are beyond a deployer: roles/account says what they take.
    assert layers - {"release", "account"} == set(SHIPPED) - {"planner"}


@pytest.mark.parametrize("who", SHIPPED)
def test_they_allow_all_that_was_asked(who: str) -> None:
    statements = [*SHIPPED[who], *SHIPPED["planner"]]
    refused = [each for each in asked(who) if not any(concerns(statement, each) for statement in statements)]
    assert refused == []


@pytest.mark.parametrize(("who", "number"), STATEMENTS)
def test_every_statement_was_used(who: str, number: int) -> None:
    assert any(concerns(SHIPPED[who][number], each) for each in asked(who, RECORDING))


@pytest.mark.parametrize(("who", "number"), STATEMENTS)
def test_every_action_and_resource_of_every_statement_was_asked(who: str, number: int) -> None:
    statement = SHIPPED[who][number]
    uses = [each for each in asked(who) if concerns(statement, each)]
    listed = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    assert set(listed) == {use.action for use in uses}
    listed = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
    used = {use.resource for use in uses}
    certificates = {each.replace("<region>", policies.CDN_REGION) for each in used if ":acm:" in each}
    demanded = {each for use in uses for each in policies.DEMANDED.get(use.action, [])}
    assert set(listed) <= used | certificates | demanded


@pytest.mark.parametrize("who", SHIPPED)
def test_a_linter_finds_nothing_in_them(who: str) -> None:
    assert findings(policies.document(policies.fill(SHIPPED[who], NAMES))) == []


@pytest.mark.parametrize("boundary", ["", BOUNDARY])
def test_a_linter_finds_nothing_in_what_is_attached(boundary: str) -> None:
    for name, document in policies.rendered(NAMES, boundary).items():
        assert findings(document) == [], name


def test_a_linter_finds_what_is_wrong() -> None:
    wrong = {
        "Effect": "Allow",
        "Action": ["s3:PutBucketPolicy", "kms:CreateAlias"],
        "Resource": "arn:aws:s3:::production",
    }
    assert any("RESOURCE_MISMATCH" in each for each in findings(policies.document([wrong])))


@pytest.mark.parametrize("boundary", ["", BOUNDARY])
def test_aws_takes_them(boundary: str) -> None:
    packed = policies.rendered({**NAMES, "environment": "a" * 16, "project": "p" * 64}, boundary)
    for who in ("planner", "deployer"):
        assert 1 <= len([name for name in packed if name.startswith(who)]) <= 10
    assert max(policies.size(each["Statement"]) for each in packed.values()) <= 6144
    assert "<" not in json.dumps(packed)


def test_the_planner_only_reads() -> None:
    reads = {"kms:Decrypt", "budgets:ViewBudget"}
    actions = {each.action for each in asked("planner")} - reads
    assert [each for each in actions if is_write(*each.split(":"))] == []


@pytest.fixture
def acting(sandbox: Sandbox, aws: Aws) -> Callable[..., Aws]:
    """`acting("deployer")("s3")`: a client of someone who has those policies."""

    def act(who: str, boundary: str = "") -> Aws:
        iam = aws("iam")
        role = iam.create_role(RoleName="actor", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
        for name, document in policies.rendered(NAMES, boundary).items():
            if name.startswith(who):
                policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
                iam.attach_role_policy(RoleName="actor", PolicyArn=policy)
        return assumed(aws, role, sandbox.url)

    return act


@pytest.mark.parametrize("tags", [THEIRS, NOBODYS, []], ids=["other environment", "other project", "nobody's"])
def test_a_deployer_leaves_alone_what_has_not_its_tags(acting: Callable[..., Aws], aws: Aws, tags: list[Any]) -> None:
    def tagged(kind: str, wanted: list[Any] = tags) -> list[Any]:
        return [{"ResourceType": kind, "Tags": wanted}] if wanted else []

    ec2, kms = aws("ec2"), aws("kms")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    own = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tagged("vpc", OURS))["Vpc"]["VpcId"]
    key = kms.create_key(Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags])["KeyMetadata"][
        "KeyId"
    ]
    client = acting("deployer")
    no = "UnauthorizedOperation"
    refused(no, client("ec2").delete_vpc, VpcId=vpc)
    refused(
        no, client("ec2").create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/24", TagSpecifications=tagged("subnet", OURS)
    )
    refused(no, client("ec2").create_tags, Resources=[vpc], Tags=OURS)
    refused(no, client("ec2").create_vpc, CidrBlock="10.2.0.0/16", TagSpecifications=tagged("vpc"))
    refused("AccessDeniedException", client("kms").schedule_key_deletion, KeyId=key)
    refused("AccessDeniedException", client("kms").put_key_policy, KeyId=key, Policy="{}")
    client("ec2").delete_vpc(VpcId=own)


def test_a_deployer_leaves_alone_what_has_not_its_name(acting: Callable[..., Aws]) -> None:
    client = acting("deployer")
    no = "AccessDeniedException"
    refused("AccessDenied", client("rds").delete_db_instance, DBInstanceIdentifier="staging-db", SkipFinalSnapshot=True)
    refused(no, client("secretsmanager").get_secret_value, SecretId="staging/database")
    refused(no, client("secretsmanager").delete_secret, SecretId="staging/database")
    refused("AccessDenied", client("s3").delete_bucket, Bucket=f"staging-logs-{ACCOUNT}-{REGION}")
    refused("AccessDenied", client("s3").put_bucket_policy, Bucket="somebody-s", Policy="{}")
    refused(no, client("lambda").delete_function, FunctionName="staging-alert-processor")
    refused(no, client("ssm").delete_parameter, Name="/realtime.aws/shop/staging/lock")
    refused(no, client("ssm").delete_parameter, Name="/realtime.aws/other/production/lock")
    refused("AccessDenied", client("sns").delete_topic, TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:staging-alerts")
    refused(no, client("logs").delete_log_group, logGroupName="/staging/web")
    refused(no, client("budgets").delete_budget, AccountId=ACCOUNT, BudgetName="staging-monthly")
    refused("AccessDenied", client("iam").delete_role, RoleName="staging-web-server-role")
    refused("AccessDenied", client("iam").attach_role_policy, RoleName="admin", PolicyArn=BOUNDARY)
    refused("AccessDenied", client("iam").create_user, UserName="production-me")
    refused("AccessDenied", client("iam").create_policy_version, PolicyArn=BOUNDARY, PolicyDocument="{}")
    refused(
        "AccessDenied", client("sts").assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/admin", RoleSessionName="test"
    )


def test_a_deployer_makes_buckets_with_their_tags(acting: Callable[..., Aws]) -> None:
    made = {"LocationConstraint": REGION, "Tags": OURS}
    acting("deployer")("s3").create_bucket(Bucket=f"production-logs-{ACCOUNT}-{REGION}", CreateBucketConfiguration=made)


def test_a_deployer_deletes_its_database_only_by_its_tags_too(acting: Callable[..., Aws], aws: Aws) -> None:
    about = {"DBInstanceClass": "db.t4g.micro", "Engine": "mysql", "AllocatedStorage": 20}
    about |= {"MasterUsername": "dbadmin", "MasterUserPassword": "not-a-secret-1"}
    for name, tags in (("production-db", OURS), ("production-other-db", NOBODYS)):
        aws("rds").create_db_instance(DBInstanceIdentifier=name, Tags=tags, **about)
    client = acting("deployer")("rds")
    refused(
        "AccessDenied", client.delete_db_instance, DBInstanceIdentifier="production-other-db", SkipFinalSnapshot=True
    )
    client.delete_db_instance(DBInstanceIdentifier="production-db", SkipFinalSnapshot=True)


@pytest.mark.parametrize("role", ["admin", "staging-alert-processor"])
def test_a_deployer_passes_no_other_role(acting: Callable[..., Aws], aws: Aws, role: str) -> None:
    service = trust("lambda.amazonaws.com")
    arn = aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=service)["Role"]["Arn"]
    text = refused(
        "AccessDeniedException",
        acting("deployer")("lambda").create_function,
        FunctionName="production-alert-processor",
        Role=arn,
        Runtime="python3.13",
        Handler="a.handler",
        Code={"ZipFile": function_code()},
        Tags={tag["Key"]: tag["Value"] for tag in OURS},
    )
    assert f"iam:PassRole on resource: {arn}" in text


def test_a_boundary_can_be_demanded(acting: Callable[..., Aws], aws: Aws) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    for name in ("boundary", "wider"):
        aws("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    without = {"RoleName": "production-x", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com"), "Tags": OURS}
    aws("iam").create_role(**{**without, "RoleName": "production-free"})
    iam = acting("deployer", BOUNDARY)("iam")
    refused("AccessDenied", iam.create_role, **without)
    refused("AccessDenied", iam.create_role, **without, PermissionsBoundary=BOUNDARY.replace("boundary", "wider"))
    iam.create_role(**without, PermissionsBoundary=BOUNDARY)
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps(document)}
    iam.put_role_policy(RoleName="production-x", **policy)
    refused("AccessDenied", iam.put_role_policy, RoleName="production-free", **policy)
    refused("AccessDenied", iam.delete_role_permissions_boundary, RoleName="production-x")
    wider = BOUNDARY.replace("boundary", "wider")
    refused("AccessDenied", iam.put_role_permissions_boundary, RoleName="production-x", PermissionsBoundary=wider)
    iam.put_role_permissions_boundary(RoleName="production-free", PermissionsBoundary=BOUNDARY)


def test_a_planner_writes_nothing(acting: Callable[..., Aws]) -> None:
    client = acting("planner")
    tags = [{"ResourceType": "vpc", "Tags": OURS}]
    refused("UnauthorizedOperation", client("ec2").create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=tags)
    lock = {"Name": "/realtime.aws/shop/production/lock", "Value": "{}", "Type": "String"}
    refused("AccessDeniedException", client("ssm").put_parameter, **lock)
    refused("AccessDeniedException", client("secretsmanager").get_secret_value, SecretId="production/database")
    client("ec2").describe_vpcs()
