"""The questions of handing over: a note, and a manager's PIN where one is needed."""

from typing import ClassVar

from kiosk_texts import mark
from kiosk_ui.screens.approval import ApprovalScreen


class HandOverScreen(ApprovalScreen):
    """Asks before a quarantined transaction is handed over."""

    finish_first: ClassVar[str] = mark("Finish or leave handing over first")
    HELP_TITLE: ClassVar[str] = mark("hand over")
    PURPOSE: ClassVar[str] = mark(
        "Passes a transaction that could not be settled on to those who can settle it. Type what "
        "they should know: who waits, where the money is, how to reach you."
    )
    ASKS: ClassVar[str] = mark("Note")
    MISSING: ClassVar[str] = mark("Type what those who settle it should know.")
    DOES: ClassVar[str] = mark("hand over")
    MORE: ClassVar[str] = mark(
        "It is written to a file with its reason and your note, for those who settle it "
        "elsewhere. It stays in the list, as handed over."
    )
