"""Refunds as the UI drives them: asked for, looked at, given back. Knows no screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from kiosk_contracts.look_up import FoundSale
from kiosk_contracts.money import total
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.refunds import GiveBack, MakeRefund, RefundRecorded, RefundStanding
from kiosk_texts import money, tr
from kiosk_ui.desk import Desk
from kiosk_ui.refund_words import tender_words
from kiosk_ui.selling import new_txn_id
from kiosk_ui.words import recorded_notice

Refused = Callable[[ProblemError], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be refunded; asked again after a refusal, it is the same refund."""

    txn_id: UUID
    sale: FoundSale
    serials: tuple[str, ...]
    reason: str = ""

    @classmethod
    def of(cls, sale: FoundSale, serials: Sequence[str]) -> "Wish":
        """Return a new one."""
        return cls(new_txn_id(), sale, tuple(serials))


class RefundActs:
    """Asks the agent; a refusal is announced as it came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find(self, receipt_number: str, sale_txn_id: UUID) -> FoundSale | None:
        """Return a sale of a list with its tickets; None if refused, with the refusal shown."""
        client = self._desk.client
        found = await self._desk.asking.ask(
            lambda: client.look_up(receipt_number), what=tr("looking at its tickets")
        )
        sales = found.sales if found is not None else ()
        return next((one for one in sales if one.sale.txn_id == sale_txn_id), None)

    async def ask(
        self, wish: Wish, reason: str, pin: str | None, on_refused: Refused
    ) -> RefundRecorded | None:
        """Ask for the refund; None if refused."""
        client = self._desk.client
        refund = MakeRefund(
            txn_id=wish.txn_id,
            sale_txn_id=wish.sale.sale.txn_id,
            serials=wish.serials,
            reason=reason,
            approval_pin=SecretStr(pin) if pin else None,
        )
        return await self._desk.asking.ask(
            lambda: client.ask_refund(refund),
            what=tr("asking for the refund"),
            on_refused=on_refused,
        )

    async def look(self, txn_id: UUID) -> RefundStanding | None:
        """Return where a refund stands; None while nobody can tell."""
        client = self._desk.client
        return await self._desk.asking.ask_quietly(lambda: client.refund(txn_id))

    async def given(self, refund: RefundStanding, txn_id: UUID) -> bool:
        """Say that the money was given back, out of this person's drawer; False if refused."""
        client, given = self._desk.client, GiveBack(txn_id=txn_id)
        recorded = await self._desk.asking.ask(
            lambda: client.give_back(refund.txn_id, given),
            what=tr("recording what was given back"),
        )
        if recorded is None:
            return False
        done = tr(
            "Refund {receipt}: {parts} given back.",
            receipt=refund.receipt_number,
            parts=tender_words(recorded.tender),
        )
        # The transaction is of the drawer: what went to a card left no drawer.
        cash = (one.amount for one in recorded.tender if one.method == "cash")
        moved = money(total(cash, recorded.total.currency))
        self._desk.announcer.announce(
            recorded_notice(recorded, moved, done, training=self._desk.link.training)
        )
        return True
