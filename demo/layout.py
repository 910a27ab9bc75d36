"""Where a run keeps what: the folder that the verifier and the recording read afterwards."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

MARKER: Final = ".eventpro-demo"
"""A file that says: this folder was made by the demo, so the demo may empty it."""


class FolderTakenError(Exception):
    """A folder to be emptied holds something that is not a demo run's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below one run's folder (`.demo` or `.kiosk`)."""

    root: Path

    @property
    def terminals(self) -> Path:
        """Casts of what each pseudo-terminal showed."""
        return self.root / "terminals"

    @property
    def logs(self) -> Path:
        """Standard error of each process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Settings, keys and state of each process."""
        return self.root / "run"

    @property
    def timeline(self) -> Path:
        """Acts, ledger figures and line states with their times, for the recording."""
        return self.root / "timeline.jsonl"

    @property
    def ticket_api(self) -> Path:
        """The ticket API's folder; its store is `store.db` in it."""
        return self.run / "ticket-api"

    @property
    def fleet(self) -> Path:
        """The fleet service's folder."""
        return self.run / "fleet-service"

    @property
    def line_socket(self) -> Path:
        """Control socket of the line between venue and cloud."""
        return self.run / "line.sock"

    def kiosk(self, kiosk_id: str) -> Path:
        """Return a kiosk's folder; its journal is `state/journal.db` in it."""
        return self.run / kiosk_id

    def journal(self, kiosk_id: str) -> Path:
        """Return a kiosk's journal file."""
        return self.kiosk(kiosk_id) / "state" / "journal.db"

    def cast(self, name: str) -> Path:
        """Return the cast of one pseudo-terminal."""
        return self.terminals / f"{name}.cast"

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """Make the folder anew, empty, and keep others out of it meanwhile.

        Raises FolderTakenError if it holds what no demo run made, or if a run is still in it;
        nothing is removed then.
        """
        if self.root.exists() and any(self.root.iterdir()) and not (self.root / MARKER).exists():
            raise FolderTakenError(
                f"{self.root} is not empty and was not made by the demo; name another with --dir"
            )
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / MARKER).open("a+") as marker:
            self._lock(marker)
            marker.truncate(0)
            marker.write("made by `python -m demo`; it may be emptied\n")
            marker.flush()
            for path in self.root.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != MARKER:
                    path.unlink()
            for folder in (self.terminals, self.logs, self.run):
                folder.mkdir(parents=True)
            yield

    def _lock(self, marker: TextIO) -> None:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTakenError(
                f"{self.root} is in use: a demo or a kiosk that was started before still runs "
                "there. End it first (Ctrl-Q in the kiosk, Ctrl-C elsewhere), or name another "
                "folder with --dir"
            ) from None
