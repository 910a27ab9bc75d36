"""The real agent as a process of its own, and a folder with all that it needs."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.ports.journal import JournalRow
from tests.support import forked
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID, new_transaction

ROOT = Path(__file__).resolve().parents[2]

CASHIER_PIN = "2468"
MANAGER_PIN = "135790"
_PINS = ArgonPinHashes(memory_kib=64, passes=1)
STAFF_CASHIER = {
    "staff_id": "ada",
    "name": "Ada",
    "role": "cashier",
    "pin_hash": _PINS.hash(CASHIER_PIN),
}
STAFF_MANAGER = {
    "staff_id": "max",
    "name": "Max",
    "role": "manager",
    "pin_hash": _PINS.hash(MANAGER_PIN),
}


@dataclass
class KioskFolder:
    """State, sockets, secret, roster and settings of one kiosk."""

    path: Path
    fleet_url: str
    kiosk_id: str = KIOSK_ID
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings other than those of a quick test; one that is None is left out."""

    @property
    def state_dir(self) -> Path:
        return self.path / "state"

    @property
    def journal_path(self) -> Path:
        return self.state_dir / "journal.db"

    @property
    def ui_socket(self) -> Path:
        return self.path / "ui.sock"

    @property
    def admin_socket(self) -> Path:
        return self.path / "admin.sock"

    def write(self) -> Path:
        """Write all files; return the settings file."""
        self.state_dir.mkdir(exist_ok=True)
        (self.path / "secret").write_text("let me in\n")
        roster = self.path / "roster.json"
        if not roster.exists():
            roster.write_text(json.dumps([STAFF_CASHIER, STAFF_MANAGER]))
        values: dict[str, Any] = {
            "kiosk_id": self.kiosk_id,
            "fleet_url": self.fleet_url,
            "enrolment_secret_file": str(self.path / "secret"),
            "roster_file": str(roster),
            "state_dir": str(self.state_dir),
            "ui_socket": str(self.ui_socket),
            "admin_socket": str(self.admin_socket),
            "heartbeat_s": 0.1,
            "sync_s": 0.2,
            "retry_base_s": 0.05,
            "retry_cap_s": 0.2,
            "connect_timeout_s": 2,
            "total_timeout_s": 5,
            "room_reserve_bytes": 0,
            **self.settings,
        }
        config = self.path / "agent.toml"
        lines = [
            f"{name} = {json.dumps(value)}\n" for name, value in values.items() if value is not None
        ]
        config.write_text("".join(lines))
        return config

    async def queue(self, count: int) -> list[str]:
        """Record so many transactions while no agent runs; return their txn_ids in order."""
        self.write()
        async with open_journal(
            self.journal_path, clock=SystemClock(), kiosk_id=self.kiosk_id
        ) as journal:
            await journal.write(
                lambda writer: writer.put_identity(KIOSK_CODE, VENUE_ID, "Harbour Hall")
            )
            rows = [
                await journal.write(lambda writer: writer.append(new_transaction()))
                for _ in range(count)
            ]
        return [str(row.transaction.envelope.txn_id) for row in rows]

    async def rows(self) -> list[JournalRow]:
        """Return the journal's rows in order, after the agent has ended."""
        async with open_journal(
            self.journal_path, clock=SystemClock(), kiosk_id=self.kiosk_id
        ) as journal:
            page = await journal.read(lambda reader: reader.rows_page(before=None, limit=100_000))
        return list(reversed(page))


@contextmanager
def kiosk_folder(fleet_url: str, **settings: Any) -> Iterator[KioskFolder]:
    """Make a folder with a short path, for sockets have at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="kiosk-", dir="/tmp") as path:
        folder = KioskFolder(Path(path), fleet_url, settings=settings)
        folder.write()
        yield folder


@dataclass
class AgentProcess:
    """A running `kiosk-agent run`."""

    process: asyncio.subprocess.Process | forked.Forked
    folder: KioskFolder
    ready: dict[str, Any]
    log: list[dict[str, Any]] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None
    _logged: asyncio.Event = field(default_factory=asyncio.Event)

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.process.kill()

    async def stop(self) -> int:
        """SIGTERM; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end; return the exit status."""
        status = await self.process.wait()
        if self._reading is not None:
            await self._reading
        return status

    async def until_logged(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a log line."""
        while True:
            for line in self.log:
                if wanted(line):
                    return line
            self._logged.clear()
            await self._logged.wait()

    async def _read_log(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.log.append({"event": "not_json", "line": line.decode(errors="replace")})
            self._logged.set()


@asynccontextmanager
async def running_agent(
    folder: KioskFolder,
    *,
    program: tuple[str, ...] = ("-m", "kiosk_agent", "run"),
    config: Path | None = None,
    variables: dict[str, str] | None = None,
) -> AsyncIterator[AgentProcess]:
    """Start the agent, wait until it is ready, kill it at the end if it still runs.

    `program` may be one of `tests.support.odd_agents`, or the supervisor with its own `config`;
    `variables` join the environment.
    """
    process = await forked.start_python(
        *program,
        *("--config", str(config or folder.path / "agent.toml")),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    agent = AgentProcess(process, folder, {})
    agent._reading = asyncio.create_task(agent._read_log())
    try:
        line = await process.stdout.readline()
        assert line, f"the agent did not start: {agent.log}"
        agent.ready = json.loads(line)
        yield agent
    finally:
        if process.returncode is None:
            process.kill()
        await agent.ended()


def client(socket: Path) -> aiohttp.ClientSession:
    """Return an HTTP client for a unix socket; close it with `async with`."""
    return aiohttp.ClientSession("http://agent", connector=aiohttp.UnixConnector(str(socket)))


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Return standard output as JSON."""
        return json.loads(self.out)

    def lines(self, folder: KioskFolder) -> list[str]:
        """Return standard output with <uuid>, <time>, <folder> and such where those stand."""
        text = _UUID.sub("<uuid>", self.out.replace(str(folder.path), "<folder>"))
        text = _ROOM.sub("<room>", text).replace(sqlite3.sqlite_version, "<sqlite>")
        return _TIME.sub("<time>", text).splitlines()


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROOM = re.compile(r"\d+ MB free")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


async def command(folder: KioskFolder, *words: str, **variables: str) -> Said:
    """Run `kiosk-agent WORDS --config …`, as an operator would."""
    config = () if "--admin-socket" in words else ("--config", str(folder.path / "agent.toml"))
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    process = await forked.start("kiosk_agent", *words, *config, env=env, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


def files_in(folder: Path) -> dict[str, bytes | None]:
    """Return every file below a folder with its bytes; None for what is no regular file."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }
