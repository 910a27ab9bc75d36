"""What the supervisor sees of the venue host at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

SCREEN_ID_DIGITS: Final = 12
"""A container's host name is so much of its id, and a kiosk UI goes by its host name."""

STOP_TIMEOUT_S: Final = 120
"""What the kiosk UI's task definition allows between SIGTERM and SIGKILL."""


class Source(StrEnum):
    """Who started a container of the kiosk UI."""

    ECS = "ecs"
    STANDBY = "standby"


class Health(StrEnum):
    """What Docker says of a container's health check."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    """It has none."""


@dataclass(frozen=True, slots=True)
class UiTask:
    """All that is needed to run a container of the kiosk UI again."""

    image_id: str
    """Of the image on this host, `sha256:…`: also where no tag or digest names it any more."""
    image: str
    """As the task named it, by digest."""
    environment: Mapping[str, str] = field(default_factory=dict)
    entry_point: tuple[str, ...] = ()
    """Empty: the image's own."""
    command: tuple[str, ...] = ()
    user: str = ""
    binds: tuple[str, ...] = ()
    """`/on/the/host:/in/the/container[:ro]`."""
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    memory_bytes: int = 0
    """0: no limit."""
    health_check: Mapping[str, Any] = field(default_factory=dict)
    """As Docker is asked for it; empty: the image's own."""
    stop_timeout_s: int = STOP_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class UiContainer:
    """A container of the kiosk UI, running or ended."""

    container_id: str
    source: Source
    task: UiTask
    running: bool
    health: Health = Health.UNKNOWN
    since_ms: int = 0
    """When it was first seen so, running or ended; CLOCK_BOOTTIME."""
    began: str = ""
    """When it was started last, as Docker says it: to be compared, not reckoned with."""
    exit_code: int | None = None
    out_of_memory: bool = False
    last_words: str = ""
    """What it said when it ended, one line; empty if nothing that may be passed on."""

    is_whole: bool = True
    """Whether its task is all of it; False: Docker could say no more than what image it is of."""

    @property
    def how_it_ended(self) -> str:
        """Say so, in words."""
        if self.exit_code is None and not self.out_of_memory:
            return "nobody knows how"
        how = "it ran out of memory" if self.out_of_memory else f"status {self.exit_code}"
        return f"{how}: {self.last_words}" if self.last_words else how

    @property
    def screen_id(self) -> str:
        """What its kiosk UI calls itself at the agent."""
        return self.container_id[:SCREEN_ID_DIGITS]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a kiosk UI said of itself to the agent."""

    screen_id: str
    busy: bool = False
    why: str = ""
    stopping: bool = False
    lag_ms: int = 0
    reported_ms_ago: int = 0


@dataclass(frozen=True, slots=True)
class Host:
    """One look at everything. An empty `…_away` says that it answered, a text why it did not."""

    docker_away: str = ""
    agent_away: str = ""
    ecs_away: str = ""
    containers: tuple[UiContainer, ...] = ()
    listed_ms: int = 0
    """When Docker was asked for them; CLOCK_BOOTTIME."""
    screens: tuple[Screen, ...] = ()
    holder: str = ""
    """Which screen answers keys; empty if none."""
    awaited: str = ""
    """Nobody has the screen, and the agent keeps it for this one: it had it as the agent ended."""
    sockets_since_ms: int = 0
    """Since when the folder of the UI socket that is there was seen; CLOCK_BOOTTIME."""
    update_lock: str = ""
    """Until when the screen moves to no other image, and why; empty: it may."""

    @property
    def running(self) -> tuple[UiContainer, ...]:
        """The kiosk UIs that run, the one started last first."""
        return tuple(
            sorted(
                (one for one in self.containers if one.running),
                key=lambda one: (one.since_ms, one.container_id),
                reverse=True,
            )
        )

    def screen_of(self, container: UiContainer) -> Screen | None:
        """Return what the UI in a container said; None if the agent has not heard of it."""
        return next((one for one in self.screens if one.screen_id == container.screen_id), None)
