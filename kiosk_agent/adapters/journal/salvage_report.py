"""The report that lies beside a damaged journal: what was found, read and not read."""

import json

from kiosk_agent.adapters.journal.damaged_file import Reading
from kiosk_agent.adapters.journal.salvaging import Salvage
from kiosk_agent.domain.epochs import NewEpoch
from kiosk_agent.domain.ranges import missing_from


def report_of(begun: NewEpoch, salvage: Salvage) -> bytes:
    """Return the report as JSON text for people and programs."""
    transactions = salvage.readings["transactions"]
    body = {
        "at": begun.at.isoformat(),
        "reason": begun.reason,
        "found": begun.found,
        "new_journal_id": str(begun.journal_id),
        "new_epoch": begun.epoch,
        "reserve_taken": begun.reserve is not None,
        "old_journals": sorted(salvage.spans),
        "transactions_archived": salvage.archived,
        "archives_unreadable": salvage.unreadable_archives,
        "ids_of_unreadable_archives": salvage.ids_alone,
        "transactions_read": transactions.rows,
        "transactions_damaged": salvage.damaged,
        "transactions_rejected": salvage.rejected.get("transactions", []),
        "sequences_missing": missing_from(salvage.sequences, 1, begun.last_sequence),
        "tables": {name: _table(name, one, salvage) for name, one in salvage.readings.items()},
    }
    return json.dumps(body, indent=1).encode() + b"\n"


def _table(name: str, reading: Reading, salvage: Salvage) -> dict[str, object]:
    return {
        "read": reading.rows,
        "unreadable_rowids": reading.unreadable,
        "rejected_rowids": salvage.rejected.get(name, []),
        "absent": reading.absent,
        "looked_up_to": reading.looked_up_to,
        "part_unreadable": bool(reading.unreadable) or reading.cut,
    }
