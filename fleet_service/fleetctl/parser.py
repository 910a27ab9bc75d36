"""What `fleetctl` understands."""

import argparse
from collections.abc import Callable
from typing import Any, Final

import shtab

from fleet_service.fleetctl import alarms, asking, audit, kiosks, moves, releases, tokens, venues
from fleet_service.fleetctl.fleet import FLEET_URL, TOKEN_FILE
from kiosk_contracts.operators import OperatorRole
from operator_cli.task_terms import add_task_terms

_EXAMPLES: Final = f"""\
examples:
  fleetctl status --watch
  fleetctl kiosk list --state degraded --state ui_down
  fleetctl kiosk show harbour-till-1 --watch 5
  fleetctl alarm list
  fleetctl alarm acknowledge harbour-hall.-.venue_unreachable --note "called the provider"
  fleetctl alarm silence harbour-hall.-.venue_unreachable 4h "provider repairs the line"
  fleetctl release create r-2026-11 --image REPOSITORY@sha256:…
  fleetctl release move harbour-hall --to r-2026-11 --canary harbour-till-2 --watch
  fleetctl move abort 0b0e4f0a-… --why "the printer's font is wrong"
  fleetctl token create "Night shift" operator 30d --write night.token
  fleetctl api GET "/v1/instances?venue=harbour-hall"
  fleetctl --print-completion bash > /etc/bash_completion.d/fleetctl

environment:
  {FLEET_URL}          where the fleet service is, if --url is not said
  {TOKEN_FILE}   the file of your token, if --token-file is not said

exit status: 0 done, 1 refused (why, and what to do, on standard error), 2 the command line is wrong
"""
_Shape = argparse.RawDescriptionHelpFormatter
_Command = Callable[[argparse.Namespace], None]
_WATCH_S: Final = 2.0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command's function is in `command`."""
    parser = argparse.ArgumentParser(
        prog="fleetctl",
        description="See every kiosk, see to alarms, move kiosks to a release.",
        epilog=_EXAMPLES,
        formatter_class=_Shape,
    )
    shtab.add_argument_to(parser, ["--print-completion"])
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _watched(_command(commands, "status", kiosks.status, "say whether somebody has to act"))
    _add_kiosk(commands)
    _add_venue(commands)
    _add_alarm(commands)
    _add_silence(commands)
    _add_release(commands)
    _add_move(commands)
    _add_audit(commands)
    _add_token(commands)
    _watched(_command(commands, "whoami", tokens.who_am_i, "show whose token it is"))
    _add_api(commands)
    return parser


def _add_kiosk(commands: Any) -> None:
    parts = _group(commands, "kiosk", "kiosks, and what is known of them")
    listing = _watched(_command(parts, "list", kiosks.show_list, "list them, problems first"))
    _filtered(listing, "--state", "--cause")
    listing.add_argument("--venue", metavar="VENUE_ID", help="of this venue alone")
    listing.add_argument("--text", help="whose id, code or venue has this in it")
    shown = _watched(_command(parts, "show", kiosks.show_one, "show one, and how it came there"))
    shown.add_argument("kiosk_id", help="e.g. harbour-till-1")


def _add_venue(commands: Any) -> None:
    parts = _group(commands, "venue", "venues, and how their kiosks are")
    listing = _watched(_command(parts, "list", venues.show_list, "list them, problems first"))
    _filtered(listing, "--state")
    listing.add_argument("--text", help="whose id or name has this in it")
    shown = _watched(_command(parts, "show", venues.show_one, "show one, with its kiosks"))
    silence = _command(parts, "silence", venues.silence, "have nobody called for anything of it")
    for parser in (shown, silence):
        parser.add_argument("venue_id", help="e.g. harbour-hall")
    _add_silence_terms(silence)


def _add_alarm(commands: Any) -> None:
    parts = _group(commands, "alarm", "what somebody has to see to")
    listing = _watched(_command(parts, "list", alarms.show_list, "list those that are open"))
    _filtered(listing, "--cause")
    listing.add_argument("--venue", metavar="VENUE_ID", help="of this venue alone")
    listing.add_argument("--closed", action="store_true", help="the latest that were, instead")
    listing.add_argument("--limit", type=int, default=100, help="how many of those (100)")
    seen = _command(parts, "acknowledge", alarms.acknowledge, "say that you see to one")
    seen.add_argument("--note", help="what you do; others read it")
    silence = _command(parts, "silence", alarms.silence, "have nobody called for one")
    for parser in (seen, silence):
        parser.add_argument("alarm_id", help="as the list has it")
    _add_silence_terms(silence)


def _add_silence_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lasts", metavar="TIME", help="how long, e.g. 4h or 2d; at most 7d")
    parser.add_argument("reason", help="why; others read it")


