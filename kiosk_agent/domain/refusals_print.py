"""Refusals of the print queue."""

from kiosk_contracts.problem import ProblemCode, ProblemError


def printer_missing() -> ProblemError:
    """Return: this kiosk has no printer."""
    return ProblemError(
        409,
        ProblemCode.PRINTER_MISSING,
        "This kiosk has no printer",
        detail="The setting `printer` is empty.",
        hint="Show the ticket's code on the screen, or have a printer set up.",
    )


def nothing_to_print() -> ProblemError:
    """Return: the transaction has no such sheet."""
    return ProblemError(
        404,
        ProblemCode.NOTHING_TO_PRINT,
        "There is nothing to print",
        detail="Only sales have tickets and receipts, and this is none that can be read.",
        hint="Choose a sale in Transactions.",
    )


def print_unknown(print_id: int) -> ProblemError:
    """Return: the queue has no such sheet any more."""
    return ProblemError(
        404,
        ProblemCode.PRINT_UNKNOWN,
        "That is not in the print queue",
        detail=f"Print {print_id} was printed or taken off before.",
        hint="Look at the queue again.",
    )
