# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.iam_oidc_identity_provider import federated, issuer
from module_failed import ModuleFailed

MODULE = "iam_oidc_identity_provider"
ISSUER = "token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
PROVIDER = {"url": f"https://{ISSUER}", "client_id_list": ["sts.amazonaws.com"], "tags": {"Project": "realtime"}}


@pytest.fixture
def iam(sandbox_aws):
    return boto3.client("iam")


def trust(iam, role, arn=ARN):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:sub": "repo:o/r:environment:e"}},
    }
    iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def test_create(iam, run_module):
    result = run_module(MODULE, **PROVIDER)
    assert [each["action"] for each in result["changes"]] == ["create"]
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert (found["Url"], found["ClientIDList"]) == (ISSUER, ["sts.amazonaws.com"])
    assert found["Tags"] == [{"Key": "Project", "Value": "realtime"}]
    assert result["provider"]["arn"] == ARN


@pytest.mark.parametrize("url", [f"https://{ISSUER}", f"https://{ISSUER}/", ISSUER])
def test_second_run_writes_nothing(iam, run_module, writes, url):
    run_module(MODULE, **PROVIDER)
    writes.clear()
    assert not run_module(MODULE, **{**PROVIDER, "url": url})["changed"]
    assert writes == []


def test_another_issuer_is_another_provider(iam, run_module):
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}/octo-enterprise")
    assert [each["action"] for each in run_module(MODULE, **PROVIDER)["changes"]] == ["create"]


def test_update(iam, run_module):
    run_module(MODULE, **PROVIDER)
    thumbprints = ["0" * 40, "F" * 40]
    wanted = {"url": ISSUER, "client_id_list": ["a", "b"], "thumbprint_list": thumbprints, "tags": {"Owner": "me"}}
    result = run_module(MODULE, **wanted)
    assert [each["action"] for each in result["changes"]] == ["update"]
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert (sorted(found["ClientIDList"]), found["Tags"]) == (["a", "b"], [{"Key": "Owner", "Value": "me"}])
    assert sorted(found["ThumbprintList"]) == ["0" * 40, "f" * 40]
    assert not run_module(MODULE, **wanted)["changed"]


def test_the_audiences_and_tags_of_others_stay(iam, run_module):
    run_module(MODULE, **{**PROVIDER, "client_id_list": ["theirs"], "tags": {"Owner": "them"}})
    run_module(MODULE, **PROVIDER, purge_client_ids=False, purge_tags=False)
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert sorted(found["ClientIDList"]) == ["sts.amazonaws.com", "theirs"]
    assert {tag["Key"] for tag in found["Tags"]} == {"Owner", "Project"}


def test_what_is_omitted_is_left_alone(iam, run_module, writes):
    run_module(MODULE, **PROVIDER)
    writes.clear()
    assert not run_module(MODULE, url=ISSUER)["changed"]
    assert writes == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(iam, run_module, writes, state):
    if state == "absent":
        run_module(MODULE, **PROVIDER)
    writes.clear()
    result = run_module(MODULE, check=True, **PROVIDER, state=state)
    assert [each["action"] for each in result["changes"]] == [{"present": "create", "absent": "delete"}[state]]
    assert writes == []


def test_delete_and_delete_again(iam, run_module):
    run_module(MODULE, **PROVIDER)
    trust(iam, "other", ARN.replace(ISSUER, "other.example.com"))
    assert run_module(MODULE, url=ISSUER, state="absent")["changed"]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert not run_module(MODULE, url=ISSUER, state="absent")["changed"]


def test_it_stays_while_a_role_trusts_it(iam, run_module, writes):
    run_module(MODULE, **PROVIDER)
    trust(iam, "production-deploy")
    trust(iam, "staging-deploy")
    writes.clear()
    kept = run_module(MODULE, url=ISSUER, state="absent", disregard_roles=["production-deploy"])
    assert (kept["changed"], kept["trusted_by"], writes) == (False, ["staging-deploy"], [])
    assert kept["provider"]["arn"] == ARN
    both = ["production-deploy", "staging-deploy"]
    assert run_module(MODULE, check=True, url=ISSUER, state="absent", disregard_roles=both)["changed"]
    assert run_module(MODULE, url=ISSUER, state="absent", keep_while_trusted=False)["changed"]


def test_refusal_is_one_line(iam, run_module):
    with pytest.raises(ModuleFailed, match="Failed to create the identity provider"):
        run_module(MODULE, url=ISSUER, client_id_list=["a" * 300])


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([{"Effect": "Allow", "Principal": {"Federated": [ARN, "b"]}}], [ARN, "b"]),
        ({"Effect": "Allow", "Principal": {"Federated": ARN}}, [ARN]),
        ([{"Effect": "Deny", "Principal": {"Federated": ARN}}], []),
        (
            [{"Effect": "Allow", "Principal": "*"}, {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}],
            [],
        ),
    ],
)
def test_federated(statements, found):
    assert federated({"Statement": statements}) == found


def test_issuer():
    assert issuer("https://issuer.example.com/path/") == "issuer.example.com/path"
