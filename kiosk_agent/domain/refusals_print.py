"""Refusals of the print queue."""

from kiosk_agent.domain.reprinting import Standings, standing_words
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr


def printer_missing() -> ProblemError:
    """Return: this kiosk has no printer."""
    return ProblemError(
        409,
        ProblemCode.PRINTER_MISSING,
        tr("This kiosk has no printer"),
        detail=tr("None is set up for it."),
        hint=tr("Show the ticket's code on the screen, or have a printer set up."),
    )


def nothing_to_print() -> ProblemError:
    """Return: the transaction has no such sheet."""
    return ProblemError(
        404,
        ProblemCode.NOTHING_TO_PRINT,
        tr("There is nothing to print"),
        detail=tr("Only sales have tickets and receipts, and this is none that can be read."),
        hint=tr("Choose a sale in Transactions."),
    )


def nothing_valid_to_print(standings: Standings) -> ProblemError:
    """Return: each ticket that is meant is worth nothing, or is being refunded."""
    which = ", ".join(f"{serial} ({standing_words(one)})" for serial, one in standings.items())
    return ProblemError(
        409,
        ProblemCode.NOTHING_TO_PRINT,
        tr("No valid ticket to print"),
        detail=tr("Not valid: {tickets}.", tickets=which),
        hint=tr("The receipt can be printed; it says so."),
    )


def print_unknown(print_id: int) -> ProblemError:
    """Return: the queue has no such sheet any more."""
    return ProblemError(
        404,
        ProblemCode.PRINT_UNKNOWN,
        tr("That is not in the print queue"),
        detail=tr("Print {print_id} was printed or taken off before.", print_id=print_id),
        hint=tr("Look at the queue again."),
    )
