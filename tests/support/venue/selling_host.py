"""A venue host that sells: with the cloud that it belongs to, and what is waited for there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from kiosk_contracts.kiosk_status import KioskStatus
from tests.support.cashier import cashier
from tests.support.cloud import Cloud, cloud_in, until_status
from tests.support.venue.door import tls_door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.settled import settle, sockets
from tests.support.venue.venue import Venue

FLEET = "fleet.example.com"


@asynccontextmanager
async def kiosk_host(
    venue: Venue, folder: Path, fleet: Mapping[str, object] = MappingProxyType({}), **agent: object
) -> AsyncIterator[tuple[VenueMachine, Cloud]]:
    """Make a host with settings, and the cloud that it belongs to."""
    async with (
        cloud_in(folder, **fleet) as cloud,
        tls_door(FLEET, cloud.fleet.url, folder) as way_in,
        venue.host() as host,
    ):
        settle(host, way_in, **agent)
        yield host, cloud


def may_sell(status: KioskStatus) -> bool:
    """Say whether it is online and has tickets."""
    return status.line == "online" and any(line.left for line in status.stock)


async def sell(host: VenueMachine) -> None:
    """Sell a ticket, as soon as it has some."""
    await until_status(sockets(host), may_sell)
    async with cashier(sockets(host)) as person:
        await person.sell()


async def until_restarted(host: VenueMachine, unit: str, before: int) -> None:
    """Wait until systemd has another process of the unit ready."""
    await host.until_journal(unit, rf'_ready", .*"pid": (?!{before}\b)\d+')
    assert await host.main_pid(unit) not in {0, before}
