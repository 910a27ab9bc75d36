"""SIGTERM: what is in hand is answered, the workers stop first, the service manager is told."""

import signal
import sqlite3
from contextlib import closing

import pytest

from kiosk_agent.adapters.service_manager import ServiceManager
from kiosk_contracts.kiosk_status import JournalState
from tests.support.agent_process import client, kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event
from tests.support.odd_agents import SWITCH
from tests.support.service_manager import listener

NOBODY = "http://127.0.0.1:9"


async def test_a_sale_in_hand_is_answered_after_the_uploader_has_stopped() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            odd = ("-m", "tests.support.odd_agents", "stops-in-a-sale")
            async with running_agent(folder, program=odd) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                async with cashier(folder) as person:
                    sale = await person.pay()
                    await far.until(lambda: far.reported(last_sequence=1, queued=0))
                    (folder.path / SWITCH).touch()
                    status, sold = await person.close(sale)
                assert await agent.ended() == 0
            [_, row] = await folder.rows()
    assert (status, sold["txn_id"]) == (201, sale["txn_id"])
    assert row.answer == sold
    assert row.state is JournalState.QUEUED, "nobody was left to send it"
    events = [line["event"] for line in agent.log]
    assert events[-2:] == ["agent_stopping", "agent_stopped"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_leaves_one_file_a_noted_end_and_no_sockets(number: signal.Signals) -> None:
    with kiosk_folder(NOBODY) as folder:
        async with running_agent(folder) as agent:
            await agent.until_logged(lambda line: line["event"] == "line_changed")
            async with client(folder.ui_socket) as ui, ui.get("/v1/stream") as stream:
                await stream.content.readuntil(b"\n\n")
                agent.process.send_signal(number)
                await stream.content.read()
            assert await agent.ended() == 0
        assert sorted(path.name for path in folder.state_dir.iterdir()) == [
            "agent.lock",
            "journal.db",
            "journal.mark",
        ]
        assert not folder.ui_socket.exists()
        assert not folder.admin_socket.exists()
        with closing(sqlite3.connect(folder.journal_path)) as plain:
            runs = plain.execute("SELECT pid, stopped_at IS NOT NULL FROM runs").fetchall()
            lines = plain.execute("SELECT state FROM line_changes").fetchall()
    assert runs == [(agent.process.pid, 1)]
    assert lines == [("offline",)]


async def test_a_kill_leaves_its_run_without_an_end() -> None:
    with kiosk_folder(NOBODY) as folder:
        async with running_agent(folder) as agent:
            agent.kill()
            await agent.ended()
        async with running_agent(folder) as agent:
            assert await agent.stop() == 0
        with closing(sqlite3.connect(folder.journal_path)) as plain:
            ends = plain.execute("SELECT stopped_at IS NOT NULL FROM runs ORDER BY run_id")
            assert ends.fetchall() == [(0,), (1,)]


@pytest.mark.parametrize("kind", ["file", "abstract"])
async def test_the_service_manager_is_told_ready_and_stopping(kind: str) -> None:
    with listener(kind) as manager, kiosk_folder(NOBODY) as folder:
        variables = {"NOTIFY_SOCKET": manager.address}
        async with running_agent(folder, variables=variables) as agent:
            assert (await manager.next()).split("\n")[0] == "READY=1"
            async with client(folder.ui_socket) as ui, ui.get("/v1/status") as answer:
                assert answer.status == 200, "ready means that both sockets answer"
            assert await agent.stop() == 0
        messages = manager.left()
    assert [message.split("\n")[0] for message in messages] == ["STOPPING=1"]


@pytest.mark.parametrize("pid", ["ours", "another's"])
async def test_the_watchdog_is_reset_if_it_is_ours(pid: str) -> None:
    program = ("-c", "import os, sys; os.environ['WATCHDOG_PID'] = str(os.getpid()); " + RUN)
    async with FarSide() as far:
        with listener() as manager, kiosk_folder(far.url) as folder:
            variables = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000"}
            if pid == "another's":
                program, variables["WATCHDOG_PID"] = ("-m", "kiosk_agent", "run"), "1"
            async with running_agent(folder, program=program, variables=variables) as agent:
                assert (await manager.next()).startswith("READY=1")
                if pid == "ours":
                    assert await manager.next() == "WATCHDOG=1"
                    assert await manager.next() == "WATCHDOG=1"
                await far.until(lambda: far.requests["/v1/heartbeats"] >= 3)
                assert await agent.stop() == 0
            rest = manager.left()
    assert rest[-1].startswith("STOPPING=1")
    if pid == "another's":
        assert "WATCHDOG=1" not in rest


RUN = "from kiosk_agent.cli import main; sys.exit(main(['run', *sys.argv[1:]]))"


async def test_a_service_manager_that_is_gone_stops_nobody_from_selling() -> None:
    with kiosk_folder(NOBODY) as folder:
        variables = {"NOTIFY_SOCKET": str(folder.path / "nobody")}
        async with running_agent(folder, variables=variables) as agent:
            assert await agent.stop() == 0
    events = [line["event"] for line in agent.log]
    assert events.count("service_manager_unreachable") == 2


async def test_a_service_manager_that_reads_nothing_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listener() as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        for _ in range(5000):
            ServiceManager().alive()
        assert 0 < len(manager.left()) < 5000
