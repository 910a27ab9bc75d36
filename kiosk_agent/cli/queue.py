"""`kiosk-agent queue list | export | retry`: transactions that are not settled."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from kiosk_agent import exit_codes
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import (
    AgentAwayError,
    Place,
    admin,
    ask,
    find_place,
    refuse_problems,
    resting_journal,
)
from kiosk_agent.cli.resting import at_rest, away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.services.status import StatusReports
from kiosk_contracts.kiosk_status import JournalState, TransactionPage, TransactionRow
from kiosk_contracts.problem import ProblemCode, ProblemError

_PAGE: Final = 200
UNSETTLED: Final = tuple(state for state in JournalState if state is not JournalState.SETTLED)


def queue_list(options: argparse.Namespace) -> int:
    """Show transactions that are not settled, or those of the states asked for."""
    return asyncio.run(_queue_list(options))


async def _queue_list(options: argparse.Namespace) -> int:
    place = find_place(options)
    states = [JournalState(name) for name in options.state] or list(UNSETTLED)
    rows, running = await _rows(place, states, options.limit)
    if options.json:
        shown = [row.to_json() for row in rows or ()]
        say_json({"agent_running": running, "transactions": shown})
        return exit_codes.OK if running else exit_codes.NOT_RUNNING
    if rows is None:
        say(showing.NO_JOURNAL)
        return exit_codes.NOT_RUNNING
    if not running:
        say(showing.NOT_RUNNING)
    for row in rows:
        for line in showing.row_lines(row):
            say(line)
    if not rows:
        say("No such transactions.")
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


async def _rows(
    place: Place, states: Sequence[JournalState], limit: int
) -> tuple[list[TransactionRow] | None, bool]:
    """Return up to `limit` rows, newest first, and whether the agent runs; None: no journal yet."""
    query = "&".join(f"state={state}" for state in states)

    async def from_agent(before: int | None, size: int) -> TransactionPage:
        since = "" if before is None else f"&before={before}"
        path = f"/v1/transactions?limit={size}&{query}{since}"
        return TransactionPage.model_validate(await ask(place, "GET", path))

    try:
        return await _collect(from_agent, limit), True
    except AgentAwayError as error:

        async def all_pages(reports: StatusReports) -> list[TransactionRow]:
            return await _collect(
                lambda before, size: reports.transactions(before=before, limit=size, states=states),
                limit,
            )

        return await at_rest(place, error, all_pages), False


async def _collect(
    page_of: Callable[[int | None, int], Awaitable[TransactionPage]], limit: int
) -> list[TransactionRow]:
    rows: list[TransactionRow] = []
    before: int | None = None
    while len(rows) < limit:
        page = await page_of(before, min(_PAGE, limit - len(rows)))
        rows.extend(page.transactions)
        before = page.next_before
        if before is None:
            break
    return rows


def queue_export(options: argparse.Namespace) -> int:
    """Write every unsettled transaction, oldest first, one JSON object a line."""
    return asyncio.run(_queue_export(options))


async def _queue_export(options: argparse.Namespace) -> int:
    place = find_place(options)
    write, finish = _target(options.output)
    count, code = 0, exit_codes.OK
    try:
        async for line in _exported(place):
            write(line)
            count += 1
    except AgentAwayError as error:
        code = exit_codes.NOT_RUNNING
        for line in await _at_rest_lines(place, error):
            write(line)
            count += 1
    finish()
    where = f" in {options.output}" if options.output else ""
    sys.stderr.write(f"kiosk-agent: unsettled transactions exported{where}: {count}\n")
    return code


async def _exported(place: Place) -> AsyncIterator[str]:
    async with admin(place) as session, session.get("/v1/export") as response:
        await refuse_problems(response)
        async for line in response.content:
            yield line.decode("utf-8")


async def _at_rest_lines(place: Place, away: AgentAwayError) -> list[str]:
    if place.settings is None:
        raise away_problem(away, place)
    async with resting_journal(place.settings) as journal:
        if journal is None:
            return []
        rows = await journal.read(
            lambda reader: reader.rows_page(before=None, limit=sys.maxsize >> 1, states=UNSETTLED)
        )
        return [f"{json.dumps(row.transaction.to_json())}\n" for row in reversed(rows)]


def _target(output: Path | None) -> tuple[Callable[[str], object], Callable[[], None]]:
    """Return how to write a line, and how to finish: a file is new, private, and synced."""
    if output is None:
        return sys.stdout.write, sys.stdout.flush
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ProblemError(
            500,
            ProblemCode.SETTING_INVALID,
            "The export can't be written",
            detail=f"{output}: {error.strerror}.",
            hint="Name a new file; an export never overwrites one.",
        ) from error
    file = os.fdopen(descriptor, "w", encoding="utf-8")

    def finish() -> None:
        file.flush()
        os.fsync(descriptor)
        file.close()

    return file.write, finish


def queue_retry(options: argparse.Namespace) -> int:
    """Let transactions try again."""
    return asyncio.run(_queue_retry(options))


async def _queue_retry(options: argparse.Namespace) -> int:
    place = find_place(options)
    txn_ids = [str(txn_id) for txn_id in options.txn_id] or None
    try:
        answer = await ask(place, "POST", "/v1/retry", {"txn_ids": txn_ids})
    except AgentAwayError as error:
        raise away_problem(error, place) from error
    if options.json:
        say_json(answer)
    else:
        say(f"Transactions that try again: {answer['requeued']}.")
    return exit_codes.OK
