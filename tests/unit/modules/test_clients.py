# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clients of a module: how long they wait, whose credentials they have, and what they say of themselves."""

from __future__ import annotations

import boto3
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule


@pytest.mark.parametrize(("options", "times"), [({}, (10, 30)), ({"aws_config": {"read_timeout": 90}}, (10, 90))])
def test_clients_do_not_wait_long(aws, options, times):
    with patch_module_args(options):
        config = AnsibleAWSModule(argument_spec={}).client("sts").meta.config
    assert (config.connect_timeout, config.read_timeout) == times


def test_credentials_are_looked_for_once(aws, monkeypatch):
    """A profile that assumes a role would do so for each client otherwise."""
    made = []

    class Session(boto3.session.Session):
        def __init__(self, **kwargs):
            made.append(kwargs)
            super().__init__(**kwargs)

    monkeypatch.setattr(boto3.session, "Session", Session)
    with patch_module_args({}):
        module = AnsibleAWSModule(argument_spec={})
    module.client("sts"), module.client("ec2", region="eu-west-1"), module.unguarded_client("ssm")
    assert made == [{"profile_name": None}]


def test_a_profile_s_credentials_are_those_of_all_clients(aws, monkeypatch, tmp_path):
    path = tmp_path / "credentials"
    path.write_text("[other]\naws_access_key_id = OTHER\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with patch_module_args({"profile": "other"}):
        module = AnsibleAWSModule(argument_spec={})
    clients = [module.client("sts"), module.client("ec2", region="eu-west-1")]
    assert {client._request_signer._credentials.access_key for client in clients} == {"OTHER"}


def test_the_user_agent_names_the_layer(aws, monkeypatch):
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "realtime.aws.network")
    said = []
    with patch_module_args({}):
        client = AnsibleAWSModule(argument_spec={}).client("sts")
    client.meta.events.register("before-send", lambda request, **kwargs: said.append(request.headers["User-Agent"]))
    client.get_caller_identity()
    assert "app/realtime.aws.network" in str(said)


def test_what_no_client_can_be_made_of_fails_the_module(aws, capfd):
    with patch_module_args({"endpoint_url": "nowhere"}), pytest.raises(SystemExit):
        AnsibleAWSModule(argument_spec={}).client("sts")
    assert "Couldn't connect to AWS: Invalid endpoint: nowhere" in capfd.readouterr().out


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_an_account_that_is_known_is_not_asked_for(region, partition):
    """Nothing answers here."""
    with patch_module_args({"account_id": "210987654321", "region": region}):
        module = AnsibleAWSModule(argument_spec={"account_id": {"type": "str"}})
    assert module.account() == ("210987654321", partition)


def test_an_account_that_is_not_known_is_asked_for(aws):
    with patch_module_args({}):
        module = AnsibleAWSModule(argument_spec={"account_id": {"type": "str"}})
    assert module.account() == ("123456789012", "aws")
