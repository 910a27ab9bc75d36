"""`fleetctl`: look at the fleet, see to its alarms, move kiosks to a release."""

from collections.abc import Sequence

from fleet_service.fleetctl.parser import build_parser
from operator_cli.running import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    return run(build_parser(), arguments)
