"""The question before another person's cart is freed: a manager approves."""

from typing import ClassVar

from kiosk_texts import mark
from kiosk_ui.screens.pin_form import PinFormScreen


class FreeCartScreen(PinFormScreen):
    """Asks for a manager's PIN; Esc leaves the cart as it is."""

    finish_first: ClassVar[str] = mark("Finish or leave this first")
    DOES: ClassVar[str] = mark("free it")
    HELP_TITLE: ClassVar[str] = mark("free a cart")
    PURPOSE: ClassVar[str] = mark(
        "Frees a cart that its cashier left in payment: the payment is cancelled, its tickets can "
        "be sold again. What was taken is given back. A manager types their PIN, and the agent's "
        "log keeps who it was."
    )
