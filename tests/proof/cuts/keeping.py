"""Phases in which a kiosk keeps what it may need one day: a sealed reserve, and archives."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import pytest

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services import tidying
from tests.proof.cuts import killed
from tests.proof.cuts.run import Run

ROWS_AT_ONCE = 6
SHORT_LEASE_S = 600


async def sealed_reserve(run: Run) -> None:
    """Fill the reserve while an answer gets lost; renew it once its leases have ended."""
    lease_s, run.ledger.lease_s = run.ledger.lease_s, SHORT_LEASE_S
    async with run.kiosk() as kiosk:
        run.ledger.losing = 1
        with suppress(FleetError):
            await kiosk.fill_reserve()
        await kiosk.fill_reserve()
    run.ledger.lease_s = lease_s
    async with run.kiosk() as kiosk:
        await kiosk.here.clock.sleep(SHORT_LEASE_S)
        await kiosk.fill_reserve()


async def archives(run: Run) -> None:
    """Archive some rows; are killed before some more are named; go on, and leave some over."""
    run.killed(killed.first_archive)
    with small_archives():
        async with run.kiosk() as kiosk:
            await kiosk.clear_left_overs()
            await kiosk.archive_some()
        run.killed(killed.archive)
        async with run.kiosk() as kiosk:
            await kiosk.clear_left_overs()
            sold = run.answered(await kiosk.sell(adult=1))
            await run.drain(kiosk)
            await kiosk.archive_some()
            await kiosk.close_again(UUID(sold["txn_id"]), sold)
            await kiosk.tidying._forget_some()
            await kiosk.tidying._shrink()


@contextmanager
def small_archives() -> Iterator[None]:
    """Let few rows go to an archive at once, so that there are several of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tidying, "ROWS_AT_ONCE", ROWS_AT_ONCE)
        yield
