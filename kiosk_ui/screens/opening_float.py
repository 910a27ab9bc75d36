"""The opening float: what is in the drawer when a shift opens."""

from typing import ClassVar
from uuid import UUID

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Input, Static

from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.shifts import ClosedDrawer, OpenShift
from kiosk_contracts.staff import StaffSession
from kiosk_texts import mark, money, tr
from kiosk_ui.amounts import amount_to_type, check_most, parse_amount
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.selling import new_txn_id
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import clock_time, recorded_notice


class OpeningFloatScreen(KioskScreen):
    """Asks what is in the drawer, and opens the shift."""

    HINTS = (
        Hint("0-9", mark("the float"), PAD),
        Hint(
            "F6",
            mark("take it over"),
            "f6",
            mark("Types what the last shift left in it; F6 again: not that drawer."),
        ),
        Hint(
            "Enter",
            mark("open the shift"),
            "enter",
            mark("Opens the shift with the sum that is typed."),
        ),
        Hint(
            "Esc",
            mark("without a shift"),
            "escape",
            mark("Goes on without one: the gate needs none."),
        ),
    )
    PURPOSE = mark(
        "Opens your shift with what is in the drawer. Count it first, also what another left "
        "there: from here on it is yours, and the shift's report begins with it."
    )
    TITLE_WORDS = mark("opening float")
    finish_first: ClassVar[str] = mark("Open the shift first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "take_over", show=False),
        Binding("escape", "without", show=False),
    ]
    DEFAULT_CSS = """
    OpeningFloatScreen .title { text-style: bold; margin-bottom: 1; }
    OpeningFloatScreen .help { margin-top: 1; color: $foreground-muted; }
    OpeningFloatScreen.-short .title, OpeningFloatScreen.-short .help { margin: 0; }
    """

    _left: ClosedDrawer | None = None
    _takes_over = False
    """Whether the person said that it is that drawer; they may count another sum in it.

    What is typed does not tell it from another drawer, so that F6 alone takes it back.
    """

    def compose_body(self) -> ComposeResult:
        """Ask for the amount."""
        staff = self.desk.session.staff
        currency = staff.currency if staff else ""
        with VerticalGroup():
            yield Static(Text(tr("Count the drawer, then open your shift.")), classes="title")
            label = tr("Opening float in {currency}", currency=currency)
            yield Field(label, takes=Takes.AMOUNT, max_length=14)
            yield Static(Text(tr("Leave it empty if the drawer is empty.")), classes="help")
            yield SteadyText(classes="help left")

    def on_mount(self) -> None:
        """See whether a drawer waits to be taken over."""
        self.run_worker(self._read_drawer(), exclusive=True, group="drawer")

    def action_take_over(self) -> None:
        """Type what the last shift counted, which is counted again; or take that back."""
        if self._left is None:
            words = refused(
                tr("No drawer waits to be taken over"), tr("Count yours and type what is in it.")
            )
            self.desk.announcer.announce(words)
            return
        self._takes_over = not self._takes_over
        counted = amount_to_type(self._left.counted) if self._takes_over else ""
        self.query_one(Field).line.value = counted
        self._show_left(self._left)

    async def _read_drawer(self) -> None:
        drawer = await self.desk.asking.ask_quietly(self.desk.client.drawer)
        self._left = drawer.last_closed if drawer is not None else None
        if self._left is not None:
            self._show_left(self._left)

    def _show_left(self, left: ClosedDrawer) -> None:
        """Say whose drawer waits, or is taken over, and what F6 does about it."""
        said = {
            "name": clean(left.staff_name),
            "amount": money(left.counted),
            "time": clock_time(left.closed_at, self.desk.clock),
        }
        if self._takes_over:
            words = tr("Taken over: {name} left {amount} at {time}. F6: not this drawer.", **said)
        else:
            words = tr("{name} left {amount} in it at {time}: F6 takes it over.", **said)
        self.query_one(".left", SteadyText).say(Text(words))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the shift with what was typed."""
        event.stop()
        staff = self.desk.session.staff
        if staff is None or self.desk.asking.pending:
            return
        try:
            amount = parse_amount(event.value or "0", staff.currency)
        except ValueError as error:
            self.desk.announcer.announce(
                refused(tr("The opening float cannot be read"), str(error))
            )
            return
        try:
            self._check(amount, staff)
        except ValueError as error:
            words = refused(tr("So large an amount is a slip"), str(error))
            self.desk.announcer.announce(words)
            return
        self.run_worker(self._open(new_txn_id(), amount), exclusive=True)

    def _check(self, amount: Money, staff: StaffSession) -> None:
        """Raise ValueError if no drawer begins with so much, but for one that goes on."""
        left = self._left.counted if self._left is not None else None
        if staff.limits is not None and amount != left:
            hint = tr("If there is more, open with less and pay the rest in.")
            check_most(amount, staff.limits.opening_float, hint)

    def action_without(self) -> None:
        """Go on without a shift: the gate needs none."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _refused(self, refusal: ProblemError) -> None:
        if refusal.code == ProblemCode.DRAWER_TAKEN:
            # Somebody else took it meanwhile: what is typed opens a drawer of one's own.
            self._left, self._takes_over = None, False
            self.query_one(".left", SteadyText).say(Text())

    async def _open(self, txn_id: UUID, amount: Money) -> None:
        desk = self.desk
        # Without a word it is another drawer, also with the same sum in it: floats are alike.
        left = self._left if self._takes_over else None
        shift = OpenShift(
            txn_id=txn_id,
            opening_float=amount,
            taken_over_from=left.shift_id if left is not None else None,
        )
        recorded = await desk.asking.ask(
            lambda: desk.client.open_shift(shift),
            what=tr("opening the shift"),
            on_refused=self._refused,
        )
        session = await desk.asking.ask_quietly(desk.client.session)
        if session is not None:
            desk.session.staff = session
        if recorded is not None:
            differs = _difference(left, amount)
            notice = recorded_notice(recorded, "", *differs, training=desk.link.training)
            desk.announcer.announce(notice)
        if recorded is not None or not desk.session.needs_shift():
            self.go(Place.EVENTS)


def _difference(left: ClosedDrawer | None, counted: Money) -> tuple[str, ...]:
    """Return what differs in a drawer that was taken over and counted again; nothing if none."""
    if left is None or left.counted == counted:
        return ()
    name, before = clean(left.staff_name), money(left.counted)
    words = tr(
        "{name} counted {before}, you {now}: your report says both.",
        name=name,
        before=before,
        now=money(counted),
    )
    return (words,)
