"""The ticket API's ledger, read as an operator's dashboard reads it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
from pydantic import ValidationError

from kiosk_contracts.ledger import Ledger

OPS_HEADER: Final = "EventPro-Ops-Token"


class LedgerError(Exception):
    """The ledger did not come to say what was waited for; the text says what it says."""


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """What the run shows of the ledger."""

    settled: int = 0
    quarantined: int = 0
    replays: int = 0
    tickets: int = 0
    """Sold and not voided."""
    takings: str = ""
    conflicts: int = 0

    @property
    def known(self) -> int:
        """Transactions that the ticket API has, one way or the other."""
        return self.settled + self.quarantined


def figures(ledger: Ledger) -> LedgerFigures:
    """Sum up a ledger."""
    gross = [line.gross for line in ledger.lines]
    total = sum(gross[1:], start=gross[0]) if gross else None
    return LedgerFigures(
        settled=ledger.transactions.get("settled", 0),
        quarantined=ledger.transactions.get("quarantined", 0),
        replays=ledger.replays,
        tickets=sum(line.sold - line.voided - line.refunded for line in ledger.lines),
        takings=str(total) if total is not None else "",
        conflicts=ledger.flags.get("gate_conflict", 0),
    )


class LedgerWatch:
    """Reads the ledger over and over; `latest` is what it last said."""

    def __init__(self, base_url: str, ops_token: str) -> None:
        self._url = f"{base_url}/v1/ops/ledger?limit=1"
        self._headers = {OPS_HEADER: ops_token}
        self.latest = LedgerFigures()
        self.last_error = ""
        self._read_again = asyncio.Condition()

    async def read(self, session: aiohttp.ClientSession) -> LedgerFigures:
        """Read it once. Raises aiohttp.ClientError, TimeoutError, ValueError."""
        async with session.get(self._url, headers=self._headers) as response:
            response.raise_for_status()
            self.latest = figures(Ledger.model_validate_json(await response.read()))
        return self.latest

    async def run(self, every_s: float = 0.5) -> None:
        """Read it until cancelled; a reading that fails leaves `latest` as it is."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                try:
                    await self.read(session)
                    async with self._read_again:
                        self._read_again.notify_all()
                except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
                    self.last_error = repr(error)
                await asyncio.sleep(every_s)

    async def until(self, settled_or_quarantined: int, timeout_s: float = 60) -> None:
        """Wait until the ledger has so many transactions. Raises LedgerError."""
        try:
            async with asyncio.timeout(timeout_s), self._read_again:
                await self._read_again.wait_for(lambda: self.latest.known >= settled_or_quarantined)
        except TimeoutError:
            raise LedgerError(self._complaint(settled_or_quarantined, timeout_s)) from None

    def _complaint(self, wanted: int, timeout_s: float) -> str:
        complaint = (
            f"The ledger has {self.latest.known} transactions after {timeout_s:g} s, not the"
            f" {wanted} that the tills recorded."
        )
        if self.last_error:
            complaint += f" Reading it last failed with: {self.last_error}"
        return complaint
