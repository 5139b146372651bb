# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection plugin preloaded: a module run by it can't tell, and nothing is left behind."""

from __future__ import annotations

import base64
import io
import json
import os
import py_compile
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.module_utils import basic
from ansible.playbook.play_context import PlayContext
from ansible_collections.realtime.aws.plugins.connection import preloaded
from ansible_collections.realtime.aws.plugins.plugin_utils import preload_server

NOBODY = 65534
COMMAND = shlex.join(["/bin/sh", "-c", f"{shlex.quote(sys.executable)} && sleep 0"])
NEWER = shlex.join(["/bin/sh", "-c", shlex.quote(sys.executable)])  # from ansible-core 2.21 on
Result = tuple[int, bytes, bytes]


# Ansible's own importer of collections, which this needs, and pytest's don't go together in one process.
BUILD = """
import sys
from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
init_plugin_loader()
variables = {"ansible_python_interpreter": sys.executable}
templar = Templar(loader=DataLoader())
built = modify_module(
    module_name="probe", module_path=sys.argv[1], module_args={}, templar=templar, task_vars=variables
)
sys.stdout.buffer.write(built.b_module_data)
"""
Build = Callable[..., bytes]


@pytest.fixture(scope="session")
def wrapper(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What Ansible pipes into Python to run a module."""
    module = tmp_path_factory.mktemp("library") / "probe.py"
    module.write_text("from ansible.module_utils.basic import AnsibleModule\n")
    return subprocess.run([sys.executable, "-c", BUILD, module], check=True, stdout=subprocess.PIPE).stdout


@pytest.fixture(scope="session")
def build(wrapper: bytes) -> Build:
    """Return build(code, files): the same with the module's code and other files, by path, put into its zip."""

    def build(code: str, files: Mapping[str, str] | None = None) -> bytes:
        code = "from ansible.module_utils.basic import AnsibleModule\n" + textwrap.dedent(code)
        new = {"ansible/legacy/probe.py": code, **(files or {})}
        data = re.search(rb"^zip_data='(.*)',$", wrapper, re.MULTILINE)[1]
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as old, zipfile.ZipFile(packed, "w") as changed:
            for name in old.namelist():
                changed.writestr(name, new.pop(name, None) or old.read(name))
            for name, content in new.items():
                changed.writestr(name, content)
        return wrapper.replace(data, base64.b64encode(packed.getvalue()))

    return build


@pytest.fixture(scope="module", autouse=True)
def interruptible() -> Iterator[None]:
    """Hear SIGINT, which a shell has its background jobs ignore, and they their children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def new_connection(**options: Any) -> preloaded.Connection:
    """Return the plugin as a worker of this process has it."""
    documented = yaml.safe_load(preloaded.DOCUMENTATION)["options"]
    connection = preloaded.Connection(PlayContext(), task_uuid="", ansible_playbook_pid=str(os.getpid()))
    connection.get_option = {**{name: option["default"] for name, option in documented.items()}, **options}.__getitem__
    return connection


@pytest.fixture(scope="module", autouse=True)
def own_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have what killed modules leave behind go with what else the tests leave."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("modules")))
        yield


@pytest.fixture(scope="module")
def quick() -> preloaded.Connection:
    return new_connection()


@pytest.fixture(scope="module")
def plain() -> preloaded.Connection:
    return new_connection(preloaded=False)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said at -vvv of how commands are run."""
    lines: list[str] = []

    def say(line: str, host: str | None = None) -> None:
        if not line.startswith("ESTABLISH"):
            lines.append(line)

    monkeypatch.setattr(preloaded.display, "vvv", say)
    return lines


def stat(pid: int | str) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the state on: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def servers(parent: int) -> list[int]:
    """Return the running servers that a process has started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if preload_server.__file__.encode() in (process / "cmdline").read_bytes() and stat(process.name)[1] == str(
                parent
            ):
                found.append(int(process.name))
        except OSError:
            continue
    return [pid for pid in found if stat(pid)[0] != "Z"]


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return result


# A stand-in of amazon.aws's utilities: enough to have boto3 loaded with it.
AMAZON = {
    f"ansible_collections/{path}": content
    for path, content in {
        "__init__.py": "\n",
        "amazon/__init__.py": "\n",
        "amazon/aws/__init__.py": "\n",
        "amazon/aws/plugins/__init__.py": "\n",
        "amazon/aws/plugins/module_utils/__init__.py": "\n",
        "amazon/aws/plugins/module_utils/botocore.py": "import boto3, botocore\n",
    }.items()
}

PROBES = {
    "environment": "import os, json; print(json.dumps(dict(os.environ))); raise SystemExit",
    "directory": "import os; print(os.getcwd())",
    "umask": "import os; print(os.umask(0))",
    "arguments": "import os, sys; print([os.path.basename(arg) for arg in sys.argv], sys.orig_argv)",
    "input": "import os, stat, sys; print(repr(sys.stdin.read()), stat.S_ISFIFO(os.fstat(0).st_mode))",
    "streams": "import sys; print([(s.encoding, s.errors, s.line_buffering) for s in (sys.stdout, sys.stderr)])",
    "signals": "import signal; print([*map(signal.getsignal, signal.valid_signals())], signal.pthread_sigmask(0, []))",
    "alone": "import os; print(os.getpgid(0) != os.getpgid(os.getppid()) or os.getpgid(os.getppid()) != os.getppid())",
    "descriptors": "import os; print(sorted(os.listdir('/proc/self/fd')))",
    "path": "import sys; print([p for p in sys.path if 'payload' not in p])",
    "main": "import sys; print(sorted(vars(sys.modules['__main__'])), __name__, __package__, __spec__.origin)",
    "hooks": "import gc, sys, threading; print(len(sys.path_hooks), threading.active_count(), sys.flags, gc.isenabled())",
    "limits": "import resource; print([resource.getrlimit(n) for n in range(10)])",
    "source": "import inspect; print(inspect.getsource(AnsibleModule.exit_json))",
    "result": "AnsibleModule({}).exit_json(changed=True, name='ä')",
    "failure": "AnsibleModule({}).fail_json(msg='no')",
    "deprecation": "m = AnsibleModule({}); m.deprecate('old', version='9'); m.warn('careful'); m.exit_json()",
    "status": "import sys; print('x'); sys.exit(3)",
    "message": "import sys; sys.exit('bye')",
    "abrupt exit": "import os; os._exit(7)",
    "nothing": "pass",
    "exception": "1 / 0",
    "interrupt": "raise KeyboardInterrupt",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "terminated": "import os; os.kill(os.getpid(), 15)",
    "segmentation fault": "import os; os.kill(os.getpid(), 11)",
    "abort": "import os; os.abort()",
    "much output": "import sys\nfor n in range(40000): print('o' * 50); print('e' * 50, file=sys.stderr)",
    "at exit": "import atexit; atexit.register(print, 'end')",
    "thread": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()",
    "daemon": """
        import os, time
        print("parent", flush=True)
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.2)
            print("child", flush=True)
            os._exit(0)
    """,
    "unwritten file": """
        import os
        file = open("unwritten", "w")
        file.write("kept")
        if os.path.getsize("unwritten"):
            raise ValueError("not buffered")
    """,
    "write after all": "print(open('unwritten').read())",
}


def normal(result: Result) -> tuple[int, Any, str]:
    """Leave out what differs between plain runs, and what shells and pytest's readline set behind Python's back."""
    status, out, err = result
    text, errors = (
        re.sub(r"([\w/-]+/ansible_\S+?_payload_\w+)?/ansible_\w+_payload\.zip", "ZIP", b.decode()) for b in (out, err)
    )
    if text.startswith("{") and text.endswith("}\n"):
        return (
            status,
            {k: v for k, v in json.loads(text).items() if k not in ("_", "SHLVL", "LINES", "COLUMNS")},
            errors,
        )
    return status, text, errors


@pytest.mark.parametrize("command", [COMMAND, NEWER], ids=["to 2.20", "from 2.21"])
@pytest.mark.parametrize("probe", PROBES)
def test_a_module_cannot_tell(
    probe: str,
    command: str,
    build: Build,
    quick: preloaded.Connection,
    plain: preloaded.Connection,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quick, "cwd", os.fsencode(tmp_path))
    monkeypatch.setattr(plain, "cwd", os.fsencode(tmp_path))
    monkeypatch.setenv("ODD", "a b'c\n\udcff")
    wrapper = build(PROBES[probe])
    (tmp_path / "unwritten").write_text("before")
    expected = plain.exec_command(command, wrapper)
    kept = (tmp_path / "unwritten").read_text()
    said.clear()
    assert normal(quick.exec_command(command, wrapper)) == normal(expected)
    assert said == [f"PRELOADED EXEC {command}"]
    assert (tmp_path / "unwritten").read_text() == kept


CASES = {
    "it is switched off": {"options": {"preloaded": False}},
    "become is set": {"become": SimpleNamespace(expect_prompt=lambda: False, _id=None)},
    "it is no pipelined Python module": {"in_data": b"print()"},
    "its command is not the usual one": {"command": f"/bin/sh -c 'umask 77 && {sys.executable} && sleep 0'"},
    "it wants /usr/bin/python3": {"command": "/bin/sh -c '/usr/bin/python3 && sleep 0'"},
    "it wants another HOME, PYTHONHASHSEED": {"assigned": "HOME=/ PYTHONHASHSEED=1 "},
    "its payload holds more than Python modules": {"files": {"ansible/module_utils/data.json": "{}"}},
    "its ansible.module_utils.basic differs from the preloaded one": {
        "files": {"ansible/module_utils/basic.py": "AnsibleModule = None"}
    },
}


@pytest.mark.parametrize("reason", CASES)
def test_what_is_not_sure_is_run_plainly_and_says_why(
    reason: str, build: Build, wrapper: bytes, quick: preloaded.Connection, said: list[str]
) -> None:
    case = CASES[reason]
    quick.exec_command(COMMAND, wrapper)
    said.clear()
    connection = new_connection(**case.get("options", {}))
    connection.become = case.get("become")
    command = case.get("command") or COMMAND.replace(sys.executable, case.get("assigned", "") + sys.executable)
    connection.exec_command(command, case.get("in_data") or build("pass", case.get("files")))
    assert said[0].startswith(f"PRELOADED, but run plainly: {reason}")
    assert said[1] == f"EXEC {command}"


def test_another_copy_of_a_preloaded_file_is_the_one_that_runs(build: Build, quick: preloaded.Connection) -> None:
    quick.exec_command(COMMAND, build("pass"))
    own = {"ansible/module_utils/basic.py": f"{Path(basic.__file__).read_text()}\nAnsibleModule = 'another'"}
    assert b"another" in quick.exec_command(COMMAND, build("print(AnsibleModule)", own))[1]


def test_shell_words_are_taken_only_as_the_shell_takes_them() -> None:
    quoted = shlex.quote(f"A='x y' B=z C='$HOME' {sys.executable} && sleep 0")
    assert preloaded.assignments(f"/bin/sh -c {quoted}") == {"A": "x y", "B": "z", "C": "$HOME"}
    for script in ("A=$HOME {}", "A=~ {}", "{} -E", "exec {}", "A=1 B {}", "A='1' {}", '"{}"', "{} >x", "({})"):
        with pytest.raises(preloaded.Unsure):
            preloaded.assignments(f"/bin/sh -c {shlex.quote(script.format(sys.executable) + ' && sleep 0')}")
    for command in (
        "",
        "'",
        f"/bin/bash -c '{sys.executable} && sleep 0'",
        f"/bin/sh -c '{sys.executable} && sleep 1'",
    ):
        with pytest.raises(preloaded.Unsure):
            preloaded.assignments(command)


def test_what_one_module_does_is_gone_for_the_next(build: Build, quick: preloaded.Connection) -> None:
    spoil = """
        import os, sys, json, ansible.module_utils.basic as basic
        basic.spoilt = json.spoilt = True
        os.environ["SPOILT"] = "1"
        sys.modules["spoilt"] = sys
        os.chdir("/")
        basic.AnsibleModule({}).exit_json()
    """
    look = """
        import os, sys, json, ansible.module_utils.basic as basic
        print(hasattr(basic, "spoilt"), hasattr(json, "spoilt"), "SPOILT" in os.environ, "spoilt" in sys.modules)
        print(os.getcwd())
    """
    assert quick.exec_command(COMMAND, build(spoil))[0] == 0
    assert quick.exec_command(COMMAND, build(look))[1].startswith(f"False False False False\n{os.getcwd()}\n".encode())


def test_a_module_gets_its_own_payload_and_no_other(build: Build, quick: preloaded.Connection) -> None:
    """Module utilities of a role: each its own, and none for who brought none."""
    code = (
        "from ansible.module_utils import custom; print(custom.value, sorted(k for k in vars(custom) if k[0] != '_'))"
    )
    for value in (1, 2):
        wrapper = build(code, {"ansible/module_utils/custom.py": f"value = {value}"})
        assert quick.exec_command(COMMAND, wrapper)[1].startswith(f"{value} ['value']\n".encode())
    assert b"cannot import name 'custom'" in quick.exec_command(COMMAND, build(code))[1]


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a server of one's own, in this directory."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path / "preloaded"


def test_only_its_user_reaches_it(apart: Path, build: Build, quick: preloaded.Connection) -> None:
    """As another user: first as it is, then with the permissions forced open."""
    if os.geteuid():
        pytest.skip("becoming another user takes root")
    quick.exec_command(COMMAND, build("pass"))
    assert (apart.stat().st_mode, (apart / "socket").stat().st_mode) == (0o040700, 0o140600)
    code = f"""
