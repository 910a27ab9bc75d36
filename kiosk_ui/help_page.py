"""What the help of a screen says. No state, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from kiosk_texts import mark
from kiosk_ui.hints import Hint

HELP: Final = Hint("F1", mark("help"), "f1", mark("Shows this help; F1 or Esc closes it."))
LOOK: Final = Hint(
    "Ctrl-L",
    mark("look"),
    "ctrl+l",
    mark("Changes how all screens look: standard, high contrast, large, plain."),
)
EVERYWHERE: Final = (
    HELP,
    LOOK,
    Hint(
        "F12",
        mark("confirm the time"),
        "f12",
        mark("Where selling waits for the clock: a manager confirms the kiosk's time."),
    ),
    Hint("PgUp PgDn", mark("scroll"), "pageup pagedown", mark("Scroll what does not fit.")),
    Hint("Ctrl-Q", mark("end"), "ctrl+q", mark("Ends this program. Carts stay with the agent.")),
)
"""Keys of every screen; a panel over it knows the first two and the last."""
SIGNS: Final = (
    ("✔", mark("Done. It is recorded, or on its way.")),
    ("✖", mark("Refused. Nothing was done. Why, and what helps, stands below it.")),
    ("▲", mark("Attention. Not refused for good: somebody has to look.")),
    ("…", mark("Waiting. Nothing is lost; what is waited for stands beside it.")),
    ("·", mark("None. In a column of quantities: none.")),
)
"""Sign; the word that the plain look says instead, with what it means."""
LINE_STATUS: Final = mark(
    "The line status stands on every screen: ONLINE, OFFLINE or NO AGENT, since when, how many "
    "transactions are not sent yet, how many tickets are left to sell. Offline the kiosk sells and "
    "admits on; nothing is lost."
)
SCANS: Final = mark(
    "Scan a ticket at any moment: a scan types nothing into a field and presses no key. On Events "
    "and Admit it admits. On Transactions and Find it finds the ticket's sale. On Check it shows "
    "that the scanner works. Elsewhere the message line says what to finish first; then scan again."
)


@dataclass(frozen=True, slots=True)
class HelpPage:
    """What a screen is for, and its keys; the hints are translated where they are shown."""

    title: str
    purpose: str
    keys: Sequence[Hint]


@runtime_checkable
class Helpful(Protocol):
    """A screen that can explain itself."""

    def help_page(self) -> HelpPage:
        """Return what its help says."""
        ...
