"""What happened when: one JSON line for each act, ledger figure and line state of a run.

`{"at": <Unix time>, "what": "act" | "line" | "ledger" | "kiosk", …}`; the recording reads it. The
verifier does not: it judges by evidence that the scenario can't write.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline."""

    at: float
    """Unix time in seconds."""
    what: str
    facts: Mapping[str, Any]


class Timeline:
    """Writes a timeline. A figure that has not changed since its last line is not repeated."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8")
        self._last: dict[str, dict[str, Any]] = {}

    def note(self, what: str, **facts: Any) -> None:
        """Add a moment, if it differs from the last of its kind (and kiosk)."""
        key = f"{what}/{facts.get('kiosk', '')}"
        if self._last.get(key) == facts:
            return
        self._last[key] = facts
        line = {"at": round(time.time(), 3), "what": what, **facts}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """End the timeline."""
        self._file.close()


def read_timeline(path: Path) -> Iterator[Moment]:
    """Yield a timeline's moments in order. Raises ValueError at a line that is none."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            facts = json.loads(line)
            yield Moment(float(facts.pop("at")), str(facts.pop("what")), facts)
