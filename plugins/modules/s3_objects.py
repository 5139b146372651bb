#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_objects
short_description: Keep the files of a directory as objects of an S3 bucket
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Uploads the files of a directory whose content, content type or cache header differs from what the bucket has. Unlike
    M(community.aws.s3_sync) it has a check mode, compares content and headers, and works in buckets that encrypt with KMS.
  - Each object carries the SHA-256 of its file as metadata, since an ETag is no checksum of a KMS-encrypted object. An object of
    somebody else's has none and is uploaded once.
  - Content types follow file name extensions, by a list of the module's own, so that all machines agree. Text is UTF-8.
  - Hidden files and directories, those whose name begins with a dot, are left out. Symbolic links to files are followed. A file has at
    most 5 GB.
attributes:
  check_mode:
    support: full
    description: Says what would be uploaded and deleted.
  diff_mode:
    support: full
    description: Shows checksums and headers of what changes.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  source:
    description: The directory, on the machine that runs the module.
    type: path
    required: true
  prefix:
    description: What the keys begin with, such as V(static/); the rest is the path below O(source).
    type: str
    default: ""
  cache_control:
    description: The C(Cache-Control) header that objects are served with; none when empty.
    type: str
    default: ""
  cache_control_patterns:
    description:
      - Other C(Cache-Control) headers, by shell patterns that are matched with the path below O(source); C(*) also matches slashes.
        The first that matches counts.
    type: dict
    default: {}
  content_types:
    description: Content types by extension with its dot, in addition to the module's own or in their place.
    type: dict
    default: {}
  purge:
    description: Whether objects below O(prefix) that are no file are deleted. It needs a O(prefix).
    type: bool
    default: false
  modified_since:
    description:
      - A time in ISO 8601. Objects that were modified later are returned in RV(modified_keys), even when this run did not upload them.
        Give the time of the last success to learn what an interrupted run has uploaded.
      - When omitted, all objects of the directory count.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Serve the assets of a release, those with a hash in their name for ever
  realtime.aws.s3_objects:
    bucket: production-static-assets-123456789012-us-east-1
    source: build/assets
    prefix: static/
    cache_control: public, max-age=300
    cache_control_patterns:
      "*.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].*": public, max-age=31536000, immutable
  register: assets

- name: Say what a mirror would upload and delete
  realtime.aws.s3_objects:
    bucket: production-downloads
    source: downloads
    prefix: files/
    purge: true
  check_mode: true
  diff: true

- name: Upload a kind of file that the module does not know
  realtime.aws.s3_objects:
    bucket: production-downloads
    source: models
    content_types: {.glb: model/gltf-binary}
"""

RETURN = r"""
changed_keys:
  description: Keys that were uploaded or deleted; in check mode, that would be.
  returned: success
  type: list
  elements: str
  sample: [static/css/site.css]
modified_keys:
  description: Those, and the keys of the directory's objects that were modified after O(modified_since).
  returned: success
  type: list
  elements: str
  sample: [static/css/site.css, static/js/site.js]
modified:
  description:
    - When the last of RV(modified_keys) was modified, in ISO 8601. What caches took later is new.
    - C(none) when this run changed one, or would do so, and when there are none.
  returned: success
  type: str
  sample: "2026-11-24T10:00:00+00:00"
changes:
  description: What changes, one entry an object.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::S3::Object", "name": "static/css/site.css", "action": "create"}]
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    instant,
    missing_is_none,
    named,
    report,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.realtime.aws.plugins.module_utils.stack import pages

KIND = "AWS::S3::Object"  # no CloudFormation type, but named like one
WORKERS = 16
CHECKSUM = "sha256"
BATCH = 1000  # keys that one call deletes
DEFAULT_TYPE = "application/octet-stream"
CONTENT_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".eot": "application/vnd.ms-fontobject",
    ".gif": "image/gif",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


def list_files(source: Path) -> list[str]:
    """Return the paths of the files below source, with slashes, without what is hidden."""
    relative = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in relative if not any(part.startswith(".") for part in path.parts))


def content_type(path: str, more: dict[str, str]) -> str:
    return {**CONTENT_TYPES, **more}.get(Path(path).suffix.lower(), DEFAULT_TYPE)


def cache_control(path: str, default: str, patterns: dict[str, str]) -> str:
    return next((header for pattern, header in patterns.items() if fnmatchcase(path, pattern)), default)


