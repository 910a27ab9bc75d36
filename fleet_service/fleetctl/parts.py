"""What the parts of `fleetctl`'s command line are made of."""

import argparse
from collections.abc import Callable
from typing import Any, Final

Command = Callable[[argparse.Namespace], None]
_WATCH_S: Final = 2.0


def group(commands: Any, name: str, words: str) -> Any:
    """Return where the commands of a group go."""
    group = commands.add_parser(name, help=words)
    return group.add_subparsers(title="commands", metavar="COMMAND", required=True)


def command(commands: Any, name: str, run: Command, words: str) -> argparse.ArgumentParser:
    """Return the parser of one command, which `run` does."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words[:1].upper()}{words[1:]}."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--url", metavar="URL", help="where the fleet service is")
    parser.add_argument("--token-file", metavar="FILE", help="your token")
    parser.set_defaults(command=run, watch=None)
    return parser


def watched(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let a look be repeated."""
    parser.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=_WATCH_S,
        metavar="SECONDS",
        help="again and again, every 2 s if not said; with --json a line whenever it changes",
    )
    return parser


def filtered(parser: argparse.ArgumentParser, *options: str) -> None:
    """Add options that may be repeated, each for such alone."""
    for option in options:
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar=option[2:].upper(),
            help="such alone; may be repeated",
        )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add the option by which nothing is done."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")
