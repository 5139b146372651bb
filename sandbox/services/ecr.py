"""ECR: digests that are the manifest's own, and AWS's refusals where tags are immutable or a key can't be used."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.ecr.models import Image

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend


@mend(Image, "_create_digest")
def create_digest(original: Any, image: Any) -> None:
    """What docker pulls by; moto makes one up."""
    image._image_digest = f"sha256:{hashlib.sha256(image.image_manifest.encode()).hexdigest()}"


@around("ecr", "CreateRepository")
def create_repository(call: Call, forward: Forward) -> Answer:
    """A KMS key has to be there and enabled; moto takes any text."""
    key = call.params.get("encryptionConfiguration", {}).get("kmsKey")
    if key:
        found = call.backend("kms").keys.get(key.split("/")[-1])
        if found is None or found.key_state != "Enabled":
            raise AwsError("KmsException", f"The operation failed due to the KMS key {key}.", status=400)
    return forward()


@around("ecr", "PutImage")
def put_image(call: Call, forward: Forward) -> Answer:
    """An immutable tag stays with its image; moto has another name for that error."""
    name, tag = call.params["repositoryName"], call.params.get("imageTag")
    repository = call.backend().repositories.get(name)
    if repository and tag and repository.is_tag_immutable():
        manifest = call.params["imageManifest"]
        if any(tag in image.image_tags and image.image_manifest != manifest for image in repository.images):
            message = f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the tag is immutable."
            raise AwsError("ImageTagAlreadyExistsException", message, status=400)
    return forward()