def _add_silence(commands: Any) -> None:
    parts = _group(commands, "silence", "alarms and venues for which nobody is called")
    _watched(_command(parts, "list", alarms.show_silences, "list those in force"))
    end = _command(parts, "end", alarms.end_silence, "have people called again")
    end.add_argument("scope", help="as the list has it: an alarm, or venue:ID")


def _add_release(commands: Any) -> None:
    parts = _group(commands, "release", "releases of the kiosk UI")
    _watched(_command(parts, "list", releases.show_list, "list them"))
    shown = _watched(_command(parts, "show", releases.show_one, "show one, and what ECS has of it"))
    create = _command(
        parts, "create", releases.create, "make one of an image; the same again goes on with it"
    )
    for parser in (shown, create):
        parser.add_argument("release_id", help="e.g. r-2026-11")
    add_task_terms(create)
    _add_dry_run(create)
    move = _watched(
        _command(parts, "move", moves.start, "move a kiosk, or all of a venue one by one")
    )
    move.add_argument("target", metavar="KIOSK|VENUE")
    move.add_argument("--to", required=True, metavar="RELEASE")
    move.add_argument("--canary", metavar="KIOSK", help="which goes first; the first that may")
    move.add_argument(
        "--settle",
        type=int,
        metavar="SECONDS",
        help="a kiosk has moved once it settled a sale, or stayed well so long (300)",
    )
    move.add_argument("--id", metavar="MOVE", help="go on with this one, if it was begun")
    move.add_argument("--yes", action="store_true", help="do not ask")
    _add_dry_run(move)


def _add_move(commands: Any) -> None:
    parts = _group(commands, "move", "kiosks that are moved to a release")
    listing = _watched(_command(parts, "list", moves.show_list, "list them, the newest first"))
    listing.add_argument("--open", action="store_true", help="those alone that have not ended")
    shown = _watched(
        _command(parts, "show", moves.show_one, "show one, its kiosks and each decision")
    )
    pause = _command(parts, "pause", moves.pause, "move nobody else for now")
    resume = _command(parts, "resume", moves.resume, "go on with one that was paused")
    abort = _command(parts, "abort", moves.abort, "end one; kiosks keep what they were told last")
    abort.add_argument("--yes", action="store_true", help="do not ask")
    for parser in (shown, pause, resume, abort):
        parser.add_argument("move_id", metavar="MOVE", help="its id, as the list has it")
    for parser in (pause, resume, abort):
        parser.add_argument("--why", help="others read it")


def _add_audit(commands: Any) -> None:
    parser = _watched(_command(commands, "audit", audit.show_list, "list who changed what"))
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="of one day (UTC)")
    parser.add_argument("--since", metavar="YYYY-MM-DD", help="from a day on")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="to a day")
    parser.add_argument("--actor", metavar="TOKEN", help="of one token, by its id")
    parser.add_argument("--target", metavar="KIND/ID", help="about one thing, e.g. kiosk/till-1")
    parser.add_argument("--limit", type=int, default=100, help="how many (100)")


def _add_token(commands: Any) -> None:
    parts = _group(commands, "token", "operators' tokens, for administrators")
    _watched(_command(parts, "list", tokens.show_list, "list them, without their secrets"))
    create = _command(parts, "create", tokens.create, "make one")
    create.add_argument("name", help="who or what it is for; it stands in the audit")
    create.add_argument("role", choices=[*OperatorRole])
    create.add_argument("lasts", metavar="TIME", help="how long it counts, e.g. 30d; at most 366d")
    create.add_argument("--write", required=True, metavar="FILE", help="a new file to put it into")
    revoke = _command(parts, "revoke", tokens.revoke, "let one count no more")
    revoke.add_argument("token_id", help="as the list has it")
    revoke.add_argument("--yes", action="store_true", help="do not ask")


def _add_api(commands: Any) -> None:
    parser = _command(commands, "api", asking.ask, "ask for any path of the service")
    parser.add_argument("method", choices=asking.METHODS)
    parser.add_argument("path", help="e.g. /v1/alarms?closed=yes")
    parser.add_argument("--body", metavar="JSON", help="what is sent; - reads standard input")


def _group(commands: Any, name: str, words: str) -> Any:
    group = commands.add_parser(name, help=words)
    return group.add_subparsers(title="commands", metavar="COMMAND", required=True)


def _command(commands: Any, name: str, command: _Command, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words[:1].upper()}{words[1:]}."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--url", metavar="URL", help="where the fleet service is")
    parser.add_argument("--token-file", metavar="FILE", help="your token")
    parser.set_defaults(command=command, watch=None)
    return parser


def _watched(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=_WATCH_S,
        metavar="SECONDS",
        help="again and again, every 2 s if not said; with --json a line whenever it changes",
    )
    return parser


def _filtered(parser: argparse.ArgumentParser, *options: str) -> None:
    for option in options:
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar=option[2:].upper(),
            help="such alone; may be repeated",
        )


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")
