"""The real agent with a journal that was damaged: one row is set aside, all others settle."""

import pytest

from kiosk_contracts.kiosk_status import JournalState
from tests.support.agent_process import client, kiosk_folder, running_agent
from tests.support.far_side import FarSide
from tests.support.journal import damage

TORN = {3: ("envelope", b'{"txn_id":'), 9: ("payload", b"[7]"), 20: ("payload", b'"\xff"')}


async def test_rows_that_can_not_be_read_are_sent_as_they_are_and_told_of() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, batch_max=10) as folder:
            recorded = await folder.queue(25)
            for sequence, (column, text) in TORN.items():
                damage(folder.journal_path, column, text, sequence)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(queued=0, quarantined=3))
                async with client(folder.admin_socket) as admin:
                    listed = await admin.get("/v1/transactions?state=quarantined")
                    stuck = (await listed.json())["transactions"]
                assert await agent.stop() == 0
            rows = await folder.rows()
    whole = [txn_id for place, txn_id in enumerate(recorded, 1) if place not in TORN]
    assert list(far.ledger) == whole
    assert len(far.raw) == len(TORN)
    assert "worker_failed" not in {line["event"] for line in agent.log}
    quarantined = [row.sequence for row in rows if row.state is JournalState.QUARANTINED]
    assert quarantined == sorted(TORN)
    assert [(one["sequence"], one["txn_id"]) for one in stuck] == [
        (sequence, recorded[sequence - 1]) for sequence in sorted(TORN, reverse=True)
    ]
    told = {(one["kind"], one["reason"], one["hint"]) for one in stuck}
    assert told == {("admission", "This is no transaction.", "Call the control room.")}


@pytest.mark.parametrize("poison", [1, 13, 25])
async def test_a_batch_refused_whole_is_halved_down_to_the_row_to_blame(poison: int) -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url, batch_max=10) as folder:
            recorded = await folder.queue(25)
            far.poison = {recorded[poison - 1]}
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(queued=0, quarantined=1))
                assert await agent.stop() == 0
            rows = await folder.rows()
    [stuck] = [row for row in rows if row.state is not JournalState.SETTLED]
    assert (stuck.sequence, stuck.state) == (poison, JournalState.QUARANTINED)
    assert stuck.outcome is not None
    assert stuck.outcome.detail == "This is no transaction."
    assert len(far.raw) == 1, "it is kept there, too"
    assert len(far.ledger) == 24
