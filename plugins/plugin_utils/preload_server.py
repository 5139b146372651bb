# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process in which the connection plugin realtime.aws.preloaded forks Python modules.

The plugin runs this file as a script: preload_server.py LISTENER CONTROL DIRECTORY. LISTENER and CONTROL are inherited
descriptors: a listening SOCK_SEQPACKET socket, and a pidfd of the control process, with which the server ends.
DIRECTORY holds the socket.

A client connects once a module and sends one packet with three descriptors: a file with the request (a line of JSON,
then the AnsiballZ wrapper), standard output and standard error. It gets {"refused": reason}, after which nothing has
run; or {"started": pid} from the module's process and {"exit": status} from the server. Once the client says "leave",
or the server has ended, the module goes on by itself; when the client is gone without a word, the module gets SIGINT,
as by Ctrl-C. So it does when the client and the control process are killed together.

What is loaded before the fork is what the payloads themselves bring: their copies of module_utils, as far as they are
the installed ansible-core's or of the named collections, and with them boto3. A payload with another copy is refused.
Of botocore's data files those are kept that modules have asked for. No credentials, configuration or clients are kept.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import gc
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import mmap
import os
import re
import selectors
import shutil
import signal
import socket
import struct
import sys
import time
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# Where the loaded files seem to be, in tracebacks. An absolute path that exists nowhere.
ROOT = "/ansible_preloaded_payload.zip"
# What an interpreter, or what is loaded before the fork, reads from the environment once and for all.
STARTUP = re.compile(
    r"PYTHON.*|LD_.*|LC_.*|LANG|LANGUAGE|TZ|HOME|MALLOC_.*|GLIBC_TUNABLES|OPENSSL_.*|UNIXCONFDIR|UNIXUSRLIBDIR"
)
STUBS = {"ansible", "ansible.module_utils", "ansible_collections"}  # ansible-core makes them for every payload
PAYLOADS = 128  # how many modules' payloads are kept
MEMORY = 300 * 1024  # KiB of resident memory beyond which nothing more is learned
FAREWELL = 1  # second for which the server stays, without its control process, for the ends of clients and modules
NOTES = 64 * 1024  # bytes for what one module asks of botocore's data files
DATA = ("/botocore/data", "/boto3/data")  # the directories of the data files that the SDK brings


class Refused(Exception):
    """Why the module is better run plainly; nothing of it has run."""


