"""What the kiosk tells of itself: status, catalogue, transactions. Reads only."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

from kiosk_agent import AGENT_VERSION
from kiosk_agent.domain import refusals_staff, reporting
from kiosk_agent.domain.epochs import epoch_warnings, unread
from kiosk_agent.domain.holds import has_expired
from kiosk_agent.domain.leases import allotment_states, sells_until
from kiosk_agent.domain.leaving import why_not_reinstall
from kiosk_agent.domain.price_offers import offered, terms_warnings
from kiosk_agent.ports.journal import JournalReader, JournalRow
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import NOBODY, StaffView, name_of
from kiosk_agent.services.recording import first_answer
from kiosk_agent.services.refund_facts import decision_words, refunded_tickets
from kiosk_contracts.catalogue import Event, TicketType
from kiosk_contracts.heartbeats import MOST_STOCK, StockLeft
from kiosk_contracts.kiosk_status import (
    JournalState,
    KioskStatus,
    StatusWarning,
    TransactionPage,
    TransactionRow,
)
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.printing import PrintState
from kiosk_contracts.selling import CartState, CatalogueEvent, CatalogueType, KioskCatalogue

CODE_BEFORE_ENROLMENT: Final = "NEW"
"""Shown as the kiosk's code until the fleet service has told it its own."""
_MOST_REFUNDS: Final = 99
"""A status counts no further."""

_Left = dict[tuple[str, str], reporting.TypeLeft]


