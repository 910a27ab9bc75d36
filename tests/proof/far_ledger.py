"""The cloud, in memory: a Fleet that keeps every transaction for ever, and notices what is wrong.

It stands for fleet service and ticket API where a proof needs thousands of restarts. It counts
what it was sent, so that a test can tell what was lost, doubled or contradicted.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import SecretStr, ValidationError

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.allotments import Allotment, AllotmentRequest, SignedTicket
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.flags import Flag
from kiosk_contracts.gates import GateFeed, KeySet
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.payloads import ReturnOfStockPayload, SalePayload, VoidPayload
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.serials import format_serial
from kiosk_contracts.sessions import KioskIdentity, KioskSession
from kiosk_contracts.transactions import FIRST_PREV_HASH, Transaction
from kiosk_contracts.uploads import ItemOutcome, ItemStatus, JournalHead
from tests.proof.far_serials import FarSerials
from tests.proof.findings import Finding, doubled, wrong
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID
from tests.support.tickets import euros, season

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
_ALLOTMENTS = UUID("0197a000-0000-7000-8000-00000000a110")
PLENTY = 1 << 20
ASK_AGAIN_S = 1800
PRICES = {"adult": "12.50", "child": "6.00"}


@dataclass(frozen=True, slots=True)
class Received:
    """A transaction as the far side has it."""

    journal_id: UUID
    epoch: int
    sequence: int
    hash: str


@dataclass
class FarLedger:
    """A Fleet. With `deduplicates` off it counts whatever comes: a control."""

    deduplicates: bool = True
    capacity: dict[str, int] = field(default_factory=dict)
    """Places of each ticket type, over all events; a type not named has plenty."""
    season: Catalogue = field(default_factory=season)
    lease_s: int = 10 * 86_400
    tell: Callable[[dict[str, Any]], None] = lambda _: None
    """Told of everything received and granted, before it is answered."""
    received: dict[UUID, Received] = field(default_factory=dict)
    counted: Counter[UUID] = field(default_factory=Counter)
    """How often each transaction counts; once, if all is well."""
    sent: Counter[UUID] = field(default_factory=Counter)
    """How often each transaction came."""
    wrong: list[Finding] = field(default_factory=list)
    """What can't be true, in words."""
    granted: dict[UUID, Allotment] = field(default_factory=dict)
    judged: dict[UUID, ItemStatus] = field(default_factory=dict)
    """What was last answered for each transaction."""
    flags: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    """What was flagged for a person, by transaction."""
    serials: FarSerials = field(default_factory=FarSerials)
    _places: dict[tuple[UUID, int], UUID] = field(default_factory=dict)

    @property
    def taken(self) -> Counter[str]:
        """Places leased or sold, by ticket type."""
        return self.serials.taken

    async def upload(
        self, journal_id: UUID, items: Sequence[dict[str, Any]]
    ) -> Sequence[ItemOutcome]:
        """Settle each item: the first time for good, afterwards by its txn_id."""
        outcomes = [self._judge(journal_id, item) for item in items]
        self.tell({"received": list(items)})
        return outcomes

    def _judge(self, journal_id: UUID, item: Any) -> ItemOutcome:
        try:
            transaction = Transaction.model_validate(item)
        except ValidationError:
            return _outcome(None, ItemStatus.QUARANTINED, ProblemCode.PAYLOAD_UNREADABLE)
        outcome = self._settle(journal_id, transaction)
        self.judged[transaction.envelope.txn_id] = ItemStatus(outcome.status)
        return outcome

    def _settle(self, journal_id: UUID, transaction: Transaction) -> ItemOutcome:
        txn_id = transaction.envelope.txn_id
        self.sent[txn_id] += 1
        refusal = self._refuse(transaction)
        if refusal is not None:
            return refusal
        self._receive(journal_id, transaction)
        if not transaction.payload_matches():
            return _outcome(txn_id, ItemStatus.QUARANTINED, ProblemCode.PAYLOAD_HASH_DIFFERS)
        known = self.counted[txn_id] > 0
        if not known or not self.deduplicates:
            self.counted[txn_id] += 1
            self.flags[txn_id] = self._count(journal_id, transaction)
        return ItemOutcome(
            txn_id=txn_id,
            status=ItemStatus.SETTLED,
            flags=self.flags[txn_id],
            replayed=known,
            settled_at=NOW,
        )

    def _refuse(self, transaction: Transaction) -> ItemOutcome | None:
        """Refuse a void of what was voided before, and put off that of a sale not known yet."""
        txn_id = transaction.envelope.txn_id
        if self.counted[txn_id] or not transaction.payload_matches():
            return None
        void = transaction.read_payload()
        if not isinstance(void, VoidPayload):
            return None
        if void.sale_txn_id not in self.judged:
            return _outcome(txn_id, ItemStatus.RETRY, ProblemCode.SALE_NOT_KNOWN_YET)
        if self.serials.was_given_back(void):
            return _outcome(txn_id, ItemStatus.QUARANTINED, ProblemCode.SALE_ALREADY_VOIDED)
        return None

    def _receive(self, journal_id: UUID, transaction: Transaction) -> None:
        """Give it its place in its journal, for good."""
        envelope = transaction.envelope
        came = Received(journal_id, envelope.epoch, envelope.sequence, envelope.hash)
        before = self.received.setdefault(envelope.txn_id, came)
        first = self._places.setdefault((journal_id, envelope.sequence), envelope.txn_id)
        if before != came:
            self.wrong.append(wrong(f"{envelope.txn_id} came as {before}, then as {came}"))
        if first != envelope.txn_id:
            self.wrong.append(doubled(f"sequence {envelope.sequence} is {first}, and {came}"))
        if envelope.journal_id != journal_id:
            self.wrong.append(wrong(f"{envelope.txn_id} came with journal {journal_id}"))

    def _count(self, journal_id: UUID, transaction: Transaction) -> tuple[str, ...]:
        """Do what a transaction says; return the flags."""
        match transaction.read_payload():
            case SalePayload() as sale:
                return self.serials.sell(journal_id, transaction.envelope.txn_id, sale)
            case VoidPayload() as void:
                self.serials.void(void, NOW)
                struck = self.judged[void.sale_txn_id] is not ItemStatus.SETTLED
                return (Flag.SALE_NEVER_COUNTED,) if struck else ()
            case ReturnOfStockPayload() as back:
                return self.serials.take_back(journal_id, back)
            case _:
                return ()

    def write_off(self, journal_id: UUID) -> Sequence[str]:
        """Give up what a journal holds unsold, as the operators do; return the serials."""
        return self.serials.write_off(journal_id, NOW)

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """Grant what there is; the same request id gets the same serials."""
        known = self.granted.get(request.request_id)
        if known is None:
            known = self._grant(request)
            self._lease(known)
        self.tell({"granted": known.to_json()})
        return known

    def _grant(self, request: AllotmentRequest) -> Allotment:
        kind = request.ticket_type_id
        left = self.capacity.get(kind, PLENTY) - self.taken[kind]
        quantity = max(0, min(request.quantity, left))
        first = 1 + sum(len(one.tickets) for one in self.granted.values())
        serials = [format_serial(first + number) for number in range(quantity)]
        return Allotment(
            allotment_id=uuid5(_ALLOTMENTS, str(request.request_id)),
            request_id=request.request_id,
            journal_id=request.journal_id,
            event_id=request.event_id,
            ticket_type_id=kind,
            price_list_version=1,
            unit_price=euros(PRICES[kind]),
            granted_at=NOW,
            lease_s=self.lease_s,
            tickets=tuple(SignedTicket(serial=each, code=f"EP1{each}") for each in serials),
            limited_by="" if quantity == request.quantity else "inventory",
        )

    def restore(self, told: Sequence[dict[str, Any]]) -> None:
        """Bring back what an earlier ledger had told; nothing is told again."""
        for fact in told:
            for item in fact.get("received", ()):
                transaction = Transaction.model_validate(item)
                self._judge(transaction.envelope.journal_id, item)
            if "granted" in fact:
                self._lease(Allotment.model_validate(fact["granted"]))

    def _lease(self, allotment: Allotment) -> None:
        if allotment.request_id not in self.granted:
            self.granted[allotment.request_id] = allotment
            self.serials.lease(allotment)

    def findings(self) -> list[Finding]:
        """Return what is wrong: contradictions, and what counts more than once."""
        more = [one for one in self.counted.items() if one[1] != 1]
        return [
            *self.wrong,
            *self.serials.wrong,
            *(doubled(f"{txn_id} counts {n} times") for txn_id, n in more),
        ]

    async def catalogue(self) -> Catalogue:
        """Return what is on sale."""
        return self.season

    async def journal_head(self, journal_id: UUID) -> JournalHead:
        """Return how far a journal came here; all journals on one ledger are one kiosk's."""
        its = [one for one in self.received.values() if one.journal_id == journal_id]
        last = max(its, key=lambda one: one.sequence, default=None)
        return JournalHead(
            journal_id=journal_id,
            epoch=last.epoch if last else 0,
            sequence=last.sequence if last else 0,
            hash=last.hash if last else FIRST_PREV_HASH,
            kiosk_epoch=max((one.epoch for one in self.received.values()), default=0),
        )

    async def open_session(self, journal_id: UUID) -> KioskSession:
        """Let a new epoch's journal in, as it asks once."""
        del journal_id
        kiosk = KioskIdentity(
            kiosk_id=KIOSK_ID, kiosk_code=KIOSK_CODE, venue_id=VENUE_ID, venue_name="Harbour Hall"
        )
        return KioskSession(
            token=SecretStr("token"), expires_in_s=3600, server_time=NOW, kiosk=kiosk
        )

    async def gate_feed(self, after: int, limit: int = 500) -> GateFeed:
        """Return what was revoked."""
        entries = tuple(self.serials.facts_after(after, limit))
        cursor = after + len(entries)
        return GateFeed(entries=entries, next_cursor=cursor, more=cursor < len(self.serials.feed))

    async def keys(self) -> KeySet:
        """Return no keys: tickets are typed at these gates."""
        return KeySet(keys=())

    async def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Tell the time."""
        del heartbeat
        return HeartbeatAnswer(server_time=NOW)

    def server_offset_ms(self) -> int | None:
        """Return that the clocks agree."""
        return 0

    def last_contact_at(self) -> datetime | None:
        """Return the time that stands still here."""
        return NOW


def _outcome(txn_id: UUID | None, status: ItemStatus, code: ProblemCode) -> ItemOutcome:
    retry_after_s = ASK_AGAIN_S if status is ItemStatus.RETRY else None
    return ItemOutcome(txn_id=txn_id, status=status, code=code, retry_after_s=retry_after_s)


@dataclass
class LosingLedger(FarLedger):
    """A far side that does what it is asked, and whose next `losing` answers get lost."""

    losing: int = 0

    async def upload(
        self, journal_id: UUID, items: Sequence[dict[str, Any]]
    ) -> Sequence[ItemOutcome]:
        """Settle; then answer, or lose the answer."""
        outcomes = await super().upload(journal_id, items)
        self._lose()
        return outcomes

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """Grant; then answer, or lose the answer."""
        granted = await super().request_allotment(request)
        self._lose()
        return granted

    def _lose(self) -> None:
        if self.losing:
            self.losing -= 1
            raise FleetError(
                ProblemCode.LINE_TIMEOUT,
                "no answer came",
                retryable=True,
                line_down=True,
            )
