"""Exported reports as files in a folder of the venue host."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.durable_files import make_folder, write_durably
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


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
            raise self._refused(error) from error
        return self._folder

    def _refused(self, error: OSError) -> ProblemError:
        detail = f"{self._folder}: {error.strerror}"
        if error.errno in _NO_ROOM:
            return storage_full(detail)
        return ProblemError(
            500,
            ProblemCode.SETTING_INVALID,
            tr("The report cannot be written"),
            detail=tr("{detail}. Nothing was written.", detail=detail),
            hint=tr("Ask for the folder to be put right; the report can be printed meanwhile."),
        )
