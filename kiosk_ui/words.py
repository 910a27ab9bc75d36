"""What the agent says, in the words that stand on the screen. No state, no I/O."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

from babel import Locale
from pydantic import ValidationError
from rich.cells import cell_len

from kiosk_contracts.admitting import AdmissionRecorded, PreviousAdmission, Verdict
from kiosk_contracts.flags import Flag
from kiosk_contracts.kiosk_status import JournalState, KioskStatus, LineState, TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import Problem, ProblemCode
from kiosk_contracts.selling import Recorded, SaleRecorded, VoidRecorded
from kiosk_contracts.staff import StaffRole
from kiosk_texts import day_and_time, exact_day, mark, spoken, time, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice, Tone

CONFIRM_TIME: Final = Hint("F12", mark("Confirm the time…"), "f12")
"""Offered wherever selling waits for the clock."""
_KINDS: Final[Mapping[str, str]] = {
    TransactionKind.SALE: mark("sale"),
    TransactionKind.VOID: mark("void"),
    TransactionKind.REFUND: mark("refund"),
    TransactionKind.ADMISSION: mark("admission"),
    TransactionKind.EXIT: mark("exit"),
    TransactionKind.RETURN_OF_STOCK: mark("return of stock"),
    TransactionKind.SHIFT_OPENED: mark("shift opened"),
    TransactionKind.SHIFT_PAID_IN: mark("shift paid in"),
    TransactionKind.SHIFT_PAID_OUT: mark("shift paid out"),
    TransactionKind.SHIFT_CLOSED: mark("shift closed"),
}
_ROLES: Final[Mapping[str, str]] = {
    StaffRole.TECHNICIAN: mark("technician"),
    StaffRole.GATE: mark("gate"),
    StaffRole.CASHIER: mark("cashier"),
    StaffRole.MANAGER: mark("manager"),
}
_FLAGS: Final[Mapping[str, str]] = {
    Flag.PRICE_DIFFERS: mark("price differs"),
    Flag.TOTAL_DIFFERS: mark("total differs"),
    Flag.TENDER_DIFFERS: mark("tender differs"),
    Flag.TYPE_DIFFERS: mark("type differs"),
    Flag.SOLD_AFTER_CLOSE: mark("sold after close"),
    Flag.EVENT_CANCELLED: mark("event cancelled"),
    Flag.SERIAL_WRITTEN_OFF: mark("serial written off"),
    Flag.SERIAL_RETURNED: mark("serial returned"),
    Flag.SERIAL_VOIDED: mark("serial voided"),
    Flag.SALE_NEVER_COUNTED: mark("sale never counted"),
    Flag.OVER_CAPACITY: mark("over capacity"),
    Flag.PERSONAL_DIFFERS: mark("personal differs"),
    Flag.TICKET_ALREADY_USED: mark("ticket already used"),
    Flag.GATE_CONFLICT: mark("gate conflict"),
    Flag.TICKET_WRONG_EVENT: mark("ticket wrong event"),
    Flag.TICKET_REVOKED: mark("ticket revoked"),
    Flag.SERIAL_UNKNOWN: mark("serial unknown"),
    Flag.NOT_INSIDE: mark("not inside"),
    Flag.CHAIN_BROKEN: mark("chain broken"),
    Flag.CLOCK_AHEAD: mark("clock ahead"),
    Flag.CLOCK_BEHIND: mark("clock behind"),
    Flag.CLOCK_CONFIRMED: mark("clock confirmed"),
    Flag.KIND_UNKNOWN: mark("kind unknown"),
}


def clock_time(moment: datetime, clock: Clock) -> str:
    """Return e.g. `20:14:05`, in the kiosk's zone."""
    return time(clock.local(moment))


def when(moment: datetime, clock: Clock) -> str:
    """Return e.g. `20:14:05`; of another day than today, `Sat 21 Nov 20:14`."""
    today = clock.local(moment).date() == clock.now().date()
    return clock_time(moment, clock) if today else event_time(moment, clock)


def event_time(moment: datetime, clock: Clock) -> str:
    """Return e.g. `Sat 21 Nov 20:00`, in the kiosk's zone."""
    return _day_and_time(clock.local(moment).replace(tzinfo=None), spoken().locale)


