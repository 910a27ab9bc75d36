"""`kiosk-agent status | drain | settings | journal info`: ask the agent, or read its journal."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from kiosk_agent import exit_codes
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import AgentAwayError, ask, find_place
from kiosk_agent.cli.resting import at_rest, away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.cli.why import why
from kiosk_contracts.kiosk_status import KioskStatus


def status(options: argparse.Namespace) -> int:
    """Show the kiosk's state; the exit status says whether a person should look."""
    return asyncio.run(why(options) if options.why else _status(options))


async def _status(options: argparse.Namespace) -> int:
    place = find_place(options)
    try:
        found = KioskStatus.model_validate(await ask(place, "GET", "/v1/status"))
        running = True
    except AgentAwayError as error:
        resting = await at_rest(place, error, lambda reports: reports.status())
        if resting is None:
            nothing = _nothing_yet(options)
            return exit_codes.OK if options.check else nothing
        found, running = resting, False
    if options.json:
        say_json({"agent_running": running, **found.to_json()})
    else:
        for line in showing.status_lines(found, running=running):
            say(line)
    if options.check:
        safe = found.safe_to_power_off if options.check == "power-off" else found.safe_to_reinstall
        return exit_codes.OK if safe else exit_codes.NOT_SAFE
    if not running:
        return exit_codes.NOT_RUNNING
    return exit_codes.WARNINGS if found.warnings else exit_codes.OK


def drain(options: argparse.Namespace) -> int:
    """Begin or end draining."""
    return asyncio.run(_drain(options))


async def _drain(options: argparse.Namespace) -> int:
    place = find_place(options)
    try:
        answer = await ask(place, "POST", "/v1/drain", {"on": not options.off})
    except AgentAwayError as error:
        raise away_problem(error, place) from error
    found = KioskStatus.model_validate(answer)
    if options.json:
        say_json(answer)
    elif not found.draining:
        say("The kiosk sells again.")
    else:
        say(
            f"The kiosk drains: no new carts. Open carts: {found.open_carts}, transactions unsent:"
            f" {found.unsent}. Run it again when the carts are closed."
        )
    return exit_codes.OK


def settings(options: argparse.Namespace) -> int:
    """Show the settings in force, or what the files say if no agent runs."""
    return asyncio.run(_settings(options))


async def _settings(options: argparse.Namespace) -> int:
    place = find_place(options)
    try:
        values, code = await ask(place, "GET", "/v1/settings"), exit_codes.OK
    except AgentAwayError as error:
        if place.settings is None:
            raise away_problem(error, place) from error
        values, code = place.settings.model_dump(mode="json"), exit_codes.NOT_RUNNING
        sys.stderr.write("kiosk-agent: the agent is not running; these are the settings to be\n")
    if options.json:
        say_json(values)
    else:
        for name, value in values.items():
            say(f"{name} = {json.dumps(value)}")
    return code


def _nothing_yet(options: argparse.Namespace) -> int:
    if options.json:
        say_json({"agent_running": False})
    else:
        say(showing.NO_JOURNAL)
    return exit_codes.NOT_RUNNING


def journal_info(options: argparse.Namespace) -> int:
    """Show which journal this is and how it stands."""
    return asyncio.run(_journal_info(options))


async def _journal_info(options: argparse.Namespace) -> int:
    place = find_place(options)
    found: KioskStatus | None
    try:
        found = KioskStatus.model_validate(await ask(place, "GET", "/v1/status"))
        state_dir = Path((await ask(place, "GET", "/v1/settings"))["state_dir"])
        code = exit_codes.OK
    except AgentAwayError as error:
        if place.settings is None:
            raise away_problem(error, place) from error
        found = await at_rest(place, error, lambda reports: reports.status())
        state_dir, code = place.settings.state_dir, exit_codes.NOT_RUNNING
    if found is None:
        return _nothing_yet(options)
    path = state_dir / "journal.db"
    info = {"agent_running": code == exit_codes.OK, **_file_facts(path), **_journal_facts(found)}
    if options.json:
        say_json(info)
    else:
        for name, value in info.items():
            say(f"{name:<15} {value if isinstance(value, str) else json.dumps(value)}")
    return code


def acknowledge(options: argparse.Namespace) -> int:
    """Take down the warnings of new epochs."""
    return asyncio.run(_acknowledge(options))


async def _acknowledge(options: argparse.Namespace) -> int:
    place = find_place(options)
    try:
        answer = await ask(place, "POST", "/v1/journal/acknowledge")
    except AgentAwayError as error:
        raise away_problem(error, place) from error
    if options.json:
        say_json(answer)
    elif answer["acknowledged"]:
        say("Acknowledged. The damaged files, if any, stay in the state directory.")
    else:
        say("There was nothing to acknowledge.")
    return exit_codes.OK


def _file_facts(path: Path) -> dict[str, Any]:
    """Look at the file without SQLite: the running agent owns every connection to it."""
    wal = path.with_name(path.name + "-wal")
    with path.open("rb") as file:
        header = file.read(72)
    return {
        "path": str(path),
        "bytes": path.stat().st_size,
        "wal_bytes": wal.stat().st_size if wal.exists() else 0,
        "schema_version": int.from_bytes(header[60:64], "big"),
    }


def _journal_facts(found: KioskStatus) -> dict[str, Any]:
    return {
        "journal_id": str(found.journal_id),
        "epoch": found.epoch,
        "kiosk_id": found.kiosk_id,
        "kiosk_code": found.kiosk_code,
        "last_sequence": found.last_sequence,
        "counts": found.counts,
    }
