"""Exported reports as files in a folder of the venue host."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.durable import make_folder, write_whole
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_FOLDER_MODE: Final = 0o755
_FILE_MODE: Final = 0o644


class ReportFolder:
    """A ReportFiles: files that others may read, in a folder that is made if its parent exists.

    A report leaves the kiosk to be read elsewhere: on a stick or a share under an owner that the
    agent's user is not. It has sums and names of staff, and no buyer. Who may get at the files at
    all is said by the folder around them: the default one is in the state directory, mode 0700.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, texts: Mapping[str, str]) -> Path:
        """Write the files."""
        try:
            make_folder(self._folder, _FOLDER_MODE)
            for name, text in texts.items():
                write_whole(self._folder / name, text.encode(), _FILE_MODE)
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
