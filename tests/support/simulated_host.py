"""A venue host in memory, for the supervisor: Docker, an ECS agent that comes and goes, an agent.

Time is a number that the test moves. Kiosk UIs come up, report, hang, crash, as they are told.
"""

import asyncio
import errno
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kiosk_agent.domain.screens import Screen, ScreenBusyError, Screens, ScreenUnknownError
from kiosk_agent.supervisor.domain.host import Health, Source, UiContainer, UiTask
from kiosk_agent.supervisor.domain.memory import GoodTasks, Promise
from kiosk_agent.supervisor.ports import (
    AgentAwayError,
    DockerAwayError,
    ScreenRefusedError,
    StartRefusedError,
)
from kiosk_contracts.screens import ScreenSeen, ScreensSeen
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from tests.support.clock import FakeClock

COMES_UP_MS = 1_000
REPORT_EVERY_MS = 2_000


@dataclass
class RunningUi:
    """A container, and how the kiosk UI in it behaves."""

    seen: UiContainer
    began_ms: int
    hangs: bool = False
    busy: str = ""
    lag_ms: int = 0
    """How late its event loop always is."""
    unhealthy: bool = False
    """Docker's health check of it fails, although it answers."""
    ends_when_idle: bool = False
    reported_ms: int | None = None
    sockets_folder: str = ""
    """Which one it was started with."""
    said: tuple[str, bool] = ("", False)
    holds: bool = False
    """Whether it believes that the screen is its own."""


