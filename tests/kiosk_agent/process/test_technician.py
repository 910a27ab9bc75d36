"""A technician's PIN: at the agent's admin socket, at its journal, and at the kiosk's sign-in."""

import json
import os
import pwd
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.domain.wrong_pins import FREE_TRIES
from tests.support.agent_process import (
    CASHIER_PIN,
    STAFF_CASHIER,
    STAFF_MANAGER,
    KioskFolder,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.technicians import (
    STAFF_TECHNICIAN,
    TECHNICIAN_PIN,
    check_pin,
    employ_technician,
)

pytestmark = pytest.mark.timeout(180)
NOWHERE = "http://127.0.0.1:1"
_PINS = ArgonPinHashes(memory_kib=64, passes=1)


@pytest.fixture
async def kiosk() -> AsyncIterator[KioskFolder]:
    with kiosk_folder(NOWHERE) as folder:
        employ_technician(folder)
        await folder.queue(1)
        yield folder


async def sign_in(folder: KioskFolder, pin: str) -> tuple[int, Any]:
    async with (
        client(folder.ui_socket) as http,
        http.post("/v1/sign-in", json={"pin": pin}) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_running_agent_lets_technician_and_manager_in_and_nobody_else(
    kiosk: KioskFolder,
) -> None:
    # Eight digits each: four stand by chance in some time or number of the log.
    tess, max_, ana = pins = "86427531", "13579024", "24681357"
    everyone = zip((STAFF_TECHNICIAN, STAFF_MANAGER, STAFF_CASHIER), pins, strict=True)
    roster = [person | {"pin_hash": _PINS.hash(pin)} for person, pin in everyone]
    (kiosk.path / "roster.json").write_text(json.dumps(roster))
    async with running_agent(kiosk) as agent:
        assert (await check_pin(kiosk, tess))[1] == {"staff_id": "tess", "name": "Tess"}
        assert (await check_pin(kiosk, max_))[1] == {"staff_id": "max", "name": "Max"}
        said, told = await check_pin(kiosk, ana, "de_DE")
        assert (said.status, told["problem"]["code"]) == (1, "role_too_low")
        assert told["problem"]["detail"] == "Dafür braucht es die Rolle Technik."
        let_in = await agent.until_logged(lambda line: line.get("event") == "technician_let_in")
        assert let_in["staff_id"] == "tess"
        await agent.until_logged(lambda line: line.get("event") == "technician_refused")
    assert not any(pin in str(agent.log) for pin in pins)


async def test_a_technician_signs_in_at_no_till_and_is_told_where_to_go(
    kiosk: KioskFolder,
) -> None:
    async with running_agent(kiosk):
        status, told = await sign_in(kiosk, TECHNICIAN_PIN)
        assert (status, told["code"]) == (403, "role_too_low")
        assert "Ctrl+T" in told["hint"]


async def test_wrong_pins_count_alike_at_sign_in_at_the_console_and_while_the_agent_is_down(
    kiosk: KioskFolder,
) -> None:
    async with running_agent(kiosk) as agent:
        for _ in range(FREE_TRIES - 2):
            assert (await sign_in(kiosk, "0000"))[1]["code"] == "pin_wrong"
        assert (await check_pin(kiosk, "0001"))[1]["problem"]["code"] == "pin_wrong"
        await agent.stop()
    assert (await check_pin(kiosk, TECHNICIAN_PIN))[1]["name"] == "Tess"
    assert (await check_pin(kiosk, "0002"))[1]["problem"]["code"] == "pin_wrong"
    locked = (await check_pin(kiosk, TECHNICIAN_PIN))[1]["problem"]
    assert locked["code"] == "pin_locked"
    async with running_agent(kiosk):
        assert (await sign_in(kiosk, CASHIER_PIN))[1]["code"] == "pin_locked"


async def test_while_the_agent_is_down_root_writes_as_its_user(kiosk: KioskFolder) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root asks as another user")
    owner = pwd.getpwnam("nobody")
    for path in (kiosk.path, *kiosk.path.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    assert (await check_pin(kiosk, TECHNICIAN_PIN))[1]["name"] == "Tess"
    assert (await check_pin(kiosk, "0003"))[1]["problem"]["code"] == "pin_wrong"
    assert {path.stat().st_uid for path in _all(kiosk.state_dir)} == {owner.pw_uid}


async def test_what_can_not_be_judged_is_said(kiosk: KioskFolder) -> None:
    kiosk.journal_path.unlink()
    said, told = await check_pin(kiosk, TECHNICIAN_PIN)
    assert said.status == 1
    assert told["problem"]["detail"] == "The agent is down, and this kiosk has no journal yet."
    assert "Alt+F2" in told["problem"]["hint"]
    assert not kiosk.journal_path.exists()


def _all(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))
