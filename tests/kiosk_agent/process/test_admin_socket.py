"""Root's socket of the real agent: every route, and what it refuses."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from uuid6 import uuid7

from kiosk_contracts.kiosk_status import JournalState, KioskStatus, TransactionPage
from kiosk_contracts.transactions import Transaction
from tests.support.agent_process import (
    AgentProcess,
    KioskFolder,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event, settled


@dataclass
class Root:
    """A client on the admin socket, and the parts around it."""

    http: aiohttp.ClientSession
    far: FarSide
    folder: KioskFolder
    agent: AgentProcess
    recorded: list[str]

    async def get(self, path: str) -> Any:
        """Return the JSON of a GET."""
        async with self.http.get(path) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.headers["EventPro-Protocol"] == "1"
            return await answer.json()

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Return status and JSON of a POST."""
        raw = {"data": BytesIO(body)} if isinstance(body, bytes) else {"json": body}
        async with self.http.post(path, **raw) as answer:
            return answer.status, await answer.json(content_type=None)

    async def export(self) -> list[Transaction]:
        """Return what is exported."""
        async with self.http.get("/v1/export") as answer:
            assert answer.content_type == "application/x-ndjson"
            text = await answer.text()
        return [Transaction.model_validate_json(line) for line in text.splitlines()]

    def judge(self, verdict: str) -> None:
        """Judge every item so from now on."""
        self.far.judge = lambda item: {**settled(item), "status": verdict, "detail": "why"}


@asynccontextmanager
async def _root(queued: int = 0, verdict: str = "settled", **settings: Any) -> AsyncIterator[Root]:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url, **settings) as folder:
            recorded = await folder.queue(queued)
            far.judge = lambda item: {**settled(item), "status": verdict, "detail": "why"}
            async with running_agent(folder) as agent, client(folder.admin_socket) as http:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                yield Root(http, far, folder, agent, recorded)


async def test_status_and_transactions_need_no_staff() -> None:
    async with _root(queued=3) as root:
        await root.far.until(lambda: root.far.reported(last_sequence=3, queued=0))
        status = KioskStatus.model_validate(await root.get("/v1/status"))
        page = TransactionPage.model_validate(await root.get("/v1/transactions?limit=2"))
        rest = TransactionPage.model_validate(
            await root.get(f"/v1/transactions?limit=2&before={page.next_before}")
        )
    assert (status.line, status.counts["settled"], status.stock[0].left) == ("online", 3, 40)
    listed = [str(row.txn_id) for row in (*page.transactions, *rest.transactions)]
    assert listed == root.recorded[::-1]
    assert rest.next_before is None


async def test_the_export_is_all_that_is_unsettled_in_order_whatever_its_state() -> None:
    async with _root(queued=450, verdict="quarantined") as root:
        await root.far.until(lambda: root.far.reported(queued=0, quarantined=450))
        exported = await root.export()
        assert [str(one.envelope.txn_id) for one in exported] == root.recorded
        assert all(one.payload_matches() for one in exported)
        root.judge("settled")
        await root.post("/v1/retry", {"txn_ids": root.recorded[:440]})
        await root.far.until(lambda: root.far.reported(queued=0, quarantined=10))
        exported = await root.export()
        assert [str(one.envelope.txn_id) for one in exported] == root.recorded[440:]
        await root.post("/v1/retry", {"txn_ids": None})
        await root.far.until(lambda: root.far.reported(queued=0, quarantined=0))
        assert await root.export() == []


async def test_a_retry_frees_parked_and_quarantined_alike_and_nothing_else_does() -> None:
    async with _root(queued=4, verdict="retry", park_after_s=0.001) as root:
        await root.far.until(lambda: root.far.reported(queued=0, parked=4))
        root.judge("quarantined")
        assert await root.post("/v1/retry", {"txn_ids": root.recorded[:2]}) == (
            200,
            {"requeued": 2},
        )
        await root.far.until(lambda: root.far.reported(queued=0, parked=2, quarantined=2))
        root.judge("settled")
        unknown = str(uuid7())
        assert await root.post("/v1/retry", {"txn_ids": [unknown]}) == (200, {"requeued": 0})
        assert await root.post("/v1/retry", {"txn_ids": None}) == (200, {"requeued": 4})
        await root.far.until(lambda: root.far.reported(queued=0, parked=0, quarantined=0))
        assert await root.post("/v1/retry", {"txn_ids": root.recorded}) == (200, {"requeued": 0})
    assert set(root.far.ledger) == set(root.recorded)


