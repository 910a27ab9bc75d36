"""From what is seen and remembered to what is done about the kiosk's screen.

In the order of what matters: somebody has to be able to sell; then nobody is broken off; then ECS's
own container is the one that runs.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from kiosk_agent.supervisor.domain.host import Health, Host, Screen, Source, UiContainer
from kiosk_agent.supervisor.domain.memory import (
    RAN_WELL_MS,
    REPORTS_MS,
    Memory,
    is_cut_off,
    is_ready,
)
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

COMES_UP_MS: Final = 20_000
"""So long a container may take until its UI is ready; longer, and the standby covers for it."""
HUNG_MS: Final = 90_000
"""A UI that is not ready for so long will not be."""
_NO_ANSWER: Final = "the standby does not answer"
KEEP_AGAIN_MS: Final = 60_000
"""A disk that did not keep what is to be remembered is tried again so late."""
SETTLED_MS: Final = 5_000
"""So long the screen has to have been with ECS's UI before the standby goes."""


def reconcile(memory: Memory, host: Host, now_ms: int) -> Sequence[Step]:
    """Return the steps to take now, never none; `memory` is what is remembered of this look."""
    if host.docker_away:
        return list(_rescued(memory, host, now_ms)) or [
            Wait(f"Docker does not answer ({host.docker_away}): what runs goes on running")
        ]
    steps = [
        *_tidied(host),
        *_covered(memory, host, now_ms),
        *_moved(memory, host, now_ms),
        *_stopped(memory, host, now_ms),
        *_kept(memory, host, now_ms),
    ]
    return steps or [Wait(_all_is_well(host))]


def _tidied(host: Host) -> Iterator[Step]:
    """Remove standbys that ended: their names are needed."""
    for one in host.containers:
        if one.source is Source.STANDBY and not one.running:
            yield RemoveContainer(one.container_id, f"the standby ended: {one.how_it_ended}")


def _covered(memory: Memory, host: Host, now_ms: int) -> Iterator[Step]:
    """Start the standby where no UI runs that answers, or soon will."""
    here = [one for one in host.running if _is_or_comes(memory, host, one, now_ms)]
    kept = memory.good.of_image(memory.kept_image(now_ms))
    if any(kept is None or one.task.image_id == kept.image_id for one in here):
        return
    # While nobody can sell what ran well last begins, whatever a lock keeps.
    task = (kept if here else None) or memory.standby_task(now_ms)
    why = f"none of the image that stays runs: {_promised(memory)}" if here else ""
    why = why or _why_uncovered(memory, host, now_ms)
    standby = next((one for one in host.running if one.source is Source.STANDBY), None)
    if standby is not None:
        if _hangs(memory, host, standby, now_ms):
            cut_off = is_cut_off(host, standby, now_ms)
            end = "the standby has the sockets of a folder that is gone" if cut_off else _NO_ANSWER
            yield StopContainer(standby.container_id, end, hangs=True, fails=not cut_off)
        return
    if task is None:
        yield Wait(f"{why}, and none has run well here yet: the first one has to come from ECS")
        return
    pause_ms = memory.pause_ms(task.image_id, now_ms)
    if memory.rests(task.image_id, now_ms):
        count = len(memory.crashes(task.image_id, now_ms))
        # The whole pause, not what is left of it: that would be another decision each second.
        yield Wait(f"{why}; the standby ended {count} times: again after {pause_ms // 1000} s")
    elif task in (kept, memory.good.last):
        yield StartStandby(task, why)
    else:
        yield StartStandby(task, f"{why}; the one before, for {_crash(memory)}")


def _promised(memory: Memory) -> str:
    return "" if memory.promise is None else memory.promise.lock


def _crash(memory: Memory) -> str:
    """Say how what ran well last fails now."""
    last = memory.good.last
    end = memory.last_end(last.image_id) if last is not None else None
    return f"the last good one fails ({end.how})" if end is not None else "the last one fails"


def _why_uncovered(memory: Memory, host: Host, now_ms: int) -> str:
    for one in host.running:
        if one.source is Source.ECS and memory.is_crashing(one.task.image_id, now_ms):
            return "the image that ECS runs ends again and again"
    if host.running:
        return "the kiosk UI that ECS runs does not answer"
    how = _how_ecs_s_ended(host)
    if host.ecs_away:
        return f"no kiosk UI runs{how}, and the ECS agent does not answer ({host.ecs_away})"
    return f"no kiosk UI runs{how}"


