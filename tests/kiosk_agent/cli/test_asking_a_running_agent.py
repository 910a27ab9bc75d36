"""`kiosk-agent` while the agent runs: it asks the admin socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from kiosk_agent.domain.leaving import POWER_OFF
from kiosk_contracts.kiosk_status import KioskStatus, TransactionRow
from tests.support.agent_process import KioskFolder, command, kiosk_folder, running_agent
from tests.support.far_side import FarSide, event, settled

SECRET = "let me in"
ACT = "Open Transactions (F4): each says why. A manager must act."


@asynccontextmanager
async def _one_quarantined() -> AsyncIterator[tuple[FarSide, KioskFolder, list[str]]]:
    """Run an agent with three transactions, the second of which is quarantined."""
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            recorded = await folder.queue(3)
            refuse(far, recorded[1])
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                await far.until(lambda: far.reported(queued=0, quarantined=1))
                yield far, folder, recorded


def refuse(far: FarSide, *txn_ids: str) -> None:
    """Quarantine these from now on, settle all others."""
    verdict = {
        "status": "quarantined",
        "code": "payload_hash_differs",
        "detail": "It was changed since.",
        "hint": "Call the control room.",
    }

    def judge(item: dict[str, Any]) -> dict[str, Any]:
        refused = item["envelope"]["txn_id"] in txn_ids
        return {**settled(item), **verdict} if refused else settled(item)

    far.judge = judge


async def test_status_says_how_the_kiosk_stands_and_that_someone_should_look() -> None:
    async with _one_quarantined() as (_far, folder, _):
        text, form = await command(folder, "status"), await command(folder, "status", "--json")
    assert (text.status, form.status) == (1, 1)
    assert text.lines(folder) == [
        "harbour-till-1 (HB1) Harbour Hall",
        "  line      online since <time>",
        "  journal   <uuid>, epoch 1, up to #3",
        "  unsent    0",
        "  states    queued 0, uploading 0, settled 2, parked 0, quarantined 1",
        "  stock     Tide, Adult: 40 left",
        "  carts     0 open",
        f"  power off safe, {POWER_OFF}",
        "  reinstall NOT safe: 1 transaction is not settled, and no receipt covers that",
        "  disk      <room>",
        "  sqlite    <sqlite>",
        f"  warning   1 transaction could not be settled. {ACT}",
    ]
    assert set(form.json()) == {"agent_running", *KioskStatus.model_fields}
    assert (form.json()["agent_running"], form.json()["counts"]["settled"]) == (True, 2)


async def test_status_of_a_kiosk_that_needs_nobody_is_exit_status_0() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                status = await command(folder, "status")
                listed = await command(folder, "queue", "list")
    assert status.status == 0
    assert (listed.status, listed.out) == (0, "No such transactions.\n")


async def test_the_queue_lists_what_is_stuck_and_why() -> None:
    async with _one_quarantined() as (_far, folder, recorded):
        text = await command(folder, "queue", "list")
        form = await command(folder, "queue", "list", "--json")
        every = await command(folder, "queue", "list", "--state", "settled", "--json")
        newest = await command(
            folder, "queue", "list", "--state", "settled", "--limit", "1", "--json"
        )
    assert text.status == form.status == every.status == 0
    assert text.lines(folder) == [
        "#2      admission        -                quarantined  <time>  sent 1x  <uuid>",
        "        It was changed since. Call the control room.",
    ]
    assert set(form.json()) == {"agent_running", "transactions"}
    [stuck] = form.json()["transactions"]
    assert set(stuck) == set(TransactionRow.model_fields)
    assert (stuck["txn_id"], stuck["reason"]) == (recorded[1], "It was changed since.")
    assert [one["sequence"] for one in every.json()["transactions"]] == [3, 1]
    assert [one["sequence"] for one in newest.json()["transactions"]] == [3]


async def test_a_long_queue_is_collected_page_by_page() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            recorded = await folder.queue(450)
            async with running_agent(folder):
                await far.until(lambda: far.reported(last_sequence=450, queued=0))
                said = await command(
                    folder, "queue", "list", "--state", "settled", "--limit", "430", "--json"
                )
    listed = [one["txn_id"] for one in said.json()["transactions"]]
    assert listed == recorded[:-431:-1]


async def test_the_queue_is_exported_as_it_would_be_sent() -> None:
    async with _one_quarantined() as (_far, folder, recorded):
        shown = await command(folder, "queue", "export")
        target = folder.path / "usb.ndjson"
        saved = await command(folder, "queue", "export", "--output", str(target))
        again = await command(folder, "queue", "export", "--output", str(target))
        kept = target.read_text()
        mode = target.stat().st_mode & 0o777
    assert (shown.status, shown.out) == (0, kept)
    [line] = kept.splitlines()
    assert json.loads(line)["envelope"]["txn_id"] == recorded[1]
    assert mode == 0o600, "it holds buyers' names"
    assert shown.err == "kiosk-agent: unsettled transactions exported: 1\n"
    assert str(target) in saved.err
    assert again.status == 78
    assert "never overwrites" in again.err


@pytest.mark.parametrize("named", [True, False])
async def test_retry_sends_what_is_quarantined_once_more(*, named: bool) -> None:
    async with _one_quarantined() as (far, folder, recorded):
        refuse(far)
        which = recorded[:2] if named else []
        said = await command(folder, "queue", "retry", *which)
        await far.until(lambda: far.reported(queued=0, quarantined=0))
        none_left = await command(folder, "queue", "retry", "--json")
    assert (said.status, said.out) == (0, "Transactions that try again: 1.\n")
    assert recorded[1] in far.ledger
    assert not far.replays, "what is settled is not sent again"
    assert none_left.json() == {"requeued": 0}


async def test_drain_gives_back_the_stock_and_off_sells_again() -> None:
    async with _one_quarantined() as (far, folder, _):
        on = await command(folder, "drain")
        await far.until(lambda: far.reported(last_sequence=4, queued=0))
        shown = await command(folder, "status")
        again = await command(folder, "drain", "--json")
        off = await command(folder, "drain", "--off")
    assert on.status == again.status == off.status == 0
    assert on.out.startswith("The kiosk drains: no new carts. Open carts: 0, transactions unsent: ")
    assert "  draining  yes: no new carts; unsold stock goes back" in shown.lines(folder)
    assert set(again.json()) == set(KioskStatus.model_fields)
    assert again.json()["draining"] is True
    assert off.out == "The kiosk sells again.\n"
    [back] = [item for item in far.ledger.values() if item["envelope"]["kind"] != "admission"]
    assert len(back["payload"]["serials"]) == 40


async def test_settings_are_shown_without_secrets() -> None:
    async with _one_quarantined() as (_far, folder, _):
        text, form = await command(folder, "settings"), await command(folder, "settings", "--json")
        asked = await command(
            folder, "settings", "--admin-socket", str(folder.admin_socket), "--json"
        )
    assert text.status == form.status == 0
    assert 'kiosk_id = "harbour-till-1"' in text.lines(folder)
    assert 'enrolment_secret_file = "<folder>/secret"' in text.lines(folder)
    assert "heartbeat_s = 0.1" in text.lines(folder)
    assert form.json() == asked.json()
    assert SECRET not in text.out + form.out
    assert "argon2" not in text.out + form.out


async def test_journal_info_says_which_file_this_is() -> None:
    async with _one_quarantined() as (_far, folder, _):
        text = await command(folder, "journal", "info")
        form = await command(folder, "journal", "info", "--json")
        size = folder.journal_path.stat().st_size
    assert text.status == form.status == 0
    names = [line.split()[0] for line in text.lines(folder)]
    assert names == list(form.json())
    assert "path            <folder>/state/journal.db" in text.lines(folder)
    info = form.json()
    assert (info["agent_running"], info["schema_version"], info["bytes"]) == (
        True,
        SCHEMA_VERSION,
        size,
    )
    assert (info["last_sequence"], info["counts"]["quarantined"]) == (3, 1)
