# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the sweep finds of the layer pipeline, and whose it says it is."""

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.live import pipeline
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

OURS = [{"Key": "Project", "Value": "realtime"}, {"Key": "Environment", "Value": "production"}]
SHARED = [{"Key": "Project", "Value": "realtime"}, {"Key": "ManagedBy", "Value": "realtime.aws"}]
NOTHING = {"repository": None, "identity_provider": None, "deploy_role_arn": None}


@pytest.fixture
def stack(aws):
    def client(service, retry_decorator=None, region="us-east-1"):
        return boto3.client(service, region_name=region)

    return Stack(SimpleNamespace(region="us-east-1", client=client), "realtime", "production", "example.com")


def make_provider(url, tags):
    boto3.client("iam").create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"], Tags=tags)


def test_nothing(stack):
    make_provider("https://issuer.example.com", SHARED)
    assert pipeline.read(stack) == NOTHING


def test_ours(stack):
    ecr = boto3.client("ecr")
    ecr.create_repository(repositoryName="production-app", tags=OURS)
    boto3.client("iam").create_role(RoleName="production-deploy", AssumeRolePolicyDocument="{}", Tags=OURS)
    found = pipeline.read(stack)
    assert found["repository"]["uri"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/production-app"
    assert found["repository"]["has_images"] is False
    assert found["deploy_role_arn"] == "arn:aws:iam::123456789012:role/production-deploy"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"})
    ecr.put_image(repositoryName="production-app", imageTag="1", imageManifest=manifest)
    assert pipeline.read(stack)["repository"]["has_images"] is True


def test_somebody_else_s_are_foreign(stack):
    boto3.client("ecr").create_repository(repositoryName="production-app")
    boto3.client("iam").create_role(RoleName="production-deploy", AssumeRolePolicyDocument="{}", Tags=SHARED)
    assert pipeline.read(stack) == NOTHING
    assert {each["type"] for each in stack.foreign} == {"AWS::ECR::Repository", "AWS::IAM::Role"}


@pytest.mark.parametrize(("tags", "owned"), [(SHARED, True), (OURS, False), ([], False)])
def test_the_account_s_identity_provider_is_used_whoever_made_it(stack, tags, owned):
    make_provider(f"https://{pipeline.ISSUER}", tags)
    found = pipeline.read(stack)["identity_provider"]
    assert (found["client_ids"], found["owned"]) == (["sts.amazonaws.com"], owned)
    assert stack.foreign == []
