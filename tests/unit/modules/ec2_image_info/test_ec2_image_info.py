# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest


@pytest.fixture
def image_ids(aws):
    """One public image's id by architecture."""
    return {image["Architecture"]: image["ImageId"] for image in boto3.client("ec2").describe_images()["Images"]}


@pytest.mark.parametrize(("instance_type", "architecture"), [("t3.medium", "x86_64"), ("m7g.large", "arm64")])
def test_image_and_architectures(run_module, image_ids, instance_type, architecture):
    result = run_module("ec2_image_info", image_id=image_ids["x86_64"], instance_type=instance_type)
    assert (result["image"]["state"], result["image"]["architecture"]) == ("available", "x86_64")
    assert architecture in result["supported_architectures"]


@pytest.mark.parametrize("image_id", ["ami-00000000000000000", "web"])
def test_no_image(run_module, aws, image_id):
    result = run_module("ec2_image_info", image_id=image_id)
    assert (result["image"], result["supported_architectures"]) == (None, [])


def test_no_instance_type(run_module, image_ids):
    result = run_module("ec2_image_info", image_id=image_ids["x86_64"], instance_type="x9.none")
    assert result["supported_architectures"] == []


def test_aws_error_is_reported(run_module, monkeypatch, aws):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Exception, match="Failed to find the image"):
        run_module("ec2_image_info", image_id="ami-00000000000000000")
