"""A terminal's output kept as asciicast version 2 (docs.asciinema.org/manual/asciicast/v2)."""

import json
import time
from pathlib import Path
from typing import TextIO


class CastFile:
    """Writes one cast: a header line, then `[seconds, "o", text]` for each piece of output.

    Every line is flushed, so a run that breaks off leaves all that was shown.
    """

    def __init__(self, path: Path, *, title: str, columns: int, rows: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._started = time.monotonic()
        self._file: TextIO = path.open("w", encoding="utf-8")
        self._line(
            {
                "version": 2,
                "width": columns,
                "height": rows,
                "timestamp": round(time.time(), 3),
                "title": title,
                "env": {"TERM": "xterm-256color"},
            }
        )

    def output(self, text: str) -> None:
        """Add what the terminal was sent just now."""
        self._event("o", text)

    def resize(self, columns: int, rows: int) -> None:
        """Add a change of the terminal's size."""
        self._event("r", f"{columns}x{rows}")

    def close(self) -> None:
        """End the cast."""
        self._file.close()

    def _event(self, kind: str, text: str) -> None:
        self._line([round(time.monotonic() - self._started, 6), kind, text])

    def _line(self, value: object) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._file.flush()
