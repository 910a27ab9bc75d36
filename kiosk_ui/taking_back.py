"""Taking back what the first keys of a code did, once it is known that no person typed them."""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from textual import events
from textual.dom import DOMNode

TakeBack = Callable[[], None]
_KEPT: Final = 32
"""Keys that can be taken back: more than a code has before it is known for one."""


@runtime_checkable
class Rememberable(Protocol):
    """What a typed character changes, and what can be put back as it was."""

    def remember(self) -> TakeBack:
        """Return what puts it back as it is now; nothing where it is gone by then."""
        ...


class TakingBack:
    """Remembers how what a key was typed into was before."""

    def __init__(self) -> None:
        self._before: deque[tuple[events.Key, TakeBack]] = deque(maxlen=_KEPT)

    def remember(self, event: events.Key, focused: DOMNode | None) -> None:
        """Note what the focused part is like before it gets a key; only characters change it."""
        if event.character is not None and isinstance(focused, Rememberable):
            self._before.append((event, focused.remember()))

    def take_back(self, first: events.Key) -> None:
        """Put back what this key, and those behind it, were typed into."""
        put_back = next((act for event, act in self._before if event is first), None)
        self._before.clear()
        if put_back is not None:
            put_back()
