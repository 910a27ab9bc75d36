"""A cashier who sells over the UI socket of a real agent process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from uuid6 import uuid7

from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.agent_process import CASHIER_PIN, KioskFolder, client

EVENT, TYPE = "tide", "adult"


@dataclass
class Cashier:
    """Signed in, with an open shift."""

    http: aiohttp.ClientSession
    token: str

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return status and body."""
        headers = {STAFF_TOKEN_HEADER: self.token}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def pay(self, quantity: int = 1) -> dict[str, Any]:
        """Fill a cart and begin its payment; return the sale that closes it."""
        txn_id = str(uuid7())
        lines = [{"event_id": EVENT, "ticket_type_id": TYPE, "quantity": quantity}]
        status, cart = await self.ask("PUT", f"/v1/carts/{txn_id}", {"lines": lines})
        assert status == 200, cart
        status, cart = await self.ask("POST", f"/v1/carts/{txn_id}/payment")
        assert status == 200, cart
        tender = [{"method": "card", "amount": cart["total"], "reference": "A1"}]
        return {"txn_id": txn_id, "total": cart["total"], "tender": tender}

    async def close(self, sale: dict[str, Any]) -> tuple[int, Any]:
        """Record a sale; return status and body."""
        return await self.ask("POST", "/v1/sales", sale)

    async def sell(self, quantity: int = 1) -> dict[str, Any]:
        """Sell; return the SaleRecorded."""
        status, sold = await self.close(await self.pay(quantity))
        assert status == 201, sold
        recorded: dict[str, Any] = sold
        return recorded


@asynccontextmanager
async def cashier(folder: KioskFolder) -> AsyncIterator[Cashier]:
    """Sign in at a running agent, and open a shift unless one is open from an earlier run."""
    async with client(folder.ui_socket) as http:
        async with http.post("/v1/sign-in", json={"pin": CASHIER_PIN}) as answer:
            assert answer.status == 200, await answer.text()
            person = Cashier(http, (await answer.json())["staff_token"])
        _, session = await person.ask("GET", "/v1/session")
        if session["shift_id"] is None:
            opening = {"amount": "100.00", "currency": "EUR"}
            body = {"txn_id": str(uuid7()), "opening_float": opening}
            status, opened = await person.ask("POST", "/v1/shifts", body)
            assert status == 201, opened
        yield person
