"""`ticket-api serve | seed | import | keys list | keys rotate | store create`."""

import argparse
import asyncio
import gc
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from cloud_store.opening import create_table
from cloud_store.places import TICKET_API, TablePlace
from cloud_store.port import StoreError
from core_services.ticket_api.api.tokens import FleetKeysError
from core_services.ticket_api.catalogue.season import SeasonError, read_season, seed
from core_services.ticket_api.catalogue.service import CatalogueService
from core_services.ticket_api.clock import SystemClock
from core_services.ticket_api.imports.command import import_export
from core_services.ticket_api.imports.refusing import ImportRefusedError
from core_services.ticket_api.keys.service import KeyFolderError
from core_services.ticket_api.logs import configure_logs
from core_services.ticket_api.runtime import open_keys, open_store, serve
from core_services.ticket_api.settings import Settings, SettingsError, load_settings
from kiosk_contracts.problem import ProblemError

_CONFIGURATION_WRONG = 78
"""EX_CONFIG of sysexits.h."""
_NEW_OBJECTS = 50_000
"""About as many as reading and judging a full batch makes."""
_EXAMPLES = """\
examples:
  ticket-api seed --config ticket-api.toml
  ticket-api serve --config ticket-api.toml
  TICKET_API_PORT=0 ticket-api serve --config ticket-api.toml
  ticket-api keys rotate --config ticket-api.toml

ticket-api.toml has at least:
  database = "store.db"
  keys_dir = "keys"
  fleet_keys_file = "fleet-public-keys.json"
  ops_token_sha256 = "…"        (printf %s "$TOKEN" | sha256sum)

Every setting may also come from the environment, as TICKET_API_ and its name; that counts more
than the file. docs/configuration.md lists them all. Exit status: 0 done or stopped as asked, 78 a
setting or file is missing or wrong, 1 anything else (the port is taken, …).
"""
_SEED_EXAMPLES = """\
examples:
  ticket-api seed --config ticket-api.toml
  ticket-api seed --config ticket-api.toml --season season.json --today 2026-11-23

Without --season a built-in season of two venues is used. docs/season.md describes the file. It
may be run again: what is there already stays; a changed price needs the next version.
"""
_IMPORT_EXAMPLES = """\
examples:
  ticket-api import /media/usb/till-1 --identity ops-identity.txt --config ticket-api.toml
  ticket-api import DIR --identity FILE --config FILE --kiosk harbour-till-1

Every transaction is judged as if the kiosk had sent it; running it again counts nothing twice. At
the end DIR/receipt.json is written: bring it to `kiosk-agent import-receipt`.
"""
_KEYS_EXAMPLES = """\
examples:
  ticket-api keys list --config ticket-api.toml
  ticket-api keys rotate --config ticket-api.toml

`rotate` announces the next key. It signs after max_offline_days, once every gate has learnt it.
"""
_STORE_EXAMPLES = """\
example:
  ticket-api store create --config ticket-api.toml

Makes the table store_table in store_region: billed by request, with deletion protection and
point-in-time recovery. It may be run again: what is there stays, what is missing is done.
"""


def main(words: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parsed = _parser().parse_args(words)
    try:
        settings = load_settings(parsed.config)
        # A command's standard output is its answer; a server's is its log.
        configure_logs(sys.stdout if parsed.command == "serve" else sys.stderr)
        match parsed.command:
            case "serve":
                _look_for_cycles_less_often()
                asyncio.run(serve(settings))
            case "seed":
                asyncio.run(_seed(settings, parsed.season, parsed.today))
            case "import":
                asyncio.run(
                    import_export(settings, parsed.folder, parsed.identity, parsed.kiosk, _say)
                )
            case "store":
                return _create_store(settings)
            case _:
                _keys(settings, rotate=parsed.what == "rotate")
    except (SettingsError, SeasonError, KeyFolderError, FleetKeysError, StoreError) as error:
        return _failed(str(error), _CONFIGURATION_WRONG)
    except ImportRefusedError as error:
        return _failed(f"{error}. There is no receipt.", 1)
    except ProblemError as error:
        return _failed(f"{error}\n{error.problem.hint}".strip(), 1)
    except OSError as error:
        return _failed(str(error), 1)
    return 0


def _look_for_cycles_less_often() -> None:
    """Have Python look for unreachable cycles after a batch's worth of objects, not after 700.

    A batch makes tens of thousands, all of them still in use; looking through them again and again
    takes a tenth of the time (docs/performance.md). What the modules hold is never looked at.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


async def _seed(settings: Settings, season_file: Path | None, today: date) -> None:
    season = read_season(season_file, today)
    async with open_store(settings) as store:
        count = await seed(CatalogueService(store), season)
    open_keys(settings, SystemClock())
    print(f"{count} events at {len(season.venues)} venues are in {settings.store_place}")  # noqa: T201


def _keys(settings: Settings, *, rotate: bool) -> None:
    keys = open_keys(settings, SystemClock())
    if rotate:
        keys.announce()
    for key in keys.public().keys:
        print(  # noqa: T201  the answer
            f"key {key.key_id}  published {key.published_at:%Y-%m-%d %H:%M}"
            f"  signs from {key.signs_from:%Y-%m-%d %H:%M} UTC  {key.public_key}"
        )


def _create_store(settings: Settings) -> int:
    place = settings.store_place
    if not isinstance(place, TablePlace):
        words = "there is no table to make: set store_table and store_region instead of database"
        return _failed(words, _CONFIGURATION_WRONG)
    print(asyncio.run(create_table(place, TICKET_API)))  # noqa: T201  the answer
    return 0


def _say(line: str) -> None:
    print(line)  # noqa: T201  the answer


def _failed(message: str, status: int) -> int:
    print(f"ticket-api: {message}", file=sys.stderr)  # noqa: T201  standard error is for people
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ticket-api",
        description="EventPro's ticket API: catalogue, allotments, transactions, admissions.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _command(commands, "serve", "serve until SIGTERM", _EXAMPLES)
    seeds = _command(commands, "seed", "put a season into the store", _SEED_EXAMPLES)
    seeds.add_argument("--season", type=Path, metavar="FILE", help="a season file (JSON)")
    seeds.add_argument(
        "--today",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        metavar="DATE",
        help="the day that relative times count from, e.g. 2026-11-23 (default: today, UTC)",
    )
    moved = _command(commands, "import", "settle what a kiosk exported", _IMPORT_EXAMPLES)
    moved.add_argument("folder", type=Path, metavar="DIR", help="the export")
    moved.add_argument(
        "--identity", type=Path, required=True, metavar="KEYFILE", help="the age identity"
    )
    moved.add_argument("--kiosk", metavar="ID", help="whose journal it is, if it is not known here")
    keys = _command(commands, "keys", "list or announce signing keys", _KEYS_EXAMPLES)
    keys.add_argument("what", choices=["list", "rotate"])
    store = _command(commands, "store", "make the DynamoDB table", _STORE_EXAMPLES)
    store.add_argument("what", choices=["create"])
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    examples: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    return command


if __name__ == "__main__":
    sys.exit(main())
