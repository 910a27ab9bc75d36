"""Faults that somebody asked for, each for a number of calls."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Kind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    SERVER_ERROR = "5xx"
    SLOW = "slow"
    DROP = "drop"
    """The line goes before the call is heard."""
    DROP_ANSWER = "drop-answer"
    """The call has its effect and its answer is lost."""


class Fault(BaseModel):
    """One order. `operation` None: any of the service. `times`: how many calls it hits."""

    model_config = ConfigDict(extra="forbid")

    service: str
    operation: str | None = None
    kind: Kind
    times: int = Field(default=1, ge=1, le=1_000_000)
    status: Literal[500, 502, 503, 504] = 500
    seconds: float = Field(default=1.0, ge=0, le=600)


class Faults:
    """The orders that are not used up, and how often each kind has hit."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self.hits: dict[str, int] = {}

    @property
    def orders(self) -> list[Fault]:
        """Return what is left, in the order given."""
        return list(self._orders)

    def order(self, fault: Fault) -> None:
        """Take an order up."""
        self._orders.append(fault.model_copy())

    def clear(self) -> None:
        """Forget every order; what has hit stays counted."""
        self._orders.clear()

    def take(self, service: str, operation: str) -> Fault | None:
        """Return the oldest order that hits this call, and count it off."""
        for fault in self._orders:
            if fault.service == service and fault.operation in (None, operation):
                fault.times -= 1
                if fault.times == 0:
                    self._orders.remove(fault)
                key = f"{service}.{operation}.{fault.kind}"
                self.hits[key] = self.hits.get(key, 0) + 1
                return fault
        return None
