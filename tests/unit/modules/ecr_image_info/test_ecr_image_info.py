# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.ecr_image_info import newest_tags, normalize

NAME = "production-app"


@pytest.fixture
def digests(aws):
    """The digests of two images, v1 and v2, by tag."""
    ecr = boto3.client("ecr")
    ecr.create_repository(repositoryName=NAME)
    found = {}
    for tag in ("v1", "v2"):
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": kind, "config": {"digest": tag, "size": 1}, "layers": []}
        )
        answer = ecr.put_image(repositoryName=NAME, imageManifest=manifest, imageTag=tag)
        found[tag] = answer["image"]["imageId"]["imageDigest"]
    return found


@pytest.mark.parametrize("by", ["image_tag", "image_digest"])
def test_found(run_module, digests, by):
    asked = {"image_tag": "v1", "image_digest": digests["v1"]}[by]
    result = run_module("ecr_image_info", repository_name=NAME, **{by: asked})
    assert result["image"]["digest"] == digests["v1"]
    assert result["image"]["tags"] == ["v1"]
    assert result["image"]["uri"] == f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{NAME}@{digests['v1']}"
    assert result["newest_tags"] == []


def test_not_found(run_module, digests):
    result = run_module("ecr_image_info", repository_name=NAME, image_tag="v3")
    assert result["image"] is None
    assert sorted(result["newest_tags"]) == ["v1", "v2"]


def test_no_repository(run_module, aws):
    result = run_module("ecr_image_info", repository_name="none-such", image_tag="v1")
    assert (result["image"], result["repository_uri"], result["newest_tags"]) == (None, None, [])


@pytest.mark.parametrize("asked", [{}, {"image_tag": "v1", "image_digest": "sha256:0"}], ids=["neither", "both"])
def test_one_way_to_name_it(run_module, aws, asked):
    with pytest.raises(Exception, match="image_tag"):
        run_module("ecr_image_info", repository_name=NAME, **asked)


def test_aws_error_is_reported(run_module, aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Exception, match="Failed to find the repository"):
        run_module("ecr_image_info", repository_name=NAME, image_tag="v1")


def test_an_archived_image_cannot_be_pulled():
    image = {"imageDigest": "sha256:0", "imagePushedAt": datetime(2026, 1, 1, tzinfo=UTC)}
    assert normalize(image, "uri")["uri"] == "uri@sha256:0"
    assert normalize({**image, "imageStatus": "ARCHIVED"}, "uri") is None


def test_ten_newest_tags():
    images = [{"imagePushedAt": datetime(2026, 1, day, tzinfo=UTC), "imageTags": [f"v{day}"]} for day in range(1, 15)]
    assert newest_tags(images) == [f"v{day}" for day in range(14, 4, -1)]
