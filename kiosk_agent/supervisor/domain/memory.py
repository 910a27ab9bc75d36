"""What the supervisor remembers between two looks at the host."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kiosk_agent.supervisor.domain.host import Host, Screen, UiContainer, UiTask

RAN_WELL_MS: Final = 60_000
"""A task has run well when its UI answered keys for so long."""
REPORTS_MS: Final = 6_000
"""A kiosk UI that reported within this time is alive; it reports every two seconds."""
STUCK_LAG_MS: Final = 5_000
"""An event loop that was later than this answers nobody."""
CRASHES_MS: Final = 600_000
"""Ends of an image's containers count together over this time."""
MOST_CRASHES: Final = 3
"""So many of them make an image that crashes."""
UNSEEN: Final = "it was started again before anyone saw how"
"""How one ended that ECS started again at once."""
LAST_WORDS: Final = 200
"""Of an end, so much is remembered."""
BACKOFF_MS: Final = (0, 0, 1_000, 2_000, 5_000, 15_000, 30_000, 60_000)
"""Before the standby is started again after so many ends within `CRASHES_MS`. Never for good."""


KILLED: Final = frozenset({137, 143})
"""The status of one that SIGKILL or SIGTERM ended."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What an update lock keeps on the screen."""

    lock: str
    """Which lock: its words."""
    image_id: str
    """The image that had the screen when that lock was seen first."""


@dataclass(frozen=True, slots=True)
class GoodTasks:
    """What has run well, and what stays: this alone outlives the supervisor."""

    last: UiTask | None = None
    """What the standby is started from."""
    before: UiTask | None = None
    """The one of another image before that: to go back to."""
    promise: Promise | None = None
    """What an update lock keeps; None: there is none."""

    def of_image(self, image_id: str) -> UiTask | None:
        """Return the one of an image, if it is among them."""
        known = [one for one in (self.last, self.before) if one is not None]
        return next((one for one in known if one.image_id == image_id), None)

    def and_now(self, task: UiTask) -> "GoodTasks":
        """Return them once `task` has run well, too."""
        same_image = self.last is not None and self.last.image_id == task.image_id
        return replace(self, last=task, before=self.before if same_image else self.last)


@dataclass(frozen=True, slots=True)
class End:
    """A container that ended with a failure, or could not be started."""

    image_id: str
    at_ms: int
    """When that was seen; CLOCK_BOOTTIME."""
    image: str = ""
    """As its task named it."""
    how: str = ""
    """Its exit status or why it could not be started, in words."""


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it."""

    good: GoodTasks = field(default_factory=GoodTasks)
    ready_since: Mapping[str, int] = field(default_factory=dict)
    """Since when each container's UI has been ready without a break."""
    ready_at: Mapping[str, int] = field(default_factory=dict)
    """When each container's UI last reported that it could answer keys."""
    answers_since: int | None = None
    """Since when the agent has answered without a break; None: it does not."""
    held_since: tuple[str, int] = ("", 0)
    """Which screen has answered keys, and since when."""
    ended: Mapping[str, End] = field(default_factory=dict)
    """By container and end, for ECS starts the same one again; those of the last ten minutes."""
    began: Mapping[str, str] = field(default_factory=dict)
    """When each container that runs was started, as Docker says it."""
    not_failed: frozenset[str] | None = None
    """Ends, named likewise, that are no failure: before the first look, or as somebody told it to.
    Judged once: what tells them is forgotten by the next look. None: there was no look yet."""
    promise: Promise | None = None
    """What an update lock keeps; also where no disk could keep it."""
    lock_seen: str = ""
    """The update lock that was in force at the last look."""
    not_kept_ms: int | None = None
    """When a disk did not keep what is to outlive the supervisor; None: it did."""
    told_to_end: frozenset[str] = frozenset()
    """Containers that were told to end: by us, or by their own report. Of one that was started
    again since, no more."""
    given_up: frozenset[str] = frozenset()
    """Containers that we end because they do not answer: however they end, they failed. Of one that
    answers again, or was started again since, no more."""
    distrusted: frozenset[str] = frozenset()
    """Images that ended again and again, until none of their containers has for ten minutes."""

    def heard_for_ms(self, now_ms: int) -> int:
        """Return for how long the agent has answered: before that nobody could report to it."""
        return 0 if self.answers_since is None else now_ms - self.answers_since

    def crashes(self, image_id: str, now_ms: int) -> tuple[int, ...]:
        """Return when containers of an image ended lately, in order."""
        return tuple(
            sorted(
                one.at_ms
                for one in self.ended.values()
                if one.image_id == image_id and _lately(one.at_ms, now_ms)
            )
        )

    def kept_image(self, now_ms: int) -> str:
        """Return the image that an update lock keeps; empty where none, or it ends again and again.

        Somebody has to be able to sell.
        """
        if self.promise is None or self.is_crashing(self.promise.image_id, now_ms):
            return ""
        return self.promise.image_id

    def last_end(self, image_id: str) -> End | None:
        """Return the last end of an image's containers that is remembered."""
        ends = [one for one in self.ended.values() if one.image_id == image_id]
        return max(ends, key=lambda one: one.at_ms, default=None)

    def is_crashing(self, image_id: str, now_ms: int) -> bool:
        """Say whether an image's containers end again and again.

        One that did is trusted again once none has ended for ten minutes: not while its ends come
        a little seldomer, or the screen would go to and fro.
        """
        count = len(self.crashes(image_id, now_ms))
        return count >= MOST_CRASHES or (count > 0 and image_id in self.distrusted)

    def standby_task(self, now_ms: int) -> UiTask | None:
        """Return what the standby is started from: the last that ran well, unless that crashes."""
        known = [one for one in (self.good.last, self.good.before) if one is not None]
        sound = [one for one in known if not self.is_crashing(one.image_id, now_ms)]
        return next(iter(sound or known), None)

    def and_ended(self, key: str, end: End) -> "Memory":
        """Return it with one more end."""
        return replace(self, ended={**self.ended, key: end})

    def and_told_to_end(self, container_id: str) -> "Memory":
        """Return it once a container was told to end."""
        return replace(self, told_to_end=self.told_to_end | {container_id})

    def and_given_up(self, container_id: str) -> "Memory":
        """Return it once a container that does not answer is ended."""
        return replace(self, given_up=self.given_up | {container_id})

    def pause_ms(self, image_id: str, now_ms: int) -> int:
        """Return how long a container of this image is not started again after the last one."""
        return BACKOFF_MS[min(len(self.crashes(image_id, now_ms)), len(BACKOFF_MS) - 1)]

    def rests(self, image_id: str, now_ms: int) -> bool:
        """Say whether that pause is not over yet."""
        ends = self.crashes(image_id, now_ms)
        return bool(ends) and now_ms < ends[-1] + self.pause_ms(image_id, now_ms)


