"""`kiosk-provision`: open venues, make enrolment bundles."""

from collections.abc import Sequence

from operator_cli.running import run
from provisioning.cli.parser import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    return run(build_parser(), arguments)
