"""The tagging API: kinds of resources that moto leaves out or calls otherwise, and pages as long as AWS's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from moto.backup.models import BackupBackend
from moto.core.resource_tagging import TaggedResource
from moto.events.models import EventsBackend
from moto.logs.models import LogsBackend
from moto.rds.models import RDSBackend

from sandbox.hooks import Answer, Call, Forward, around, mend

Iter = Callable[[Any], Iterator[TaggedResource]]


@around("resourcegroupstaggingapi", "GetResources")
def get_resources(call: Call, forward: Forward) -> Answer:
    """Tags count for a page's length only where the call says how many there may be; moto takes 100."""
    return forward({"TagsPerPage": 500, **call.params})


@mend(LogsBackend, "iter_tagged_resources")
def log_groups(original: Iter, backend: LogsBackend) -> Iterator[TaggedResource]:
    """Under the name that is in their ARNs."""
    for each in original(backend):
        yield replace(each, resource_type="logs:log-group")


@mend(RDSBackend, "iter_tagged_resources")
def database_groups(original: Iter, backend: RDSBackend) -> Iterator[TaggedResource]:
    """Subnet groups and parameter groups, too."""
    yield from original(backend)
    for group in [*backend.subnet_groups.values(), *backend.db_parameter_groups.values()]:
        tags = {tag["Key"]: tag["Value"] for tag in group.get_tags()}
        yield TaggedResource(arn=group.arn, tags=tags, resource_type=f"rds:{group.resource_type}")


@mend(BackupBackend, "iter_tagged_resources")
def backup_plans(original: Iter, backend: BackupBackend) -> Iterator[TaggedResource]:
    """Plans, too."""
    yield from original(backend)
    for plan in backend.plans.values():
        tags = backend.tagger.get_tag_dict_for_resource(plan.backup_plan_arn)
        yield TaggedResource(arn=plan.backup_plan_arn, tags=tags, resource_type="backup:backup-plan")


@mend(EventsBackend, "iter_tagged_resources")
def event_rules(original: Iter, backend: EventsBackend) -> Iterator[TaggedResource]:
    """Rules, too."""
    yield from original(backend)
    for rule in (rule for bus in backend.event_buses.values() for rule in bus.rules.values()):
        tags = backend.tagger.get_tag_dict_for_resource(rule.arn)
        yield TaggedResource(arn=rule.arn, tags=tags, resource_type="events:rule")
