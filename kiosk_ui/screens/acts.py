"""The questions about a transaction of the list, one leading to the next, and their acts."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial

from kiosk_contracts.kiosk_status import JournalState, TransactionRow
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.quarantine import QuarantineAct
from kiosk_texts import money, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.notices import refused
from kiosk_ui.remedies import Refused, Remedies
from kiosk_ui.screens.approval import Approval, ApprovalScreen
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.hand_over import HandOverScreen
from kiosk_ui.screens.quarantine import Choice, QuarantineScreen
from kiosk_ui.screens.void import VoidScreen
from kiosk_ui.words import kind_words, problem_text, transaction_words

Back = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Approving:
    """An act that is asked about: of what, how, what does it, where leaving leads."""

    row: TransactionRow
    screen: type[ApprovalScreen]
    question: str
    remedy: Callable[[TransactionRow, str, str | None, Refused], Awaitable[bool]]
    back: Back


class Acts:
    """Asks over `screen`. Whatever is left with Esc leads back to where it was asked from."""

    def __init__(
        self,
        screen: KioskScreen,
        *,
        show_tickets: Callable[[TransactionRow], None],
        acted: Callable[[TransactionRow], None],
    ) -> None:
        """`acted` hears of each transaction that something was done about."""
        self._screen = screen
        self._desk = screen.desk
        self._remedies = Remedies(screen.desk)
        self._show_tickets = show_tickets
        self._acted = acted

    def open(self, row: TransactionRow) -> None:
        """Show why a transaction is quarantined, and what can be done."""
        panel = QuarantineScreen(row, self._desk.clock)
        self._screen.app.push_screen(panel, lambda choice: self._chosen(row, choice))

    def void(self, row: TransactionRow, back: Back = lambda: None) -> None:
        """Undo a sale, after asking why; what cannot be voided says so."""
        cannot = _why_not_void(row)
        if cannot is not None:
            self._desk.announcer.announce(refused(*cannot))
            return
        self._ask(_Approving(row, VoidScreen, _void_question(row), self._remedies.void, back))

    def _chosen(self, row: TransactionRow, choice: Choice | None) -> None:
        match choice:
            case Choice.RETRY:
                self._run(self._retry(row))
            case Choice.VOID:
                self.void(row, partial(self.open, row))
            case Choice.HAND_OVER:
                what = transaction_words(row)
                question = tr("Hand over {transaction}?", transaction=what)
                remedy, back = self._remedies.hand_over, partial(self.open, row)
                self._ask(_Approving(row, HandOverScreen, question, remedy, back))
            case Choice.TICKETS:
                self._show_tickets(row)
            case None:
                pass

    async def _retry(self, row: TransactionRow) -> None:
        if await self._remedies.try_again(row):
            self._acted(row)

    def _ask(self, act: _Approving, typed: Approval | None = None, problem: str = "") -> None:
        """Ask; `typed` is what was answered before, `problem` says why it is asked again."""
        # The agent asked for a PIN, also of someone who was a manager when they signed in.
        needs_pin = typed is not None or not self._desk.session.is_manager()
        text = typed.text if typed is not None else ""
        screen = act.screen(act.question, needs_pin=needs_pin, text=text, problem=problem)
        self._screen.app.push_screen(screen, lambda answer: self._answered(act, answer))

    def _answered(self, act: _Approving, answer: Approval | None) -> None:
        if answer is None:
            act.back()
        else:
            self._run(self._do(act, answer))

    async def _do(self, act: _Approving, answer: Approval) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask(act, answer, problem_text(refusal.problem))

        if await act.remedy(act.row, answer.text, answer.pin, ask_again):
            self._acted(act.row)

    def _run(self, act: Coroutine[None, None, None]) -> None:
        self._screen.run_worker(act, exclusive=True, group="acts")


def _void_question(row: TransactionRow) -> str:
    amount = None if row.total is None else money(row.total)
    match row.receipt_number, amount:
        case None | "", None:
            return tr("Void this sale?")
        case None | "", _:
            return tr("Void this sale, {amount}?", amount=amount)
        case receipt, None:
            return tr("Void {receipt}?", receipt=receipt)
        case receipt, _:
            return tr("Void {receipt}, {amount}?", receipt=receipt, amount=amount)


def _why_not_void(row: TransactionRow) -> tuple[str, str] | None:
    """Return why a transaction cannot be voided, in a title and a hint; None if it may be."""
    if row.kind != TransactionKind.SALE:
        words = tr("Cannot be voided: {kind}", kind=kind_words(row.kind))
        return words, tr("Choose a sale.")
    if row.voided:
        return tr("Already voided"), tr("Give no money back a second time.")
    if row.state == JournalState.QUARANTINED and row.acts and QuarantineAct.VOID not in row.acts:
        return tr("A void does not settle this sale"), clean(row.hint)
    return None
