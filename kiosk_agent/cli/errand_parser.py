"""What `kiosk-agent errand` understands."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

_FOLDER: Final = Path("/run/eventpro-supervisor/errands")


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
