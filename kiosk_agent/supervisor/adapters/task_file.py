"""The tasks that ran well, in a file of root's."""

import dataclasses
import json
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from kiosk_agent.adapters.durable import write_whole
from kiosk_agent.supervisor.domain.memory import GoodTasks

log = structlog.get_logger(__name__)

_TASKS: TypeAdapter[GoodTasks] = TypeAdapter(GoodTasks)


class TaskFile:
    """Adapter of TaskMemory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> GoodTasks:
        """Return them; none where none was kept, or what is there can't be read."""
        try:
            return _TASKS.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return GoodTasks()
        except (OSError, ValidationError) as error:
            # The next one that runs well is kept in its place; until then ECS starts the first.
            log.warning("remembered_tasks_unreadable", path=str(self._path), why=str(error))
            return GoodTasks()

    def keep(self, tasks: GoodTasks) -> None:
        """Keep them, on disk when this returns. OSError."""
        write_whole(self._path, json.dumps(dataclasses.asdict(tasks), indent=2).encode())
