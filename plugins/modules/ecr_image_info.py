#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_info
short_description: Find a container image in ECR by its tag or digest
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Says whether a repository has an image, and by which digest it is pulled; a tag may be moved, a digest is one image for ever.
  - An image or repository that is not there is no failure.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  repository_name:
    description: Name of the repository.
    type: str
    required: true
  image_tag:
    description: The image's tag.
    type: str
  image_digest:
    description: The image's digest, C(sha256:) and 64 hexadecimal digits.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Find what a tag stands for
  realtime.aws.ecr_image_info:
    repository_name: production-app
    image_tag: v1.4.2
  register: found

- name: Make sure that an image still exists
  realtime.aws.ecr_image_info:
    repository_name: production-app
    image_digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  register: found
  failed_when: found.image is none

- name: Name the newest tags when there is no such image
  ansible.builtin.debug:
    msg: "Not there; there are {{ found.newest_tags | join(', ') }}"
  when: found.image is none
"""

RETURN = r"""
image:
  description: The image; C(none) when there is none that can be pulled.
  returned: success
  type: dict
  sample:
    digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    uri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/production-app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    tags: [v1.4.2]
    pushed_at: "2026-11-24T10:00:00+00:00"
repository_uri:
  description: What images of the repository begin with; C(none) when there is no such repository.
  returned: success
  type: str
  sample: 123456789012.dkr.ecr.us-east-1.amazonaws.com/production-app
newest_tags:
  description: Up to ten tags of the repository's newest images, when the image was not found.
  returned: success
  type: list
  elements: str
  sample: [v1.4.2, v1.4.1]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY, missing_is_none, named
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

NEWEST = 10


def normalize(image: dict[str, Any], repository_uri: str) -> dict[str, Any] | None:
    """Return the image, or None when it was archived: then nothing can pull it."""
    if image.get("imageStatus", "ACTIVE") != "ACTIVE":
        return None
    return {
        "digest": image["imageDigest"],
        "uri": f"{repository_uri}@{image['imageDigest']}",
        "tags": sorted(image.get("imageTags", [])),
        "pushed_at": image["imagePushedAt"].isoformat(),
    }


def newest_tags(images: list[dict[str, Any]]) -> list[str]:
    newest_first = sorted(images, key=lambda image: image["imagePushedAt"], reverse=True)
    return [tag for image in newest_first for tag in sorted(image.get("imageTags", []), reverse=True)][:NEWEST]


@missing_is_none("find the repository", "RepositoryNotFoundException")
def get_repository_uri(client: Any, name: str) -> str:
    return client.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"]


@missing_is_none("find the image", "ImageNotFoundException")
def get_image(client: Any, repository_name: str, image_id: dict[str, str]) -> dict[str, Any]:
    return client.describe_images(repositoryName=repository_name, imageIds=[image_id])["imageDetails"][0]


@named("list the images")
def list_tagged(client: Any, repository_name: str) -> list[dict[str, Any]]:
    return pages(
        client, "describe_images", "imageDetails", repositoryName=repository_name, filter={"tagStatus": "TAGGED"}
    )


def look(client: Any, params: dict[str, Any]) -> dict[str, Any]:
    name = params["repository_name"]
    uri = get_repository_uri(client, name)
    if uri is None:
        return {"image": None, "repository_uri": None, "newest_tags": []}
    names = {"imageTag": params["image_tag"], "imageDigest": params["image_digest"]}
    found = get_image(client, name, {key: value for key, value in names.items() if value})
    image = normalize(found, uri) if found else None
    tags = [] if image else newest_tags(list_tagged(client, name))
    return {"image": image, "repository_uri": uri, "newest_tags": tags}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "repository_name": {"type": "str", "required": True},
            "image_tag": {"type": "str"},
            "image_digest": {"type": "str"},
        },
        mutually_exclusive=[("image_tag", "image_digest")],
        required_one_of=[("image_tag", "image_digest")],
        supports_check_mode=True,
    )
    client = module.client("ecr", retry_decorator=RETRY)
    try:
        result = look(client, module.params)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
