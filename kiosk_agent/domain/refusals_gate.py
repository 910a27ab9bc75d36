"""Refusals at a gate: red (not valid) or amber (cannot be judged here), with a verdict member."""

from datetime import datetime

from kiosk_contracts.admitting import PreviousAdmission, Verdict
from kiosk_contracts.problem import ProblemCode, ProblemError


def _refuse(  # noqa: PLR0913  a gate's refusal has these parts
    status: int,
    code: ProblemCode,
    title: str,
    *,
    verdict: Verdict,
    detail: str,
    hint: str,
    extra: dict[str, object] | None = None,
) -> ProblemError:
    return ProblemError(
        status,
        code,
        title,
        detail=detail,
        hint=hint,
        retryable=verdict is Verdict.AMBER,
        extra={"verdict": verdict, **(extra or {})},
    )


def unreadable(code: str, message: str) -> ProblemError:
    """Return: the scanned text is no ticket code, as its reader said."""
    titles = {
        ProblemCode.TICKET_FOREIGN: "Not our ticket",
        ProblemCode.TICKET_TRUNCATED: "The scan broke off",
    }
    known = ProblemCode(code)
    return _refuse(
        422,
        known,
        titles.get(known, "The code cannot be read"),
        verdict=Verdict.RED,
        detail=f"{message[:1].upper()}{message[1:]}.",
        hint="Scan once more, or type the serial printed under the code.",
    )


def forged(serial: str) -> ProblemError:
    """Return: the signature is not the ticket API's."""
    return _refuse(
        422,
        ProblemCode.TICKET_FORGED,
        "Forged ticket",
        verdict=Verdict.RED,
        detail=f"The code claims serial {serial}, but its signature is not EventPro's.",
        hint="Do not let them in; keep the ticket and call a manager.",
        extra={"serial": serial},
    )


def key_unknown(key_id: int) -> ProblemError:
    """Return: signed with a key that this kiosk has not learnt yet."""
    return _refuse(
        409,
        ProblemCode.TICKET_KEY_UNKNOWN,
        "Sync first",
        verdict=Verdict.AMBER,
        detail=f"The ticket is signed with key {key_id}, which this kiosk does not know yet.",
        hint="It may be good. Wait for the line, or let a manager decide.",
    )


def wrong_event(serial: str, theirs: str, ours: str) -> ProblemError:
    """Return: a good ticket at the wrong gate."""
    return _refuse(
        409,
        ProblemCode.TICKET_WRONG_EVENT,
        "Ticket for another event",
        verdict=Verdict.RED,
        detail=f"Ticket {serial} is for {theirs}; this gate admits to {ours}.",
        hint="Show them the way to the right gate.",
        extra={"serial": serial},
    )


def revoked(serial: str, reason: str) -> ProblemError:
    """Return: the ticket was voided, refunded or written off."""
    return _refuse(
        409,
        ProblemCode.TICKET_REVOKED,
        "No longer valid",
        verdict=Verdict.RED,
        detail=f"Ticket {serial} was revoked{f': {reason}' if reason else ''}.",
        hint="Do not let them in; send them to the box office.",
        extra={"serial": serial},
    )


def already_admitted(serial: str, gate: str, at: datetime | None) -> ProblemError:
    """Return: the ticket is inside already; `previous` says where and when it went in."""
    when = "before" if at is None else f"at {at.astimezone():%H:%M:%S}"
    previous = PreviousAdmission(gate=gate, at="" if at is None else at.isoformat())
    return _refuse(
        409,
        ProblemCode.ALREADY_ADMITTED,
        "Already inside",
        verdict=Verdict.RED,
        detail=f"Ticket {serial} was admitted {when}, gate {gate or 'unknown'}.",
        hint="Ask for their own ticket; call a manager if they insist.",
        extra={"serial": serial, "previous": previous.to_json()},
    )


def not_inside(serial: str) -> ProblemError:
    """Return: nobody went in with this ticket, so nobody can leave with it."""
    return _refuse(
        409,
        ProblemCode.NOT_INSIDE,
        "Not inside",
        verdict=Verdict.RED,
        detail=f"Ticket {serial} is not known to be inside.",
        hint="If they came in by another gate, wait for the line; else let them out unrecorded.",
        extra={"serial": serial},
    )


def serial_invalid(message: str) -> ProblemError:
    """Return: the typed text is no serial."""
    return _refuse(
        422,
        ProblemCode.SERIAL_INVALID,
        "Not a serial",
        verdict=Verdict.RED,
        detail=f"{message[:1].upper()}{message[1:]}.",
        hint="Type the ten characters printed under the code once more.",
    )


def serial_unknown(serial: str) -> ProblemError:
    """Return: a typed serial that this kiosk cannot judge without its signed code."""
    return _refuse(
        409,
        ProblemCode.SERIAL_UNKNOWN,
        "Serial not known here",
        verdict=Verdict.AMBER,
        detail=f"Serial {serial} was not sold at this kiosk, and nothing is known of it.",
        hint="Scan its code, which proves it; or let a manager decide.",
        extra={"serial": serial},
    )


def not_sold(serial: str) -> ProblemError:
    """Return: a genuine serial of this kiosk's stock that nobody has bought."""
    return _refuse(
        409,
        ProblemCode.SERIAL_UNKNOWN,
        "Not sold",
        verdict=Verdict.AMBER,
        detail=f"Ticket {serial} is in this kiosk's stock and was not sold.",
        hint="Do not let them in before a manager has looked at it.",
        extra={"serial": serial},
    )


def too_little_to_find(fewest_letters: int) -> ProblemError:
    """Return: what was typed would fit half the house, or nothing."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "That is too little to find a ticket by",
        detail="It is no serial, no receipt number, and too short for a name.",
        hint=f"Type a receipt number such as 17, or at least {fewest_letters} letters of a name.",
        extra={"field": "text"},
    )