def desired_object(params: dict[str, Any], path: str) -> dict[str, str]:
    """Return what the object of a file has, in the shape in which it is read."""
    with Path(params["source"], path).open("rb") as file:
        checksum = hashlib.file_digest(file, CHECKSUM).hexdigest()
    return {
        CHECKSUM: checksum,
        "content_type": content_type(path, params["content_types"]),
        "cache_control": cache_control(path, params["cache_control"], params["cache_control_patterns"]),
    }


@named("list the objects")
def list_objects(client: Any, bucket: str, prefix: str) -> dict[str, datetime]:
    """Return when each object below the prefix was modified, by key."""
    found = pages(client, "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["LastModified"] for item in found}


@missing_is_none("read the object", "404", "NoSuchKey")
def head_object(client: Any, bucket: str, key: str) -> dict[str, str]:
    found = client.head_object(Bucket=bucket, Key=key)
    return {
        CHECKSUM: found["Metadata"].get(CHECKSUM, ""),
        "content_type": found.get("ContentType", ""),
        "cache_control": found.get("CacheControl", ""),
    }


@named("upload the object")
def upload(client: Any, bucket: str, file: Path, key: str, wanted: dict[str, str]) -> None:
    headers = {"ContentType": wanted["content_type"], "Metadata": {CHECKSUM: wanted[CHECKSUM]}}
    if wanted["cache_control"]:
        headers["CacheControl"] = wanted["cache_control"]
    with file.open("rb") as body:
        client.put_object(Bucket=bucket, Key=key, Body=body, **headers)


@named("delete objects")
def delete(client: Any, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), BATCH):
        batch = [{"Key": key} for key in keys[start : start + BATCH]]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for fault in answer.get("Errors", []):
            raise AnsibleAWSError(message=f"Failed to delete {fault['Key']}: {fault['Message']}")


def make_plans(client: Any, params: dict[str, Any], found: dict[str, datetime], wanted: dict[str, Any]) -> list[Plan]:
    bucket = params["bucket"]
    there = [key for key in wanted if key in found]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        before = dict(zip(there, pool.map(lambda key: head_object(client, bucket, key), there)))
    plans = [Plan(KIND, key, before.get(key), desired) for key, desired in wanted.items()]
    surplus = sorted(set(found) - set(wanted)) if params["purge"] else []
    return plans + [Plan(KIND, key, {}, None) for key in surplus]


def apply(client: Any, params: dict[str, Any], plans: list[Plan]) -> None:
    bucket, source = params["bucket"], Path(params["source"])

    def put(plan: Plan) -> None:
        upload(client, bucket, source / plan.name.removeprefix(params["prefix"]), plan.name, plan.desired)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(put, [plan for plan in plans if plan.action in ("create", "update")]))
    delete(client, bucket, [plan.name for plan in plans if plan.action == "delete"])


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"type": "str", "required": True},
            "source": {"type": "path", "required": True},
            "prefix": {"type": "str", "default": ""},
            "cache_control": {"type": "str", "default": ""},
            "cache_control_patterns": {"type": "dict", "default": {}},
            "content_types": {"type": "dict", "default": {}},
            "purge": {"type": "bool", "default": False},
            "modified_since": {"type": "str"},
        },
        supports_check_mode=True,
    )
    params, source = module.params, Path(module.params["source"])
    if not source.is_dir():
        module.fail_json(msg=f"source is {params['source']}; allowed: a directory")
    if params["purge"] and not params["prefix"]:
        module.fail_json(msg="prefix is ''; allowed: what the keys begin with, when purge is true")
    try:
        since = instant(params["modified_since"])
    except ValueError:
        module.fail_json(msg=f"modified_since is {params['modified_since']!r}; allowed: a time in ISO 8601")
    client = module.client("s3", retry_decorator=RETRY)
    wanted = {f"{params['prefix']}{path}": desired_object(params, path) for path in list_files(source)}
    try:
        found = list_objects(client, params["bucket"], params["prefix"])
        plans = make_plans(client, params, found, wanted)
        if not module.check_mode:
            apply(client, params, plans)
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    changed = sorted(plan.name for plan in plans if plan.changed)
    recent = {key: at for key, at in found.items() if key in wanted and (since is None or at > since)}
    modified = max(recent.values()).isoformat() if recent and not changed else None
    module.exit_json(
        changed_keys=changed, modified_keys=sorted({*changed, *recent}), modified=modified, **report(*plans)
    )


if __name__ == "__main__":
    main()
