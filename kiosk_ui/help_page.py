"""What the help of a screen says. No state, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from kiosk_ui.hints import Hint

HELP: Final = Hint("F1", "help", "f1", "Shows this help; F1 or Esc closes it.")
LOOK: Final = Hint(
    "Ctrl-L",
    "look",
    "ctrl+l",
    "Changes how all screens look: standard, high contrast, large, plain.",
)
EVERYWHERE: Final = (
    HELP,
    LOOK,
    Hint(
        "F12",
        "confirm the time",
        "f12",
        "Where selling waits for the clock: a manager confirms the kiosk's time.",
    ),
    Hint("PgUp PgDn", "scroll", None, "Scroll what does not fit."),
    Hint("Ctrl-Q", "end", "ctrl+q", "Ends this program. Carts stay with the agent."),
)
"""Keys of every screen; a panel over it knows the first two and the last."""
SIGNS: Final = (
    ("✔", "Done", "It is recorded, or on its way."),
    ("✖", "Refused", "Nothing was done. Why, and what helps, stands below it."),
    ("▲", "Attention", "Not refused for good: somebody has to look."),
    ("…", "Waiting", "Nothing is lost; what is waited for stands beside it."),
    ("·", "None", "In a column of quantities: none."),
)
"""Sign, the word that the plain look says instead, what it means."""
LINE_STATUS: Final = (
    "The line status stands on every screen: ONLINE, OFFLINE or NO AGENT, since when, how many "
    "transactions are not sent yet, how many tickets are left to sell. Offline the kiosk sells and "
    "admits on; nothing is lost."
)
SCANS: Final = (
    "Scan a ticket at any moment: a scan types nothing into a field and presses no key. On Events "
    "and Admit it admits. On Transactions and Find it finds the ticket's sale. On Check it shows "
    "that the scanner works. Elsewhere the message line says what to finish first; then scan again."
)


@dataclass(frozen=True, slots=True)
class HelpPage:
    """What a screen is for, and its keys."""

    title: str
    purpose: str
    keys: Sequence[Hint]


@runtime_checkable
class Helpful(Protocol):
    """A screen that can explain itself."""

    def help_page(self) -> HelpPage:
        """Return what its help says."""
        ...
