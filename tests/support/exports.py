"""Exports of a journal that a test made by hand, written by the agent's own code."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage

from kiosk_agent.adapters.export_folder import ExportFolder
from kiosk_contracts.moving_out import MAX_PART_ITEMS, ExportHead, ExportItem, ExportPage, Manifest
from tests.support.till import Till


@dataclass(frozen=True)
class Stick:
    """A folder to export to, and the operators' age identity."""

    path: Path
    keyfile: Path
    recipient: str

    def export(
        self, till: Till, items: Sequence[Any], *, kiosk_id: str = "kiosk-a", **head: Any
    ) -> Manifest:
        """Write items of a till's journal; items that are no dict stand at the till's head."""
        top = ExportHead.model_validate(
            {
                "kiosk_id": kiosk_id,
                "kiosk_code": "HB1",
                "venue_id": "harbour-hall",
                "journal_id": till.journal_id,
                "epoch": 1,
                "first_sequence": 1,
                "sequence": till.sequence,
                "hash": till.head,
                **head,
            }
        )
        rows = [_item(one, top.journal_id) for one in items]
        folder = ExportFolder(self.path, [self.recipient])
        manifest = folder.manifest(ExportPage(head=top, items=()))
        at = 0
        while not manifest.complete:
            page = ExportPage(head=top, items=tuple(rows[at : at + MAX_PART_ITEMS]))
            manifest = folder.put(manifest, page)
            at += MAX_PART_ITEMS
        return manifest


def stick_in(folder: Path) -> Stick:
    """Make an identity and name a folder for the export."""
    identity = pyrage.x25519.Identity.generate()
    keyfile = folder / "ops-identity.txt"
    keyfile.write_text(f"# created: today\n{identity}\n")
    return Stick(folder / "stick", keyfile, str(identity.to_public()))


def _item(item: dict[str, Any], journal_id: UUID) -> ExportItem:
    envelope = item["envelope"]
    return ExportItem(
        sequence=envelope["sequence"],
        txn_id=envelope["txn_id"],
        journal_id=envelope.get("journal_id", journal_id),
        state="queued",
        item=item,
        outcome=None,
    )
