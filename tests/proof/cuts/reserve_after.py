"""After a power cut: the sealed reserve is the old one or the new one, and nobody else's stock."""

from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.reserve import Reserve
from kiosk_agent.ports.journal import JournalReader
from tests.proof.cuts.told import Acknowledged, seal_of
from tests.proof.far_ledger import FarLedger
from tests.proof.findings import Finding, doubled, lost, wrong


def reserve_findings(
    reader: JournalReader, reserves: ReserveFile, due: Acknowledged, ledger: FarLedger
) -> list[Finding]:
    """Check the reserve as the agent's own start-up left it."""
    journals = {str(one.journal_id) for one in reader.epochs()}
    reserve = reserves.load()
    if reserve is None:
        return _absent(reserves, due, journals)
    found: list[Finding] = []
    if str(reserve.journal_id) in journals:
        found.append(doubled(f"journal {reserve.journal_id} has begun, and its reserve is open"))
    granted = [lease.allotment for lease in reserve.leases if lease.allotment is not None]
    serials = [ticket.serial for allotment in granted for ticket in allotment.tickets]
    both = [serial for serial in serials if reader.stock_item(serial) is not None]
    if both:
        found.append(doubled(f"serials {both} are in the stock and in the reserve"))
    return [*found, *_stranded(reserve, due, ledger)]


def sealed_findings(reserve: Reserve | None, due: Acknowledged) -> list[Finding]:
    """Compare with what was sealed; call it before anything new is."""
    expected = {seal.digest for seal in (due.sealed, due.sealing) if seal is not None}
    if reserve is None or seal_of(reserve)["digest"] in expected:
        return []
    return [wrong(f"the reserve is neither the old one nor the new one: {reserve}")]


def _absent(reserves: ReserveFile, due: Acknowledged, journals: set[str]) -> list[Finding]:
    if reserves._path.exists():
        return [lost("the reserve can't be read")]
    if due.sealed is not None and due.sealed.journal_id not in journals:
        return [lost(f"reserve {due.sealed.journal_id} was sealed, and no journal took it")]
    return []


def _stranded(reserve: Reserve, due: Acknowledged, ledger: FarLedger) -> list[Finding]:
    """Return what was granted to the next journal and is not asked for again."""
    here = {str(lease.request_id) for lease in reserve.leases}
    return [
        lost(f"{allotment.allotment_id} was granted to the reserve, and nobody asks again")
        for allotment in ledger.granted.values()
        if allotment.journal_id == reserve.journal_id
        and str(allotment.request_id) not in here | due.dropped
    ]
