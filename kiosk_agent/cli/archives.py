"""`kiosk-agent journal archives`: the files of transactions that settled long ago, each checked."""

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kiosk_agent import exit_codes
from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import AgentAwayError, ask, find_place, resting_journal
from kiosk_agent.cli.resting import away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.ports.archives import ArchiveError


def journal_archives(options: argparse.Namespace) -> int:
    """Show every archive of the journal, and whether it is whole."""
    return asyncio.run(_journal_archives(options))


async def _journal_archives(options: argparse.Namespace) -> int:
    place = find_place(options)
    try:
        kept: dict[str, str] = (await ask(place, "GET", "/v1/archives"))["archives"]
        folder = Path((await ask(place, "GET", "/v1/settings"))["state_dir"]) / "archive"
        running = True
    except AgentAwayError as error:
        if place.settings is None:
            raise away_problem(error, place) from error
        folder, running = place.settings.archive_dir, False
        async with resting_journal(place.settings) as journal:
            found = await journal.read(lambda reader: reader.archives()) if journal else ()
        kept = {facts.name: facts.sha256 for facts in found}
    checked = list(check(FileArchives(folder), kept))
    if options.json:
        say_json({"agent_running": running, "archives": checked})
    else:
        _show(checked, running=running)
    if any(one["problem"] for one in checked):
        return exit_codes.WARNINGS
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


def check(files: FileArchives, kept: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Return one entry for each archive that the journal names or that lies there."""
    for name in sorted({*kept, *files.names()}):
        try:
            facts = files.verify(name)
        except ArchiveError as error:
            yield {"file": name, "transactions": None, "problem": str(error)}
            continue
        same = kept.get(name, facts.sha256) == facts.sha256
        yield {
            "file": name,
            "transactions": facts.transactions,
            "in_journal": name in kept,
            "problem": "" if same else f"{name} is whole, but not the file that was written",
        }


def _show(checked: list[dict[str, Any]], *, running: bool) -> None:
    if not running:
        say(showing.NOT_RUNNING)
    for one in checked:
        say(one["problem"] or f"{one['file']}  {one['transactions']} transactions, whole")
    if not checked:
        say("No archives yet.")
