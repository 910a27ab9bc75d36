"""An evening of sales whose every call to the far side may go wrong; judged when the faults end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.books import all_rows, journal_findings
from tests.proof.far_ledger import FarLedger
from tests.proof.faults import Fault, FaultyFleet
from tests.proof.findings import Finding, lost
from tests.proof.kiosk_at_work import ImpatientClock, KioskAtWork, kiosk_in

ROUNDS = 4


@dataclass
class FaultReport:
    """What came of the evening."""

    transactions: int = 0
    fired: Counter[Fault] = field(default_factory=Counter)
    resent: int = 0
    """How many transactions the far side was sent more than once."""
    findings: list[Finding] = field(default_factory=list)


async def evening(
    folder: Path, seed: int, *, faults: Sequence[Fault] = tuple(Fault), times: int = 12
) -> FaultReport:
    """Sell, void, admit, return stock and send, while calls go wrong; compare both sides."""
    clock, ledger = ImpatientClock(), FarLedger()
    fleet = FaultyFleet(ledger, clock, seed, faults=faults, times=times)
    async with kiosk_in(folder, fleet, clock, batch_max=5) as kiosk:
        await kiosk.begin()
        for _ in range(ROUNDS):
            await _top_up(kiosk)
            await asyncio.gather(_sell(kiosk), kiosk.drain())
        await kiosk.give_back()
        await _top_up(kiosk)
        while fleet.uploads_left:
            await _top_up(kiosk)
            await kiosk.sell(child=1)
            await kiosk.drain()
        await kiosk.drain()
        report = FaultReport(fired=fleet.fired)
        report.resent = sum(times > 1 for times in ledger.sent.values())
        await kiosk.here.journal.read(lambda reader: _judge(reader, ledger, report))
    return report


async def _top_up(kiosk: KioskAtWork) -> None:
    """Ask for stock until it is answered."""
    while True:
        try:
            return await kiosk.top_up()
        except FleetError:
            await kiosk.here.clock.sleep(1)


async def _sell(kiosk: KioskAtWork) -> None:
    first = await kiosk.sell(adult=2)
    await kiosk.void((await kiosk.sell(child=1))["txn_id"])
    await kiosk.admit(first["tickets"][0]["serial"])
    await asyncio.gather(*(kiosk.sell(adult=1) for _ in range(4)))


def _judge(reader: JournalReader, ledger: FarLedger, report: FaultReport) -> None:
    rows = all_rows(reader)
    report.transactions = len(rows)
    report.findings += journal_findings(reader)
    report.findings += ledger.findings()
    report.findings += [
        lost(f"{row.transaction.envelope.txn_id} is {row.state}")
        for row in rows
        if row.state is not JournalState.SETTLED
    ]
    ours = {row.transaction.envelope.txn_id for row in rows}
    if ours != set(ledger.counted):
        report.findings.append(lost(f"only one side has {ours ^ set(ledger.counted)}"))
    granted = [one.serial for allotment in ledger.granted.values() for one in allotment.tickets]
    stranded = [serial for serial in granted if reader.stock_item(serial) is None]
    if stranded:
        report.findings.append(lost(f"serials {stranded} were granted, and no kiosk has them"))
