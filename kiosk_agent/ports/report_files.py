"""Where reports go that leave the kiosk as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class ReportFiles(Protocol):
    """A folder on the venue host."""

    def put(self, texts: Mapping[str, str]) -> Path:
        """Write each text to the file of its name, durably, in place of one that was there. Blocks.

        Return the folder. Raises ProblemError `storage_full`; `setting_invalid` where it cannot be
        written for another reason.
        """
        ...
