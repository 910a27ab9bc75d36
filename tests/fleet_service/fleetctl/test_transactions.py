"""What was done at kiosks, found by `fleetctl transactions`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet_service.fleetctl import main
from tests.support.fleet import RunningFleet, fleet_process
from tests.support.operators import OPS_TOKEN as ADMIN
from tests.support.operators import ops_settings
from tests.support.ticket_api import OPS_TOKEN, world
from tests.support.till import Till


@dataclass
class Box:
    """An operator's terminal, before a fleet service and a ticket API with five sales."""

    fleet: RunningFleet
    folder: Path
    sales: list[dict[str, Any]]
    capsys: pytest.CaptureFixture[str]

    async def types(self, *words: str, status: int = 0) -> tuple[str, str]:
        where = ["--url", self.fleet.url, "--token-file", str(self.folder / "token")]
        self.capsys.readouterr()
        ended = await asyncio.to_thread(main, ["transactions", *words, *where])
        said = self.capsys.readouterr()
        assert ended == status, said
        return said.out, said.err

    async def ids(self, *words: str) -> list[str]:
        return [one["txn_id"] for one in json.loads((await self.types(*words, "--json"))[0])]

    async def serials_of(self, txn_id: str) -> list[str]:
        told = json.loads((await self.types("--kiosk", "kiosk-a", "--json"))[0])
        return next(one["serials"] for one in told if one["txn_id"] == txn_id)


@pytest.fixture
async def box(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Box]:
    monkeypatch.setenv("COLUMNS", "250")
    for name, token in (("token", ADMIN), ("tickets-token", OPS_TOKEN)):
        (tmp_path / name).write_text(token)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "api").mkdir()
    settings = ops_settings(tmp_path) | {
        "ticket_api_ops_token_file": str(tmp_path / "tickets-token")
    }
    async with world(tmp_path / "api") as api:
        till, kiosk = Till(), api.kiosk()
        serials = await kiosk.serials(till.journal_id, 5)
        sales = [till.sale([serial]) for serial in serials]
        sales[0] |= {"personal": {"salt": "0" * 32, "buyer": {"name": "Grace [bold]Hopper"}}}
        for sale in sales:
            await kiosk.upload(till.journal_id, sale)
        async with fleet_process(tmp_path, api.url.rstrip("/"), **settings) as fleet:
            yield Box(fleet, tmp_path, sales, capsys)


async def test_they_are_found_by_receipt_by_ticket_and_by_kiosk_page_by_page(box: Box) -> None:
    first, *others = [one["envelope"]["txn_id"] for one in box.sales]
    payload = box.sales[0]["payload"]
    [serial] = await box.serials_of(first)
    assert await box.ids("--receipt", payload["receipt_number"]) == [first]
    assert await box.ids("--serial", serial) == [first]
    assert await box.ids("--kiosk", "kiosk-a") == [*reversed(others), first]
    found: list[str] = []
    after: list[str] = []
    while len(found) < 5:
        out, err = await box.types("--kiosk", "kiosk-a", "--limit", "2", "--json", *after)
        found += [one["txn_id"] for one in json.loads(out)]
        more = re.search(r"go on with (--after) (\S+)", err)
        after = list(more.groups()) if more else []
        assert bool(more) is (len(found) < 5)
    assert found == [*reversed(others), first]


async def test_a_table_says_what_they_are_who_bought_and_how_they_stand(box: Box) -> None:
    payload = box.sales[0]["payload"]
    out, _ = await box.types("--receipt", payload["receipt_number"])
    titles, line = out.splitlines()
    assert titles.split()[:5] == ["RECEIPT", "WHAT", "RECORDED", "KIOSK", "TICKETS"]
    said = (payload["receipt_number"], "sale", "kiosk-a", "settled", "Grace [bold]Hopper")
    assert all(one in line for one in said), line
    out, _ = await box.types("--receipt", box.sales[1]["payload"]["receipt_number"])
    assert "BOUGHT BY" not in out
    out, _ = await box.types("--serial", "none")
    assert out == "nothing fits that has come to the ticket API\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--receipt", " "), "--receipt is empty"),
        (("--kiosk", "a", "--limit", "0"), "--limit 0: nothing would be listed"),
        (("--kiosk", "kiosk-a", "--after", "nonsense"), "after"),
    ],
)
async def test_what_can_not_be_asked_is_refused_in_words(
    box: Box, words: tuple[str, ...], says: str
) -> None:
    _, err = await box.types(*words, status=1)
    assert err.startswith("fleetctl: ")
    assert says in err


@pytest.mark.parametrize("words", [(), ("--receipt", "a", "--kiosk", "b")])
def test_one_way_to_find_them_is_said(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["transactions", *words])
    assert ended.value.code == 2
    assert "--receipt" in capsys.readouterr().err
