# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: preloaded
short_description: Run modules on the control node in forks of a process that has boto3 loaded
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - As P(ansible.builtin.local#connection), but a Python module is run in a fork of a process that has Ansible's module
    utilities, boto3 and the AWS service models loaded already, and so takes a fraction of the time.
  - The process is started by the first module and ends with C(ansible-playbook). It serves its own user only.
  - What is loaded in advance comes out of the modules' own payloads. A module whose payload differs is run plainly.
  - Nothing that belongs to one task is kept for the next, neither credentials, configuration, clients nor environment.
options:
  preloaded:
    description: Whether to use the preloaded process. When V(false), this is P(ansible.builtin.local#connection).
    type: bool
    default: true
    ini: [{section: realtime_aws, key: preloaded}]
    env: [{name: ANSIBLE_REALTIME_PRELOADED}]
    vars: [{name: ansible_realtime_preloaded}]
  preloaded_collections:
    description:
      - Collections whose module utilities are loaded in advance, beside those of ansible-core.
      - What their modules import, boto3 first of all, is loaded with them. Importing them must not depend on the task.
    type: list
    elements: str
    default: [amazon.aws, community.aws, realtime.aws]
    ini: [{section: realtime_aws, key: preloaded_collections}]
    env: [{name: ANSIBLE_REALTIME_PRELOADED_COLLECTIONS}]
    vars: [{name: ansible_realtime_preloaded_collections}]
  pipelining:
    description: Modules can be run from the preloaded process only when they are pipelined.
    type: bool
    default: true
    ini:
      - {section: defaults, key: pipelining}
      - {section: connection, key: pipelining}
    env: [{name: ANSIBLE_PIPELINING}]
    vars: [{name: ansible_pipelining}]
  become_success_timeout:
    description: As in P(ansible.builtin.local#connection), in seconds.
    type: int
    default: 10
    vars: [{name: ansible_local_become_success_timeout}]
  become_strip_preamble:
    description: As in P(ansible.builtin.local#connection).
    type: bool
    default: true
    vars: [{name: ansible_local_become_strip_preamble}]
notes:
  - Tasks with C(become), C(async), another interpreter or shell, and whatever else the preloaded process does not do
    exactly as a plain run would, are run plainly. C(-vvv) says when, and why.
  - Needs Linux 5.3 or newer. Elsewhere everything is run plainly.
  - See the collection's C(docs/preloaded.md) for how it works.
"""

import contextlib
import importlib.util
import json
import os
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ansible import constants as C
from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.utils.display import Display
from ansible_collections.realtime.aws.plugins.module_utils.progress import MARK
from ansible_collections.realtime.aws.plugins.plugin_utils import preload_server

display = Display()

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
AFTER = " && sleep 0"  # what ansible-core puts behind a module up to 2.20


class Unsure(Exception):
    """Why a command is better run plainly. Nothing of it has run."""


class Connection(LocalConnection):
    """The local connection, with a quicker way for Python modules."""

    # transport stays "local": by it ansible-core decides the directory that a task's commands run in.

    def __init__(self, *args: Any, ansible_playbook_pid: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, ansible_playbook_pid=ansible_playbook_pid, **kwargs)
        self._control = int(ansible_playbook_pid or os.getppid())

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command: in the preloaded process if that gives the same as running it plainly."""
        self._connect()
        host = self._play_context.remote_addr
        try:
            request = self._request(cmd, in_data)
            with connected(self._control) as server:
                result = run(server, request, in_data or b"", host)
                display.vvv(f"PRELOADED EXEC {cmd}", host=host)
                return result
        except Unsure as reason:
            display.vvv(f"PRELOADED, but run plainly: {reason}", host=host)
        return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)

    def _request(self, cmd: str, in_data: bytes | None) -> dict[str, Any]:
        """Return what the server has to know of a command that it can run."""
        if not self.get_option("preloaded"):
            raise Unsure("it is switched off")
        if self.become:
            raise Unsure("become is set")
        if not in_data or b"_ANSIBALLZ_WRAPPER" not in in_data:
            raise Unsure("it is no pipelined Python module")
        try:
            cwd = os.fsdecode(self.cwd) if self.cwd else os.getcwd()
        except OSError as error:
            raise Unsure("there is no current directory") from error
        umask = os.umask(0o077)
        os.umask(umask)
        environment = {**os.environ, "PWD": cwd, **assignments(cmd)}
        collections = self.get_option("preloaded_collections")
        return {"cwd": cwd, "umask": umask, "environment": environment, "collections": collections}


def assignments(cmd: str) -> dict[str, str]:
    """Return the environment that a pipelined module's command sets: /bin/sh -c 'NAME=value python'."""
    with contextlib.suppress(ValueError):  # of shlex, and of another number of words
        _shell, _option, script = shlex.split(cmd)
        *assigned, python = shlex.split(script.removesuffix(AFTER))
        after = AFTER if script.endswith(AFTER) else ""
        environment = dict(match.groups() for match in map(ASSIGNMENT.fullmatch, assigned) if match)
        quoted = "".join(f"{name}={shlex.quote(value)} " for name, value in environment.items())
        # Written back it must be the same, or there was more in it than words.
        if cmd == shlex.join(["/bin/sh", "-c", f"{quoted}{shlex.quote(python)}{after}"]):
            if python != sys.executable:
                raise Unsure(f"it wants {python}, and this is {sys.executable}")
            return environment
    raise Unsure("its command is not the usual one")


@contextlib.contextmanager
def connected(control: int) -> Iterator[socket.socket]:
    """Give a connection to the control process's server, which is started if there is none."""
    if not hasattr(os, "pidfd_open"):
        raise Unsure("it needs Linux")
    directory = os.path.join(C.DEFAULT_LOCAL_TMP, "preloaded")  # the control process's own, and removed by it
    with contextlib.ExitStack() as stack:
        try:
            if not os.path.lexists(directory):
                start(control, directory)
            opened = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
            stack.callback(os.close, opened)
            for path, mode in ((".", 0o040700), ("socket", 0o140600)):
                status = os.stat(path, dir_fd=opened, follow_symlinks=False)
                if (status.st_uid, status.st_mode) != (os.geteuid(), mode):
                    raise Unsure(f"{directory}/{path} is not private")
            connection = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            connection.connect(f"/proc/self/fd/{opened}/socket")  # a socket's path may have 107 bytes
            if preload_server.peer(connection) != os.geteuid():
                raise Unsure("the server is somebody else's")
        except OSError as error:
            raise Unsure(f"there is no server: {error}") from error
        yield connection


def start(control: int, directory: str) -> None:
    """Start the server. The socket exists before it does, so that clients wait and not look for it."""
    pidfd = os.pidfd_open(control)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, pidfd)
        if control not in (os.getppid(), os.getpid()):
            raise Unsure("the control process has ended")
        fresh = tempfile.mkdtemp(prefix="preloaded-", dir=C.DEFAULT_LOCAL_TMP)
        stack.callback(shutil.rmtree, fresh, ignore_errors=True)
        opened = os.open(fresh, os.O_PATH | os.O_DIRECTORY)
        stack.callback(os.close, opened)
        listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        listener.bind(f"/proc/self/fd/{opened}/socket")
        os.chmod(f"{fresh}/socket", 0o600)
        listener.listen(128)
        try:
            os.rename(fresh, directory)
        except OSError:  # another worker's server came first
            return
        for each in handicaps(os.environ):
            display.warning(each)
        fds = (listener.fileno(), pidfd)
        with open(f"{directory}/log", "wb") as log:
            subprocess.Popen(
                [sys.executable, preload_server.__file__, *map(str, fds), directory],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=fds,
                start_new_session=True,
            )


def handicaps(environment: Mapping[str, str]) -> Iterator[str]:
    """Say what makes this Python slow for every module, where it can be mended."""
    for name, why in (
        ("PYTHONDONTWRITEBYTECODE", "what has no bytecode yet is compiled anew by every module"),
        ("PYTHONUNBUFFERED", "a module that is run plainly is read byte by byte"),
    ):
        if environment.get(name):
            yield f"{name} is set: {why}. Unset it for Ansible."
    botocore = importlib.util.find_spec("botocore")
    if botocore and botocore.origin and not os.path.exists(importlib.util.cache_from_source(botocore.origin)):
        yield f"Python has no bytecode of boto3: run {sys.executable} -m compileall -q {os.path.dirname(os.path.dirname(botocore.origin))}"


def run(server: socket.socket, request: dict[str, Any], wrapper: bytes, host: str) -> tuple[int, bytes, bytes]:
    """Have the module run and return exit status, output and errors as its shell would; show what it waits for while it does."""
    with contextlib.ExitStack() as stack:
        out, err = (pipe(stack) for _stream in range(2))
        try:
            with open(os.memfd_create("request"), "wb") as file, open(out[1], "wb"), open(err[1], "wb"):
                file.write(json.dumps(request).encode() + b"\n" + wrapper)
                file.flush()
                socket.send_fds(server, [b"run"], [file.fileno(), out[1], err[1]])
            answer = server.recv(4096)
        except OSError as error:
            raise Unsure(f"the server can't be asked: {error}") from error
        if not answer:
            raise Unsure("the server has ended")
        if refused := json.loads(answer).get("refused"):
            raise Unsure(refused)
        try:
            stdout, stderr = read_all(out[0], err[0], partial(show_progress, host))
            answer = server.recv(4096)
        except BaseException:  # a task's timeout: the module goes on, as in a plain run
            with contextlib.suppress(OSError):
                server.send(b"leave")
            raise
    if not answer:
        return 255, stdout, stderr + b"realtime.aws.preloaded: the server ended before the module did\n"
    status = json.loads(answer)["exit"]
    if status < 0:
        killed, status = -status, 128 - status
        if killed not in (signal.SIGINT, signal.SIGPIPE):
            stderr += f"{signal.strsignal(killed)}\n".encode()
    return status, stdout, stderr


def pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
    """Return a pipe's ends; the reading one is closed with the stack."""
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    return reading, writing


def show_progress(host: str, said: bytes) -> None:
    """Show what a module says of its waiting, unless nothing is shown of it."""
    for line in said.decode(errors="replace").splitlines():
        if line.startswith(MARK):
            display.display(f"waiting: [{host}] => {line.removeprefix(MARK)}")


def read_all(out: int, err: int, said: Callable[[bytes], None]) -> list[bytes]:
    """Read two descriptors side by side until both are at their end; tell what comes by the second as it comes."""
    content = {fd: bytearray() for fd in (out, err)}
    with selectors.DefaultSelector() as selector:
        for fd in content:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            for key, _events in selector.select():
                data = os.read(key.fd, 65536)
                content[key.fd] += data
                if key.fd == err:
                    said(data)
                if not data:
                    selector.unregister(key.fd)
    return [bytes(content[fd]) for fd in content]
