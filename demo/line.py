"""The line between a venue and the cloud, as a process that can be cut, hung and made to err.

It carries HTTP/1.1 over TCP from one address to another, and counts every fault that fired. Use
`Line` inside a test, or run it and steer it with `python -m demo.line_control`.
"""

import argparse
import asyncio
import json
import signal
import sys

from demo.line_commands import serve_control
from demo.line_faults import FaultKind, LineMode
from demo.line_proxy import Line

__all__ = ["FaultKind", "Line", "LineMode"]


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004  the highest port
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, e.g. 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo.line",
        description="Carries HTTP between a venue and the cloud, and fails when told to.",
        epilog=(
            "example:\n"
            "  python -m demo.line --listen 127.0.0.1:0 --to 127.0.0.1:8400 --control line.sock\n"
            "  python -m demo.line_control line.sock cut"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--listen", type=_address, default=("127.0.0.1", 0), metavar="HOST:PORT")
    parser.add_argument("--to", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--control", required=True, metavar="SOCKET", help="unix socket to obey")
    parser.add_argument("--seed", type=int, default=0, help="picks garbage and where answers break")
    return parser


async def _run(args: argparse.Namespace) -> None:
    host, port = args.listen
    to_host, to_port = args.to
    async with (
        Line(to_port, to_host=to_host, host=host, port=port, seed=args.seed) as line,
        serve_control(line, args.control),
    ):
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        print(json.dumps({"event": "listening", "port": line.port}), flush=True)
        await stopped.wait()


def main() -> int:
    """Run the line until it is told to stop; 1 if it can't start."""
    try:
        asyncio.run(_run(_parser().parse_args()))
    except OSError as error:
        print(f"The line can't start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