def _how_ecs_s_ended(host: Host) -> str:
    ended = [one for one in host.containers if one.source is Source.ECS and one.exit_code]
    last = max(ended, key=lambda one: one.since_ms, default=None)
    return f" (ECS's ended: {last.how_it_ended})" if last is not None else ""


def _moved(memory: Memory, host: Host, now_ms: int) -> Iterator[Step]:
    """Give the screen to the UI that should have it, when nobody is busy."""
    if host.agent_away:
        return
    best, kept = _best(memory, host, now_ms), memory.kept_image(now_ms)
    stays = _best(memory, host, now_ms, kept) if kept else None
    why = f"and {_why_left(host)}"
    if best is not None and stays is not None and best.task.image_id != kept:
        # A UI that answers, of the image that people were promised to keep.
        if stays.screen_id == host.holder:
            yield Wait(f"the screen stays with {_named(stays)}: {_promised(memory)}")
            return
        best, why = stays, f"of the image that stays: {_promised(memory)}"
    if best is None or best.screen_id == host.holder:
        return
    holder = next((one for one in host.screens if one.screen_id == host.holder), None)
    awaited = next((one for one in host.running if one.screen_id == host.awaited), None)
    if awaited is not None and is_cut_off(host, awaited, now_ms):
        awaited = None
    if awaited is not None and awaited is not best:
        yield Wait(f"the agent has just started: the screen is kept for {_named(awaited)}")
    elif holder is not None and holder.busy:
        yield Wait(f"the screen moves to {_named(best)} when nobody is busy; now: {holder.why}")
    else:
        # It runs no more, or can't be heard: the agent would wait for it all the same.
        ended = host.awaited if awaited is None and _is_listed(memory, host) else ""
        yield GiveScreen(best.screen_id, f"{_named(best)} is ready, {why}", ended)


def _is_listed(memory: Memory, host: Host) -> bool:
    """Say whether whoever had the screen as the agent ended is in the list, if it runs.

    A list that was asked for before may be older than it.
    """
    since_ms = memory.answers_since
    return not host.docker_away and since_ms is not None and host.listed_ms >= since_ms


def _why_left(host: Host) -> str:
    """Say what became of the UI that has the screen, or that it may leave it now.

    No figures: what is decided again in other words would be another decision.
    """
    holder = next((one for one in host.containers if one.screen_id == host.holder), None)
    if holder is None or (holder.running and is_ready(host, holder)):
        return "nobody is busy"
    if not holder.running:
        return f"{_named(holder)} ended: {holder.how_it_ended}"
    screen = host.screen_of(holder)
    if screen is None or screen.reported_ms_ago > REPORTS_MS:
        return f"{_named(holder)} is silent"
    return f"{_named(holder)} {'was told to end' if screen.stopping else 'answers keys too late'}"


def _rescued(memory: Memory, host: Host, now_ms: int) -> Iterator[Step]:
    """Give the screen away from one that is silent while Docker does not answer.

    From no other: the console could show nobody else before Docker answers again.
    """
    holder = next((one for one in host.running if one.screen_id == host.holder), None)
    if holder is None or not is_ready(host, holder):
        yield from (one for one in _moved(memory, host, now_ms) if isinstance(one, GiveScreen))


def _stopped(memory: Memory, host: Host, now_ms: int) -> Iterator[Step]:
    """End the UIs that are not needed, and those that hang while another one answers."""
    if host.agent_away:
        return
    answers = next((one for one in host.running if one.screen_id == host.holder), None)
    if answers is None or not is_ready(host, answers):
        return
    held_by, since_ms = memory.held_since
    settled = held_by == host.holder and now_ms - since_ms >= SETTLED_MS
    # Else it would be started again at once, to cover for that one.
    settled &= _is_or_comes(memory, host, answers, now_ms)
    kept = memory.kept_image(now_ms)
    for one in host.running:
        if one is answers:
            continue
        if one.source is Source.STANDBY and settled and not _comes_back(one, answers, kept):
            yield StopContainer(one.container_id, f"{_named(answers)} has the screen")
        elif one.source is Source.ECS and _hangs(memory, host, one, now_ms):
            yield StopContainer(
                one.container_id,
                "it does not get ready; ECS may start another in its place",
                hangs=True,
                fails=not is_cut_off(host, one, now_ms),
            )


