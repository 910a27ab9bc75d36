"""The real agent process before a printer: SIGKILL while a ticket is printed, and no printer."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.agent_process import kiosk_folder, running_agent
from tests.support.cashier import Cashier, cashier
from tests.support.fake_printer import FakePrinter, lines, on_network
from tests.support.far_side import FarSide, event


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  the printer is a thread that tells nobody
            await asyncio.sleep(0.02)


async def _told(person: Cashier) -> Any:
    """Return the queue once nothing of it is being printed."""
    async with asyncio.timeout(30):
        while True:
            _, prints = await person.ask("GET", "/v1/prints")
            if not {"waiting", "printing"} & {one["state"] for one in prints["prints"]}:
                return prints
            await asyncio.sleep(0.02)


async def test_a_kill_in_a_ticket_prints_none_twice_and_loses_none() -> None:
    fake = FakePrinter()
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with on_network(fake) as address, kiosk_folder(far.url, printer=address) as folder:
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                fake.cover_opens_after_lines = 3
                async with cashier(folder) as person:
                    sold = await person.sell(3)
                    await _until(lambda: fake.cover_open)
                    agent.kill()
                await agent.ended()
            fake.close_cover()
            async with running_agent(folder), cashier(folder) as person:
                await _until(lambda: len(fake.sheets) == 3)
                prints = await _told(person)
                _, status = await person.ask("GET", "/v1/status")
    assert [one["state"] for one in prints["prints"]] == ["doubtful"]
    assert prints["prints"][0]["serial"] == sold["tickets"][0]["serial"]
    assert [warning["code"] for warning in status["warnings"]] == ["print_doubtful"]
    assert fake.codes == [ticket["code"] for ticket in sold["tickets"]]
    assert not any("COPY" in line for sheet in fake.sheets for line in lines(sheet))


async def test_an_agent_without_a_printer_has_nothing_of_the_library() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                maps = await asyncio.to_thread(Path(f"/proc/{agent.process.pid}/maps").read_text)
    assert "PIL" not in maps
    assert "/site-packages/" in maps, "the control: it has others"
