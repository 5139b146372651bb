# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time: the lock of an environment, a parameter in SSM Parameter Store.

A run takes the lock with its first write call, not before: a run that finds nothing to do writes nothing. Every later
write makes sure that the lock is still this run's, and every call, the polls of a wait too, renews it in time. What
the playbook's last task does not release, because the run was killed, is taken over once it has expired, or at once
where the process can be seen to be gone.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

# The play's environment says under which lock its modules write: JSON, see Lock. Without it they write under none.
VARIABLE = "REALTIME_AWS_LOCK"
READS = (
    "Describe",
    "Get",
    "List",
    "Head",
    "BatchGet",
    "Search",
    "Lookup",
    "Query",
    "Simulate",
    "Validate",
    "TestDNSAnswer",
)
named = AWSErrorHandler.common_error_handler


def parameter_name(project: str, environment: str) -> str:
    """Return the name of the parameter; not <project>/…, for SSM reserves names that start with aws or ssm."""
    return f"/realtime.aws/{project}/{environment}/lock"


def process_mark(pid: int) -> str:
    """Return what tells this process from all others that ever ran here, or "" if there is none of that id.

    Boot and namespace of the process ids are part of it, so that nobody judges the processes of another machine or
    container. Only Linux tells; elsewhere it is always "".
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = os.readlink("/proc/self/ns/pid")
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{boot} {namespace} {pid} {fields[18]}"  # the 22nd field: when it started


def is_gone(mark: str) -> bool:
    """Return whether the process that has this mark would be seen from here, and is not."""
    parts, here = mark.split(), process_mark(os.getpid()).split()
    return len(parts) == 4 and parts[:2] == here[:2] and process_mark(int(parts[2])) != mark


@dataclass
class Claim:
    """What the parameter holds: whose the lock is and until when. version is the parameter's, 0 before it is written."""

    run: str
    holder: str
    host: str
    process: str
    since: str
    expires: str
    version: int = 0

    @property
    def over(self) -> bool:
        """Whether nobody can still be at work under it."""
        return datetime.now(UTC) >= datetime.fromisoformat(self.expires) or is_gone(self.process)

    def __str__(self) -> str:
        return f"{self.holder} on {self.host} since {self.since}, until {self.expires} unless renewed"

    def as_value(self) -> str:
        return json.dumps({key: value for key, value in vars(self).items() if key != "version"})


def read_value(value: str, version: int) -> Claim:
    """Return the claim that the parameter's value is; raise AnsibleAWSError if it is none."""
    try:
        return Claim(**json.loads(value), version=version)
    except (TypeError, ValueError) as error:
        raise AnsibleAWSError(
            message=f"The environment's lock holds no claim but {value!r}; see playbooks/unlock.yml"
        ) from error


@named("read the environment's lock")
def get_claim(client: Any, name: str) -> Claim | None:
    try:
        found = client.get_parameter(Name=name)["Parameter"]
    except is_boto3_error_code("ParameterNotFound"):
        return None
    return read_value(found["Value"], found["Version"])


@named("take the environment's lock")
def create_claim(client: Any, name: str, claim: Claim, tags: dict[str, str]) -> bool:
    """Write the parameter if there is none, which only one of many can; return whether it was this one."""
    try:
        client.put_parameter(
            Name=name,
            Value=claim.as_value(),
            Type="String",
            Description="The run that is at work on this environment",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
    except is_boto3_error_code("ParameterAlreadyExists"):
        return False
    return True


@named("renew the environment's lock")
def replace_claim(client: Any, name: str, claim: Claim, old: Claim) -> Claim | None:
    """Write claim over old; return None, or the claim of another run that did so first.

    SSM overwrites without condition, but numbers the versions: the first to follow the old one is the holder, and who
    finds itself later puts that one back.
    """
    version = client.put_parameter(Name=name, Value=claim.as_value(), Overwrite=True)["Version"]
    first = old.version + 1
    if version == first:
        return None
    winner = client.get_parameter(Name=f"{name}:{first}")["Parameter"]["Value"]
    if winner == claim.as_value():  # this one, whose answer got lost
        return None
    client.put_parameter(Name=name, Value=winner, Overwrite=True)
    return read_value(winner, first)


@named("release the environment's lock")
def delete_claim(client: Any, name: str) -> None:
    try:
        client.delete_parameter(Name=name)
    except is_boto3_error_code("ParameterNotFound"):
        return


class Lock:
    """The lock as one module of a run uses it.

    settings are those of VARIABLE: name (of the parameter), tags, run (tells this run from others), holder, host,
    process (see process_mark), expiry (seconds).
    """

    def __init__(self, settings: dict[str, Any], client: Callable[[], Any]) -> None:
        self.name: str = settings["name"]
        self.tags: dict[str, str] = settings["tags"]
        self.who = {key: str(settings[key]) for key in ("run", "holder", "host", "process")}
        self.expiry = timedelta(seconds=int(settings["expiry"]))
        self._make_client = client
        self._client: Any = None
        self._turn = threading.Lock()
        self._held = False
        self._looked = time.monotonic()

    @property
    def client(self) -> Any:
        self._client = self._client or self._make_client()
        return self._client

    def guard(self, client: Any) -> None:
        """Let every write call of client hold the lock."""
        client.meta.events.register("before-call", self._before_call)

    def _before_call(self, model: Any, **kwargs: Any) -> None:
        if is_gone(
            self.who["process"]
        ):  # a module outlives a run that is killed; its next run must not find it at work
            raise AnsibleAWSError(message="The run that this module belongs to is gone")
        writes = not model.name.startswith(READS)
        with self._turn:
            if (writes and not self._held) or time.monotonic() - self._looked > self.expiry.total_seconds() / 3:
                self._hold(take=writes)

    def _hold(self, take: bool) -> None:
        """Renew the lock if it is this run's; if not, take it or leave it alone. Raise if another run holds it."""
        self._looked = time.monotonic()
        now = datetime.now(UTC).replace(microsecond=0)
        claim = Claim(**self.who, since=now.isoformat(), expires=(now + self.expiry).isoformat())
        old = get_claim(self.client, self.name)
        if old is None and take:
            if create_claim(self.client, self.name, claim, self.tags):
                self._held = True
                return
            old = get_claim(self.client, self.name)
        if old is None or not (take or old.run == claim.run):
            return
        if old.run == claim.run:
            claim.since = old.since
            fresh = datetime.fromisoformat(old.expires) - now > self.expiry * 2 / 3
            other = None if fresh else replace_claim(self.client, self.name, claim, old)
        else:
            other = replace_claim(self.client, self.name, claim, old) if old.over else old
        if other:
            raise AnsibleAWSError(message=refusal(other))
        self._held = True


def refusal(claim: Claim) -> str:
    """Return why a run can't go on."""
    return (
        f"Another run is at work on this environment: {claim}. Wait for it; if it is no more, see playbooks/unlock.yml"
    )
