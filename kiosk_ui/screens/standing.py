"""How the kiosk stands: the line, what works, what is left, what waits, what is safe."""

from dataclasses import replace
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.update_lock import UpdateLock
from kiosk_texts import mark, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.hints import Hint
from kiosk_ui.listings import Listing
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.ask import AskScreen
from kiosk_ui.screens.long import MORE, LongScreen
from kiosk_ui.screens.update_lock import LiftUpdateLockScreen, LockWish, SetUpdateLockScreen
from kiosk_ui.standing_words import standing_lines
from kiosk_ui.update_locking import UpdateLockDesk
from kiosk_ui.widgets.drawer.report_view import ReportView
from kiosk_ui.words import problem_text

_TIME_REFUSED: Final = frozenset(
    {ProblemCode.UPDATE_LOCK_PAST, ProblemCode.UPDATE_LOCK_TOO_LONG, ProblemCode.BODY_INVALID}
)


class StandingScreen(LongScreen):
    """Shows it as it changes."""

    HINTS = (
        MORE,
        Hint("F6", mark("carts"), "f6", mark("Lists the carts in payment; a manager frees one.")),
        Hint("F7", mark("what is stuck"), "f7", mark("Lists what waits for a person.")),
        Hint("F8", mark("check"), "f8", mark("Goes to the check of before doors open.")),
        Hint(
            "F9",
            mark("update lock"),
            "f9",
            mark("Keeps updates away until a time, or lifts that; with a manager's PIN."),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "How this kiosk stands: the line and since when, what works without one, how long it can "
        "sell what is left, what is not sent, whether it is safe to switch it off or to reinstall "
        "it."
    )
    TITLE_WORDS = mark("line")
    finish_first: ClassVar[str] = mark("Go to the gate first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "carts", show=False),
        Binding("f7", "stuck", show=False),
        Binding("f8", "check", show=False),
        Binding("f9", "update_lock", show=False),
        Binding("escape", "back", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Leave room for the lines."""
        yield ReportView()

    def on_mount(self) -> None:
        """Show what is known."""
        self._locks = UpdateLockDesk(self.desk)
        self._show()

    def status_changed(self) -> None:
        """Show what is known now."""
        self._show()

    def action_carts(self) -> None:
        """Go to the carts in payment, if this person may have one."""
        if not self.desk.session.may_sell():
            words = refused(tr("You have no carts with this PIN"), tr("It is for the gate."))
            self.desk.announcer.announce(words)
        elif not self.desk.asking.pending:
            self.go(Place.CARTS)

    def action_stuck(self) -> None:
        """Go to what is stuck."""
        if not self.desk.asking.pending:
            self.desk.session.listing = Listing.STUCK
            self.go(Place.TRANSACTIONS)

    def action_check(self) -> None:
        """Go to the pre-show check."""
        if not self.desk.asking.pending:
            self.go(Place.PRE_SHOW)

    def action_update_lock(self) -> None:
        """Ask for an update lock; where one is in force, whether it is to be lifted."""
        if self.in_training():
            words = tr("Set it where this kiosk sells: F9 at the sign-in ends training.")
            self.desk.announcer.announce(refused(tr("Training has no update lock"), words))
        elif not self.desk.asking.pending:
            needs_pin = not self.desk.session.is_manager()
            lock = self._locks.in_force()
            if lock is None:
                self._ask_to_set(needs_pin=needs_pin)
            else:
                self._ask_to_lift(lock, needs_pin=needs_pin)

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _ask_to_set(
        self, *, needs_pin: bool, typed: LockWish | None = None, problem: str = ""
    ) -> None:
        clock = self.desk.clock
        panel = SetUpdateLockScreen(clock, needs_pin=needs_pin, typed=typed, problem=problem)
        self.app.push_screen(panel, self._set)

    def _set(self, wish: LockWish | None) -> None:
        if wish is None:
            return

        def ask_again(refusal: ProblemError) -> None:
            problem = problem_text(refusal.problem)
            if refusal.code in PIN_REFUSED:
                again = replace(wish, pin=wish.pin or "")
                self._ask_to_set(needs_pin=True, typed=again, problem=problem)
            elif refusal.code in _TIME_REFUSED:
                # The PIN was not looked at: it is asked for again, behind the time.
                again = replace(wish, pin=None)
                self._ask_to_set(needs_pin=wish.pin is not None, typed=again, problem=problem)

        work = self._locks.set(wish.until, wish.why, wish.pin, ask_again)
        self.run_worker(work, exclusive=True, group="update lock")

    def _ask_to_lift(self, lock: UpdateLock, *, needs_pin: bool, problem: str = "") -> None:
        question, more = tr("Lift the update lock?"), self._locks.in_words(lock)

        def answered(pin: str | None) -> None:
            if pin is not None:
                self._lift(lock, pin)

        if needs_pin:
            self.app.push_screen(LiftUpdateLockScreen(question, more, problem), answered)
        else:
            ask = AskScreen(question, more, yes=mark("lift it"), no=mark("leave it"))
            self.app.push_screen(ask, lambda yes: answered("" if yes else None))

    def _lift(self, lock: UpdateLock, pin: str) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask_to_lift(lock, needs_pin=True, problem=problem_text(refusal.problem))

        self.run_worker(self._locks.lift(pin, ask_again), exclusive=True, group="update lock")

    def _show(self) -> None:
        status = self.desk.link.status
        if status is not None:
            self.query_one(ReportView).show(standing_lines(status, self.desk.clock))
