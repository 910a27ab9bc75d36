"""Keeps a kiosk UI on the screen: looks, decides, does, for ever."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.domain.host import Host
from kiosk_agent.supervisor.domain.memory import LAST_WORDS, End, GoodTasks, Memory, remembered
from kiosk_agent.supervisor.domain.reconcile import reconcile
from kiosk_agent.supervisor.domain.showing import on_the_screen
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    KeepPromise,
    KeepTask,
    RemoveContainer,
    StartStandby,
    Step,
    StopContainer,
    Wait,
)
from kiosk_agent.supervisor.ports import (
    AgentAwayError,
    AgentScreens,
    DockerAwayError,
    EcsAgent,
    ScreenRefusedError,
    StartRefusedError,
    TaskMemory,
    UiContainers,
)
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.looking import DOCKER_S, SOON_S, Looking

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 2.0
"""Besides at once when a container begins or ends, and soon while something is under way."""
NOT_STARTED_YET: Final = "Docker has not started it yet"
ECHO_MS: Final = 1_000
"""So long after one of Docker's events something is: it tells of an end before its list has it."""
_HURRIES_NONE: Final = (Wait, KeepTask, KeepPromise, RemoveContainer)
"""One that Docker can't remove, or a disk can't keep, is tried at each look."""
_WORDS: Final = {
    StartStandby: "start the standby",
    GiveScreen: "move the screen",
    StopContainer: "end a kiosk UI",
    RemoveContainer: "remove a standby that ended",
    KeepTask: "remember a task",
    KeepPromise: "remember what an update lock keeps",
    Wait: "wait",
}


