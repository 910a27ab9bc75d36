"""The shifts of a kiosk as they may be looked up: a cashier's own, all by a manager or root."""

from uuid import UUID

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember, rank, require
from kiosk_agent.ports.journal import CancelledPayment, JournalReader, ShiftRecord
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.shift_reports import ShiftReports, z_report_of
from kiosk_contracts.cancelled import CancelledPaymentList, CancelledPaymentShown
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.shifts import ShiftList, ShiftReport, ShiftSummary
from kiosk_contracts.staff import StaffRole


class ShiftHistory:
    """Lists shifts, each with what its Z report says in a line."""

    def __init__(self, kiosk: Kiosk, reports: ShiftReports) -> None:
        self._kiosk = kiosk
        self._reports = reports

    async def shifts(self, person: StaffMember, limit: int) -> ShiftList:
        """Return so many shifts at most, open ones too, the newest first; `role_too_low`."""
        require(person, StaffRole.CASHIER)
        sees_all = rank(person.role) >= rank(StaffRole.MANAGER)
        return await self._listed(limit, None if sees_all else person.staff_id)

    async def shifts_for_root(self, limit: int) -> ShiftList:
        """Return everybody's, for whoever may ask the host itself."""
        return await self._listed(limit, None)

    async def cancelled_for_root(self, limit: int, shift_id: UUID | None) -> CancelledPaymentList:
        """Return payments that were cancelled after money was taken; ProblemError `shift_unknown`.

        Those of a shift, or, where none is named, of all and of none.
        """

        def work(reader: JournalReader) -> CancelledPaymentList:
            if shift_id is not None and reader.shift(shift_id) is None:
                raise refusals_staff.shift_unknown(shift_id)
            found = reader.latest_cancelled_payments(limit, shift_id)
            return CancelledPaymentList(payments=tuple(_shown(one) for one in found))

        return await self._kiosk.journal.read(work)

    async def _listed(self, limit: int, staff_id: str | None) -> ShiftList:
        def work(reader: JournalReader) -> ShiftList:
            found = reader.shifts(limit, staff_id)
            return ShiftList(shifts=tuple(self._summary(reader, one) for one in found))

        return await self._kiosk.journal.read(work)

    def _summary(self, reader: JournalReader, shift: ShiftRecord) -> ShiftSummary:
        closed = _closed(reader, shift)
        return ShiftSummary(
            shift_id=shift.shift_id,
            staff_id=shift.staff_id,
            staff_name=self._reports.name_of(shift.staff_id),
            opened_at=shift.opened_at,
            closed_at=shift.closed_at,
            closed_by_name=closed.closed_by_name if closed else "",
            over_short=closed.over_short if closed else None,
        )


def _shown(one: CancelledPayment) -> CancelledPaymentShown:
    return CancelledPaymentShown(
        txn_id=one.txn_id,
        shift_id=one.shift_id,
        cashier_id=one.cashier_id,
        given_back_by=one.given_back_by,
        approved_by=one.approved_by,
        at=one.at,
        taken=one.taken,
    )


def _closed(reader: JournalReader, shift: ShiftRecord) -> ShiftReport | None:
    try:
        return z_report_of(reader, shift)
    except ProblemError:
        # Its archive is out of reach: the list shows the shift all the same.
        return None
