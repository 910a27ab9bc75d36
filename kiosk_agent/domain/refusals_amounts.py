"""Refusals of amounts that nobody means, in words for the person at the till."""

from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import money, tr


def too_much_given(given: Money, due: Money, most: Money) -> ProblemError:
    """Return: more cash than anybody gives for so little."""
    return _refuse(
        tr(
            "{given} was given for {due}; this kiosk gives back {most} at most.",
            given=money(given),
            due=money(due),
            most=money(most),
        ),
        tr("Look at what was typed, and type what the customer gave."),
    )


def float_too_large(amount: Money, most: Money) -> ProblemError:
    """Return: no drawer begins with so much."""
    return _refuse(
        tr(
            "The float is {amount}; this kiosk opens a shift with {most} at most.",
            amount=money(amount),
            most=money(most),
        ),
        tr("Look at what was typed. If there is more, open with less and pay the rest in."),
    )


def moved_too_large(amount: Money, most: Money) -> ProblemError:
    """Return: so much is not put in or taken out at once."""
    return _refuse(
        tr(
            "{amount} is more than the {most} that this kiosk moves at once.",
            amount=money(amount),
            most=money(most),
        ),
        tr("Look at what was typed. If it is right, move it in parts."),
    )


def _refuse(detail: str, hint: str) -> ProblemError:
    return ProblemError(
        422,
        ProblemCode.AMOUNT_NOT_PLAUSIBLE,
        tr("So large an amount is a slip"),
        detail=detail,
        hint=hint,
    )
