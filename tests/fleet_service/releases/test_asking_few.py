"""Before a move begins ECS is asked of few kiosks, and once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fleet_service.releases.ordering import Moves
from fleet_service.releases.ports import HostInEcs
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import NewMove
from tests.support.faulty_store import FaultyStore
from tests.support.moving_fleet import NEW
from tests.support.moving_store import MOVE_ID, VENUE, Hall, host_of, selling


class Counting:
    """Adapter of Looker: it counts whom it was asked of."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.asked: list[str] = []

    async def look(self, instance_id: str) -> HostInEcs:
        self.asked.append(instance_id)
        return await self._hall.ecs.look(instance_id)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with selling(tmp_path, "HB1", "HB2", "HB3", "HB4", "HB5") as found:
        yield found


def order(canary: str | None = None) -> NewMove:
    return NewMove(move_id=MOVE_ID, to=NEW, venue_id=VENUE, canary=canary)


@pytest.mark.parametrize(("canary", "asked"), [(None, [1, 2]), ("till-hb4", [4, 1])])
async def test_ecs_is_asked_of_two_and_of_the_canary_first(
    hall: Hall, canary: str | None, asked: list[int]
) -> None:
    looker = Counting(hall)
    await Moves(hall.store, hall.clock, looker).begin(order(canary), "Olga")
    assert looker.asked == [host_of(f"till-hb{one}") for one in asked]


async def test_whoever_has_to_write_again_does_not_ask_again(hall: Hall) -> None:
    looker, store = Counting(hall), FaultyStore(hall.store)
    store.beat(2)
    await Moves(store, hall.clock, looker).begin(order(), "Olga")
    assert store.failed == 2
    assert len(looker.asked) == 2


async def test_a_canary_without_a_way_back_is_refused_at_once(hall: Hall) -> None:
    hall.ecs.first = ""
    with pytest.raises(ProblemError, match="brought back"):
        await Moves(hall.store, hall.clock, Counting(hall)).begin(order("till-hb5"), "Olga")
