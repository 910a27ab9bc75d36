"""Archives as gzipped JSON lines in `<state_dir>/archive`; `docs/journal.md` gives the format."""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from kiosk_agent.adapters.durable import make_folder, sync_directory
from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine
from kiosk_agent.ports.archives import ArchiveError
from kiosk_contracts.transactions import Envelope

FOLDER_NAME: Final = "archive"
_ENDING: Final = ".jsonl.gz"
_HALF: Final = ".half"
_FORMAT: Final = 1


class FileArchives:
    """The archives of one state directory; the folder is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, journal_id: UUID, lines: Sequence[ArchiveLine]) -> ArchiveFacts:
        """Write under another name, sync, read back, rename, sync the folder."""
        body = b"".join(_line(line) for line in lines)
        facts = _facts(journal_id, lines, body)
        packed = gzip.compress(body + _line({"archive": _said_of(facts)}), mtime=0)
        try:
            half = self._put_half(facts.name, packed)
            self._check(half, facts)
            half.rename(self._folder / facts.name)
            sync_directory(self._folder)
        except OSError as error:
            self.clear_half_written()
            raise ArchiveError(f"{facts.name} can't be written: {error.strerror}") from error
        except ArchiveError:
            self.clear_half_written()
            raise
        return facts

    def verify(self, name: str) -> ArchiveFacts:
        """Check counts, hash of the lines, sequences, and every link of the chain."""
        return self._verify(self._folder / name, name)

    def _check(self, half: Path, facts: ArchiveFacts) -> None:
        if self._verify(half, facts.name) != facts:
            raise ArchiveError(f"{facts.name} does not read as it was written")

    def _verify(self, path: Path, name: str) -> ArchiveFacts:
        lines, said, body = _open(path, name)
        try:
            facts = _facts(UUID(said["journal_id"]), lines, body)
            whole = _said_of(facts) == said and facts.name == name
        except (LookupError, ValueError, TypeError) as error:
            raise ArchiveError(f"{name} is damaged: {error}") from error
        if not whole:
            raise ArchiveError(f"{name} is damaged: its last line does not fit the others")
        _check_chain(name, lines)
        return facts

    def read(self, name: str) -> Sequence[ArchiveLine]:
        """Return the lines, unchecked but for what gzip and JSON check."""
        return _open(self._folder / name, name)[0]

    def names(self) -> Sequence[str]:
        """Return the names; none if there is no folder yet."""
        return sorted(path.name for path in self._folder.glob(f"*{_ENDING}"))

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is fine."""
        (self._folder / name).unlink(missing_ok=True)

    def clear_half_written(self) -> None:
        """Remove files that never got their name."""
        for path in self._folder.glob(f"*{_HALF}"):
            path.unlink(missing_ok=True)

    def _put_half(self, name: str, packed: bytes) -> Path:
        make_folder(self._folder)
        half = self._folder / f"{name}{_HALF}"
        descriptor = os.open(half, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(descriptor)
        return half


def _open(path: Path, name: str) -> tuple[list[ArchiveLine], dict[str, Any], bytes]:
    """Return the lines, what the last one says, and the bytes that it speaks of."""
    try:
        texts = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        *lines, last = [json.loads(text) for text in texts]
        said = last["archive"]
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError) as error:
        raise ArchiveError(f"{name} can't be read: {error}") from error
    return lines, said, b"".join(texts[:-1])


def _line(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode()


def _facts(journal_id: UUID, lines: Sequence[ArchiveLine], body: bytes) -> ArchiveFacts:
    first, last = lines[0], lines[-1]
    return ArchiveFacts(
        journal_id=journal_id,
        first_sequence=first["sequence"],
        last_sequence=last["sequence"],
        transactions=len(lines),
        first_prev_hash=first["envelope"]["prev_hash"],
        last_hash=last["envelope"]["hash"],
        sha256=hashlib.sha256(body).hexdigest(),
    )


def _said_of(facts: ArchiveFacts) -> dict[str, Any]:
    return {**asdict(facts), "journal_id": str(facts.journal_id), "format": _FORMAT}


def _check_chain(name: str, lines: Sequence[ArchiveLine]) -> None:
    try:
        envelopes = [Envelope.model_validate(line["envelope"]) for line in lines]
    except (LookupError, ValueError) as error:
        raise ArchiveError(f"{name} is damaged: {error}") from error
    for line, envelope in zip(lines, envelopes, strict=True):
        if not envelope.is_intact() or envelope.sequence != line["sequence"]:
            raise ArchiveError(f"{name}: the envelope of #{line['sequence']} was changed")
    for before, after in pairwise(envelopes):
        linked = after.prev_hash == before.hash and after.sequence == before.sequence + 1
        if not linked:
            raise ArchiveError(f"{name}: #{after.sequence} does not follow #{before.sequence}")
