# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run of a playbook takes: seconds, CPU, memory and AWS calls of all its processes, the preloaded one too, but not the sandbox's."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, fields
from pathlib import Path

from sandbox.control import Sandbox

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLING = 0.2  # seconds between looks at the memory

# The reaper of a run: a process that all its descendants fall to, even those that outlive their parents, so that their CPU is counted.
REAPER = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
start = time.monotonic()
process = subprocess.Popen(sys.argv[2:])
code = process.wait()
wall = time.monotonic() - start
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as result:
    json.dump({"code": code, "wall": wall, "cpu": used.ru_utime + used.ru_stime}, result)
"""


@dataclass
class Sample:
    """What one run took: seconds, seconds of CPU, MiB at the peak, AWS calls, and those of them that write."""

    wall: float
    cpu: float
    memory: float
    calls: int
    writes: int


@dataclass
class Side:
    """One of the two that are compared."""

    name: str
    sandbox: Sandbox
    command: list[str] = field(default_factory=list)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def run(self, kind: str, *options: str, may_fail: bool = False) -> Sample:
        """Run the playbook, and keep what it took under this kind."""
        seen = len(self.sandbox.requests())
        result, memory, log = measure([*self.command, *options], self.sandbox.environment)
        if result["code"] and not may_fail:
            sys.exit(f"{self.name}, {kind}: failed\n{log[-3000:]}")
        calls = self.sandbox.requests()[seen:]
        writes = sum(bool(call.get("write")) for call in calls)
        sample = Sample(result["wall"], result["cpu"], memory, len(calls), writes)
        self.samples.setdefault(kind, []).append(sample)
        print(f"# {self.name}: {kind}: {sample}", file=sys.stderr)
        return sample

    def median(self, kind: str) -> Sample | None:
        """The median of each number over the rounds."""
        rounds = self.samples.get(kind)
        return rounds and Sample(
            *(statistics.median(getattr(one, each.name) for one in rounds) for each in fields(Sample))
        )


def measure(command: list[str], settings: dict[str, str]) -> tuple[dict[str, float], float, str]:
    """Run a command; what it and its descendants took, their memory at the peak in MiB, and what they printed."""
    dropped = ("AWS_", "ANSIBLE_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)} | settings
    environment["ANSIBLE_CONFIG"] = str(REPOSITORY / "ansible.cfg")
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(REPOSITORY / ".cache/collections")
    with tempfile.TemporaryDirectory() as work:
        result, log = Path(work, "result.json"), Path(work, "log")
        with log.open("w") as output:
            reaper = [sys.executable, "-c", REAPER, str(result), *command]
            process = subprocess.Popen(reaper, cwd=work, env=environment, stdout=output, stderr=output)
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, sum(map(memory_of, descendants(process.pid))))
                time.sleep(SAMPLING)
        return json.loads(result.read_text()), peak, log.read_text()


def descendants(pid: int) -> list[int]:
    """The processes below this one."""
    try:
        children = [
            int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
        ]
    except OSError:  # it has ended meanwhile
        return []
    return children + [below for child in children for below in descendants(child)]


def memory_of(pid: int) -> float:
    """A process's own memory and its part of what it shares, in MiB."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
