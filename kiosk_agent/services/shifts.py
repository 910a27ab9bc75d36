"""Shifts: one cashier's time at the drawer."""

from typing import Any
from uuid import uuid4

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.ports.journal import JournalWriter, NewTransaction
from kiosk_agent.services import recording
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.selling import Recorded
from kiosk_contracts.staff import OpenShift, StaffRole


class Shifts:
    """Opens shifts. Other kinds of shift transaction come with the drawer's own screens."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    async def open(self, person: StaffMember, request: OpenShift) -> dict[str, Any]:
        """Open the person's shift; return a Recorded. Idempotent by txn_id."""
        require(person, StaffRole.CASHIER)
        self._check_float(request.opening_float)
        kind = TransactionKind.SHIFT_OPENED
        wanted = recording.request_hash(kind, request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            if writer.open_shift(person.staff_id) is not None:
                raise refusals_staff.shift_already_open()
            shift_id = uuid4()
            row = recording.record(
                writer,
                NewTransaction(
                    txn_id=request.txn_id,
                    kind=kind,
                    payload={
                        **recording.common_payload(self._kiosk, writer, person.staff_id, shift_id),
                        "opening_float": request.opening_float.to_json(),
                    },
                    numbered=False,
                    request_hash=wanted,
                    offline=self._kiosk.line.is_offline(),
                ),
            )
            writer.put_open_shift(shift_id, person.staff_id, row.recorded_at)
            return recording.keep(writer, row, Recorded(**recording.recorded(row)))

        answer = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return answer

    def _check_float(self, opening_float: Money) -> None:
        if opening_float.currency != self._kiosk.currency or opening_float.amount < 0:
            raise ProblemError(
                422,
                ProblemCode.BODY_INVALID,
                "The float is not right",
                detail=f"opening_float: {opening_float} is not an amount of 0 or more in "
                f"{self._kiosk.currency}.",
                hint="Count the drawer and type what is in it.",
                extra={"field": "opening_float"},
            )
