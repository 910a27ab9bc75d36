"""What the operators do far away, and what the kiosk's own workers do in quiet moments."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from uuid6 import uuid7

from kiosk_agent.domain.records import JournalRow, Lease
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.comparing import ALL
from tests.proof.open_kiosk import ARCHIVE_AFTER_S, PICK
from tests.proof.till import Till


class OfficeRules(Till):
    """Stock, the line, write-offs, archives."""

    # Stock

    @rule(lost=st.integers(0, 2), heard=st.booleans())
    def top_up(self, *, lost: int, heard: bool) -> None:
        """Ask for stock; now and then an answer is lost, and the same request asks again."""
        self._go_online_if_need_be()
        before = set(self.ledger.granted)
        self.lose(lost, self.kiosk.top_up)
        if heard:
            self.do(self.kiosk.top_up())
        for request_id, allotment in self.ledger.granted.items():
            if request_id not in before and allotment.journal_id == self.paper.journal_id:
                self.paper.asked[request_id] = self.now()
        waiting = {lease.request_id for lease in self.read(_unanswered)}
        assert waiting <= self.paper.asked.keys()
        assert not (heard and waiting)
        for request_id in self.paper.asked.keys() - waiting:
            self._arrived(request_id)

    def _arrived(self, request_id: UUID) -> None:
        allotment = self.ledger.granted[request_id]
        lot = self.paper.asked.pop(request_id)
        serials = tuple(ticket.serial for ticket in allotment.tickets)
        self.paper.add_lot(lot.of(serials), allotment.ticket_type_id)

    @rule()
    def give_back(self) -> None:
        """Return all unsold stock, also under leases that ended."""
        due = [serial for serial, state in self.paper.state.items() if state == "available"]
        returned = self.do(self.kiosk.give_back())
        assert returned == len(due)
        self.record_unasked("return_of_stock")
        self.paper.mark(due, "returned")

    @rule(lost=st.integers(0, 1), heard=st.booleans())
    def fill_reserve(self, *, lost: int, heard: bool) -> None:
        """Ask for what the sealed reserve lacks; nothing of it can be sold."""
        self._go_online_if_need_be()
        self.lose(lost, self.kiosk.fill_reserve)
        if heard:
            self.do(self.kiosk.fill_reserve())

    def _go_online_if_need_be(self) -> None:
        """Ask about the epoch first: before that, no stock is asked for."""
        if not self.paper.is_checked:
            before = len(self.ledger.granted)
            self.do(self.kiosk.top_up())
            self.do(self.kiosk.fill_reserve())
            assert len(self.ledger.granted) == before
            self.go_online()

    # The line

    @rule(lost=st.integers(0, 2))
    def upload(self, lost: int) -> None:
        """Send everything; some answers get lost on the way."""
        self.ledger.losing = lost
        self.do(self.kiosk.drain())
        self.ledger.losing = 0
        self.note_settled()

    @rule()
    def upload_unheard(self) -> None:
        """Send a batch whose answer never comes: the kiosk knows nothing of what settled."""
        self.ledger.losing = 1
        try:
            sent = self.do(self.kiosk.uploader._send_next())
        except FleetError:
            sent = True
        assert sent == bool(self.paper.queued())
        self.ledger.losing = 0

    # Write-offs

    @precondition(lambda self: self.ledger.granted)
    @rule(pick=PICK, present=st.booleans())
    def write_off(self, *, pick: int, present: bool) -> None:
        """Give up what a journal holds: an old one, one that never began, or the present one."""
        journals = dict.fromkeys(one.journal_id for one in self.ledger.granted.values())
        others = [one for one in journals if one != self.paper.journal_id]
        self.ledger.write_off(self.pick((not present and others) or journals, pick))

    @rule()
    def sync_gates(self) -> None:
        """Hear what was revoked: none of it is sold from here on."""
        self.do(self.kiosk.syncer._sync_gate_feed())
        self.paper.learn_revoked(self.ledger.serials.revoked())

    # Archives

    @rule(guest=st.booleans())
    def quiet_night(self, *, guest: bool) -> None:
        """Send all there is and tidy up when it is long ago; not while there is a late guest."""
        for txn_id in [one for one, cart in self.paper.carts.items() if cart.in_payment]:
            self.cancel_payment_of(txn_id)
        self.do(self.kiosk.drain())
        self.note_settled()
        self.clock.advance(ARCHIVE_AFTER_S + 1)
        if guest:
            self.fill_cart(uuid7(), {"child": 1})
        self.tidy()

    @rule()
    def tidy(self) -> None:
        """Let what settled long ago leave for archives, unless somebody is served."""
        due = set(self.read(self._due_for_archive))
        self.do(self.kiosk.clear_left_overs())
        self.do(self.kiosk.tidy())
        self.paper.archived |= due

    def _due_for_archive(self, reader: JournalReader) -> list[UUID]:
        """Return what must go: all but the newest, what is harmed, what others depend on."""
        paper = self.paper
        is_sending = paper.queued() and not self.kiosk.desk.kiosk.line.is_offline()
        if is_sending or not all(paper.has_expired(cart) for cart in paper.carts):
            return []
        rows = reader.rows_page(before=None, limit=ALL)
        needed = {row.depends_on for row in rows if row.state is not JournalState.SETTLED}
        newest = max((row.sequence for row in rows), default=0)
        return [
            row.txn_id
            for row in rows
            if self._is_old(row)
            and row.sequence < newest
            and row.txn_id not in needed | paper.harmed
        ]

    def _is_old(self, row: JournalRow) -> bool:
        age = self.clock.now() - row.settled_at if row.settled_at else None
        return age is not None and age.total_seconds() > ARCHIVE_AFTER_S


def _unanswered(reader: JournalReader) -> list[Lease]:
    return [lease for lease in reader.leases() if lease.allotment_id is None]
