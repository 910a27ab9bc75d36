"""What the cloud in memory knows of each serial, judged as the ticket API judges it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kiosk_contracts.allotments import Allotment
from kiosk_contracts.flags import Flag
from kiosk_contracts.gates import GateFact, GateFeedEntry
from kiosk_contracts.payloads import ReturnOfStockPayload, SalePayload, VoidPayload
from tests.proof.findings import Finding, doubled, wrong


class Held(StrEnum):
    """What became of a serial."""

    LEASED = "leased"
    SOLD = "sold"
    VOIDED = "voided"
    RETURNED = "returned"
    WRITTEN_OFF = "written_off"


_FREED = {
    Held.VOIDED: Flag.SERIAL_VOIDED,
    Held.RETURNED: Flag.SERIAL_RETURNED,
    Held.WRITTEN_OFF: Flag.SERIAL_WRITTEN_OFF,
}
"""Its place was given back; a sale that comes late takes it again, and is flagged."""


@dataclass
class FarSerial:
    """A serial as the far side has it."""

    journal_id: UUID
    event_id: str
    kind: str
    """Its ticket type; empty if it was never granted here, so that it counts no place."""
    state: Held = Held.LEASED
    sale: UUID | None = None


@dataclass
class FarSerials:
    """All serials: who they are leased to, and what was done with them."""

    known: dict[str, FarSerial] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    """Places leased or sold, by ticket type."""
    risked: Counter[str] = field(default_factory=Counter)
    """Places that late sales took again, after they had been given back."""
    feed: list[GateFeedEntry] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)
    """What can't be true, in words."""

    def lease(self, allotment: Allotment) -> None:
        """Lease what was granted to its journal."""
        for ticket in allotment.tickets:
            self.known[ticket.serial] = FarSerial(
                allotment.journal_id, allotment.event_id, allotment.ticket_type_id
            )
        self.taken[allotment.ticket_type_id] += len(allotment.tickets)

    def sell(self, journal_id: UUID, txn_id: UUID, sale: SalePayload) -> tuple[str, ...]:
        """Sell; return the flags."""
        flags = set()
        for serial in sale.serials():
            one = self._of(serial, journal_id)
            if one.journal_id != journal_id:
                self.wrong.append(wrong(f"{serial} is not journal {journal_id}'s, which sold it"))
            if one.sale is not None or one.state is Held.RETURNED:
                self.wrong.append(doubled(f"serial {serial} was sold again"))
                continue
            if one.state in _FREED:
                flags.add(_FREED[one.state])
                self._take(one, 1)
                self.risked[one.kind] += 1
            one.sale, one.state = txn_id, Held.SOLD
        return tuple(sorted(flags))

    def was_given_back(self, void: VoidPayload) -> bool:
        """Say whether what a void is of was voided before."""
        return any(
            one.sale == void.sale_txn_id and one.state is Held.VOIDED
            for serial in void.serials
            if (one := self.known.get(serial)) is not None
        )

    def void(self, void: VoidPayload, at: datetime) -> None:
        """Give back what a sale sold; of one that never counted, what is still leased."""
        for serial in void.serials:
            one = self.known.get(serial)
            if one is not None and (one.sale == void.sale_txn_id or one.state is Held.LEASED):
                self._close(serial, one, Held.VOIDED, at)

    def take_back(self, journal_id: UUID, back: ReturnOfStockPayload) -> tuple[str, ...]:
        """Take back unsold stock; return the flags."""
        flags = set()
        for serial in back.serials:
            one = self._of(serial, journal_id)
            if one.sale is not None:
                self.wrong.append(doubled(f"{serial} came back unsold, and was sold"))
            elif one.state is Held.LEASED:
                one.state = Held.RETURNED
                self._take(one, -1)
            else:
                flags.add(_FREED[one.state])
        return tuple(sorted(flags))

    def write_off(self, journal_id: UUID, at: datetime) -> Sequence[str]:
        """Revoke what a journal holds unsold, and free the places; return the serials."""
        leased = [
            serial
            for serial, one in self.known.items()
            if one.journal_id == journal_id and one.state is Held.LEASED
        ]
        for serial in leased:
            self._close(serial, self.known[serial], Held.WRITTEN_OFF, at)
        return leased

    def revoked(self) -> set[str]:
        """Return what the feed tells as revoked."""
        return {entry.serial for entry in self.feed}

    def facts_after(self, cursor: int, limit: int) -> Iterable[GateFeedEntry]:
        """Return a page of the feed."""
        return self.feed[cursor : cursor + limit]

    def _of(self, serial: str, journal_id: UUID) -> FarSerial:
        """Return a serial; one that was granted before this ledger was kept is its seller's."""
        return self.known.setdefault(serial, FarSerial(journal_id, "", ""))

    def _close(self, serial: str, one: FarSerial, state: Held, at: datetime) -> None:
        one.state = state
        self._take(one, -1)
        entry = GateFeedEntry(
            cursor=len(self.feed) + 1,
            fact=GateFact.REVOKED,
            serial=serial,
            event_id=one.event_id or "unknown",
            at=at,
            reason=state,
        )
        self.feed.append(entry)

    def _take(self, one: FarSerial, change: int) -> None:
        if one.kind:
            self.taken[one.kind] += change
