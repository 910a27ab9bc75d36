"""What staff can do about a transaction: undo a sale, try again, hand over. Knows no screen."""

from collections.abc import Callable
from uuid import UUID

from pydantic import SecretStr

from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.quarantine import HandOver
from kiosk_contracts.selling import MakeVoid
from kiosk_texts import tr, trn
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.refund_words import tender_words
from kiosk_ui.selling import new_txn_id
from kiosk_ui.words import handed_over_by, recorded_notice, transaction_words

Refused = Callable[[ProblemError], None]


class Remedies:
    """Asks the agent, and announces what became of it; a refusal is announced as it came.

    Each act may be repeated: it counts once. A PIN is a manager's, None where the person signed in
    is one.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def void(
        self, sale: TransactionRow, reason: str, pin: str | None, on_refused: Refused
    ) -> bool:
        """Undo a sale; False if refused."""
        client, announcer = self._desk.client, self._desk.announcer
        void = MakeVoid(
            txn_id=new_txn_id(),
            sale_txn_id=sale.txn_id,
            reason=reason,
            approval_pin=SecretStr(pin) if pin else None,
        )
        recorded = await self._desk.asking.ask(
            lambda: client.void(void), what=tr("recording the void"), on_refused=on_refused
        )
        if recorded is None:
            return False
        back = trn(
            "Give back {parts}; {count} ticket admits no more.",
            "Give back {parts}; {count} tickets admit no more.",
            len(recorded.serials),
            parts=tender_words(recorded.tender),
        )
        training = self._desk.link.training
        announcer.announce(recorded_notice(recorded, "", back, training=training))
        return True

    async def try_again(self, row: TransactionRow) -> bool:
        """Let a quarantined transaction be judged afresh; False if refused."""
        retry = _Retry(self._desk, row.txn_id)
        done = await self._desk.asking.ask(retry.ask, what=tr("having it tried again"))
        if done:
            words = tr(
                "It waits to be sent and is judged afresh; the list shows what becomes of it."
            )
            self._done(tr("Tried again: {transaction}", transaction=transaction_words(row)), words)
        return done is True

    async def hand_over(
        self, row: TransactionRow, note: str, pin: str | None, on_refused: Refused
    ) -> bool:
        """Hand a quarantined transaction over with a note; False if refused."""
        client = self._desk.client
        request = HandOver(note=note, approval_pin=SecretStr(pin) if pin else None)
        after = await self._desk.asking.ask(
            lambda: client.hand_over(row.txn_id, request),
            what=tr("handing it over"),
            on_refused=on_refused,
        )
        if after is None:
            return False
        what, by = transaction_words(row), handed_over_by(after)
        done = (
            tr("Handed over by {name}: {transaction}", name=by, transaction=what)
            if by
            else tr("Handed over: {transaction}", transaction=what)
        )
        self._done(done, tr("It stays in the list, with the note, until it is settled."))
        return True

    def _done(self, text: str, detail: str) -> None:
        self._desk.announcer.announce(Notice(Tone.RECORDED, text, (detail,)))


class _Retry:
    """One retry, asked until it is answered."""

    def __init__(self, desk: Desk, txn_id: UUID) -> None:
        self._client = desk.client
        self._txn_id = txn_id
        self._may_have_happened = False

    async def ask(self) -> bool:
        try:
            await self._client.retry(self._txn_id)
        except AgentAwayError:
            self._may_have_happened = True
            raise
        except ProblemError as refusal:
            # No longer quarantined is what was wanted, where an answer was lost on the way.
            if not (self._may_have_happened and refusal.code == ProblemCode.NOT_QUARANTINED):
                raise
        return True
