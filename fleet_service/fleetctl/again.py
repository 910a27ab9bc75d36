"""Commands by Systems Manager that wait, and that nobody sends until they are asked for again."""

import argparse
import shlex
from typing import Final

from kiosk_contracts.commands import CommandStanding, CommandState, CommandWay, NewCommand
from operator_cli.refusing import RefusedError

_FLAGS: Final = {"--ssm": "ssm", "--force": "forced", "--yes": "yes", "--json": "json"}
_VALUES: Final = {
    "--reason": "reason",
    "--expires": "expires",
    "--source": "source",
    "--lines": "lines",
    "--write": "write",
    "--url": "url",
    "--token-file": "token_file",
}


def waits_to_be_asked_for(told: CommandStanding) -> bool:
    """Say whether nothing comes of a command until somebody asks for the same again."""
    return told.way is CommandWay.SSM and told.state is CommandState.WAITING


def not_sent(
    options: argparse.Namespace, wanted: NewCommand, told: CommandStanding
) -> RefusedError:
    """Return what is said of such a command."""
    return RefusedError(
        f"{told.kind} at {told.kiosk_id} was not sent: {told.why}",
        f"to ask for the same again: {_typed(options, wanted)}",
    )


def _typed(options: argparse.Namespace, wanted: NewCommand) -> str:
    """Return the line; another reason, or another time, would be another command."""
    words = ["fleetctl", "kiosk", wanted.kind.value.replace("_", "-"), options.kiosk_id]
    words += [flag for flag, name in _FLAGS.items() if getattr(options, name, None)]
    words += ["--id", str(wanted.command_id)]
    for option, name in _VALUES.items():
        if said := getattr(options, name, None):
            words += [option, str(said)]
    return shlex.join(words)
