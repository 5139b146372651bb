"""ECR: digests that are the manifest's own, and AWS's refusals where tags are immutable or a key can't be used."""

from __future__ import annotations

import hashlib
from typing import Any

from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import Image
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

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


@mend(EcrLifecyclePolicyValidator, "validate")
def validate_rules(original: Any, validator: Any) -> None:
    """What moto's look at a policy leaves out: how the parts of a rule, and the rules, go together."""
    original(validator)
    rules = sorted(validator._rules, key=lambda rule: int(rule["rulePriority"]))
    fault = None
    for number, rule in enumerate(rules):
        selection, tagged = rule["selection"], rule["selection"]["tagStatus"] == "tagged"
        by_age = selection["countType"] == "sinceImagePushed"
        if tagged != bool({"tagPatternList", "tagPrefixList"} & selection.keys()):
            fault = "tagPatternList or tagPrefixList must be given for tagStatus tagged, and for no other"
        elif by_age != ("countUnit" in selection):
            fault = "countUnit must be given for countType sinceImagePushed, and for no other"
        elif number and rule["rulePriority"] == rules[number - 1]["rulePriority"]:
            fault = "rulePriority must be unique"
        elif selection["tagStatus"] == "any" and number < len(rules) - 1:
            fault = "a rule of tagStatus any must have the highest rulePriority"
    if fault:
        raise InvalidParameterException(f"{validator.INVALID_PARAMETER_ERROR_MESSAGE}{fault}'")


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