def is_cut_off(host: Host, container: UiContainer, now_ms: int) -> bool:
    """Say whether a container has a folder of sockets that is gone, so that nobody hears its UI.

    Where it reports all the same, its line to the agent is of before, and lasts as long as that
    one; whoever has one has reported after a while.
    """
    if host.agent_away or container.since_ms >= host.sockets_since_ms:
        return False
    screen = host.screen_of(container)
    heard = screen is not None and now_ms - screen.reported_ms_ago >= host.sockets_since_ms
    return not heard and now_ms - host.sockets_since_ms >= REPORTS_MS


def is_ready(host: Host, container: UiContainer) -> bool:
    """Say whether the UI in a container could answer keys now.

    What it says itself is newer than Docker's word on its health, which is of three tries ago.
    """
    screen = host.screen_of(container)
    return (
        container.running
        and screen is not None
        and screen.reported_ms_ago <= REPORTS_MS
        and _can_answer(screen)
    )


def _can_answer(screen: Screen) -> bool:
    return screen.lag_ms < STUCK_LAG_MS and not screen.stopping


def remembered(memory: Memory, host: Host, now_ms: int) -> Memory:
    """Return what is remembered after a look. What could not be seen changes nothing."""
    if host.docker_away:
        return _heard(memory, host, now_ms)
    memory = _heard(_ended_since(memory, host, now_ms), host, now_ms)
    ready = {
        one.container_id: memory.ready_since.get(one.container_id, now_ms)
        for one in host.containers
        if is_ready(host, one) or _was_just_ready(memory, host, one, now_ms)
    }
    held = memory.held_since
    if not host.agent_away and host.holder != held[0]:
        held = (host.holder, now_ms)
    there = {one.container_id for one in host.containers}
    after = replace(
        memory,
        promise=_promise(memory, host),
        lock_seen=memory.lock_seen if host.agent_away else host.update_lock,
        ready_since=ready,
        ready_at={key: at for key, at in memory.ready_at.items() if key in there},
        told_to_end=memory.told_to_end & there,
        given_up=memory.given_up & there - ready.keys(),
        held_since=held,
    )
    images = {end.image_id for end in after.ended.values()}
    distrusted = frozenset(one for one in images if after.is_crashing(one, now_ms))
    return replace(after, distrusted=distrusted)


