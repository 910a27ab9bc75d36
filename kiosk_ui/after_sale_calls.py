"""The calls of the UI socket for what comes after a sale: looking up, refunds."""

from uuid import UUID

from kiosk_contracts.look_up import FoundSales
from kiosk_contracts.refunds import (
    GiveBack,
    GivenBack,
    MakeRefund,
    RefundRecorded,
    Refunds,
    RefundStanding,
)
from kiosk_ui.calls import Calls


class AfterSaleCalls(Calls):
    """Part of AgentClient: what each call raises is said there."""

    async def ask_refund(self, refund: MakeRefund) -> RefundRecorded:
        """Ask for a refund, which the ticket API decides; idempotent by txn_id."""
        body = refund.to_json()
        pin = refund.approval_pin
        body["approval_pin"] = None if pin is None else pin.get_secret_value()
        return await self.call(RefundRecorded, "POST", "/v1/refunds", body)

    async def refunds(self) -> Refunds:
        """Return the refunds that somebody waits for."""
        return await self.call(Refunds, "GET", "/v1/refunds")

    async def refund(self, txn_id: UUID) -> RefundStanding:
        """Return where a refund stands."""
        return await self.call(RefundStanding, "GET", f"/v1/refunds/{txn_id}")

    async def give_back(self, refund_txn_id: UUID, given: GiveBack) -> GivenBack:
        """Say that a refund's money left the drawer; idempotent by txn_id."""
        path = f"/v1/refunds/{refund_txn_id}/given"
        return await self.call(GivenBack, "POST", path, given.to_json())

    async def look_up(self, text: str, *, before: int | None = None) -> FoundSales:
        """Return the sales that a receipt number, a ticket or a name leads to."""
        query = [("text", text), *([("before", str(before))] if before is not None else [])]
        return await self.call(FoundSales, "GET", "/v1/look-up", query=query)
