"""`kiosk-agent journal verify`: check the chain, here and against the ticket API."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator

import aiohttp

from kiosk_agent import exit_codes
from kiosk_agent.cli import showing
from kiosk_agent.cli.reaching import (
    AgentAwayError,
    Place,
    admin,
    find_place,
    raise_problem,
    refuse_problems,
    resting_journal,
)
from kiosk_agent.cli.resting import away_problem
from kiosk_agent.cli.showing import say, say_json
from kiosk_agent.services.verifying import Verification
from kiosk_contracts.problem import Problem
from kiosk_contracts.verifying import VerifyReport

_AT_REST = "the agent is not running, so the ticket API was not asked"


def journal_verify(options: argparse.Namespace) -> int:
    """Verify; the exit status says what came of it."""
    return asyncio.run(_journal_verify(options))


async def _journal_verify(options: argparse.Namespace) -> int:
    place = find_place(options)
    report: VerifyReport | None
    try:
        report = await _by_agent(place)
    except AgentAwayError as error:
        if place.settings is None:
            raise away_problem(error, place) from error
        async with resting_journal(place.settings) as journal:
            report = None if journal is None else await Verification(journal, None, _AT_REST).run()
    if report is None:
        say(showing.NO_JOURNAL)
        return exit_codes.NOT_RUNNING
    if options.json:
        say_json(report.to_json())
    else:
        for line in _lines(report):
            say(line)
    if report.broken:
        return exit_codes.BROKEN
    return exit_codes.OK if report.compared else exit_codes.NOT_RUNNING


async def _by_agent(place: Place) -> VerifyReport:
    unhurried = aiohttp.ClientTimeout(total=None)
    async with (
        admin(place) as session,
        session.post("/v1/verify", timeout=unhurried) as response,
    ):
        await refuse_problems(response)
        async for line in response.content:
            told = json.loads(line)
            if "report" in told:
                return VerifyReport.model_validate(told["report"])
            if "problem" in told:
                raise_problem(Problem.model_validate(told["problem"]))
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{told['checked']} records checked ")
    raise AgentAwayError(str(place.admin_socket))


def _lines(report: VerifyReport) -> Iterator[str]:
    sides = "here and at the ticket API" if report.compared else "here alone"
    checked = f"journal {report.journal_id}: {report.checked} records, up to #{report.up_to}"
    yield f"{checked}, checked {sides}"
    unknown = [one for one in report.breaks if not one.known]
    for one in unknown:
        yield f"  #{one.sequence}: {one.words}"
    if report.broken > len(unknown):
        yield f"  … and {report.broken - len(unknown)} more"
    known = [one for one in report.breaks if one.known]
    if report.known:
        yield f"Known since this epoch began, in what was before: {report.known}"
    for one in known:
        yield f"  #{one.sequence}: {one.words}"
    if report.broken:
        first = report.breaks[0].sequence
        yield f"BROKEN first at #{first}. Tell the control room; change nothing."
    else:
        yield "sound"
    if not report.compared:
        yield f"Not compared with the ticket API: {report.why_not_compared}."
