"""After a power cut: no epoch but those that harm to the file calls for, and nothing half done."""

import json
from pathlib import Path
from typing import Final

from kiosk_agent.domain.epochs import EpochReason
from kiosk_agent.ports.journal import JournalReader
from tests.proof.cuts.told import Acknowledged, Damage
from tests.proof.findings import Finding, lost, wrong

_KEPT: Final = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.mark"}
_FOLDERS: Final = {"archive", "damaged", "reserve"}
_HALF: Final = ".part"
"""The end of the name of a file that `write_whole` had begun; the next time writes over it."""


def epoch_findings(reader: JournalReader, due: Acknowledged) -> list[Finding]:
    """Return epochs that are too many or too few, and those that began otherwise than they must.

    A power cut damages no journal. Harm that was being done may have reached the disk or not.
    """
    identity, records = reader.identity(), reader.epochs()
    begun = identity.epoch - 1
    least = sum(damage.is_done for damage in due.damages)
    told = "; ".join(f"{one.epoch}: {one.reason} {one.found}" for one in records)
    if not least <= begun <= len(due.damages):
        return [wrong(f"{begun} epochs began, {least} to {len(due.damages)} were due: {told}")]
    damage = due.damages[begun - 1] if begun else Damage(EpochReason.FIRST, True, None)  # noqa: FBT003
    newest = records[-1]
    found: list[Finding] = []
    if newest.journal_id != identity.journal_id or newest.reason != damage.reason:
        found.append(wrong(f"the last epoch must be {damage.reason}: {told}"))
    if damage.reserve not in {None, str(identity.journal_id)}:
        found.append(lost(f"epoch {identity.epoch} is not of the reserve {damage.reserve}"))
    if len({one.journal_id for one in records}) != begun + 1:
        found.append(wrong(f"{begun + 1} epochs are of other journals than that: {told}"))
    return found


def file_findings(reader: JournalReader, folder: Path) -> list[Finding]:
    """Return files that a salvage left half done, and what it did not keep of the damaged ones."""
    begun = reader.identity().epoch - 1
    files = {path.name for path in folder.iterdir() if not path.name.endswith(_HALF)}
    found = [wrong(f"{name} was left behind") for name in files - _KEPT - _FOLDERS]
    kept = sorted((folder / "damaged").glob("*"))
    if len(kept) != begun:
        found.append(wrong(f"{begun} files were damaged, kept are {[one.name for one in kept]}"))
    for one in kept:
        reason = json.loads(text)["reason"] if (text := _report(one)) else None
        if reason is None:
            found.append(lost(f"{one.name} has no report"))
        if reason == EpochReason.DAMAGED and not (one / "journal.db").exists():
            found.append(lost(f"{one.name} does not hold the damaged file"))
    return found


def gone_from(folder: Path) -> frozenset[int]:
    """Return the sequences that the reports of all salvages say are missing."""
    reports = [json.loads(text) for one in (folder / "damaged").glob("*") if (text := _report(one))]
    return frozenset(
        sequence
        for report in reports
        for first, last in report["sequences_missing"]
        for sequence in range(first, last + 1)
    )


def _report(kept: Path) -> str:
    report = kept / "salvage.json"
    return report.read_text() if report.exists() else ""
