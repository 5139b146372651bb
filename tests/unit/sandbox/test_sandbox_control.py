"""Starting, stopping, stale pid files, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from sandbox import REPOSITORY
from sandbox.__main__ import NOT_RUNNING, main
from sandbox.clock import SPEED
from sandbox.control import Sandbox, SandboxError


def test_life(tmp_path: Path) -> None:
    sandbox = Sandbox("life", tmp_path)
    assert sandbox.status() is None
    sandbox.start()
    try:
        pid = sandbox.pid()
        assert sandbox.status() == {"name": "life", "pid": pid, "requests": 0, "speed": SPEED, "held": False}
        sandbox.start()  # it runs: nothing happens
        assert sandbox.pid() == pid
    finally:
        assert sandbox.stop()
    assert sandbox.status() is None
    assert not sandbox.dir.exists()
    assert not sandbox.stop()


@pytest.mark.parametrize("stale", ["dead", "reused"])
def test_stale_pid_file_does_not_skip_the_start(tmp_path: Path, stale: str) -> None:
    sandbox = Sandbox("stale", tmp_path)
    sandbox.dir.mkdir()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    pid = int(gone.stdout) if stale == "dead" else os.getpid()
    (sandbox.dir / "pid").write_text(f"{pid}\n")
    (sandbox.dir / "port").write_text("1\n")
    assert sandbox.pid() is None
    sandbox.start()
    try:
        assert sandbox.pid() not in (None, pid)
        assert sandbox.status()
    finally:
        sandbox.stop()


def test_stop_spares_the_process_that_reused_the_pid(tmp_path: Path) -> None:
    sandbox = Sandbox("reused", tmp_path)
    sandbox.dir.mkdir()
    (sandbox.dir / "pid").write_text(f"{os.getpid()}\n")
    assert not sandbox.stop()


def test_failed_start_shows_the_log(tmp_path: Path, running: Sandbox) -> None:
    with pytest.raises(SandboxError, match="did not start"):
        Sandbox("taken", tmp_path).start(port=int(running.url.rsplit(":", 1)[1]))


def test_config_files_are_enough(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(sandbox.dir / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(sandbox.dir / "credentials"))
    client = boto3.Session().client("sts")
    assert client.meta.region_name == "us-east-1"
    assert client.get_caller_identity()["Account"] == "123456789012"


def test_command_line(tmp_path: Path) -> None:
    """A shell can capture what `start` prints: the server does not hold its output."""
    name = f"test-{tmp_path.name}"
    command = [sys.executable, "-m", "sandbox"]

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *args, "--name", name], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
        )

    try:
        started = run("start")
        assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in started.stdout
        assert run("start").stdout == started.stdout == run("env").stdout
        assert run("status").returncode == 0
    finally:
        assert run("stop").returncode == 0
    assert run("status").returncode == NOT_RUNNING
    assert run("env").returncode == 1
    (Sandbox(name).root / f"{name}.lock").unlink()


def test_requests_command(sandbox: Sandbox, aws, monkeypatch, capsys) -> None:
    aws("sns").create_topic(Name="t")
    aws("sns").list_topics()
    monkeypatch.setattr("sandbox.__main__.Sandbox", lambda name: sandbox)
    assert main(["requests"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["requests", "--writes"]) == 0
    assert "W eu-west-1 sns CreateTopic 200 Name=t" in capsys.readouterr().out
