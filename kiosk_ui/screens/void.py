"""The void's questions: why, and a manager's PIN where one is needed."""

from typing import ClassVar

from kiosk_ui.screens.approval import ApprovalScreen


class VoidScreen(ApprovalScreen):
    """Asks before a sale is undone."""

    finish_first: ClassVar[str] = "Finish or leave the void first"
    HELP_TITLE: ClassVar[str] = "void"
    PURPOSE: ClassVar[str] = (
        "Undoes a whole sale: the money goes back to the customer, and none of its tickets admits "
        "any more. Type why; a manager approves with their PIN. The reason is kept for good."
    )
    ASKS: ClassVar[str] = "Reason"
    MISSING: ClassVar[str] = "Type why this sale is undone."
    DOES: ClassVar[str] = "void"
