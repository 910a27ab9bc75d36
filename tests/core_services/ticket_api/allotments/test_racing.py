"""Several ticket APIs on one store never lease more places than there are."""

import asyncio
from pathlib import Path

import aiohttp

from tests.support.ticket_api import (
    EVENT,
    OPS_TOKEN,
    Caller,
    Fleet,
    World,
    api_process,
    event,
    world,
    write_config,
)
from tests.support.till import Till

LATER = {"starts_at": "2126-11-23T19:30:00Z", "sales_close_at": "2126-11-23T20:00:00Z"}
RULE = {"per_kiosk": 100, "keep_back": 0, "top_up_below": 10}


async def drain(caller: Caller, till: Till) -> list[str]:
    """Ask for seven at a time until nothing is left, sell some, and return two of the first."""
    held: list[str] = []
    while got := await caller.serials(till.journal_id, 7):
        held += got
        items = [till.sale(got[:2])]
        if len(held) == len(got) > 2:
            items.append(till.give_back(got[2:4]))
            held = [serial for serial in held if serial not in got[2:4]]
        outcomes = await caller.upload(till.journal_id, *items)
        assert {each["status"] for each in outcomes} == {"settled"}
    return held


async def test_two_processes_racing_for_the_last_places_never_oversell(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "fleet-keys.json")
    async with world(tmp_path, None, event(stock_rule=RULE, **LATER)):
        pass
    config = write_config(tmp_path)
    fleet.publish()
    async with (
        api_process(config) as one,
        api_process(config) as two,
        aiohttp.ClientSession(one.url) as a,
        aiohttp.ClientSession(two.url) as b,
    ):
        callers = [
            Caller(session, {"EventPro-Kiosk-Token": fleet.token(f"kiosk-{number}")})
            for number, session in enumerate([a, b] * 3)
        ]
        held = await asyncio.gather(*(drain(caller, Till()) for caller in callers))
        ops = Caller(a, {"EventPro-Ops-Token": OPS_TOKEN})
        lines = (await ops.get("/v1/ops/ledger")).body["lines"]

    (adult,) = [line for line in lines if line["ticket_type_id"] == "adult"]
    every = [serial for each in held for serial in each]
    assert len(every) == len(set(every)) == 100
    assert (adult["taken"], adult["capacity"]) == (100, 100)


async def test_many_kiosks_at_once_get_each_place_once(api: World) -> None:
    kiosks = [api.kiosk(f"kiosk-{number}") for number in range(8)]

    answers = await asyncio.gather(
        *(kiosk.grant(Till().journal_id, 2, ticket_type_id="box") for kiosk in kiosks)
    )

    granted = [ticket["serial"] for each in answers for ticket in each.body["tickets"]]
    assert len(granted) == len(set(granted)) == 5
    inventory = await api.body("inventory", EVENT, "box")
    assert (inventory["taken"], inventory["capacity"]) == (5, 5)
