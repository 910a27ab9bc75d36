"""The void's questions: why, and a manager's PIN where one is needed."""

from typing import ClassVar

from kiosk_texts import mark
from kiosk_ui.screens.approval import ApprovalScreen


class VoidScreen(ApprovalScreen):
    """Asks before a sale is undone."""

    finish_first: ClassVar[str] = mark("Finish or leave the void first")
    HELP_TITLE: ClassVar[str] = mark("void")
    PURPOSE: ClassVar[str] = mark(
        "Undoes a whole sale: the money goes back to the customer, and none of its tickets admits "
        "any more. Type why; a manager approves with their PIN. The reason is kept for good."
    )
    ASKS: ClassVar[str] = mark("Reason")
    MISSING: ClassVar[str] = mark("Type why this sale is undone.")
    DOES: ClassVar[str] = mark("void")