class Steering:
    """Every decision goes to the log and to `decisions`."""

    def __init__(
        self,
        containers: UiContainers,
        screens: AgentScreens,
        ecs_agent: EcsAgent,
        tasks: TaskMemory,
        clock: Clock,
    ) -> None:
        self._containers = containers
        self._screens = screens
        self._looking = Looking(containers, screens, ecs_agent)
        self._tasks = tasks
        self._clock = clock
        good = tasks.load()
        self._memory = Memory(good=good, promise=good.promise)
        self._ending: dict[tuple[str, bool], asyncio.Task[None]] = {}
        self._starting: tuple[StartStandby, asyncio.Task[str]] | None = None
        self.decisions = Decisions(clock)
        self._shown = ""
        self._has_seen = False
        """Whether Docker has said who runs, since the start."""
        self._shown_anew = asyncio.Event()

    async def run(self) -> None:
        """Look, and do what is to be done, for ever."""
        changes = asyncio.create_task(self._await_change())
        changed_ms = self._clock.boottime_ms()
        try:
            while True:
                steps = await self.steer()
                settled = all(isinstance(step, _HURRIES_NONE) for step in steps)
                if changes.done():
                    changes = asyncio.create_task(self._await_change())
                    changed_ms = self._clock.boottime_ms()
                settled &= self._clock.boottime_ms() - changed_ms > ECHO_MS
                await asyncio.wait({changes}, timeout=LOOK_EVERY_S if settled else SOON_S)
        finally:
            changes.cancel()
            self._looking.cancel()
            if self._starting is not None:
                self._starting[1].cancel()
            for ending in self._ending.values():
                ending.cancel()

    async def steer(self) -> tuple[Step, ...]:
        """Look once, do what is to be done, and return that."""
        await self._settle_start()
        now_ms = self._clock.boottime_ms()
        host = await self._looking.look(now_ms)
        self._memory = remembered(self._memory, host, now_ms)
        steps = tuple(reconcile(self._memory, host, now_ms))
        for step in steps:
            await self._take(step)
        self._show(on_the_screen(host, self._shown))
        return steps

    async def shown(self, known: str, wait_s: float) -> str:
        """Return which container is on the screen, as soon as it is not `known`; empty for none.

        Before Docker has said who runs, what is `known` stays: it may sell while Docker hangs.
        """
        if self._shown == known or not self._has_seen:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._shown_anew.wait()
        return self._shown if self._has_seen else known

    def _show(self, container_id: str) -> None:
        had_seen = self._has_seen
        self._has_seen = had_seen or not self.host.docker_away
        if container_id != self._shown or self._has_seen is not had_seen:
            self._shown = container_id
            # Whoever waits is woken; whoever comes later waits for the next.
            self._shown_anew.set()
            self._shown_anew = asyncio.Event()

    @property
    def host(self) -> Host:
        """What was seen last."""
        return self._looking.host

    async def host_now(self) -> Host:
        """Return that, with the screens of now: a look may hang with Docker."""
        return await self._looking.host_now()

    @property
    def good(self) -> GoodTasks:
        """The tasks that have run well."""
        return self._memory.good

    @property
    def memory(self) -> Memory:
        """What is remembered of all looks."""
        return self._memory

    async def _await_change(self) -> None:
        """Return when Docker tells of a change, or after a pause where it does not answer."""
        try:
            await self._containers.changed()
        except DockerAwayError:
            await self._clock.sleep(LOOK_EVERY_S)

    # Doing

    async def _take(self, step: Step, act: Awaitable[object] | None = None) -> None:
        """Do a step, or what of it is done already; note how that went."""
        outcome = "done"
        try:
            await (self._do(step) if act is None else act)
        except StartRefusedError as error:
            outcome = str(error)
            self._remember_refusal(step, outcome)
        except (DockerAwayError, AgentAwayError, ScreenRefusedError, OSError) as error:
            outcome = str(error)
        if self.decisions.note(_told(step), step.why, outcome):
            log.info("decided", what=_told(step), why=step.why, outcome=outcome)

    def _remember_refusal(self, step: Step, why: str) -> None:
        """Let a start that Docker refused count as an end of that image: another may do better."""
        if isinstance(step, StartStandby):
            now_ms = self._clock.boottime_ms()
            end = End(step.task.image_id, now_ms, step.task.image, why[:LAST_WORDS])
            self._memory = self._memory.and_ended(f"start {now_ms}", end)

    async def _do(self, step: Step) -> None:
        match step:
            case StartStandby():
                await self._start(step)
            case GiveScreen(screen_id, ended=ended):
                await self._screens.give_screen(screen_id, ended)
            case StopContainer(container_id, hangs=hangs, fails=fails):
                if fails:
                    self._memory = self._memory.and_given_up(container_id)
                else:
                    self._memory = self._memory.and_told_to_end(container_id)
                self._end(container_id, hangs=hangs)
            case RemoveContainer(container_id):
                await self._containers.remove(container_id)
            case KeepTask(task):
                self._keep(self._memory.good.and_now(task))
            case KeepPromise(promise):
                self._keep(replace(self._memory.good, promise=promise))
            case Wait():
                pass

    def _keep(self, good: GoodTasks) -> None:
        try:
            self._tasks.keep(good)
        except OSError:
            self._memory = replace(self._memory, not_kept_ms=self._clock.boottime_ms())
            raise
        self._memory = replace(self._memory, good=good, not_kept_ms=None)

    async def _start(self, step: StartStandby) -> None:
        """Start the standby; on a slow disk that goes on beside, and nobody begins it anew."""
        overdue = self._starting is not None
        if self._starting is None:
            starting = asyncio.create_task(self._containers.start_standby(step.task))
            self._starting = step, starting
        _, starting = self._starting
        await asyncio.wait({starting}, timeout=SOON_S if overdue else DOCKER_S)
        if not starting.done():
            raise DockerAwayError(NOT_STARTED_YET)
        self._starting = None
        starting.result()

    async def _settle_start(self) -> None:
        """Note how a start went that came to its end between two looks."""
        if self._starting is not None and self._starting[1].done():
            (step, started), self._starting = self._starting, None
            await self._take(step, started)

    def end_ui(self, container_id: str, *, hangs: bool) -> None:
        """End a kiosk UI because a person wants that: no crash, and what follows is as ever."""
        self._memory = self._memory.and_told_to_end(container_id)
        self._end(container_id, hangs=hangs)

    def _end(self, container_id: str, *, hangs: bool) -> None:
        """End one beside everything else: it may have two minutes."""
        before = self._ending.get((container_id, hangs))
        if before is None or before.done():
            self._ending = {key: task for key, task in self._ending.items() if not task.done()}
            # One that hangs after it was told to end in peace is ended at once all the same.
            ending = asyncio.create_task(self._stop(container_id, hangs=hangs))
            self._ending[container_id, hangs] = ending

    async def _stop(self, container_id: str, *, hangs: bool) -> None:
        try:
            await self._containers.stop(container_id, hangs=hangs)
        except DockerAwayError as error:
            if self.decisions.note("end a kiosk UI", container_id, str(error)):
                log.info("ui_not_ended", container=container_id, why=str(error))


def _told(step: Step) -> str:
    words = _WORDS[type(step)]
    match step:
        case GiveScreen(screen_id):
            return f"{words} to {screen_id}"
        case StopContainer(container_id) | RemoveContainer(container_id):
            return f"{words}: {container_id[:12]}"
        case StartStandby(task) | KeepTask(task):
            return f"{words}: {task.image}"
        case KeepPromise(promise):
            return words if promise is None else f"{words}: {promise.image_id}"
        case Wait():
            return words
