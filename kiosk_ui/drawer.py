"""What staff do with the drawer: cash in and out, counting it. Knows no screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from pydantic import SecretStr

from kiosk_contracts.cash import CountedPieces, worth
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.shifts import CloseShift, MoveCash, ShiftList, ShiftReport
from kiosk_texts import money, tr
from kiosk_ui.desk import Desk
from kiosk_ui.report_words import drawer_words
from kiosk_ui.selling import new_txn_id
from kiosk_ui.words import recorded_notice

Refused = Callable[[ProblemError], None]


class CashWay(StrEnum):
    """Which way cash goes, other than by sales."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted, and why that may differ from what should be there."""

    pieces: Sequence[CountedPieces]
    currency: str
    reason: str

    def worth(self) -> Money:
        """Return what it is worth."""
        return worth(self.pieces, self.currency)


class DrawerDesk:
    """Asks the agent, and announces what became of it; a refusal is announced as it came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def report(self) -> ShiftReport | None:
        """Return the X report of the shift of whoever is signed in; None if there is none."""
        return await self._desk.asking.ask_quietly(self._desk.client.shift_report)

    async def report_of(self, shift_id: UUID) -> ShiftReport | None:
        """Return a shift's X report, or its Z report if it is closed; None if refused."""
        client = self._desk.client
        return await self._desk.asking.ask(
            lambda: client.call(ShiftReport, "GET", f"/v1/shifts/{shift_id}"),
            what=tr("adding up the shift"),
        )

    async def shifts(self, limit: int) -> ShiftList | None:
        """Return the shifts that whoever is signed in may see; None if the agent is away."""
        client = self._desk.client
        query = [("limit", str(limit))]
        return await self._desk.asking.ask_quietly(
            lambda: client.call(ShiftList, "GET", "/v1/shifts", query=query)
        )

    async def move(
        self, way: CashWay, amount: Money, reason: str, pin: str | None, on_refused: Refused
    ) -> bool:
        """Put cash in, or take it out; False if refused."""
        client = self._desk.client
        request = MoveCash(
            txn_id=new_txn_id(),
            amount=amount,
            reason=reason,
            approval_pin=SecretStr(pin) if pin else None,
        )
        send = client.pay_in if way is CashWay.IN else client.pay_out
        recorded = await self._desk.asking.ask(
            lambda: send(request), what=tr("recording the cash"), on_refused=on_refused
        )
        if recorded is None:
            return False
        into, out = tr("Put it into the drawer."), tr("Take it out of the drawer.")
        words = into if way is CashWay.IN else out
        training = self._desk.link.training
        notice = recorded_notice(recorded, money(amount), words, training=training)
        self._desk.announcer.announce(notice)
        return True

    async def close(
        self, shift_id: UUID, count: Count, pin: str | None, on_refused: Refused
    ) -> ShiftReport | None:
        """Close a shift with what was counted; return its Z report, None if refused."""
        client = self._desk.client
        request = CloseShift(
            txn_id=new_txn_id(),
            counted=count.worth(),
            pieces=tuple(count.pieces),
            reason=count.reason,
            approval_pin=SecretStr(pin) if pin else None,
        )
        closed = await self._desk.asking.ask(
            lambda: client.close_shift(shift_id, request),
            what=tr("closing the shift"),
            on_refused=on_refused,
        )
        if closed is None:
            return None
        over_short = closed.report.over_short or Money.zero(count.currency)
        training = self._desk.link.training
        notice = recorded_notice(closed, "", drawer_words(over_short), training=training)
        self._desk.announcer.announce(notice)
        return closed.report
