"""The main job against the real process: grant, sell, send, void, admit, read the ledger."""

import signal
from pathlib import Path

import aiohttp

from tests.support.ticket_api import (
    OPS_TOKEN,
    Caller,
    Fleet,
    api_process,
    run_cli,
    write_config,
)
from tests.support.till import Till


async def test_a_kiosk_is_granted_serials_sells_voids_and_admits_and_the_ledger_has_it_all(
    tmp_path: Path,
) -> None:
    config = write_config(tmp_path)
    fleet = Fleet(tmp_path / "fleet-keys.json")
    fleet.publish()
    status, out, _ = await run_cli("seed", "--config", str(config))
    assert (status, out.split(" are in ")[0]) == (0, "9 events at 2 venues")
    till = Till()
    async with api_process(config) as api, aiohttp.ClientSession(api.url) as session:
        kiosk = Caller(session, {"EventPro-Kiosk-Token": fleet.token()})
        ops = Caller(session, {"EventPro-Ops-Token": OPS_TOKEN})
        catalogue = (await kiosk.get("/v1/catalogue")).body
        assert catalogue["venue_name"] == "Harbour Hall"
        show = catalogue["events"][1]["event_id"]
        stalls = {"event_id": show, "ticket_type_id": "stalls"}
        serials = await kiosk.serials(till.journal_id, 3, **stalls)
        line = {**stalls, "price_list_version": 1, "unit_price": {"amount": "32.00"}}
        line["unit_price"]["currency"] = "EUR"
        sales = [
            till.sale([serial], price="32.00", lines=[{**line, "serials": [serial]}])
            for serial in serials
        ]
        outcomes = await kiosk.upload(
            till.journal_id,
            till.shift(),
            *sales,
            till.void(sales[0]),
            till.admission(serials[1], event_id=show),
        )
        ledger = (await ops.get("/v1/ops/ledger")).body
        api.process.send_signal(signal.SIGTERM)
        assert await api.process.wait() == 0

    assert [outcome["status"] for outcome in outcomes] == ["settled"] * 6
    (stalls_line,) = [
        each
        for each in ledger["lines"]
        if (each["event_id"], each["ticket_type_id"]) == (show, "stalls")
    ]
    assert (stalls_line["taken"], stalls_line["sold"], stalls_line["voided"]) == (2, 3, 1)
    assert stalls_line["gross"] == {"amount": "64.00", "currency": "EUR"}
    assert ledger["transactions"] == {"settled": 6, "quarantined": 0, "unreadable": 0}