import os, socket
os.setuid({NOBODY})
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    connection.connect({str(apart / "socket")!r})
    socket.send_fds(connection, [b"run"], [0, 1, 2])
    print(connection.recv(100))
except OSError as error:
    print(type(error).__name__)
"""
    assert subprocess.check_output([sys.executable, "-c", code]) == b"PermissionError\n"
    for path in (apart, *apart.parents):
        if path == Path(tempfile.gettempdir()):
            break
        path.chmod(0o755)
    (apart / "socket").chmod(0o666)
    assert subprocess.check_output([sys.executable, "-c", code]) in (
        b"b''\n",
        b"BrokenPipeError\n",
        b"ConnectionResetError\n",
    )


@pytest.mark.parametrize("spoil", ["mode", "owner", "link", "server"])
def test_a_directory_or_server_that_is_not_ours_is_not_used(
    spoil: str,
    apart: Path,
    wrapper: bytes,
    quick: preloaded.Connection,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick.exec_command(COMMAND, wrapper)
    if spoil == "mode":
        apart.chmod(0o755)
    elif spoil == "link":
        apart.rename(apart.with_name("elsewhere"))
        apart.symlink_to("elsewhere")
    elif spoil == "owner":
        (apart / "socket").unlink()
        (apart / "socket").touch(0o600)
    else:
        monkeypatch.setattr(preload_server, "peer", lambda _connection: NOBODY)
    said.clear()
    assert quick.exec_command(COMMAND, wrapper)[0] == 1
    assert said[0].startswith("PRELOADED, but run plainly: ")


CONTROL = f"""
import os, sys, time
sys.path[:0] = [{str(Path(__file__).parent)!r}, *{sys.path!r}]
import test_preloaded
from ansible import constants
constants.DEFAULT_LOCAL_TMP = sys.argv[1]
wrapper = open(sys.argv[2], "rb").read()
print(test_preloaded.new_connection().exec_command(test_preloaded.COMMAND, wrapper), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_control_process(ending: signal.Signals, tmp_path: Path, build: Build) -> None:
    (tmp_path / "wrapper").write_bytes(build("print('run')"))
    command = [sys.executable, "-c", CONTROL, str(tmp_path), str(tmp_path / "wrapper")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as control:
        assert b"run" in control.stdout.readline()
        (server,) = servers(control.pid)
        assert (tmp_path / "preloaded").exists()
        control.send_signal(ending)
    assert until(lambda: not Path(f"/proc/{server}").exists() or stat(server)[0] == "Z")
    assert not (tmp_path / "preloaded").exists()


def waiting(directory: Path) -> str:
    """The code of a module that waits, and says in the directory when it has begun to, and when it is interrupted."""
    return f"""
        import time
        try:
            open({str(directory / "begun")!r}, "w").close()
            time.sleep(60)
        except KeyboardInterrupt:
            open({str(directory / "interrupted")!r}, "w").close()
    """


def test_a_module_is_interrupted_when_all_of_a_run_is_killed(tmp_path: Path, build: Build) -> None:
    """By SIGKILL of the process group, say: a module that waits for a database would be left for an hour."""
    (tmp_path / "wrapper").write_bytes(build(waiting(tmp_path)))
    worker = CONTROL.replace(
        "wrapper =", "control = os.getpid()\nif os.fork(): os.wait()\nos.getpid = lambda: control\nwrapper ="
    )
    command = [sys.executable, "-c", worker, str(tmp_path), str(tmp_path / "wrapper")]
    with subprocess.Popen(command, start_new_session=True) as control:
        assert until((tmp_path / "begun").exists)
        control.kill()
        control.wait()
        time.sleep(0.2)  # which the kernel may take between the two
        os.killpg(control.pid, signal.SIGKILL)
    assert until((tmp_path / "interrupted").exists)


def test_a_module_is_interrupted_when_its_client_is_gone(
    build: Build, quick: preloaded.Connection, tmp_path: Path
) -> None:
    """As Ctrl-C does with a plain run, whose modules are in the worker's process group."""
    wrapper = build(waiting(tmp_path))
    worker = os.fork()
    if not worker:
        quick.exec_command(COMMAND, wrapper)
        os._exit(0)
    assert until((tmp_path / "begun").exists)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    assert until((tmp_path / "interrupted").exists)


def test_a_task_that_times_out_leaves_its_module_alone(
    build: Build, quick: preloaded.Connection, tmp_path: Path
) -> None:
    class TimedOut(BaseException): ...

    def time_out(*_args: Any) -> None:
        raise TimedOut

    code = f"import time; time.sleep(1); open({str(tmp_path / 'done')!r}, 'w').close()"
    monkey = signal.signal(signal.SIGALRM, time_out)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(TimedOut):
            quick.exec_command(COMMAND, build(code))
    finally:
        signal.signal(signal.SIGALRM, monkey)
    assert until((tmp_path / "done").exists)


def test_a_module_outlives_a_killed_server(
    apart: Path, build: Build, quick: preloaded.Connection, said: list[str]
) -> None:
    """It is not run twice; the next ones run plainly."""
    before = set(servers(os.getpid()))
    code = "import os, time; os.kill(os.getppid(), 9); time.sleep(0.2); print('done', flush=True); os._exit(0)"
    status, out, err = quick.exec_command(COMMAND, build(code))
    assert (status, out) == (255, b"done\n") and b"the server ended before the module did" in err
    assert set(servers(os.getpid())) == before
    said.clear()
    quick.exec_command(COMMAND, build("pass"))
    assert said[0].startswith("PRELOADED, but run plainly: there is no server")


def test_installing_a_package_makes_way_for_a_new_server(
    apart: Path,
    build: Build,
    quick: preloaded.Connection,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(packages))
    wrapper = build("import os; print(os.getppid(), flush=True); os._exit(0)")
    first = quick.exec_command(COMMAND, wrapper)[1]
    assert quick.exec_command(COMMAND, wrapper)[1] == first
    (packages / "new.dist-info").mkdir()
    said.clear()
    quick.exec_command(COMMAND, wrapper)
    assert any("Python's path has changed" in line for line in said)
    third = quick.exec_command(COMMAND, wrapper)[1]
    assert third != first and said[-1].startswith("PRELOADED EXEC")
    assert until(lambda: int(first) not in servers(os.getpid()))


@pytest.mark.parametrize("message", [None, b"", b"run"])
def test_a_client_that_says_nothing_sensible_does_no_harm(
    message: bytes | None, apart: Path, build: Build, quick: preloaded.Connection, said: list[str]
) -> None:
    wrapper = build("pass")
    quick.exec_command(COMMAND, wrapper)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(apart / "socket"))
        if message is not None:
            with open(os.devnull, "rb") as nothing:
                socket.send_fds(connection, [message], [nothing.fileno()] * len(message))
            assert connection.recv(100).startswith(b'{"refused": ')
    said.clear()
    quick.exec_command(COMMAND, wrapper)
    assert said == [f"PRELOADED EXEC {COMMAND}"]


def test_fifty_at_once(apart: Path, build: Build, quick: preloaded.Connection) -> None:
    """Workers that all find no server start one, and each gets its own module's result."""
    before = set(servers(os.getpid()))
    wrapper = build(
        "import os; print(os.environ['NUMBER'], os.getppid(), flush=True); os._exit(int(os.environ['NUMBER']))"
    )

    def run(number: int) -> Result:
        return quick.exec_command(COMMAND.replace(sys.executable, f"NUMBER={number} {sys.executable}"), wrapper)

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(run, range(50)))
    (server,) = set(servers(os.getpid())) - before
    assert results == [(number, f"{number} {server}\n".encode(), b"") for number in range(50)]
    assert os.listdir(apart.parent) == ["preloaded"]


