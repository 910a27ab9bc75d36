"""A refund over a screen: tickets, reason, PIN; then what becomes of it, and the money."""

from collections.abc import Callable, Coroutine
from uuid import UUID

from kiosk_contracts.kiosk_status import LineState, TransactionRow
from kiosk_contracts.look_up import AfterSale, FoundSale
from kiosk_contracts.money import total
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_texts import money, tr, trn
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.refunding import RefundActs, Wish
from kiosk_ui.screens.approval import Approval
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.refund import RefundScreen, RefundTicketsScreen
from kiosk_ui.screens.refund_standing import RefundStandingScreen
from kiosk_ui.selling import new_txn_id
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.words import problem_text


class RefundFlow:
    """Asks over `screen`. Esc leaves all as it is, at any step; a refund once asked for stays."""

    def __init__(self, screen: KioskScreen, *, acted: Callable[[], None]) -> None:
        """`acted` hears when something was recorded."""
        self._screen = screen
        self._desk = screen.desk
        self._acts = RefundActs(screen.desk)
        self._acted = acted
        self._shown: RefundStandingScreen | None = None
        self._giving: dict[UUID, UUID] = {}

    def begin_row(self, row: TransactionRow) -> None:
        """Begin with a settled sale of a list."""
        self._run(self._look_and_begin(row))

    def begin(self, found: FoundSale) -> None:
        """Begin with a sale whose tickets are known."""
        if AfterSale.REFUND not in found.can:
            why = clean(found.why_not) or tr("Choose a sale that has settled.")
            self._desk.announcer.announce(refused(tr("Nothing to refund now"), why))
            return
        if len(found.tickets) == 1:
            self._ask(Wish.of(found, [found.tickets[0].serial]))
            return
        receipt = found.sale.receipt_number or ""
        question = RefundTicketsScreen(receipt, found.tickets, self._desk.clock)
        self._screen.app.push_screen(question, lambda serials: self._chosen(found, serials))

    def open(self, refund_txn_id: UUID) -> None:
        """Show where a refund stands."""
        self._run(self._look_and_show(refund_txn_id))

    def status_changed(self) -> None:
        """Look again at the refund that is shown."""
        shown = self._shown
        if shown is not None and shown.is_mounted:
            # A worker of the panel's own: the screen's would cancel it.
            shown.run_worker(self._look_again(shown), exclusive=True, group=REFRESH)

    async def _look_and_begin(self, row: TransactionRow) -> None:
        found = await self._acts.find(row.receipt_number or "", row.txn_id)
        if found is not None:
            self.begin(found)

    def _chosen(self, found: FoundSale, serials: tuple[str, ...] | None) -> None:
        if serials:
            self._ask(Wish.of(found, serials))

    def _ask(self, wish: Wish, typed: Approval | None = None, problem: str = "") -> None:
        """Ask why; for a PIN only once the agent has asked for one: it knows the limits."""
        prices = [one.unit_price for one in wish.sale.tickets if one.serial in wish.serials]
        question = trn(
            "Refund {count} ticket of {receipt}, {amount}?",
            "Refund {count} tickets of {receipt}, {amount}?",
            len(prices),
            receipt=wish.sale.sale.receipt_number,
            amount=money(total(prices, prices[0].currency)),
        )
        text = typed.text if typed is not None else ""
        screen = RefundScreen(question, needs_pin=typed is not None, text=text, problem=problem)
        self._screen.app.push_screen(screen, lambda answer: self._answered(wish, answer))

    def _answered(self, wish: Wish, answer: Approval | None) -> None:
        if answer is not None:
            self._run(self._do(wish, answer))

    async def _do(self, wish: Wish, answer: Approval) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask(wish, answer, problem_text(refusal.problem))

        recorded = await self._acts.ask(wish, answer.text, answer.pin, ask_again)
        if recorded is not None:
            self._acted()
            await self._look_and_show(recorded.txn_id)

    async def _look_and_show(self, txn_id: UUID) -> None:
        desk, client = self._desk, self._desk.client
        refund = await desk.asking.ask(
            lambda: client.refund(txn_id), what=tr("seeing what became of the refund")
        )
        if refund is not None:
            shown = RefundStandingScreen(refund, online=self._is_online())
            self._shown = shown
            self._screen.app.push_screen(shown, self._left)

    async def _look_again(self, shown: RefundStandingScreen) -> None:
        refund = await self._acts.look(shown.refund.txn_id)
        if refund is not None and shown is self._shown and shown.is_mounted:
            shown.show(refund, online=self._is_online())

    def _left(self, refund: RefundStanding | None) -> None:
        shown, self._shown = self._shown, None
        if refund is not None:
            self._run(self._give(refund))
        elif shown is not None and shown.refund.decision == RefundDecision.ASKING:
            words = tr(
                "Refund {receipt} is not decided: give no money.",
                receipt=shown.refund.receipt_number,
            )
            self._desk.announcer.announce(
                Notice(Tone.WAITING, words, (tr("It is in Transactions, and on Events (F11)."),))
            )

    async def _give(self, refund: RefundStanding) -> None:
        # Asked again after an answer that nobody saw, it is the same payment.
        txn_id = self._giving.setdefault(refund.txn_id, new_txn_id())
        if await self._acts.given(refund, txn_id):
            self._acted()

    def _is_online(self) -> bool:
        status, link = self._desk.link.status, self._desk.link
        return status is not None and link.away_since is None and status.line == LineState.ONLINE

    def _run(self, act: Coroutine[None, None, None]) -> None:
        self._screen.run_worker(act, exclusive=True, group="refund")
