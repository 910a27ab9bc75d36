"""X and Z reports, and what the last shift left in the drawer."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember, rank, require
from kiosk_agent.domain.refunding import standing_of
from kiosk_agent.domain.shift_figures import ShiftFigures
from kiosk_agent.ports.journal import JournalReader, ShiftRecord
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView, name_of
from kiosk_agent.services.refund_facts import is_given
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.shifts import (
    ClosedDrawer,
    CloseShift,
    Drawer,
    OpenRefund,
    ShiftReport,
    TakenOver,
)
from kiosk_contracts.staff import StaffRole

_PAGE: Final = 500
DEFAULT_OVER_SHORT_LIMIT: Final = Decimal(5)
"""In the drawer's currency: a drawer that is over or short by more needs a manager."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A drawer that was counted, by whom, and who agreed if it was over or short by much."""

    request: CloseShift
    by: StaffMember
    approver: StaffMember | None


class ShiftReports:
    """Adds up shifts."""

    def __init__(
        self,
        kiosk: Kiosk,
        roster: StaffView,
        *,
        over_short_limit: Decimal = DEFAULT_OVER_SHORT_LIMIT,
    ) -> None:
        self._kiosk = kiosk
        self._roster = roster
        self.over_short_limit = over_short_limit

    async def report(self, person: StaffMember, shift_id: UUID | None) -> ShiftReport:
        """Return an X report of an open shift, the Z report of a closed one; None is one's own.

        Raises ProblemError `shift_not_open`, `shift_unknown`, `role_too_low`.
        """
        require(person, StaffRole.CASHIER)

        def work(reader: JournalReader) -> ShiftReport:
            wanted = shift_id or reader.open_shift(person.staff_id)
            if wanted is None:
                raise refusals_staff.shift_not_open()
            shift = known_shift(reader, wanted)
            check_whose(shift, person)
            return self._now(reader, shift)

        return await self._kiosk.journal.read(work)

    async def report_for_root(self, shift_id: UUID) -> ShiftReport:
        """Return any shift's report, for whoever may ask the host itself; `shift_unknown`."""
        return await self._kiosk.journal.read(
            lambda reader: self._now(reader, known_shift(reader, shift_id))
        )

    def _now(self, reader: JournalReader, shift: ShiftRecord) -> ShiftReport:
        closed = z_report_of(reader, shift)
        return closed or self.report_of(reader, shift, self.figures(reader, shift))

    async def drawer(self, person: StaffMember) -> Drawer:
        """Return what the last closed shift left in the drawer."""
        require(person, StaffRole.CASHIER)

        def work(reader: JournalReader) -> Drawer:
            shift = reader.waiting_drawer()
            report = None if shift is None else z_report_of(reader, shift)
            if report is None:
                return Drawer(last_closed=None)
            return Drawer(
                last_closed=ClosedDrawer(
                    shift_id=report.shift_id,
                    staff_name=report.staff_name,
                    closed_at=report.at,
                    counted=report.counted or Money.zero(self._kiosk.currency),
                )
            )

        return await self._kiosk.journal.read(work)

    def counted_in(self, reader: JournalReader, shift_id: UUID | None) -> Money | None:
        """Return what was counted when a shift was closed; None if nobody can tell."""
        shift = None if shift_id is None else reader.shift(shift_id)
        closing = None if shift is None else _answer_of_closing(reader, shift)
        return None if closing is None else ShiftReport.model_validate(closing["report"]).counted

    def report_of(
        self,
        reader: JournalReader,
        shift: ShiftRecord,
        figures: ShiftFigures,
        counted: Counted | None = None,
    ) -> ShiftReport:
        """Return the report with these figures; a Z report if the drawer was counted."""
        identity = reader.identity()
        report = ShiftReport(
            shift_id=shift.shift_id,
            staff_id=shift.staff_id,
            staff_name=self.name_of(shift.staff_id),
            venue_name=identity.venue_name,
            kiosk_code=identity.kiosk_code,
            opened_at=shift.opened_at,
            at=self._kiosk.clock.now(),
            is_closed=counted is not None,
            sales=figures.sales,
            voids=figures.voids,
            refunds=figures.refunds,
            first_receipt=figures.first_receipt,
            last_receipt=figures.last_receipt,
            by_method=figures.by_method(),
            by_type=figures.by_type(reader.catalogue()),
            cancelled=figures.cancelled_payments(),
            opening_float=figures.opening_float,
            paid_in=figures.paid_in,
            paid_out=figures.paid_out,
            expected_cash=figures.expected_cash(),
            taken_over=_taken_over(reader, figures.taken_over_from),
            open_refunds=_open_refunds(reader, figures),
            unreadable=tuple(figures.unreadable),
        )
        if counted is None:
            above = Money(amount=self.over_short_limit, currency=self._kiosk.currency)
            return report.model_copy(update={"approval_above": above})
        closer = counted.by if counted.by.staff_id != shift.staff_id else None
        return report.model_copy(
            update={
                "counted": counted.request.counted,
                "over_short": counted.request.counted - figures.expected_cash(),
                "pieces": counted.request.pieces,
                "reason": counted.request.reason,
                "approved_by": counted.approver.staff_id if counted.approver else None,
                "approved_by_name": counted.approver.name if counted.approver else "",
                "closed_by": closer.staff_id if closer else None,
                "closed_by_name": closer.name if closer else "",
            }
        )

    def name_of(self, staff_id: str) -> str:
        """Return a person's name, or the id of one who is on the roster no more."""
        return name_of(self._roster, staff_id)

    def cash_in_drawer(self, reader: JournalReader, shift_id: UUID) -> Money:
        """Return what a shift's drawer should hold now, so that no more is taken out of it."""
        return self.figures(reader, known_shift(reader, shift_id)).expected_cash()

    def figures(self, reader: JournalReader, shift: ShiftRecord) -> ShiftFigures:
        """Add up a shift's transactions, archived ones too."""
        figures = ShiftFigures(shift.shift_id, self._kiosk.currency)
        figures.cancelled = reader.cancelled_payments(shift.shift_id)
        after = max(0, shift.opened_sequence - 1)
        while True:
            rows, lost = reader.rows_to_verify(after, _PAGE)
            if not rows and not lost:
                return figures
            figures.add(rows, reader.row)
            for one in lost:
                # A drawer must close all the same: the report names what it may lack.
                figures.unreadable += range(one.first_sequence, one.last_sequence + 1)
            ends = [row.sequence for row in rows] + [one.last_sequence for one in lost]
            after = max(ends)


