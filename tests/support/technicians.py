"""A kiosk that a technician may examine."""

import json
from asyncio.subprocess import PIPE
from typing import Any

from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from tests.support import forked
from tests.support.agent_process import STAFF_CASHIER, STAFF_MANAGER, KioskFolder, Said

TECHNICIAN_PIN = "8642"
STAFF_TECHNICIAN = {
    "staff_id": "tess",
    "name": "Tess",
    "role": "technician",
    "pin_hash": ArgonPinHashes(memory_kib=64, passes=1).hash(TECHNICIAN_PIN),
}


def employ_technician(folder: KioskFolder) -> None:
    """Put her on the roster."""
    roster = [STAFF_CASHIER, STAFF_MANAGER, STAFF_TECHNICIAN]
    (folder.path / "roster.json").write_text(json.dumps(roster))


async def check_pin(folder: KioskFolder, pin: str, locale: str = "en_GB") -> tuple[Said, Any]:
    """Run `kiosk-agent check-pin` as the console does; return what it said, and that read."""
    words = ("check-pin", "--config", str(folder.path / "agent.toml"))
    process = await forked.start("kiosk_agent", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate(json.dumps({"pin": pin, "locale": locale}).encode())
    said = Said(process.returncode or 0, out.decode(), err.decode())
    assert said.out, said.err
    return said, json.loads(said.out)
