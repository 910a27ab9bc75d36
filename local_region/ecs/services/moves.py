"""When each part of a move is done: AWS promises no order, so the region keeps none.

A kiosk moves from one service to another by an attribute; the one's stop and the other's start are
decisions of two services. Who relies on an order is to find out here.
"""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Part = Literal["start", "stop"]


class Order(StrEnum):
    """Which part of a move comes first."""

    START_FIRST = "start-first"
    STOP_FIRST = "stop-first"
    LATE = "late"
    """Both late, the stop first."""
    AT_ONCE = "at-once"


_DELAYS_S: Final[dict[Order, dict[Part, float]]] = {
    Order.START_FIRST: {"start": 0.0, "stop": 2.0},
    Order.STOP_FIRST: {"start": 2.0, "stop": 0.0},
    Order.LATE: {"start": 6.0, "stop": 3.0},
    Order.AT_ONCE: {"start": 0.0, "stop": 0.0},
}


@dataclass(frozen=True, slots=True)
class Act:
    """A part for one service on one instance."""

    service: str
    instance: str
    part: Part


class Moves:
    """Draws an order for each instance that has something to do, and says when an act is due."""

    def __init__(self, order: Order | None, seed: int | None) -> None:
        """With `order` None each move draws one of the first three."""
        self._order = order
        self._random = random.Random(seed)  # noqa: S311  an order is no secret
        self._drawn: dict[str, Order] = {}
        self._due: dict[Act, float] = {}

    def due(self, wanted: dict[Act, float], now: float) -> list[Act]:
        """Return which acts are due; `wanted` are all, each with a delay of its own in seconds.

        An act that is no longer wanted is forgotten, and so is the order of an instance at rest.
        """
        self._due = {act: at for act, at in self._due.items() if act in wanted}
        busy = {act.instance for act in wanted}
        self._drawn = {arn: order for arn, order in self._drawn.items() if arn in busy}
        for act, delay in wanted.items():
            if act not in self._due:
                drawn = self._drawn.setdefault(act.instance, self._draw())
                self._due[act] = now + _DELAYS_S[drawn][act.part] + delay
        return [act for act, at in self._due.items() if at <= now]

    def next_at(self) -> float | None:
        """Return when the next act is due, or None if there is none."""
        return min(self._due.values(), default=None)

    def _draw(self) -> Order:
        if self._order is not None:
            return self._order
        return self._random.choice((Order.START_FIRST, Order.STOP_FIRST, Order.LATE))
