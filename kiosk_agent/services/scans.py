"""Scans on their way from the agent's scanner to the one screen that is shown. In memory only.

Each is handed out once. One that no screen has taken in time is dropped: the person it was for has
been told something else by then, and a late admission is worse than a second scan.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

import structlog

from kiosk_agent.services.changes import Changes
from kiosk_contracts.scanning import AgentScan

log = structlog.get_logger(__name__)

MOST_AGE_S: Final = 1.5
"""How long a scan waits for a screen: a UI that starts again may take so long."""


@dataclass(eq=False, slots=True)
class _Waiting:
    scan: AgentScan


class Scans:
    """Used from one event loop only."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._turn = 0
        self.changes = Changes()
        """Tells that a scan waits, or that another screen takes them now."""

    def offer(self, scan: AgentScan) -> None:
        """Hand a scan to the screen that takes them, or keep it for one that comes at once."""
        waiting = _Waiting(scan)
        self._waiting.append(waiting)
        asyncio.get_running_loop().call_later(MOST_AGE_S, self._drop, waiting)
        self.changes.notify()

    def begin_turn(self) -> int:
        """Return the turn of a screen: from now on it gets the scans, and no other."""
        self._turn += 1
        self.changes.notify()
        return self._turn

    def has_turn(self, turn: int) -> bool:
        """Say whether no other screen has taken over."""
        return turn == self._turn

    def take(self, turn: int) -> AgentScan | None:
        """Return the next scan, never again; None if none waits or it is another's turn."""
        if not self._waiting or not self.has_turn(turn):
            return None
        return self._waiting.popleft().scan

    def _drop(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            # Not its text: whoever reads the log could print the ticket.
            log.warning("scan_dropped", characters=len(waiting.scan.text), waited_s=MOST_AGE_S)
