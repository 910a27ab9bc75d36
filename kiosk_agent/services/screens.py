"""Leases the kiosk's screen to one UI at a time."""

from dataclasses import dataclass
from typing import Final

import structlog

from kiosk_agent.domain import refusals_screen as refusals
from kiosk_agent.domain.screens import Screen, ScreenBusyError, Screens, ScreenUnknownError
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.last_screen import LastScreen
from kiosk_agent.services.changes import Changes
from kiosk_contracts.screens import ConsoleKind, ScreenAnswer, ScreenReport, ScreenSeen, ScreensSeen

log = structlog.get_logger(__name__)

GOES_ON_MS: Final = 60_000
"""Who was signed in at a screen that was heard of so lately goes on at the next; later it asks for
a PIN."""

CONSOLE_MS: Final = 10_000
"""A console that was not heard of for so long says nothing of what screens are shown on."""


@dataclass(frozen=True, slots=True)
class _SignedIn:
    token: str
    screen_id: str
    """Where it was used last."""
    at_ms: int


class ScreenDesk:
    """Who has the screen is kept in memory: after the agent's restart whoever had it says so.

    `last` keeps its name over that, so that it is waited for; None: nothing is kept.
    """

    def __init__(self, clock: Clock, changes: Changes, last: LastScreen | None = None) -> None:
        self._clock = clock
        self._changes = changes
        self._last = last
        awaited = "" if last is None else last.load()
        self._screens = Screens(started_ms=clock.boottime_ms(), awaited=awaited)
        self._signed_in: _SignedIn | None = None
        self._locks_at_ms: int | None = None
        """When the screen that has the lease, or had it, locks by itself by its last report; 0:
        nobody is signed in there. None: it never locks."""
        self._gate_event = ""
        """The event that was let in at the gate of whichever screen has the lease, or had it."""
        self._console: tuple[ConsoleKind, int] | None = None
        """What the console said that it is, and when."""
        self._gate_out = False
        """Whether people were let out there."""

    @property
    def holder(self) -> str:
        """Which screen answers keys; empty if none."""
        return self._screens.holder

    def report(self, screen_id: str, report: ScreenReport) -> ScreenAnswer:
        """Take what a screen says of itself; return whether it is the one that answers keys."""
        screen = Screen(
            screen_id=screen_id,
            reported_ms=self._clock.boottime_ms(),
            busy=report.busy,
            why=report.why,
            stopping=report.stopping,
            lag_ms=report.lag_ms,
        )
        self._become(self._screens.reported(screen, claims=report.holds), "it reported")
        holds = self.holder == screen_id
        goes_on = holds and not report.holds
        if holds and not goes_on:
            self._note(report)
        return ScreenAnswer(
            holds=holds,
            holder=self.holder,
            staff_token=self._token_for(screen_id) if goes_on else "",
            gate_event=self._gate_event if goes_on else "",
            console=self._console_now(),
            gate_out=self._gate_out and goes_on,
        )

    def shown_on(self, kind: ConsoleKind) -> None:
        """Take what the host shows its screens on, as the console says it again and again."""
        if self._console_now() != kind:
            log.info("console_is", kind=kind)
        self._console = (kind, self._clock.boottime_ms())

    def _console_now(self) -> str:
        if self._console is None:
            return ""
        kind, at_ms = self._console
        return kind if self._clock.boottime_ms() - at_ms < CONSOLE_MS else ""

    def _note(self, report: ScreenReport) -> None:
        """Keep what goes on at the next screen, as whoever has the lease says it."""
        if report.gate_event:
            self._gate_event = report.gate_event
        self._gate_out = report.gate_out
        locks_in_ms = report.locks_in_ms
        self._locks_at_ms = locks_in_ms and self._clock.boottime_ms() + locks_in_ms

    def end(self, screen_id: str) -> None:
        """Forget a screen that ends. Idempotent."""
        self._become(self._screens.ended(screen_id, self._clock.boottime_ms()), "the other ended")

    def check(self, screen_id: str, token: str, *, changes: bool, leaves: bool = False) -> None:
        """Let the screen that has the lease ask, with the staff token it has.

        Who `leaves` goes on nowhere, also where the session could not be ended.

        ProblemError `screen_elsewhere` to others, `agent_starting` while nobody has it. One without
        a name may ask while no other is heard of.
        """
        if not screen_id and not self._screens.has_turns(self._clock.boottime_ms()):
            return
        if self.holder != screen_id or not screen_id:
            raise refusals.screen_elsewhere() if self.holder else refusals.screen_not_given_yet()
        now_ms = self._clock.boottime_ms()
        if changes:
            self._screens = self._screens.acted(screen_id, now_ms)
        if leaves:
            # Another person may be signed in at the screen meanwhile.
            self._signed_in = None if self._is_of(token) else self._signed_in
        elif token:
            self._signed_in = _SignedIn(token, screen_id, now_ms)

    def give(self, screen_id: str, *, force: bool, ended: str = "") -> ScreensSeen:
        """Give the lease to another screen; ProblemError `screen_unknown`, `screen_busy`.

        `ended`: one that is known to have, and is not waited for.
        """
        now_ms = self._clock.boottime_ms()
        try:
            given = self._screens.given(screen_id, now_ms, force=force, ended=ended)
        except ScreenUnknownError:
            raise refusals.screen_unknown(screen_id) from None
        except ScreenBusyError as error:
            raise refusals.screen_busy(str(error)) from None
        self._become(given, "it was given" if not force else "it was given, whoever was busy")
        return self.seen()

    def seen(self) -> ScreensSeen:
        """Return all screens that were heard of within `FORGET_MS`."""
        now_ms = self._clock.boottime_ms()
        screens = self._screens
        return ScreensSeen(
            holder=screens.holder,
            awaited=screens.awaited if screens.waits_for_another("", now_ms) else "",
            screens=tuple(
                ScreenSeen(
                    screen_id=one.screen_id,
                    holds=one.screen_id == screens.holder,
                    busy=one.busy_at(now_ms),
                    why=one.why,
                    stopping=one.stopping,
                    lag_ms=one.lag_ms,
                    reported_ms_ago=now_ms - one.reported_ms,
                    acted_ms_ago=None if one.acted_ms is None else now_ms - one.acted_ms,
                )
                for one in screens.heard(now_ms)
            ),
        )

    def _is_of(self, token: str) -> bool:
        return self._signed_in is not None and self._signed_in.token == token

    def _token_for(self, screen_id: str) -> str:
        """Return the token of who goes on at `screen_id`, empty if nobody does."""
        signed_in, now_ms = self._signed_in, self._clock.boottime_ms()
        if signed_in is None or signed_in.screen_id == screen_id:
            return ""
        # Whether it told so or not: by now it has locked, and asks for a PIN.
        if self._locks_at_ms is not None and self._locks_at_ms <= now_ms:
            return ""
        before = self._screens.known.get(signed_in.screen_id)
        seen_ms = max(signed_in.at_ms, before.reported_ms if before is not None else 0)
        return signed_in.token if now_ms - seen_ms < GOES_ON_MS else ""

    def _become(self, screens: Screens, why: str) -> None:
        before, self._screens = self._screens.holder, screens
        if screens.holder != before:
            log.info("screen_moved", screen=screens.holder, before=before, why=why)
            if self._last is not None:
                self._last.keep(screens.holder)
            self._changes.notify()
