"""The real agent in a venue's language."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from uuid6 import uuid7

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_texts import exact_day_and_time, read_language, speaking
from tests.support.agent_process import (
    MANAGER_PIN,
    KioskFolder,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.cashier import Cashier, cashier
from tests.support.fake_printer import lines, sheets_of
from tests.support.far_side import FarSide, event

NO_LINE = "http://127.0.0.1:9"


async def _codes(locale: str) -> list[str]:
    with kiosk_folder(NO_LINE, locale=locale) as folder:
        async with (
            running_agent(folder),
            client(folder.admin_socket) as http,
            http.get("/v1/status") as answer,
        ):
            status = KioskStatus.model_validate(await answer.json())
    return [warning.code for warning in status.warnings]


async def test_a_locale_without_a_catalogue_is_told_of_and_keeps_nobody_from_selling() -> None:
    assert "texts_missing" in await _codes("fr_FR")
    assert "texts_missing" in await _codes("german"), "a slip in a setting stops no box office"
    assert "texts_missing" not in await _codes("de_AT")


@dataclass
class _Kasse:
    """A cashier at a kiosk that speaks German and prints into a file."""

    folder: KioskFolder
    paper: Path
    person: Cashier

    async def printed(self, count: int) -> list[list[Any]]:
        """Return the lines of each sheet once so many have come out."""
        async with asyncio.timeout(30):
            while not self.paper.exists() or len(sheets_of(self.paper)) < count:  # noqa: ASYNC110  the agent is another process
                await asyncio.sleep(0.02)
        return [lines(sheet) for sheet in sheets_of(self.paper)]


@asynccontextmanager
async def _kasse(tmp_path: Path) -> AsyncIterator[_Kasse]:
    paper = tmp_path / "paper"
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        settings = {"locale": "de_DE", "printer": f"file:{paper}", "print_receipts": True}
        with kiosk_folder(far.url, **settings) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                async with cashier(folder) as person:
                    yield _Kasse(folder, paper, person)


async def test_refusals_are_german_on_the_ui_socket_and_english_on_the_admin_socket(
    tmp_path: Path,
) -> None:
    async with _kasse(tmp_path) as kasse:
        body = {"lines": [{"event_id": "nope", "ticket_type_id": "adult", "quantity": 1}]}
        status, unknown = await kasse.person.ask("PUT", f"/v1/carts/{uuid7()}", body)
        assert (status, unknown["code"]) == (404, "event_unknown")
        assert unknown["title"] == "Veranstaltung hier nicht bekannt"
        assert unknown["detail"] == "Dieser Kiosk hat keine Veranstaltung „nope“ in seinem Katalog."

        sale = await kasse.person.pay(2)
        other = {**sale["total"], "amount": "1200.50"}
        _, differs = await kasse.person.close({**sale, "total": other})
        assert differs["detail"] == (
            "Dem Kunden wurde 1.200,50\xa0€ genannt; die reservierten Tickets kosten 25,00\xa0€."
        )
        # Typed wrongly on either socket: one answers the venue's people, one its technicians.
        _, nowhere = await kasse.person.ask("GET", "/v1/nowhere")
        async with (
            client(kasse.folder.admin_socket) as http,
            http.get("/v1/nowhere") as answer,
        ):
            english = await answer.json(content_type=None)
    assert nowhere["title"] == "Diese Adresse gibt es nicht"
    assert english["title"] == "No such address"


async def _status(http: aiohttp.ClientSession, until: Callable[[KioskStatus], bool]) -> KioskStatus:
    async with asyncio.timeout(30):
        while True:
            async with http.get("/v1/status") as answer:
                status = KioskStatus.model_validate(await answer.json())
            if until(status):
                return status
            await asyncio.sleep(0.02)


async def test_warnings_are_said_to_each_in_their_language() -> None:
    with kiosk_folder(NO_LINE, locale="de_DE", printer="file:/nowhere/paper") as folder:
        async with (
            running_agent(folder),
            client(folder.ui_socket) as ui,
            client(folder.admin_socket) as admin,
        ):

            def knows(status: KioskStatus) -> bool:
                codes = [warning.code for warning in status.warnings]
                return "printer_unreachable" in codes and bool(status.line_detail)

            german, english = await _status(ui, knows), await _status(admin, knows)
    shown = {warning.code: (warning.text, warning.hint) for warning in german.warnings}
    told = {warning.code: (warning.text, warning.hint) for warning in english.warnings}
    assert shown["printer_unreachable"] == (
        "Der Drucker antwortet nicht.",
        "Prüfen Sie Strom und Kabel; was wartet, wird von selbst gedruckt.",
    )
    assert told["printer_unreachable"][0] == "The printer does not answer."
    assert shown["not_enrolled"][0].startswith("Die Zentrale hat diesem Kiosk noch nicht gesagt")
    assert told["not_enrolled"][0].startswith("The fleet service has not told this kiosk")


async def test_paper_is_german_with_german_amounts_and_dates(tmp_path: Path) -> None:
    async with _kasse(tmp_path) as kasse:
        sold = await kasse.person.sell(2)
        ticket, _, receipt = await kasse.printed(3)
        code = sold["tickets"][0]["code"]
        assert "Adult · 12,50 €" in ticket
        assert f"[{code}]" in "".join(ticket)
        assert f"Beleg {sold['receipt_number']}" in ticket
        assert _in_german(sold["tickets"][0]["starts_at"]) in ticket
        assert _in_german(sold["recorded_at"]) in receipt
        assert "Summe" + "25,00 €".rjust(37) in receipt
        assert "2 x Adult à 12,50 €" + "25,00 €".rjust(23) in receipt

        await _close(kasse.person)
        z_report = (await kasse.printed(4))[-1]
    assert z_report[1] == "Z-Bericht"
    assert "Wechselgeld zu Beginn" + "100,00 €".rjust(21) in z_report
    assert "Karte eingenommen" + "25,00 €".rjust(25) in z_report
    assert "Soll in der Kassenlade" + "100,00 €".rjust(20) in z_report
    assert "Differenz" + "0,00 €".rjust(33) in z_report


def _in_german(moment: str) -> str:
    with speaking(read_language("de_DE")):
        said = exact_day_and_time(datetime.fromisoformat(moment).astimezone())
    assert re.fullmatch(r"[A-Z][a-z]\., \d+\. \w+\.? 20\d\d \d\d:\d\d", said)
    return said


async def _close(person: Cashier) -> None:
    _, shift = await person.ask("GET", "/v1/shifts/current")
    counted = {"amount": "100.00", "currency": "EUR"}
    body = {"txn_id": str(uuid7()), "counted": counted, "approval_pin": MANAGER_PIN}
    status, closed = await person.ask("POST", f"/v1/shifts/{shift['shift_id']}/close", body)
    assert status == 201, closed
    status, prints = await person.ask("POST", "/v1/prints/report", {"shift_id": shift["shift_id"]})
    assert status == 202, prints
