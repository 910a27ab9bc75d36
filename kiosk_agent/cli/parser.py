"""What `kiosk-agent` understands."""

import argparse
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from kiosk_agent import AGENT_VERSION
from kiosk_agent.cli.errand_parser import add_errand, add_host_command
from kiosk_agent.cli.host_parser import add_bootstrap, add_doctor, add_supervisor
from kiosk_agent.cli.later import LaterCommand
from kiosk_contracts.kiosk_status import JournalState

_SUPERVISOR_SOCKET: Final = Path("/run/eventpro-supervisor/supervisor.sock")
_EXAMPLES: Final = """\
examples:
  kiosk-agent run --config /etc/eventpro/agent.toml
  kiosk-agent supervise --config /etc/eventpro/supervisor.toml
  kiosk-agent bootstrap --dry-run
  kiosk-agent doctor --fix
  kiosk-agent doctor --support /media/usb/till-1.tar.gz
  kiosk-agent status --json
  kiosk-agent queue list --state quarantined
  kiosk-agent queue retry
  kiosk-agent queue hand-over TXN_ID --note "see box office" --by olga
  kiosk-agent queue export --output /media/usb/unsettled.ndjson
  kiosk-agent export --to age1… --output /media/usb/till-1
  kiosk-agent status --check reinstall
  kiosk-agent shifts export --output /media/usb/reports
  kiosk-agent drain && kiosk-agent status
  kiosk-agent update-lock set --for 2h --why doors
  kiosk-agent hash-pin

exit status:
  0   done, nothing to look at
  1   `status`, `doctor`: there are warnings; `status --check`: not safe; `journal verify`: the
      journal is broken; `export`, `import-receipt`: refused, nothing was changed; `journal
      archives`: a file is damaged or missing; `shifts report`: no such shift; `bootstrap`: stopped,
      for a person
  2   the command line is wrong
  3   the agent is not running; what is shown was read from its journal. `journal verify`: sound
      here, and not compared with the ticket API
  65  the journal can't be used: damaged, of a newer version, of another kiosk
  66  `bootstrap`, unattended: no stick with a bundle is in yet
  73  a socket can't be used
  74  the disk is full
  75  another process has the journal; `bootstrap`: stopped, and worth trying again
  77  the admin socket is for root
  78  a setting is missing or wrong

Commands ask the running agent by its admin socket. If it is down, `status`, `queue list`,
`queue export`, `shifts …`, `export` and `journal …` read the journal, under the agent's lock, and
change nothing.
"""
_Shape = argparse.RawDescriptionHelpFormatter


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command is in `command`."""
    parser = argparse.ArgumentParser(
        prog="kiosk-agent",
        description="The venue host's agent: sells and admits through any outage.",
        epilog=_EXAMPLES,
        formatter_class=_Shape,
    )
    parser.add_argument("--version", action="version", version=f"kiosk-agent {AGENT_VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run = commands.add_parser("run", help="run the agent in the foreground until SIGTERM")
    _add_config(run)
    run.set_defaults(command=LaterCommand("running.run"))
    add_supervisor(commands)
    add_bootstrap(commands)
    add_doctor(commands)
    add_errand(commands, LaterCommand("errands.errand"))
    add_host_command(commands, LaterCommand("host_commands.host_command"))
    status = _command(commands, "status", "asking.status", "show line, journal, stock and warnings")
    status.add_argument(
        "--check",
        choices=["power-off", "reinstall"],
        help="exit 0 if that is safe now and 1 if not, also when the agent is down",
    )
    status.add_argument(
        "--why",
        action="store_true",
        help="the last hundred decisions about the kiosk's screen, and why (as root)",
    )
    status.add_argument(
        "--supervisor-socket",
        type=Path,
        metavar="FILE",
        default=_SUPERVISOR_SOCKET,
        help="whom --why asks; by default %(default)s",
    )
    _add_queue(commands)
    drain = _command(commands, "drain", "asking.drain", "stop new carts and return unsold stock")
    drain.add_argument("--off", action="store_true", help="sell again")
    _add_update_lock(commands)
    _add_shifts(commands)
    _add_moving(commands)
    _command(commands, "settings", "asking.settings", "show the settings in force")
    pin = commands.add_parser("hash-pin", help="make the hash of a PIN for the roster file")
    pin.set_defaults(command=LaterCommand("pins.hash_pin"))
    _command(
        commands,
        "check-pin",
        "technicians.check_pin",
        "say whose PIN may examine this host: it is read from standard input",
    )
    journal = commands.add_parser("journal", help="about the journal file")
    parts = journal.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(parts, "info", "asking.journal_info", "show which journal this is and how it stands")
    _command(
        parts, "verify", "verifying.journal_verify", "check its chain, here and at the ticket API"
    )
    _command(
        parts,
        "archives",
        "archives.journal_archives",
        "list the files of transactions that settled long ago, and check each",
    )
    _command(parts, "acknowledge", "asking.acknowledge", "say that you know why a new epoch began")
    return parser


def _add_update_lock(commands: Any) -> None:
    group = commands.add_parser(
        "update-lock", help="keep updates from the kiosk's screen until a time"
    )
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    setting = _command(
        parts, "set", "update_lock.lock_set", "let no update come before a time, and say why"
    )
    end = setting.add_mutually_exclusive_group(required=True)
    end.add_argument(
        "--until", metavar="TIME", help="22:30 by this host's clock, or 2026-11-27T22:30+01:00"
    )
    end.add_argument("--for", dest="lasts", metavar="TIME", help="so long from now: 90m, 2h, 1h30m")
    setting.add_argument("--why", required=True, help="in a few words, such as: doors")
    _command(parts, "show", "update_lock.lock_show", "show the lock in force, who set it and why")
    _command(parts, "lift", "update_lock.lock_lift", "let an update come now")


def _add_shifts(commands: Any) -> None:
    group = commands.add_parser("shifts", help="shifts and their X and Z reports")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(parts, "list", "shifts.shifts_list", "show them, newest first")
    listing.add_argument("--limit", type=_count, default=100, help="at most so many (100)")
    report = _command(
        parts, "report", "shifts.shifts_report", "show one's report: X while it is open, then Z"
    )
    report.add_argument("shift_id", type=UUID, help="the shift")
    report.add_argument("--csv", action="store_true", help="print a table for spreadsheets")
    cancelled = _command(
        parts,
        "cancelled",
        "shifts.shifts_cancelled",
        "show payments cancelled after money was taken: who gave what back, and when",
    )
    cancelled.add_argument(
        "shift_id", type=UUID, nargs="?", help="of this shift; else of all, and of none"
    )
    cancelled.add_argument("--limit", type=_count, default=100, help="the newest so many (100)")
    export = _command(
        parts, "export", "shifts.shifts_export", "write closed shifts' Z reports, CSV and JSON"
    )
    export.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="a folder; made if it is new"
    )
    export.add_argument("--limit", type=_count, default=100, help="the newest so many (100)")


def _add_moving(commands: Any) -> None:
    export = _command(
        commands, "export", "moving.export", "write what is not settled to a folder, encrypted"
    )
    export.add_argument(
        "--to", action="append", required=True, metavar="RECIPIENT", help="age1…; may be repeated"
    )
    export.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="a new folder, or one to go on in"
    )
    receipt = _command(
        commands, "import-receipt", "moving.import_receipt", "keep the ticket API's receipt of it"
    )
    receipt.add_argument("receipt", type=Path, metavar="FILE", help="receipt.json")


def _add_queue(commands: Any) -> None:
    group = commands.add_parser("queue", help="transactions that are not settled")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(parts, "list", "queue.queue_list", "show them, newest first")
    listing.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[state.value for state in JournalState],
        help="only this state, `settled` too; may be repeated",
    )
    listing.add_argument("--limit", type=_count, default=100, help="at most so many (100)")
    export = _command(
        parts,
        "export",
        "queue.queue_export",
        "write them as they would be sent, oldest first, one JSON object a line",
        json=False,
    )
    export.add_argument("--output", type=Path, metavar="FILE", help="a new file, not stdout")
    retry = _command(
        parts, "retry", "queue.queue_retry", "let parked and quarantined ones try again"
    )
    retry.add_argument("txn_id", nargs="*", type=UUID, help="only these; all if none is named")
    void = _command(parts, "void", "quarantine.queue_void", "void a quarantined sale")
    void.add_argument("txn_id", type=UUID, help="the sale")
    void.add_argument("--reason", required=True, help="why, in a few words")
    void.add_argument("--by", required=True, metavar="STAFF_ID", help="the manager who approves")
    over = _command(
        parts, "hand-over", "quarantine.queue_hand_over", "write a quarantined one to a file, noted"
    )
    over.add_argument("txn_id", type=UUID, help="the transaction")
    over.add_argument("--note", required=True, help="what whoever takes it up should know")
    over.add_argument("--by", required=True, metavar="NAME", help="who hands it over")


def _command(
    commands: Any,
    name: str,
    command: str,
    help: str,  # noqa: A002  argparse's own word
    *,
    json: bool = True,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[0].upper()}{help[1:]}."
    )
    _add_config(parser)
    parser.add_argument("--admin-socket", type=Path, metavar="SOCKET", help="ask this agent")
    if json:
        parser.add_argument("--json", action="store_true", help="answer JSON, for programs")
    parser.set_defaults(command=LaterCommand(command))
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        help="settings file; /etc/eventpro/agent.toml if it is there",
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return count
