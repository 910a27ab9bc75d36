"""A manager confirms the kiosk's time, where selling waits for it. Knows no screen."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from kiosk_contracts.clock import ClockConfirmed, ConfirmClock
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.words import clock_time

_TIME_REFUSED: Final = PIN_REFUSED | {ProblemCode.CLOCK_DIFFERS}


async def confirm_time(
    desk: Desk, shown: datetime, pin: str | None, ask_again: Callable[[ProblemError], None]
) -> bool:
    """Tell the agent that `shown` is right; False if refused, with the refusal shown.

    `pin` is a manager's, None where the person signed in is one. `ask_again` is called where the
    same question may be answered otherwise. Safe to repeat: the agent keeps the last word.
    """
    request = ConfirmClock(device_time=shown, approval_pin=SecretStr(pin) if pin else None)

    def refused(refusal: ProblemError) -> None:
        if refusal.code in _TIME_REFUSED:
            ask_again(refusal)

    confirmed = await desk.asking.ask(
        lambda: desk.client.confirm_clock(request),
        what=tr("confirming the time"),
        on_refused=refused,
    )
    if confirmed is None:
        return False
    desk.announcer.announce(_confirmed_notice(confirmed, desk))
    return True


def _confirmed_notice(confirmed: ClockConfirmed, desk: Desk) -> Notice:
    time = clock_time(confirmed.device_time, desk.clock)
    who = clean(confirmed.confirmed_by_name or confirmed.confirmed_by)
    found = tr(
        "{name} found {time} right. What was refused can be chosen again.", name=who, time=time
    )
    return Notice(Tone.RECORDED, tr("The time is confirmed: selling goes on"), (found,))
