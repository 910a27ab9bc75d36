"""Sorts the app's keys into scans, other codes and typing, and gives back in time what was held."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from textual import events
from textual.app import App
from textual.timer import Timer

from kiosk_ui.key_press import KeyPress
from kiosk_ui.scanner import Outcome, Scanner

_ENTER: Final = frozenset({"enter", "ctrl+j"})


class KeySorting:
    """Hands what the scanner's state machine finds to `found`, in order."""

    def __init__(
        self,
        app: App[Any],
        scanner: Scanner[events.Key],
        found: Callable[[Sequence[Outcome[events.Key]]], None],
    ) -> None:
        self._app = app
        self._scanner = scanner
        self._found = found
        self._timer: Timer | None = None
        self._due_at = 0.0
        self._free = asyncio.Event()
        """Set while no key is held that may be typing."""
        self._free.set()

    def press(self, event: events.Key) -> None:
        """Take a key."""
        is_enter = event.key in _ENTER
        self._found(self._scanner.press(KeyPress(event, event.character, event.time, is_enter)))
        self._watch()

    async def no_typing_held(self) -> None:
        """Wait until no key is held that may be typing; what may be a scan is not waited for."""
        await self._free.wait()

    def _watch(self) -> None:
        """Have what is held looked at when it is due; a timer that comes sooner does it, too."""
        if self._scanner.holds_typing:
            self._free.clear()
        else:
            self._free.set()
        if not self._scanner.holding:
            return
        due_in = self._scanner.due_in(now())
        if self._timer is not None:
            if self._due_at <= now() + due_in:
                return
            self._timer.stop()
        self._due_at = now() + due_in
        self._timer = self._app.set_timer(due_in, self._give_back)

    def _give_back(self) -> None:
        # Keys that came while the screen was being drawn stand in the app's queue and go first.
        self._app.call_later(self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._found(self._scanner.expire(now()))
        self._watch()


def now() -> float:
    """Return the time as events carry it."""
    return events.Event().time
