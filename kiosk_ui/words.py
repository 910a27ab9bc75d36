"""What the agent says, in the words that stand on the screen. No state, no I/O."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from pydantic import ValidationError

from kiosk_contracts.admitting import AdmissionRecorded, PreviousAdmission, Verdict
from kiosk_contracts.kiosk_status import JournalState, KioskStatus, LineState, TransactionRow
from kiosk_contracts.money import Money
from kiosk_contracts.problem import Problem, ProblemCode
from kiosk_contracts.selling import Recorded, SaleRecorded, VoidRecorded
from kiosk_contracts.text import is_plain_text
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.notices import Notice, Tone

CONFIRM_TIME: Final = Hint("F12", "Confirm the time…", "f12")
"""Offered wherever selling waits for the clock."""


def clean(text: str) -> str:
    """Return `text` on one line, with control characters and direction overrides made visible."""
    if is_plain_text(text):
        return text
    return "".join(char if is_plain_text(char) else _visible(char) for char in text)


def _visible(char: str) -> str:
    return " " if char in "\n\r\t" else "\N{REPLACEMENT CHARACTER}"


def clock_time(moment: datetime, clock: Clock) -> str:
    """Return e.g. `20:14:05`, in the kiosk's zone."""
    return clock.local(moment).strftime("%H:%M:%S")


def since(moment: datetime, clock: Clock) -> str:
    """Return e.g. `since 20:14:05`; of another day than today, `since Sat 21 Nov 20:14`."""
    if clock.local(moment).date() == clock.now().date():
        return f"since {clock_time(moment, clock)}"
    return f"since {event_time(moment, clock)}"


def event_time(moment: datetime, clock: Clock) -> str:
    """Return e.g. `Sat 21 Nov 20:00`, in the kiosk's zone."""
    return clock.local(moment).strftime("%a %d %b %H:%M")


def minutes_words(left: timedelta) -> str:
    """Return e.g. `9:58`: minutes and seconds, begun ones whole."""
    seconds = -(-left // timedelta(seconds=1))
    return f"{seconds // 60}:{seconds % 60:02}"


def whole_minutes(left: timedelta) -> str:
    """Return e.g. `10 minutes`: what a screen reader is told, once a minute; begun ones whole."""
    minutes = -(-left // timedelta(minutes=1))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def full_date(moment: datetime, clock: Clock) -> str:
    """Return e.g. `Saturday 21 November 2026`, in the kiosk's zone."""
    return clock.local(moment).strftime("%A %d %B %Y")


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
    return clean(kind).replace("_", " ")


def line_status(
    status: KioskStatus | None, away_since: datetime | None, clock: Clock
) -> tuple[str, str]:
    """Return the line status and its class: `online`, `offline`, `away`, `asking` at first.

    `practice` in training, where there is no line to be on.
    """
    if away_since is not None:
        return f"NO AGENT {since(away_since, clock)} · waiting, nothing is lost", "away"
    if status is None:
        return "", "asking"
    left = sum(line.left for line in status.stock)
    if status.training:
        return f"TRAINING · nothing is sold, nothing is sent · {left} to practise with", "practice"
    online = status.line == LineState.ONLINE
    text = (
        f"{'ONLINE' if online else 'OFFLINE'} {since(status.line_since, clock)}"
        f" · {status.unsent} unsent · {left} left to sell"
    )
    if quarantined := status.counts.get(JournalState.QUARANTINED, 0):
        text += f" · {quarantined} for a manager"
        text += f" ({status.handed_over} handed over)" if status.handed_over else ""
    if parked := status.counts.get(JournalState.PARKED, 0):
        text += f" · {parked} set aside"
    return text, "online" if online else "offline"


def recorded_notice(answer: Recorded, subject: str = "", *details: str) -> Notice:
    """Return the message of a recorded transaction; `subject` is a serial the answer lacks."""
    match answer:
        case SaleRecorded() | VoidRecorded():
            subject = answer.receipt_number
        case AdmissionRecorded():
            subject = answer.serial
        case _:
            pass
    words = [f"#{answer.sequence}", kind_words(answer.kind), subject, "recorded"]
    words.append("offline" if answer.offline else "online")
    return Notice(Tone.RECORDED, " ".join(word for word in words if word), details)


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
    return f"Used before at {used.gate}, {clock_time(moment, clock)}."


def transaction_words(row: TransactionRow) -> str:
    """Return what a transaction is called, e.g. `sale HB1-1-000017`, else `admission #18`."""
    return f"{kind_words(row.kind)} {row.receipt_number or f'#{row.sequence}'}"


def state_words(row: TransactionRow) -> str:
    """Return where a transaction stands on its way to being settled, in words."""
    match row.state:
        case JournalState.QUEUED:
            words = "waiting to be sent"
        case JournalState.UPLOADING:
            words = "being sent"
        case JournalState.SETTLED:
            words = "settled"
        case JournalState.PARKED:
            times = "time" if row.attempts == 1 else "times"
            words = f"set aside, tried {row.attempts} {times}"
        case JournalState.QUARANTINED if row.handed_over is not None:
            words = f"handed over by {clean(row.handed_over.by)}: {clean(row.handed_over.note)}"
        case JournalState.QUARANTINED:
            words = f"for a manager: {clean(row.reason)}" if row.reason else "for a manager"
        case newer:
            words = clean(newer)
    return words


def row_note(row: TransactionRow) -> str:
    """Return what else a person should read of a transaction: reason, flags, hint."""
    notes = []
    if row.reason and row.state != JournalState.QUARANTINED:
        notes.append(clean(row.reason))
    notes += [clean(flag).replace("_", " ") for flag in row.flags]
    if row.hint:
        notes.append(clean(row.hint))
    return " · ".join(notes)


def parse_amount(text: str, currency: str) -> Money:
    """Read an amount as typed, with a point or a comma; ValueError in words for the person."""
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        msg = f"{text.strip()!r} is not an amount; type it like 12.50"
        raise ValueError(msg) from None
    if not amount.is_finite() or amount < 0:
        msg = "an amount is zero or more"
        raise ValueError(msg)
    try:
        return Money(amount=amount, currency=currency)
    except (ValidationError, InvalidOperation):
        msg = f"{text.strip()} is not an amount in {currency}; type it like 12.50"
        raise ValueError(msg) from None
