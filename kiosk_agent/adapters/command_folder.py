"""Which commands were begun: a small file for each, in a folder beside the journal."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from pydantic import AwareDatetime, ValidationError

from kiosk_agent.adapters.durable import make_directory, remove, write_whole
from kiosk_agent.domain.commands import KeptCommand
from kiosk_contracts.commands import LONGEST_LIFE_S, CommandEnd, CommandOutcome, outcome
from kiosk_contracts.wire import WireModel

log = structlog.get_logger(__name__)

FOLDER: Final = "commands"
_ENDING: Final = ".json"


class _Kept(WireModel):
    command_id: UUID
    kind: str
    boot_id: str
    expires_at: AwareDatetime
    begun_ms: int | None = None
    outcome: CommandOutcome | None = None
    reported: bool = False


class CommandFolder:
    """KeptCommands in a folder, which is made when it is needed."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER

    def load(self) -> Sequence[KeptCommand]:
        """Return all that are there."""
        return list(self._read_all())

    def keep(self, kept: KeptCommand) -> None:
        """Write the command's file whole."""
        make_directory(self._folder)
        fields = {name: getattr(kept, name) for name in KeptCommand.__slots__}
        write_whole(self._path(kept.command_id), _Kept(**fields).model_dump_json().encode())

    def forget(self, command_id: UUID) -> None:
        """Remove the command's file."""
        remove(self._path(command_id))

    def _path(self, command_id: UUID) -> Path:
        return self._folder / f"{command_id}{_ENDING}"

    def _read_all(self) -> Iterator[KeptCommand]:
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            try:
                named = UUID(path.stem)
            except ValueError:
                continue
            yield self._read(path, named)

    def _read(self, path: Path, named: UUID) -> KeptCommand:
        try:
            kept = _Kept.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            log.warning("command_unreadable", path=str(path), detail=str(error))
            return _unreadable(path, named)
        fields = {name: getattr(kept, name) for name in KeptCommand.__slots__}
        return KeptCommand(**{**fields, "command_id": named})


def _unreadable(path: Path, named: UUID) -> KeptCommand:
    """Return what is known of a command by its file's name: it was begun, so it is not again."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    why = "the kiosk can't read what it kept of it: it may have been done, and is not done again"
    ends = written + timedelta(seconds=LONGEST_LIFE_S)
    return KeptCommand(named, "", "", ends, outcome=outcome(CommandEnd.FAILED, why))
