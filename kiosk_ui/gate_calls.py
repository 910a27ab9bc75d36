"""The calls of the UI socket for the gate: admissions, exits, finding tickets, scanners."""

from kiosk_contracts.admitting import AdmissionRecorded, Admit
from kiosk_contracts.gate_search import GateCandidates, GateNow
from kiosk_contracts.scanning import LearnLayout, ScannerReport
from kiosk_contracts.selling import Recorded
from kiosk_ui.calls import Calls, with_pin, without_nulls


class GateCalls(Calls):
    """Part of AgentClient: what each call raises is said there."""

    async def admit(self, admit: Admit) -> AdmissionRecorded:
        """Let a ticket in; idempotent by txn_id."""
        return await self.call(AdmissionRecorded, "POST", "/v1/admissions", with_pin(admit))

    async def let_out(self, admit: Admit) -> Recorded:
        """Let a ticket out; idempotent by txn_id."""
        return await self.call(Recorded, "POST", "/v1/exits", without_nulls(admit))

    async def gate_now(self, event_id: str) -> GateNow:
        """Return how many are inside an event."""
        return await self.call(GateNow, "GET", f"/v1/gates/{event_id}")

    async def gate_tickets(self, event_id: str, text: str) -> GateCandidates:
        """Return tickets of this kiosk's sales by receipt number or buyer's name."""
        path = f"/v1/gates/{event_id}/tickets"
        return await self.call(GateCandidates, "GET", path, query=[("text", text)])

    async def scanner(self) -> ScannerReport:
        """Return how the agent's scanner is, and the keyboard layout in force."""
        return await self.call(ScannerReport, "GET", "/v1/scanner")

    async def learn_layout(self, learnt: LearnLayout) -> ScannerReport:
        """Keep what a scan of the calibration code has shown; idempotent."""
        return await self.call(ScannerReport, "PUT", "/v1/scanner/layout", learnt.to_json())

    async def forget_layout(self) -> ScannerReport:
        """Read characters as what they seem again; idempotent."""
        return await self.call(ScannerReport, "DELETE", "/v1/scanner/layout")
