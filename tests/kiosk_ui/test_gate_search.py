"""Admit without a code: a receipt number or a name leads to tickets to choose from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len
from uuid6 import uuid7

from kiosk_contracts.payloads import TransactionKind
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.candidates import CandidatesScreen
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import line, sale_of, till_in
from tests.support.ui_till import AgentClock, Till, open_at


@asynccontextmanager
async def gate(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that has sold; a person is at the gate."""
    async with till_in(folder) as agent:
        await agent.opened.stock(20)
        await agent.open_shift()
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*"1111", "enter")
            await till.at(Place.EVENTS)
            await till.says("Tide & Timber")
            await till.press("f3")
            await till.at(Place.ADMIT)
            yield agent, till


async def sell(agent: Agent, quantity: int, buyer: str) -> list[str]:
    """Sell to somebody; return the serials."""
    txn_id = uuid7()
    cart = await agent.ask(
        "PUT", f"/v1/carts/{txn_id}", {"lines": [line("tide", "adult", quantity)]}
    )
    await agent.ask("POST", f"/v1/carts/{txn_id}/payment")
    sale = sale_of(txn_id, cart.body["total"], buyer={"name": buyer})
    sold = await agent.ask("POST", "/v1/sales", sale)
    assert sold.status == 201, sold.body
    return [ticket["serial"] for ticket in sold.body["tickets"]]


async def admissions(agent: Agent) -> list[tuple[str, bool]]:
    rows = await agent.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=50))
    payloads = [
        row.readable().payload for row in reversed(rows) if row.kind == TransactionKind.ADMISSION
    ]
    return [(str(one["serial"]), bool(one["by_hand"])) for one in payloads]


@pytest.mark.parametrize("typed", ["1", "hb1-1-1", "zoë ång"])
async def test_what_is_found_is_chosen_and_admitted_by_hand(tmp_path: Path, typed: str) -> None:
    async with gate(tmp_path) as (agent, till):
        _, second = await sell(agent, 2, "Zoë Ångström")
        await till.press(*typed, "enter")
        await till.until(lambda: isinstance(till.app.screen, CandidatesScreen))
        await till.says("Zoë Ångström")
        await till.says("HB1-1-000001")
        await till.says("By hand: let them show that they are the buyer")
        await till.press("down", "enter")
        await till.until(lambda: f"admission {second}" in till.headline)
        await till.says("GREEN · LET IN")
        await till.says("by hand")
        await till.says("1 inside")
        assert await admissions(agent) == [(second, True)]


async def test_typed_ahead_the_first_that_may_go_in_is_admitted(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        first, second = await sell(agent, 2, "Zoë Ångström")
        for serial in (first, second):
            till.burst("1", "enter", "enter")
            await till.until(lambda serial=serial: f"admission {serial}" in till.headline)
        assert await admissions(agent) == [(first, True), (second, True)]


async def test_the_list_can_be_left_and_a_red_one_stays_red(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await sell(agent, 1, "Zoë Ångström")
        await till.press("1", "enter")
        await till.says("let in")
        await till.press("escape")
        await till.at(Place.ADMIT)
        assert await admissions(agent) == []
        await till.press("1", "enter", "enter")
        await till.until(lambda: "admission" in till.headline)
        await till.press("1", "enter")
        await till.says("✖ stop")
        await till.says("Already inside")
        await till.press("enter")
        await till.says("RED · STOP")
        assert len(await admissions(agent)) == 1


@pytest.mark.parametrize(
    ("typed", "headline"),
    [
        ("nobody", "✖ No ticket is found"),
        ("99", "✖ No ticket is found"),
        ("zo", "✖ That is too little to find a ticket by"),
        ("0123456788", "✖ "),
        ("ABCDEFGHJK", "✖ "),
    ],
)
async def test_what_leads_nowhere_says_so(tmp_path: Path, typed: str, headline: str) -> None:
    async with gate(tmp_path) as (agent, till):
        await till.press(*typed, "enter")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline.startswith(headline)
        if headline == "✖ ":
            await till.says("check character")
        assert await admissions(agent) == []


async def test_a_scan_while_the_list_is_open_neither_chooses_nor_types(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await sell(agent, 2, "Zoë Ångström")
        await till.press("1", "enter")
        await till.until(lambda: isinstance(till.app.screen, CandidatesScreen))
        till.scan(agent.signer.code("0000000000"))
        await till.until(lambda: "Choose a ticket first" in till.headline)
        assert isinstance(till.app.screen, CandidatesScreen)
        assert await admissions(agent) == []


async def test_names_full_of_tricks_are_shown_as_text(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        await sell(agent, 1, "[red]Bobby[/red] 👩‍👩‍👧 " + "x" * 90)
        await till.press(*"bobby", "enter")
        await till.says("[red]Bobby[/red]")
        lines = till.text.split("\n")
        assert max(map(cell_len, lines)) <= 80


async def test_how_many_are_inside_is_known_at_once_and_after_an_exit(tmp_path: Path) -> None:
    async with gate(tmp_path) as (agent, till):
        serial = (await sell(agent, 1, "Zoë Ångström"))[0]
        await till.says("0 inside")
        await till.press(*serial.lower(), "enter")
        await till.says("1 inside")
        await till.press("f6", *serial.lower(), "enter")
        await till.says("GREEN · LET OUT")
        await till.says("0 inside")
