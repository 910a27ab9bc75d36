"""The sealed reserve as a file with its own checksum."""

import hashlib
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from pydantic import ValidationError

from kiosk_agent.adapters.durable import make_directory, move, write_whole
from kiosk_agent.domain.reserve import Reserve

log = structlog.get_logger(__name__)

SEALED: Final = "sealed.json"
"""`sha256:<64 hexadecimal digits>`, a line end, and the JSON that it is of."""


class ReserveFile:
    """A ReserveStore in a directory, which may be on another disk than the journal."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / SEALED

    def load(self) -> Reserve | None:
        """Return the sealed reserve; one that is damaged is told in the log and left as it is."""
        return self._read(self._path)

    def save(self, reserve: Reserve) -> None:
        """Seal it in place of the one before."""
        make_directory(self._directory)
        body = reserve.model_dump_json().encode()
        digest = hashlib.sha256(body).hexdigest().encode()
        write_whole(self._path, b"sha256:%b\n%b" % (digest, body))

    def mark_used(self, journal_id: UUID) -> None:
        """Give the file a name under which nobody opens it again."""
        sealed = self.load()
        if sealed is not None and sealed.journal_id == journal_id:
            move(self._path, self._used(journal_id))

    def seal_again(self, journal_id: UUID) -> None:
        """Give it back the name under which it is opened, unless another was sealed since."""
        if self._used(journal_id).exists() and not self._path.exists():
            move(self._used(journal_id), self._path)

    def load_used(self, journal_id: UUID) -> Reserve | None:
        """Return a reserve that was marked as used, for the one who marked it to take it."""
        return self._read(self._used(journal_id))

    def highest_epoch(self, *, taking: UUID | None = None) -> int:
        """Return the highest epoch that the reserves here prove to have been; 0 if none does.

        A sealed one proves the epoch before its own, and so does the one that is being taken.
        """
        found = {path: self._read(path) for path in self._directory.glob("*.json")}
        yet_to_be = {self._path} if taking is None else {self._path, self._used(taking)}
        epochs = [
            reserve.epoch - 1 if path in yet_to_be else reserve.epoch
            for path, reserve in found.items()
            if reserve is not None
        ]
        return max(epochs, default=0)

    def _used(self, journal_id: UUID) -> Path:
        return self._directory / f"{journal_id}-used.json"

    def _read(self, path: Path) -> Reserve | None:
        try:
            seal, _, body = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("reserve_unreadable", path=str(path), detail=error.strerror)
            return None
        if seal != b"sha256:" + hashlib.sha256(body).hexdigest().encode():
            log.warning("reserve_unreadable", path=str(path), detail="its checksum does not fit")
            return None
        try:
            return Reserve.model_validate_json(body)
        except ValidationError as error:
            log.warning("reserve_unreadable", path=str(path), detail=str(error))
            return None
