"""Cut, restore and disturb the line that `python -m demo.line` carries.

Exit status: 0 done, 1 no line answers at that socket or it refused, 2 wrong usage.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

_EXAMPLES = """\
examples:
  python -m demo.line_control line.sock cut
  python -m demo.line_control line.sock up
  python -m demo.line_control line.sock lose-answers 1
  python -m demo.line_control line.sock errors 500 3
  python -m demo.line_control line.sock busy 2 5 --only /v1/transactions
  python -m demo.line_control line.sock wait lose-answers 1
"""
_DONE = {
    "up": "The line is up: kiosks reach the cloud.",
    "cut": "The line is cut: new connections are refused, open ones were reset.",
    "hang": "The line hangs: it accepts everything and forwards nothing.",
    "clear": "Faults that had not happened yet are forgotten.",
}


class LineControlError(Exception):
    """The line did not do what it was told; the text says why."""


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of `SOCKET COMMAND …`."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.line_control",
        description="Cut, restore and disturb the line between a venue and the cloud.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("socket", metavar="SOCKET", help="the line's --control socket")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in _DONE.items():
        commands.add_parser(name, help=words)
    commands.add_parser("status", help="print mode, faults to come and faults fired, as JSON")
    for name, words in (
        ("lose-answers", "the next N uploads are carried out, then reset without an answer"),
        ("duplicate", "the next N uploads are delivered twice"),
        ("truncate", "the next N requests are carried out; only a part of the answer passes"),
        ("garbage", "the next N requests get an answer that no fleet service gives"),
    ):
        _add_times(commands.add_parser(name, help=words))
    errors = commands.add_parser("errors", help="the next N requests are answered with STATUS")
    errors.add_argument("status", type=_status, metavar="STATUS", help="e.g. 500")
    _add_times(errors)
    busy = commands.add_parser("busy", help="the next N requests get 503 with Retry-After")
    _add_times(busy, retry_after=True)
    wait = commands.add_parser("wait", help="return once a fault has happened TIMES times")
    wait.add_argument("name", metavar="FAULT", help="e.g. lose-answers, hang, cut")
    wait.add_argument("times", type=_positive, metavar="TIMES", nargs="?", default=1)
    return parser


async def ask(socket: str, *words: str) -> dict[str, Any]:
    """Give the line a command, e.g. `ask(path, "lose-answers", "1")`; return its status.

    Raises LineControlError if no line answers there or it refuses; SystemExit for wrong words.
    """
    parsed = vars(command_parser().parse_args([socket, *words]))
    try:
        reader, writer = await asyncio.open_unix_connection(parsed.pop("socket"))
    except OSError as error:
        raise LineControlError(
            f"No line answers at {socket} ({error.strerror or error}). Is it running?"
        ) from error
    try:
        writer.write(json.dumps(parsed).encode() + b"\n")
        raw = await reader.readline()
    finally:
        writer.close()
    if not raw:
        raise LineControlError(f"The line at {socket} ended before it answered.")
    answer: dict[str, Any] = json.loads(raw)
    if not answer["ok"]:
        raise LineControlError(f"The line refused: {answer['error']}")
    status: dict[str, Any] = answer["status"]
    return status


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    given = list(sys.argv[1:] if words is None else words)
    parsed = command_parser().parse_args(given)
    at = given.index(parsed.socket)
    try:
        status = asyncio.run(ask(parsed.socket, *given[:at], *given[at + 1 :]))
    except LineControlError as error:
        print(error, file=sys.stderr)
        return 1
    print(_said(parsed, status))
    return 0


def _said(parsed: argparse.Namespace, status: dict[str, Any]) -> str:
    match parsed.command:
        case "status":
            return json.dumps(status, indent=2)
        case "wait":
            return f"{parsed.name} has happened {status['fired'].get(parsed.name, 0)} times."
        case command if command in _DONE:
            return _DONE[command]
        case command:
            where = "uploads" if command in {"lose-answers", "duplicate"} else "requests"
            where = f"POST {parsed.only} requests" if parsed.only else where
            return f"The next {parsed.times} {where} get the fault {command!r}."


def _add_times(parser: argparse.ArgumentParser, *, retry_after: bool = False) -> None:
    parser.add_argument("times", type=_positive, metavar="N", help="how many requests")
    if retry_after:
        parser.add_argument("retry_after_s", type=_positive, metavar="RETRY_AFTER", help="seconds")
    parser.add_argument("--only", metavar="PATH", help="only POST requests of this path")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 upwards")
    return int(text)


def _status(text: str) -> int:
    if not text.isdigit() or not 400 <= int(text) <= 599:  # noqa: PLR2004  HTTP's error statuses
        raise argparse.ArgumentTypeError(f"{text!r} is not an HTTP error status, e.g. 500")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
