"""Money given back without a sale: the journal, the closing and the Z report tell alike of it."""

from collections.abc import Iterator

from verifier.cancelled import Cancelled, cancelled_at, cancelled_by_shift
from verifier.canonical import FormatError
from verifier.drawers import ShiftDrawer, only_amount, shift_drawers
from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error
from verifier.panels import SHOULD_HOLD

_COUNT = "Payments cancelled"
_LABELS = {"cash": "given back in cash", "card": "given back by card"}


def check_cancelled(evidence: Evidence) -> Iterator[Finding]:
    """Find closed shifts of which two tell different things."""
    noted = cancelled_by_shift(evidence)
    for shift in shift_drawers(evidence):
        if shift.closing is not None:
            mine = noted.get(shift.shift_id, Cancelled())
            yield from _at_closing(shift, shift.closing, mine)
            # Where no Z report was seen, that is told with the drawer.
            if SHOULD_HOLD in shift.shown:
                yield from _on_screen(shift, mine)


def _at_closing(shift: ShiftDrawer, closing: Row, noted: Cancelled) -> Iterator[Finding]:
    try:
        said = cancelled_at(closing)
    except FormatError as problem:
        yield error("closing_unreadable", f"{closing.name}: {problem}.")
        return
    if said != noted:
        yield error(
            "cancelled_differs",
            f"{shift.name}: {closing.name} tells of payments cancelled after money was taken:"
            f" {said}; the journal noted {noted}.",
        )


def _on_screen(shift: ShiftDrawer, noted: Cancelled) -> Iterator[Finding]:
    count = shift.shown.get(_COUNT, frozenset({"0"}))
    wrong = [_COUNT] if count != {str(noted.payments)} else []
    for method, label in _LABELS.items():
        shown = shift.shown.get(label)
        if (only_amount(shown) if shown else 0) != noted.by(method):
            wrong.append(label)
    for label in wrong:
        words = " and ".join(sorted(shift.shown.get(label, ()))) or "nothing"
        yield error(
            "z_report_differs",
            f"{shift.name}: the Z report on the screen says {words} for “{label}”, and the journal"
            f" noted of payments that were cancelled: {noted}.",
        )
