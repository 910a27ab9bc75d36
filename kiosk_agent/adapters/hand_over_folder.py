"""Handed-over transactions as files beside the journal, one a transaction."""

import json
from pathlib import Path
from typing import Any, Final

from kiosk_agent.adapters.durable import make_folder, write_whole
from kiosk_agent.adapters.journal.errors import storage_full

FOLDER_NAME: Final = "handed-over"


class FileHandOvers:
    """A HandOvers: `<state_dir>/handed-over/<sequence>-<txn_id>.json`, mode 0600."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER_NAME

    def put(self, name: str, body: dict[str, Any]) -> None:
        """Write the file, in place of one of the same name."""
        text = json.dumps(body, indent=2, ensure_ascii=False, sort_keys=True)
        try:
            make_folder(self._folder)
            write_whole(self._folder / f"{name}.json", f"{text}\n".encode())
        except OSError as error:
            raise storage_full(f"{self._folder}: {error.strerror}") from error
