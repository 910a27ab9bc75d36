"""Each shift's drawer is told alike, to the cent: journal, closing, Z report, ticket API, count."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from verifier.canonical import FormatError, read_money
from verifier.drawers import PARTS, ShiftDrawer, only_amount, shift_drawers
from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error, notice
from verifier.panels import SHOULD_HOLD


def check_drawers(evidence: Evidence) -> Iterator[Finding]:
    """Find drawers of which two tell different things, and counts that don't add up."""
    shifts = shift_drawers(evidence)
    for shift in shifts:
        yield from _at_ticket_api(shift)
        if shift.closing is not None:
            yield from _at_closing(shift, shift.closing)
            yield from _counted(shift, shift.closing)
            yield from _on_screen(shift, shift.closing)
    yield from _after_closing(evidence, shifts)
    yield from _x_reports(evidence, shifts)


def _at_ticket_api(shift: ShiftDrawer) -> Iterator[Finding]:
    """Where it agrees with one of journal and closing, these two differ, and that is told."""
    there = shift.in_journal
    if shift.at_ticket_api not in {there, shift.said("expected")}:
        yield error(
            "drawer_differs_at_ticket_api",
            f"{shift.name}: {_money(there, shift)} should be in the drawer, but what the ticket"
            f" API holds of it comes to {_money(shift.at_ticket_api, shift)}:"
            f" {_off(shift.at_ticket_api - there, shift)} there.",
        )


def _at_closing(shift: ShiftDrawer, closing: Row) -> Iterator[Finding]:
    said = shift.said("expected")
    if said is None:
        yield error("closing_unreadable", f"{closing.name} does not say what should be there.")
    elif said != shift.in_journal:
        yield error(
            "drawer_differs",
            f"{shift.name}: {closing.name} expected {_money(said, shift)} in the drawer, but its"
            f" transactions in the journal come to {_money(shift.in_journal, shift)}:"
            f" {_off(shift.in_journal - said, shift)} there.",
        )


def _counted(shift: ShiftDrawer, closing: Row) -> Iterator[Finding]:
    said, counted, over = (shift.said(name) for name in ("expected", "counted", "over_short"))
    if said is not None and counted is not None and over != counted - said:
        yield error(
            "over_short_differs",
            f"{closing.name} says {over} over or short; {_money(counted, shift)} were counted and"
            f" {_money(said, shift)} expected.",
        )
    pieces = closing.payload.get("pieces", [])
    if pieces and counted is not None and (worth := _worth(pieces)) != counted:
        yield error(
            "count_differs",
            f"{closing.name}: its notes and coins are worth {worth}, and {counted} were counted.",
        )


def _worth(pieces: list[dict[str, object]]) -> Decimal | None:
    """Return what notes and coins are worth; None if that cannot be read."""
    try:
        return sum(
            (read_money(one["value"])[0] * Decimal(str(one["pieces"])) for one in pieces),
            Decimal(0),
        )
    except (FormatError, KeyError, TypeError, ArithmeticError):
        return None


def _on_screen(shift: ShiftDrawer, closing: Row) -> Iterator[Finding]:
    if SHOULD_HOLD not in shift.shown:
        yield notice("z_report_unseen", f"No terminal showed the Z report of {closing.name}.")
        return
    for label, amount in _figures(shift):
        shown = shift.shown.get(label)
        # A report leaves out what is nothing, but for what was taken.
        if shown is None and not amount:
            continue
        if shown is None or only_amount(shown) != amount:
            words = " and ".join(sorted(shown)) if shown else "nothing"
            off = only_amount(shown) if shown else None
            by = "" if off is None else f": {_off(off - amount, shift)} on the screen"
            yield error(
                "z_report_differs",
                f"{shift.name}: the Z report on the screen says {words} for “{label}”, the journal"
                f" {_money(amount, shift)}{by}.",
            )
    yield from _over_short_shown(shift, closing)


def _figures(shift: ShiftDrawer) -> Iterator[tuple[str, Decimal]]:
    for part in PARTS:
        yield part, shift.parts[part]
    yield SHOULD_HOLD, shift.in_journal
    counted = shift.said("counted")
    if counted is not None:
        yield "Counted", counted


def _over_short_shown(shift: ShiftDrawer, closing: Row) -> Iterator[Finding]:
    over = shift.said("over_short")
    if over is None:
        return
    right = f"{abs(over)} {shift.currency} {'over' if over > 0 else 'short'}" if over else "exact"
    shown = shift.shown.get("Over or short", frozenset())
    if shown != {right}:
        words = " and ".join(sorted(shown)) or "nothing"
        yield error(
            "z_report_differs",
            f"{shift.name}: the Z report on the screen says {words} for “Over or short”, and"
            f" {closing.name} {right}.",
        )


def _after_closing(evidence: Evidence, shifts: list[ShiftDrawer]) -> Iterator[Finding]:
    closed = {shift.shift_id: shift.closing for shift in shifts if shift.closing is not None}
    for row in evidence.rows():
        closing = closed.get(str(row.payload.get("shift_id")))
        if closing is not None and row.sequence > closing.sequence:
            yield error("shift_was_closed", f"{row.name} is of a shift that {closing.name} ended.")


def _x_reports(evidence: Evidence, shifts: list[ShiftDrawer]) -> Iterator[Finding]:
    """Find X reports that say what was in no shift of that kiosk at any moment."""
    held: dict[str, set[Decimal]] = defaultdict(set)
    for shift in shifts:
        held[shift.kiosk_id].update(shift.running)
    for kiosk_id, shown in evidence.terminals.x_reports:
        if read_money(shown)[0] not in held[kiosk_id]:
            yield error(
                "x_report_differs",
                f"{kiosk_id} showed an X report with {shown} in the drawer, which its transactions"
                " came to at no moment.",
            )


def _money(amount: Decimal, shift: ShiftDrawer) -> str:
    return f"{amount} {shift.currency}"


def _off(amount: Decimal, shift: ShiftDrawer) -> str:
    return f"{abs(amount)} {shift.currency} {'too much' if amount > 0 else 'missing'}"
