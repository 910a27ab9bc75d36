"""A kiosk to measure: its folder, its journal while no agent runs, its agent's process."""

import asyncio
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks import season
from demo.configs import Person, write_roster, write_secret, write_toml
from demo.processes import Service
from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.adapters.system_clock import SystemClock

KIOSK_ID: Final = "hb-till-1"
KIOSK_CODE: Final = "HB1"
KIOSKS: Final[Mapping[str, str]] = MappingProxyType(
    {KIOSK_ID: KIOSK_CODE, "hb-till-2": "HB2", "hb-till-3": "HB3", "hb-till-4": "HB4"}
)
"""Code by id: those that the fleet service knows."""
SECRET: Final = "a secret of the benchmark alone"  # noqa: S105  it opens nothing but this run
CASHIER: Final = Person("ana-ruiz", "Ana Ruiz", "cashier", "2468")
_READY_S: Final = 120
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class BenchKiosk:
    """One kiosk's folder; its sockets stand apart, for a socket's path has 107 bytes at most."""

    folder: Path
    sockets: Path
    fleet_url: str
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    kiosk_id: str = KIOSK_ID

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.folder / "state" / "journal.db"

    @property
    def secret_file(self) -> Path:
        """The enrolment secret."""
        return self.folder / "secret"

    @property
    def ui_socket(self) -> Path:
        """The socket that a till talks to."""
        return self.sockets / "ui.sock"

    @asynccontextmanager
    async def journal(self) -> AsyncIterator[SqliteJournal]:
        """Open the journal, while no agent runs."""
        self.journal_path.parent.mkdir(parents=True, exist_ok=True)
        async with open_journal(
            self.journal_path, clock=SystemClock(), kiosk_id=self.kiosk_id
        ) as journal:
            yield journal

    @asynccontextmanager
    async def agent(self, **settings: str | float) -> AsyncIterator[Service]:
        """Run the real agent; it is ready when this is entered."""
        config = self._write_settings(settings)
        argv = [sys.executable, "-m", "kiosk_agent", "run", "--config", str(config)]
        agent = Service("agent", argv, log=self.folder / "agent.log", ready_event="agent_ready")
        try:
            await agent.start(_READY_S)
            yield agent
        finally:
            await agent.stop()

    def _write_settings(self, more: Mapping[str, str | int | float]) -> Path:
        return write_toml(
            self.folder / "agent.toml",
            {
                "kiosk_id": self.kiosk_id,
                "fleet_url": self.fleet_url,
                "enrolment_secret_file": str(write_secret(self.secret_file, SECRET)),
                "roster_file": str(write_roster(self.folder / "roster.json", [CASHIER])),
                "state_dir": str(self.folder / "state"),
                "ui_socket": str(self.ui_socket),
                "admin_socket": str(self.sockets / "admin.sock"),
                "currency": season.CURRENCY,
                **self.settings,
                **more,
            },
        )


@contextmanager
def kiosk_in(
    folder: Path, fleet_url: str, kiosk_id: str = KIOSK_ID, /, **settings: str | float
) -> Iterator[BenchKiosk]:
    """Give a kiosk a folder; its sockets go when this is left."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as sockets:
        yield BenchKiosk(folder, Path(sockets), fleet_url, settings, kiosk_id)


@contextmanager
def no_line() -> Iterator[str]:
    """Return the URL of a fleet service to which no line leads: every call is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


async def stock_up(journal: SqliteJournal, count: int, *, first: int = 1) -> None:
    """Tell a new journal who it is and what is on sale, and lease it so many serials."""
    clock = SystemClock()
    await journal.write(
        lambda writer: writer.put_identity(KIOSK_CODE, season.VENUE_ID, season.VENUE_NAME)
    )
    await journal.write(lambda writer: writer.put_catalogue(season.catalogue()))
    journal_id = (await journal.read(lambda reader: reader.identity())).journal_id
    for start in range(first, first + count, _AT_ONCE):
        some = min(_AT_ONCE, first + count - start)
        await journal.write(
            lambda writer, start=start, some=some: season.put_stock(  # type: ignore[misc]
                writer, clock, journal_id, start, some
            )
        )
        await asyncio.sleep(0)
