"""`ticket-api import DIR`: settle an export and write its receipt."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from core_services.ticket_api.clock import SystemClock
from core_services.ticket_api.imports.reading import Export, chain_breaks, read_export
from core_services.ticket_api.imports.service import ImportService
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.runtime import open_keys, open_store
from core_services.ticket_api.settings import Settings
from core_services.ticket_api.transactions.domain.decision import Rules
from core_services.ticket_api.transactions.service import TransactionService
from kiosk_contracts.moving_out import RECEIPT_NAME, SignedReceipt
from kiosk_contracts.uploads import ItemOutcome, ItemStatus


async def import_export(
    settings: Settings,
    folder: Path,
    identity: Path,
    kiosk_id: str | None,
    say: Callable[[str], object],
) -> None:
    """Import; raises ImportRefusedError, StoreError, KeyFolderError, OSError. May be run again."""
    export = read_export(folder, identity)
    clock = SystemClock()
    rules = Rules(
        timedelta(seconds=settings.lease_margin_s), timedelta(seconds=settings.clock_tolerance_s)
    )
    async with open_store(settings) as store:
        journals = JournalService(store)
        service = ImportService(
            journals,
            TransactionService(store, journals, rules, clock, lambda _: None),
            open_keys(settings, clock),
            clock,
        )
        outcomes = await service.settle(export, kiosk_id)
        for line in _table(export, outcomes):
            say(line)
        receipt = await service.receipt(export, outcomes)
    _write(folder / RECEIPT_NAME, receipt)
    say(f"receipt: {folder / RECEIPT_NAME}, up to #{receipt.receipt.sequence}")


def _table(export: Export, outcomes: Sequence[ItemOutcome]) -> Iterator[str]:
    head = export.manifest.head
    yield f"export {export.manifest.export_id} of {head.kiosk_id}, journal {head.journal_id}"
    counts = Counter(outcome.status for outcome in outcomes)
    before = sum(outcome.replayed for outcome in outcomes)
    yield f"  {'settled':<12} {counts[ItemStatus.SETTLED]:>6}  ({before} were before)"
    yield f"  {'quarantined':<12} {counts[ItemStatus.QUARANTINED]:>6}"
    for item, outcome in zip(export.items, outcomes, strict=True):
        if outcome.status != ItemStatus.SETTLED:
            yield f"    #{item.sequence}: {outcome.detail} ({outcome.code}) {outcome.hint}".rstrip()
        elif outcome.flags and not outcome.replayed:
            yield f"    #{item.sequence}: settled, flagged {', '.join(outcome.flags)}"
    for words in chain_breaks(export.items):
        yield f"  chain: {words}"


def _write(path: Path, receipt: SignedReceipt) -> None:
    """Write it whole or not at all, and durably."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(receipt.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
