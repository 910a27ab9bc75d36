"""Refusals at a gate: red (not valid) or amber (cannot be judged here), with a verdict member."""

from datetime import datetime

from kiosk_agent.domain.wording import revoked_because, unknown_gate
from kiosk_contracts.admitting import MAY_BE_LET_IN, PreviousAdmission, Verdict
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.serials import SERIAL_LENGTH
from kiosk_contracts.ticket_code import CODE_LENGTH
from kiosk_texts import time, tr, trn


def may_be_let_in(refusal: ProblemError) -> bool:
    """Say whether a manager may decide otherwise: amber, and nothing speaks against the ticket."""
    return (refusal.problem.model_extra or {}).get(MAY_BE_LET_IN) is True


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


def unreadable(code: str, characters: int) -> ProblemError:
    """Return: the scanned text of so many characters is no ticket code; `code` says how."""
    known = ProblemCode(code)
    if known is ProblemCode.TICKET_FOREIGN:
        title, detail = tr("Not our ticket"), tr("This is not an EventPro ticket.")
    elif known is ProblemCode.TICKET_TRUNCATED:
        title = tr("The scan broke off")
        detail = tr(
            "The scan broke off: {count} of {whole} characters; scan again.",
            count=characters,
            whole=CODE_LENGTH,
        )
    else:
        title = tr("The code cannot be read")
        detail = tr("The code spells no ticket; scan again.")
    return _refuse(
        422,
        known,
        title,
        verdict=Verdict.RED,
        detail=detail,
        hint=tr("Scan once more, or type the serial printed under the code."),
    )


def forged(serial: str) -> ProblemError:
    """Return: the signature is not the ticket API's."""
    return _refuse(
        422,
        ProblemCode.TICKET_FORGED,
        tr("Forged ticket"),
        verdict=Verdict.RED,
        detail=tr(
            "The code claims serial {serial}, but its signature is not EventPro's.", serial=serial
        ),
        hint=tr("Do not let them in; keep the ticket and call a manager."),
        extra={"serial": serial},
    )


def key_unknown(key_id: int, serial: str = "") -> ProblemError:
    """Return: signed with a key that this kiosk has not learnt yet.

    With a serial, nothing known here speaks against it, and a manager may let it in.
    """
    return _refuse(
        409,
        ProblemCode.TICKET_KEY_UNKNOWN,
        tr("Sync first"),
        verdict=Verdict.AMBER,
        detail=tr(
            "The ticket is signed with key {key_id}, which this kiosk does not know yet.",
            key_id=key_id,
        ),
        hint=tr("It may be good. Wait for the line, or let a manager decide."),
        extra={"serial": serial, MAY_BE_LET_IN: True} if serial else None,
    )


def wrong_event(serial: str, theirs: str, ours: str) -> ProblemError:
    """Return: a good ticket at the wrong gate."""
    return _refuse(
        409,
        ProblemCode.TICKET_WRONG_EVENT,
        tr("Ticket for another event"),
        verdict=Verdict.RED,
        detail=tr(
            "Ticket {serial} is for {theirs}; this gate admits to {ours}.",
            serial=serial,
            theirs=theirs,
            ours=ours,
        ),
        hint=tr("Show them the way to the right gate."),
        extra={"serial": serial},
    )


def revoked(serial: str, reason: str) -> ProblemError:
    """Return: the ticket was voided, refunded or written off."""
    return _refuse(
        409,
        ProblemCode.TICKET_REVOKED,
        tr("No longer valid"),
        verdict=Verdict.RED,
        detail=tr(
            "Ticket {serial} was revoked: {reason}.", serial=serial, reason=revoked_because(reason)
        )
        if reason
        else tr("Ticket {serial} was revoked.", serial=serial),
        hint=tr("Do not let them in; send them to the box office."),
        extra={"serial": serial},
    )


