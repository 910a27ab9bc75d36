"""What `fleetctl` understands."""

import argparse
from typing import Any, Final

import shtab

from fleet_service.fleetctl import alarms, asking, audit, kiosks, moves, releases, tokens, venues
from fleet_service.fleetctl.fleet import FLEET_URL, TOKEN_FILE
from fleet_service.fleetctl.parsing_commands import (
    add_command,
    add_kiosk_commands,
    add_transactions,
)
from fleet_service.fleetctl.parts import add_dry_run, command, filtered, group, watched
from kiosk_contracts.operators import OperatorRole
from operator_cli.task_terms import add_task_terms

_EXAMPLES: Final = f"""\
examples:
  fleetctl status --watch
  fleetctl kiosk list --state degraded --state ui_down
  fleetctl kiosk show harbour-till-1 --watch 5
  fleetctl kiosk logs harbour-till-1 --lines 50
  fleetctl kiosk doctor harbour-till-1
  fleetctl kiosk reboot harbour-till-1 --reason "the scanner is gone after the thunderstorm"
  fleetctl alarm list
  fleetctl alarm acknowledge harbour-hall.-.venue_unreachable --note "called the provider"
  fleetctl alarm silence harbour-hall.-.venue_unreachable 4h "provider repairs the line"
  fleetctl release create r-2026-11 --image REPOSITORY@sha256:…
  fleetctl release move harbour-hall --to r-2026-11 --canary harbour-till-2 --watch
  fleetctl move abort 0b0e4f0a-… --why "the printer's font is wrong"
  fleetctl transactions --receipt HB1-1-000042
  fleetctl token create "Night shift" operator 30d --write night.token
  fleetctl api GET "/v1/instances?venue=harbour-hall"
  fleetctl --print-completion bash > /etc/bash_completion.d/fleetctl

environment:
  {FLEET_URL}          where the fleet service is, if --url is not said
  {TOKEN_FILE}   the file of your token, if --token-file is not said

exit status: 0 done, 1 refused (why, and what to do, on standard error), 2 the command line is wrong
"""
_Shape = argparse.RawDescriptionHelpFormatter


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
    watched(command(commands, "status", kiosks.status, "say whether somebody has to act"))
    _add_kiosk(commands)
    add_command(commands)
    _add_venue(commands)
    _add_alarm(commands)
    _add_silence(commands)
    _add_release(commands)
    _add_move(commands)
    add_transactions(commands)
    _add_audit(commands)
    _add_token(commands)
    watched(command(commands, "whoami", tokens.who_am_i, "show whose token it is"))
    _add_api(commands)
    return parser


def _add_kiosk(commands: Any) -> None:
    parts = group(commands, "kiosk", "kiosks, and what is known of them")
    listing = watched(command(parts, "list", kiosks.show_list, "list them, problems first"))
    filtered(listing, "--state", "--cause")
    listing.add_argument("--venue", metavar="VENUE_ID", help="of this venue alone")
    listing.add_argument("--text", help="whose id, code or venue has this in it")
    listing.add_argument("--release", metavar="RELEASE_ID", help="that are told to run this one")
    shown = watched(command(parts, "show", kiosks.show_one, "show one, and how it came there"))
    shown.add_argument("kiosk_id", help="e.g. harbour-till-1")
    add_kiosk_commands(parts)


def _add_venue(commands: Any) -> None:
    parts = group(commands, "venue", "venues, and how their kiosks are")
    listing = watched(command(parts, "list", venues.show_list, "list them, problems first"))
    filtered(listing, "--state")
    listing.add_argument("--text", help="whose id or name has this in it")
    shown = watched(command(parts, "show", venues.show_one, "show one, with its kiosks"))
    silence = command(parts, "silence", venues.silence, "have nobody called for anything of it")
    for parser in (shown, silence):
        parser.add_argument("venue_id", help="e.g. harbour-hall")
    _add_silence_terms(silence)


def _add_alarm(commands: Any) -> None:
    parts = group(commands, "alarm", "what somebody has to see to")
    listing = watched(command(parts, "list", alarms.show_list, "list those that are open"))
    filtered(listing, "--cause")
    listing.add_argument("--venue", metavar="VENUE_ID", help="of this venue alone")
    listing.add_argument("--closed", action="store_true", help="the latest that were, instead")
    listing.add_argument("--limit", type=int, default=100, help="how many of those (100)")
    seen = command(parts, "acknowledge", alarms.acknowledge, "say that you see to one")
    seen.add_argument("--note", help="what you do; others read it")
    silence = command(parts, "silence", alarms.silence, "have nobody called for one")
    for parser in (seen, silence):
        parser.add_argument("alarm_id", help="as the list has it")
    _add_silence_terms(silence)


