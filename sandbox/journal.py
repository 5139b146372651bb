"""The request log: one line per AWS call, so that a test can prove what was, and was not, called."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_READ = re.compile(
    r"^(Describe|Get|List|Head|BatchGet|BatchDescribe|Lookup|Search|Query|Scan|Select|Filter|Check|Estimate"
    r"|Preview|Simulate|Validate|View|Decode|AssumeRole|TestDNSAnswer|SelectObjectContent)"
)
# Reads by another name, and writes that sound like reads.
_READS = {("logs", "StartQuery"), ("logs", "StopQuery"), ("logs", "StartLiveTail"), ("kms", "Decrypt")}
_WRITES = {("ec2", "GetLaunchTemplateDataAsWrite")}

_SECRET = re.compile(
    r"^(MasterUserPassword|SecretString|SecretBinary|Password|OldPassword|NewPassword|AuthToken|PrivateKey|Plaintext"
    r"|.*AccessKey|SecretAccessKey|Certificate(Body|Chain)|UserData|ZipFile|Tokens?Secret)$",
    re.IGNORECASE,
)
MASK = "********"


def is_write(service: str, operation: str) -> bool:
    """Whether an operation can change something."""
    if (service, operation) in _WRITES:
        return True
    return (service, operation) not in _READS and not _READ.match(operation)


def masked(value: Any, name: str = "", service: str = "", operation: str = "") -> Any:
    """Parameters fit to be written down: secrets hidden, binary data as its size."""
    if name and _SECRET.match(name):
        return MASK
    if (service, operation, name) == ("ssm", "PutParameter", "Value"):
        return MASK
    if isinstance(value, dict):
        return {key: masked(item, str(key), service, operation) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, "", service, operation) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value) if isinstance(value, datetime) else f"<{type(value).__name__}>"


class Journal:
    """The log, in memory and (given a path) as JSON lines in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self.path = path
        self.clear()

    def record(
        self,
        service: str,
        operation: str,
        region: str,
        account: str,
        status: int,
        error: str | None,
        params: dict[str, Any],
        fault: str = "",
        application: str | None = None,
        caller: str | None = None,
        asked: list[dict[str, Any]] | None = None,
    ) -> None:
        """Add one call."""
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": service,
            "operation": operation,
            "region": region,
            "account": account,
            "application": application,
            "caller": caller,
            "status": status,
            "error": error,
            "fault": fault,
            "write": is_write(service, operation),
            "params": masked(params, "", service, operation),
            "asked": asked or [],
        }
        self.entries.append(entry)
        if self.path:
            with self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")

    def clear(self) -> None:
        """Forget every call."""
        self.entries.clear()
        if self.path:
            self.path.write_text("", encoding="utf-8")


def summary(entry: dict[str, Any]) -> str:
    """One call in one line."""
    params = " ".join(
        f"{key}={value if isinstance(value, (str, int, float)) else json.dumps(value)}"
        for key, value in entry["params"].items()
    )
    flag = "W" if entry["write"] else "r"
    outcome = entry["error"] or entry["status"]
    outcome = f"{outcome} ({entry['fault']})" if entry["fault"] else outcome
    line = f"{entry['time'][11:23]} {flag} {entry['region']} {entry['service']} {entry['operation']} {outcome} {params}"
    return line if len(line) <= 240 else line[:237] + "..."
