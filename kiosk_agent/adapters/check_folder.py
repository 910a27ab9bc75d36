"""Pre-show checks as files beside the journal, one a check."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from kiosk_agent.adapters.durable import make_folder, write_whole
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_contracts.pre_show import MOST_KEPT, PreShowCheck

log = structlog.get_logger(__name__)
FOLDER_NAME: Final = "pre-show"


class FileKeptChecks:
    """A KeptChecksStore: `<state_dir>/pre-show/<time>.json`, mode 0600, named by UTC time."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER_NAME

    def put(self, check: PreShowCheck) -> None:
        """Write the check's file; remove the oldest beyond MOST_KEPT."""
        name = f"{check.at:%Y%m%dT%H%M%S.%fZ}.json"
        try:
            make_folder(self._folder)
            write_whole(self._folder / name, f"{check.model_dump_json(indent=2)}\n".encode())
            for old in self._names()[MOST_KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise storage_full(f"{self._folder}: {error.strerror}") from error

    def newest_first(self) -> Sequence[PreShowCheck]:
        """Read what is kept."""
        return list(self._read())

    def _read(self) -> Iterator[PreShowCheck]:
        for path in self._names():
            try:
                yield PreShowCheck.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                log.warning("pre_show_check_unreadable", name=path.name, error=str(error))

    def _names(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"), reverse=True)
