"""Running one command of an operator's program."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from operator_cli.refusing import RefusedError

OK: Final = 0
REFUSED: Final = 1
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Run the function that a command has in `command`; return the exit status."""
    try:
        options = parser.parse_args(arguments)
        options.command(options)
    except RefusedError as error:
        for line in filter(None, (str(error), error.what_to_do)):
            sys.stderr.write(f"{parser.prog}: {line}\n")
        return REFUSED
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; Python must not write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        sys.stderr.write(f"{parser.prog}: interrupted\n")
        return INTERRUPTED
    return OK
