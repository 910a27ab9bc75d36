"""Times as people type them."""

import re
from datetime import timedelta
from typing import Final

from operator_cli.refusing import RefusedError

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SAID: Final = re.compile(r"(\d{1,6})([smhd])")


def duration(said: str) -> timedelta:
    """Return a time such as `90s`, `30m`, `4h` or `2d`; raises RefusedError."""
    found = _SAID.fullmatch(said.strip())
    if found is None or int(found[1]) == 0:
        raise RefusedError(f"{said!r} is no length of time", "Write e.g. 90s, 30m, 4h or 2d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
