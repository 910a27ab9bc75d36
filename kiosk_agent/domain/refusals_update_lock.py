"""Refusals about update locks."""

from datetime import datetime, timedelta

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import exact_day_and_time, tr


def update_lock_past(until: datetime, now: datetime) -> ProblemError:
    """Return: the end is over already."""
    return ProblemError(
        422,
        ProblemCode.UPDATE_LOCK_PAST,
        tr("That time is over"),
        detail=tr(
            "The lock would end at {until}; it is {now} at this kiosk. Nothing was changed.",
            until=exact_day_and_time(until.astimezone()),
            now=exact_day_and_time(now.astimezone()),
        ),
        hint=tr("Give a later time."),
    )


def update_lock_too_long(until: datetime, most: timedelta) -> ProblemError:
    """Return: it would keep updates away for too long."""
    return ProblemError(
        422,
        ProblemCode.UPDATE_LOCK_TOO_LONG,
        tr("That is too long without an update"),
        detail=tr(
            "A lock until {until} is longer than {most} minutes, the most there is here. Nothing "
            "was changed.",
            until=exact_day_and_time(until.astimezone()),
            most=most // timedelta(minutes=1),
        ),
        hint=tr("Give an earlier time; it can be set again when that comes near."),
    )
