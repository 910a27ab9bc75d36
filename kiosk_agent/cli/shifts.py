"""`kiosk-agent shifts list | report | cancelled | export`: shifts and their X and Z reports."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from kiosk_agent import exit_codes
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.adapters.roster_file import load_roster
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import AgentAwayError, Place, ask, find_place
from kiosk_agent.cli.resting import with_kiosk
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.domain.report_table import csv_text, report_files, report_rows
from kiosk_agent.domain.tenders import log_words
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.shift_history import ShiftHistory
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_agent.settings import AgentSettings
from kiosk_contracts.cancelled import CancelledPaymentList, CancelledPaymentShown
from kiosk_contracts.shifts import ShiftList, ShiftReport
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)


def shifts_list(options: argparse.Namespace) -> int:
    """Show shifts, the newest first."""
    return asyncio.run(_shifts_list(options))


async def _shifts_list(options: argparse.Namespace) -> int:
    found, running = await _shifts(find_place(options), options.limit)
    if options.json:
        shown = [one.to_json() for one in found.shifts] if found else []
        say_json({"agent_running": running, "shifts": shown})
    elif found is None:
        say(showing.NO_JOURNAL)
    else:
        if not running:
            say(showing.NOT_RUNNING)
        for one in found.shifts:
            until = showing.time_words(one.closed_at) if one.closed_at else "open"
            since = showing.time_words(one.opened_at)
            say(f"{one.shift_id}  {one.staff_id:<16} {since}  {until}")
        if not found.shifts:
            say("No shifts yet.")
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


def shifts_report(options: argparse.Namespace) -> int:
    """Show a shift's report."""
    return asyncio.run(_shifts_report(options))


async def _shifts_report(options: argparse.Namespace) -> int:
    report, running = await _report(find_place(options), options.shift_id)
    if report is None:
        say(showing.NO_JOURNAL)
    elif options.json:
        say_json({"agent_running": running, **report.to_json()})
    elif options.csv:
        sys.stdout.write(csv_text(report))
    else:
        if not running:
            say(showing.NOT_RUNNING)
        for row in report_rows(report):
            pieces = "" if row.pieces is None else str(row.pieces)
            say(f"{row.what:<24} {row.of:<44} {pieces:>6} {row.amount or '':>16}".rstrip())
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


def shifts_cancelled(options: argparse.Namespace) -> int:
    """Show payments that were cancelled after money was taken, the newest first."""
    return asyncio.run(_shifts_cancelled(options))


async def _shifts_cancelled(options: argparse.Namespace) -> int:
    found, running = await _cancelled(find_place(options), options.shift_id, options.limit)
    if options.json:
        shown = found.to_json() if found else {"payments": []}
        say_json({"agent_running": running, **shown})
    elif found is None:
        say(showing.NO_JOURNAL)
    else:
        if not running:
            say(showing.NOT_RUNNING)
        for one in found.payments:
            say(cancelled_words(one))
        if not found.payments:
            say("No payment was cancelled after money was taken.")
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


def cancelled_words(one: CancelledPaymentShown) -> str:
    """Return one in a line, e.g. `… given back by mia, approved by max: cash 10.00 EUR`."""
    whose = f"shift {one.shift_id}" if one.shift_id is not None else "no shift"
    approved = f", approved by {one.approved_by}" if one.approved_by else ""
    return (
        f"{showing.time_words(one.at)}  {whose}  cart {one.txn_id} of {one.cashier_id}, given back"
        f" by {one.given_back_by}{approved}: {', '.join(log_words(one.taken))}"
    )


def shifts_export(options: argparse.Namespace) -> int:
    """Write the Z reports of closed shifts to a folder."""
    return asyncio.run(_shifts_export(options))


async def _shifts_export(options: argparse.Namespace) -> int:
    place = find_place(options)
    found, running = await _shifts(place, options.limit)
    closed = [one.shift_id for one in (found.shifts if found else ()) if one.closed_at is not None]
    texts: dict[str, str] = {}
    for shift_id in closed:
        report, _ = await _report(place, shift_id)
        if report is not None:
            texts |= report_files(report)
    folder = await asyncio.to_thread(ReportFolder(options.output).put, texts)
    if options.json:
        say_json({"agent_running": running, "folder": str(folder), "files": sorted(texts)})
    else:
        say(f"Z reports written to {folder}: {len(closed)}.")
    return exit_codes.OK if running else exit_codes.NOT_RUNNING


async def _shifts(place: Place, limit: int) -> tuple[ShiftList | None, bool]:
    """Return shifts and whether the agent runs; None: there is no journal yet."""
    path = f"/v1/shifts?limit={limit}"
    return await _asked(
        place,
        ShiftList,
        path,
        lambda kiosk, reports: ShiftHistory(kiosk, reports).shifts_for_root(limit),
    )


async def _cancelled(
    place: Place, shift_id: UUID | None, limit: int
) -> tuple[CancelledPaymentList | None, bool]:
    of_shift = "" if shift_id is None else f"/shifts/{shift_id}"
    return await _asked(
        place,
        CancelledPaymentList,
        f"/v1{of_shift}/cancelled-payments?limit={limit}",
        lambda kiosk, reports: ShiftHistory(kiosk, reports).cancelled_for_root(limit, shift_id),
    )


async def _report(place: Place, shift_id: UUID) -> tuple[ShiftReport | None, bool]:
    path = f"/v1/shifts/{shift_id}"
    return await _asked(
        place, ShiftReport, path, lambda _, reports: reports.report_for_root(shift_id)
    )


async def _asked(
    place: Place,
    model: type[M],
    path: str,
    at_rest: Callable[[Kiosk, ShiftReports], Awaitable[M]],
) -> tuple[M | None, bool]:
    try:
        return model.model_validate(await ask(place, "GET", path)), True
    except AgentAwayError as error:

        async def read(kiosk: Kiosk, settings: AgentSettings) -> M:
            return await at_rest(kiosk, ShiftReports(kiosk, load_roster(settings.roster_file)))

        return await with_kiosk(place, error, read), False
