"""Whoever aborts a move is told once it has ended, also where a call to ECS is waited for."""

from typing import Any
from uuid import uuid4

import pytest

from fleet_service.fleetctl.moves import until_aborted
from kiosk_contracts.releases import MoveStanding, MoveState
from tests.support.moving_fleet import BEGAN


class Service:
    """Says in turn how a move stands, the last again and again."""

    def __init__(self, *states: MoveState) -> None:
        self.states = list(states)
        self.asked = 0

    async def get(self, _kind: type[MoveStanding], _path: str) -> MoveStanding:
        self.asked += 1
        return standing(self.states.pop(0) if len(self.states) > 1 else self.states[0])


def standing(state: MoveState) -> MoveStanding:
    body: dict[str, Any] = {"move_id": uuid4(), "to": "r-2", "venue_id": "mill", "canary": None}
    told = {"settle_s": 60, "by": "Olga", "made_at": BEGAN, "state": state, "why": "", "kiosks": ()}
    return MoveStanding.model_validate({**body, **told})


@pytest.mark.parametrize(
    ("said", "asked", "state"),
    [
        ((MoveState.STOPPING, MoveState.STOPPING, MoveState.ABORTED), 2, MoveState.ABORTED),
        ((MoveState.ABORTED,), 0, MoveState.ABORTED),
        ((MoveState.STOPPING,), 3, MoveState.STOPPING),
    ],
)
async def test_it_waits_until_the_move_has_ended_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, said: tuple[MoveState, ...], asked: int, state: MoveState
) -> None:
    monkeypatch.setattr("fleet_service.fleetctl.moves._ABORT_LOOK_S", 0)
    monkeypatch.setattr("fleet_service.fleetctl.moves._ABORT_LOOKS", 3)
    first, *rest = said
    service = Service(*(rest or said))
    told = await until_aborted(service, standing(first))  # type: ignore[arg-type]  as it asks
    assert (told.state, service.asked) == (state, asked)
