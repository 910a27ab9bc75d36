"""How the kiosk stands with and without a line, in lines of words. No state, no I/O."""

from collections.abc import Iterator
from typing import Final

from kiosk_contracts.kiosk_status import JournalState, KioskStatus, LineState, StockLine
from kiosk_ui.clock import Clock
from kiosk_ui.report_words import ReportLine
from kiosk_ui.words import clean, event_time, since

_WORKS: Final = (
    "Works without a line: selling what is left here, letting in and out, undoing a sale that is "
    "unsent, cash and drawers, printing."
)
_WAITS: Final = (
    "Waits for a line: more tickets, giving back money for a sale that is settled, what other "
    "gates let in and what was revoked meanwhile."
)
_LISTED: Final = "F7 lists them"
_AT_THE_END: Final = (
    "Then, or with none left, this kiosk sells no more of them. A line brings more, while the "
    "house has any. There is no limit of amount."
)


def standing_lines(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    """Return all of it from top to bottom."""
    yield from _line(status, clock)
    yield ReportLine()
    yield from _left(status, clock)
    yield ReportLine()
    yield from _transactions(status, clock)
    yield ReportLine()
    yield from _safe(status)


def _line(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    when = since(status.line_since, clock)
    if status.line == LineState.ONLINE:
        yield ReportLine(f"There is a line, {when}", strong=True)
    else:
        why = f": {clean(status.line_detail)}" if status.line_detail else ""
        yield ReportLine(f"▲ No line, {when}{why}", strong=True)
        if status.last_contact_at is not None:
            heard = event_time(status.last_contact_at, clock)
            yield ReportLine("The cloud was last heard of", heard)
    yield ReportLine(_WORKS)
    yield ReportLine(_WAITS)


def _left(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    there = [line for line in status.stock if line.left or line.held or line.frozen]
    if not there:
        yield ReportLine("▲ Nothing is left to sell here", strong=True)
        return
    yield ReportLine("Left to sell here", "sells until", strong=True)
    for line in there:
        until = event_time(line.sells_until, clock) if line.sells_until else ""
        yield ReportLine(f"  {_stock_words(line)}", until)
    yield ReportLine(_AT_THE_END)


def _stock_words(line: StockLine) -> str:
    words = f"{clean(line.event_name)} · {clean(line.ticket_type_name)}: {line.left}"
    if line.held:
        words += f", {line.held} in open carts"
    if line.frozen:
        words += f", {line.frozen} frozen"
    return words


def _transactions(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    parked = status.counts.get(JournalState.PARKED, 0)
    quarantined = status.counts.get(JournalState.QUARANTINED, 0)
    oldest = status.oldest_unsent_at
    when = f"the oldest {since(oldest, clock)}" if oldest else ""
    yield ReportLine(f"Unsent: {status.unsent}", when)
    if parked:
        yield ReportLine(f"  set aside, tried again by themselves: {parked}", _LISTED)
    yield ReportLine(
        f"{'▲ ' if quarantined else ''}For a manager: {quarantined}",
        _LISTED if quarantined else "",
        strong=bool(quarantined),
    )


def _safe(status: KioskStatus) -> Iterator[ReportLine]:
    off = "yes, nothing is lost" if status.safe_to_power_off else "no"
    yield ReportLine("Safe to switch off", off, strong=True)
    yield ReportLine("Safe to reinstall", "yes" if status.safe_to_reinstall else "no", strong=True)
    for why in status.why_not:
        yield ReportLine(f"  {clean(why)}")
