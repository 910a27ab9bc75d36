"""Keys typed ahead: each waits until the one before has done all it does, screens included.

Textual hands a key to whatever has the focus at that moment. A cashier who types `2` Enter Enter
means the second Enter for the screen that the first one opens, so a key is passed on only when a
marker that follows the one before it has come through the same widgets, and focus has come to
rest.
"""

import asyncio
from collections import deque
from typing import Any, Final

from textual import events
from textual.app import App
from textual.css.query import NoMatches
from textual.message import Message

_LEAST_ROUNDS: Final = 3
"""A key's handler may post a message, and that one's handler another: each takes a round."""
_MARKER_LOST_S: Final = 0.25
"""A marker is lost with a widget that is removed while it is under way."""

TypedEvent = events.Key | events.Paste


class Marker(Message):
    """Follows a key through the widgets up to the app."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypeAhead:
    """Queue of typed events; `deliver` of the app gets them one at a time."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._queue: deque[TypedEvent] = deque()
        self._busy = False
        self._number = 0
        self._rounds = 0
        self._place: tuple[object, object] | None = None
        self._lost: asyncio.TimerHandle | None = None

    def offer(self, event: TypedEvent) -> TypedEvent | None:
        """Take an event; returns it if it can be delivered at once."""
        self._queue.append(event)
        return None if self._busy else self._take()

    def sent(self) -> None:
        """Send a marker after the event that was just delivered."""
        self._number += 1
        marker = Marker(self._number)
        target = self._app.focused or self._app.screen
        if not target.post_message(marker):
            self._app.post_message(marker)
        loop = asyncio.get_running_loop()
        self._lost = loop.call_later(_MARKER_LOST_S, self._app.post_message, Marker(self._number))

    def arrived(self, marker: Marker) -> TypedEvent | None:
        """Take a marker that came through; returns the next event if its turn has come."""
        if marker.number != self._number or not self._busy:
            return None
        self.close()
        self._rounds += 1
        place = self._whereabouts()
        if self._rounds < _LEAST_ROUNDS or place != self._place:
            self._place = place
            self.sent()
            return None
        return self._take()

    def close(self) -> None:
        """Stop waiting for a marker."""
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None

    def _take(self) -> TypedEvent | None:
        self._busy = bool(self._queue)
        self._rounds = 0
        self._place = None
        return self._queue.popleft() if self._queue else None

    def _whereabouts(self) -> tuple[object, object]:
        try:
            return (self._app.screen, self._app.focused)
        except NoMatches:
            return (None, None)
