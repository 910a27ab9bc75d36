"""What `kiosk-provision` understands."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import shtab

from operator_cli.task_terms import add_task_terms
from provisioning.cli import (
    activations,
    bundles,
    kiosks,
    leaving,
    roles,
    task_definitions,
    venues,
)
from provisioning.cli.document_parser import add_host_document
from provisioning.cli.office import FLEET_URL, TICKET_API_TOKEN_FILE, TICKET_API_URL, TOKEN_FILE

_EXAMPLES: Final = f"""\
examples:
  kiosk-provision venue add harbour-hall --name "Harbour Hall" --time-zone Europe/Berlin \\
      --opening-hours "mo-fr 10:00-18:00, sa 12:00-23:30" \\
      --kiosk harbour-till-1=HB1 --kiosk harbour-till-2=HB2
  kiosk-provision venue add --csv venues.csv --dry-run
  kiosk-provision venue list --json
  kiosk-provision role create --role EventProKioskHost
  kiosk-provision role fleet --account 111122223333 --cluster eu-central-1/kiosks \\
      --table eu-central-1/eventpro-fleet > fleet-policy.json
  kiosk-provision activation create --venue harbour-hall --kiosks 2 --expires 7d \\
      --role EventProKioskHost --cluster kiosks --key bundle-key.pem \\
      --installer-key ecs-key.asc --set locale=de_DE
  kiosk-provision activation list
  kiosk-provision kiosk show harbour-till-1
  kiosk-provision kiosk deprovision harbour-till-1 --cluster kiosks
  kiosk-provision kiosk replace harbour-till-1 --cluster kiosks --write-off "the disk is broken"
  kiosk-provision bundle keygen --private bundle-key.pem --public bundle-key.pub.pem
  kiosk-provision bundle verify harbour-hall.eventpro --key bundle-key.pub.pem
  kiosk-provision task-definition register --image REPOSITORY@sha256:…
  kiosk-provision host-document put --region eu-central-1
  kiosk-provision --print-completion bash > /etc/bash_completion.d/kiosk-provision

environment:
  {FLEET_URL}    where the fleet service is, if --fleet-url is not said
  {TOKEN_FILE}   the file of the operators' token, if --token-file is not said
  {TICKET_API_URL}, {TICKET_API_TOKEN_FILE}
      the same of the ticket API, where unsold tickets of kiosks that go are written off

exit status: 0 done, 1 refused (why, and what to do, on standard error), 2 the command line is wrong
"""
_Shape = argparse.RawDescriptionHelpFormatter
_Command = Callable[[argparse.Namespace], None]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command's function is in `command`."""
    parser = argparse.ArgumentParser(
        prog="kiosk-provision",
        description="Open venues and enrol their kiosks.",
        epilog=_EXAMPLES,
        formatter_class=_Shape,
    )
    shtab.add_argument_to(parser, ["--print-completion"])
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_venue(commands)
    _add_kiosk(commands)
    _add_activation(commands)
    _add_bundle(commands)
    _add_role(commands)
    _add_task_definition(commands)
    for asking in add_host_document(commands, _command):
        _add_dry_run(asking)
        _add_aws(asking)
    return parser


def _add_venue(commands: Any) -> None:
    group = commands.add_parser("venue", help="venues and the kiosks that they have")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _command(
        parts, "add", venues.add, "open a venue, or change what is said of it; or all of a table"
    )
    add.add_argument("venue_id", nargs="?", help="e.g. harbour-hall")
    add.add_argument("--csv", type=Path, metavar="FILE", help="a table, a venue in each line")
    add.add_argument("--name", help="as people call it")
    add.add_argument("--time-zone", metavar="ZONE", help="e.g. Europe/Berlin")
    add.add_argument("--address", metavar="TEXT", help="where it is")
    add.add_argument(
        "--opening-hours", metavar="TEXT", help='e.g. "mo-fr 10:00-18:00, sa 12:00-23:30"'
    )
    add.add_argument("--contact", metavar="TEXT", help="whom to call")
    add.add_argument(
        "--kiosk", action="append", default=[], metavar="ID=CODE", help="may be repeated"
    )
    add.add_argument("--yes", action="store_true", help="do not ask before kiosks are dropped")
    _add_dry_run(add)
    _add_fleet(add)
    listing = _command(parts, "list", venues.show_list, "list them")
    _add_fleet(listing)
    shown = _command(parts, "show", venues.show, "show one, with its kiosks")
    shown.add_argument("venue_id")
    _add_fleet(shown)
    removed = _command(parts, "remove", venues.remove, "close one whose kiosks have no hosts")
    removed.add_argument("venue_id")
    removed.add_argument("--yes", action="store_true", help="do not ask")
    _add_dry_run(removed)
    _add_fleet(removed)


