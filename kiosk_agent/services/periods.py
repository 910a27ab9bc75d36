"""How long to wait between rounds of the same work."""

import random


def jittered(seconds: float) -> float:
    """Return `seconds`, a fifth less to a fifth more, so that a fleet does not ask in step."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311  spreading load is no secret
