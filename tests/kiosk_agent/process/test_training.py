"""Training at the real agent process: apart from all that is real, and gone with the agent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from uuid6 import uuid7

from tests.support.agent_process import CASHIER_PIN, KioskFolder, client, running_agent
from tests.support.cashier import Cashier, cashier
from tests.support.real_kiosk import real_kiosk


async def _ask(http: aiohttp.ClientSession, method: str, path: str) -> tuple[int, Any]:
    async with http.request(method, path) as answer:
        return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def _training(folder: KioskFolder) -> AsyncIterator[Cashier]:
    """Begin training, and sign a cashier in there."""
    async with client(folder.ui_socket) as http:
        status, ready = await _ask(http, "POST", "/v1/training")
        assert (status, ready) == (200, {"socket_name": "training.sock"})
    async with cashier(_Elsewhere(folder)) as person:  # type: ignore[arg-type]
        yield person


class _Elsewhere:
    """A folder as `cashier` wants it, whose UI socket is training's."""

    def __init__(self, folder: KioskFolder) -> None:
        self.ui_socket = folder.path / "training.sock"


async def _admit(person: Cashier, code: str) -> tuple[int, Any]:
    body = {"txn_id": str(uuid7()), "code": code, "event_id": "tide", "gate": "North"}
    return await person.ask("POST", "/v1/admissions", body)


async def test_its_tickets_admit_in_training_and_are_forged_at_the_kiosks_own_gate(
    tmp_path: Path,
) -> None:
    async with real_kiosk(tmp_path) as kiosk, running_agent(kiosk.folder) as agent:
        await agent.until_logged(lambda line: line["event"] == "keys_synced")
        await agent.until_logged(lambda line: line["event"] == "stock_granted")
        async with _training(kiosk.folder) as trainee:
            sold = await trainee.sell(2)
            first, second = (ticket["code"] for ticket in sold["tickets"])
            there = await _admit(trainee, first)
            assert (there[0], there[1].get("verdict")) == (201, "green"), there
            async with cashier(kiosk.folder) as person:
                here = await _admit(person, second)
                real = await person.sell()
        assert here[0] >= 400
        assert here[1]["code"] == "ticket_forged", here
        assert sold["receipt_number"] == "TRAIN-1-000001"
        assert not real["receipt_number"].startswith("TRAIN")
        assert await agent.stop() == 0
        kinds = [row.kind for row in await kiosk.folder.rows()]
    assert kinds == ["shift_opened", "sale"], "nothing of training is in the kiosk's journal"
    settled = {item["envelope"]["kind"] for item in kiosk.far.ledger.values()}
    assert settled <= {"shift_opened", "sale"}
    assert sum(item["envelope"]["kind"] == "sale" for item in kiosk.far.ledger.values()) <= 1


async def test_it_sells_the_venues_shows_at_their_prices_and_the_status_says_training(
    tmp_path: Path,
) -> None:
    async with real_kiosk(tmp_path) as kiosk, running_agent(kiosk.folder) as agent:
        await agent.until_logged(lambda line: line["event"] == "catalogue_synced")
        async with _training(kiosk.folder) as trainee:
            _, catalogue = await trainee.ask("GET", "/v1/catalogue")
            _, status = await trainee.ask("GET", "/v1/status")
            again = await trainee.ask("POST", "/v1/training")
        async with client(kiosk.folder.ui_socket) as http:
            _, real = await _ask(http, "GET", "/v1/status")
    (event,) = catalogue["events"]
    (kind,) = event["ticket_types"]
    assert event["name"] == "Tide & Timber"
    assert (kind["left"], kind["selling"]) == (60, True)
    assert kind["unit_price"] == {"amount": "12.50", "currency": "EUR"}
    assert (status["training"], real["training"]) == (True, False)
    assert (again[0], again[1]["code"]) == (409, "training_not_here")


async def test_a_kiosk_that_never_had_a_line_has_a_sample_show_to_practise_with(
    tmp_path: Path,
) -> None:
    async with real_kiosk(tmp_path) as kiosk:
        nowhere = replace(kiosk.folder, fleet_url="http://127.0.0.1:1")
        nowhere.write()
        async with running_agent(nowhere), _training(nowhere) as trainee:
            _, catalogue = await trainee.ask("GET", "/v1/catalogue")
            status, _ = await trainee.ask("GET", "/v1/status")
    assert status == 200
    assert [event["name"] for event in catalogue["events"]] == ["Practice night"]


async def test_after_a_kill_it_begins_anew(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk:
        async with running_agent(kiosk.folder) as agent:
            await agent.until_logged(lambda line: line["event"] == "stock_granted")
            async with _training(kiosk.folder) as trainee:
                await trainee.sell()
            agent.kill()
            await agent.ended()
        assert (kiosk.folder.state_dir / "training" / "journal.db").exists()
        async with running_agent(kiosk.folder), _training(kiosk.folder) as trainee:
            _, page = await trainee.ask("GET", "/v1/transactions")
    assert [row["kind"] for row in page["transactions"]] == ["shift_opened"]


async def test_wrong_pins_in_training_and_at_the_kiosk_count_together(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk, running_agent(kiosk.folder):
        async with _training(kiosk.folder), client(kiosk.folder.path / "training.sock") as there:
            for _ in range(3):
                assert await _sign_in(there, "0000") == (401, "pin_wrong")
        async with client(kiosk.folder.ui_socket) as here:
            for _ in range(2):
                assert await _sign_in(here, "0000") == (401, "pin_wrong")
            assert await _sign_in(here, CASHIER_PIN) == (429, "pin_locked")
        async with client(kiosk.folder.path / "training.sock") as there:
            assert await _sign_in(there, CASHIER_PIN) == (429, "pin_locked")


async def _sign_in(http: aiohttp.ClientSession, pin: str) -> tuple[int, str]:
    async with http.post("/v1/sign-in", json={"pin": pin}) as answer:
        return answer.status, (await answer.json()).get("code", "")
