# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.ecr_repository import normalize_lifecycle_policy
from module_failed import ModuleFailed

NAME = "production-app"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"})


def rule(priority: int, days: int) -> dict:
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


@pytest.fixture
def ecr(aws):
    return boto3.client("ecr")


@pytest.fixture
def repository(aws):
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {
        "name": NAME,
        "image_tag_mutability": "immutable",
        "scan_on_push": True,
        "encryption_configuration": {"encryption_type": "KMS", "kms_key": key},
        "lifecycle_policy": {"rules": [rule(1, 14)]},
        "tags": {"Environment": "production"},
    }


def test_create(ecr, run_module, repository):
    result = run_module("ecr_repository", **repository)
    assert [each["action"] for each in result["changes"]] == ["create"]
    (found,) = ecr.describe_repositories(repositoryNames=[NAME])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    key = repository["encryption_configuration"]["kms_key"]
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key}
    policy = json.loads(ecr.get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"])
    assert policy == repository["lifecycle_policy"]
    assert result["repository"]["uri"] == found["repositoryUri"]
    assert result["repository"]["tags"] == {"Environment": "production"}


def test_second_run_writes_nothing(ecr, run_module, repository, writes):
    repository["lifecycle_policy"]["rules"].append(rule(2, 30))
    run_module("ecr_repository", **repository)
    text = json.dumps({"rules": [rule(2, 30), rule(1, 14)]}, indent=4)  # the same, written another way
    ecr.put_lifecycle_policy(repositoryName=NAME, lifecyclePolicyText=text)
    writes.clear()
    assert not run_module("ecr_repository", **repository)["changed"]
    assert writes == []


def test_what_is_omitted_is_left_alone(ecr, run_module, repository, writes):
    run_module("ecr_repository", **repository)
    writes.clear()
    assert not run_module("ecr_repository", name=NAME)["changed"]
    assert writes == []


@pytest.mark.parametrize(
    ("drift", "shown", "call"),
    [
        (
            lambda ecr: ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE"),
            "image_tag_mutability",
            "PutImageTagMutability",
        ),
        (
            lambda ecr: ecr.put_image_scanning_configuration(
                repositoryName=NAME, imageScanningConfiguration={"scanOnPush": False}
            ),
            "scan_on_push",
            "PutImageScanningConfiguration",
        ),
        (lambda ecr: ecr.delete_lifecycle_policy(repositoryName=NAME), "lifecycle_policy", "PutLifecyclePolicy"),
    ],
)
def test_drift_is_shown_and_mended_by_one_call(ecr, run_module, repository, writes, drift, shown, call):
    run_module("ecr_repository", **repository)
    drift(ecr)
    writes.clear()
    result = run_module("ecr_repository", **repository)
    assert list(json.loads(result["diff"][0]["before"])) == [shown]
    assert writes == [call]
    assert not run_module("ecr_repository", **repository)["changed"]


def test_tags_are_set_and_removed(ecr, run_module, repository):
    run_module("ecr_repository", **repository)
    run_module("ecr_repository", name=NAME, tags={"Owner": "platform"})
    arn = ecr.describe_repositories(repositoryNames=[NAME])["repositories"][0]["repositoryArn"]
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "Owner", "Value": "platform"}]


def test_an_empty_lifecycle_policy_removes_it(ecr, run_module, repository):
    run_module("ecr_repository", **repository)
    assert run_module("ecr_repository", name=NAME, lifecycle_policy={})["repository"]["lifecycle_policy"] == {}
    with pytest.raises(ecr.exceptions.LifecyclePolicyNotFoundException):
        ecr.get_lifecycle_policy(repositoryName=NAME)


@pytest.mark.parametrize("check", [True, False])
def test_other_encryption_is_refused(ecr, run_module, writes, check):
    ecr.create_repository(repositoryName=NAME)
    writes.clear()
    with pytest.raises(ModuleFailed, match="AWS can't change that"):
        run_module("ecr_repository", check=check, name=NAME, encryption_configuration={"encryption_type": "KMS"})
    assert writes == []


def test_any_key_of_aws_will_do(ecr, run_module):
    wanted = {"name": NAME, "encryption_configuration": {"encryption_type": "KMS"}}
    run_module("ecr_repository", **wanted)
    assert not run_module("ecr_repository", **wanted)["changed"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_writes_nothing(ecr, run_module, repository, writes, state):
    if state == "absent":
        run_module("ecr_repository", **repository)
    writes.clear()
    result = run_module("ecr_repository", check=True, **repository, state=state)
    assert [each["action"] for each in result["changes"]] == [{"present": "create", "absent": "delete"}[state]]
    assert writes == []


def test_images_are_kept_unless_told(ecr, run_module, repository):
    run_module("ecr_repository", **repository)
    ecr.put_image(repositoryName=NAME, imageTag="1", imageManifest=MANIFEST)
    with pytest.raises(ModuleFailed, match="Failed to delete the repository"):
        run_module("ecr_repository", name=NAME, state="absent")
    assert run_module("ecr_repository", name=NAME, state="absent", force_absent=True)["changed"]
    assert not run_module("ecr_repository", name=NAME, state="absent", force_absent=True)["changed"]


def test_rules_are_ordered_by_priority():
    policy = {"rules": [rule(10, 1), rule(2, 1)]}
    assert [each["rulePriority"] for each in normalize_lifecycle_policy(policy)["rules"]] == [2, 10]
    assert normalize_lifecycle_policy({}) == {}