async def test_a_drain_keeps_what_carts_hold_and_returns_the_rest_once() -> None:
    async with _root(reserve_per_type=0) as root:
        async with cashier(root.folder) as person:
            sale = await person.pay(2)
            status, drained = await root.post("/v1/drain", {"on": True})
            assert (status, drained["draining"], drained["open_carts"]) == (200, True, 1)
            assert (drained["stock"][0]["left"], drained["stock"][0]["held"]) == (0, 2)
            again = await root.post("/v1/drain", {"on": True})
            assert again[1]["last_sequence"] == drained["last_sequence"], "nothing is left"
            lines = [{"event_id": "tide", "ticket_type_id": "adult", "quantity": 1}]
            refused = await person.ask("PUT", f"/v1/carts/{uuid7()}", {"lines": lines})
            assert (refused[0], refused[1]["code"]) == (409, "draining")
            assert (await person.close(sale))[0] == 201, "the cart at hand is finished"
        await root.far.until(lambda: root.far.reported(last_sequence=3, queued=0))
        assert len(root.far.allotments) == 1, "a kiosk that drains asks for nothing"
        _, open_again = await root.post("/v1/drain", {"on": False})
        assert open_again["draining"] is False
        await root.far.until(lambda: len(root.far.allotments) == 2)
    _, back, sold = root.far.ledger.values()
    assert (back["envelope"]["kind"], sold["envelope"]["kind"]) == ("return_of_stock", "sale")
    assert len(back["payload"]["serials"]) == 38
    assert back["payload"]["cashier_id"] == "kiosk-agent"
    [allotment] = {back["payload"]["allotment_id"]}
    assert allotment in {one["allotment_id"] for one in root.far.allotments.values()}
    assert not set(back["payload"]["serials"]) & set(sold["payload"]["lines"][0]["serials"])


async def test_settings_in_force_hold_no_secret() -> None:
    async with _root(hold_s=61) as root:
        settings = await root.get("/v1/settings")
    assert (settings["hold_s"], settings["batch_max"]) == (61, 200)
    assert settings["enrolment_secret_file"] == str(root.folder.path / "secret")
    text = json.dumps(settings)
    assert "let me in" not in text
    assert "argon2" not in text


async def test_metrics_say_what_an_operator_watches() -> None:
    async with _root(queued=3, verdict="quarantined") as root:
        await root.far.until(lambda: root.far.reported(queued=0, quarantined=3))
        async with cashier(root.folder) as person:
            await person.pay(2)
        await root.far.until(lambda: root.far.reported(queued=0, quarantined=4))
        async with root.http.get("/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            text = await answer.text()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    by_state = {state: samples["kiosk_journal_transactions", state] for state in JournalState}
    assert by_state["quarantined"] == 4
    assert sum(by_state.values()) == samples["kiosk_journal_last_sequence",] == 4
    assert samples["kiosk_stock_left", "tide", "adult"] == 38
    assert samples["kiosk_line_online",] == 1
    assert samples["kiosk_draining",] == 0
    assert samples["kiosk_open_carts",] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/drain", b"{", 400, "body_not_json"),
        ("/v1/drain", {}, 422, "body_invalid"),
        ("/v1/drain", {"on": "yes"}, 422, "body_invalid"),
        ("/v1/drain", {"on": True, "now": True}, 422, "body_invalid"),
        ("/v1/retry", {}, 422, "body_invalid"),
        ("/v1/retry", {"txn_ids": ["7"]}, 422, "body_invalid"),
        ("/v1/retry", {"txn_ids": None, "all": True}, 422, "body_invalid"),
        pytest.param("/v1/retry", b"7" * (2 << 20), 413, "body_too_large", id="large"),
        ("/v1/settings", {}, 405, "method_not_allowed"),
        ("/v1/sales", {}, 404, "not_found"),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(
    path: str, body: Any, status: int, code: str
) -> None:
    async with _root() as root:
        told, problem = await root.post(path, body)
        after = await root.get("/v1/status")
    assert (told, problem["code"], problem["hint"] != "") == (status, code, True)
    assert (after["draining"], after["last_sequence"], after["stock"][0]["left"]) == (False, 0, 40)
