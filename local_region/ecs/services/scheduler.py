"""The loop that keeps services: plan purely, do what is due, sleep until something changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import web

from local_region.clock import Clock
from local_region.ecs.model import DaemonService, EcsState, Event
from local_region.ecs.services.moves import Act, Moves
from local_region.ecs.services.plan import Plan, plan
from local_region.ecs.tasks import Tasks

log = structlog.get_logger()

_LONGEST_PAUSE_S: Final = 900.0
_MOST_EVENTS: Final = 100


class Scheduler:
    """Starts and stops tasks for services."""

    def __init__(
        self, state: EcsState, tasks: Tasks, moves: Moves, clock: Clock, save: Callable[[], None]
    ) -> None:
        self._state = state
        self._tasks = tasks
        self._moves = moves
        self._clock = clock
        self._save = save
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look again: something changed."""
        self._changed.set()

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Schedule while the app runs."""
        self._changed = asyncio.Event()
        loop = asyncio.create_task(self._loop())
        yield
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    async def _loop(self) -> None:
        while True:
            self._changed.clear()
            try:
                self.step()
            except Exception:
                # One service that can't be kept must not end the keeping of the others for good.
                log.exception("scheduler_failed")
            at = self._moves.next_at()
            wait = None if at is None else max(0.02, at - self._clock.monotonic())
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def step(self) -> None:
        """Do what is due now."""
        wanted: dict[Act, float] = {}
        reasons: dict[tuple[str, str], list[tuple[str, str]]] = {}
        changed = False
        for service in list(self._state.services.values()):
            if service.status == "INACTIVE":
                continue
            found = self._plan(service)
            changed |= self._note(service, found)
            for instance in found.starts:
                wanted[Act(service.arn, instance.arn, "start")] = _pause_s(service)
            for task, why in found.stops:
                wanted[Act(service.arn, task.instance, "stop")] = 0.0
                reasons.setdefault((service.arn, task.instance), []).append((task.arn, why))
        for act in self._moves.due(wanted, self._clock.monotonic()):
            self._do(act, reasons)
            changed = True
        if changed:
            self._save()

    def _plan(self, service: DaemonService) -> Plan:
        instances = [
            one for one in self._state.instances.values() if one.cluster == service.cluster
        ]
        definition = self._state.definitions[service.definition]
        return plan(service, definition, instances, self._state.tasks_of(service))

    def _do(self, act: Act, reasons: dict[tuple[str, str], list[tuple[str, str]]]) -> None:
        service, now = self._state.services[act.service], self._clock.now()
        if act.part == "start":
            instance = self._state.instances[act.instance]
            definition = self._state.definitions[service.definition]
            cluster = self._state.clusters[service.cluster]
            task = self._tasks.place(cluster, instance, definition, now)
            task.service, task.group = service.name, f"service:{service.name}"
            task.started_by = service.deployment
            self._tell(service, f"has started 1 tasks: (task {task.arn.rpartition('/')[2]}).")
            return
        for arn, why in reasons[act.service, act.instance]:
            self._tasks.end(self._state.tasks[arn], now, "ServiceSchedulerInitiated", why)
            self._tell(service, f"has stopped 1 running tasks: (task {arn.rpartition('/')[2]}).")

    def _note(self, service: DaemonService, found: Plan) -> bool:
        changed = service.wanted != found.wanted
        service.wanted = found.wanted
        if service.status == "DRAINING" and not self._state.tasks_of(service):
            service.status = "INACTIVE"
            return True
        for instance in found.unplaced:
            text = (
                "was unable to place a task because no container instance met all of its "
                f"requirements. The closest matching (container-instance {instance.arn}) has "
                "insufficient memory or CPU units available."
            )
            if not service.events or not service.events[-1].message.endswith(text):
                self._tell(service, text)
                changed = True
        return changed

    def _tell(self, service: DaemonService, text: str) -> None:
        said = f"(service {service.name}) {text}"
        service.events.append(Event(event_id=str(uuid4()), at=self._clock.now(), message=said))
        del service.events[:-_MOST_EVENTS]


def _pause_s(service: DaemonService) -> float:
    """Return how long a start waits: longer with each start in a row that failed."""
    if service.failed_starts == 0:
        return 0.0
    return float(min(_LONGEST_PAUSE_S, 2.0**service.failed_starts))
