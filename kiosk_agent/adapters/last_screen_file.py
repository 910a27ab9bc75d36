"""Which kiosk UI had the screen last, as a file beside the sockets: gone when the host starts."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from kiosk_contracts.screens import ScreenId

log = structlog.get_logger(__name__)

SCREEN_FILE: Final = "last-screen"
_MOST_BYTES: Final = 100
_NAME: Final = TypeAdapter(ScreenId)


class LastScreenFile:
    """LastScreen in a folder; written whole, and never flushed: it says nothing of another boot."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SCREEN_FILE

    def load(self) -> str:
        """Return the name; empty if there is none."""
        try:
            with open(self._path, "rb", opener=_open_plain) as file:
                said = file.read(_MOST_BYTES).decode()
            return _NAME.validate_python(said) if said else ""
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            log.warning("last_screen_unreadable", path=str(self._path), detail=str(error))
            return ""

    def keep(self, screen_id: str) -> None:
        """Keep a name."""
        beside = self._path.with_suffix(".new")
        try:
            with open(beside, "w", opener=_open_plain) as file:
                file.write(screen_id)
            beside.replace(self._path)
        except OSError as error:
            log.warning("last_screen_not_kept", path=str(self._path), detail=str(error))
            # Nobody is better than whoever had it before: that one would be waited for.
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


def _open_plain(path: str, flags: int) -> int:
    """Open a plain file and nothing else: a link leads elsewhere, a pipe holds up the start.

    Raises OSError.
    """
    number = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return number
    os.close(number)
    raise OSError(f"{path} is no plain file")
