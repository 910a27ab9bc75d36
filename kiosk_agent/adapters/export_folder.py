"""The folder of an export: age-encrypted parts, each there whole or not at all, and a manifest."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyrage
from pydantic import ValidationError

from kiosk_agent.adapters.durable import make_folder, write_whole
from kiosk_contracts.moving_out import (
    MANIFEST_NAME,
    MAX_PART_ITEMS,
    ExportPage,
    Manifest,
    ManifestPart,
    PartContent,
    part_name,
)
from kiosk_contracts.problem import ProblemCode, ProblemError


class ExportFolder:
    """An export being written. Raises ProblemError `export_refused`, `storage_full`."""

    def __init__(self, path: Path, recipients: Sequence[str]) -> None:
        self._path = path
        self._names = tuple(recipients)
        self._recipients = [_recipient(text) for text in recipients]

    def manifest(self, page: ExportPage) -> Manifest:
        """Return what is there of an export of this journal, or begin one.

        Nothing is written before the first part. An export of another journal, to other
        recipients, or that is complete while the journal went on, is refused as it is.
        """
        head = page.head
        found = self._read()
        if found is None:
            return Manifest(export_id=uuid4(), head=head, recipients=self._names)
        if found.head.journal_id != head.journal_id:
            raise refused(f"{self._path} has an export of journal {found.head.journal_id}")
        if found.recipients != self._names:
            raise refused(f"{self._path} has an export to other recipients")
        if found.complete and found.head.sequence < head.sequence:
            raise refused(
                f"{self._path} has a whole export up to #{found.head.sequence}, and the journal "
                f"has #{head.sequence} by now"
            )
        return found

    def put(self, manifest: Manifest, page: ExportPage) -> Manifest:
        """Write the next part, then the manifest that tells of it; return that."""
        items = tuple(one for one in page.items if one.sequence <= manifest.head.sequence)
        last = len(items) < MAX_PART_ITEMS
        number = len(manifest.parts) + 1
        content = PartContent(
            export_id=manifest.export_id, number=number, last=last, head=manifest.head, items=items
        )
        sealed: bytes = pyrage.encrypt(content.model_dump_json().encode(), self._recipients)
        part = ManifestPart(
            name=part_name(number),
            sha256=hashlib.sha256(sealed).hexdigest(),
            items=len(items),
            after=items[-1].sequence if items else manifest.head.sequence,
        )
        told = manifest.model_copy(update={"parts": (*manifest.parts, part), "complete": last})
        try:
            make_folder(self._path)
            write_whole(self._path / part.name, sealed)
            write_whole(self._path / MANIFEST_NAME, told.model_dump_json(indent=2).encode())
        except OSError as error:
            raise refused(f"{self._path} cannot be written: {error.strerror}") from error
        return told

    def _read(self) -> Manifest | None:
        path = self._path / MANIFEST_NAME
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise refused(f"{path} is no manifest of an export") from error


def refused(why: str) -> ProblemError:
    """Return: this export can't be written there."""
    return ProblemError(
        409,
        ProblemCode.EXPORT_REFUSED,
        "The export can't go on there",
        detail=f"{why}. What is there was left as it is.",
        hint="Name a new folder.",
    )


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ProblemError(
            422,
            ProblemCode.SETTING_INVALID,
            "That is no recipient",
            detail=f"{text!r}: {error}.",
            hint="A recipient is what `age-keygen` prints as the public key: age1…",
        ) from error
