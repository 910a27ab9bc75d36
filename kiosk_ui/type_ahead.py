"""Keys typed ahead: each waits until all that the one before set going has come to rest.

Textual hands a key to whatever has the focus at that moment. A cashier who types `2` Enter Enter
means the second Enter for the screen that the first one opens. So a key is delivered only when the
key before has passed every widget on its way, with the messages that they posted; no act is under
way whose answer changes what the next key means; and the screen that follows has its focus.

While the agent is away nobody knows when an act will be answered: then acts hold no keys.

What the first keys of a code led to before it was known for one is taken back in the same order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from kiosk_ui.bounce import KeyTimes
from kiosk_ui.taking_back import TakingBack

REFRESH: Final = "refresh"
"""Group of a screen's workers that only bring it up to date; keys do not wait for them."""
RESUME: Final = "resume"
"""Group of the app's workers that may lead to another screen; keys wait for them."""

TypedEvent = events.Key | events.Paste


@dataclass(frozen=True, slots=True)
class _Touched:
    """A key that a person touched on the screen."""

    key: events.Key


@dataclass(frozen=True, slots=True)
class _TakeBack:
    """What this key led to, and those behind it, is put back as it was."""

    first: events.Key


class TypeAhead:
    """Hands typed events to `deliver` one at a time; `away` is set while an act is asked again."""

    def __init__(
        self,
        app: App[Any],
        deliver: Callable[[TypedEvent], Awaitable[None]],
        away: asyncio.Event,
        keys: KeyTimes,
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._away = away
        self._keys = keys
        self._taking_back = TakingBack()
        self._queue: asyncio.Queue[TypedEvent | _Touched | _TakeBack] = asyncio.Queue()

    def offer(self, event: TypedEvent) -> None:
        """Take an event; it is delivered in its turn."""
        self._queue.put_nowait(event)

    def offer_touched(self, key: events.Key) -> None:
        """Take a key that was touched on the screen; it bounces as little as a click."""
        self._queue.put_nowait(_Touched(key))

    def take_back(self, typed: Sequence[events.Key]) -> None:
        """Undo, in its turn, what these keys lead to: they were offered, and no person's."""
        if typed:
            self._queue.put_nowait(_TakeBack(typed[0]))

    async def run(self) -> None:
        """Deliver what is offered, for ever. Runs beside the app's own messages."""
        while True:
            event = await self._next()
            path = self._path()
            match event:
                case _TakeBack(first):
                    self._taking_back.take_back(first)
                case _Touched(key):
                    self._keys.touched()
                    await self._deliver(key)
                case events.Key() | events.Paste():
                    await self._hand_over(event)
            # First the event itself, then what its handlers posted.
            await _follow(path)
            await _follow(path)
            self._queue.task_done()

    async def _next(self) -> TypedEvent | _Touched | _TakeBack:
        """Return the next event, once what the one before led to is done.

        Most of that is waited for while nobody types, and not when the next key has come.
        """
        await self._rest()
        event = await self._queue.get()
        if self._acts():
            await self._rest()
        return event

    async def _hand_over(self, event: TypedEvent) -> None:
        if isinstance(event, events.Key):
            self._keys.delivered(event.key, event.time)
            self._taking_back.remember(event, self._app.focused)
        await self._deliver(event)

    async def at_rest(self) -> None:
        """Wait until everything offered has been handled, and what it led to is done."""
        await self._queue.join()
        await self._rest()

    async def all_delivered(self) -> None:
        """Wait until everything offered has been delivered and handled."""
        await self._queue.join()

    async def _rest(self) -> None:
        """Wait until what the last event led to is done, the screen that it opened included."""
        while True:
            # What those handlers posted in turn, a `Go` at most, comes before this.
            await _follow(self._path())
            acts = self._acts()
            if not acts:
                return
            await self._ended(acts)

    def _path(self) -> Sequence[MessagePump]:
        """Return what a typed event passes now, from the focused widget up to the app."""
        return (self._app.focused or self._app.screen).ancestors_with_self

    def _acts(self) -> list[Worker[Any]]:
        """Return the acts that keys wait for."""
        if self._away.is_set():
            return []
        return [
            worker
            for worker in self._app.workers
            if (worker.node is self._app.screen and worker.group != REFRESH)
            or worker.group == RESUME
        ]

    async def _ended(self, acts: Sequence[Worker[Any]]) -> None:
        """Wait until one of the acts has ended, or the agent is away."""
        # The ends are not cancelled afterwards: that would cancel the acts.
        ends = {asyncio.ensure_future(_end(act)) for act in acts}
        away = asyncio.ensure_future(self._away.wait())
        await asyncio.wait({*ends, away}, return_when=asyncio.FIRST_COMPLETED)
        away.cancel()


async def _end(act: Worker[Any]) -> None:
    with suppress(WorkerCancelled, WorkerFailed):
        await act.wait()


async def _follow(path: Sequence[MessagePump]) -> None:
    """Wait until each of `path` has handled what it had; one that is closing takes no more."""
    for pump in path:
        handled = asyncio.Event()
        # As `call_later` does, but that looks the callback's parameters up afresh each time.
        if pump.post_message(events.Callback(callback=handled.set)):
            await handled.wait()