def test_nothing_accumulates(apart: Path, build: Build, quick: preloaded.Connection) -> None:
    """Not in the server, which has many modules to run, nor in the client."""
    before = set(servers(os.getpid()))
    wrapper = build("AnsibleModule({}).exit_json()")
    for _number in range(20):
        quick.exec_command(COMMAND, wrapper)
    (server,) = set(servers(os.getpid())) - before

    def used() -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (server, os.getpid())]

    def idle() -> bool:
        return not Path(f"/proc/{server}/task/{server}/children").read_text()

    assert until(idle)
    fds, pages = used(), int(stat(server)[21])
    for _number in range(100):
        assert quick.exec_command(COMMAND, wrapper)[0] == 0
    # Fewer they may be: the first look can come between a module's end and the server's closing of its connection.
    assert until(idle) and until(lambda: all(now <= before for now, before in zip(used(), fds, strict=True)))
    assert int(stat(server)[21]) <= pages + 64


SDK = """
import boto3, botocore.loaders, os, json
asked = []
original = botocore.loaders.JSONFileLoader.load_file
botocore.loaders.JSONFileLoader.load_file = lambda self, path: asked.append(path) or original(self, path)
session = boto3.session.Session(region_name="us-east-1")
client = session.client("sqs")
read = [os.path.basename(path) for path in asked if "data/" in path]
credentials = session.get_credentials()
told = [read, credentials and credentials.access_key, client.meta.endpoint_url, boto3.DEFAULT_SESSION]
print(json.dumps(told), flush=True)
os._exit(0)
"""


