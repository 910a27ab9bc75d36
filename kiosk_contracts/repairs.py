"""What the supervisor mended on its host, as it tells the agent and the agent the fleet service."""

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, Field

from kiosk_contracts.wire import MOST, WireModel

MOST_REPAIRS: Final = 20
MOST_REPAIR_TEXT: Final = 300


class RepairOutcome(StrEnum):
    """What became of a repair that could be made."""

    DONE = "done"
    """It was made; whether it helps is not known yet."""
    HELPED = "helped"
    NOT_HELPED = "not_helped"


class HostRepair(WireModel):
    """One thing that was mended, or was to be."""

    name: str = Field(max_length=64)
    """`ssm_agent`, `ecs_agent`, `docker`, `clock`, `credentials`, `disk`, `ui_socket`."""
    why: str = Field(max_length=MOST_REPAIR_TEXT)
    """Why it was needed, in words."""
    at: AwareDatetime
    outcome: str = Field(max_length=MOST_REPAIR_TEXT)
    """A RepairOutcome, or why it could not be made."""
    in_a_row: int = Field(default=1, ge=1, le=MOST)
    """How many of this name, up to this one, did not help."""


class RepairsReport(WireModel):
    """The last repairs of a host, the oldest first."""

    repairs: tuple[HostRepair, ...] = Field(default=(), max_length=MOST_REPAIRS)


class RepairsHeard(WireModel):
    """What the agent answers."""

    line: str
    """A LineState: without a line much can't be mended."""


def failing(repairs: tuple[HostRepair, ...]) -> tuple[HostRepair, ...]:
    """Return the last repair of each name that was made again and again and did not help."""
    last = {one.name: one for one in repairs}
    return tuple(
        one for one in last.values() if one.in_a_row > 1 and one.outcome != RepairOutcome.HELPED
    )
