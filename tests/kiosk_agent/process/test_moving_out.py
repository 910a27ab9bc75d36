"""Export, wipe, import, receipt: with the real agent, ticket API, and SIGKILL in the middle."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.moving_out import MAX_PART_ITEMS, Manifest
from tests.support import forked
from tests.support.agent_process import (
    KioskFolder,
    client,
    command,
    files_in,
    kiosk_folder,
    running_agent,
)
from tests.support.cashier import cashier
from tests.support.cloud import Cloud, cloud_in, until_status
from tests.support.exports import Stick, stick_in
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID, new_transaction
from tests.support.ticket_api import run_cli

pytestmark = pytest.mark.timeout(300)
NOBODY = "http://127.0.0.1:9"
FIVE = "5 transactions are not settled, and no receipt covers that"
PAYING = "1 cart is in payment"
UNSAFE = "2 transactions are not settled, and no receipt covers that"


async def queue_many(folder: KioskFolder, count: int) -> None:
    """Record transactions in one commit while no agent runs."""

    def work(writer: JournalWriter) -> None:
        writer.put_identity(KIOSK_CODE, VENUE_ID, "Harbour Hall")
        for number in range(count):
            writer.append(new_transaction(kind="noted", payload={"number": number}))

    async with open_journal(
        folder.journal_path, clock=SystemClock(), kiosk_id=folder.kiosk_id
    ) as journal:
        await journal.write(work)


def export_words(stick: Stick) -> tuple[str, ...]:
    return ("export", "--to", stick.recipient, "--output", str(stick.path))


def import_words(cloud: Cloud, stick: Stick) -> tuple[str, ...]:
    config = str(cloud.config)
    return ("import", str(stick.path), "--identity", str(stick.keyfile), "--config", config)


def manifest_of(stick: Stick) -> Manifest:
    return Manifest.model_validate_json((stick.path / "manifest.json").read_bytes())


async def killed_when(module: str, words: tuple[str, ...], seen: Any) -> None:
    """Start a command and kill it as soon as something can be seen; it may have ended by then."""
    process = await forked.start(module, *words, stdout=asyncio.subprocess.DEVNULL)
    while process.returncode is None and not seen():  # noqa: ASYNC110  no other process tells us
        await asyncio.sleep(0)
    if process.returncode is None:
        os.kill(process.pid, signal.SIGKILL)
    await process.wait()


async def test_a_kiosk_that_lost_its_line_for_good_moves_out_and_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    stick = stick_in(tmp_path)
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder) as agent:
                await until_status(folder, lambda status: sum(s.left for s in status.stock) > 0)
                async with cashier(folder) as person:
                    settled = await person.sell()
                    await until_status(folder, lambda status: status.unsent == 0)
                    assert (await command(folder, "status", "--check", "reinstall")).status == 0
                    await cloud.fleet.stop()
                    sales = [await person.sell(2) for _ in range(5)]
                    paid = await person.pay()
                    status = await command(folder, "status", "--check", "reinstall")
                    assert status.status == 1
                    assert f"  reinstall NOT safe: {FIVE}; {PAYING}" in status.lines(folder)
                    assert (await command(folder, "status", "--check", "power-off")).status == 0
                    _, last = await person.close(paid)
                said = await command(folder, *export_words(stick))
                assert said.status == 0, said.err
                assert said.out.startswith("Unsettled transactions exported: 6, in 1 parts in ")
                assert (await command(folder, "status", "--check", "reinstall")).status == 1
                await _settles_by_import(cloud, stick)
                kept = await command(folder, "import-receipt", str(stick.path / "receipt.json"))
                assert kept.out.splitlines() == [
                    "Receipt kept: everything up to #8 is safe at the ticket API.",
                    "safe: nothing would be lost",
                ]
                assert (await command(folder, "status", "--check", "reinstall")).status == 0
                await agent.stop()
            assert (await command(folder, "status", "--check", "reinstall")).status == 0
            shutil.rmtree(folder.state_dir)
        ids = {one["txn_id"] for one in [settled, *sales, last]}
        assert _settled_sales(cloud) == ids, "exactly what was acknowledged"
        ledger = await cloud.ledger()
    assert ledger["transactions"] == {"settled": 8, "quarantined": 0, "unreadable": 0}
    [line] = ledger["lines"]
    assert (line["sold"], line["gross"]["amount"]) == (12, "150.00")


async def _settles_by_import(cloud: Cloud, stick: Stick) -> None:
    """Import, killed as soon as it has settled something; again; and once more."""
    before = len(_settled_sales(cloud))
    words = import_words(cloud, stick)
    module = "core_services.ticket_api"
    await killed_when(module, words, lambda: len(_settled_sales(cloud)) > before)
    for _ in range(2):
        status, _, told = await run_cli(*words)
        assert status == 0, told


def _settled_sales(cloud: Cloud) -> set[str]:
    query = (
        "SELECT pk FROM items WHERE kind = 'transaction'"
        " AND json_extract(body, '$.kind') = 'sale'"
        " AND json_extract(body, '$.status') = 'settled'"
    )
    path = cloud.folder / "store.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as plain:
        return {pk for (pk,) in plain.execute(query)}


async def test_a_long_export_that_is_killed_goes_on_after_the_last_whole_part(
    tmp_path: Path,
) -> None:
    stick = stick_in(tmp_path)
    with kiosk_folder(NOBODY) as folder:
        await queue_many(folder, 2 * MAX_PART_ITEMS + 500)
        config = ("--config", str(folder.path / "agent.toml"))
        words = (*export_words(stick), *config)
        first = stick.path / "part-000001.age"
        manifest = stick.path / "manifest.json"
        await killed_when("kiosk_agent", words, manifest.exists)
        whole = first.read_bytes()
        (stick.path / "part-000003.age").write_bytes(b"half a part, by an earlier run")
        said = await command(folder, *export_words(stick))
        assert said.status == 0, said.err
        assert first.read_bytes() == whole, "a whole part is not written again"
        told = manifest_of(stick)
        assert [part.items for part in told.parts] == [1000, 1000, 500]
        assert told.complete
        again = await command(folder, *export_words(stick), "--json")
        assert Manifest.model_validate(again.json()) == told
        async with cloud_in(tmp_path) as cloud:
            imported = (*import_words(cloud, stick), "--kiosk", KIOSK_ID)
            module = "core_services.ticket_api"
            await killed_when(module, imported, lambda: bool(_sequences(cloud)))
            cut_short = _sequences(cloud)
            done = await run_cli(*imported)
            assert done[0] == 0, done
            assert _sequences(cloud) == list(range(1, 2501))
            ledger = await cloud.ledger()
    assert cut_short == list(range(1, len(cut_short) + 1))
    assert ledger["transactions"] == {"settled": 2500, "quarantined": 0, "unreadable": 0}
    assert ledger["replays"] == len(cut_short), "what had settled was known again"


def _sequences(cloud: Cloud) -> list[int]:
    path = cloud.folder / "store.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as plain:
        rows = plain.execute("SELECT sk FROM items WHERE kind = 'sequence' ORDER BY sk")
        return [int(sk) for (sk,) in rows]


async def test_an_export_is_refused_where_it_would_mix_or_mislead(tmp_path: Path) -> None:
    stick = stick_in(tmp_path)
    (tmp_path / "other").mkdir()
    other = stick_in(tmp_path / "other")
    with kiosk_folder(NOBODY) as folder, kiosk_folder(NOBODY) as stranger:
        await folder.queue(2)
        await stranger.queue(1)
        assert (await command(folder, *export_words(stick))).status == 0
        before = files_in(stick.path)
        words = ("export", "--output", str(stick.path), "--to")
        refused = [
            (await command(stranger, *words, stick.recipient), "has an export of journal"),
            (await command(folder, *words, other.recipient), "to other recipients"),
        ]
        await folder.queue(1)
        refused.append((await command(folder, *words, stick.recipient), "up to #2, and the jour"))
        (tmp_path / "other" / "stick").mkdir()
        (tmp_path / "other" / "stick" / "manifest.json").write_text("{}")
        refused.append((await command(folder, *export_words(other)), "is no manifest"))
        for said, told in refused:
            assert (said.status, said.out) == (1, "")
            assert told in said.err
            assert "What is there was left as it is" in said.err
        assert files_in(stick.path) == before
        nobody = await command(folder, "export", "--to", "age1x", "--output", str(tmp_path / "x"))
        assert nobody.status == 78
        assert "'age1x'" in nobody.err
        blocked = ("export", "--to", stick.recipient, "--output", str(stick.keyfile / "x"))
        assert (await command(folder, *blocked)).status == 1


async def test_a_kiosk_that_never_ran_has_nothing_to_export_and_nothing_to_lose(
    tmp_path: Path,
) -> None:
    with kiosk_folder(NOBODY) as folder:
        said = await command(folder, *export_words(stick_in(tmp_path)))
        assert (said.status, said.out) == (
            3,
            "The agent is not running, and it has no journal yet.\n",
        )
        assert (await command(folder, "status", "--check", "reinstall")).status == 0
        assert not (tmp_path / "stick").exists()


async def test_at_rest_a_receipt_waits_and_the_journal_says_what_is_not_covered(
    tmp_path: Path,
) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_text("{}")
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(2)
        said = await command(folder, "status", "--check", "reinstall")
        assert said.status == 1
        assert f"  reinstall NOT safe: {UNSAFE}" in said.lines(folder)
        assert (await command(folder, "status", "--check", "power-off")).status == 0
        form = (await command(folder, "status", "--json")).json()
        assert (form["safe_to_power_off"], form["safe_to_reinstall"]) == (True, False)
        assert form["why_not"] == [UNSAFE]
        kept = await command(folder, "import-receipt", str(receipt))
        assert kept.status == 3


async def test_what_is_no_receipt_or_does_not_count_changes_nothing(tmp_path: Path) -> None:
    stick = stick_in(tmp_path)
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder) as agent:
                await until_status(folder, lambda status: sum(s.left for s in status.stock) > 0)
                await cloud.fleet.stop()
                async with cashier(folder) as person:
                    await person.sell()
                    assert (await command(folder, *export_words(stick))).status == 0
                    done = await run_cli(*import_words(cloud, stick))
                    assert done[0] == 0, done
                    path = stick.path / "receipt.json"
                    sound = path.read_text()
                    changed = json.loads(sound)
                    changed["receipt"]["counts"]["settled"] = 99
                    for text, told in (
                        ("{", "That is no receipt"),
                        ("{}", "receipt: Field required"),
                        (json.dumps(changed), "Its signature does not fit"),
                    ):
                        path.write_text(text)
                        said = await command(folder, "import-receipt", str(path))
                        assert (said.status, said.out) != (0, "")
                        assert told in said.err
                        assert await _receipts(folder) == "0.0"
                    path.write_text(sound)
                    await person.sell()
                    said = await command(folder, "import-receipt", str(path))
                    assert said.status == 1
                    assert "It covers up to #2, and this journal has #3 by now." in said.err
                    assert "Export again" in said.err
                    assert await _receipts(folder) == "0.0"
                await agent.stop()


async def _receipts(folder: KioskFolder) -> str:
    """Return what the metrics say of reinstalling."""
    async with client(folder.admin_socket) as http, http.get("/metrics") as answer:
        text = await answer.text()
    [line] = [one for one in text.splitlines() if one.startswith("kiosk_safe_to_reinstall")]
    assert "kiosk_safe_to_power_off 1.0" in text
    return line.split()[1]


async def test_after_a_receipt_a_new_transaction_makes_it_unsafe_again() -> None:
    with kiosk_folder(NOBODY) as folder:
        await folder.queue(2)
        with closing(sqlite3.connect(folder.journal_path, isolation_level=None)) as plain:
            plain.execute(
                "INSERT INTO receipts SELECT 2, '2026-11-25T10:00:00.000000Z',"
                " json_object('receipt', json_object('journal_id', value))"
                " FROM meta WHERE key = 'journal_id'"
            )
        assert (await command(folder, "status", "--check", "reinstall")).status == 0
        await folder.queue(1)
        said = await command(folder, "status", "--check", "reinstall")
        assert said.status == 1
        assert "1 transaction is not settled" in said.out
