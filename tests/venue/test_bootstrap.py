"""From bare hardware to kiosks that sell, on real venue hosts, as docs/new-venue.md says."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.domain.steps import Step
from tests.support.cashier import cashier
from tests.support.cloud import until_status
from tests.support.venue.machine import VenueMachine
from tests.support.venue.settled import sockets
from tests.support.venue.technician import harbour_hall, technician
from tests.support.venue.venue import Venue

pytestmark = [
    pytest.mark.venue,
    pytest.mark.timeout(900),
]

RECORD = "var/lib/eventpro/bootstrap.json"


def remembered(host: VenueMachine) -> dict[str, Any]:
    path = host.root / RECORD
    try:
        told: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {"steps": [], "kiosk": None}
    return told


async def sell(host: VenueMachine) -> None:
    folder = sockets(host)
    await until_status(folder, lambda status: any(line.left for line in status.stock))
    async with cashier(folder) as person:
        await person.sell()


async def test_two_hosts_at_once_become_two_kiosks_from_one_bundle(
    venue: Venue, tmp_path: Path
) -> None:
    async with (
        harbour_hall(tmp_path) as (cloud, stick),
        venue.host(bootstrapped=False) as first,
        venue.host(bootstrapped=False) as second,
    ):
        hosts = (first, second)
        for host in hosts:
            cloud.lay(host)
            await host.boot(stick, until_ready=False)
        await asyncio.gather(*(technician(host, cloud.passphrase) for host in hosts))
        names = {remembered(host)["kiosk"]["kiosk_id"] for host in hosts}
        assert names == {"harbour-till-1", "harbour-till-2"}
        assert cloud.registrations() == 2
        assert set(cloud.hosts().values()) == names
        for host in hosts:
            await sell(host)
        told = await cloud.types(2)
        assert told.count("active") == 2, told

        await first.power_cut()
        await first.boot()
        assert await first.state("kiosk-bootstrap") == "inactive"
        await sell(first)
        assert cloud.registrations() == 2


async def test_power_cut_at_every_step_ends_with_one_registration(
    venue: Venue, tmp_path: Path
) -> None:
    """Each run is cut where none was before; with VENUE_ALL=1 wherever a step begins and ends.

    Steps of a few milliseconds are over before the power is gone: test_run.py has each of them.
    """
    name, fetch, register, units = (
        step.value for step in (Step.NAME, Step.FETCH, Step.REGISTER, Step.UNITS)
    )
    left = must = {(register, "began"), (register, "done"), (units, "began")}
    if os.environ.get("VENUE_ALL"):
        left = {(step.value, moment) for step in Step for moment in ("began", "done")}
        must = must | {(name, "began"), (name, "done"), (fetch, "began")}
    left = set(left)
    made = set()
    async with harbour_hall(tmp_path) as (cloud, stick), venue.host(bootstrapped=False) as host:
        cloud.lay(host)
        while True:
            host.screen.wipe()
            await host.boot(stick, until_ready=False)
            moment = await cut_at_one_of(left, host, cloud.passphrase)
            if moment is None:
                break
            left.remove(moment)
            made.add(moment)
        assert must <= made
        assert cloud.registrations() == 1
        assert set(cloud.hosts().values()) == {remembered(host)["kiosk"]["kiosk_id"]}
        await sell(host)


async def cut_at_one_of(
    moments: set[tuple[str, str]], host: VenueMachine, passphrase: str
) -> tuple[str, str] | None:
    """Cut the power at the first of these moments that comes; None if it sells before."""
    before = len(remembered(host)["steps"])
    working = asyncio.create_task(technician(host, passphrase))
    try:
        while not working.done():
            new = remembered(host)["steps"][before:]
            for one in new:
                moment = (one["step"], one["outcome"])
                if moment in moments:
                    await host.power_cut()
                    return moment
            await asyncio.sleep(0.002)
        await working
        return None
    finally:
        working.cancel()
