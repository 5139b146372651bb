# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from module_failed import ModuleFailed

SERVICES = ["autoscaling.amazonaws.com", "rds.amazonaws.com"]


@pytest.fixture
def iam(aws):
    return boto3.client("iam")


def test_create_what_is_missing(iam, run_module):
    iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    result = run_module("iam_service_linked_role", aws_service_names=SERVICES)
    assert [each["name"] for each in result["changes"]] == ["autoscaling.amazonaws.com"]
    assert result["roles"]["autoscaling.amazonaws.com"].endswith("AWSServiceRoleForAutoScaling")


def test_second_run_writes_nothing(iam, run_module, writes):
    run_module("iam_service_linked_role", aws_service_names=SERVICES)
    writes.clear()
    assert not run_module("iam_service_linked_role", aws_service_names=SERVICES)["changed"]
    assert writes == []


def test_a_role_with_a_suffix_is_another_one(iam, run_module):
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="batch")
    assert run_module("iam_service_linked_role", aws_service_names=SERVICES[:1])["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(iam, run_module, writes, state):
    if state == "absent":
        run_module("iam_service_linked_role", aws_service_names=SERVICES)
    writes.clear()
    assert run_module("iam_service_linked_role", check=True, aws_service_names=SERVICES, state=state)["changed"]
    assert writes == []


def test_delete_and_delete_again(iam, run_module, monkeypatch):
    run_module("iam_service_linked_role", aws_service_names=SERVICES)
    # moto deletes at once, and has no status to ask for.
    import botocore.client

    original = botocore.client.BaseClient._make_api_call

    def answer(self, operation, kwargs):
        if operation == "GetServiceLinkedRoleDeletionStatus":
            return {"Status": "SUCCEEDED"}
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", answer)
    assert run_module("iam_service_linked_role", aws_service_names=SERVICES, state="absent")["changed"]
    assert not run_module("iam_service_linked_role", aws_service_names=SERVICES, state="absent")["changed"]


def test_a_role_that_aws_made_meanwhile_is_no_failure(iam, run_module, monkeypatch):
    import botocore.client

    original = botocore.client.BaseClient._make_api_call

    def taken(self, operation, kwargs):
        if operation == "CreateServiceLinkedRole":
            original(self, operation, kwargs)
            error = {"Code": "InvalidInput", "Message": "Service role name has been taken in this account"}
            raise ClientError({"Error": error}, operation)
        return original(self, operation, kwargs)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", taken)
    assert len(run_module("iam_service_linked_role", aws_service_names=SERVICES)["roles"]) == 2


def test_refusal_is_one_line(iam, run_module, monkeypatch):
    import botocore.client

    def refuse(self, operation, kwargs):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    with pytest.raises(ModuleFailed, match="Failed to list the service-linked roles"):
        run_module("iam_service_linked_role", aws_service_names=SERVICES)
