"""SIGKILL of the real agent while people sell and it uploads: no 201 is lost, nothing is twice."""

import asyncio
import random
import signal
from collections import Counter
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from kiosk_agent.ports.journal import JournalRow
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import SalePayload
from tests.support.agent_process import AgentProcess, KioskFolder, kiosk_folder, running_agent
from tests.support.cashier import Cashier, cashier
from tests.support.far_side import FarSide, event

ROUNDS, TILLS = 3, 4


async def _sell_until_killed(person: Cashier, agent: AgentProcess, left: "Counter[str]") -> Any:
    """Return what was answered 201; the agent is killed at the answer that leaves none."""
    sold = []
    try:
        while True:
            sold.append(await person.sell())
            left["answers"] -= 1
            if left["answers"] == 0:
                agent.kill()
    except aiohttp.ClientError:
        return sold


async def _round(folder: KioskFolder, answers: int) -> list[dict[str, Any]]:
    async with running_agent(folder) as agent:
        await agent.until_logged(lambda line: line["event"] in {"stock_granted", "batch_answered"})
        async with cashier(folder) as person:
            left = Counter(answers=answers)
            tills = [_sell_until_killed(person, agent, left) for _ in range(TILLS)]
            sold = await asyncio.gather(*tills)
        assert await agent.ended() == -signal.SIGKILL, "the fault fired"
    return [sale for till in sold for sale in till]


def _check_chain(rows: list[JournalRow]) -> None:
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    for before, after in pairwise(row.readable() for row in rows):
        assert after.envelope.prev_hash == before.envelope.hash
    assert all(row.readable().payload_matches() for row in rows)


@pytest.mark.parametrize("seed", [11, 12, 13])
async def test_every_answer_is_kept_and_settles_once(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable moment is the point
    async with FarSide() as far:
        plenty = {"per_kiosk": 400, "keep_back": 0, "top_up_below": 10}
        far.catalogue["events"] = [event(stock_rule=plenty)]
        with kiosk_folder(far.url, batch_max=5) as folder:
            answered = [
                sale
                for _ in range(ROUNDS)
                for sale in await _round(folder, answers=chance.randint(1, 30))
            ]
            far.heartbeats.clear()
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(queued=0))
                assert await agent.stop() == 0
            rows = await folder.rows()
    assert len(answered) >= ROUNDS
    _check_chain(rows)
    kept = {str(row.txn_id): row for row in rows}
    for sale in answered:
        assert kept[sale["txn_id"]].answer == sale
    sales = [row for row in rows if row.kind == "sale"]
    numbers = [f"HB1-1-{number:06d}" for number in range(1, len(sales) + 1)]
    assert [row.receipt_number for row in sales] == numbers
    payloads = [row.read_payload() for row in sales]
    serials = Counter(
        serial for one in payloads if isinstance(one, SalePayload) for serial in one.serials()
    )
    assert set(serials.values()) == {1}
    assert {row.state for row in rows} == {JournalState.SETTLED}
    assert list(far.ledger) == [str(row.txn_id) for row in rows]
