"""What `kiosk-agent errand` and `kiosk-agent host-command` understand."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from kiosk_contracts.commands import MOST_LINES, LogSource
from kiosk_contracts.host_document import BY_SSM

_FOLDER: Final = Path("/run/eventpro-supervisor/errands")
_BEGUN: Final = Path("/var/lib/eventpro-supervisor/host-commands")
"""That a command was begun, by its id."""


def add_errand(commands: Any, command: Callable[[argparse.Namespace], int]) -> None:
    """Add the command, which runs `command`."""
    parser = commands.add_parser(
        "errand",
        help="do what operators want of this host (for kiosk-errand@.service)",
        description="Do what the supervisor laid down in FOLDER/COMMAND_ID.command, as root, and "
        "lay down what came of it in FOLDER/COMMAND_ID.outcome.",
    )
    parser.add_argument("command_id", type=UUID, metavar="COMMAND_ID")
    parser.add_argument(
        "--folder", type=Path, default=_FOLDER, metavar="FOLDER", help="by default %(default)s"
    )
    parser.set_defaults(command=command)


def add_host_command(commands: Any, command: Callable[[argparse.Namespace], int]) -> None:
    """Add the command, which runs `command`."""
    parser = commands.add_parser(
        "host-command",
        help="do what operators want of this host, by Systems Manager (for our document)",
        description="Do once what operators want of this host, as root, where its agent is away. "
        "The first line of the output says in JSON what came of it. Exit 1 if it was refused or "
        "failed.",
    )
    parser.add_argument("kind", choices=[one.value for one in BY_SSM])
    parser.add_argument("--id", dest="command_id", type=UUID, required=True, metavar="COMMAND_ID")
    parser.add_argument("--forced", choices=["no", "yes"], default="no", help="break off a sale")
    parser.add_argument(
        "--source",
        choices=[one.value for one in LogSource],
        default=LogSource.AGENT.value,
        help="whose log",
    )
    parser.add_argument("--lines", type=_lines, default=200, metavar="N", help="of the newest")
    parser.add_argument(
        "--folder", type=Path, default=_BEGUN, metavar="FOLDER", help="by default %(default)s"
    )
    parser.set_defaults(command=command)


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MOST_LINES):
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST_LINES}")
    return int(text)
