"""A disk that is full: the sale is refused in words, nothing changes, and it is sold later."""

from tests.support.agent_process import kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event
from tests.support.odd_agents import SWITCH

PAID = 20
"""Carts in payment: more sales than the file's free pages hold."""


async def test_selling_goes_on_once_there_is_room() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event(stock_rule=_plenty())]
        with kiosk_folder(far.url) as folder:
            odd = ("-m", "tests.support.odd_agents", "full-disk")
            async with running_agent(folder, program=odd) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                async with cashier(folder) as person:
                    paid = [await person.pay() for _ in range(PAID)]
                    (folder.path / SWITCH).touch()
                    answers = [await person.close(sale) for sale in paid]
                    refused = [
                        sale
                        for sale, (status, _) in zip(paid, answers, strict=True)
                        if status != 201
                    ]
                    problem = next(body for status, body in answers if status != 201)
                    _, carts = await person.ask("GET", "/v1/carts")
                    _, page = await person.ask("GET", "/v1/transactions?limit=200")
                    (folder.path / SWITCH).unlink()
                    later = [await person.close(sale) for sale in refused]
                await far.until(lambda: far.reported(last_sequence=PAID + 1, queued=0))
                assert await agent.stop() == 0
            rows = await folder.rows()
    assert refused, "the fault fired"
    assert (problem["status"], problem["code"]) == (507, "storage_full")
    assert problem["retryable"] is True
    assert "Do not take money" in problem["hint"]
    in_payment = [cart["txn_id"] for cart in carts["carts"]]
    assert in_payment == [sale["txn_id"] for sale in refused], "carts stay as they were"
    recorded = {row["txn_id"] for row in page["transactions"]}
    assert not recorded & set(in_payment)
    assert {status for status, _ in later} == {201}
    receipts = [row.receipt_number for row in rows if row.kind == "sale"]
    assert receipts == [f"HB1-1-{number:06d}" for number in range(1, PAID + 1)]
    assert len(far.ledger) == PAID + 1


def _plenty() -> dict[str, int]:
    return {"per_kiosk": 100, "keep_back": 0, "top_up_below": 10}
