"""Cancelling a payment: the question before it, and what is said once it is done."""

from collections.abc import Sequence

from kiosk_contracts.tender import TenderLine
from kiosk_texts import mark, tr
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.refund_words import tender_words
from kiosk_ui.screens.ask import AskScreen


def ask_back(back: Sequence[TenderLine]) -> AskScreen:
    """Return the question that stays until what was taken is given back."""
    return AskScreen(
        tr("Give back {parts}", parts=tender_words(back)),
        tr(
            "This cancels the payment. Give all of it back, then say so; until then the payment "
            "stays as it is."
        ),
        yes=mark("given back: cancel"),
        no=mark("go on with the payment"),
    )


def cancelled_notice(back: Sequence[TenderLine], *, lost: bool) -> Notice:
    """Return what became of the money and of the cart; `lost` is one that could not be reopened."""
    if back:
        words = tr("Given back: {parts}", parts=tender_words(back))
    else:
        words = tr("The payment is cancelled")
    if not lost:
        return Notice(Tone.AMBER, words, (tr("The cart is open again."),))
    why = tr("The cart is over: some of its tickets cannot be sold any more.")
    return Notice(Tone.AMBER, words, (why, tr("They went back. Choose tickets again.")))
