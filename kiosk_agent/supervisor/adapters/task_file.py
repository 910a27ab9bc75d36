"""The task that ran well last, in a file of root's."""

import dataclasses
import json
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from kiosk_agent.adapters.durable_files import write_durably
from kiosk_agent.supervisor.domain.host import UiTask

log = structlog.get_logger(__name__)

_TASK: TypeAdapter[UiTask] = TypeAdapter(UiTask)


class TaskFile:
    """Adapter of TaskMemory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> UiTask | None:
        """Return it; None if none was kept, or what is there can't be read."""
        try:
            return _TASK.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            # The next one that runs well is kept in its place; until then ECS starts the first.
            log.warning("remembered_task_unreadable", path=str(self._path), why=str(error))
            return None

    def keep(self, task: UiTask) -> None:
        """Keep it, on disk when this returns. OSError."""
        write_durably(self._path, json.dumps(dataclasses.asdict(task), indent=2).encode())
