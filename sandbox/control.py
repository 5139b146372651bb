"""Starting, stopping and asking after server processes. Each has a name and a state directory."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import REPOSITORY
from sandbox.clock import SPEED

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
ACCESS_KEY, SECRET_KEY = "AKIASANDBOX000000000", "sandbox"


class SandboxError(Exception):
    """Something the user should read."""


@dataclass(frozen=True)
class Sandbox:
    """One server process, running or not."""

    name: str = "default"
    root: Path = REPOSITORY / ".cache" / "sandbox"

    @property
    def dir(self) -> Path:
        """Where its files are."""
        return self.root / self.name

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._number('port')}"

    @property
    def environment(self) -> dict[str, str]:
        """What an SDK needs to reach it."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def pid(self) -> int | None:
        """The process, if it lives and is ours: a pid file may be stale, and its number another program's."""
        pid = self._number("pid")
        return pid if pid and "sandbox.server" in (args := _command_line(pid)) and str(self.dir) in args else None

    def status(self) -> dict[str, Any] | None:
        """What the server says of itself; `None` when it does not run."""
        if not self.pid() or not self._number("port"):
            return None
        try:
            return self._get("/_sandbox/status")
        except OSError:
            return None

    def start(self, port: int = 0, speed: float = SPEED) -> None:
        """Start the server in the background and wait for it; nothing to do when it runs."""
        with self._locked():
            if self.pid():
                self._wait_until_it_answers(self._number("pid") or 0)
                return
            self._clean()
            self.dir.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "sandbox.server"]
            command += ["--dir", str(self.dir), "--name", self.name, "--port", str(port), "--speed", str(speed)]
            environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MOTO_"))}
            with (self.dir / "log").open("wb") as log:
                process = subprocess.Popen(
                    command,
                    cwd=REPOSITORY,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            (self.dir / "pid").write_text(f"{process.pid}\n", encoding="utf-8")
            self._wait_until_it_answers(process.pid, process)
            self._write_aws_files()

    def stop(self) -> bool:
        """Stop the server, wait until it is gone, remove its files; whether there was one."""
        with self._locked():
            pid = self.pid()
            if pid:
                os.kill(pid, signal.SIGTERM)
                deadline = time.monotonic() + STOP_TIMEOUT
                while self.pid():
                    if time.monotonic() > deadline:
                        os.kill(pid, signal.SIGKILL)
                    time.sleep(0.05)
            self._clean()
            return bool(pid)

    def reset(self) -> None:
        """Empty the account and the request log."""
        if not self.pid():
            raise SandboxError(f"sandbox {self.name} is not running")
        self._get("/_sandbox/reset")

    def clock(self, **settings: float) -> None:
        """Set the `speed` of its clock (seconds of AWS a second; 0 stops it), or `advance` it by some seconds."""
        if not self.pid():
            raise SandboxError(f"sandbox {self.name} is not running")
        self._get(f"/_sandbox/clock?{urllib.parse.urlencode(settings)}")

    def latency(self, seconds: float) -> None:
        """Let each call take so long on its way, as over a network."""
        if not self.pid():
            raise SandboxError(f"sandbox {self.name} is not running")
        self._get(f"/_sandbox/latency?seconds={seconds}")

    def break_versions(self, *versions: str) -> None:
        """Let launch template versions (`lt-…:3`, or text in their data) never become healthy; no others are broken."""
        if not self.pid():
            raise SandboxError(f"sandbox {self.name} is not running")
        self._get(f"/_sandbox/break?{urllib.parse.urlencode({'version': versions}, doseq=True)}")

    def faults(self, **settings: Any) -> None:
        """Let calls fail; the settings are those of `Faults.set`, and `early` (see `Early`). Without any, heal."""
        if not self.pid():
            raise SandboxError(f"sandbox {self.name} is not running")
        self._get(f"/_sandbox/faults?{urllib.parse.urlencode(settings)}")

    def requests(self) -> list[dict[str, Any]]:
        """Every AWS call since the start or the last reset."""
        try:
            lines = (self.dir / "requests.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def _get(self, path: str) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=30) as response:
            return json.load(response)

    def _number(self, file: str) -> int | None:
        try:
            return int((self.dir / file).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def _wait_until_it_answers(self, pid: int, process: subprocess.Popen[bytes] | None = None) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if process and process.poll() is not None:
                break
            if (status := self.status()) and status["pid"] == pid:
                return
            time.sleep(0.1)
        log = (self.dir / "log").read_text(encoding="utf-8", errors="replace")
        raise SandboxError(f"sandbox {self.name} did not start:\n{log[-2000:]}")

    def _write_aws_files(self) -> None:
        """Files for AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE: an SDK needs nothing else."""
        (self.dir / "config").write_text(
            f"[default]\nregion = us-east-1\nendpoint_url = {self.url}\n",
            encoding="utf-8",
        )
        (self.dir / "credentials").write_text(
            f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n", encoding="utf-8"
        )

    def _clean(self) -> None:
        shutil.rmtree(self.dir, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two starts at once must not make two servers."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _command_line(pid: int) -> str:
    """How a process was started; empty when there is none, or it is a zombie."""
    proc = Path(f"/proc/{pid}/cmdline")
    try:
        if Path("/proc/self").exists():
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