@lru_cache(maxsize=512)
def _day_and_time(moment: datetime, _locale: Locale) -> str:
    """Return how a moment's digits are shown: a list shows many of them again with each key."""
    return day_and_time(moment)


def event_time_width() -> int:
    """Return how many columns an `event_time` takes at most, in the form of the venue."""
    return _widest_time(spoken().locale)


@cache
def _widest_time(_locale: Locale) -> int:
    """Try each month with another day of the week, at an hour of two digits in every form."""
    evenings = (datetime(2026, month, 20 + month % 8, 22, tzinfo=UTC) for month in range(1, 13))
    return max(cell_len(day_and_time(evening)) for evening in evenings)


def minutes_words(left: timedelta) -> str:
    """Return e.g. `9:58`: minutes and seconds, begun ones whole."""
    seconds = -(-left // timedelta(seconds=1))
    return f"{seconds // 60}:{seconds % 60:02}"


def whole_minutes(left: timedelta) -> str:
    """Return e.g. `10 minutes`: what a screen reader is told, once a minute; begun ones whole."""
    minutes = -(-left // timedelta(minutes=1))
    return trn("{count} minute", "{count} minutes", minutes)


def full_date(moment: datetime, clock: Clock) -> str:
    """Return e.g. `Saturday, 21 November 2026`, in the kiosk's zone."""
    return exact_day(clock.local(moment))


def zone_words(moment: datetime, clock: Clock) -> str:
    """Return the kiosk's zone at that moment, e.g. `CET, UTC+01:00`; `UTC` alone for itself."""
    local = clock.local(moment)
    name, offset = local.tzname() or "", local.strftime("%z")
    from_utc = f"UTC{offset[:3]}:{offset[3:5]}"
    if name == "UTC":
        return name
    return f"{clean(name)}, {from_utc}" if name[:1].isalpha() else from_utc


def kind_words(kind: str) -> str:
    """Return a kind of transaction in words; an unknown one as it is."""
    known = _KINDS.get(kind)
    return clean(kind).replace("_", " ") if known is None else tr(known)


def role_words(role: str) -> str:
    """Return a person's role in words; an unknown one as it is."""
    known = _ROLES.get(role)
    return clean(role) if known is None else tr(known)


def line_status(
    status: KioskStatus | None, away_since: datetime | None, clock: Clock
) -> tuple[str, str]:
    """Return the line status and its class: `online`, `offline`, `away`, `asking` at first.

    `practice` in training, where there is no line to be on.
    """
    if away_since is not None:
        since = tr("NO AGENT since {when}", when=when(away_since, clock))
        return f"{since} · {tr('waiting, nothing is lost')}", "away"
    if status is None:
        return "", "asking"
    left = sum(line.left for line in status.stock)
    if status.training:
        words = (
            tr("TRAINING"),
            tr("nothing is sold, nothing is sent"),
            trn("{count} to practise with", "{count} to practise with", left),
        )
        return " · ".join(words), "practice"
    online = status.line == LineState.ONLINE
    return " · ".join(_line_words(status, left, clock)), "online" if online else "offline"


def _line_words(status: KioskStatus, left: int, clock: Clock) -> Iterator[str]:
    since = when(status.line_since, clock)
    if status.line == LineState.ONLINE:
        yield tr("ONLINE since {when}", when=since)
    else:
        yield tr("OFFLINE since {when}", when=since)
    yield trn("{count} unsent", "{count} unsent", status.unsent)
    yield trn("{count} left to sell", "{count} left to sell", left)
    quarantined = status.counts.get(JournalState.QUARANTINED, 0)
    if quarantined and status.handed_over:
        yield trn(
            "{count} for a manager ({handed_over} handed over)",
            "{count} for a manager ({handed_over} handed over)",
            quarantined,
            handed_over=status.handed_over,
        )
    elif quarantined:
        yield trn("{count} for a manager", "{count} for a manager", quarantined)
    if parked := status.counts.get(JournalState.PARKED, 0):
        yield trn("{count} set aside", "{count} set aside", parked)


def recorded_notice(
    answer: Recorded, subject: str = "", *details: str, training: bool = False
) -> Notice:
    """Return the message of a recorded transaction; `subject` is a serial the answer lacks.

    In `training` nothing of it stands in the kiosk's journal.
    """
    match answer:
        case SaleRecorded() | VoidRecorded():
            subject = answer.receipt_number
        case AdmissionRecorded():
            subject = answer.serial
        case _:
            pass
    what = f"#{answer.sequence} {kind_words(answer.kind)}"
    if subject:
        what = f"{what} {subject}"
    if training:
        words = tr("{what}, in training only", what=what)
    elif answer.offline:
        words = tr("{what} recorded offline", what=what)
    else:
        words = tr("{what} recorded online", what=what)
    return Notice(Tone.RECORDED, words, details)


def problem_notice(problem: Problem, clock: Clock) -> Notice:
    """Return the message of a refusal: red, or amber where the problem says so."""
    extra = problem.model_extra or {}
    amber = extra.get("verdict") == Verdict.AMBER
    detail = problem.detail or _previous_words(extra.get("previous"), clock)
    details = [detail, problem.hint]
    return Notice(
        Tone.AMBER if amber else Tone.REFUSED,
        clean(problem.title),
        tuple(clean(detail) for detail in details if detail),
        CONFIRM_TIME if problem.code == ProblemCode.CLOCK_BEHIND else None,
    )


def problem_text(problem: Problem) -> str:
    """Return a refusal on one line: title, detail, hint."""
    ended = [f"{problem.title.rstrip('.')}."] if problem.title else []
    return clean(" ".join([*ended, *filter(None, (problem.detail, problem.hint))]))


def clock_waits(status: KioskStatus | None) -> bool:
    """Say whether some tickets are not sold until a manager has confirmed the time."""
    warnings = status.warnings if status is not None else ()
    return any(warning.code == ProblemCode.CLOCK_BEHIND for warning in warnings)


def _previous_words(previous: object, clock: Clock) -> str:
    if previous is None:
        return ""
    try:
        used = PreviousAdmission.model_validate(previous)
        moment = datetime.fromisoformat(used.at)
    except (ValidationError, ValueError):
        return ""
    return tr("Used before at {gate}, {time}.", gate=used.gate, time=clock_time(moment, clock))


def transaction_words(row: TransactionRow) -> str:
    """Return what a transaction is called, e.g. `sale HB1-1-000017`, else `admission #18`."""
    return f"{kind_words(row.kind)} {row.receipt_number or f'#{row.sequence}'}"


def title_words(row: TransactionRow) -> str:
    """Return a transaction with its number, once, e.g. `#6 shift paid out`."""
    receipt = row.receipt_number or ""
    return f"#{row.sequence} {kind_words(row.kind)} {receipt}".rstrip()


def recorded_by(row: TransactionRow) -> str:
    """Return who recorded a transaction."""
    return clean(row.cashier_name or row.cashier_id)


def handed_over_by(row: TransactionRow) -> str:
    """Return who handed a transaction over; empty if nobody did."""
    by = row.handed_over.by if row.handed_over is not None else ""
    return clean(row.handed_over_name or by)


def state_words(row: TransactionRow) -> str:
    """Return where a transaction stands on its way to being settled, in words."""
    match row.state:
        case JournalState.QUEUED:
            words = tr("waiting to be sent")
        case JournalState.UPLOADING:
            words = tr("being sent")
        case JournalState.SETTLED:
            words = tr("settled")
        case JournalState.PARKED:
            words = trn(
                "set aside, tried {count} time", "set aside, tried {count} times", row.attempts
            )
        case JournalState.QUARANTINED if row.handed_over is not None:
            note = clean(row.handed_over.note)
            words = tr("handed over by {name}: {note}", name=handed_over_by(row), note=note)
        case JournalState.QUARANTINED if row.reason:
            words = tr("for a manager: {reason}", reason=clean(row.reason))
        case JournalState.QUARANTINED:
            words = tr("for a manager")
        case newer:
            words = clean(newer)
    return words


def row_note(row: TransactionRow) -> str:
    """Return what else a person should read of a transaction: reason, flags, hint."""
    notes = []
    if row.reason and row.state != JournalState.QUARANTINED:
        notes.append(clean(row.reason))
    notes += [flag_words(flag) for flag in row.flags]
    if row.hint:
        notes.append(clean(row.hint))
    return " · ".join(notes)


def flag_words(flag: str) -> str:
    """Return why a person should look at a transaction; a flag that is not known as it is."""
    known = _FLAGS.get(flag)
    return clean(flag).replace("_", " ") if known is None else tr(known)
