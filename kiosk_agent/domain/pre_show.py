"""The pre-show check: what was seen of the kiosk, judged for the hours ahead. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kiosk_agent.domain.printing import printer_warning
from kiosk_agent.domain.reporting import TypeLeft, sells
from kiosk_agent.domain.room import RoomState, in_megabytes
from kiosk_agent.domain.scanning import scanner_warning
from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.kiosk_status import LineState, StatusWarning
from kiosk_contracts.pre_show import CheckedThing, CheckLine, CheckVerdict
from kiosk_contracts.printing import PrinterState
from kiosk_contracts.scanning import ScannerState
from kiosk_texts import day_and_time, tr, trn

AHEAD: Final = timedelta(hours=24)
"""Events that begin within this are what the kiosk must have tickets for."""
_KEYS_OLD: Final = timedelta(days=1)
_ADMISSIONS_OLD: Final = timedelta(hours=1)
_CLOCK_OFF_MS: Final = 60_000
_SECOND_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class SeenKiosk:
    """What was found at one moment."""

    now: datetime
    catalogue: Catalogue | None
    left: Mapping[tuple[str, str], TypeLeft]
    keys: int
    keys_synced_at: datetime | None
    """When the cloud last said which keys there are; None: never, as far as anybody knows."""
    feed_synced_at: datetime | None
    offset_ms: int | None
    """Server time less device time."""
    free_bytes: int
    room: RoomState
    printer: PrinterState
    scanner: ScannerState
    scanned: bool
    """Whether a code arrived on the screen."""
    line: LineState
    line_since: datetime
    quarantined: int
    parked: int
    unsent: int
    warnings: Sequence[StatusWarning] = field(default_factory=tuple)
    """Of the agent's own workers."""


def check(seen: SeenKiosk) -> tuple[CheckLine, ...]:
    """Judge all that was seen, in the order in which doors depend on it."""
    return (
        *_stock(seen),
        _keys(seen),
        _admissions(seen),
        _clock(seen),
        _disk(seen),
        _printer(seen),
        _scanner(seen),
        _line(seen),
        _transactions(seen),
        *_agent(seen),
    )


def _stock(seen: SeenKiosk) -> Iterator[CheckLine]:
    events = _ahead(seen)
    if not events:
        yield _found(
            CheckedThing.STOCK,
            CheckVerdict.LOOK,
            tr("No event is on sale within a day."),
            tr("If there is a show, the kiosk needs a line once, to read it."),
        )
    for event in events:
        yield _stock_of(event, seen)


def _ahead(seen: SeenKiosk) -> list[Event]:
    """Return the events within AHEAD that are still sold, soonest first."""
    events = sorted(seen.catalogue.events if seen.catalogue else (), key=lambda one: one.starts_at)
    return [
        event
        for event in events
        if sells(event) and event.starts_at <= seen.now + AHEAD and _is_sold(event, seen)
    ]


def _is_sold(event: Event, seen: SeenKiosk) -> bool:
    """Say whether sales are open, or go on here: a lease may last longer."""
    return event.sales_close_at > seen.now or any(sums.live for sums in _left(event, seen).values())


def _left(event: Event, seen: SeenKiosk) -> dict[str, TypeLeft]:
    """Return what is left of each ticket type, by its name."""
    return {
        kind.name: seen.left.get((event.event_id, kind.ticket_type_id), TypeLeft())
        for kind in event.ticket_types
    }