@dataclass
class SimulatedHost:
    """UiContainers, AgentScreens, EcsAgent and TaskMemory, all in one."""

    clock: FakeClock
    task: UiTask | None = None
    docker_away: str = ""
    agent_away: str = ""
    ecs_away: str = ""
    crashing_images: set[str] = field(default_factory=set)
    crashes_with: int = 1
    lives_ms: int = 0
    """How long a container of a crashing image runs."""
    hanging_images: set[str] = field(default_factory=set)
    """Their UIs never get ready."""
    missing_images: set[str] = field(default_factory=set)
    before: UiTask | None = None
    promise: Promise | None = None
    disk_is_full: bool = False
    keeps_asked: int = 0
    hangs: bool = False
    """Docker accepts a question and does not answer it until `answers_again` is set."""
    answers_again: asyncio.Event = field(default_factory=asyncio.Event)
    ecs_hangs: asyncio.Event | None = None
    """The ECS agent does not answer until it is set."""
    starts_slowly: asyncio.Event | None = None
    """A start takes until it is set."""
    starts_asked: int = 0
    sockets_folder: str = "the first"
    broken_off: set[str] = field(default_factory=set)
    """What somebody was busy with at a UI that was ended at once, and did not hang."""
    told: list[UiReport] = field(default_factory=list)
    uis: dict[str, RunningUi] = field(default_factory=dict)
    update_lock: UpdateLock | None = None
    started: int = 0
    remade: int = 0

    def __post_init__(self) -> None:
        """Start the agent."""
        self.screens_of_agent = Screens(started_ms=self.now_ms)

    @property
    def now_ms(self) -> int:
        return self.clock.boottime_ms()

    # What happens to it

    def run_ui(self, source: Source, task: UiTask) -> str:
        """Start a container; return its id."""
        self.started += 1
        container_id = f"{self.started:064x}"[::-1]
        seen = UiContainer(container_id, source, task, running=True, health=Health.STARTING)
        ui = RunningUi(seen, self.now_ms, sockets_folder=self.sockets_folder)
        self.uis[container_id] = ui
        return container_id

    def end_ui(self, container_id: str, status: int) -> None:
        """End a container."""
        ui = self.uis.get(container_id)
        if ui is None or not ui.seen.running:
            return
        ui.seen = replace(ui.seen, running=False, exit_code=status, health=Health.UNKNOWN)
        if status == 0 and not self.agent_away:
            self.screens_of_agent = self.screens_of_agent.ended(ui.seen.screen_id, self.now_ms)

    def ask_to_end(self, container_id: str) -> None:
        """SIGTERM."""
        ui = self.uis.get(container_id)
        if ui is not None and ui.seen.running:
            ui.ends_when_idle = True

    def remake_sockets(self) -> None:
        """Remove the folder of the sockets, and repair it: that restarts the agent."""
        self.remade += 1
        self.sockets_folder = f"made {self.remade} times"
        self.restart_agent(knows=False)

    def restart_agent(self, *, knows: bool = True) -> None:
        """Forget who has the screen, but for its name: that is in a file beside the sockets."""
        before = self.screens_of_agent
        awaited = before.holder or before.awaited if knows else ""
        self.screens_of_agent = Screens(started_ms=self.now_ms, awaited=awaited)

    def power_cut(self) -> None:
        """End everything; ECS's containers are started by nobody."""
        self.uis.clear()
        self.clock.boot = f"{self.clock.boot}'"
        self.restart_agent(knows=False)

    def passes(self, ms: int) -> None:
        """Let time pass: UIs come up, report, finish, crash."""
        for _ in range(max(1, ms // 250)):
            self.clock.advance(min(ms, 250) / 1000)
            for ui in list(self.uis.values()):
                self._live(ui)

    def _live(self, ui: RunningUi) -> None:
        if not ui.seen.running:
            return
        lived = self.now_ms - ui.began_ms >= self.lives_ms
        if ui.seen.task.image_id in self.crashing_images and lived:
            self.end_ui(ui.seen.container_id, self.crashes_with)
            return
        up = self.now_ms - ui.began_ms >= COMES_UP_MS
        ui.hangs |= ui.seen.task.image_id in self.hanging_images
        if not up or ui.hangs:
            ui.seen = replace(ui.seen, health=Health.UNHEALTHY if ui.hangs else Health.STARTING)
            return
        ui.seen = replace(ui.seen, health=Health.UNHEALTHY if ui.unhealthy else Health.HEALTHY)
        if ui.ends_when_idle and not ui.busy:
            self.end_ui(ui.seen.container_id, 0)
            return
        if not self.agent_away and ui.sockets_folder == self.sockets_folder:
            self._report(ui)

    def _report(self, ui: RunningUi) -> None:
        said = (ui.busy, ui.ends_when_idle)
        is_due = ui.reported_ms is None or self.now_ms - ui.reported_ms >= REPORT_EVERY_MS
        if not is_due and said == ui.said:
            return
        ui.said = said
        ui.reported_ms = self.now_ms
        screen = Screen(
            ui.seen.screen_id,
            self.now_ms,
            bool(ui.busy),
            ui.busy,
            stopping=ui.ends_when_idle,
            lag_ms=ui.lag_ms,
        )
        self.screens_of_agent = self.screens_of_agent.reported(screen, claims=ui.holds)
        ui.holds = self.screens_of_agent.holder == ui.seen.screen_id

    @property
    def answering(self) -> RunningUi | None:
        """The UI whose keys are answered, if there is one that runs and does not hang."""
        holder = self.screens_of_agent.holder
        for ui in self.uis.values():
            hears = not ui.hangs and ui.sockets_folder == self.sockets_folder
            if ui.seen.screen_id == holder and ui.seen.running and hears:
                return ui
        return None

    # What the supervisor asks of it

    async def seen(self) -> Sequence[UiContainer]:
        self._docker()
        if self.hangs:
            await self.answers_again.wait()
        return [ui.seen for ui in self.uis.values()]

    def sockets(self) -> str:
        return self.sockets_folder

    async def start_standby(self, task: UiTask) -> str:
        self._docker()
        self.starts_asked += 1
        if self.starts_slowly is not None:
            await self.starts_slowly.wait()
        if task.image_id in self.missing_images:
            raise StartRefusedError(f"404: No such image: {task.image_id}")
        return self.run_ui(Source.STANDBY, task)

    async def stop(self, container_id: str, *, hangs: bool) -> None:
        self._docker()
        ui = self.uis.get(container_id)
        if ui is not None and hangs:
            # A second after SIGTERM, whatever it is in the middle of.
            answers = not ui.hangs and ui.sockets_folder == self.sockets_folder
            self.broken_off |= {ui.busy} - {""} if answers else set()
            self.end_ui(container_id, 137)
        else:
            # SIGTERM alone does not end one that hangs.
            self.ask_to_end(container_id)

    async def remove(self, container_id: str) -> None:
        self._docker()
        self.uis.pop(container_id, None)

    async def changed(self) -> None:
        await asyncio.Event().wait()

    async def screens(self) -> ScreensSeen:
        if self.agent_away:
            raise AgentAwayError(self.agent_away)
        return ScreensSeen(
            holder=self.screens_of_agent.holder,
            awaited=self._awaited(),
            update_lock=self.update_lock,
            screens=tuple(
                ScreenSeen(
                    screen_id=one.screen_id,
                    holds=one.screen_id == self.screens_of_agent.holder,
                    busy=one.busy_at(self.now_ms),
                    why=one.why,
                    stopping=one.stopping,
                    lag_ms=one.lag_ms,
                    reported_ms_ago=self.now_ms - one.reported_ms,
                )
                for one in self.screens_of_agent.known.values()
            ),
        )

    def _awaited(self) -> str:
        """Return it as ScreenDesk does."""
        screens = self.screens_of_agent
        return screens.awaited if screens.waits_for_another("", self.now_ms) else ""

    async def give_screen(self, screen_id: str, ended: str = "") -> None:
        if self.agent_away:
            raise AgentAwayError(self.agent_away)
        try:
            given = self.screens_of_agent.given(screen_id, self.now_ms, force=False, ended=ended)
        except (ScreenBusyError, ScreenUnknownError) as error:
            raise ScreenRefusedError(str(error)) from None
        self.screens_of_agent = given

    async def away(self) -> str:
        if self.ecs_hangs is not None:
            await self.ecs_hangs.wait()
        return self.ecs_away

    def load(self) -> GoodTasks:
        return GoodTasks(last=self.task, before=self.before, promise=self.promise)

    async def tell_ui(self, report: UiReport) -> None:
        if self.agent_away:
            raise AgentAwayError(self.agent_away)
        self.told.append(report)

    def keep(self, tasks: GoodTasks) -> None:
        self.keeps_asked += 1
        if self.disk_is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.task, self.before, self.promise = tasks.last, tasks.before, tasks.promise

    def _docker(self) -> None:
        if self.docker_away:
            raise DockerAwayError(self.docker_away)
