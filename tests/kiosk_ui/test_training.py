"""Training in a real terminal at the real agent: it says so all over, and nothing is sold."""

import re
from pathlib import Path

import pytest

from demo.terminal import Terminal
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_contracts.ticket_code import TicketCode
from tests.support.agent_process import CASHIER_PIN, client, running_agent
from tests.support.real_kiosk import RealKiosk, real_kiosk, sell_one
from tests.support.tickets import Signer

pytestmark = pytest.mark.timeout(300)
SAID = "TRAINING: nothing is sold"
SHIFT_OPENED = re.compile("shift opened(, in training only| recorded online)")


async def _begin(terminal: Terminal) -> None:
    await terminal.wait_for("Who is at this kiosk?", 60)
    await terminal.wait_for("ONLINE since", 60)
    terminal.press("f9")
    await terminal.wait_for("This is training.", 60)


async def _sign_in(terminal: Terminal) -> None:
    terminal.type(CASHIER_PIN)
    terminal.press("enter")
    await terminal.wait_for("Count the drawer", 60)
    terminal.type("100")
    terminal.press("enter")
    await terminal.wait_for(SHIFT_OPENED, 60)


async def _real_ones(kiosk: RealKiosk) -> int:
    """Return how many transactions the kiosk's own journal has."""
    async with client(kiosk.folder.ui_socket) as http, http.get("/v1/status") as answer:
        return int((await answer.json())["last_sequence"])


async def test_what_is_sold_in_training_is_nothing_and_every_screen_says_so(
    tmp_path: Path,
) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder) as agent,
        kiosk.screen() as terminal,
    ):
        await agent.until_logged(lambda line: line["event"] == "stock_granted")
        await _begin(terminal)
        await terminal.wait_for(SAID, 60)
        await terminal.wait_for("TRAINING · nothing is sold, nothing is sent", 60)
        await _sign_in(terminal)
        await terminal.wait_for("Tide & Timber", 60)
        code = TicketCode.decode(await sell_one(terminal))
        await terminal.wait_for("lets nobody in", 60)
        assert "Receipt TRAIN-1-000001" in terminal.text
        assert f"{SAID} · ticket" in terminal.text
        assert "nothing is sold, nothing is sent" in terminal.text
        assert "TRAIN-1-000001, in training only" in terminal.text
        assert "recorded" not in terminal.text
        assert "ONLINE" not in terminal.text
        signer = kiosk.far.signer
        assert code.facts.key_id == signer.key_id, "a real gate calls it forged, not unknown"
        assert not _is_signed_by(signer, code)
        assert await _real_ones(kiosk) == 0
        assert (kiosk.folder.path / "training.sock").exists()
        assert await agent.stop() == 0
        assert not (kiosk.folder.path / "training.sock").exists()
        assert not (kiosk.folder.state_dir / "training").exists()
        rows = await kiosk.folder.rows()
    assert rows == []
    assert kiosk.far.batches == []


def _is_signed_by(signer: Signer, code: TicketCode) -> bool:
    key = bytes.fromhex(signer.verify_key().public_key)
    return verify_ed25519(key, code.signature, code.facts.signed_bytes())


async def test_f9_at_the_sign_in_ends_it_and_the_kiosk_sells_again(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder) as agent,
        kiosk.screen() as terminal,
    ):
        await agent.until_logged(lambda line: line["event"] == "stock_granted")
        await _begin(terminal)
        await _sign_in(terminal)
        terminal.press("f10")
        await terminal.wait_for("This is training.", 60)
        terminal.press("f9")
        await terminal.wait_for("ONLINE since", 60)
        await terminal.wait_for("Who is at this kiosk?", 60)
        assert "TRAINING" not in terminal.text
        await _sign_in(terminal)
        await terminal.wait_for("40 left to sell", 60)
        assert await _real_ones(kiosk) == 1


async def test_a_kiosk_left_in_training_goes_back_to_selling_by_itself(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder) as agent,
        kiosk.screen("-m", "kiosk_ui", "--lock-after-s", "8") as terminal,
    ):
        await agent.until_logged(lambda line: line["event"] == "stock_granted")
        await _begin(terminal)
        await terminal.wait_for("ONLINE since", 60)
        await terminal.wait_for("Who is at this kiosk?", 60)
        assert "TRAINING" not in terminal.text
