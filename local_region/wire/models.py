"""The public service models of AWS, as botocore ships them, with additions of ours kept apart.

The agents on a venue host call operations and send members that no public model has. Those are in
files named `agent_model.json`, in botocore's format, each with the source it was read from.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel


class AdditionClashError(Exception):
    """An addition names what the public model has by now: the addition must go."""


@lru_cache(maxsize=8)
def service_model(name: str, additions: Path | None = None) -> ServiceModel:
    """Return a service's newest model in botocore, with what one file of ours adds."""
    description = Loader().load_service_model(name, "service-2")
    if additions is not None:
        description = with_additions(description, json.loads(additions.read_text()))
    return ServiceModel(description, service_name=name)


def with_additions(description: dict[str, Any], additions: dict[str, Any]) -> dict[str, Any]:
    """Return a description with more operations, shapes and members; raises AdditionClashError."""
    merged = {
        **description,
        "operations": _joined(description["operations"], additions.get("operations", {})),
        "shapes": _joined(description["shapes"], additions.get("shapes", {})),
    }
    for shape, members in additions.get("members", {}).items():
        known = merged["shapes"][shape]
        merged["shapes"][shape] = {**known, "members": _joined(known["members"], members)}
    return merged


def _joined(known: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    clashes = sorted(known.keys() & added.keys())
    if clashes:
        raise AdditionClashError(f"the public model has these by now: {', '.join(clashes)}")
    return {**known, **added}