def known_shift(reader: JournalReader, shift_id: UUID) -> ShiftRecord:
    """Return a shift; ProblemError `shift_unknown`."""
    shift = reader.shift(shift_id)
    if shift is None:
        raise refusals_staff.shift_not_here(shift_id)
    return shift


def check_whose(shift: ShiftRecord, person: StaffMember) -> None:
    """Raise ProblemError `role_too_low` if it is somebody else's, and no manager asks."""
    if shift.staff_id != person.staff_id and rank(person.role) < rank(StaffRole.MANAGER):
        raise refusals_staff.shift_of_another()


def _open_refunds(reader: JournalReader, figures: ShiftFigures) -> tuple[OpenRefund, ...]:
    """Return the refunds of a shift whose money was not given back, except the refused ones."""
    open_ones = (RefundDecision.ASKING, RefundDecision.GIVE_BACK)
    standings = [
        standing_of(row, is_given=is_given(reader, txn_id)) for txn_id, row in figures.asked.items()
    ]
    return tuple(
        OpenRefund(receipt_number=one.receipt_number, total=one.total, decision=one.decision)
        for one in standings
        if one.decision in open_ones
    )


def z_report_of(reader: JournalReader, shift: ShiftRecord) -> ShiftReport | None:
    """Return the Z report of a closed shift as it was; None if it is open, or it is damaged.

    ProblemError `journal_damaged` where its archive is out of reach.
    """
    closing = _answer_of_closing(reader, shift)
    return None if closing is None else ShiftReport.model_validate(closing["report"])


def _taken_over(reader: JournalReader, shift_id: UUID | None) -> TakenOver | None:
    if shift_id is None:
        return None
    try:
        shift = reader.shift(shift_id)
        report = None if shift is None else z_report_of(reader, shift)
    except ProblemError:
        # The drawer must be counted all the same.
        report = None
    if report is None:
        return TakenOver(shift_id=shift_id)
    return TakenOver(shift_id=shift_id, staff_name=report.staff_name, counted=report.counted)


def _answer_of_closing(reader: JournalReader, shift: ShiftRecord) -> dict[str, Any] | None:
    if shift.closed_sequence is None:
        return None
    rows = reader.rows_after(shift.closed_sequence - 1, 1)
    return rows[0].answer if rows and rows[0].sequence == shift.closed_sequence else None
