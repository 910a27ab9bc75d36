"""Which kiosk UI answers keys: a lease that one screen has at a time. No clock, no I/O.

All times are milliseconds of CLOCK_BOOTTIME, which nobody can turn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

LEASE_MS: Final = 10_000
"""A screen that was not heard of for so long has lost it to whichever reports next."""
CLAIM_MS: Final = 2_500
"""So long after the agent's start only who had the screen before gets it: longer than the two
seconds between two reports, so whoever has it is heard first. Where it is known who that was, it is
waited for as long as any screen may be silent: on a slow host its report may come late."""
ACTED_MS: Final = 2_000
"""A screen that asked for a change so recently is busy, whatever it reported last."""
FORGET_MS: Final = 60_000
"""A screen that was not heard of for so long is gone."""

AWAITED: Final = "the agent has just started, and waits for the kiosk UI that had the screen"

MOST_SCREENS: Final = 8
"""So many are known at a time; a host runs two or three. Whoever has the lease is among them."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One kiosk UI, as it reported last."""

    screen_id: str
    reported_ms: int
    busy: bool
    why: str = ""
    stopping: bool = False
    lag_ms: int = 0
    acted_ms: int | None = None
    """When it last asked for a change."""

    def busy_at(self, now_ms: int) -> bool:
        """Say whether a change of screens would break something off."""
        acted = self.acted_ms is not None and now_ms - self.acted_ms < ACTED_MS
        return self.busy or acted


class ScreenUnknownError(Exception):
    """No such screen reports to the agent, or it is about to end."""


class ScreenBusyError(Exception):
    """Somebody is busy at the screen that has the lease; the text says with what."""


@dataclass(frozen=True, slots=True)
class Screens:
    """Who was heard of, and who has the lease."""

    started_ms: int
    """When the agent began to listen."""
    known: Mapping[str, Screen] = field(default_factory=dict)
    holder: str = ""
    """Empty: nobody has the lease."""
    awaited: str = ""
    """Who had the lease as the agent ended, and has not been heard of since: somebody may be in the
    middle of a sale there."""

    def reported(self, screen: Screen, *, claims: bool) -> "Screens":
        """Return what is so after a report; `claims`: it had the screen when it last heard."""
        now_ms = screen.reported_ms
        before = self.known.get(screen.screen_id)
        if before is not None:
            screen = replace(screen, acted_ms=before.acted_ms)
        known = {one.screen_id: one for one in self.heard(now_ms)}
        known[screen.screen_id] = screen
        known = self._newest(known)
        holder = known.get(self.holder)
        if holder is not None and _is_heard(holder, now_ms):
            return replace(self, known=known)
        # A claim beside a name that is known may be an old one: of a UI that hung meanwhile. One of
        # a screen that is about to end is its own only just after the agent's start.
        own = claims and self.awaited in {"", screen.screen_id}
        own &= not screen.stopping or now_ms - self.started_ms < LEASE_MS
        # One that is back without its claim began anew, and is in the middle of nothing.
        awaited = "" if screen.screen_id == self.awaited else self.awaited
        alone_ms = LEASE_MS if awaited else CLAIM_MS
        free = now_ms - self.started_ms >= alone_ms and _may_hold(screen, now_ms)
        # Its own also goes back to one that is told to end: it finishes the sale in hand.
        takes = own or free
        return replace(
            self,
            known=known,
            holder=screen.screen_id if takes else "",
            awaited="" if takes else awaited,
        )

    def has_turns(self, now_ms: int) -> bool:
        """Say whether any screen takes turns here, as far as was heard lately."""
        return any(_is_heard(one, now_ms) for one in self.known.values())

    def acted(self, screen_id: str, now_ms: int) -> "Screens":
        """Return what is so after a screen asked for a change."""
        screen = self.known.get(screen_id)
        if screen is None:
            return self
        return replace(self, known={**self.known, screen_id: replace(screen, acted_ms=now_ms)})

    def ended(self, screen_id: str, now_ms: int) -> "Screens":
        """Return what is so after a screen said that it ends: the next has the lease at once."""
        known = {key: one for key, one in self.known.items() if key != screen_id}
        if self.holder != screen_id:
            awaited = "" if self.awaited == screen_id else self.awaited
            return replace(self, known=known, awaited=awaited)
        waiting = [one for one in known.values() if _may_hold(one, now_ms)]
        latest = max(waiting, key=lambda one: one.reported_ms, default=None)
        return replace(self, known=known, holder="" if latest is None else latest.screen_id)

    def given(self, screen_id: str, now_ms: int, *, force: bool, ended: str = "") -> "Screens":
        """Return what is so after the lease went to another screen, and nobody awaits `ended`.

        Raises ScreenUnknownError, or ScreenBusyError unless `force`.
        """
        screen = self.known.get(screen_id)
        if screen is None or not _may_hold(screen, now_ms):
            raise ScreenUnknownError(screen_id)
        waits = self.waits_for_another(screen_id, now_ms) and self.awaited != ended
        # Whoever had it says so with its next report, also where its name is not known.
        waits |= not self.holder and not self.awaited and now_ms - self.started_ms < CLAIM_MS
        if waits and not force:
            raise ScreenBusyError(AWAITED)
        holder = self.known.get(self.holder)
        busy = holder is not None and _is_heard(holder, now_ms) and holder.busy_at(now_ms)
        if holder is not None and busy and self.holder != screen_id and not force:
            raise ScreenBusyError(holder.why)
        return replace(self, holder=screen_id, awaited="")

    def waits_for_another(self, screen_id: str, now_ms: int) -> bool:
        """Say whether the screen is kept for one that had it as the agent ended."""
        young = now_ms - self.started_ms < LEASE_MS
        return not self.holder and young and self.awaited not in {"", screen_id}

    def heard(self, now_ms: int) -> Iterator[Screen]:
        """Return the screens that are not gone."""
        return (one for one in self.known.values() if now_ms - one.reported_ms < FORGET_MS)

    def _newest(self, known: Mapping[str, Screen]) -> dict[str, Screen]:
        """Return who has the lease, and of the others those that reported last."""
        order = sorted(
            known.values(),
            key=lambda one: (one.screen_id == self.holder, one.reported_ms),
            reverse=True,
        )
        kept = {one.screen_id for one in order[:MOST_SCREENS]}
        return {key: one for key, one in known.items() if key in kept}


def _is_heard(screen: Screen, now_ms: int) -> bool:
    return now_ms - screen.reported_ms < LEASE_MS


def _may_hold(screen: Screen, now_ms: int) -> bool:
    """Say whether a screen could answer keys; one that ends finishes its own and takes none."""
    return _is_heard(screen, now_ms) and not screen.stopping
