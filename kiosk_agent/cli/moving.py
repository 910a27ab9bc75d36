"""`kiosk-agent export | import-receipt`: moving out, and what came back for it."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk_agent import exit_codes
from kiosk_agent.adapters.export_folder import ExportFolder, refused
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import AgentAwayError, Place, ask, find_place, resting_journal
from kiosk_agent.cli.resting import away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.services.moving_out import export_page
from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.moving_out import MAX_PART_ITEMS, ExportPage, Manifest
from kiosk_contracts.problem import ProblemCode, ProblemError

_Source = Callable[[int], Awaitable[ExportPage]]
"""Gives the page above a sequence."""


def export(options: argparse.Namespace) -> int:
    """Write every unsettled transaction, encrypted; go on where an earlier run ended."""
    manifest = asyncio.run(_export(find_place(options), ExportFolder(options.output, options.to)))
    if manifest is None:
        say(showing.NO_JOURNAL)
        return exit_codes.NOT_RUNNING
    if options.json:
        say_json(manifest.to_json())
    else:
        count = sum(part.items for part in manifest.parts)
        say(
            f"Unsettled transactions exported: {count}, in {len(manifest.parts)} parts in"
            f" {options.output}; it covers the journal up to #{manifest.head.sequence}."
        )
        say(
            "Import it with `ticket-api import`; bring its receipt to `kiosk-agent import-receipt`."
        )
    return exit_codes.OK


async def _export(place: Place, folder: ExportFolder) -> Manifest | None:
    async with _source(place) as source:
        if source is None:
            return None
        manifest = folder.manifest(await source(0))
        while not manifest.complete:
            page = await source(manifest.parts[-1].after if manifest.parts else 0)
            if page.head.journal_id != manifest.head.journal_id:
                raise refused("the agent has another journal now")
            manifest = folder.put(manifest, page)
        return manifest


@asynccontextmanager
async def _source(place: Place) -> AsyncIterator[_Source | None]:
    """Ask the running agent; if none runs, read its journal, under its lock all the while."""

    async def by_agent(after: int) -> ExportPage:
        path = f"/v1/export/page?after={after}&limit={MAX_PART_ITEMS}"
        return ExportPage.model_validate(await ask(place, "GET", path))

    try:
        await ask(place, "GET", "/v1/export/page?limit=1")
    except AgentAwayError as error:
        if place.settings is None:
            raise away_problem(error, place) from error
    else:
        yield by_agent
        return
    async with resting_journal(place.settings) as journal:
        if journal is None:
            yield None
            return

        async def at_rest(after: int) -> ExportPage:
            return await journal.read(lambda reader: export_page(reader, after, MAX_PART_ITEMS))

        yield at_rest


def import_receipt(options: argparse.Namespace) -> int:
    """Bring the ticket API's receipt to the agent, which verifies and keeps it."""
    place = find_place(options)
    try:
        answer = asyncio.run(ask(place, "POST", "/v1/receipts", _read(options.receipt)))
    except AgentAwayError as error:
        raise away_problem(error, place) from error
    status = KioskStatus.model_validate(answer)
    if options.json:
        say_json(answer)
    else:
        say(f"Receipt kept: everything up to #{status.last_sequence} is safe at the ticket API.")
        say(showing.reinstall_words(status))
    return exit_codes.OK


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProblemError(
            422,
            ProblemCode.RECEIPT_REFUSED,
            "That is no receipt",
            detail=f"{path}: {error}. Nothing was changed.",
            hint="Name the receipt.json that `ticket-api import` wrote.",
        ) from error
