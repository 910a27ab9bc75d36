"""The questions before a manager lets in whom the gate cannot judge: why, and their PIN."""

from typing import ClassVar

from kiosk_texts import mark
from kiosk_ui.screens.approval import ApprovalScreen


class LetInScreen(ApprovalScreen):
    """Asks before somebody is let in after AMBER."""

    finish_first: ClassVar[str] = mark("Let this person in, or leave it, first")
    HELP_TITLE: ClassVar[str] = mark("let in after asking")
    PURPOSE: ClassVar[str] = mark(
        "This kiosk cannot tell whether the ticket is good, and nothing speaks against it. A "
        "manager looks at it, asks, types why they let the person in, and approves with their PIN. "
        "Who approved and why is kept with the admission for good."
    )
    ASKS: ClassVar[str] = mark("Reason")
    MISSING: ClassVar[str] = mark("Type why this person is let in.")
    DOES: ClassVar[str] = mark("let in")
