"""Carts: they hold serials before money is taken, and survive the UI and the agent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import structlog

from kiosk_agent.domain import refusals, refusals_cart, refusals_staff
from kiosk_agent.domain.cart_rights import check_may_end, check_own
from kiosk_agent.domain.carts import find_event, find_type, in_words
from kiosk_agent.domain.holds import has_expired, hold_ends_at_ms
from kiosk_agent.domain.leases import Moment, allotment_states
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.pricing import total_of, with_prices
from kiosk_agent.domain.supply import Shortage, Supply, plan_hold, sort_supply
from kiosk_agent.domain.tenders import check_has_taken, check_taken, log_words
from kiosk_agent.ports.journal import JournalReader, JournalWriter, StockItem, StoredCart
from kiosk_agent.services.cancelling import note_given_back
from kiosk_agent.services.cart_prices import prices_of
from kiosk_agent.services.cart_views import known_cart, live_cart, show_cart
from kiosk_agent.services.kiosk import Kiosk, end_hold, expire, expire_overdue, holds_revoked
from kiosk_agent.services.known_staff import StaffView, name_of
from kiosk_contracts.catalogue import Event, EventState, TicketType
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.selling import Cart, Carts, CartState, PutCart, TakenSoFar, WantedLine
from kiosk_contracts.staff import StaffRole

log = structlog.get_logger(__name__)


class _Wish(NamedTuple):
    """So many tickets of a type, whatever they cost."""

    event_id: str
    ticket_type_id: str
    quantity: int


class CartDesk:
    """Opens, changes, pays and releases carts; every change is on disk before it is answered."""

    def __init__(self, kiosk: Kiosk, roster: StaffView) -> None:
        self._kiosk = kiosk
        self._roster = roster

    async def put(self, person: StaffMember, txn_id: UUID, wanted: PutCart) -> Cart:
        """Make a cart or set its whole content. Idempotent."""
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> Cart:
            moment = self._kiosk.moment(writer)
            expire_overdue(writer, moment)
            stored = self._to_change(writer, person, txn_id)
            if wanted.lines:
                self._kiosk.room.check_new()
            self._set_content(writer, stored, wanted.lines, moment)
            renewed = replace(
                stored,
                state=CartState.OPEN,
                hold_boot_id=moment.boot_id,
                hold_ends_boottime_ms=hold_ends_at_ms(moment, self._kiosk.hold_s),
                # What the customer is told now is what they pay, whatever is synced meanwhile.
                prices=prices_of(writer, txn_id, wanted.lines),
            )
            writer.put_cart(renewed)
            return self._show(writer, renewed, moment)

        cart = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return cart

    async def list(self) -> Carts:
        """Return the carts that are open or in payment, oldest first."""

        def work(reader: JournalReader) -> Carts:
            moment = self._kiosk.moment(reader)
            live = [cart for cart in reader.carts() if not has_expired(cart, moment)]
            return Carts(carts=tuple(self._listed(reader, cart, moment) for cart in live))

        return await self._kiosk.journal.read(work)

    async def get(self, txn_id: UUID) -> Cart:
        """Return a cart in whatever state."""

        def work(reader: JournalReader) -> Cart:
            return self._show(reader, known_cart(reader, txn_id), self._kiosk.moment(reader))

        return await self._kiosk.journal.read(work)

    async def delete(self, person: StaffMember, txn_id: UUID) -> None:
        """Release a cart's serials. Idempotent."""
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> None:
            cart = known_cart(writer, txn_id)
            match CartState(cart.state):
                case CartState.OPEN:
                    check_may_end(cart, person)
                    expire(writer, cart)
                case CartState.PAYMENT_STARTED:
                    raise refusals_cart.payment_started()
                case CartState.CLOSED:
                    raise refusals_cart.cart_closed()
                case CartState.EXPIRED:
                    pass

        await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()

    async def start_payment(self, person: StaffMember, txn_id: UUID) -> Cart:
        """Put `payment_started` on disk, before anybody is charged. Idempotent."""
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> Cart:
            moment = self._kiosk.moment(writer)
            cart = live_cart(writer, txn_id, moment)
            check_own(cart, person)
            # Whoever is charged must get the tickets: what would refuse the sale refuses here.
            _check_sellable(writer, person, txn_id)
            if not writer.cart_items(txn_id):
                raise refusals_cart.cart_empty()
            if cart.state == CartState.OPEN:
                self._refuse_new()
                self._kiosk.room.check_new()
            started = replace(cart, state=CartState.PAYMENT_STARTED)
            writer.put_cart(started)
            return self._show(writer, started, moment)

        cart = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return cart

    async def take(self, person: StaffMember, txn_id: UUID, so_far: TakenSoFar) -> Cart:
        """Put on disk what was taken of a payment: all of its parts. Idempotent."""
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> Cart:
            moment = self._kiosk.moment(writer)
            cart = live_cart(writer, txn_id, moment, was_paying=True)
            check_own(cart, person)
            if cart.state != CartState.PAYMENT_STARTED:
                raise refusals_cart.payment_not_started()
            priced = with_prices(writer.cart_items(txn_id), cart.prices)
            due = total_of(priced, self._kiosk.currency)
            check_taken(so_far.taken, due)
            check_has_taken(so_far.taken, cart.taken)
            self._kiosk.limits.check_change(so_far.taken)
            paid = replace(cart, taken=so_far.taken)
            writer.put_cart(paid)
            return self._show(writer, paid, moment)

        cart = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return cart

    async def cancel_payment(self, person: StaffMember, txn_id: UUID) -> Cart:
        """Open a cart again whose payment came to nothing; its hold begins anew. Idempotent.

        Parts that were taken are given back by hand. They were never a sale's, so that no
        transaction has them: the reports of the cashier's shift count them, and the log says which
        they were, and who gave them back.
        """
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> tuple[StoredCart, Cart]:
            moment = self._kiosk.moment(writer)
            before = live_cart(writer, txn_id, moment, was_paying=True)
            check_may_end(before, person)
            note_given_back(self._kiosk, writer, before, person)
            self._reopen(writer, before, moment)
            return before, self._show(writer, known_cart(writer, txn_id), moment)

        before, cart = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        if before.taken:
            log.info(
                "parts_given_back",
                txn_id=str(txn_id),
                cashier_id=before.cashier_id,
                given_back_by=person.staff_id,
                parts=log_words(before.taken),
            )
        return cart

    def _reopen(self, writer: JournalWriter, cart: StoredCart, moment: Moment) -> None:
        items = writer.cart_items(cart.txn_id)
        if any(item.state != "held" for item in items) or holds_revoked(writer, items):
            end_hold(writer, cart)
            return
        writer.put_cart(
            replace(
                cart,
                state=CartState.OPEN,
                taken=(),
                hold_boot_id=moment.boot_id,
                hold_ends_boottime_ms=hold_ends_at_ms(moment, self._kiosk.hold_s),
            )
        )

    async def expire_overdue(self) -> int:
        """Give back the serials of every cart whose time is over; return how many carts."""

        def due(reader: JournalReader) -> bool:
            moment = self._kiosk.moment(reader)
            return any(has_expired(cart, moment) for cart in reader.carts())

        if not await self._kiosk.journal.read(due):
            return 0
        expired = await self._kiosk.journal.write(
            lambda writer: expire_overdue(writer, self._kiosk.moment(writer))
        )
        self._kiosk.changes.notify()
        return expired

    def _to_change(self, writer: JournalWriter, person: StaffMember, txn_id: UUID) -> StoredCart:
        stored = writer.cart(txn_id)
        if stored is not None:
            check_own(stored, person)
        if stored is None or stored.state != CartState.CLOSED:
            _check_sellable(writer, person, txn_id)
        match None if stored is None else CartState(stored.state):
            case CartState.CLOSED:
                raise refusals_cart.cart_closed()
            case CartState.PAYMENT_STARTED:
                raise refusals_cart.payment_started()
            case CartState.EXPIRED | None:
                self._refuse_new()
                if self._kiosk.agent.is_draining():
                    raise refusals.draining()
            case CartState.OPEN:
                self._refuse_new()
        return stored or StoredCart(
            txn_id=txn_id,
            state=CartState.OPEN,
            cashier_id=person.staff_id,
            opened_at=self._kiosk.clock.now(),
            hold_boot_id=self._kiosk.clock.boot_id(),
            hold_ends_boottime_ms=0,
        )

    def _refuse_new(self) -> None:
        """Raise ProblemError where nothing is sold anew; a payment that has begun goes on."""
        if self._kiosk.agent.is_retired():
            raise refusals.kiosk_retired()
        if self._kiosk.clock.boottime_ms() < self._kiosk.agent.restarts_until_ms():
            raise refusals.host_restarts()

    def _set_content(
        self,
        writer: JournalWriter,
        cart: StoredCart,
        lines: Sequence[WantedLine],
        moment: Moment,
    ) -> None:
        held: dict[tuple[str, str], list[StockItem]] = {}
        for item in writer.cart_items(cart.txn_id):
            held.setdefault((item.event_id, item.ticket_type_id), []).append(item)
        quantities: Counter[tuple[str, str]] = Counter()
        for line in lines:
            quantities[line.event_id, line.ticket_type_id] += line.quantity
        for key, quantity in quantities.items():
            wish = _Wish(*key, quantity)
            self._set_type(writer, cart.txn_id, wish, held.pop(key, []), moment)
        for items in held.values():
            writer.release(cart.txn_id, [item.serial for item in items])

    def _set_type(
        self,
        writer: JournalWriter,
        txn_id: UUID,
        wish: _Wish,
        have: Sequence[StockItem],
        moment: Moment,
    ) -> None:
        what = in_words(*_on_sale(writer, wish))
        supply = _supply(writer, wish, moment)

        def shortage() -> Shortage:
            key = (wish.event_id, wish.ticket_type_id)
            _, held_by_all = writer.stock_counts().get(key, (0, 0))
            return Shortage(
                what=what,
                offline=self._kiosk.line.is_offline(),
                elsewhere=held_by_all - len(have),
                limited_by=_last_limit(writer, *key),
                frozen=writer.frozen_counts().get(key, 0),
            )

        change = plan_hold(wish.quantity, have, supply, shortage)
        for item in supply.live[: len(change.hold)]:
            if item.unit_price.currency != self._kiosk.currency:
                raise refusals_cart.other_currency(what, item.unit_price, self._kiosk.currency)
        writer.release(txn_id, change.release)
        writer.hold(txn_id, change.hold)

    def _show(self, reader: JournalReader, cart: StoredCart, moment: Moment) -> Cart:
        return show_cart(self._kiosk, reader, cart, moment)

    def _listed(self, reader: JournalReader, cart: StoredCart, moment: Moment) -> Cart:
        name = name_of(self._roster, cart.cashier_id)
        return self._show(reader, cart, moment).model_copy(update={"cashier_name": name})


