# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from module_failed import ModuleFailed

MODULE, NAME = "cloudfront_origin_access_control", "static"


@pytest.fixture
def cloudfront(aws):
    return boto3.client("cloudfront")


def controls(client):
    return client.list_origin_access_controls()["OriginAccessControlList"].get("Items", [])


def test_create_signs_everything(cloudfront, run_module):
    result = run_module(MODULE, name=NAME)
    (control,) = controls(cloudfront)
    assert control["Id"] == result["origin_access_control_id"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")
    assert control["OriginAccessControlOriginType"] == "s3"


def test_second_run_writes_nothing(cloudfront, run_module, writes):
    first = run_module(MODULE, name=NAME)
    writes.clear()
    again = run_module(MODULE, name=NAME)
    assert not again["changed"]
    assert again["origin_access_control_id"] == first["origin_access_control_id"]
    assert writes == []


def test_update_keeps_the_id(cloudfront, run_module):
    first = run_module(MODULE, name=NAME)
    result = run_module(MODULE, name=NAME, description="new", signing_behavior="no-override")
    assert result["changes"][0]["action"] == "update"
    assert result["origin_access_control_id"] == first["origin_access_control_id"]
    assert controls(cloudfront)[0]["SigningBehavior"] == "no-override"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(cloudfront, run_module, writes, state):
    if state == "absent":
        run_module(MODULE, name=NAME)
    writes.clear()
    assert run_module(MODULE, check=True, name=NAME, state=state)["changed"]
    assert writes == []


def test_delete_and_delete_again(cloudfront, run_module):
    run_module(MODULE, name=NAME)
    assert run_module(MODULE, name=NAME, state="absent")["changed"]
    assert controls(cloudfront) == []
    assert not run_module(MODULE, name=NAME, state="absent")["changed"]


def test_bad_input_is_refused(cloudfront, run_module, writes):
    with pytest.raises(ModuleFailed, match="signing_behavior"):
        run_module(MODULE, name=NAME, signing_behavior="sometimes")
    assert writes == []
