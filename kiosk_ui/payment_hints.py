"""The keys of Payment, and what they do; those of the ways of paying stand on their tabs."""

from typing import Final

from kiosk_texts import mark
from kiosk_ui.hints import Hint

HINTS: Final = (
    Hint(
        "Enter",
        mark("complete"),
        "enter",
        mark("Records the sale; its tickets are shown and printed."),
    ),
    Hint(
        "Esc",
        mark("back"),
        "escape",
        mark("Cancels the payment; says first what is to be given back."),
    ),
    Hint(
        "F9",
        mark("part"),
        "f9",
        mark("Takes what is typed as a part, in cash or by card; the rest is paid otherwise."),
    ),
    Hint("F4", mark("name"), "f4", mark("Keeps a buyer's name with the sale, to look for it.")),
    Hint(
        "F5",
        mark("cash"),
        "f5",
        mark("Cash: type what was given; nothing typed is the exact sum."),
        shown=False,
    ),
    Hint(
        "F6",
        mark("card"),
        "f6",
        mark("Card: type the terminal's reference, and the amount if it does not pay all."),
        shown=False,
    ),
    Hint(
        "F7",
        mark("complimentary"),
        "f7",
        mark("Given away: type the reason; a manager approves with their PIN."),
        shown=False,
    ),
    Hint(
        "↑ ↓",
        mark("other field"),
        "up down",
        more=mark("Goes to a card's amount, or to the manager's PIN, and back; so does Tab."),
        shown=False,
    ),
)
