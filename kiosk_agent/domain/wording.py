"""Texts put side by side, and names of things that stand in many texts."""

from typing import Final

from kiosk_contracts.payloads import TransactionKind
from kiosk_texts import tr, trc

VOIDED_HERE: Final = "voided at the kiosk that sold it"
"""Why a ticket was revoked, as this kiosk's journal keeps it."""


def sentences(*texts: str) -> str:
    """Return whole sentences one after the other; an empty one is left out."""
    return " ".join(text for text in texts if text)


def unknown_gate() -> str:
    """Return what stands in the place of a gate's name that nobody knows."""
    return tr("an unknown gate")


def kind_name(kind: str) -> str:  # noqa: C901, PLR0911  one name for each
    """Return what a transaction is, in a word or two; a newer peer's kind as it came."""
    try:
        known = TransactionKind(kind)
    except ValueError:
        return kind
    match known:
        case TransactionKind.SALE:
            return trc("a transaction", "sale")
        case TransactionKind.VOID:
            return trc("a transaction", "void")
        case TransactionKind.REFUND:
            return trc("a transaction", "refund")
        case TransactionKind.ADMISSION:
            return trc("a transaction", "admission")
        case TransactionKind.EXIT:
            return trc("a transaction", "exit")
        case TransactionKind.RETURN_OF_STOCK:
            return trc("a transaction", "return of stock")
        case TransactionKind.SHIFT_OPENED:
            return trc("a transaction", "shift opened")
        case TransactionKind.SHIFT_PAID_IN:
            return trc("a transaction", "cash paid in")
        case TransactionKind.SHIFT_PAID_OUT:
            return trc("a transaction", "cash paid out")
        case TransactionKind.SHIFT_CLOSED:
            return trc("a transaction", "shift closed")


def revoked_because(reason: str) -> str:
    """Return why a ticket was revoked; what the ticket API says in words of its own, as it came."""
    match reason:
        case "voided":
            return trc("a ticket", "voided")
        case _ if reason == VOIDED_HERE:
            return trc("a ticket", "voided at the kiosk that sold it")
        case "refunded":
            return trc("a ticket", "refunded")
        case "written_off":
            return trc("a ticket", "written off")
        case _:
            return reason
