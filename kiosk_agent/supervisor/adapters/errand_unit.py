"""Errands as units of systemd: what takes more rights than the supervisor's sandbox leaves it.

The command is laid down as a file, `kiosk-errand@ID.service` reads it and lays down the outcome
(`kiosk-agent errand`). Both are in root's own folder.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from kiosk_agent.supervisor.ports import UnitFailedError, Units
from kiosk_agent.unit_names import ERRAND
from kiosk_contracts.commands import MOST_OUTCOME_BYTES, CommandOutcome, CommandToRun

ERRAND_S: Final = 900.0
"""Looking through a whole host with a slow disk takes minutes; its unit ends it before."""


class UnitErrands:
    """Adapter of Errands."""

    def __init__(self, folder: Path, units: Units) -> None:
        self._folder = folder
        self._units = units

    async def run(self, command: CommandToRun) -> CommandOutcome:
        """Start the unit, which ends when the errand is done, and read the outcome."""
        wanted, said = self._paths(command)
        try:
            await asyncio.to_thread(self._lay_down, wanted, said, command)
            await self._units.start(f"{ERRAND}{command.command_id}")
            return await asyncio.to_thread(_read, said)
        except (OSError, ValidationError) as error:
            raise UnitFailedError(f"its outcome can't be read: {type(error).__name__}") from error
        finally:
            for path in (wanted, said):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def _paths(self, command: CommandToRun) -> tuple[Path, Path]:
        stem = self._folder / str(command.command_id)
        return stem.with_suffix(".command"), stem.with_suffix(".outcome")

    def _lay_down(self, wanted: Path, said: Path, command: CommandToRun) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        said.unlink(missing_ok=True)
        wanted.write_text(command.model_dump_json())


def _read(path: Path) -> CommandOutcome:
    with path.open("rb") as file:
        return CommandOutcome.model_validate_json(file.read(MOST_OUTCOME_BYTES + 1))
