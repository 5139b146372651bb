# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment as AWS has it: whose a resource is, and how the layers are read."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import RETRY

WORKERS = 8
# What the tagging API is asked for, in one call for all layers: what would else take a call each.
TAGGED = (
    "acm:certificate",
    "backup:backup-plan",
    "backup:backup-vault",
    "cloudwatch:alarm",
    "elasticloadbalancing:loadbalancer",
    "elasticloadbalancing:targetgroup",
    "events:rule",
    "kms:key",
    "lambda:function",
    "logs:log-group",
    "rds:pg",
    "rds:subgrp",
    "s3",
    "secretsmanager:secret",
    "sns",
    "sqs",
)
Tags = dict[str, str]


class Stack:
    """One environment in one account and region, and the only judge of what belongs to it."""

    def __init__(self, module: Any, project: str, environment: str, domain: str) -> None:
        self.project = project
        self.environment = environment
        self.domain = domain
        self.region: str = module.region
        self.account = ""
        self.partition = "aws"
        self.foreign: list[dict[str, str]] = []
        self._module = module
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._known: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the boto3 client, made once; clients may be shared by threads, making them may not."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._module.client(service, retry_decorator=RETRY, region=region)
            return self._clients[key]

    def name(self, suffix: str) -> str:
        """Return the name that a resource of this environment has: <environment>-<suffix>."""
        return f"{self.environment}-{suffix}"

    def short(self, name: str) -> str:
        """Return the name without the environment's prefix."""
        return name.removeprefix(f"{self.environment}-")

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{resource}"

    def owns(self, tags: dict[str, str] | list[dict[str, str]] | None) -> bool:
        """Return whether these tags (a dict or AWS's Key/Value list) say that the resource is this environment's."""
        if isinstance(tags, list):
            tags = boto3_tag_list_to_ansible_dict(tags)
        tags = tags or {}
        return tags.get("Project") == self.project and tags.get("Environment") == self.environment

    def claim(self, kind: str, name: str, tags: dict[str, str] | list[dict[str, str]] | None) -> bool:
        """As owns, for a resource found by name; one that has our name but not our tags is noted as foreign."""
        if self.owns(tags):
            return True
        self.foreign.append({"type": kind, "name": name})
        return False

    def filters(self, **more: str | list[str]) -> list[dict[str, Any]]:
        """Return EC2 filters for what this environment owns; keywords add filters (underscores become hyphens)."""
        found = [
            {"Name": "tag:Project", "Values": [self.project]},
            {"Name": "tag:Environment", "Values": [self.environment]},
        ]
        for key, value in more.items():
            found.append({"Name": key.replace("_", "-"), "Values": [value] if isinstance(value, str) else value})
        return found

    def once(self, key: str, read: Callable[[], Any]) -> Any:
        """Return what read returns, which is called once for all who ask by this key."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key not in self._known:
                self._known[key] = read()
            return self._known[key]

    def security_groups(self) -> list[dict[str, Any]]:
        """Return our security groups, which two layers have."""

        def read() -> list[dict[str, Any]]:
            found = pages(self.client("ec2"), "describe_security_groups", "SecurityGroups", Filters=self.filters())
            return [each for each in found if self.owns(each.get("Tags"))]

        return self.once("security groups", read)

    def tagged(self) -> dict[str, Tags]:
        """Return by ARN the tags of what is ours, of the kinds in TAGGED. It may be some seconds old."""
        return self.once("tagged", self._read_tagged)

    def _read_tagged(self) -> dict[str, Tags]:
        found = pages(
            self.client("resourcegroupstaggingapi"),
            "get_resources",
            "ResourceTagMappingList",
            ResourcesPerPage=100,
            ResourceTypeFilters=list(TAGGED),
            TagFilters=[
                {"Key": "Project", "Values": [self.project]},
                {"Key": "Environment", "Values": [self.environment]},
            ],
        )
        return {plain(each["ResourceARN"]): boto3_tag_list_to_ansible_dict(each["Tags"]) for each in found}

    def tags(self, arn: str, ask: Callable[[], Tags | list[dict[str, str]]]) -> Tags | list[dict[str, str]]:
        """Return the tags of what is in TAGGED; what is not ours, or too new to be among it, is asked for itself."""
        return self.tagged().get(plain(arn)) or ask()

    def together(self, jobs: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        """Run the jobs side by side and return their results by name; the first error is raised."""
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            futures = {name: pool.submit(job) for name, job in jobs.items()}
            return {name: future.result() for name, future in futures.items()}

    def each(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """Map function over items side by side."""
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return list(pool.map(function, items))


def plain(arn: str) -> str:
    """Return a log group's ARN without the :* that some calls put behind it."""
    return arn.removesuffix(":*")


def pages(client: Any, operation: str, key: str, **kwargs: Any) -> list[Any]:
    """Return every item of a paginated call."""
    return [item for page in client.get_paginator(operation).paginate(**kwargs) for item in page.get(key) or []]
