"""What `fleetctl` understands of commands to kiosks."""

import argparse
from typing import Any, Final

from fleet_service.fleetctl import admitting, commands, transactions
from fleet_service.fleetctl.parts import command, group, watched
from kiosk_contracts.commands import MOST_LINES, CommandKind, LogSource

_KIOSK: Final = "e.g. harbour-till-1"
_EXPIRES_USUAL: Final = "not done any more after that (15m), up to 7d"
_EXPIRES: Final = {CommandKind.REBOOT: f"{_EXPIRES_USUAL}; with --ssm up to 1h"}
_TRANSACTIONS: Final = """\
examples:
  fleetctl transactions --receipt HB1-1-000042
  fleetctl transactions --kiosk harbour-till-1 --limit 20
  fleetctl transactions --kiosk harbour-till-1 --watch 5
  fleetctl transactions --serial SERIAL --json

Here is what has come to the ticket API; what a kiosk has not sent yet is on the kiosk alone
(fleetctl kiosk show). Who bought is told to operators, not to viewers; who was told stands in
the audit.
"""


def add_kiosk_commands(parts: Any) -> None:
    """Add what a kiosk may be asked to do."""
    _order(parts, CommandKind.DRAIN, "have it open no new carts and give unsold tickets back")
    _order(parts, CommandKind.END_DRAIN, "have it sell again")
    restart = _order(parts, CommandKind.RESTART_UI, "have its screen begin again")
    reboot = _order(parts, CommandKind.REBOOT, "have its host start again; not in a sale")
    for parser in (restart, reboot):
        parser.add_argument(
            "--force",
            dest="forced",
            action="store_true",
            default=None,
            help="also while somebody is served; for administrators",
        )
    _admit(parts, "revoke", "let it in nowhere from now on, as one that was stolen")
    _admit(parts, "restore", "let it in again")
    logs = _order(parts, CommandKind.LOGS, "fetch the newest lines of a log")
    logs.add_argument("--source", choices=[*LogSource], help="whose log (agent)")
    logs.add_argument(
        "--lines", type=int, metavar="COUNT", help=f"how many lines, up to {MOST_LINES} (200)"
    )
    doctor = _order(parts, CommandKind.DOCTOR, "have it look at its host, and say what is wrong")
    bundle = _order(parts, CommandKind.SUPPORT_BUNDLE, "fetch all that support looks at, sealed")
    bundle.add_argument(
        "--recipient", required=True, metavar="AGE1…", help="the age key that may open it"
    )
    for parser in (logs, doctor, bundle):
        parser.add_argument("--write", metavar="FILE", help="put it into a file")


def _admit(parts: Any, act: str, words: str) -> None:
    parser = command(parts, act, admitting.run, words)
    parser.set_defaults(act=act)
    parser.add_argument("kiosk_id", metavar="KIOSK", help=_KIOSK)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _order(parts: Any, kind: CommandKind, words: str) -> argparse.ArgumentParser:
    parser = command(parts, kind.value.replace("_", "-"), commands.run, words)
    parser.set_defaults(kind=kind, write=None)
    parser.add_argument("kiosk_id", metavar="KIOSK", help=_KIOSK)
    parser.add_argument("--reason", help="why; others read it")
    parser.add_argument(
        "--expires", default="15m", metavar="TIME", help=_EXPIRES.get(kind, _EXPIRES_USUAL)
    )
    parser.add_argument(
        "--ssm", action="store_true", help="by Systems Manager, where the agent does not answer"
    )
    parser.add_argument("--no-wait", action="store_true", help="do not wait for what comes of it")
    parser.add_argument("--id", metavar="COMMAND", help="go on with this one, if it was asked for")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def add_transactions(parts: Any) -> None:
    """Add the search for what was sold, admitted and given back."""
    parser = watched(
        command(parts, "transactions", transactions.show_list, "find what was done at kiosks")
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _TRANSACTIONS
    by = parser.add_mutually_exclusive_group(required=True)
    by.add_argument("--receipt", metavar="NUMBER", help="of a receipt, by its number")
    by.add_argument("--serial", metavar="SERIAL", help="all that was done with one ticket")
    by.add_argument("--kiosk", metavar="KIOSK", help="of a kiosk, the newest first")
    parser.add_argument("--limit", type=int, default=50, metavar="COUNT", help="how many (50)")
    parser.add_argument("--after", metavar="PLACE", help="go on behind the last list")


def add_command(parts: Any) -> None:
    """Add what is known of commands."""
    parts = group(parts, "command", "what kiosks were asked to do")
    listing = watched(command(parts, "list", commands.show_list, "list them, the newest first"))
    listing.add_argument("--limit", type=int, default=50, help="how many (50)")
    shown = watched(command(parts, "show", commands.show_one, "show one, and what came of it"))
    shown.add_argument("--write", metavar="FILE", help="put what it brought back into a file")
    withdrawn = command(parts, "withdraw", commands.withdraw, "have one told no more")
    for parser in (listing, shown, withdrawn):
        parser.add_argument("kiosk_id", metavar="KIOSK", help=_KIOSK)
    for parser in (shown, withdrawn):
        parser.add_argument("command_id", metavar="COMMAND", help="its id, as the list has it")
