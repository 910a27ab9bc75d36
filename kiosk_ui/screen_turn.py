"""Whose turn it is: several UIs may stand at one agent, and one of them answers keys."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.screens import REPORT_EVERY_S, ScreenAnswer, ScreenReport
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.agent_client import AgentClient

_MS: Final = 1000
_LAST_WORD_S: Final = 1.0
"""How long the agent may take to hear that this screen ends; it would learn it by silence, too."""


@dataclass(frozen=True, slots=True)
class TurnEvents:
    """What the turn asks of the kiosk, and tells it."""

    busy_with: Callable[[], str]
    """What a change of screens would break off, in words; empty if nothing."""
    gate_event: Callable[[], str]
    """The id of the event that this gate lets in; empty if none."""
    gate_out: Callable[[], bool]
    """Whether it lets people out."""
    locks_in_s: Callable[[], float]
    """In how long this screen locks; 0 where nobody is signed in, infinite where it never does."""
    taken: Callable[[ScreenAnswer], None]
    """This screen answers keys from now on: who goes on here, and what this gate lets in."""
    lost: Callable[[], None]
    """Another screen answers keys from now on."""
    shown_on: Callable[[str], None]
    """What the host shows this screen on: a ConsoleKind, or empty; with each answer."""


class ScreenTurn:
    """Reports to the agent and hears whether this screen has the lease; one without a name has."""

    def __init__(self, socket: Path, name: str, events: TurnEvents) -> None:
        self._socket = socket
        self._client = AgentClient(socket)
        self._name = name
        self._events = events
        self._wake = asyncio.Event()
        self._reported = ("", "", False, False)
        """What a change of screens would break off, the gate's event and whether it lets out, and
        whether somebody could go on elsewhere, as told last."""
        self.stopping = False
        """Whether this screen ends as soon as it is idle."""
        self.waits = False
        """Whether another screen answers keys. Until the agent has said so, this one does."""
        self._holds = False
        self._ended = False
        """Whether the screen was given away for good: a report would ask for it again."""

    async def run(self) -> None:
        """Report for ever."""
        if not self._name:
            return
        async with self._client:
            lag_s = 0.0
            while not self._ended:
                await self._report(lag_s)
                lag_s = await self._rest()

    def look(self) -> None:
        """Report at once if what there is to say has changed, or the agent tells of a change."""
        if self._to_report() != self._reported:
            self._wake.set()

    def heard(self, holder: str) -> None:
        """Take which screen has the lease as the status tells it: ask if that is news."""
        if holder and (holder == self._name) is not self._holds:
            self._wake.set()

    def stop_when_idle(self) -> None:
        """Take no screen any more, and say so."""
        self.stopping = True
        self._wake.set()

    async def end(self) -> None:
        """Give the screen to whoever waits for it, and ask for it no more."""
        self.stopping = self._ended = True
        self._wake.set()
        if not self._name:
            return
        try:
            async with asyncio.timeout(_LAST_WORD_S), AgentClient(self._socket) as last:
                await last.end_screen(self._name)
        except (AgentAwayError, ProblemError, TimeoutError):
            # The agent finds out by its silence.
            return

    async def _report(self, lag_s: float) -> None:
        reported = busy_with, gate_event, gate_out, _ = self._to_report()
        locks_in_s = self._events.locks_in_s()
        report = ScreenReport(
            busy=bool(busy_with),
            why=busy_with,
            holds=self._holds,
            stopping=self.stopping,
            gate_event=gate_event,
            gate_out=gate_out,
            locks_in_ms=int(locks_in_s * _MS) if isfinite(locks_in_s) else None,
            lag_ms=int(lag_s * _MS),
        )
        try:
            answer = await self._client.report_screen(self._name, report)
        except (AgentAwayError, ProblemError):
            # Nobody else is told to answer keys by an agent that is away.
            return
        self._reported = reported
        self._events.shown_on(answer.console)
        self._take(answer)

    def _to_report(self) -> tuple[str, str, bool, bool]:
        events = self._events
        can_go_on = events.locks_in_s() > 0
        return events.busy_with(), events.gate_event(), events.gate_out(), can_go_on

    def _take(self, answer: ScreenAnswer) -> None:
        # While nobody has it, as just after the agent's start, all stay as they are.
        waits = not answer.holds if answer.holder else self.waits
        began, lost = answer.holds and not self._holds, waits and not self.waits
        self._holds, self.waits = answer.holds, waits
        if began:
            self._events.taken(answer)
        elif lost:
            self._events.lost()

    async def _rest(self) -> float:
        """Wait until there is something to report; return how late the event loop was, at worst."""
        loop = asyncio.get_running_loop()
        due = loop.time() + REPORT_EVERY_S
        try:
            async with asyncio.timeout_at(due):
                await self._wake.wait()
        except TimeoutError:
            return max(0.0, loop.time() - due)
        finally:
            self._wake.clear()
        return 0.0
