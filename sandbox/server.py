"""The server process: `python -m sandbox.server --dir STATE_DIR --name NAME --port PORT`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

# moto reads these when it is imported.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ["MOTO_ACM_VALIDATION_WAIT"] = "1000000000"  # certificates are validated by their DNS record instead
os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"

from moto.server import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.clock import CLOCK, SPEED
from sandbox.gateway import Gateway
from sandbox.journal import Journal


class QuietHandler(MotoRequestHandler):
    """Keeps connections open, and leaves the log to errors: calls are in the journal."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def make(gateway: Gateway, port: int = 0) -> BaseWSGIServer:
    """A server of the gateway on loopback."""
    return make_server("127.0.0.1", port, gateway, threaded=True, request_handler=QuietHandler)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="sandbox.server")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--name", default="default")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=SPEED)
    args = parser.parse_args()
    CLOCK.set(args.speed)

    def leave(*_: object) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    server = make(Gateway(Journal(args.dir / "requests.jsonl"), args.name), args.port)
    (args.dir / "port").write_text(f"{server.server_port}\n", encoding="utf-8")
    server.serve_forever()


if __name__ == "__main__":
    main()
