"""The update lock's questions: until when and why, or whether it is lifted; a manager's PIN."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.update_lock import LONGEST_WHY
from kiosk_texts import mark, tr
from kiosk_ui.clock import Clock
from kiosk_ui.next_times import next_showing, parse_time, typed_time
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.screens.pin_form import PinFormScreen
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField

_OFFERED: Final = timedelta(hours=2)
_WHY: Final = mark("doors are open")


@dataclass(frozen=True, slots=True)
class LockWish:
    """Until when, why, and who approves; `pin` None where none was asked for, or looked at."""

    until: datetime
    why: str
    pin: str | None


class _OfferedTime(Field):
    """Comes filled. A touch leads behind the last digit: a pad takes back from there alone."""

    def __init__(self) -> None:
        # Digits, and the point that the pad of an amount has.
        super().__init__(
            tr("Until (as 22:30)"), takes=Takes.AMOUNT, restrict=r"[0-9:.,]*", max_length=5
        )

    def on_click(self) -> None:
        """Go to the end, wherever it was touched."""
        self.line.cursor_position = len(self.value)


class SetUpdateLockScreen(FormScreen[LockWish]):
    """Asks before updates are kept away; Esc leaves all as it is."""

    finish_first: ClassVar[str] = mark("Finish or leave the update lock first")
    DOES: ClassVar[str] = mark("lock it")
    OFFERS: ClassVar[bool] = True
    HELP_TITLE: ClassVar[str] = mark("update lock")
    PURPOSE: ClassVar[str] = mark(
        "Keeps updates from this kiosk's screen until a time, so that nothing changes while the "
        "house is full. Type the time by the venue's clock: it is the next one. It ends by itself, "
        "and a manager lifts it sooner. If the screen fails, another one takes over all the same."
    )
    MORE: ClassVar[str] = mark("No update moves this screen before that. It ends by itself.")

    def __init__(
        self,
        clock: Clock,
        *,
        needs_pin: bool,
        typed: LockWish | None = None,
        problem: str = "",
    ) -> None:
        """Ask; `typed` was answered before, and `problem` says why it is asked again.

        That is the PIN if `typed` has one, and the time otherwise.
        """
        self._clock = clock
        self._typed = typed
        self._until = _OfferedTime()
        self._why = Field(tr("Reason"), max_length=LONGEST_WHY)
        self._pin = PinField() if needs_pin else None
        fields = [one for one in (self._until, self._why, self._pin) if one]
        super().__init__(tr("Keep updates away?"), fields, problem)

    def on_mount(self) -> None:
        """Offer the next two hours; or go on where the answers were refused."""
        typed = self._typed
        until = typed.until if typed is not None else self._clock.now() + _OFFERED
        self._until.line.value = typed_time(until, self._clock)
        self._why.line.value = typed.why if typed is not None else tr(_WHY)
        if typed is not None and typed.pin is not None and self._pin is not None:
            self._pin.line.focus()

    def problem_of(self, field: Field) -> str | None:
        """Return what is missing or can't be read."""
        if isinstance(field, PinField):
            return field.problem()
        if field is self._until:
            known = parse_time(field.value) is not None
            return None if known else tr("Type the time as 22:30.")
        why = field.value.strip()
        return None if why and is_plain_text(why) else tr("Type why no update is to come.")

    def answer(self) -> LockWish:
        """Return what was typed."""
        shown = parse_time(self._until.value)
        if shown is None:
            msg = "answered although the time can't be read"
            raise ValueError(msg)
        pin = self._pin.value if self._pin is not None else None
        return LockWish(next_showing(shown, self._clock), self._why.value.strip(), pin)


class LiftUpdateLockScreen(PinFormScreen):
    """Asks for a manager's PIN; Esc leaves the lock as it is."""

    finish_first: ClassVar[str] = mark("Finish or leave the update lock first")
    DOES: ClassVar[str] = mark("lift it")
    HELP_TITLE: ClassVar[str] = mark("lift the update lock")
    PURPOSE: ClassVar[str] = mark(
        "Lifts the update lock before its end: an update may come as soon as nobody is busy here. "
        "A manager types their PIN, and the agent's log keeps who it was."
    )