class Payload(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """The files of a module's zip, as AnsiballZ made it, by path, importable under their own names."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        if any(not path.endswith(".py") for path in self.files) or "ansible/module_utils/embed.py" in self.files:
            raise Refused("its payload holds more than Python modules")
        self.paths = {re.sub(r"(/__init__)?\.py$", "", path).replace("/", "."): path for path in self.files}
        self.code: dict[str, types.CodeType] = {}
        self.lacking: set[str] = set()  # module utilities that were asked for in vain

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.paths:
            if fullname.startswith("ansible"):
                self.lacking.add(fullname)
            return None
        name = self.get_filename(fullname)
        inside = [os.path.dirname(name)] if name.endswith("/__init__.py") else None
        return importlib.util.spec_from_file_location(fullname, name, loader=self, submodule_search_locations=inside)

    def get_filename(self, fullname: str) -> str:
        if fullname not in self.paths:
            raise ImportError(f"not in the payload: {fullname}", name=fullname)
        return f"{ROOT}/{self.paths[fullname]}"

    def get_data(self, path: str) -> bytes:
        return self.files[path.removeprefix(f"{ROOT}/")]

    def get_code(self, fullname: str) -> types.CodeType | None:
        return self.code.get(fullname) or super().get_code(fullname)

    def source(self, name: str) -> bytes:
        return self.files[self.paths[name]]

    def compile(self, names: Iterable[str]) -> None:
        """Compile once what every run of this payload would compile; errors are for the module to meet."""
        for name in names:
            with contextlib.suppress(SyntaxError, ValueError):
                self.code[name] = super().get_code(name)


def unpack(data: bytes, before: dict[tuple, tuple[str, bytes]]) -> dict[tuple, tuple[str, bytes]]:
    """Return a zip's members, as they are packed, with name and content; before are those of another zip."""
    members = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
        ends = [info.header_offset for info in infos[1:]] + [archive.start_dir]
        for info, end in zip(infos, ends):
            packed = (data[info.header_offset : end], info.compress_type, info.CRC, info.compress_size, info.file_size)
            members[packed] = before.get(packed) or (info.filename, archive.read(info))
    return members


class Preloaded:
    """What modules find loaded, and the payloads that were judged by it."""

    def __init__(self) -> None:
        self.sources: dict[str, bytes] = {}  # name of a loaded module: the source it was loaded from
        self.lacking: set[str] = set()  # names that loading asked for in vain, or failed to load
        self.members: dict[
            tuple, tuple[str, bytes]
        ] = {}  # of the last payload: the next one's, if both are of one pack
        self.judged: OrderedDict[bytes, Payload | Refused] = OrderedDict()
        spec = importlib.util.find_spec("ansible")
        self.core = Path(spec.origin).parent.parent if spec and spec.origin else None

    def payload(self, wrapper: bytes, collections: list[str]) -> Payload:
        """Return the wrapper's payload, after loading what it brings."""
        found = re.findall(rb"^zip_data='([A-Za-z0-9+/=]+)',$", wrapper, re.MULTILINE)
        if len(found) != 1 or b"\nextensions={},\n" not in wrapper:
            raise Refused("it is not a plain AnsiballZ module")
        key = hashlib.sha256(found[0]).digest()
        if key not in self.judged:
            try:
                self.members = unpack(base64.b64decode(found[0]), self.members)
                payload = Payload(dict(self.members.values()))
                self._check(payload)
                new = payload.paths.keys() - self.sources.keys()
                self._load({name for name in new if self._may_load(name, payload, collections)}, payload)
                self._check(payload)
                payload.compile(payload.paths.keys() - self.sources.keys())
                self.judged[key] = payload
            except Refused as refused:
                self.judged[key] = refused
            if len(self.judged) > PAYLOADS:
                self.judged.popitem(last=False)
        judged = self.judged[key]
        if isinstance(judged, Refused):
            raise judged
        return judged

    def _check(self, payload: Payload) -> None:
        for name, path in payload.paths.items():
            if name in self.lacking:
                raise Refused(f"its {name} was not there, or failed, when others were loaded")
            if name in self.sources:
                if payload.files[path] != self.sources[name]:
                    raise Refused(f"its {name} differs from the preloaded one")
                payload.files[path] = self.sources[name]  # one copy in memory

    def _may_load(self, name: str, payload: Payload, collections: list[str]) -> bool:
        """Return whether a module is ansible-core's own or belongs to a collection that is to be preloaded."""
        if name in STUBS:
            return True
        for root in (f"ansible_collections.{collection}.plugins.module_utils." for collection in collections):
            if f"{name}.".startswith(root) or root.startswith(f"{name}."):
                return True
        if not name.startswith("ansible.module_utils.") or not self.core:
            return False
        installed = self.core / payload.paths[name]
        return installed.is_file() and installed.read_bytes() == payload.source(name)

    def _load(self, names: Iterable[str], payload: Payload) -> None:
        sys.meta_path.insert(0, payload)
        try:
            for name in sorted(names):
                with contextlib.suppress(Exception):  # whatever it is, the module's own process shall meet it
                    importlib.import_module(name)
        finally:
            sys.meta_path.remove(payload)
        self.sources.update({name: payload.source(name) for name in payload.paths if name in sys.modules})
        self.lacking |= payload.lacking | {name for name in names if name not in sys.modules}

    def settle(self, payload: Payload) -> None:
        """In the module's process: keep of what is loaded only what its payload brings, which brings the rest."""
        for name in self.sources.keys() - payload.paths.keys():
            parent, _dot, leaf = name.rpartition(".")
            del sys.modules[name]
            if parent in sys.modules:
                vars(sys.modules[parent]).pop(leaf, None)
        sys.meta_path.insert(0, payload)


class DataFiles:
    """One cache of botocore's data files for all sessions, filled with what modules have asked for.

    Files only: service models, endpoints, paginators, waiters. Sessions with files of the user's own keep to them.
    """

    def __init__(self) -> None:
        self.loader: Any = None
        self.known: set[bytes] = set()

    def share(self) -> None:
        """Put the cache into botocore, once that is loaded."""
        if self.loader or "botocore.loaders" not in sys.modules:
            return
        loaders = sys.modules["botocore.loaders"]
        caches: dict[tuple[str, ...], dict] = {}

        class Loader(loaders.Loader):
            notes: mmap.mmap | None = None

            @property
            def _cache(self) -> dict:
                paths = tuple(self.search_paths)
                own = any(os.path.isdir(path) and not path.endswith(DATA) for path in paths)
                return self._own if own else caches.setdefault(paths, {})

            @_cache.setter
            def _cache(self, value: dict) -> None:
                self._own = value

            def load_service_model(self, *args: Any, **kwargs: Any) -> Any:
                self._note("load_service_model", args, kwargs)
                return super().load_service_model(*args, **kwargs)

            def load_data_with_path(self, name: str) -> Any:
                self._note("load_data_with_path", (name,), {})
                return super().load_data_with_path(name)

            def _note(self, method: str, args: tuple, kwargs: dict) -> None:
                line = json.dumps([self.search_paths, method, args, kwargs]).encode() + b"\n"
                if self.notes and self.notes.tell() + len(line) <= NOTES:
                    self.notes.write(line)

        self.loader = loaders.Loader = Loader

    def learn(self, notes: mmap.mmap) -> None:
        """Load the files that a module asked for, so that the next one finds them."""
        for line in sorted(set(notes[:].rstrip(b"\0").splitlines()) - self.known):
            if resident() > MEMORY:
                return
            self.known.add(line)
            paths, method, args, kwargs = json.loads(line)
            loader = self.loader(extra_search_paths=paths, include_default_search_paths=False)
            with contextlib.suppress(sys.modules["botocore.exceptions"].DataNotFoundError):
                getattr(loader, method)(*args, **kwargs)


@dataclass
class Job:
    """One module to run in its own process."""

    connection: socket.socket
    fds: list[int]  # the request, standard output, standard error
    request: dict[str, Any]  # cwd, umask, environment, collections
    wrapper: bytes
    payload: Payload

    def become(self, preloaded: Preloaded) -> None:
        """Turn this process into what `python < wrapper` would start as."""
        stdin, end = os.pipe()
        os.close(end)
        for target, fd in enumerate([stdin, *self.fds[1:]]):
            os.dup2(fd, target)
            os.close(fd)
        os.close(self.fds[0])
        os.chdir(self.request["cwd"])
        os.umask(self.request["umask"])
        os.environ.clear()
        os.environ.update(self.request["environment"])
        sys.argv[:] = [""]
        sys.orig_argv[:] = [sys.executable]
        sys.excepthook = own_traceback
        preloaded.settle(self.payload)
        gc.enable()

    def run(self) -> None:
        """Run the wrapper as __main__, to whose end the interpreter's belongs."""
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        vars(main).update(__builtins__=builtins, __loader__=importlib.machinery.BuiltinImporter, __annotations__={})
        exec(compile(self.wrapper, "<stdin>", "exec", dont_inherit=True), vars(main))


class Server:
    """Take the requests one by one, fork a process for each, report its end."""

    def __init__(self, listener: socket.socket, control: int, directory: str) -> None:
        self.directory = directory
        self.over = False
        self.jobs = 0
        self.environment = at_start(os.environ)
        self.times = times()
        self.preloaded = Preloaded()
        self.files = DataFiles()
        self.listener: socket.socket | None = listener
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self.accept)
        self.selector.register(control, selectors.EVENT_READ, self.end)

    def serve(self) -> Job | None:
        """Return, in the server, None when all is over; in each module's process, what that has to run."""
        while not self.over:
            for key, _events in self.selector.select():
                if self.selector.get_map().get(key.fd) is not key:
                    continue  # an event before it has settled this one
                job = key.data(key.fileobj)
                if job or self.over:
                    return job
        return None

    def accept(self, listener: socket.socket) -> None:
        connection, _address = listener.accept()
        if peer(connection) == os.geteuid():
            self.selector.register(connection, selectors.EVENT_READ, self.receive)
        else:
            connection.close()

    def receive(self, connection: socket.socket) -> Job | None:
        """Fork, and return the job in the fork; or refuse it."""
        self.selector.unregister(connection)
        _data, fds, _flags, _address = socket.recv_fds(connection, 16, 3)
        pid = None
        notes = mmap.mmap(-1, NOTES)
        try:
            job = self._job(connection, fds)
            gc.collect()
            gc.freeze()  # what is loaded stays in pages that all share
            pid = os.fork()
            if pid == 0:
                self._leave(notes)
                job.become(self.preloaded)
                send(connection, started=os.getpid())
                connection.close()
                return job
        except (Refused, OSError, ValueError, zipfile.BadZipFile) as error:
            send(connection, refused=str(error))
            if pid == 0:
                os._exit(0)
            connection.close()
        for fd in fds:
            os.close(fd)
        if pid:
            self.jobs += 1
            self.selector.register(connection, selectors.EVENT_READ, partial(self.hear, pid))
            self.selector.register(os.pidfd_open(pid), selectors.EVENT_READ, partial(self.reap, pid, connection, notes))
        return None

    def _job(self, connection: socket.socket, fds: list[int]) -> Job:
        """Return what the request asks for, or say why it is better run plainly."""
        if len(fds) != 3:
            raise Refused("it is no request")
        head, _newline, wrapper = os.pread(fds[0], os.fstat(fds[0]).st_size, 0).partition(b"\n")
        request = json.loads(head)
        if self.times != times():
            self.retire()
            raise Refused("Python's path has changed since the server has started")
        wanted = at_start(request["environment"])
        if wanted != self.environment:
            different = {name for name, _value in wanted.items() ^ self.environment.items()}
            raise Refused(f"it wants another {', '.join(sorted(different))}")
        payload = self.preloaded.payload(wrapper, request["collections"])
        self.files.share()
        if len(os.listdir("/proc/self/task")) > 1:
            raise Refused("what is preloaded has started a thread")
        return Job(connection, fds, request, wrapper, payload)

    def _leave(self, notes: mmap.mmap) -> None:
        """In a module's process: have nothing to do with the server any more."""
        os.setsid()
        for key in list(self.selector.get_map().values()):
            os.close(key.fd) if isinstance(key.fileobj, int) else key.fileobj.close()
        self.selector.close()
        if self.files.loader:
            self.files.loader.notes = notes

    def hear(self, pid: int, connection: socket.socket) -> None:
        """The client leaves the module to itself, or is gone, which in a plain run Ctrl-C brings about."""
        self.selector.unregister(connection)
        if not connection.recv(16):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGINT)

    def reap(self, pid: int, connection: socket.socket, notes: mmap.mmap, pidfd: int) -> None:
        """Report a module's end and learn what it needed."""
        self.selector.unregister(pidfd)
        os.close(pidfd)
        send(connection, exit=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        if connection in self.selector.get_map():
            self.selector.unregister(connection)
        connection.close()
        self.jobs -= 1
        self.files.learn(notes)
        self.over = not (self.jobs or self.listener)

    def retire(self) -> None:
        """Make way for a new server, but stay for the modules under way."""
        if self.listener:
            self.selector.unregister(self.listener)
            self.listener.close()
            self.listener = None
            self.over = not self.jobs
            shutil.rmtree(self.directory, ignore_errors=True)

    def end(self, control: int) -> None:
        """The control process has ended. Modules under way go on by themselves as in a plain run, unless their clients were killed with it."""
        if self.listener:
            shutil.rmtree(self.directory, ignore_errors=True)
        for key in list(self.selector.get_map().values()):
            if not isinstance(key.data, partial):  # neither hear nor reap
                self.selector.unregister(key.fileobj)
        deadline = time.monotonic() + FAREWELL
        while self.jobs and (left := deadline - time.monotonic()) > 0:
            for key, _events in self.selector.select(left):
                if self.selector.get_map().get(key.fd) is key:
                    key.data(key.fileobj)
        self.over = True


def peer(connection: socket.socket) -> int:
    """Return who is at the other end: a user id, on the kernel's word."""
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid


def resident() -> int:
    """Return how much memory this process has now, in KiB; rusage would count what its parent had when it was started."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what counts when an interpreter starts."""
    return {name: value for name, value in environment.items() if STARTUP.fullmatch(name)}


def times() -> dict[str, int]:
    """Return when the directories of Python's path were changed: installing a package changes one."""
    return {path: os.stat(path).st_mtime_ns for path in sys.path if os.path.isdir(path)}


def send(connection: socket.socket, **message: Any) -> None:
    """Tell the client, if it is still there."""
    with contextlib.suppress(OSError):
        connection.send(json.dumps(message).encode())


def own_traceback(kind: type[BaseException], error: BaseException, traceback: types.TracebackType | None) -> None:
    """Show an error without the frames of this file."""
    while traceback and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    sys.__excepthook__(kind, error.with_traceback(traceback), traceback)


def main() -> None:
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's directory
    gc.disable()  # what is loaded is no garbage; the server collects before each fork
    server = Server(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3])
    job = server.serve()
    if job:
        job.run()


if __name__ == "__main__":
    main()
