"""A host that is a kiosk no more sells nothing anew; what has begun to be paid is finished."""

from pathlib import Path

from uuid6 import uuid7

from tests.support.ui_socket import Answer, sale_of, till_in


def refused(answer: Answer) -> None:
    assert (answer.status, answer.code) == (409, "kiosk_retired"), answer.body
    assert "another till" in answer.body["hint"]


async def test_no_cart_is_opened_and_an_open_one_is_not_paid_but_may_be_given_up(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        await till.opened.stock(4)
        cart = str(uuid7())
        assert (await till.put_cart(cart, adult=1)).status == 200
        till.agent.retired = True
        before = await till.recorded()
        refused(await till.put_cart(str(uuid7()), adult=1))
        refused(await till.put_cart(cart, adult=2))
        refused(await till.ask("POST", f"/v1/carts/{cart}/payment"))
        assert await till.recorded() == before
        assert (await till.ask("DELETE", f"/v1/carts/{cart}")).status == 204


async def test_what_has_begun_to_be_paid_becomes_a_sale(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        await till.opened.stock(2)
        txn_id = str(uuid7())
        cart = await till.put_cart(txn_id, adult=1)
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        till.agent.retired = True
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))
        assert sold.status == 201, sold.body
        await till.close_shift()


async def test_the_status_says_it(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        assert (await till.ask("GET", "/v1/status")).body["retired"] is False
        till.agent.retired = True
        assert (await till.ask("GET", "/v1/status")).body["retired"] is True
