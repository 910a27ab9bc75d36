"""What the supervisor remembers between two looks at the host."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kiosk_agent.supervisor.domain.host import Health, Host, UiContainer, UiTask

REPORTS_MS: Final = 6_000
"""A kiosk UI that reported within this time is alive; it reports every two seconds."""
STUCK_LAG_MS: Final = 5_000
"""An event loop that was later than this answers nobody."""
CRASHES_MS: Final = 600_000
"""Ends of an image's containers count together over this time."""
MOST_CRASHES: Final = 3
"""So many of them make an image that crashes."""
BACKOFF_MS: Final = (0, 0, 1_000, 2_000, 5_000, 15_000, 30_000, 60_000)
"""Before the standby is started again after so many ends within `CRASHES_MS`. Never for good."""


@dataclass(frozen=True, slots=True)
class GoodTasks:
    """What has run well: this alone outlives the supervisor."""

    last: UiTask | None = None
    """What the standby is started from."""
    before: UiTask | None = None
    """The one of another image before that: to go back to."""

    def and_now(self, task: UiTask) -> "GoodTasks":
        """Return them once `task` has run well, too."""
        same_image = self.last is not None and self.last.image_id == task.image_id
        return GoodTasks(last=task, before=self.before if same_image else self.last)


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it."""

    good: GoodTasks = field(default_factory=GoodTasks)
    ready_since: Mapping[str, int] = field(default_factory=dict)
    """Since when each container's UI has been ready without a break."""
    held_since: tuple[str, int] = ("", 0)
    """Which screen has answered keys, and since when."""
    ended: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """By container: its image's id and when its end was seen; those of the last ten minutes."""

    def crashes(self, image_id: str, now_ms: int) -> tuple[int, ...]:
        """Return when containers of an image ended lately, in order."""
        return tuple(
            sorted(at for of, at in self.ended.values() if of == image_id and _lately(at, now_ms))
        )

    def is_crashing(self, image_id: str, now_ms: int) -> bool:
        """Say whether an image's containers end again and again."""
        return len(self.crashes(image_id, now_ms)) >= MOST_CRASHES

    def pause_ms(self, image_id: str, now_ms: int) -> int:
        """Return how long a container of this image is not started again after the last one."""
        return BACKOFF_MS[min(len(self.crashes(image_id, now_ms)), len(BACKOFF_MS) - 1)]

    def rests(self, image_id: str, now_ms: int) -> bool:
        """Say whether that pause is not over yet."""
        ends = self.crashes(image_id, now_ms)
        return bool(ends) and now_ms < ends[-1] + self.pause_ms(image_id, now_ms)


def is_ready(host: Host, container: UiContainer) -> bool:
    """Say whether the UI in a container could answer keys now."""
    screen = host.screen_of(container)
    return (
        container.running
        and container.health is not Health.UNHEALTHY
        and screen is not None
        and screen.reported_ms_ago <= REPORTS_MS
        and screen.lag_ms < STUCK_LAG_MS
        and not screen.stopping
    )


def remembered(memory: Memory, host: Host, now_ms: int) -> Memory:
    """Return what is remembered after a look. What could not be seen changes nothing."""
    if host.docker_away:
        return memory
    ready = {
        one.container_id: memory.ready_since.get(one.container_id, now_ms)
        for one in host.containers
        if is_ready(host, one) or (host.agent_away and one.container_id in memory.ready_since)
    }
    ended = {key: value for key, value in memory.ended.items() if _lately(value[1], now_ms)}
    for one in host.containers:
        # One that was told to end, by ECS or by us, ended well.
        if not one.running and one.exit_code != 0 and one.container_id not in memory.ended:
            ended[one.container_id] = (one.task.image_id, one.since_ms)
    held = memory.held_since
    if not host.agent_away and host.holder != held[0]:
        held = (host.holder, now_ms)
    return replace(memory, ready_since=ready, ended=ended, held_since=held)


def _lately(at_ms: int, now_ms: int) -> bool:
    return now_ms - at_ms < CRASHES_MS
