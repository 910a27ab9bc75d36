"""Exported reports as files in a folder of the venue host."""

from collections.abc import Mapping
from pathlib import Path

from kiosk_agent.adapters.durable_files import make_folder, write_durably
from kiosk_agent.adapters.journal.errors import storage_full


class ReportFolder:
    """A ReportFiles: files of mode 0600 in a folder that is made if its parent exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, texts: Mapping[str, str]) -> Path:
        """Write the files."""
        try:
            make_folder(self._folder)
            for name, text in texts.items():
                write_durably(self._folder / name, text.encode())
        except OSError as error:
            raise storage_full(f"{self._folder}: {error.strerror}") from error
        return self._folder
