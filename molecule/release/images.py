# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Push images v1 to v3 and make a distribution; write what they are to SANDBOX_DIRECTORY/images.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3

REPOSITORY = "upstream-app"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"


def push(tag: str) -> str:
    """Push an image that is like no other, and return its digest."""
    config = {"mediaType": CONFIG, "size": 1, "digest": f"sha256:{tag:0>64}"}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    answer = boto3.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag)
    return answer["image"]["imageId"]["imageDigest"]


def distribution() -> str:
    origin = {
        "Id": "alb",
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    config = {
        "CallerReference": "molecule",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "alb",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # AWS's CachingDisabled
        },
    }
    return boto3.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]["Id"]


if __name__ == "__main__":
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    made = {"digests": {tag: push(tag) for tag in ("v1", "v2", "v3")}, "distribution_id": distribution()}
    Path(os.environ["SANDBOX_DIRECTORY"], "images.json").write_text(json.dumps(made), encoding="utf-8")