def _kept(memory: Memory, host: Host, now_ms: int) -> Iterator[Step]:
    """Remember what an update lock keeps, and the task of a UI that answered keys for a while."""
    tried_ms = memory.not_kept_ms
    if tried_ms is not None and now_ms - tried_ms < KEEP_AGAIN_MS:
        return
    promise = memory.promise
    if promise != memory.good.promise:
        lifted = "no update lock keeps an image any more"
        yield KeepPromise(promise, lifted if promise is None else f"it stays: {promise.lock}")
    screen, since_ms = memory.held_since
    if host.agent_away or screen != host.holder or now_ms - since_ms < RAN_WELL_MS:
        return
    for one in host.running:
        if one.screen_id == screen and one.source is Source.ECS:
            ready_ms = now_ms - memory.ready_since.get(one.container_id, now_ms)
            crashing = memory.is_crashing(one.task.image_id, now_ms)
            well = ready_ms >= RAN_WELL_MS and not crashing and one.is_whole
            if well and one.task != memory.good.last:
                yield KeepTask(one.task, "it has answered keys for a minute")


def _comes_back(standby: UiContainer, answers: UiContainer, kept: str) -> bool:
    """Say whether a standby is of the image that an update lock keeps, and who answers is not."""
    return standby.task.image_id == kept != answers.task.image_id


def _best(memory: Memory, host: Host, now_ms: int, image_id: str = "") -> UiContainer | None:
    """Return the UI that should answer keys: ECS's newest that is ready, else the standby.

    An image that crashes gets the screen only when nothing else is ready. `image_id`: of that one.
    """
    of_it = [one for one in host.running if image_id in {"", one.task.image_id}]
    ready = [one for one in of_it if is_ready(host, one)]
    return min(
        ready,
        key=lambda one: (
            memory.is_crashing(one.task.image_id, now_ms),
            one.source is not Source.ECS,
            -one.since_ms,
            # After the supervisor's start all are as old: whoever has it keeps it.
            one.screen_id != host.holder,
        ),
        default=None,
    )


def _is_or_comes(memory: Memory, host: Host, container: UiContainer, now_ms: int) -> bool:
    """Say whether a UI answers or can still be expected to.

    One of ECS's whose image ends again and again is expected to end: the standby is there by then.

    One that was told to end is on its way out: whoever comes after it has to be there by then.
    """
    silent_ms = _silent_ms(memory, container, now_ms)
    if container.health is Health.UNHEALTHY and (host.agent_away or silent_ms > REPORTS_MS):
        return False
    covers = memory.standby_task(now_ms)
    if (
        container.source is Source.ECS
        and memory.is_crashing(container.task.image_id, now_ms)
        and covers is not None
        and covers.image_id != container.task.image_id
    ):
        return False
    if host.agent_away:
        # Nobody can say whether it is ready; that it runs is all that is known.
        return True
    if is_cut_off(host, container, now_ms):
        return False
    screen = host.screen_of(container)
    ends = screen is not None and screen.stopping
    return not ends and silent_ms < COMES_UP_MS


def _hangs(memory: Memory, host: Host, container: UiContainer, now_ms: int) -> bool:
    screen = host.screen_of(container)
    # Whoever was told to end finishes a sale; ECS ends it when its time is over.
    if screen is not None and (screen.stopping or _reports_busy(screen)):
        return False
    if is_cut_off(host, container, now_ms):
        return True
    silent_ms = _silent_ms(memory, container, now_ms)
    # Docker's word counts where the agent had time to hear a better one.
    unhealthy = container.health is Health.UNHEALTHY and silent_ms > REPORTS_MS
    heard = memory.heard_for_ms(now_ms) >= COMES_UP_MS
    return (unhealthy and heard) or silent_ms >= HUNG_MS


def _reports_busy(screen: Screen) -> bool:
    return screen.busy and screen.reported_ms_ago <= REPORTS_MS


def _silent_ms(memory: Memory, container: UiContainer, now_ms: int) -> int:
    """Return how long ago a UI could answer keys by its own report, or began if it never could.

    One that reports and is always late serves nobody either.

    After the agent's restart nobody has reported yet, and whoever reported before still runs: so
    what an agent has not heard counts from when it began to answer.
    """
    ready_ms = memory.ready_at.get(container.container_id, container.since_ms)
    return min(now_ms - max(ready_ms, container.since_ms), memory.heard_for_ms(now_ms))


def _named(container: UiContainer) -> str:
    who = "the standby" if container.source is Source.STANDBY else "ECS's kiosk UI"
    return f"{who} {container.screen_id}"


def _all_is_well(host: Host) -> str:
    holder = next((one for one in host.running if one.screen_id == host.holder), None)
    if holder is None:
        return "a kiosk UI is starting"
    # Where ECS runs none, people ask why.
    alone = all(one.source is Source.STANDBY for one in host.running)
    return f"{_named(holder)} answers keys{_how_ecs_s_ended(host) if alone else ''}"
