"""The real console on a pseudo-terminal, without a UI: a technician gets at the doctor's report."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from demo.terminal import Terminal
from tests.support.agent_process import CASHIER_PIN, kiosk_folder, running_agent
from tests.support.technicians import TECHNICIAN_PIN, employ_technician

pytestmark = pytest.mark.timeout(240)


async def test_a_technician_reads_the_report_and_the_kiosk_comes_back(tmp_path: Path) -> None:
    with kiosk_folder("http://127.0.0.1:1") as folder:
        employ_technician(folder)
        config = tmp_path / "supervisor.toml"
        named = {
            "region": "eu-central-1",
            "identity_audience": "fleet.example.com",
            "admin_socket": str(folder.admin_socket),
            "supervisor_socket": str(folder.path / "none.sock"),
            "docker_socket": str(folder.path / "docker.sock"),
            "locale": "de_DE",
        }
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in named.items()))
        lines = (folder.path / "agent.toml").read_text().splitlines()
        pairs = (line.split(" = ", 1) for line in lines)
        env = {f"KIOSK_AGENT_{key.upper()}": value.strip('"') for key, value in pairs}
        argv = [sys.executable, "-m", "kiosk_agent", "console", "--config", str(config)]
        async with (
            running_agent(folder) as agent,
            Terminal(argv, name="console", cast=tmp_path / "a.cast", env=env) as screen,
        ):
            await screen.wait_for("Strg+T: Technik", 30)
            screen.type("\x14")
            await screen.wait_for("Technik: PIN", 30)
            screen.type("\x03\x1a" + CASHIER_PIN)
            await screen.wait_for("****", 30)
            screen.press("enter")
            await screen.wait_for("braucht es die Rolle Technik", 60)
            screen.type(TECHNICIAN_PIN)
            screen.press("enter")
            await screen.wait_for("Zeilen 1 bis", 120)
            assert re.search(r"(?m)^[+x!] \w", screen.text), screen.text
            heard = agent.until_logged(lambda line: line.get("event") == "console_is")
            assert (await asyncio.wait_for(heard, 60))["kind"] == "bare"
            screen.press("escape")
            await screen.wait_for("Strg+T: Technik", 30)
        assert TECHNICIAN_PIN not in (tmp_path / "a.cast").read_text()
