"""The keyboard's clock: keys come at the pace of whoever types, however slow or quick a machine is.

The kiosk tells a scanner from a person, and one number from two, by when keys were pressed. A test
that took a busy machine's time for that would find other keys than it typed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message import Message

PERSON_S: Final = 0.1
"""Between two keys of a person: no scanner is as slow, and no number is typed in two."""
SCANNER_S: Final = 0.002
"""Between two keys of a scanner."""
AT_ONCE_S: Final = 0.0002
"""Between two keys that are sent all at once."""


@dataclass
class KeyboardClock:
    """When keys are pressed, in seconds of the time that events carry."""

    at: float = 0
    """When the last one was."""

    def go_on(self, gap_s: float) -> None:
        """Have the next key, `gap_s` after the last one, come no sooner than now."""
        self.at = max(self.at, now() - gap_s)

    def after(self, seconds: float) -> float:
        """Return when a key is pressed that comes so long after the last one."""
        self.at += seconds
        return self.at

    @contextmanager
    def a_person_types(self, app: App[Any]) -> Iterator[None]:
        """Have keys that the app's driver sends meanwhile come at a person's pace."""
        driver = app._driver
        assert driver is not None
        send = driver.send_message

        def send_in_time(message: Message) -> None:
            if isinstance(message, events.Key):
                message.time = self.after(PERSON_S)
            send(message)

        driver.send_message = send_in_time  # type: ignore[method-assign]
        try:
            yield
        finally:
            driver.send_message = send  # type: ignore[method-assign]
            # Nor does anything else come as soon behind a person's key as a scanner's next.
            self.after(PERSON_S)


def now() -> float:
    """Return the time as events carry it."""
    return events.Event().time
