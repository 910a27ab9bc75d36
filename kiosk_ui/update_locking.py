"""The update lock as the UI drives it: set, and lifted. Knows no screen."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.update_lock import (
    LiftUpdateLock,
    SetUpdateLock,
    UpdateLock,
    UpdateLockState,
)
from kiosk_texts import mark, tr
from kiosk_ui.calls import with_pin
from kiosk_ui.cleaning import clean
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.standing_words import update_lock_words
from kiosk_ui.words import when

Refused = Callable[[ProblemError], None]
_PATH: Final = "/v1/update-lock"
_THEN: Final = mark("An update may come as soon as nobody is busy here.")


class UpdateLockDesk:
    """Asks the agent, and announces what became of it; a refusal as it came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def in_force(self) -> UpdateLock | None:
        """Return the lock that the agent told of last; None if none is in force."""
        status = self._desk.link.status
        return status.update_lock if status is not None else None

    def in_words(self, lock: UpdateLock) -> str:
        """Return until when, why and whose it is, and what lifting it leads to."""
        return f"{update_lock_words(lock, self._desk.clock)}. {tr(_THEN)}"

    async def set(self, until: datetime, why: str, pin: str | None, on_refused: Refused) -> None:
        """Set one in place of the one before; `pin` None where a manager is signed in."""
        client = self._desk.client
        wanted = SetUpdateLock(until=until, why=why, approval_pin=SecretStr(pin) if pin else None)
        state = await self._desk.asking.ask(
            lambda: client.call(UpdateLockState, "PUT", _PATH, with_pin(wanted)),
            what=tr("locking updates"),
            on_refused=on_refused,
        )
        if state is not None and (lock := state.update_lock) is not None:
            words = tr("No update before {until}", until=when(lock.until, self._desk.clock))
            by = tr("Locked in the name of {name}.", name=clean(lock.by))
            self._desk.announcer.announce(Notice(Tone.RECORDED, words, (by,)))

    async def lift(self, pin: str | None, on_refused: Refused) -> None:
        """Let an update come now; `pin` None where a manager is signed in."""
        client = self._desk.client
        body = with_pin(LiftUpdateLock(approval_pin=SecretStr(pin) if pin else None))
        state = await self._desk.asking.ask(
            lambda: client.call(UpdateLockState, "POST", f"{_PATH}/lift", body),
            what=tr("lifting the update lock"),
            on_refused=on_refused,
        )
        if state is not None:
            # Also where it had just ended, or an answer was lost and it was asked again.
            words = tr("No update lock is in force any more")
            self._desk.announcer.announce(Notice(Tone.RECORDED, words, (tr(_THEN),)))
