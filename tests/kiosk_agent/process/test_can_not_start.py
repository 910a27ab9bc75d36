"""A start that can't be: told in words, with its own exit status, and nothing is changed."""

import signal
import sqlite3
import stat
from contextlib import closing

import pytest

from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from tests.support.agent_process import (
    KioskFolder,
    client,
    command,
    files_in,
    kiosk_folder,
    running_agent,
)

NOBODY = "http://127.0.0.1:9"


def _beside_the_journal(folder: KioskFolder) -> dict[str, bytes | None]:
    """Return what the agent that runs has no reason to change."""
    return {
        name: content
        for name, content in files_in(folder.path).items()
        if not name.startswith("state/journal.")
    }


async def test_a_second_agent_is_refused_with_the_first_ones_pid_until_that_is_killed() -> None:
    with kiosk_folder(NOBODY) as folder:
        async with running_agent(folder) as agent:
            before = _beside_the_journal(folder)
            said = await command(folder, "run")
            assert _beside_the_journal(folder) == before
            assert (said.status, said.out) == (75, "")
            assert f"process {agent.process.pid} (kiosk-agent run) holds" in said.err
            assert "Use the agent that runs already, or stop it first." in said.err
            async with client(folder.ui_socket) as ui, ui.get("/v1/status") as answer:
                assert answer.status == 200
            agent.kill()
            assert await agent.ended() == -signal.SIGKILL
        async with running_agent(folder) as agent:
            assert await agent.stop() == 0


async def test_the_sockets_of_a_killed_agent_are_replaced_and_have_their_modes() -> None:
    with kiosk_folder(NOBODY) as folder:
        async with running_agent(folder) as agent:
            agent.kill()
            await agent.ended()
        assert folder.ui_socket.is_socket()
        async with running_agent(folder) as agent:
            modes = {
                path.name: stat.S_IMODE(path.stat().st_mode)
                for path in (folder.ui_socket, folder.admin_socket, folder.state_dir)
            }
            assert agent.ready["ui_socket"] == str(folder.ui_socket)
            for path in (folder.ui_socket, folder.admin_socket):
                async with client(path) as http, http.get("/v1/status") as answer:
                    assert answer.status == 200
    assert (modes["ui.sock"], modes["admin.sock"]) == (0o660, 0o600)


@pytest.mark.parametrize("which", ["ui_socket", "admin_socket"])
async def test_a_socket_of_another_process_is_left_alone(which: str) -> None:
    with kiosk_folder(NOBODY) as first, kiosk_folder(NOBODY) as second:
        async with running_agent(first) as agent:
            taken = str(getattr(first, which))
            second.settings = {which: taken}
            second.write()
            said = await command(second, "run")
            assert said.status == 73
            assert f"{taken}: process {agent.process.pid} is listening there." in said.err
            assert not second.journal_path.exists()
            async with client(getattr(first, which)) as http, http.get("/v1/status") as answer:
                assert answer.status == 200


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("x" * 100, "a socket's path at most 107"),
        ("no/such/ui.sock", "is not a directory"),
        ("secret", "something that is no socket stands there"),
    ],
)
@pytest.mark.parametrize("which", ["ui_socket", "admin_socket"])
async def test_a_socket_that_can_not_be_made_leaves_no_trace(
    which: str, place: str, why: str
) -> None:
    with kiosk_folder(NOBODY) as folder:
        folder.settings = {which: str(folder.path / place)}
        folder.write()
        folder.state_dir.rmdir()
        before = files_in(folder.path)
        said = await command(folder, "run")
        assert files_in(folder.path) == before
    assert (said.status, said.out) == (73, "")
    assert why in said.err


async def test_a_journal_of_a_newer_version_is_refused_and_no_byte_of_it_changes() -> None:
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(3)
        with closing(sqlite3.connect(folder.journal_path)) as newer:
            newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
            newer.execute(
                "INSERT INTO _sqlite_migrations VALUES (99, 'kiosk_journal', 'm9999_later', '')"
            )
            newer.commit()
        kept = folder.journal_path.read_bytes()
        said = await command(folder, "run")
        shown = await command(folder, "status")
        # A look into the file makes SQLite leave an empty -wal and a -shm, which hold nothing.
        names = {path.name for path in folder.state_dir.iterdir() if path.suffix != ".db-shm"}
        assert not folder.journal_path.with_name("journal.db-wal").stat().st_size
        assert folder.journal_path.read_bytes() == kept
    assert (said.status, shown.status) == (65, 65)
    assert f"schema version {SCHEMA_VERSION + 1}" in said.err
    assert "Install the agent that wrote it" in said.err
    assert names == {"agent.lock", "journal.db", "journal.db-wal", "journal.mark"}


async def test_the_journal_of_another_kiosk_is_refused() -> None:
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(1)
        kept = folder.journal_path.read_bytes()
        folder.settings = {"kiosk_id": "river-till-2"}
        folder.write()
        said = await command(folder, "run")
        assert folder.journal_path.read_bytes() == kept
    assert said.status == 65
    assert "the journal of harbour-till-1, but this agent is set up as river-till-2" in said.err


async def test_a_damaged_journal_keeps_nobody_from_starting_and_is_kept_and_told_of() -> None:
    with kiosk_folder(NOBODY) as folder:
        folder.journal_path.write_bytes(b"takings of June" * 100)
        kept = folder.journal_path.read_bytes()
        async with running_agent(folder) as agent:
            async with client(folder.ui_socket) as ui, ui.get("/v1/status") as answer:
                status = await answer.json()
            assert await agent.stop() == 0
        [aside] = folder.state_dir.glob("damaged/*/journal.db")
        assert aside.read_bytes() == kept
    assert status["epoch"] == 2
    assert "new_epoch_damaged" in {warning["code"] for warning in status["warnings"]}
    [damaged] = [line for line in agent.log if line["event"] == "journal_damaged"]
    assert damaged["found"] == "journal.db is not an SQLite file"


async def test_a_state_directory_that_can_not_be_made_is_named() -> None:
    with kiosk_folder(NOBODY) as folder:
        folder.settings = {"state_dir": "/proc/no-folder-can-be-made-here"}
        folder.write()
        said = await command(folder, "run")
    assert said.status == 78
    assert "/proc/no-folder-can-be-made-here: No such file" in said.err
    assert "Check the setting state_dir" in said.err