def _add_silence_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lasts", metavar="TIME", help="how long, e.g. 4h or 2d; at most 7d")
    parser.add_argument("reason", help="why; others read it")


def _add_silence(commands: Any) -> None:
    parts = group(commands, "silence", "alarms and venues for which nobody is called")
    watched(command(parts, "list", alarms.show_silences, "list those in force"))
    end = command(parts, "end", alarms.end_silence, "have people called again")
    end.add_argument("scope", help="as the list has it: an alarm, or venue:ID")


def _add_release(commands: Any) -> None:
    parts = group(commands, "release", "releases of the kiosk UI")
    watched(command(parts, "list", releases.show_list, "list them"))
    shown = watched(command(parts, "show", releases.show_one, "show one, and what ECS has of it"))
    create = command(
        parts, "create", releases.create, "make one of an image; the same again goes on with it"
    )
    retire = command(
        parts, "retire", releases.retire, "take one away that no kiosk runs and no move names"
    )
    for parser in (shown, create, retire):
        parser.add_argument("release_id", help="e.g. r-2026-11")
    retire.add_argument("--yes", action="store_true", help="do not ask")
    add_task_terms(create)
    add_dry_run(create)
    move = watched(
        command(parts, "move", moves.start, "move a kiosk, or all of a venue one by one")
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
    move.add_argument(
        "--without-way-back",
        action="store_true",
        help="move also kiosks that could not be brought back, as to a fleet's first release",
    )
    move.add_argument("--id", metavar="MOVE", help="go on with this one, if it was begun")
    move.add_argument("--yes", action="store_true", help="do not ask")
    add_dry_run(move)


def _add_move(commands: Any) -> None:
    parts = group(commands, "move", "kiosks that are moved to a release")
    listing = watched(command(parts, "list", moves.show_list, "list them, the newest first"))
    listing.add_argument("--open", action="store_true", help="those alone that have not ended")
    shown = watched(
        command(parts, "show", moves.show_one, "show one, its kiosks and each decision")
    )
    pause = command(parts, "pause", moves.pause, "move nobody else for now")
    resume = command(parts, "resume", moves.resume, "go on with one that was paused")
    abort = command(parts, "abort", moves.abort, "end one; kiosks keep what they were told last")
    abort.add_argument("--yes", action="store_true", help="do not ask")
    for parser in (shown, pause, resume, abort):
        parser.add_argument("move_id", metavar="MOVE", help="its id, as the list has it")
    for parser in (pause, resume, abort):
        parser.add_argument("--why", help="others read it")


def _add_audit(commands: Any) -> None:
    parser = watched(command(commands, "audit", audit.show_list, "list who changed what"))
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="of one day (UTC)")
    parser.add_argument("--since", metavar="YYYY-MM-DD", help="from a day on")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="to a day")
    parser.add_argument("--actor", metavar="TOKEN", help="of one token, by its id")
    parser.add_argument("--target", metavar="KIND/ID", help="about one thing, e.g. kiosk/till-1")
    parser.add_argument("--limit", type=int, default=100, help="how many (100)")


def _add_token(commands: Any) -> None:
    parts = group(commands, "token", "operators' tokens, for administrators")
    watched(command(parts, "list", tokens.show_list, "list them, without their secrets"))
    create = command(parts, "create", tokens.create, "make one")
    create.add_argument("name", help="who or what it is for; it stands in the audit")
    create.add_argument("role", choices=[*OperatorRole])
    create.add_argument("lasts", metavar="TIME", help="how long it counts, e.g. 30d; at most 366d")
    create.add_argument("--write", required=True, metavar="FILE", help="a new file to put it into")
    revoke = command(parts, "revoke", tokens.revoke, "let one count no more")
    revoke.add_argument("token_id", help="as the list has it")
    revoke.add_argument("--yes", action="store_true", help="do not ask")


def _add_api(commands: Any) -> None:
    parser = command(commands, "api", asking.ask, "ask for any path of the service")
    parser.add_argument("method", choices=asking.METHODS)
    parser.add_argument("path", help="e.g. /v1/alarms?closed=yes")
    parser.add_argument("--body", metavar="JSON", help="what is sent; - reads standard input")