def test_data_files_are_shared_and_nothing_else(apart: Path, build: Build, quick: preloaded.Connection) -> None:
    """What a module reads of botocore's files the next one has; its credentials and endpoint it hasn't."""

    def run(**environment: str) -> Any:
        assigned = "".join(f"{name}={value} " for name, value in environment.items())
        return json.loads(quick.exec_command(COMMAND.replace(sys.executable, assigned + sys.executable), wrapper)[1])

    wrapper = build(f"from ansible_collections.amazon.aws.plugins.module_utils import botocore as utils\n{SDK}", AMAZON)
    first = run(AWS_ACCESS_KEY_ID="one", AWS_SECRET_ACCESS_KEY="x", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert "service-2" in first[0] and first[1:] == ["one", "http://127.0.0.1:1", None]
    assert until(lambda: run(AWS_ACCESS_KEY_ID="two", AWS_SECRET_ACCESS_KEY="x")[0] == [])
    assert run(AWS_ACCESS_KEY_ID="two", AWS_SECRET_ACCESS_KEY="x")[1:] == [
        "two",
        "https://sqs.us-east-1.amazonaws.com",
        None,
    ]


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, []),
        ({"PYTHONUNBUFFERED": "", "PYTHONDONTWRITEBYTECODE": ""}, []),
        ({"PYTHONUNBUFFERED": "1"}, ["PYTHONUNBUFFERED"]),
        ({"PYTHONDONTWRITEBYTECODE": "1"}, ["PYTHONDONTWRITEBYTECODE"]),
    ],
    ids=str,
)
def test_an_environment_that_makes_python_slow_is_named(
    environment: dict[str, str], named: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "botocore.py"
    source.write_text("")
    compiled = Path(py_compile.compile(str(source), doraise=True))
    found = SimpleNamespace(origin=str(source))
    monkeypatch.setattr(preloaded.importlib.util, "find_spec", lambda name: found)
    assert [warning.split()[0] for warning in preloaded.handicaps(environment)] == named
    compiled.unlink()
    assert "compileall" in list(preloaded.handicaps(environment))[-1]


def test_what_a_module_waits_for_is_shown_while_it_waits(
    quick: preloaded.Connection, build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(preloaded.display, "display", lambda line: shown.append(line) or (tmp_path / "go").touch())
    wrapper = build(
        f"""
        import pathlib, sys, time
        print("not for anybody", file=sys.stderr, flush=True)
        print({preloaded.MARK!r} + "the database: 20 s so far", file=sys.stderr, flush=True)
        deadline = time.monotonic() + 10
        while not pathlib.Path({str(tmp_path)!r}, "go").exists():
            time.sleep(0.01)
            if time.monotonic() > deadline:
                sys.exit(1)
        sys.exit(0)
        """
    )
    status, _out, _err = quick.exec_command(COMMAND, in_data=wrapper)
    assert status == 0
    assert len(shown) == 1
    assert shown[0].endswith("=> the database: 20 s so far")