def already_admitted(serial: str, gate: str, at: datetime | None) -> ProblemError:
    """Return: the ticket is inside already; `previous` says where and when it went in."""
    previous = PreviousAdmission(gate=gate, at="" if at is None else at.isoformat())
    return _refuse(
        409,
        ProblemCode.ALREADY_ADMITTED,
        tr("Already inside"),
        verdict=Verdict.RED,
        detail=tr(
            "Ticket {serial} was admitted before, at {gate}.",
            serial=serial,
            gate=gate or unknown_gate(),
        )
        if at is None
        else tr(
            "Ticket {serial} was admitted at {gate}, {time}.",
            serial=serial,
            time=time(at.astimezone()),
            gate=gate or unknown_gate(),
        ),
        hint=tr("Ask for their own ticket; call a manager if they insist."),
        extra={"serial": serial, "previous": previous.to_json()},
    )


def not_inside(serial: str) -> ProblemError:
    """Return: nobody went in with this ticket, so nobody can leave with it."""
    return _refuse(
        409,
        ProblemCode.NOT_INSIDE,
        tr("Not inside"),
        verdict=Verdict.RED,
        detail=tr("Ticket {serial} is not known to be inside.", serial=serial),
        hint=tr(
            "If they came in by another gate, wait for the line; else let them out unrecorded."
        ),
        extra={"serial": serial},
    )


def serial_of_length(characters: int) -> ProblemError:
    """Return: the typed text is too short or too long for a serial."""
    return _serial_invalid(
        tr(
            "A serial has {whole} characters, this has {count}.",
            whole=SERIAL_LENGTH,
            count=characters,
        )
    )


def serial_with(character: str) -> ProblemError:
    """Return: the typed text has a character that no serial has."""
    return _serial_invalid(
        tr(
            "A serial has no '{character}'; it uses digits and capitals without I, L, O and U.",
            character=character,
        )
    )


def serial_mistyped() -> ProblemError:
    """Return: the typed text looks like a serial, but its check character does not fit."""
    return _serial_invalid(
        tr("The check character does not fit: one character is wrong or two are swapped.")
    )


def _serial_invalid(detail: str) -> ProblemError:
    return _refuse(
        422,
        ProblemCode.SERIAL_INVALID,
        tr("Not a serial"),
        verdict=Verdict.RED,
        detail=detail,
        hint=tr("Type the ten characters printed under the code once more."),
    )


def serial_unknown(serial: str) -> ProblemError:
    """Return: a typed serial that this kiosk cannot judge without its signed code."""
    return _refuse(
        409,
        ProblemCode.SERIAL_UNKNOWN,
        tr("Serial not known here"),
        verdict=Verdict.AMBER,
        detail=tr(
            "Serial {serial} was not sold at this kiosk, and nothing is known of it.", serial=serial
        ),
        hint=tr("Scan its code, which proves it; or let a manager decide."),
        extra={"serial": serial, MAY_BE_LET_IN: True},
    )


def not_sold(serial: str) -> ProblemError:
    """Return: a genuine serial of this kiosk's stock that nobody has bought."""
    return _refuse(
        409,
        ProblemCode.SERIAL_UNKNOWN,
        tr("Not sold"),
        verdict=Verdict.AMBER,
        detail=tr("Ticket {serial} is in this kiosk's stock and was not sold.", serial=serial),
        hint=tr("Do not let them in: sell them the ticket, or call a manager."),
        extra={"serial": serial},
    )


def too_little_to_find(fewest_letters: int) -> ProblemError:
    """Return: what was typed would fit half the house, or nothing."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        tr("That is too little to find a ticket by"),
        detail=tr("It is no serial, no receipt number, and too short for a name."),
        hint=trn(
            "Type a receipt number such as 17, or at least {count} letter of a name.",
            "Type a receipt number such as 17, or at least {count} letters of a name.",
            fewest_letters,
        ),
        extra={"field": "text"},
    )
