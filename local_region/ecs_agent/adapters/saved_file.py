"""What the agent remembers, in one file that is replaced whole."""

import json
import os
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from local_region.ecs_agent.domain.tasks import Saved

FILE: Final = "agent.json"


class StateUnreadableError(Exception):
    """The file is there and can't be read; the text says what to do."""


class SavedFile:
    """Keeps `saved` in a folder, which it makes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self.saved = self._read()

    def save(self) -> None:
        """Have it on disk when this returns; raises OSError."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w") as file:
            # By its aliases: a task is read back as ACS told it.
            file.write(self.saved.model_dump_json(by_alias=True))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _read(self) -> Saved:
        try:
            return Saved.model_validate(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return Saved()
        except (OSError, ValueError, ValidationError) as error:
            raise StateUnreadableError(
                f"{self._path} can't be read ({error}). Remove it to register as a new container "
                "instance; the tasks of before then run on unwatched."
            ) from error
