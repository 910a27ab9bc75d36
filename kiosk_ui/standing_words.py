"""How the kiosk stands with and without a line, in lines of words. No state, no I/O."""

from collections.abc import Iterator
from typing import Final

from kiosk_contracts.kiosk_status import JournalState, KioskStatus, LineState, StockLine
from kiosk_contracts.update_lock import UpdateLock
from kiosk_texts import mark, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.report_words import ReportLine
from kiosk_ui.words import event_time, when

_WORKS: Final = mark(
    "Works without a line: selling what is left here, letting in and out, undoing a sale that is "
    "unsent, cash and drawers, printing."
)
_WAITS: Final = mark(
    "Waits for a line: more tickets, giving back money for a sale that is settled, what other "
    "gates let in and what was revoked meanwhile."
)
_LISTED: Final = mark("F7 lists them")
_AT_THE_END: Final = mark(
    "Then, or with none left, this kiosk sells no more of them. A line brings more, while the "
    "house has any. There is no limit of amount."
)


def standing_lines(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    """Return all of it from top to bottom."""
    yield from _line(status, clock)
    yield from _update_lock(status, clock)
    yield ReportLine()
    yield from _left(status, clock)
    yield ReportLine()
    yield from _transactions(status, clock)
    yield ReportLine()
    yield from _safe(status)


def _line(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    since = when(status.line_since, clock)
    if status.line == LineState.ONLINE:
        yield ReportLine(tr("There is a line, since {when}", when=since), strong=True)
    else:
        why = clean(status.line_detail or "")
        no_line = (
            tr("No line, since {when}: {reason}", when=since, reason=why)
            if why
            else tr("No line, since {when}", when=since)
        )
        yield ReportLine(f"▲ {no_line}", strong=True)
        if status.last_contact_at is not None:
            heard = event_time(status.last_contact_at, clock)
            yield ReportLine(tr("The cloud was last heard of"), heard)
    yield ReportLine(tr(_WORKS))
    yield ReportLine(tr(_WAITS))


def _update_lock(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    lock = status.update_lock
    if lock is not None:
        yield ReportLine(update_lock_words(lock, clock), strong=True)


def update_lock_words(lock: UpdateLock, clock: Clock) -> str:
    """Return until when, why and whose it is."""
    until, why, by = when(lock.until, clock), clean(lock.why), clean(lock.by)
    return tr("No update until {until}: {why} ({by})", until=until, why=why, by=by)


def _left(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    there = [line for line in status.stock if line.left or line.held or line.frozen]
    if not there:
        yield ReportLine(f"▲ {tr('Nothing is left to sell here')}", strong=True)
        return
    yield ReportLine(tr("Left to sell here"), tr("sells until"), strong=True)
    for line in there:
        until = event_time(line.sells_until, clock) if line.sells_until else ""
        yield ReportLine(f"  {_stock_words(line)}", until)
    yield ReportLine(tr(_AT_THE_END))


def _stock_words(line: StockLine) -> str:
    what = f"{clean(line.event_name)} · {clean(line.ticket_type_name)}"
    left, held, frozen = line.left, line.held, line.frozen
    if held and frozen:
        words = tr(
            "{left}, {held} in open carts, {frozen} frozen", left=left, held=held, frozen=frozen
        )
    elif held:
        words = tr("{left}, {held} in open carts", left=left, held=held)
    elif frozen:
        words = tr("{left}, {frozen} frozen", left=left, frozen=frozen)
    else:
        words = str(left)
    return f"{what}: {words}"


def _transactions(status: KioskStatus, clock: Clock) -> Iterator[ReportLine]:
    parked = status.counts.get(JournalState.PARKED, 0)
    quarantined = status.counts.get(JournalState.QUARANTINED, 0)
    oldest = status.oldest_unsent_at
    since = tr("the oldest since {when}", when=when(oldest, clock)) if oldest else ""
    if status.open_carts:
        carts = tr("Open carts: {count}", count=status.open_carts)
        yield ReportLine(carts, tr("F6 lists those in payment"))
    yield ReportLine(tr("Unsent: {count}", count=status.unsent), since)
    if parked:
        aside = tr("set aside, tried again by themselves: {count}", count=parked)
        yield ReportLine(f"  {aside}", tr(_LISTED))
    for_manager = tr("For a manager: {count}", count=quarantined)
    if quarantined:
        yield ReportLine(f"▲ {for_manager}", tr(_LISTED), strong=True)
    else:
        yield ReportLine(for_manager)


def _safe(status: KioskStatus) -> Iterator[ReportLine]:
    off = tr("yes, nothing is lost") if status.safe_to_power_off else tr("no")
    yield ReportLine(tr("Safe to switch off"), off, strong=True)
    reinstall = tr("yes") if status.safe_to_reinstall else tr("no")
    yield ReportLine(tr("Safe to reinstall"), reinstall, strong=True)
    for why in status.why_not:
        yield ReportLine(f"  {clean(why)}")
