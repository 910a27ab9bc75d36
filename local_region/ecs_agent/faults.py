"""Faults on demand: one word in a file of the state folder, read at each turn.

A file, because a fault must hold over restarts and while the agent is down: `echo black-hole >
fault`; an empty file or none ends it. How often each has hit is in `fault-hits.json`.
"""

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

FILE: Final = "fault"
HITS: Final = "fault-hits.json"
_LOOK_S: Final = 0.05


class Fault(StrEnum):
    """What goes wrong on this host."""

    BLACK_HOLE = "black-hole"
    """Packets vanish: nothing is refused, nothing comes back."""
    REFUSED = "refused"
    """ECS refuses connections, and the lines that are open end."""
    HIBERNATING = "hibernating"
    """The SSM agent hibernates, so the role credentials have expired."""
    STALE_RUNNING = "stale-running"
    """The agent is connected, and no report of its gets out."""


class Faults:
    """The fault of the moment."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._hits_file = folder / HITS
        self._warned = ""

    def now(self) -> Fault | None:
        """Return the fault in force."""
        try:
            word = self._file.read_text().strip()
        except OSError:
            return None
        if not word:
            return None
        try:
            return Fault(word)
        except ValueError:
            if word != self._warned:
                self._warned = word
                known = ", ".join(Fault)
                log.warning("fault_unknown", word=word[:40], known=known)
            return None

    def in_force(self, *faults: Fault) -> Fault | None:
        """Return the fault in force if it is one of these, and count it as a hit."""
        now = self.now()
        if now is None or now not in faults:
            return None
        hits = self.hits()
        hits[now] = hits.get(now, 0) + 1
        self._hits_file.write_text(json.dumps(hits))
        log.info("fault_hit", fault=now)
        return now

    def hits(self) -> dict[str, int]:
        """Return how often each fault has hit."""
        try:
            found: dict[str, int] = json.loads(self._hits_file.read_text())
        except (OSError, ValueError):
            return {}
        return found

    async def begins(self, *faults: Fault) -> Fault:
        """Return when one of these is in force."""
        while True:
            now = self.now()
            if now in faults:
                return now
            await asyncio.sleep(_LOOK_S)

    async def ends(self, fault: Fault) -> None:
        """Return when a fault is not in force any more."""
        while self.now() is fault:  # noqa: ASYNC110  a file has no event
            await asyncio.sleep(_LOOK_S)
