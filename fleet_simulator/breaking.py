"""Breaks something on purpose, so that everybody can see that it would be found."""

from pathlib import Path

from cloud_store.port import Delete, VersionIs
from cloud_store.sqlite import TICKET_API, open_sqlite
from cloud_store.workspace import key_of
from core_services.ticket_api.records import SequenceRecord, TransactionRecord
from fleet_simulator.books import SimulatedJournal


async def lose_one(store: Path, journal: SimulatedJournal) -> None:
    """Have the ticket API forget a sale that it told the kiosk was settled.

    `journal` has one. ValueError if the ticket API does not have it.
    """
    sequence = min(journal.settled)
    place = f"{sequence:012d}"
    keys = [
        key_of(SequenceRecord, journal.kiosk.journal_id, place),
        key_of(TransactionRecord, journal.recorded[sequence - 1]),
    ]
    async with open_sqlite(store, TICKET_API) as opened:
        found = [item for item in await opened.get_many(keys) if item is not None]
        if len(found) < len(keys):
            msg = f"{store} has no sale {sequence} of {journal.kiosk.kiosk_id} to lose"
            raise ValueError(msg)
        await opened.commit([Delete(item.key, VersionIs(item.version)) for item in found])
