"""What the terminals acknowledged is in that kiosk's journal, as it was said."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from verifier.canonical import FormatError, read_money
from verifier.evidence import Evidence, Row, Shown, Terminals
from verifier.findings import Finding, error, notice
from verifier.sales import acknowledged_sales

SHOWN_KINDS: Final = frozenset(
    {
        "sale",
        "void",
        "admission",
        "exit",
        "shift_opened",
        "shift_paid_in",
        "shift_paid_out",
        "shift_closed",
    }
)
"""Kinds that a kiosk's screen acknowledges (docs/ui.md)."""
_NUMBER: Final = re.compile(r"✔ #(\d+) ")


@dataclass(frozen=True, slots=True)
class Matched:
    """Acknowledgements and the journals' rows, laid beside each other."""

    rows: dict[tuple[str, int], Shown]
    """By (kiosk_id, sequence): the row's acknowledgement."""
    unmatched: list[Shown]
    """Acknowledged, and not journaled."""


def match_shown(evidence: Evidence) -> Matched:
    """Find each acknowledgement's row: same kiosk, sequence, kind and receipt or serial.

    A row that was recorded only after the acknowledgement had been on the screen is another one:
    the acknowledged transaction was undone and its numbers were given out again.
    """
    rows = {(row.kiosk_id, row.sequence): row for row in evidence.rows()}
    matched = Matched({}, [])
    for shown in evidence.terminals.acknowledgements:
        row = rows.get((shown.kiosk_id, shown.sequence))
        if row is None or not _same(row, shown):
            matched.unmatched.append(shown)
            continue
        if any(latest < row.recorded_at for _, latest in shown.times):
            matched.unmatched.append(shown)
        if any(latest >= row.recorded_at for _, latest in shown.times):
            matched.rows[shown.kiosk_id, shown.sequence] = shown
    return matched


def _same(row: Row, shown: Shown) -> bool:
    return row.kind == shown.kind and shown.reference in ("", reference_of(row))


def reference_of(row: Row) -> str:
    """Return what the screen names a transaction by: receipt number, serial, or amount of cash."""
    if row.receipt_number:
        return row.receipt_number
    if row.kind in {"shift_paid_in", "shift_paid_out"}:
        return _amount_of(row)
    return str((row.payload if row.untouched else row.answer).get("serial", ""))


def _amount_of(row: Row) -> str:
    try:
        amount, currency = read_money(row.payload.get("amount"))
    except FormatError:
        return ""
    return f"{amount} {currency}"


def check_showing(evidence: Evidence) -> Iterator[Finding]:
    """Find what was acknowledged and lost, said wrongly, or never shown."""
    matched = match_shown(evidence)
    for shown in matched.unmatched:
        yield error(
            "acknowledged_not_journaled",
            f"{shown.name} was shown as recorded, but that kiosk's journal does not have it: lost.",
            lost=1,
        )
    yield from _orphan_tickets(evidence, matched)
    yield from _line_said(evidence, matched)
    yield from _never_shown(evidence, matched)
    yield from _garbled(evidence.terminals)


def _orphan_tickets(evidence: Evidence, matched: Matched) -> Iterator[Finding]:
    """Find tickets handed over under a receipt number that are in no sale at all."""
    sold = {ticket.serial for sale in acknowledged_sales(evidence) for ticket in sale.tickets}
    orphans: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kiosk_id, receipt, serial in evidence.terminals.handed_over:
        if serial in evidence.ledger.serials and serial not in sold:
            orphans[kiosk_id, receipt].add(serial)
    told = {(shown.kiosk_id, shown.reference) for shown in matched.unmatched}
    for (kiosk_id, receipt), serials in sorted(orphans.items()):
        yield error(
            "ticket_of_no_sale",
            f"{kiosk_id} showed {', '.join(sorted(serials))} under receipt {receipt}, but no"
            " journal has a sale of it: lost.",
            lost=0 if (kiosk_id, receipt) in told else 1,
        )


def lost_on_screen(findings: list[Finding]) -> int:
    """Return how many acknowledged transactions no journal has."""
    codes = {"acknowledged_not_journaled", "ticket_of_no_sale"}
    return sum(finding.lost for finding in findings if finding.code in codes)


def _line_said(evidence: Evidence, matched: Matched) -> Iterator[Finding]:
    for row in evidence.rows():
        shown = matched.rows.get((row.kiosk_id, row.sequence))
        if shown is not None and shown.offline != row.offline:
            said, was = ("offline", "online") if shown.offline else ("online", "offline")
            yield error(
                "line_differs", f"{row.name} was shown as recorded {said}, and journaled as {was}."
            )


def _never_shown(evidence: Evidence, matched: Matched) -> Iterator[Finding]:
    for journal in evidence.journals:
        expected = [row for row in journal.rows if row.kind in SHOWN_KINDS]
        unseen = [row for row in expected if (row.kiosk_id, row.sequence) not in matched.rows]
        if expected and len(unseen) == len(expected):
            yield error(
                "nothing_shown",
                f"No terminal of {journal.kiosk_id} shows any of its {len(expected)}"
                " acknowledgements: there is nothing to judge by.",
            )
        elif unseen:
            names = ", ".join(f"#{row.sequence}" for row in unseen)
            yield notice(
                "never_shown",
                f"{journal.kiosk_id}: no terminal showed the acknowledgement of {names}.",
            )


def _garbled(terminals: Terminals) -> Iterator[Finding]:
    read = {(shown.kiosk_id, shown.sequence) for shown in terminals.acknowledgements}
    for kiosk_id, text in terminals.garbled:
        number = _NUMBER.match(text)
        if number is None or (kiosk_id, int(number[1])) not in read:
            yield error(
                "acknowledgement_unreadable",
                f"{kiosk_id} showed {text!r}, which is no acknowledgement that can be read.",
            )
