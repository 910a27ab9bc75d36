"""An event loop that is blocked tells systemd nothing, is ended for that, and has lost nothing."""

import asyncio
import json
import os
import signal
import sys
import termios
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from kiosk_contracts.kiosk_status import KioskStatus
from tests.support.agent_process import (
    AgentProcess,
    KioskFolder,
    client,
    command,
    kiosk_folder,
    running_agent,
)
from tests.support.cashier import cashier
from tests.support.cloud import cloud_in, until_status
from tests.support.service_manager import Listener, listener

pytestmark = pytest.mark.timeout(120)

NOBODY = "http://127.0.0.1:1"
WATCHDOG_S = 2.0
"""Sixty seconds in the units."""


async def until_alive(manager: Listener) -> None:
    """Wait until it is ready, and has said three times that it is alive."""
    assert (await manager.next()).startswith("READY=1")
    for _ in range(3):
        assert await manager.next() == "WATCHDOG=1"


async def until_silent(manager: Listener) -> None:
    """Wait until nothing was said for as long as systemd waits."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(WATCHDOG_S):
                await manager.next()


async def block(process: AgentProcess) -> None:
    """Block its event loop."""
    process.process.send_signal(signal.SIGUSR1)
    await process.until_logged(lambda line: line["event"] == "blocked")


def may_sell(status: KioskStatus) -> bool:
    return status.line == "online" and any(line.left for line in status.stock)


async def test_a_blocked_agent_is_ended_by_its_watchdog_and_its_journal_has_every_sale(
    tmp_path: Path,
) -> None:
    program = ("-m", "tests.support.blockable", "run")
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder, listener() as manager:
            variables = manager.variables(WATCHDOG_S)
            async with running_agent(folder, program=program, variables=variables) as agent:
                await until_alive(manager)
                await until_status(folder, may_sell)
                async with cashier(folder) as person:
                    sold = [await person.sell() for _ in range(3)]
                    asked = await person.pay()
                    await block(agent)
                    # A customer's money is taken, and nobody answers.
                    closing = asyncio.create_task(person.close(asked))
                    assert await manager.watch_over(agent, WATCHDOG_S) == -signal.SIGABRT
                    with pytest.raises(aiohttp.ClientError):
                        await closing
            async with running_agent(folder, variables=variables):
                await until_alive(manager)
                async with cashier(folder) as person:
                    status, recorded = await person.close(asked)
                    assert status == 201, recorded
                    assert await person.close(asked) == (201, {**recorded, "replayed": True})
                    for one in sold:
                        found = await person.ask("GET", f"/v1/transactions/{one['txn_id']}")
                        assert found == (200, one)
                await until_status(folder, lambda status: status.unsent == 0)
                verified = await command(folder, "journal", "verify")
                assert verified.status == 0, verified.out + verified.err
            # The shift, and four sales: each of them once.
            expected = {"settled": 5, "quarantined": 0, "unreadable": 0}
            assert (await cloud.ledger())["transactions"] == expected
            await sequences_have_no_gap(folder)


async def sequences_have_no_gap(folder: KioskFolder) -> None:
    rows = await folder.rows()
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))


def supervisor_config(folder: KioskFolder) -> Path:
    values = {
        "region": "eu-central-1",
        "identity_audience": "fleet.example.com",
        "credentials_file": str(folder.path / "credentials"),
        "admin_socket": str(folder.admin_socket),
        "supervisor_socket": str(folder.path / "supervisor.sock"),
        "state_dir": str(folder.path),
        "docker_socket": str(folder.path / "docker.sock"),
        "repairs": False,
    }
    path = folder.path / "supervisor.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return path


async def test_a_blocked_supervisor_is_ended_by_its_watchdog_and_answers_again() -> None:
    program = ("-m", "tests.support.blockable", "supervise")
    with kiosk_folder(NOBODY) as folder, listener() as manager:
        config, variables = supervisor_config(folder), manager.variables(WATCHDOG_S)
        async with running_agent(
            folder, program=program, config=config, variables=variables
        ) as supervisor:
            await until_alive(manager)
            await block(supervisor)
            assert await manager.watch_over(supervisor, WATCHDOG_S) == -signal.SIGABRT
        program = ("-m", "kiosk_agent", "supervise")
        async with running_agent(folder, program=program, config=config, variables=variables):
            await until_alive(manager)
            socket = folder.path / "supervisor.sock"
            async with client(socket) as http, http.get("/v1/status") as answer:
                assert answer.status == 200


async def test_a_console_whose_terminal_takes_no_output_falls_silent_to_its_watchdog() -> None:
    ours, its = os.openpty()
    with kiosk_folder(NOBODY) as folder, listener() as manager:
        config = supervisor_config(folder)
        console = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kiosk_agent", "console", "--config", str(config)),
            stdin=its,
            stdout=its,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **manager.variables(WATCHDOG_S)},
        )
        try:
            for _ in range(3):
                assert await manager.next() == "WATCHDOG=1"
            # As Scroll Lock does; then a technician calls.
            termios.tcflow(its, termios.TCOOFF)
            os.write(ours, b"\x14")
            await until_silent(manager)
            console.send_signal(signal.SIGABRT)
            assert await console.wait() == -signal.SIGABRT
        finally:
            if console.returncode is None:
                console.kill()
                await console.wait()
            os.close(ours)
            os.close(its)
