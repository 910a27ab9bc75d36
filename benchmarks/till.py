"""A till on an agent's UI socket, and the time that its requests take."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
from uuid6 import uuid7

from benchmarks.kiosk import CASHIER
from benchmarks.sales import exact_cash
from benchmarks.season import EVENT_ID, PRICE, TYPE_ID
from kiosk_contracts.version import STAFF_TOKEN_HEADER


class TillError(Exception):
    """The agent refused what a benchmark asks of it."""


@dataclass(frozen=True, slots=True)
class Till:
    """A client of one unix socket."""

    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Send a request; return the answer. Raises TillError."""
        async with self.http.request(method, path, json=body) as answer:
            text = await answer.read()
            if not answer.ok:
                raise TillError(f"{method} {path}: {answer.status} {text.decode()}")
            return text

    async def sign_in(self) -> None:
        """Sign the cashier in and open a shift, if none is open."""
        async with self.http.post("/v1/sign-in", json={"pin": CASHIER.pin}) as answer:
            session = await answer.json()
        self.http.headers[STAFF_TOKEN_HEADER] = session["staff_token"]
        if session["shift_id"] is None:
            opening = {"txn_id": str(uuid7()), "opening_float": PRICE.to_json()}
            await self.ask("POST", "/v1/shifts", opening)

    async def ring_up(self) -> dict[str, Any]:
        """Put one ticket into a cart and start its payment; return the body of its sale."""
        txn_id = str(uuid7())
        line = {"event_id": EVENT_ID, "ticket_type_id": TYPE_ID, "quantity": 1}
        await self.ask("PUT", f"/v1/carts/{txn_id}", {"lines": [line]})
        await self.ask("POST", f"/v1/carts/{txn_id}/payment")
        return {"txn_id": txn_id, "total": PRICE.to_json(), "tender": [exact_cash()]}

    async def sell(self, sale: dict[str, Any]) -> tuple[float, bytes]:
        """Close a cart with its sale; return (seconds, answer)."""
        began = perf_counter()
        answer = await self.ask("POST", "/v1/sales", sale)
        return perf_counter() - began, answer


@asynccontextmanager
async def till_at(ui_socket: Path) -> AsyncIterator[Till]:
    """Connect to a socket."""
    connector = aiohttp.UnixConnector(str(ui_socket))
    async with aiohttp.ClientSession("http://agent", connector=connector) as http:
        yield Till(http)
