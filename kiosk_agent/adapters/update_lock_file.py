"""The update lock, as a small file beside the journal.

It is no part of the journal: nothing that was sold or admitted depends on it, and a kiosk whose
journal is salvaged keeps its promise.
"""

from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import AwareDatetime, Field, ValidationError

from kiosk_agent.adapters.durable import remove, write_whole
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_agent.domain.update_lock import KeptLock
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.wire import WireModel

log = structlog.get_logger(__name__)

LOCK_FILE: Final = "update-lock.json"
_Ms = Annotated[int, Field(ge=0, lt=2**63)]


class _Kept(WireModel):
    lock: UpdateLock
    known_at: AwareDatetime
    boot_id: str
    looked_ms: _Ms
    ends_ms: _Ms


class FileUpdateLock:
    """UpdateLockStore in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE

    def load(self) -> KeptLock | None:
        """Return what is kept; a file that can't be read is told in the log and is no lock.

        A promise whose end nobody can read would keep updates away for good; staff see that there
        is none, and can set it again.
        """
        try:
            kept = _Kept.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("update_lock_unreadable", path=str(self._path), detail=str(error))
            return None
        return KeptLock(kept.lock, kept.known_at, kept.boot_id, kept.looked_ms, kept.ends_ms)

    def save(self, kept: KeptLock | None) -> None:
        """Put it in place of the one before, or remove that."""
        try:
            if kept is None:
                remove(self._path)
            else:
                write_whole(self._path, _Kept(**_fields(kept)).model_dump_json().encode())
        except OSError as error:
            raise storage_full(f"{self._path}: {error.strerror}") from error


def _fields(kept: KeptLock) -> dict[str, object]:
    return {name: getattr(kept, name) for name in KeptLock.__slots__}
