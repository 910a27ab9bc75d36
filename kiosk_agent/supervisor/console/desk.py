"""Who is at the terminal: the kiosk, or a technician who called for it by Ctrl+T."""

import asyncio
from collections.abc import Callable
from functools import partial

from kiosk_agent.supervisor.console.pane import Pane
from kiosk_agent.supervisor.console.technician.asking import check_pin, examine
from kiosk_agent.supervisor.console.technician.keys import split_at_call
from kiosk_agent.supervisor.console.technician.visit import Office, Visit
from kiosk_agent.supervisor.console.terminal import Terminal


class Desk:
    """Hands on what is typed, and lets a technician's screen cover the kiosk's."""

    def __init__(self, terminal: Terminal, pane: Pane, locale: str) -> None:
        self._pane = pane
        self._make: Callable[[], Visit] = lambda: Visit(
            Office(terminal.list, lambda: terminal.size, partial(check_pin, locale=locale), examine)
        )
        self._visit: Visit | None = None
        self._visiting: asyncio.Task[None] | None = None
        terminal.typed = self.typed
        terminal.resized = self.resized

    def typed(self, data: bytes) -> None:
        """Take what was typed: nothing of it reaches the kiosk while a technician is there."""
        if self._visit is not None:
            self._visit.typed(data)
        elif (parts := split_at_call(data)) is None:
            self._pane.take(data)
        else:
            before, after = parts
            if before:
                self._pane.take(before)
            self._pane.covered = True
            self._visit = self._make()
            self._visiting = asyncio.create_task(self._run(self._visit))
            self._visit.typed(after)

    def resized(self) -> None:
        """Show the same again, as large as the terminal is now."""
        if self._visit is not None:
            self._visit.repaint()
        else:
            self._pane.repaint()

    def end(self) -> None:
        """End a visit that still goes on."""
        if self._visiting is not None:
            self._visiting.cancel()

    async def _run(self, visit: Visit) -> None:
        try:
            await visit.run()
        finally:
            self._visit = None
            self._pane.uncover()