def _add_kiosk(commands: Any) -> None:
    group = commands.add_parser("kiosk", help="one kiosk: let out and in, free, replace, take away")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(parts, "list", kiosks.show_list, "list them")
    listing.add_argument("--venue", metavar="VENUE_ID", help="of this venue alone")
    shown = _command(parts, "show", kiosks.show, "show one, with its host and its last report")
    acts = [
        _command(parts, "revoke", kiosks.revoke, "let one in nowhere, e.g. a stolen one"),
        _command(
            parts,
            "restore",
            kiosks.restore,
            "let one in again that was revoked, or keep one that was asked to leave",
        ),
        _command(
            parts, "free", kiosks.free, "take a name back from a host that never was the kiosk"
        ),
    ]
    gone = _command(
        parts,
        "deprovision",
        leaving.deprovision,
        "take one out of service for good, once it has given its tickets back and sent all it has",
    )
    replaced = _command(
        parts, "replace", leaving.replace, "let another host be the kiosk in place of its host"
    )
    for parser in (shown, *acts, gone, replaced):
        parser.add_argument("kiosk_id", help="e.g. harbour-till-1")
    for parser in (*acts, gone, replaced):
        parser.add_argument("--yes", action="store_true", help="do not ask")
        _add_dry_run(parser)
    for parser in (gone, replaced):
        _add_going(parser)
    for parser in (listing, shown, *acts, gone, replaced):
        _add_fleet(parser)


def _add_going(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cluster", required=True, help="the ECS cluster")
    parser.add_argument(
        "--write-off",
        metavar="REASON",
        help="give up what is on its disk, e.g. when it is broken or can't be reached",
    )
    parser.add_argument(
        "--host-gone",
        action="store_true",
        help="go on though AWS does not know its host: somebody has deregistered it",
    )
    parser.add_argument(
        "--wait", type=int, default=10, metavar="MINUTES", help="until it has left (10)"
    )
    parser.add_argument(
        "--ticket-api-url", metavar="URL", help="where its unsold tickets are written off"
    )
    parser.add_argument(
        "--ticket-api-token-file", metavar="FILE", help="the operators' token there"
    )
    _add_aws(parser)


def _add_activation(commands: Any) -> None:
    group = commands.add_parser("activation", help="what lets new hosts register")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = _command(
        parts, "create", activations.create, "make an activation and its enrolment bundle"
    )
    create.add_argument("--venue", required=True, metavar="VENUE_ID")
    which = create.add_mutually_exclusive_group()
    which.add_argument(
        "--kiosks", type=int, metavar="N", help="so many that are expected; all if not said"
    )
    which.add_argument(
        "--kiosk", action="append", default=[], metavar="KIOSK_ID", help="this one; may be repeated"
    )
    create.add_argument("--expires", default="7d", metavar="LIFE", help="7d, 12h, … (7d)")
    create.add_argument("--role", required=True, help="the managed-instance role's name")
    create.add_argument("--cluster", required=True, help="the ECS cluster")
    create.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="what signs bundles"
    )
    create.add_argument(
        "--output", type=Path, metavar="FILE", help="a new file; VENUE_ID.eventpro if not said"
    )
    create.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the agent"
    )
    create.add_argument(
        "--host-fleet-url", metavar="URL", help="the fleet service as hosts reach it"
    )
    create.add_argument("--audience", metavar="NAME", help="the fleet service's identity_audience")
    create.add_argument(
        "--installer-url", default=activations.INSTALLER, metavar="URL", help="a mirror of it"
    )
    create.add_argument(
        "--fingerprint",
        action="append",
        metavar="HEX",
        help="key that may have signed the installer; the Amazon ECS team's if not said",
    )
    create.add_argument(
        "--installer-key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="that key, armoured; needed, may be repeated",
    )
    create.add_argument(
        "--endpoint", action="append", default=[], metavar="SERVICE=URL", help="a local region's"
    )
    _add_dry_run(create)
    listing = _command(parts, "list", activations.show_list, "list them, with registrations left")
    revoked = _command(parts, "revoke", activations.revoke, "let one enrol nobody more")
    revoked.add_argument("activation_id")
    revoked.add_argument("--yes", action="store_true", help="do not ask")
    _add_dry_run(revoked)
    for parser in (create, listing, revoked):
        _add_aws(parser)
        _add_fleet(parser)


