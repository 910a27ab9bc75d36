"""Quarantine in the real agent: root acts on it, and nothing leaves it by itself."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from uuid6 import uuid7

from tests.support.agent_process import KioskFolder, client, command, kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event, settled


def refuse(far: FarSide, txn_id: str, detail: str = "It is of harbour-till-2.") -> None:
    """Quarantine this one from now on, until its void has settled."""

    def judge(item: dict[str, Any]) -> dict[str, Any]:
        verdict = {"status": "quarantined", "code": "serial_leased_elsewhere", "detail": detail}
        voided = any(one["payload"].get("sale_txn_id") == txn_id for one in far.ledger.values())
        refused = item["envelope"]["txn_id"] == txn_id and not voided
        return {**settled(item), **(verdict if refused else {})}

    far.judge = judge


@asynccontextmanager
async def sold_and_quarantined() -> AsyncIterator[tuple[FarSide, KioskFolder, dict[str, Any]]]:
    """Run an agent whose one sale is quarantined; yield what the sale was answered."""
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                async with cashier(folder) as person:
                    sale = await person.pay(2)
                    refuse(far, sale["txn_id"])
                    _, sold = await person.close(sale)
                await far.until(lambda: far.reported(queued=0, quarantined=1))
                yield far, folder, sold


async def test_root_voids_a_quarantined_sale_and_both_settle() -> None:
    async with sold_and_quarantined() as (far, folder, sold):
        txn_id = sold["txn_id"]
        refused = await command(folder, "queue", "void", txn_id, "--reason", "no", "--by", "Max X")
        assert refused.status == 70
        assert "by" in refused.err
        words = ("queue", "void", txn_id, "--reason", "foreign ticket", "--by", "max")
        said = await command(folder, *words)
        assert (said.status, said.out) == (
            0,
            "Voided as HB1-1-000002: give back 25.00 EUR. Its tickets admit no more.\n",
        )
        await far.until(lambda: far.reported(queued=0, quarantined=0, last_sequence=3))
        again = await command(folder, *words)
    assert again.status == 70
    assert "Already voided" in again.err
    shift, void, sale = far.ledger.values()
    assert [one["envelope"]["kind"] for one in (shift, void, sale)] == [
        "shift_opened",
        "void",
        "sale",
    ]
    told = void["payload"]
    assert (told["cashier_id"], told["approved_by"]) == ("kiosk-agent", "max")
    assert told["shift_id"] == sale["payload"]["shift_id"], "the drawer that took the money"
    assert told["reason"] == "foreign ticket"


async def test_root_voids_nothing_that_is_not_quarantined() -> None:
    async with sold_and_quarantined() as (far, folder, sold):
        await command(folder, "queue", "retry", sold["txn_id"])
        await far.until(lambda: far.reported(queued=0, quarantined=1))
        async with client(folder.admin_socket) as http:
            far.judge = settled
            await command(folder, "queue", "retry")
            await far.until(lambda: far.reported(queued=0, quarantined=0))
            body = {"txn_id": str(uuid7()), "reason": "no", "by": "max"}
            path = f"/v1/quarantine/{sold['txn_id']}/void"
            async with http.post(path, json=body) as answer:
                code = (await answer.json(content_type=None))["code"]
    assert code in {"sale_settled", "not_quarantined"}
    assert len(far.ledger) == 2


async def test_root_hands_over_and_every_count_says_so() -> None:
    async with sold_and_quarantined() as (far, folder, sold):
        words = ("--note", "see box office", "--by", "Olga at the desk")
        said = await command(folder, "queue", "hand-over", sold["txn_id"], *words)
        form = await command(folder, "queue", "hand-over", sold["txn_id"], *words, "--json")
        await far.until(lambda: far.reported(quarantined=1, handed_over=1))
        listed = await command(folder, "queue", "list")
        status = await command(folder, "status")
        async with client(folder.admin_socket) as http, http.get("/metrics") as answer:
            metrics = await answer.text()
        [file] = (folder.state_dir / "handed-over").iterdir()
        kept = json.loads(file.read_text())
    assert said.status == form.status == 0
    told = "        handed over by Olga at the desk, <time>: see box office"
    assert told in said.lines(folder)
    assert told in listed.lines(folder)
    assert form.json()["handed_over"]["by"] == "Olga at the desk"
    assert "  handed    over: 1 of the quarantined ones" in status.lines(folder)
    assert "kiosk_journal_handed_over 1.0" in metrics
    assert kept["txn_id"] == sold["txn_id"]


async def test_the_acts_need_a_running_agent() -> None:
    with kiosk_folder("http://127.0.0.1:9") as folder:
        [txn_id] = await folder.queue(1)
        for words in (
            ("void", txn_id, "--reason", "r", "--by", "max"),
            ("hand-over", txn_id, "--note", "n", "--by", "max"),
        ):
            said = await command(folder, "queue", *words)
            assert (said.status, said.out) == (3, "")
            assert "Start it" in said.err


async def test_nothing_leaves_quarantine_by_itself() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, parked_again_s=0.05) as folder:
            first, stuck, last = await folder.queue(3)
            refuse(far, stuck)
            for _ in range(2):
                async with running_agent(folder) as agent:
                    await far.until(lambda: far.reported(queued=0, quarantined=1))
                    far.judge = settled
                    await far.stop()
                    await agent.until_logged(
                        lambda line: (
                            line.get("state") == "offline" and line["event"] == "line_changed"
                        )
                    )
                    await far.start()
                    beats = len(far.heartbeats)
                    await far.until(lambda seen=beats: len(far.heartbeats) > seen + 5)  # type: ignore[misc]
                    assert far.reported(queued=0, quarantined=1)
                    await agent.stop()
            assert list(far.ledger) == [first, last]
            async with running_agent(folder):
                assert (await command(folder, "queue", "retry", stuck)).status == 0
                await far.until(lambda: far.reported(queued=0, quarantined=0))
    assert stuck in far.ledger
