"""`kiosk-agent journal verify` with the real agent, fleet service and ticket API."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.agent_process import KioskFolder, command, kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.cloud import Cloud, cloud_in, until_status
from tests.support.far_side import FarSide
from tests.support.journal import damage

pytestmark = pytest.mark.timeout(300)


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.execute(statement)


async def _sell(folder: KioskFolder, sales: int) -> None:
    """Sell and wait until all is settled."""
    await until_status(folder, lambda status: sum(one.left for one in status.stock) > 0)
    async with cashier(folder) as person:
        for _ in range(sales):
            await person.sell()
    await until_status(folder, lambda status: status.unsent == 0)


async def test_a_sound_journal_and_then_each_way_to_break_it(tmp_path: Path) -> None:
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder) as agent:
                await _sell(folder, 4)
                said = await command(folder, "journal", "verify")
                assert (said.status, said.lines(folder)) == (
                    0,
                    [
                        "journal <uuid>: 5 records, up to #5, checked here and at the ticket API",
                        "sound",
                    ],
                )
                await agent.stop()
            await _each_break(cloud, folder)


async def _each_break(cloud: Cloud, folder: KioskFolder) -> None:
    rested = await command(folder, "journal", "verify")
    assert rested.status == 3, "nobody asked the ticket API"
    assert "sound" in rested.out
    assert "Not compared with the ticket API: the agent is not running" in rested.out
    whole = folder.journal_path.read_bytes()

    _sql(folder.journal_path, "UPDATE transactions SET payload = '{}' WHERE sequence = 3")
    rested = await command(folder, "journal", "verify")
    assert rested.status == 1
    assert "BROKEN first at #3." in rested.out
    assert "  #3: its record is not what was sealed" in rested.out
    folder.journal_path.write_bytes(whole)

    store = cloud.folder / "store.db"
    _sql(store, "DELETE FROM items WHERE kind = 'sequence' AND sk = '000000000002'")
    _sql(
        store,
        "UPDATE items SET body = json_set(body, '$.hash', 'feed')"
        " WHERE kind = 'sequence' AND sk = '000000000004'",
    )
    async with running_agent(folder):
        form = (await command(folder, "journal", "verify", "--json")).json()
    assert form["compared"] is True
    assert [(one["sequence"], one["kind"]) for one in form["breaks"]] == [
        (2, "missing_there"),
        (4, "differs"),
    ]


async def test_an_older_copy_verifies_as_what_came_before_a_new_epoch(tmp_path: Path) -> None:
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder) as agent:
                await _sell(folder, 1)
                await agent.stop()
            older = folder.journal_path.read_bytes()
            async with running_agent(folder) as agent:
                await _sell(folder, 2)
                await agent.stop()
            folder.journal_path.write_bytes(older)
            async with running_agent(folder):
                said = await command(folder, "journal", "verify")
                status = await command(folder, "status")
    assert said.status == 0
    assert "Known since this epoch began, in what was before: 1\n  #3: " in said.out
    assert ", epoch 2, " in status.out
    assert "#4 was recorded here" in status.out


async def test_what_the_ticket_api_has_beyond_it_begins_a_new_epoch_too(tmp_path: Path) -> None:
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder) as agent:
                await _sell(folder, 1)
                await agent.stop()
            names = ("journal.db", "journal.mark")
            older = {name: (folder.state_dir / name).read_bytes() for name in names}
            async with running_agent(folder) as agent:
                await _sell(folder, 2)
                await agent.stop()
            for name, content in older.items():
                (folder.state_dir / name).write_bytes(content)
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "epoch_opened")
                said = await command(folder, "journal", "verify")
                status = await command(folder, "status")
    assert (said.status, ", epoch 2, " in status.out) == (0, True)
    assert "This journal is an older copy" in status.out


async def test_without_a_line_the_local_part_is_checked_and_that_is_said() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            await folder.queue(450)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(queued=0))
                await far.stop()
                await agent.until_logged(lambda line: line.get("state") == "offline")
                said = await command(folder, "journal", "verify", "--json")
                await far.start()
    report = said.json()
    assert (said.status, report["compared"], report["checked"]) == (3, False, 450)
    assert report["why_not_compared"]


async def test_a_break_that_the_agent_finds_while_it_idles_is_a_warning_until_it_is_gone() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, verify_every_s=0.05) as folder:
            await folder.queue(3)
            async with running_agent(folder) as agent:
                await agent.until_logged(
                    lambda line: line["event"] == "journal_verified" and line["checked"] == 3
                )
                status = await command(folder, "status", "--json")
                assert "journal_broken" not in status.out
                await agent.stop()
            damage(folder.journal_path, "payload", b'{"cashier_id":"eve"}')
            async with running_agent(folder):
                status_now = await until_status(
                    folder, lambda one: any(w.code == "journal_broken" for w in one.warnings)
                )
    [told] = [one for one in status_now.warnings if one.code == "journal_broken"]
    assert told.text.startswith("The journal does not verify: #2: its record is not what")


async def test_a_kiosk_that_never_ran_has_nothing_to_verify() -> None:
    with kiosk_folder("http://127.0.0.1:9") as folder:
        said = await command(folder, "journal", "verify")
    assert (said.status, said.out) == (3, "The agent is not running, and it has no journal yet.\n")