def _add_bundle(commands: Any) -> None:
    group = commands.add_parser("bundle", help="enrolment bundles")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    keygen = _command(parts, "keygen", bundles.keygen, "make the key that signs bundles")
    keygen.add_argument("--private", type=Path, required=True, metavar="FILE", help="a new file")
    keygen.add_argument("--public", type=Path, required=True, metavar="FILE", help="a new file")
    verify = _command(parts, "verify", bundles.verify, "say what is in one, if its signature holds")
    verify.add_argument("bundle", type=Path, metavar="FILE")
    verify.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="public key that may have signed it; may be repeated",
    )


def _add_role(commands: Any) -> None:
    group = commands.add_parser("role", help="the managed-instance role, and the fleet service's")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = _command(parts, "check", roles.check, "say what of it is wider or missing")
    create = _command(parts, "create", roles.create, "make it, as it must be")
    _add_dry_run(create)
    for parser in (check, create):
        parser.add_argument("--role", required=True, help="its name")
        _add_aws(parser)
    _add_fleet_rights(parts)


def _add_fleet_rights(parts: Any) -> None:
    words = "print what the fleet service's task role must be allowed; ask nobody"
    fleet = _command(parts, "fleet", roles.fleet, words)
    fleet.add_argument("--account", required=True, metavar="DIGITS", help="the AWS account")
    fleet.add_argument(
        "--cluster",
        action="append",
        required=True,
        metavar="REGION/NAME",
        help="a cluster of kiosks; may be repeated",
    )
    fleet.add_argument(
        "--mover",
        choices=("attribute", "tasks"),
        default="attribute",
        help="the fleet service's setting",
    )
    fleet.add_argument(
        "--queue",
        action="append",
        default=[],
        metavar="REGION/NAME",
        help="a queue of ECS's events; may be repeated",
    )
    fleet.add_argument("--table", metavar="REGION/NAME", help="its store on DynamoDB")
    fleet.add_argument(
        "--makes-table", action="store_true", help="it may also make that table (store create)"
    )
    fleet.add_argument(
        "--run-commands",
        action="store_true",
        help="it may have Systems Manager run our own document",
    )
    fleet.add_argument(
        "--execution-role", metavar="ARN", help="with which the ECS agent pulls, if releases say so"
    )
    fleet.add_argument("--api", metavar="REGION/ID", help="the API Gateway before the ticket API")


def _add_task_definition(commands: Any) -> None:
    group = commands.add_parser("task-definition", help="what ECS runs at venues: the kiosk UI")
    parts = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shown = _command(
        parts, "show", task_definitions.show, "print it as ECS would be given it; ask nobody"
    )
    registered = _command(
        parts, "register", task_definitions.register, "register it, as the family's next revision"
    )
    for parser in (shown, registered):
        add_task_terms(parser)
    _add_dry_run(registered)
    _add_aws(registered)


def _command(commands: Any, name: str, command: _Command, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words[:1].upper()}{words[1:]}."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=command)
    return parser


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")


def _add_aws(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", help="AWS region")
    parser.add_argument("--profile", help="AWS profile")


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fleet-url", metavar="URL", help="where the fleet service is")
    parser.add_argument("--token-file", metavar="FILE", help="the operators' token")
