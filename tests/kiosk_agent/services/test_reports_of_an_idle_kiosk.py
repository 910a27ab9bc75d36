"""A kiosk at which nothing happens reports the same each time: what says the same is not read."""

from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.services.sessions import Heartbeats
from kiosk_contracts.screens import ScreenSeen, ScreensSeen, ScreenState
from tests.support.far_kit import at_work, kit_in

MIB = 2**20


def seen(reported_ms_ago: int) -> ScreensSeen:
    told: dict[str, Any] = {"screen_id": "5f2c1b0a9d8e", "holds": True, "busy": False}
    screen = ScreenSeen(**told, reported_ms_ago=reported_ms_ago)
    return ScreensSeen(holder=screen.screen_id, screens=(screen,))


@pytest.mark.parametrize(
    ("ago", "told"), [(0, 0), (1999, 0), (9999, 0), (10_000, 10_000), (27_500, 20_000)]
)
def test_how_long_ago_a_screen_reported_is_told_in_tens_of_seconds(ago: int, told: int) -> None:
    assert seen(ago).state().reported_ms_ago == told


async def test_reports_of_an_idle_kiosk_differ_by_their_time_alone(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        free, ago = iter(range(910 * MIB, 100 * MIB, -MIB // 8)), iter(range(100, 9000, 1900))
        kit.here.room.free_bytes = lambda: next(free)  # type: ignore[method-assign]

        def screen() -> ScreenState:
            return seen(next(ago)).state()

        heartbeats = Heartbeats(
            kit.here,
            kit.there,
            kit.leaving,
            kit.retiring,
            kit.images,
            every_s=15,
            agent_version="0.1.0",
            screen=screen,
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
            await kit.clock.advance_when_asleep(18)
            await kit.far.until(lambda: len(kit.far.heartbeats) > 1)
        first, second = [dict(one) for one in kit.far.heartbeats[:2]]
    assert first.pop("device_time") != second.pop("device_time")
    assert first == second
    assert first["free_bytes"] % (16 * MIB) == 0
