"""Shifts: one cashier's time at the drawer, from its float to its Z report."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.pricing import total_of, with_prices
from kiosk_agent.domain.shift_figures import ShiftFigures
from kiosk_agent.ports.journal import (
    JournalReader,
    JournalRow,
    JournalWriter,
    NewTransaction,
    ShiftRecord,
)
from kiosk_agent.services import recording
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.shift_reports import (
    Counted,
    ShiftReports,
    check_whose,
    known_shift,
)
from kiosk_contracts.money import Money, total
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.selling import CartState, Recorded
from kiosk_contracts.shifts import (
    CloseShift,
    MoveCash,
    OpenShift,
    ShiftClosed,
)
from kiosk_contracts.staff import StaffRole


class Shifts:
    """Opens and closes shifts, moves cash, reports."""

    def __init__(self, kiosk: Kiosk, reports: ShiftReports) -> None:
        self._kiosk = kiosk
        self._reports = reports

    async def open(self, person: StaffMember, request: OpenShift) -> dict[str, Any]:
        """Open the person's shift; return a Recorded. Idempotent by txn_id.

        Raises ProblemError `shift_already_open`, `drawer_taken`, `body_invalid`.
        """
        require(person, StaffRole.CASHIER)
        self._check_amount("opening_float", request.opening_float, may_be_nothing=True)
        # As before there was such a field: what was recorded then may still be asked for again.
        apart = () if request.taken_over_from else ("taken_over_from",)
        kind = TransactionKind.SHIFT_OPENED
        wanted = recording.request_hash(kind, request, *apart)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            if writer.open_shift(person.staff_id) is not None:
                raise refusals_staff.shift_already_open()
            _check_waits(writer, request.taken_over_from)
            left = self._reports.counted_in(writer, request.taken_over_from)
            self._kiosk.limits.check_float(request.opening_float, left)
            shift_id = uuid4()
            said: dict[str, Any] = {"opening_float": request.opening_float.to_json()}
            if request.taken_over_from is not None:
                said["taken_over_from"] = str(request.taken_over_from)
            row = self._record(
                writer,
                person,
                kind=kind,
                txn_id=request.txn_id,
                shift_id=shift_id,
                said=said,
                request_hash=wanted,
            )
            writer.put_open_shift(shift_id, person.staff_id, row.recorded_at, row.sequence)
            return recording.keep(writer, row, Recorded(**recording.recorded(row)))

        return await self._written(work)

    async def repeat_of(self, kind: TransactionKind, request: MoveCash | CloseShift) -> Any:
        """Return the first answer if this was recorded before, else None."""
        wanted = recording.request_hash(kind, request, "approval_pin")
        known = await self._kiosk.journal.read(
            lambda reader: recording.find_repeat(reader, request.txn_id, wanted)
        )
        return None if known is None else recording.again(known)

    async def check_cash_out(self, person: StaffMember, request: MoveCash) -> None:
        """Raise ProblemError if cash can't be taken out; so nobody types a PIN in vain."""
        require(person, StaffRole.CASHIER)
        self._check_amount("amount", request.amount)
        self._kiosk.limits.check_moved(request.amount)
        await self._kiosk.journal.read(
            lambda reader: self._check_cash(reader, _mine(reader, person), request.amount)
        )

    async def move_cash(
        self, person: StaffMember, kind: TransactionKind, request: MoveCash, approved_by: str | None
    ) -> dict[str, Any]:
        """Pay cash in or out; return a Recorded. Idempotent by txn_id.

        Raises ProblemError `shift_not_open`, `drawer_short`, `body_invalid`.
        """
        require(person, StaffRole.CASHIER)
        self._check_amount("amount", request.amount)
        wanted = recording.request_hash(kind, request, "approval_pin")

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            self._kiosk.limits.check_moved(request.amount)
            shift_id = _mine(writer, person)
            said: dict[str, Any] = {"amount": request.amount.to_json(), "reason": request.reason}
            if kind is TransactionKind.SHIFT_PAID_OUT:
                self._check_cash(writer, shift_id, request.amount)
                said["approved_by"] = approved_by
            row = self._record(
                writer,
                person,
                kind=kind,
                txn_id=request.txn_id,
                shift_id=shift_id,
                said=said,
                request_hash=wanted,
            )
            return recording.keep(writer, row, Recorded(**recording.recorded(row)))

        return await self._written(work)

    async def needs_approval(
        self, person: StaffMember, shift_id: UUID, request: CloseShift
    ) -> bool:
        """Say whether a manager must agree to what was counted.

        Raises ProblemError `shift_unknown`, `role_too_low`, `payment_started`, `body_invalid`.
        """
        self._check_amount("counted", request.counted, may_be_nothing=True)

        def work(reader: JournalReader) -> bool:
            shift = self._may_close(reader, person, shift_id)
            return self._is_far_off(self._reports.figures(reader, shift), request.counted)

        return await self._kiosk.journal.read(work)

    async def close(
        self,
        person: StaffMember,
        approver: StaffMember | None,
        shift_id: UUID,
        request: CloseShift,
    ) -> dict[str, Any]:
        """Close a shift; return a ShiftClosed with its Z report. Idempotent by txn_id.

        Raises what `needs_approval` raises, and `approval_needed`.
        """
        kind = TransactionKind.SHIFT_CLOSED
        wanted = recording.request_hash(kind, request, "approval_pin")
        counted = Counted(request, person, approver)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            shift = self._may_close(writer, person, shift_id)
            figures = self._reports.figures(writer, shift)
            if approver is None and self._is_far_off(figures, request.counted):
                raise refusals_staff.approval_needed()
            row = self._record(
                writer,
                person,
                kind=kind,
                txn_id=request.txn_id,
                shift_id=shift_id,
                said=_closing_payload(figures, counted),
                request_hash=wanted,
            )
            writer.close_shift(shift_id, row.recorded_at, row.sequence)
            report = self._reports.report_of(writer, shift, figures, counted)
            report = report.model_copy(update={"at": row.recorded_at})
            return recording.keep(
                writer, row, ShiftClosed(**recording.recorded(row), report=report)
            )

        return await self._written(work)

    def _may_close(self, reader: JournalReader, person: StaffMember, shift_id: UUID) -> ShiftRecord:
        shift = known_shift(reader, shift_id)
        if shift.closed_at is not None:
            raise refusals_staff.shift_unknown(shift_id)
        check_whose(shift, person)
        paying = (CartState.PAYMENT_STARTED, shift.staff_id)
        for cart in reader.carts():
            if (cart.state, cart.cashier_id) == paying:
                items = with_prices(reader.cart_items(cart.txn_id), cart.prices)
                currency = self._kiosk.currency
                taken = total((part.amount for part in cart.taken), currency)
                raise refusals_staff.payment_open(cart.opened_at, total_of(items, currency), taken)
        return shift

    def _check_cash(self, reader: JournalReader, shift_id: UUID, amount: Money) -> None:
        there = self._reports.cash_in_drawer(reader, shift_id)
        if amount.amount > there.amount:
            raise refusals_staff.drawer_short(there)

    def _is_far_off(self, figures: ShiftFigures, counted: Money) -> bool:
        return abs((counted - figures.expected_cash()).amount) > self._reports.over_short_limit

    def _record(  # noqa: PLR0913  what a transaction of a shift says
        self,
        writer: JournalWriter,
        person: StaffMember,
        *,
        kind: TransactionKind,
        txn_id: UUID,
        shift_id: UUID,
        said: dict[str, Any],
        request_hash: str,
    ) -> JournalRow:
        common = recording.common_payload(self._kiosk, writer, person.staff_id, shift_id)
        new = NewTransaction(
            txn_id=txn_id,
            kind=kind,
            payload={**common, **said},
            numbered=False,
            request_hash=request_hash,
            offline=self._kiosk.line.is_offline(),
        )
        return recording.record(self._kiosk.agent, writer, new)

    async def _written(self, work: Callable[[JournalWriter], dict[str, Any]]) -> dict[str, Any]:
        answer = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return answer

    def _check_amount(self, field: str, amount: Money, *, may_be_nothing: bool = False) -> None:
        is_right = amount.amount >= 0 if may_be_nothing else amount.amount > 0
        if amount.currency != self._kiosk.currency or not is_right:
            raise refusals_staff.amount_not_right(
                field, amount, self._kiosk.currency, may_be_nothing=may_be_nothing
            )


def _mine(reader: JournalReader, person: StaffMember) -> UUID:
    shift_id = reader.open_shift(person.staff_id)
    if shift_id is None:
        raise refusals_staff.shift_not_open()
    return shift_id


def _check_waits(reader: JournalReader, taken_over_from: UUID | None) -> None:
    """Raise ProblemError `drawer_taken` unless that shift's drawer waits to be taken over."""
    if taken_over_from is None:
        return
    waiting = reader.waiting_drawer()
    if waiting is None or waiting.shift_id != taken_over_from:
        raise refusals_staff.drawer_taken()


def _closing_payload(figures: ShiftFigures, counted: Counted) -> dict[str, Any]:
    request, expected = counted.request, figures.expected_cash()
    said: dict[str, Any] = {
        "expected": expected.to_json(),
        "counted": request.counted.to_json(),
        "over_short": (request.counted - expected).to_json(),
        "pieces": [one.to_json() for one in request.pieces],
        "reason": request.reason,
        "approved_by": counted.approver.staff_id if counted.approver else None,
    }
    cancelled = figures.cancelled_payments()
    # Only where there were any: the closing of any other shift is what it was before.
    return said | ({"cancelled": cancelled.to_json()} if cancelled else {})
