"""Kiosks that report all the time, and show whatever release ECS told their hosts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.support.acs_agent import obeying
from tests.support.enrolled import Hall, Host

_EVERY_S = 0.3


@asynccontextmanager
async def reporting_kiosk(
    hall: Hall, host: Host, kiosk_id: str, images: Mapping[str, str], **told: Any
) -> AsyncIterator[None]:
    """Report, with all images ready and one more sale settled each time."""
    headers = await host.opens(kiosk_id)
    assert host.ecs_agent is not None

    async def report() -> None:
        sold = 7
        while True:
            release = await asyncio.to_thread(hall.release, host)
            await host.report(
                headers,
                kiosk_id,
                last_sequence=sold,
                last_settled_sale=sold,
                images=[{"image": image, "state": "ready"} for image in images.values()],
                ui={"source": "ecs", "image": images.get(release or "", "")},
                screen={"holder": "a"},
                **told,
            )
            sold += 1
            await asyncio.sleep(_EVERY_S)

    async with obeying(hall.region, host.ecs_agent):
        reports = asyncio.create_task(report())
        try:
            yield
            assert not reports.done(), reports.exception()
        finally:
            reports.cancel()
            await asyncio.wait({reports})
