"""`kiosk-agent` while the agent is down: it reads the journal by its lock, and changes nothing."""

import asyncio
import json

import pytest

from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_agent.domain.leaving import POWER_OFF
from kiosk_contracts.kiosk_status import KioskStatus
from tests.support.agent_process import (
    KioskFolder,
    command,
    files_in,
    kiosk_folder,
    running_agent,
)
from tests.support.far_side import FarSide

WAIT = "It asks for stock by itself when there is a line."
NOBODY = "http://127.0.0.1:9"
READING = (["status"], ["queue", "list"], ["queue", "export"], ["journal", "info"])
TELLING = (["drain"], ["drain", "--off"], ["queue", "retry"])


def _kept(folder: KioskFolder) -> dict[str, bytes | None]:
    """Return all that matters: SQLite's shared memory and the lock's holder do not."""
    return {
        name: content
        for name, content in files_in(folder.path).items()
        if content and not name.endswith(("-shm", "agent.lock"))
    }


async def _ran_before(folder: KioskFolder) -> list[str]:
    recorded = await folder.queue(2)
    async with running_agent(folder) as agent:
        await agent.stop()
    return recorded


async def test_the_journal_is_read_and_no_byte_changes() -> None:
    with kiosk_folder(NOBODY) as folder:
        recorded = await _ran_before(folder)
        before = _kept(folder)
        status, listed, exported, info = [await command(folder, *words) for words in READING]
        assert _kept(folder) == before
    assert {said.status for said in (status, listed, exported, info)} == {3}
    assert status.lines(folder) == [
        "The agent is not running; this was read from its journal.",
        "harbour-till-1 (HB1) Harbour Hall",
        "  journal   <uuid>, epoch 1, up to #2",
        "  unsent    2, the oldest from <time>",
        "  states    queued 2, uploading 0, settled 0, parked 0, quarantined 0",
        "  carts     0 open",
        f"  power off safe, {POWER_OFF}",
        "  reinstall NOT safe: 2 transactions are not settled, and no receipt covers that",
        "  disk      <room>",
        "  sqlite    <sqlite>",
        f"  warning   This kiosk has no tickets to sell. {WAIT}",
    ]
    assert listed.lines(folder)[0] == status.lines(folder)[0]
    assert [line[:2] for line in listed.lines(folder)[1:]] == ["#2", "#1"]
    ids = [json.loads(line)["envelope"]["txn_id"] for line in exported.out.splitlines()]
    assert ids == recorded
    assert "agent_running   false" in info.lines(folder)


async def test_the_forms_for_programs_are_the_same_as_of_a_running_agent() -> None:
    with kiosk_folder(NOBODY) as folder:
        await _ran_before(folder)
        status = (await command(folder, "status", "--json")).json()
        listed = (await command(folder, "queue", "list", "--json")).json()
        info = (await command(folder, "journal", "info", "--json")).json()
    assert set(status) == {"agent_running", *KioskStatus.model_fields}
    assert (status["agent_running"], status["line"]) == (False, "connecting")
    assert (listed["agent_running"], len(listed["transactions"])) == (False, 2)
    assert (info["agent_running"], info["last_sequence"]) == (False, 2)


async def test_a_drain_that_was_begun_is_still_told() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                assert (await command(folder, "drain")).status == 0
                await agent.stop()
            said = await command(folder, "status")
            async with running_agent(folder):
                resumed = (await command(folder, "status", "--json")).json()
    assert "  draining  yes: no new carts; unsold stock goes back" in said.lines(folder)
    assert resumed["draining"] is True


@pytest.mark.parametrize("words", TELLING)
async def test_what_only_an_agent_can_do_is_refused_in_words(words: list[str]) -> None:
    with kiosk_folder(NOBODY) as folder:
        await _ran_before(folder)
        said = await command(folder, *words)
    assert (said.status, said.out) == (3, "")
    assert said.err == (
        f"kiosk-agent: The agent is not running: Nobody answers at {folder.admin_socket}."
        " Start it: systemctl start kiosk-agent.\n"
    )


async def test_a_kiosk_that_never_ran_says_so_and_gets_no_files() -> None:
    with kiosk_folder(NOBODY) as folder:
        before = files_in(folder.path)
        for words in (["status"], ["queue", "list"], ["journal", "info"]):
            said = await command(folder, *words)
            none = "The agent is not running, and it has no journal yet.\n"
            assert (said.status, said.out) == (3, none)
        form = await command(folder, "queue", "list", "--json")
        assert form.json() == {"agent_running": False, "transactions": []}
        assert (await command(folder, "status", "--json")).json() == {"agent_running": False}
        exported = await command(folder, "queue", "export")
        assert (exported.status, exported.out) == (3, "")
        assert files_in(folder.path) == before


async def test_a_journal_that_was_put_back_is_read_without_making_a_lock() -> None:
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(2)
        before = _kept(folder)
        said = await command(folder, "queue", "list", "--json")
        assert _kept(folder) == before
        assert not (folder.state_dir / "agent.lock").exists()
    assert len(said.json()["transactions"]) == 2


async def test_a_journal_that_another_process_has_is_left_alone() -> None:
    with kiosk_folder(NOBODY) as folder:
        await _ran_before(folder)
        with journal_lock(folder.state_dir, "a repair"):
            said = await command(folder, "status")
    assert (said.status, said.out) == (75, "")
    assert "(a repair) holds" in said.err


async def test_settings_to_be_are_shown_and_said_to_be_such() -> None:
    with kiosk_folder(NOBODY) as folder:
        said = await command(folder, "settings", "--json")
    assert said.status == 3
    assert said.json()["kiosk_id"] == "harbour-till-1"
    assert "these are the settings to be" in said.err


async def test_without_settings_only_a_running_agent_can_be_asked() -> None:
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(1)
        for words in (*READING, ["settings"]):
            said = await command(folder, *words, "--admin-socket", str(folder.admin_socket))
            assert (said.status, said.out) == (3, "")
            assert "--config" in said.err


async def test_an_agent_that_says_no_http_is_no_agent() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with kiosk_folder(NOBODY) as folder:
        async with await asyncio.start_unix_server(hang_up, str(folder.admin_socket)):
            said = await command(folder, "drain")
    assert said.status == 3
