"""Kiosk, line, fleet service and ticket API: three real processes' worth of the main job."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from demo.line import FaultKind, Line
from kiosk_contracts.allotments import Allotment
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import KeySet
from kiosk_contracts.uploads import JournalHead, UploadResult
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import (
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    RunningFleet,
    fleet_process,
    open_session,
    session_request,
)
from tests.support.ticket_api import (
    OPS_TOKEN,
    ApiProcess,
    Caller,
    api_process,
    run_cli,
    write_config,
)
from tests.support.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Cloud:
    """All that is beyond the venue's line, and the line."""

    api: ApiProcess
    fleet: RunningFleet
    line: Line
    session: aiohttp.ClientSession

    async def kiosk(self, request: dict[str, Any] | None = None) -> Caller:
        """Open a session through the line and return the kiosk's callers."""
        return Caller(self.session, {KIOSK_TOKEN_HEADER: await open_session(self.session, request)})

    async def settled(self) -> int:
        """Return how many transactions the ticket API has settled, asked for directly."""
        headers = {"EventPro-Ops-Token": OPS_TOKEN}
        async with aiohttp.ClientSession(headers=headers) as ops:
            answer = await Caller(ops, {}).get(f"{self.api.url}/v1/ops/ledger")
            assert answer.status == 200, answer.body
            return int(answer.body["transactions"]["settled"])


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Cloud]:
    fleet_folder = folder / "fleet"
    fleet_folder.mkdir()
    config = write_config(folder, fleet_keys_file=fleet_folder / "public-keys.json")
    status, _, told = await run_cli("seed", "--config", str(config))
    assert status == 0, told
    async with (
        api_process(config) as api,
        fleet_process(fleet_folder, api.url) as fleet,
        Line(int(fleet.url.rpartition(":")[2]), seed=5) as line,
        aiohttp.ClientSession(line.url) as session,
    ):
        yield Cloud(api, fleet, line, session)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def cloud(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cloud]:
    async with running(tmp_path_factory.mktemp("cloud")) as started:
        yield started


async def sale_of(kiosk: Caller, till: Till, quantity: int = 1) -> dict[str, Any]:
    """Lease serials of the venue's last show, on sale at any hour, and sell them at the till."""
    answer = await kiosk.get("/v1/catalogue")
    assert answer.status == 200, answer.body
    event = max(Catalogue.model_validate(answer.body).events, key=lambda one: one.starts_at)
    kind = event.ticket_types[0].ticket_type_id
    granted = await kiosk.grant(
        till.journal_id, quantity, event_id=event.event_id, ticket_type_id=kind
    )
    assert granted.status == 201, granted.body
    allotment = Allotment.model_validate(granted.body)
    serials = [ticket.serial for ticket in allotment.tickets]
    line = {
        "event_id": event.event_id,
        "ticket_type_id": kind,
        "price_list_version": allotment.price_list_version,
        "unit_price": allotment.unit_price.to_json(),
        "serials": serials,
    }
    assert len(serials) == quantity
    price = str(allotment.unit_price.amount)
    return till.sale(serials, price=price, lines=[line])


async def test_a_kiosk_opens_a_session_leases_sells_and_settles(cloud: Cloud) -> None:
    kiosk, till, before = await cloud.kiosk(), Till(), await cloud.settled()
    sale = await sale_of(kiosk, till, 3)
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert (outcome["status"], outcome["replayed"]) == ("settled", False)
    head = await kiosk.get(f"/v1/journals/{till.journal_id}")
    assert JournalHead.model_validate(head.body).sequence == till.sequence
    assert KeySet.model_validate((await kiosk.get("/v1/keys")).body).keys
    assert "entries" in (await kiosk.get("/v1/gate-feed?after=0&limit=10")).body
    assert await cloud.settled() == before + 1


async def test_an_upload_whose_answer_was_lost_counts_once(cloud: Cloud) -> None:
    kiosk, till, before = await cloud.kiosk(), Till(), await cloud.settled()
    sale = await sale_of(kiosk, till)
    cloud.line.add(FaultKind.LOSE_ANSWERS)
    with pytest.raises(aiohttp.ClientConnectionError):
        await kiosk.upload(till.journal_id, sale)
    assert await cloud.settled() == before + 1
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert (outcome["status"], outcome["replayed"]) == ("settled", True)
    assert await cloud.settled() == before + 1
    assert cloud.line.status()["fired"]["lose-answers"] == 1


