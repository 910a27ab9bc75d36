"""Frames `{"type", "message"}`, held to the model of the agent's own (`frame_model.json`)."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from botocore.model import NoShapeFoundError, ServiceModel

from local_region.wire.errors import DriftError
from local_region.wire.shapes import flaws

FRAME_MODEL: Final = Path(__file__).with_name("frame_model.json")


class FrameError(Exception):
    """What came is no frame that the region knows; the text says why."""


def written(kind: str, message: dict[str, Any]) -> str:
    """Return a frame to send; raises DriftError if the agent's model of it is another."""
    found = [str(flaw) for flaw in flaws(message, _model().shape_for(kind))]
    if found:
        raise DriftError(f"{kind}: {'; '.join(found)}")
    return json.dumps({"type": kind, "message": message})


def read(text: str) -> tuple[str, dict[str, Any]]:
    """Return a frame's type and message; raises FrameError."""
    try:
        frame = json.loads(text)
        kind, message = frame["type"], frame["message"]
        shape = _model().shape_for(kind)
    except (ValueError, KeyError, TypeError, NoShapeFoundError) as error:
        raise FrameError(f"{type(error).__name__}: {error}") from error
    found = [str(flaw) for flaw in flaws(message, shape)]
    if found:
        raise FrameError(f"{kind}: {'; '.join(found)}")
    return str(kind), message


@lru_cache(maxsize=1)
def _model() -> ServiceModel:
    return ServiceModel(json.loads(FRAME_MODEL.read_text()), "ecsacs")
