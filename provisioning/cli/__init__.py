"""`kiosk-provision`: open venues, make enrolment bundles."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from provisioning.cli.parser import build_parser
from provisioning.refusing import RefusedError

OK: Final = 0
REFUSED: Final = 1
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    try:
        options: argparse.Namespace = build_parser().parse_args(arguments)
        options.command(options)
    except RefusedError as error:
        for line in filter(None, (str(error), error.what_to_do)):
            sys.stderr.write(f"kiosk-provision: {line}\n")
        return REFUSED
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; Python must not write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        sys.stderr.write("kiosk-provision: interrupted\n")
        return INTERRUPTED
    return OK