async def test_an_upload_that_was_delivered_twice_counts_once(cloud: Cloud) -> None:
    kiosk, till, before = await cloud.kiosk(), Till(), await cloud.settled()
    sale = await sale_of(kiosk, till)
    cloud.line.add(FaultKind.DUPLICATE)
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert (outcome["status"], outcome["replayed"]) == ("settled", False)
    assert await cloud.settled() == before + 1
    assert cloud.line.status()["fired"]["duplicate"] == 1


async def test_a_ticket_api_that_was_killed_is_told_as_failed_and_nothing_is_acknowledged(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as cloud:
        await killed_and_back(cloud, tmp_path)


async def killed_and_back(cloud: Cloud, folder: Path) -> None:
    kiosk, till = await cloud.kiosk(), Till()
    sale = await sale_of(kiosk, till)
    batch = {"journal_id": str(till.journal_id), "items": [sale]}
    cloud.api.process.send_signal(signal.SIGKILL)
    await cloud.api.process.wait()
    answer = await kiosk.post("/v1/transactions", batch)
    assert (answer.status, answer.code) == (502, "upstream_failed")
    assert answer.body["retryable"] is True
    # The same port again, as behind a load balancer's address.
    port = int(cloud.api.url.rpartition(":")[2])
    config = write_config(folder, fleet_keys_file=cloud.fleet.files.public_keys, port=port)
    async with api_process(config):
        answer = await kiosk.post("/v1/transactions", batch)
        assert answer.status == 200, answer.body
        (outcome,) = UploadResult.model_validate(answer.body).outcomes
        assert (outcome.status, outcome.replayed) == ("settled", False)


async def test_one_kiosk_can_not_write_to_anothers_journal(cloud: Cloud) -> None:
    kiosk, till = await cloud.kiosk(), Till()
    (outcome,) = await kiosk.upload(till.journal_id, await sale_of(kiosk, till))
    assert outcome["status"] == "settled"
    other = await cloud.kiosk(session_request(OTHER_KIOSK_ID, OTHER_SECRET))
    batch = {"journal_id": str(till.journal_id), "items": [till.shift()]}
    refused = await other.post("/v1/transactions", batch)
    assert (refused.status, refused.code) == (403, "journal_of_another_kiosk")
    assert (await other.get("/v1/catalogue")).body["venue_id"] == "old-mill"


async def test_the_ticket_apis_refusals_reach_the_kiosk_as_they_are(cloud: Cloud) -> None:
    kiosk, till = await cloud.kiosk(), Till()
    refused = await kiosk.grant(till.journal_id, 1, event_id="no-such-show")
    assert (refused.status, refused.code) == (404, "event_unknown")
    refused = await kiosk.post("/v1/transactions", {"journal_id": "x"})
    assert (refused.status, refused.code) == (422, "body_invalid")
    refused = await kiosk.send("POST", "/v1/transactions", data=b"not json")
    assert (refused.status, refused.code) == (400, "body_not_json")
    refused = await kiosk.get("/v1/ops/ledger", headers={"EventPro-Ops-Token": OPS_TOKEN})
    assert (refused.status, refused.code) == (404, "not_found")


async def test_the_service_is_ready_while_the_ticket_api_answers(cloud: Cloud) -> None:
    answer = await Caller(cloud.session, {}).get(f"{cloud.fleet.url}/readyz")
    assert (answer.status, answer.body) == (
        200,
        {"status": "ready", "ticket_api_circuit": "closed"},
    )


async def test_an_item_that_is_no_transaction_is_quarantined_in_its_position_and_the_rest_settle(
    cloud: Cloud,
) -> None:
    kiosk, till = await cloud.kiosk(), Till()
    raw = ['{"envelope": {"txn_id": "0192', None, {"envelope": 7}, ["…\x00"]]
    outcomes = await kiosk.upload(till.journal_id, till.shift(), *raw, till.shift())
    assert [(each["status"], each["code"]) for each in outcomes] == [
        ("settled", ""),
        *[("quarantined", "payload_unreadable")] * 4,
        ("settled", ""),
    ]
    assert [each["txn_id"] for each in outcomes[1:-1]] == [None] * 4
