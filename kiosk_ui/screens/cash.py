"""Cash put into the drawer or taken out: how much, why, and a manager's PIN if one is needed."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk_contracts.money import Money
from kiosk_contracts.plain_text import is_plain_text
from kiosk_texts import mark, tr
from kiosk_ui.amounts import amount_to_type, check_most, parse_amount
from kiosk_ui.drawer import CashWay
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


@dataclass(frozen=True, slots=True)
class Cash:
    """How much, why, and who approves."""

    amount: Money
    reason: str
    pin: str | None


class CashScreen(FormScreen[Cash]):
    """Asks before cash is recorded; Esc leaves all as it is."""

    finish_first: ClassVar[str] = mark("Finish or leave the cash first")
    DOES: ClassVar[str] = mark("record it")
    HELP_TITLE: ClassVar[str] = mark("cash in or out")
    PURPOSE: ClassVar[str] = mark(
        "Records cash that goes into the drawer or out of it other than by a sale: change from "
        "the safe, takings to the safe. Type how much and what for. Out needs a manager's PIN."
    )

    def __init__(  # noqa: PLR0913  what is known of the drawer, and what was answered before
        self,
        way: CashWay,
        currency: str,
        *,
        needs_pin: bool,
        most: Money | None = None,
        typed: Cash | None = None,
        problem: str = "",
    ) -> None:
        """Ask; `typed` was answered before, and `problem` says why it is asked again.

        `most` is what goes in or out at once; None where nobody says.
        """
        self._currency = currency
        self._most = most
        self._typed = typed
        label = tr("Amount in {currency}", currency=currency)
        self._amount = Field(label, takes=Takes.AMOUNT, max_length=14)
        self._reason = Field(tr("Reason"), max_length=200)
        self._pin = PinField() if needs_pin else None
        question = tr("Pay cash in?") if way is CashWay.IN else tr("Pay cash out?")
        fields = [one for one in (self._amount, self._reason, self._pin) if one]
        super().__init__(question, fields, problem)

    def on_mount(self) -> None:
        """Go on where the answers were refused."""
        if self._typed is None:
            return
        self._amount.line.value = amount_to_type(self._typed.amount)
        self._reason.line.value = self._typed.reason
        (self._pin or self._amount).line.focus()

    def problem_of(self, field: Field) -> str | None:
        """Return what is missing or can't be read."""
        if isinstance(field, PinField):
            return field.problem()
        if field is self._reason:
            text = field.value.strip()
            return None if text and is_plain_text(text) else tr("Type what the cash is for.")
        try:
            amount = parse_amount(field.value, self._currency)
            check_most(amount, self._most, tr("If it is right, move it in parts."))
        except ValueError as error:
            return str(error)
        return None if amount.amount else tr("Type how much it is.")

    def answer(self) -> Cash:
        """Return what was typed."""
        amount = parse_amount(self._amount.value, self._currency)
        return Cash(amount, self._reason.value.strip(), self._pin.value if self._pin else None)
