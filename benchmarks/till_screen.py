"""The kiosk UI in a pseudo-terminal, worked by keys as far as a benchmark begins."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.kiosk import CASHIER
from benchmarks.pty_screen import PtyScreen, pty_screen

GATE: Final = "North"
_EVENT: Final = "Show 1 of the season"
_IN_STEP: Final = re.compile(r"^ +\d+ tickets?(?!.*…)", re.MULTILINE)
_WAITING: Final = re.compile(r"^ … ", re.MULTILINE)


@contextmanager
def ui_at(socket: Path) -> Iterator[PtyScreen]:
    """Run the kiosk UI at an agent's socket."""
    argv = [sys.executable, "-m", "kiosk_ui", "--socket", str(socket), "--gate", GATE]
    with pty_screen(argv) as screen:
        yield screen


def sign_in(screen: PtyScreen) -> None:
    """Sign the cashier in, and open a shift if none is open; Events is shown."""
    screen.shows("Who is at this kiosk?")
    screen.send(CASHIER.pin, "enter")
    screen.until(lambda text: "Opening float" in text or _EVENT in text, "who is signed in")
    if _EVENT not in screen.text:
        screen.send("100", "enter")
    screen.shows(_EVENT)


def open_sell(screen: PtyScreen) -> None:
    """Go from Events to an empty cart for the first event."""
    screen.send("f2")
    screen.until(lambda text: shows_quantity(text, 0) and is_at_rest(text), "an empty cart")


def open_gate(screen: PtyScreen) -> None:
    """Go from Events to the gate of the first event."""
    screen.send("f3")
    screen.shows("Scan a ticket, or type its serial")


def shows_quantity(text: str, quantity: int) -> bool:
    """Say whether the cart shows so many adults."""
    shown = quantity or "·"
    return re.search(rf"^ +Adult +€12\.50 +\d+ +{shown}(?!\S)", text, re.MULTILINE) is not None


def is_at_rest(text: str) -> bool:
    """Say whether the agent has answered all that was asked of the cart."""
    return _IN_STEP.search(text) is not None and _WAITING.search(text) is None