def _stock_of(event: Event, seen: SeenKiosk) -> CheckLine:
    left = _left(event, seen)
    stock = f"{event.name}: " + ", ".join(f"{sums.live} {name}" for name, sums in left.items())
    if any(sums.clock_behind for sums in left.values()):
        return _found(
            CheckedThing.STOCK,
            CheckVerdict.BAD,
            tr("{stock}; some wait for the clock.", stock=stock),
            tr("A manager confirms the time (F12)."),
        )
    if not any(sums.live for sums in left.values()):
        return _found(
            CheckedThing.STOCK,
            CheckVerdict.BAD,
            tr("{stock}: nothing to sell.", stock=stock),
            tr(
                "The kiosk asks for tickets by itself while there is a line. If there is one, call"
                " the control room."
            ),
        )
    low = [n for n, sums in left.items() if sums.live < event.stock_rule.top_up_below]
    if low:
        return _found(
            CheckedThing.STOCK,
            CheckVerdict.LOOK,
            tr("{stock}; few left: {types}.", stock=stock, types=", ".join(low)),
            tr("With a line it is topped up by itself, if the house has more."),
        )
    return _found(CheckedThing.STOCK, CheckVerdict.GOOD, f"{stock}.")


def _keys(seen: SeenKiosk) -> CheckLine:
    if not seen.keys:
        return _found(
            CheckedThing.KEYS,
            CheckVerdict.BAD,
            tr("This gate knows no keys: no ticket can be told from a forgery."),
            tr("It needs a line once."),
        )
    age = _age(seen.now, seen.keys_synced_at)
    text = tr("{count} known, {age}.", count=seen.keys, age=age)
    if _older(seen.now, seen.keys_synced_at, _KEYS_OLD):
        hint = tr("A ticket signed with a newer key shows amber. A line brings the newest.")
        return _found(CheckedThing.KEYS, CheckVerdict.LOOK, text, hint)
    return _found(CheckedThing.KEYS, CheckVerdict.GOOD, text)


def _admissions(seen: SeenKiosk) -> CheckLine:
    age = _age(seen.now, seen.feed_synced_at)
    text = tr("Other gates and what was revoked: {age}.", age=age)
    if _older(seen.now, seen.feed_synced_at, _ADMISSIONS_OLD):
        hint = tr("Two gates apart may let one ticket in until the line is back.")
        return _found(CheckedThing.ADMISSIONS, CheckVerdict.LOOK, text, hint)
    return _found(CheckedThing.ADMISSIONS, CheckVerdict.GOOD, text)


def _clock(seen: SeenKiosk) -> CheckLine:
    if seen.offset_ms is None:
        return _found(
            CheckedThing.CLOCK,
            CheckVerdict.LOOK,
            tr("Never compared with the server's."),
            tr("Compare it with a watch."),
        )
    off_s = round(abs(seen.offset_ms) / 1000)
    if abs(seen.offset_ms) < _SECOND_MS:
        text = tr("As the server's.")
    elif seen.offset_ms > 0:
        text = tr("{count} s behind the server's.", count=off_s)
    else:
        text = tr("{count} s ahead of the server's.", count=off_s)
    if abs(seen.offset_ms) > _CLOCK_OFF_MS:
        hint = tr("Call support to have it set: leases and gates go by it.")
        return _found(CheckedThing.CLOCK, CheckVerdict.LOOK, text, hint)
    return _found(CheckedThing.CLOCK, CheckVerdict.GOOD, text)


def _disk(seen: SeenKiosk) -> CheckLine:
    text = tr("{free} are free.", free=in_megabytes(seen.free_bytes))
    match seen.room:
        case RoomState.PLENTY:
            return _found(CheckedThing.DISK, CheckVerdict.GOOD, text)
        case RoomState.LOW:
            hint = tr("Tell the control room, to make room in time.")
            return _found(CheckedThing.DISK, CheckVerdict.LOOK, text, hint)
        case RoomState.STOP:
            hint = tr("Nothing new is sold. Call support to make room.")
            return _found(CheckedThing.DISK, CheckVerdict.BAD, text, hint)


