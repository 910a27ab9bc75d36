"""Tickets are given away by a manager's word alone, and each such sale says whose it was."""

from collections.abc import Iterator

from verifier.evidence import Evidence, Journal, Row
from verifier.findings import Finding, error, notice

_MANAGER = "manager"


def check_given_away(evidence: Evidence) -> Iterator[Finding]:
    """Find sales that waive an amount and name nobody, or one who may not have been a manager.

    A sale carries who agreed, not what they were. Their role is the venue's roster's, as the ticket
    API has it in the end. A manager then may be a cashier by now, or gone: neither makes a good
    sale a fault, and a person has to look.
    """
    for journal in evidence.journals:
        for row in journal.rows:
            if row.kind == "sale" and row.untouched and _gives_away(row):
                yield from _approved(evidence, journal, row)


def _gives_away(row: Row) -> bool:
    tender = row.payload.get("tender")
    lines = tender if isinstance(tender, list) else []
    return any(isinstance(one, dict) and one.get("method") == "complimentary" for one in lines)


def _approved(evidence: Evidence, journal: Journal, row: Row) -> Iterator[Finding]:
    approver = row.payload.get("approved_by")
    if not isinstance(approver, str) or not approver:
        yield error(
            "given_away_unapproved", f"{row.name} gives tickets away and names nobody who agreed."
        )
        return
    roles = evidence.ledger.roles.get(journal.meta.get("venue_id", ""), {})
    role = roles.get(approver)
    if role is not None and role != _MANAGER:
        yield notice(
            "approver_no_manager_now",
            f"{row.name} gives tickets away by the word of {approver}, who is no manager but"
            f" {role} on the venue's roster by now: nobody can tell what they were then.",
        )
    elif role is None and roles:
        yield notice(
            "approver_unknown",
            f"{row.name} gives tickets away by the word of {approver}, whom the venue's roster does"
            " not have: nobody can tell if they were a manager.",
        )