def _last_limit(reader: JournalReader, event_id: str, ticket_type_id: str) -> str:
    """Return why the last grant of a type was smaller than what was asked; empty if it was not."""
    answered = [
        lease.limited_by
        for lease in reader.leases(event_id)
        if lease.ticket_type_id == ticket_type_id and lease.allotment_id is not None
    ]
    return answered[-1] if answered else ""


def _supply(reader: JournalReader, wish: _Wish, moment: Moment) -> Supply:
    """Return what a line can be met from; all that there is only if the first few do not do."""
    states = allotment_states(reader.leases(wish.event_id), moment)
    first = reader.available(wish.event_id, wish.ticket_type_id, wish.quantity)
    supply = sort_supply(first, states)
    if len(supply.live) == wish.quantity:
        return supply
    return sort_supply(reader.available(wish.event_id, wish.ticket_type_id), states)


def _check_sellable(reader: JournalReader, person: StaffMember, txn_id: UUID) -> None:
    """Raise ProblemError if this person could not record the sale of an open cart."""
    known = reader.row(txn_id)
    if known is not None and known.kind == TransactionKind.SALE:
        # The cart went when its sale was archived.
        raise refusals_cart.cart_closed()
    if known is not None:
        raise refusals.txn_payload_differs()
    if reader.open_shift(person.staff_id) is None:
        raise refusals_staff.shift_not_open()


def _on_sale(reader: JournalReader, wish: _Wish) -> tuple[Event, TicketType]:
    event = find_event(reader.catalogue(), wish.event_id)
    if event is None:
        raise refusals.event_unknown(wish.event_id)
    ticket_type = find_type(event, wish.ticket_type_id)
    if ticket_type is None:
        raise refusals.ticket_type_unknown(event.name, wish.ticket_type_id)
    if event.state != EventState.ON_SALE:
        raise refusals.event_not_on_sale(event.name, event.state)
    return event, ticket_type
