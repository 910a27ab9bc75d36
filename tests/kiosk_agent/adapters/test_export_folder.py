"""An export covers the journal up to where it began, however much is recorded meanwhile."""

from pathlib import Path
from uuid import uuid4

import pyrage
from uuid6 import uuid7

from kiosk_agent.adapters.export_folder import ExportFolder
from kiosk_contracts.moving_out import ExportHead, ExportItem, ExportPage, PartContent


def _page(head: ExportHead, *sequences: int) -> ExportPage:
    items = [
        ExportItem(
            sequence=one,
            txn_id=uuid7(),
            journal_id=head.journal_id,
            state="queued",
            item={},
            outcome=None,
        )
        for one in sequences
    ]
    return ExportPage(head=head, items=tuple(items))


async def test_what_is_recorded_while_the_export_runs_waits_for_the_next_one(
    tmp_path: Path,
) -> None:
    identity = pyrage.x25519.Identity.generate()
    head = ExportHead(
        kiosk_id="harbour-till-1",
        kiosk_code="HB1",
        venue_id="harbour-hall",
        journal_id=uuid4(),
        epoch=1,
        first_sequence=1,
        sequence=2,
        hash="a" * 64,
    )
    folder = ExportFolder(tmp_path / "stick", [str(identity.to_public())])
    begun = folder.manifest(_page(head))
    later = head.model_copy(update={"sequence": 3, "hash": "b" * 64})
    done = folder.put(begun, _page(later, 1, 2, 3))
    assert (done.complete, done.head) == (True, head)
    [part] = done.parts
    sealed = (tmp_path / "stick" / part.name).read_bytes()
    content = PartContent.model_validate_json(pyrage.decrypt(sealed, [identity]))
    assert [one.sequence for one in content.items] == [1, 2]
    assert (content.last, content.number, content.head) == (True, 1, head)
    assert folder.manifest(_page(head)) == done