def _promise(memory: Memory, host: Host) -> Promise | None:
    before = memory.promise
    if host.agent_away:
        # It says of no lock.
        return before
    if not host.update_lock or (before is not None and before.lock == host.update_lock):
        return before if host.update_lock else None
    if before is not None and before.lock == memory.lock_seen:
        # A longer one, or another reason: what stays is the same.
        return replace(before, lock=host.update_lock)
    holder = next((one for one in host.running if one.screen_id == host.holder), None)
    return before if holder is None else Promise(host.update_lock, holder.task.image_id)


def _was_just_ready(memory: Memory, host: Host, one: UiContainer, now_ms: int) -> bool:
    """Say whether nothing worse was heard of one that was ready: an agent that is away has not.

    One that ends in peace has the agent forget it, and runs for a moment more.
    """
    if one.container_id not in memory.ready_since:
        return False
    ready_ms_ago = now_ms - memory.ready_at.get(one.container_id, now_ms)
    forgotten = host.screen_of(one) is None and ready_ms_ago <= REPORTS_MS
    return bool(host.agent_away) or forgotten


def _heard(memory: Memory, host: Host, now_ms: int) -> Memory:
    """Return what is remembered of the agent's answer; one that restarted has heard of nobody."""
    if host.agent_away:
        return replace(memory, answers_since=None)
    ready_at = {
        one.container_id: now_ms - screen.reported_ms_ago
        for one in host.running
        if (screen := host.screen_of(one)) is not None and _can_answer(screen)
    }
    told = {
        one.container_id
        for one in host.running
        if (screen := host.screen_of(one)) is not None
        and screen.stopping
        # What is said of one that was started again meanwhile is of its life before.
        and now_ms - screen.reported_ms_ago >= one.since_ms
    }
    return replace(
        memory,
        ready_at={**memory.ready_at, **ready_at},
        answers_since=now_ms if memory.answers_since is None else memory.answers_since,
        told_to_end=memory.told_to_end | told,
    )


def _ended_since(memory: Memory, host: Host, now_ms: int) -> Memory:
    """Return what is remembered of ends: those seen, and those between two looks."""
    gone = {f"{one.container_id} {one.since_ms}": one for one in host.containers if not one.running}
    # When those ended that were there before the first look nobody saw, nor whether they were told.
    fine = set(gone if memory.not_failed is None else memory.not_failed & gone.keys())
    ended = {key: end for key, end in memory.ended.items() if _lately(end.at_ms, now_ms)}
    for key in gone.keys() - fine - memory.ended.keys():
        one = gone[key]
        if _ended_well(memory, one, now_ms):
            fine.add(key)
        elif _lately(one.since_ms, now_ms):
            how = one.how_it_ended[:LAST_WORDS]
            ended[key] = End(one.task.image_id, one.since_ms, one.task.image, how)
    began = {one.container_id: _began(memory, one) for one in host.running}
    again = began.keys() - memory.began.keys()
    for one in host.running:
        start = began[one.container_id]
        if start == (memory.began.get(one.container_id) or start):
            continue
        again.add(one.container_id)
        if one.container_id not in memory.told_to_end - memory.given_up:
            # ECS starts one again at once, its end between two looks: how it ended is lost.
            end = End(one.task.image_id, now_ms, one.task.image, UNSEEN)
            ended[f"{one.container_id} {start}"] = end
    return replace(
        memory,
        ended=ended,
        not_failed=frozenset(fine),
        began=began,
        told_to_end=memory.told_to_end - again,
        given_up=memory.given_up - again,
    )


def _began(memory: Memory, one: UiContainer) -> str:
    """Return when one was started; as remembered where Docker could not say it this time."""
    return one.began or memory.began.get(one.container_id, "")


def _ended_well(memory: Memory, one: UiContainer, now_ms: int) -> bool:
    """Say whether one ended because it was told to; by itself no kiosk UI ends.

    ECS tells one that nobody is busy at, or a person at its keys does, and it ends before it could
    say so: one that was ready for long is taken to have been told.
    """
    if one.container_id in memory.given_up or one.out_of_memory:
        return False
    told = one.container_id in memory.told_to_end
    if one.exit_code != 0:
        # Who is told to end and does not is killed, and who does not hear SIGTERM dies of it.
        return told and (one.exit_code is None or one.exit_code in KILLED)
    ready_ms = now_ms - memory.ready_since.get(one.container_id, now_ms)
    return told or ready_ms >= RAN_WELL_MS


def _lately(at_ms: int, now_ms: int) -> bool:
    return now_ms - at_ms < CRASHES_MS