class StatusReports:
    """Answers for the status line, the lists of the UI, and the command line."""

    def __init__(self, kiosk: Kiosk, staff: StaffView = NOBODY) -> None:
        self._kiosk = kiosk
        self._staff = staff

    async def status(self) -> KioskStatus:
        """Return the kiosk's state now."""
        return await self._kiosk.journal.read(self.seen_by)

    async def catalogue(self) -> KioskCatalogue:
        """Return the events that this kiosk can sell and admit, soonest first."""

        def work(reader: JournalReader) -> KioskCatalogue:
            catalogue = reader.catalogue()
            left = self._left(reader)
            events = sorted(catalogue.events if catalogue else (), key=lambda one: one.starts_at)
            return KioskCatalogue(
                venue_name=reader.identity().venue_name,
                events=tuple(self._event(reader, event, left) for event in events),
            )

        return await self._kiosk.journal.read(work)

    async def transactions(
        self, *, before: int | None, limit: int, states: Sequence[JournalState] = ()
    ) -> TransactionPage:
        """Return a page of transactions, newest first."""

        def work(reader: JournalReader) -> TransactionPage:
            rows = reader.rows_page(before=before, limit=limit + 1, states=states)
            shown = rows[:limit]
            more = len(rows) > limit
            return TransactionPage(
                transactions=tuple(list_row(reader, row, self._staff) for row in shown),
                next_before=shown[-1].sequence if more else None,
            )

        return await self._kiosk.journal.read(work)

    async def transaction(self, txn_id: UUID) -> dict[str, Any]:
        """Return the first answer of a transaction; ProblemError `txn_unknown`."""
        row = await self._kiosk.journal.read(lambda reader: reader.row(txn_id))
        if row is None:
            raise refusals_staff.txn_unknown(txn_id)
        return first_answer(row)

    def seen_by(self, reader: JournalReader) -> KioskStatus:
        """Return the state as a reader has it."""
        line, identity, counts = self._kiosk.line, reader.identity(), reader.counts()
        scanner = self._kiosk.scanner
        moment = self._kiosk.moment(reader)
        left = self._left(reader)
        carts = [cart for cart in reader.carts() if not has_expired(cart, moment)]
        why_not = why_not_reinstall(
            uncovered=reader.uncovered(),
            in_payment=sum(cart.state == CartState.PAYMENT_STARTED for cart in carts),
            unread=unread(reader.epochs()),
        )
        return KioskStatus(
            kiosk_id=identity.kiosk_id,
            kiosk_code=identity.kiosk_code or CODE_BEFORE_ENROLMENT,
            venue_name=identity.venue_name,
            agent_version=AGENT_VERSION,
            line=line.state(),
            line_since=line.since(),
            line_detail=line.detail(),
            last_contact_at=line.last_contact_at(),
            journal_id=identity.journal_id,
            epoch=identity.epoch,
            last_sequence=counts.last_sequence,
            counts={state.value: count for state, count in counts.by_state.items()},
            handed_over=counts.handed_over,
            unsent=sum(counts.by_state.get(state, 0) for state in reporting.UNSENT),
            oldest_unsent_at=counts.oldest_unsent_at,
            stock=reporting.stock_lines(reader.catalogue(), left, reader.frozen_counts()),
            open_carts=len(carts),
            draining=self._kiosk.agent.is_draining(),
            retired=self._kiosk.agent.is_retired(),
            warnings=self._warnings(reader, left),
            safe_to_power_off=True,
            safe_to_reinstall=not why_not,
            why_not=why_not,
            free_bytes=self._kiosk.room.free_bytes(),
            room=self._kiosk.room.state(),
            sqlite_version=reader.sqlite_version(),
            printer=self._kiosk.printer.state,
            to_print=reader.count_prints(PrintState.WAITING),
            training=self._kiosk.training,
            scanner=scanner.state,
            scanner_layout=scanner.layout.arrives if scanner.layout is not None else "",
            refunds_asking=len(reader.refunds_asking(_MOST_REFUNDS)),
            refunds_to_give=len(reader.refunds_to_give(_MOST_REFUNDS)),
            screen=screens.holder if (screens := self._kiosk.screens) is not None else "",
            images=images.standings() if (images := self._kiosk.images) is not None else (),
            ui=ui.known() if (ui := self._kiosk.ui) is not None else None,
            update_lock=locks.in_force() if (locks := self._kiosk.update_locks) else None,
        )

    def _warnings(self, reader: JournalReader, left: _Left) -> tuple[StatusWarning, ...]:
        own = reporting.warnings_of(
            reader.counts(),
            reader.catalogue(),
            left,
            enrolled=bool(reader.identity().kiosk_code),
        )
        room = self._kiosk.room
        disk = reporting.room_warnings(
            room.free_bytes(), room.limits, reserve_held=room.disk.holds_reserve()
        )
        epochs = epoch_warnings(reader.epochs())
        terms = terms_warnings(reader.catalogue())
        # Of a journal that is read while its agent is down nobody is asked who works there.
        known = self._staff is NOBODY or len(self._staff.members)
        roster = reporting.roster_warnings(int(known))
        return (*disk, *epochs, *own, *terms, *roster, *self._kiosk.agent.warnings())

    def stock_by(self, reader: JournalReader) -> tuple[StockLeft, ...]:
        """Return what is left to sell as a reader has it, the soonest events first."""
        catalogue, left = reader.catalogue(), self._left(reader)
        events = sorted(catalogue.events if catalogue else (), key=lambda one: one.starts_at)
        lines = (
            StockLeft(
                event_id=event.event_id,
                ticket_type_id=kind.ticket_type_id,
                left=sums.live,
                held=sums.held,
            )
            for event in events
            if reporting.sells(event)
            for kind in event.ticket_types
            for sums in [left.get((event.event_id, kind.ticket_type_id), reporting.TypeLeft())]
        )
        return tuple(islice(lines, MOST_STOCK))

    def _left(self, reader: JournalReader) -> _Left:
        moment, leases = self._kiosk.moment(reader), list(reader.leases())
        states, until = allotment_states(leases, moment), sells_until(leases, moment)
        return reporting.left_by_type(reader.allotment_stock(), states, until)

    def _event(self, reader: JournalReader, event: Event, left: _Left) -> CatalogueEvent:
        return CatalogueEvent(
            event_id=event.event_id,
            name=event.name,
            starts_at=event.starts_at,
            state=event.state,
            ticket_types=tuple(
                self._type(reader, event, kind, left) for kind in event.ticket_types
            ),
        )

    def _type(
        self, reader: JournalReader, event: Event, kind: TicketType, left: _Left
    ) -> CatalogueType:
        sums = left.get((event.event_id, kind.ticket_type_id), reporting.TypeLeft())
        why_not = reporting.why_not_selling(event, sums, offline=self._kiosk.line.is_offline())
        price = self._price(reader, event, kind)
        return CatalogueType(
            ticket_type_id=kind.ticket_type_id,
            name=kind.name,
            unit_price=price,
            left=0 if why_not else sums.live,
            selling=not why_not,
            why_not=why_not,
            concessions=offered(event, kind.ticket_type_id, price),
        )

    def _price(self, reader: JournalReader, event: Event, kind: TicketType) -> Money:
        """Return what the next ticket costs: the price that its allotment was granted with."""
        next_items = reader.available(event.event_id, kind.ticket_type_id, 1)
        if next_items:
            return next_items[0].unit_price
        listed = event.price_list.prices.get(kind.ticket_type_id)
        return listed or Money.zero(self._kiosk.currency)


def list_row(reader: JournalReader, row: JournalRow, staff: StaffView) -> TransactionRow:
    """Return a transaction for lists, with names from the roster in force."""
    voided = row.kind == TransactionKind.SALE and reader.void_of(row.txn_id) is not None
    listed = reporting.transaction_row(
        row,
        voided=voided,
        decision=decision_words(reader, row),
        refunded=refunded_tickets(reader, row),
    )
    handed_over = listed.handed_over
    names = {
        "cashier_name": name_of(staff, listed.cashier_id),
        "handed_over_name": name_of(staff, handed_over.by) if handed_over else "",
    }
    return listed.model_copy(update=names)
