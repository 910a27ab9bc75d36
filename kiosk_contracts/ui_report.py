"""Which kiosk UI is on the screen, and which images crash, as the supervisor tells the agent."""

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, Field

from kiosk_contracts.images import ImageName
from kiosk_contracts.wire import MOST, WireModel

MOST_CRASHING: Final = 4
MOST_UI_TEXT: Final = 300


class UiSource(StrEnum):
    """Who runs the kiosk UI that answers keys."""

    ECS = "ecs"
    STANDBY = "standby"
    NONE = "none"
    """No kiosk UI answers keys."""


class SupervisorHeard(StrEnum):
    """Whether the agent hears of the host's supervisor, which alone knows of the host."""

    HEARD = "heard"
    AWAITED = "awaited"
    """The agent has just started, and has not heard of it yet."""
    SILENT = "silent"
    """Not for a minute; what it said before may have passed since."""


class CrashingImage(WireModel):
    """An image whose containers ended again and again lately: it is not trusted with the screen."""

    image: ImageName
    """As its task named it."""
    ends: int = Field(ge=1, le=MOST)
    """How many failed within ten minutes."""
    last_exit: str = Field(max_length=MOST_UI_TEXT)
    """How the last one ended, in words: its status, or that it ran out of memory; what it said."""
    last_at: AwareDatetime


class UiReport(WireModel):
    """What the supervisor sees of the kiosk UI."""

    source: str = UiSource.NONE
    """A UiSource."""
    image: str = Field(default="", max_length=500)
    """As the task of the UI that answers keys named it; empty if none does."""
    since: AwareDatetime | None = None
    """Since when that one has answered keys."""
    crashing: tuple[CrashingImage, ...] = Field(default=(), max_length=MOST_CRASHING)
    docker_away: str = Field(default="", max_length=MOST_UI_TEXT)
    """Why Docker does not answer; empty if it does."""
    standby_ready: bool = False
    """Whether the standby runs, and could answer keys now."""
