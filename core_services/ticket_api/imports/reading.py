"""Reading an export: decrypted, whole, and its chain, before anything is settled."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyrage
from pydantic import ValidationError

from core_services.ticket_api.imports.refusing import ImportRefusedError
from kiosk_contracts.moving_out import (
    MANIFEST_NAME,
    ExportItem,
    Manifest,
    ManifestPart,
    PartContent,
    part_name,
)
from kiosk_contracts.transactions import Transaction
from kiosk_contracts.wire import NotCanonicalError


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export, decrypted."""

    manifest: Manifest
    items: tuple[ExportItem, ...]
    """In order of sequence."""


def read_export(folder: Path, identity_file: Path) -> Export:
    """Read and check every part; raises ImportRefusedError in words."""
    identities = _identities(identity_file)
    manifest = _manifest(folder)
    parts = [_part(folder, one, identities) for one in manifest.parts]
    for number, (told, part) in enumerate(zip(manifest.parts, parts, strict=True), start=1):
        _check(manifest, told, part, number)
    items = tuple(item for part in parts for item in part.items)
    for before, after in pairwise(items):
        if before.sequence >= after.sequence:
            raise ImportRefusedError(f"#{after.sequence} stands behind #{before.sequence}")
    return Export(manifest, items)


def chain_breaks(items: tuple[ExportItem, ...]) -> Iterator[str]:
    """Return in words where items do not link, or are not what was sealed.

    They settle or are kept all the same, flagged: nothing of an export may be lost.
    """
    before: tuple[int, str] | None = None
    for item in items:
        transaction = _transaction(item)
        if transaction is None:
            yield f"#{item.sequence} is not what was sealed"
            before = None
            continue
        envelope = transaction.envelope
        if before and before[0] + 1 == item.sequence and envelope.prev_hash != before[1]:
            yield f"#{item.sequence} does not link to #{before[0]}"
        before = (item.sequence, envelope.hash)


def _transaction(item: ExportItem) -> Transaction | None:
    try:
        transaction = Transaction.model_validate(item.item)
        intact = transaction.payload_matches()
    except (ValidationError, NotCanonicalError):
        return None
    return transaction if intact and transaction.envelope.sequence == item.sequence else None


def _identities(path: Path) -> list[Any]:
    try:
        lines = path.read_text("utf-8").splitlines()
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise ImportRefusedError(f"{path} is no file of age identities: {error}") from error
    if not found:
        raise ImportRefusedError(f"{path} has no age identity in it")
    return found


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_NAME
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ImportRefusedError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise ImportRefusedError(f"{path} is no manifest of an export") from error
    if not manifest.complete:
        raise ImportRefusedError(
            f"the export in {folder} is not complete; run `kiosk-agent export` again to finish it"
        )
    return manifest


def _part(folder: Path, told: ManifestPart, identities: list[Any]) -> PartContent:
    try:
        sealed = (folder / told.name).read_bytes()
    except OSError as error:
        raise ImportRefusedError(f"{told.name}: {error.strerror}") from error
    if hashlib.sha256(sealed).hexdigest() != told.sha256:
        raise ImportRefusedError(
            f"{told.name} is not the part that was written: it was cut, damaged or swapped"
        )
    try:
        return PartContent.model_validate_json(pyrage.decrypt(sealed, identities))
    except pyrage.DecryptError as error:
        raise ImportRefusedError(
            f"{told.name} cannot be decrypted with this identity: {error}"
        ) from error
    except ValidationError as error:
        raise ImportRefusedError(f"{told.name} holds no part of an export") from error


def _check(manifest: Manifest, told: ManifestPart, part: PartContent, number: int) -> None:
    """Hold what is written outside to what stands inside, which nobody could change."""
    if told.name != part_name(number) or part.number != number:
        raise ImportRefusedError(
            f"{told.name} is part {part.number}, not {number}: parts were swapped"
        )
    if (part.export_id, part.head) != (manifest.export_id, manifest.head):
        raise ImportRefusedError(f"{told.name} belongs to another export: parts were swapped")
    if part.last != (number == len(manifest.parts)):
        raise ImportRefusedError("the parts do not end where the export did: some are missing")
