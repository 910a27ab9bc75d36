"""What is known of images, in a file of root's."""

import dataclasses
import json
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from kiosk_agent.adapters.durable import write_whole
from kiosk_agent.supervisor.domain.images import ImagesKnown

log = structlog.get_logger(__name__)

_KNOWN: TypeAdapter[ImagesKnown] = TypeAdapter(ImagesKnown)


class ImageFile:
    """Adapter of ImageMemory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> ImagesKnown:
        """Return it; nothing where nothing was kept, or what is there can't be read."""
        try:
            return _KNOWN.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return ImagesKnown()
        except (OSError, ValidationError) as error:
            # Each image has another week, and until the agent answers the younger ones stay.
            log.warning("known_images_unreadable", path=str(self._path), why=str(error))
            return ImagesKnown()

    def keep(self, known: ImagesKnown) -> None:
        """Keep it, on disk when this returns. OSError."""
        write_whole(self._path, json.dumps(dataclasses.asdict(known), indent=2).encode())