def _printer(seen: SeenKiosk) -> CheckLine:
    match seen.printer:
        case PrinterState.NONE:
            text = tr("This kiosk has none: tickets are shown on the screen.")
            return _found(CheckedThing.PRINTER, CheckVerdict.GOOD, text)
        case PrinterState.READY:
            return _found(CheckedThing.PRINTER, CheckVerdict.GOOD, tr("It is ready."))
        case PrinterState.PAPER_LOW:
            return _printer_trouble(seen.printer, CheckVerdict.LOOK)
        case PrinterState.PAPER_OUT | PrinterState.COVER_OPEN | PrinterState.UNREACHABLE:
            return _printer_trouble(seen.printer, CheckVerdict.BAD)


def _printer_trouble(state: PrinterState, verdict: CheckVerdict) -> CheckLine:
    warning = printer_warning(state, waiting=0)
    if warning is None:
        raise LookupError(f"no words for a printer that is {state}")
    return _found(CheckedThing.PRINTER, verdict, warning.text, warning.hint)


def _scanner(seen: SeenKiosk) -> CheckLine:
    away = scanner_warning(seen.scanner)
    if away is not None:
        return _found(CheckedThing.SCANNER, CheckVerdict.BAD, away.text, away.hint)
    if seen.scanned:
        return _found(CheckedThing.SCANNER, CheckVerdict.GOOD, tr("A code arrived whole."))
    return _found(
        CheckedThing.SCANNER,
        CheckVerdict.LOOK,
        tr("Not tried yet."),
        tr("Scan any ticket here and now."),
    )


def _line(seen: SeenKiosk) -> CheckLine:
    match seen.line:
        case LineState.ONLINE:
            return _found(CheckedThing.LINE, CheckVerdict.GOOD, tr("There is a line."))
        case LineState.CONNECTING:
            return _found(CheckedThing.LINE, CheckVerdict.LOOK, tr("Asking for a line."))
        case LineState.OFFLINE:
            return _found(
                CheckedThing.LINE,
                CheckVerdict.LOOK,
                tr("No line since {time}.", time=day_and_time(seen.line_since.astimezone())),
                tr("The kiosk sells its tickets and admits without one. Tell the control room."),
            )


def _transactions(seen: SeenKiosk) -> CheckLine:
    if seen.quarantined or seen.parked:
        return _found(
            CheckedThing.TRANSACTIONS,
            CheckVerdict.LOOK,
            tr(
                "{quarantined} for a manager, {parked} set aside.",
                quarantined=seen.quarantined,
                parked=seen.parked,
            ),
            tr("F7 on Events lists them, each with why and what to do."),
        )
    text = tr("All are settled.")
    if seen.unsent:
        text = trn("{count} waits for the line.", "{count} wait for the line.", seen.unsent)
    return _found(CheckedThing.TRANSACTIONS, CheckVerdict.GOOD, text)


def _agent(seen: SeenKiosk) -> Iterator[CheckLine]:
    away = scanner_warning(seen.scanner)
    own = {f"printer_{seen.printer}", away.code if away is not None else ""}
    for warning in seen.warnings:
        if warning.code in own:
            continue
        yield _found(CheckedThing.AGENT, CheckVerdict.LOOK, warning.text, warning.hint)


def _older(now: datetime, at: datetime | None, limit: timedelta) -> bool:
    return at is None or now - at > limit


def _age(now: datetime, at: datetime | None) -> str:
    """Return e.g. `read 5 min ago`."""
    if at is None:
        return tr("never read")
    age = max(timedelta(), now - at)
    if age < timedelta(minutes=1):
        return tr("read just now")
    if age < timedelta(hours=1):
        return tr("read {count} min ago", count=age // timedelta(minutes=1))
    if age < timedelta(days=2):
        return tr("read {count} h ago", count=age // timedelta(hours=1))
    return trn("read {count} day ago", "read {count} days ago", age.days)


def _found(thing: CheckedThing, verdict: CheckVerdict, text: str, hint: str = "") -> CheckLine:
    return CheckLine(thing=thing, verdict=verdict, text=text, hint=hint)
