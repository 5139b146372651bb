"""`python -m sandbox start|stop|reset|status|env|requests|clock|latency|break|faults`."""

from __future__ import annotations

import argparse
import sys

from sandbox.clock import SPEED
from sandbox.control import Sandbox, SandboxError
from sandbox.faults import CUT, LOST, SHARE
from sandbox.journal import summary

NOT_RUNNING = 3


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    args = _parse(argv)
    sandbox = Sandbox(args.name)
    try:
        return COMMANDS[args.command](sandbox, args)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1


def start(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Start it, unless it runs, and print its environment."""
    sandbox.start(args.port, args.speed)
    return env(sandbox, args)


def stop(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Stop it; its state is gone."""
    print(f"sandbox {sandbox.name} {'stopped' if sandbox.stop() else 'was not running'}")
    return 0


def reset(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Empty the account and the request log."""
    sandbox.reset()
    return 0


def clock(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Set its clock."""
    sandbox.clock(advance=args.advance, **({} if args.speed is None else {"speed": args.speed}))
    return 0


def latency(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Set how long each call takes on its way."""
    sandbox.latency(args.seconds)
    return 0


def break_(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Set which launch template versions never become healthy; without any, all do."""
    sandbox.break_versions(*args.version)
    return 0


def faults(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Have calls throttled, failed, cut or slowed; without options, none."""
    settings = {"seed": args.seed, "share": args.share if args.seed else None, "lose": args.lose, "hold": args.hold}
    settings["early"] = args.early or None
    sandbox.faults(**{key: value for key, value in settings.items() if value is not None})
    return 0


def status(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Say whether it runs, and where."""
    answer = sandbox.status()
    if answer is None:
        print(f"sandbox {sandbox.name} is not running")
        return NOT_RUNNING
    print(f"sandbox {sandbox.name} runs at {sandbox.url}, pid {answer['pid']}, {answer['requests']} requests")
    return 0


def env(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Print what to export."""
    if not sandbox.pid():
        raise SandboxError(f"sandbox {sandbox.name} is not running")
    for name, value in sandbox.environment.items():
        print(f"export {name}={value}")
    return 0


def requests(sandbox: Sandbox, args: argparse.Namespace) -> int:
    """Print the request log."""
    for entry in sandbox.requests():
        if entry["write"] or not args.writes:
            print(summary(entry))
    return 0


COMMANDS = {
    command.__name__.rstrip("_"): command
    for command in (start, stop, reset, status, env, requests, clock, latency, break_, faults)
}


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local AWS on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        each = commands.add_parser(name, help=command.__doc__)
        each.add_argument("--name", default="default", help="which sandbox (default: %(default)s)")
        if name == "start":
            each.add_argument("--port", type=int, default=0, help="0 for a free one (default)")
            each.add_argument(
                "--speed",
                type=float,
                default=SPEED,
                help="seconds of AWS a second (default: %(default)s); 1e6 has all ready at once",
            )
        if name == "clock":
            each.add_argument("--speed", type=float, help="seconds of AWS a second; 0 stops the clock")
            each.add_argument("--advance", type=float, default=0.0, help="seconds of AWS to jump ahead")
        if name == "latency":
            each.add_argument("seconds", type=float)
        if name == "break":
            each.add_argument("version", nargs="*", help="lt-…:3, or text in its data, such as an AMI or an image tag")
        if name == "faults":
            each.add_argument("--seed", help="any text: which calls meet which fault")
            each.add_argument("--share", type=float, default=SHARE, help="of the calls (default: %(default)s)")
            each.add_argument("--lose", choices=[LOST, CUT], help="the answer to every other write call of each kind")
            each.add_argument("--early", action="store_true", help="what is new is not known at once")
            each.add_argument("--hold", type=int, help="the write call from which on nobody is answered")
        if name == "requests":
            each.add_argument("--writes", action="store_true", help="only calls that can change something")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
