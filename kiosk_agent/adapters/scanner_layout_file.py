"""What was learnt of a keyboard scanner, as a small file beside the journal.

It is no part of the journal: nothing is lost with it that one scan does not bring back.
"""

from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from kiosk_agent.adapters.durable import remove, write_whole
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_contracts.scanning import ScannerLayout

log = structlog.get_logger(__name__)

LAYOUT_FILE: Final = "scanner.json"


class FileScannerLayouts:
    """ScannerLayouts in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LAYOUT_FILE

    def load(self) -> ScannerLayout | None:
        """Return what is kept; a damaged file is told in the log and counts as none."""
        try:
            return ScannerLayout.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("scanner_layout_unreadable", path=str(self._path), detail=str(error))
            return None

    def save(self, layout: ScannerLayout | None) -> None:
        """Put it in place of the one before, or remove that."""
        try:
            if layout is None:
                remove(self._path)
            else:
                write_whole(self._path, layout.model_dump_json().encode())
        except OSError as error:
            raise storage_full(f"{self._path}: {error.strerror}") from error
