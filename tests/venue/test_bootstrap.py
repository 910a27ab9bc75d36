"""From bare hardware to kiosks that sell, on real venue hosts, as docs/new-venue.md says."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap.domain.steps import Step
from tests.support.cashier import cashier
from tests.support.cloud import until_status
from tests.support.venue.enrolling import GUIDE, EnrollingCloud, enrolling_cloud
from tests.support.venue.machine import VenueMachine
from tests.support.venue.settled import sockets
from tests.support.venue.venue import Venue

pytestmark = [
    pytest.mark.venue,
    pytest.mark.timeout(900),
]

RECORD = "var/lib/eventpro/bootstrap.json"
_, PASSPHRASE, KIOSK, SELLS = re.findall(r"^\d\. \*\*(.+?)\*\*", GUIDE.read_text(), re.MULTILINE)
"""What the guide says that a technician reads on the screen, after the stick is in."""
ENDS = "kiosk-agent: "


@asynccontextmanager
async def harbour_hall(folder: Path) -> AsyncIterator[tuple[EnrollingCloud, str]]:
    """Open the venue as its operator does; give the option that plugs the stick in."""
    async with enrolling_cloud(folder) as cloud:
        await cloud.types(0)
        await cloud.types(1)
        yield cloud, cloud.put_on_stick()


async def technician(host: VenueMachine, passphrase: str) -> None:
    """Do what the guide says until it sells; whatever it asks is answered once each time."""
    answers = {re.escape(PASSPHRASE): passphrase, re.escape(KIOSK): "1"}
    asks = "|".join([*answers, re.escape(SELLS), re.escape(ENDS)])
    while True:
        shown = await host.screen.until(asks, 240)
        assert shown != ENDS, host.screen.text
        if re.fullmatch(re.escape(SELLS), shown):
            return
        typed = next(text for question, text in answers.items() if re.fullmatch(question, shown))
        await asyncio.sleep(0.2)
        host.screen.wipe()
        host.screen.type(f"{typed}\r")


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
    """Each boot gets further; with VENUE_ALL=1 each step is cut when it begins and when it ends."""
    share = [
        ("install and register", "began"),
        ("install and register", "done"),
        ("units", "began"),
    ]
    wanted = [(step.value, moment) for step in Step for moment in ("began", "done")]
    async with harbour_hall(tmp_path) as (cloud, stick), venue.host(bootstrapped=False) as host:
        cloud.lay(host)
        cut: list[tuple[str, str]] = []
        for moment in wanted if os.environ.get("VENUE_ALL") else share:
            host.screen.wipe()
            await host.boot(stick, until_ready=False)
            if not await cut_at(host, cloud.passphrase, moment):
                await host.power_cut()
                continue
            cut.append(moment)
        assert len(cut) >= len(share) - 1, cut
        host.screen.wipe()
        await host.boot(stick, until_ready=False)
        if not (host.root / "var/lib/eventpro/bootstrapped").exists():
            await technician(host, cloud.passphrase)
        assert cloud.registrations() == 1
        assert set(cloud.hosts().values()) == {remembered(host)["kiosk"]["kiosk_id"]}
        await sell(host)


async def cut_at(host: VenueMachine, passphrase: str, moment: tuple[str, str]) -> bool:
    """Cut the power as soon as a step of this run begins, or is done; say whether it came."""
    before = len(remembered(host)["steps"])
    working = asyncio.create_task(technician(host, passphrase))
    try:
        while not working.done():
            new = remembered(host)["steps"][before:]
            if moment in {(one["step"], one["outcome"]) for one in new}:
                await host.power_cut()
                return True
            await asyncio.sleep(0.002)
        await working
        return False
    finally:
        working.cancel()
