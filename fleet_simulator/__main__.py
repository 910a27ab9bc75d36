"""`python -m fleet_simulator`: run a simulated fleet and verify what became of every sale."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import aiohttp
from rich.console import Console

from demo.processes import ProcessError
from fleet_simulator.cloud import Cloud, CloudRules, cloud_in, read_kiosks
from fleet_simulator.hosts import SecretProof
from fleet_simulator.options import CALLED_WRONGLY, Options, WrongCallError, read_options
from fleet_simulator.plan import SimulatedVenue, all_kiosks, plan_fleet
from fleet_simulator.run import Fleet, fleet_at, watch
from fleet_simulator.showing import board_on, say_verdict
from fleet_simulator.verifying import Verdict, exit_code
from kiosk_agent.ports.fleet import FleetError

COULD_NOT_RUN: Final = 1
_STOPPED: Final = 130


def main(words: list[str] | None = None) -> int:
    """Run it; return the exit status."""
    try:
        options = read_options(words)
        return asyncio.run(_run(options))
    except WrongCallError as error:
        _say(str(error))
        return CALLED_WRONGLY
    except KeyboardInterrupt:
        _say("stopped; nothing was verified")
        return _STOPPED
    except (ProcessError, FleetError, OSError, ValueError, aiohttp.ClientError) as error:
        _say(str(error))
        return COULD_NOT_RUN


async def _run(options: Options) -> int:
    console = Console(stderr=True, quiet=options.as_json)
    async with (
        _cloud(options, console) as (cloud, venues),
        fleet_at(cloud, venues, options.wishes) as fleet,
    ):
        await _watched(fleet, console)
        console.print("comparing every sale with what the ticket API has")
        verdict = await fleet.verify()
    if options.as_json:
        print(json.dumps(_told(fleet, verdict), indent=1))
    say_verdict(console, verdict)
    return exit_code(verdict)


async def _watched(fleet: Fleet, console: Console) -> None:
    with board_on(console) as board:
        watching = asyncio.create_task(watch(fleet, board))
        try:
            await fleet.run()
        finally:
            watching.cancel()


@asynccontextmanager
async def _cloud(
    options: Options, console: Console
) -> AsyncIterator[tuple[Cloud, Sequence[SimulatedVenue]]]:
    if options.kiosks_file is not None:
        secrets = read_kiosks(options.kiosks_file)
        provers = {kiosk_id: SecretProof(secret) for kiosk_id, secret in secrets.items()}
        unnamed = plan_fleet(len(secrets), options.selling, options.wishes.seed)
        yield Cloud(options.fleet_url, provers), _named(unnamed, [*secrets])
        return
    venues = plan_fleet(options.kiosks, options.selling, options.wishes.seed)
    folder = options.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    console.print(f"starting a cloud for {options.kiosks:,} kiosks in {folder}")
    rules = CloudRules(sts_per_second=options.sts_per_second, seed=options.wishes.seed)
    async with cloud_in(folder, venues, rules) as cloud:
        console.print(f"fleet service: {cloud.fleet_url}")
        yield cloud, venues


def _named(venues: Sequence[SimulatedVenue], kiosk_ids: list[str]) -> list[SimulatedVenue]:
    """Return the plan with kiosks that exist already, each with a journal that nobody has yet."""
    names = iter(kiosk_ids)
    return [
        replace(
            venue,
            kiosks=tuple(
                replace(kiosk, kiosk_id=next(names), journal_id=uuid4()) for kiosk in venue.kiosks
            ),
        )
        for venue in venues
    ]


def _told(fleet: Fleet, verdict: Verdict) -> dict[str, Any]:
    count = sum(1 for _ in all_kiosks(fleet.venues))
    return {"kiosks": count, "run": fleet.figures.to_json(), "verdict": verdict.to_json()}


def _say(words: str) -> None:
    print(f"fleet_simulator: {words}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
