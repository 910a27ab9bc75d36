"""What a transaction may say of serials at all."""

from collections.abc import Iterable

from core_services.ticket_api.transactions.domain.decision import Case, Refuse
from kiosk_contracts.problem import ProblemCode

_NAMED = 5


def listed(serials: Iterable[str]) -> str:
    """Return serials for a person: the first few by name, the others as a number."""
    names = list(serials)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def refuse_foreign(case: Case, serials: Iterable[str]) -> Refuse | None:
    """Refuse serials that were never issued, or that are leased to another journal."""
    unknown = [serial for serial in serials if serial not in case.known.serials]
    if unknown:
        return Refuse(
            ProblemCode.SERIAL_NEVER_ISSUED,
            f"{listed(unknown)} was never issued",
            "Keep the ticket and the receipt, and hand both to the operators.",
        )
    foreign = [
        serial for serial in serials if case.known.serials[serial].journal_id != case.journal_id
    ]
    if foreign:
        holder = case.known.serials[foreign[0]].kiosk_id
        return Refuse(
            ProblemCode.SERIAL_LEASED_ELSEWHERE,
            f"{listed(foreign)} belongs to the ticket stock of kiosk {holder}",
            "Ask the operators to compare this kiosk's journal with that kiosk's.",
        )
    return None
